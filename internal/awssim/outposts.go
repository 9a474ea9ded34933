package awssim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The documents of Outposts, each with what its lists are filtered by.
type (
	outpost struct {
		id, arn, owner, lifeCycle, zone, zoneID string
		body                                    []byte
		tags                                    json.RawMessage
		contract                                reply             // billing without Subscriptions
		subscriptions                           []json.RawMessage // of billing
		renewal                                 []byte            // GetRenewalPricing's whole answer
	}
	site struct {
		arn, country, state, city string
		body                      []byte
		tags                      json.RawMessage
	}
	order struct {
		id, outpost   string
		body, summary []byte
	}
	quote struct {
		id            string
		body, summary []byte
	}
	capacityTask struct {
		id, outpost, status string
		body, summary       []byte
	}
)

func (s *scope) addOutpost(body, billing, renewal []byte) error {
	var o struct {
		OutpostId, OutpostArn, OwnerId, LifeCycleStatus, AvailabilityZone, AvailabilityZoneId string
		Tags                                                                                  json.RawMessage
	}
	if err := json.Unmarshal(body, &o); err != nil {
		return fmt.Errorf("an Outpost: %w", err)
	}
	if o.OutpostId == "" || o.OwnerId == "" {
		return fmt.Errorf("an Outpost needs its OutpostId and OwnerId")
	}
	out := outpost{
		id: o.OutpostId, arn: o.OutpostArn, owner: o.OwnerId, lifeCycle: o.LifeCycleStatus, zone: o.AvailabilityZone, zoneID: o.AvailabilityZoneId,
		body: body, tags: o.Tags, renewal: renewal,
	}
	if renewal == nil {
		out.renewal = []byte(`{"PricingResult":"UNABLE_TO_PRICE","PricingOptions":[]}`)
	}
	if billing != nil {
		members, err := membersOf(billing)
		if err != nil {
			return fmt.Errorf("billing of %s: %w", o.OutpostId, err)
		}
		for _, m := range members {
			if m.name != "Subscriptions" {
				out.contract = append(out.contract, m)
			} else if err := json.Unmarshal(m.value, &out.subscriptions); err != nil {
				return fmt.Errorf("billing of %s: %w", o.OutpostId, err)
			}
		}
	}
	s.outposts = append(s.outposts, out)
	return nil
}

func (s *scope) addSite(body []byte) error {
	var v struct {
		SiteArn, OperatingAddressCountryCode, OperatingAddressStateOrRegion, OperatingAddressCity string
		Tags                                                                                      json.RawMessage
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return fmt.Errorf("a site: %w", err)
	}
	s.sites = append(s.sites, site{v.SiteArn, v.OperatingAddressCountryCode, v.OperatingAddressStateOrRegion, v.OperatingAddressCity, body, v.Tags})
	return nil
}

func (s *scope) addOrder(body []byte) error {
	var o struct {
		OrderId, OutpostId string
		LineItems          []struct{ Status string }
	}
	if err := json.Unmarshal(body, &o); err != nil {
		return fmt.Errorf("an order: %w", err)
	}
	if o.OrderId == "" {
		return fmt.Errorf("an order needs its OrderId")
	}
	summary, err := pick(body, "OutpostId", "OrderId", "OrderType", "Status", "OrderSubmissionDate", "OrderFulfilledDate")
	if err != nil {
		return err
	}
	counts := map[string]int{}
	for _, l := range o.LineItems {
		counts[l.Status]++
	}
	b, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	summary = append(summary, field{"LineItemCountsByStatus", b})
	s.orders = append(s.orders, order{o.OrderId, o.OutpostId, body, summary.encode()})
	return nil
}

func (s *scope) addQuote(body []byte) error {
	var q struct{ QuoteId string }
	if err := json.Unmarshal(body, &q); err != nil {
		return fmt.Errorf("a quote: %w", err)
	}
	if q.QuoteId == "" {
		return fmt.Errorf("a quote needs its QuoteId")
	}
	members, err := membersOf(body)
	if err != nil {
		return err
	}
	summary := slices.DeleteFunc(members, func(f field) bool { return f.name == "OrderingRequirements" }) // which ListQuotes does not have
	s.quotes = append(s.quotes, quote{q.QuoteId, body, summary.encode()})
	return nil
}

func (s *scope) addTask(body []byte) error {
	var t struct{ CapacityTaskId, OutpostId, CapacityTaskStatus string }
	if err := json.Unmarshal(body, &t); err != nil {
		return fmt.Errorf("a capacity task: %w", err)
	}
	if t.CapacityTaskId == "" || t.OutpostId == "" {
		return fmt.Errorf("a capacity task needs its CapacityTaskId and OutpostId")
	}
	summary, err := pick(body, "CapacityTaskId", "OutpostId", "OrderId", "AssetId", "CapacityTaskStatus", "CreationDate", "CompletionDate", "LastModifiedDate")
	if err != nil {
		return err
	}
	s.tasks = append(s.tasks, capacityTask{t.CapacityTaskId, t.OutpostId, t.CapacityTaskStatus, body, summary.encode()})
	return nil
}

// outpostsOperations are the routes of Outposts 2019-12-03. Those without run are known by name and denied.
func outpostsOperations() map[string]operation {
	ops := map[string]operation{
		"GET /outposts":             {"ListOutposts", "Outposts", listOutposts},
		"GET /outposts/{OutpostId}": {"GetOutpost", "Outpost", getOutpost},
		"GET /sites":                {"ListSites", "Sites", listSites},
		"GET /list-orders":          {"ListOrders", "Orders", listOrders},
		"GET /orders/{OrderId}":     {"GetOrder", "Order", getOrder},
		"GET /outpost/{OutpostIdentifier}/billing-information": {"GetOutpostBillingInformation", "Subscriptions", getBilling},
		"GET /outpost/{OutpostIdentifier}/renewal-pricing":     {"GetRenewalPricing", "PricingOptions", getRenewalPricing},
		"GET /quotes":                   {"ListQuotes", "Quotes", listQuotes},
		"GET /quotes/{QuoteIdentifier}": {"GetQuote", "Quote", getQuote},
		"GET /capacity/tasks":           {"ListCapacityTasks", "CapacityTasks", listCapacityTasks},
		"GET /outposts/{OutpostId}/capacity/{CapacityTaskId}": {"GetCapacityTask", "CapacityTaskId", getCapacityTask},
		"GET /tags/{ResourceArn}":                             {"ListTagsForResource", "Tags", listTags},
	}
	for route, name := range map[string]string{
		"POST /outposts/{OutpostId}/capacity/{CapacityTaskId}": "CancelCapacityTask",
		"POST /orders/{OrderId}/cancel":                        "CancelOrder",
		"POST /orders":                                         "CreateOrder",
		"POST /outposts":                                       "CreateOutpost",
		"POST /quotes":                                         "CreateQuote",
		"POST /renewals":                                       "CreateRenewal",
		"POST /sites":                                          "CreateSite",
		"DELETE /outposts/{OutpostId}":                         "DeleteOutpost",
		"DELETE /quotes/{QuoteIdentifier}":                     "DeleteQuote",
		"DELETE /sites/{SiteId}":                               "DeleteSite",
		"GET /catalog/item/{CatalogItemId}":                    "GetCatalogItem",
		"GET /connections/{ConnectionId}":                      "GetConnection",
		"GET /outposts/{OutpostId}/instanceTypes":              "GetOutpostInstanceTypes",
		"GET /outposts/{OutpostId}/supportedInstanceTypes":     "GetOutpostSupportedInstanceTypes",
		"GET /sites/{SiteId}":                                  "GetSite",
		"GET /sites/{SiteId}/address":                          "GetSiteAddress",
		"GET /outposts/{OutpostId}/assetInstances":             "ListAssetInstances",
		"GET /outposts/{OutpostId}/assets":                     "ListAssets",
		"GET /outposts/{OutpostId}/capacity/{CapacityTaskId}/blockingInstances": "ListBlockingInstancesForCapacityTask",
		"GET /catalog/items":                           "ListCatalogItems",
		"GET /instanceTypes":                           "ListOrderableInstanceTypes",
		"POST /outposts/{OutpostId}/capacity":          "StartCapacityTask",
		"POST /connections":                            "StartConnection",
		"POST /outposts/{OutpostId}/decommission":      "StartOutpostDecommission",
		"POST /tags/{ResourceArn}":                     "TagResource",
		"DELETE /tags/{ResourceArn}":                   "UntagResource",
		"PATCH /outposts/{OutpostId}":                  "UpdateOutpost",
		"PATCH /quotes/{QuoteIdentifier}":              "UpdateQuote",
		"PATCH /sites/{SiteId}":                        "UpdateSite",
		"PUT /sites/{SiteId}/address":                  "UpdateSiteAddress",
		"PATCH /sites/{SiteId}/rackPhysicalProperties": "UpdateSiteRackPhysicalProperties",
	} {
		ops[route] = operation{name: name}
	}
	return ops
}

// outpostsPage reads the paging of an Outposts list, whose filters are the rest of the query.
func (c *call) outpostsPage() paging {
	rest := c.query
	filter := make([]string, 0, 1)
	for _, name := range sortedKeys(rest) {
		if name != "NextToken" && name != "MaxResults" {
			filter = append(filter, name+"="+strings.Join(rest[name], ","))
		}
	}
	return paging{
		sizeName: "maxResults", size: c.query.Get("MaxResults"), least: 1, most: 1000, standard: 1000,
		token: c.query.Get("NextToken"), next: "NextToken", filter: strings.Join(filter, "&"),
	}
}

// bodies answers a page of a list of documents.
func (c *call) bodies(key string, bodies [][]byte) (reply, error) {
	return c.list(key, c.outpostsPage(), len(bodies), func(b []byte, i int) []byte { return append(b, bodies[i]...) })
}

// wants tells whether a filter of the query is not set or holds the value.
func (c *call) wants(filter, value string) bool {
	values := c.query[filter]
	return len(values) == 0 || slices.Contains(values, value)
}

// bare returns the id at the end of an ARN, or the id itself.
func bare(identifier string) string {
	return identifier[strings.LastIndexByte(identifier, '/')+1:]
}

func listOutposts(c *call) (reply, error) {
	var bodies [][]byte
	for _, o := range c.scope.outposts {
		if c.wants("LifeCycleStatusFilter", o.lifeCycle) && c.wants("AvailabilityZoneFilter", o.zone) && c.wants("AvailabilityZoneIdFilter", o.zoneID) {
			bodies = append(bodies, o.body)
		}
	}
	return c.bodies("Outposts", bodies)
}

// outpost finds the Outpost that the path names.
func (c *call) outpost(parameter string) (*outpost, error) {
	id := bare(c.path(parameter))
	for i := range c.scope.outposts {
		if c.scope.outposts[i].id == id {
			return &c.scope.outposts[i], nil
		}
	}
	return nil, notFound("The Outpost %s was not found.", id)
}

// ownOutpost is outpost for what only the owner may see.
func (c *call) ownOutpost() (*outpost, error) {
	o, err := c.outpost("OutpostIdentifier")
	if err == nil && o.owner != c.account {
		return nil, c.denied("because no resource-based policy allows the outposts:" + c.operation.name + " action")
	}
	return o, err
}

func getOutpost(c *call) (reply, error) {
	o, err := c.outpost("OutpostId")
	if err != nil {
		return nil, err
	}
	return reply{{"Outpost", o.body}}, nil
}

func listSites(c *call) (reply, error) {
	var bodies [][]byte
	for _, s := range c.scope.sites {
		if c.wants("OperatingAddressCountryCodeFilter", s.country) && c.wants("OperatingAddressStateOrRegionFilter", s.state) && c.wants("OperatingAddressCityFilter", s.city) {
			bodies = append(bodies, s.body)
		}
	}
	return c.bodies("Sites", bodies)
}

func listOrders(c *call) (reply, error) {
	var bodies [][]byte
	filter := bare(c.query.Get("OutpostIdentifierFilter"))
	for _, o := range c.scope.orders {
		if filter == "" || filter == o.outpost {
			bodies = append(bodies, o.summary)
		}
	}
	return c.bodies("Orders", bodies)
}

func getOrder(c *call) (reply, error) {
	for _, o := range c.scope.orders {
		if o.id == c.path("OrderId") {
			return reply{{"Order", o.body}}, nil
		}
	}
	return nil, notFound("The order %s was not found.", c.path("OrderId"))
}

func getBilling(c *call) (reply, error) {
	o, err := c.ownOutpost()
	if err != nil {
		return nil, err
	}
	p := c.outpostsPage()
	p.filter = o.id
	page, err := c.list("Subscriptions", p, len(o.subscriptions), func(b []byte, i int) []byte { return append(b, o.subscriptions[i]...) })
	if err != nil {
		return nil, err
	}
	return append(page, o.contract...), nil
}

func getRenewalPricing(c *call) (reply, error) {
	o, err := c.ownOutpost()
	if err != nil {
		return nil, err
	}
	return membersOf(o.renewal)
}

func listQuotes(c *call) (reply, error) {
	bodies := make([][]byte, len(c.scope.quotes))
	for i, q := range c.scope.quotes {
		bodies[i] = q.summary
	}
	return c.bodies("Quotes", bodies)
}

func getQuote(c *call) (reply, error) {
	id := bare(c.path("QuoteIdentifier"))
	for _, q := range c.scope.quotes {
		if q.id == id {
			return reply{{"Quote", q.body}}, nil
		}
	}
	return nil, notFound("The quote %s was not found.", id)
}

func listCapacityTasks(c *call) (reply, error) {
	var bodies [][]byte
	filter := bare(c.query.Get("OutpostIdentifierFilter"))
	for _, t := range c.scope.tasks {
		if (filter == "" || filter == t.outpost) && c.wants("CapacityTaskStatusFilter", t.status) {
			bodies = append(bodies, t.summary)
		}
	}
	return c.bodies("CapacityTasks", bodies)
}

func getCapacityTask(c *call) (reply, error) {
	outpost, id := bare(c.path("OutpostId")), c.path("CapacityTaskId")
	for _, t := range c.scope.tasks {
		if t.id == id && t.outpost == outpost {
			return membersOf(t.body)
		}
	}
	return nil, notFound("The capacity task %s of %s was not found.", id, outpost)
}

func listTags(c *call) (reply, error) {
	arn := c.path("ResourceArn")
	for _, o := range c.scope.outposts {
		if o.arn == arn {
			return tagsReply(o.tags), nil
		}
	}
	for _, s := range c.scope.sites {
		if s.arn == arn {
			return tagsReply(s.tags), nil
		}
	}
	return nil, notFound("The resource %s was not found.", arn)
}

func tagsReply(tags json.RawMessage) reply {
	if tags == nil {
		tags = json.RawMessage("{}")
	}
	return reply{{"Tags", tags}}
}
