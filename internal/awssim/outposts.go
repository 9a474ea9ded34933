package awssim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

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
		"GET /sites/{SiteId}":                                  {"GetSite", "Site", getSite},
		"GET /quotes":                                          {"ListQuotes", "Quotes", listQuotes},
		"GET /quotes/{QuoteIdentifier}":                        {"GetQuote", "Quote", getQuote},
		"GET /capacity/tasks":                                  {"ListCapacityTasks", "CapacityTasks", listCapacityTasks},
		"GET /outposts/{OutpostId}/capacity/{CapacityTaskId}":  {"GetCapacityTask", "CapacityTaskId", getCapacityTask},
		"GET /outposts/{OutpostId}/assets":                     {"ListAssets", "Assets", listAssets},
		"GET /outposts/{OutpostId}/assetInstances":             {"ListAssetInstances", "AssetInstances", listAssetInstances},
		"GET /outposts/{OutpostId}/capacity/{CapacityTaskId}/blockingInstances": {
			"ListBlockingInstancesForCapacityTask", "BlockingInstances", listBlockingInstances,
		},
		"GET /tags/{ResourceArn}": {"ListTagsForResource", "Tags", listTags},
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
		"GET /sites/{SiteId}/address":                          "GetSiteAddress",
		"GET /catalog/items":                                   "ListCatalogItems",
		"GET /instanceTypes":                                   "ListOrderableInstanceTypes",
		"POST /outposts/{OutpostId}/capacity":                  "StartCapacityTask",
		"POST /connections":                                    "StartConnection",
		"POST /outposts/{OutpostId}/decommission":              "StartOutpostDecommission",
		"POST /tags/{ResourceArn}":                             "TagResource",
		"DELETE /tags/{ResourceArn}":                           "UntagResource",
		"PATCH /outposts/{OutpostId}":                          "UpdateOutpost",
		"PATCH /quotes/{QuoteIdentifier}":                      "UpdateQuote",
		"PATCH /sites/{SiteId}":                                "UpdateSite",
		"PUT /sites/{SiteId}/address":                          "UpdateSiteAddress",
		"PATCH /sites/{SiteId}/rackPhysicalProperties":         "UpdateSiteRackPhysicalProperties",
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
		if c.wants("LifeCycleStatusFilter", o.lifeCycle) && c.wants("AvailabilityZoneFilter", o.zone) &&
			c.wants("AvailabilityZoneIdFilter", o.zoneID) {
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
func (c *call) ownOutpost(parameter string) (*outpost, error) {
	o, err := c.outpost(parameter)
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

func getSite(c *call) (reply, error) {
	id := bare(c.path("SiteId"))
	for _, s := range c.scope.sites {
		if s.id == id {
			return reply{{"Site", s.body}}, nil
		}
	}
	return nil, notFound("The site %s was not found.", id)
}

func listSites(c *call) (reply, error) {
	var bodies [][]byte
	for _, s := range c.scope.sites {
		if c.wants("OperatingAddressCountryCodeFilter", s.country) && c.wants("OperatingAddressStateOrRegionFilter", s.state) &&
			c.wants("OperatingAddressCityFilter", s.city) {
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
	o, err := c.ownOutpost("OutpostIdentifier")
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
	o, err := c.ownOutpost("OutpostIdentifier")
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

// taskStatuses are the values of CapacityTaskStatusFilter, an enum; AWS refuses any other.
var taskStatuses = []string{
	"REQUESTED", "IN_PROGRESS", "WAITING_FOR_EVACUATION", "FAILED", "COMPLETED", "CANCELLATION_IN_PROGRESS", "CANCELLED",
}

func listCapacityTasks(c *call) (reply, error) {
	for _, status := range c.query["CapacityTaskStatusFilter"] {
		if !slices.Contains(taskStatuses, status) {
			return nil, c.invalid("Value '%s' at 'CapacityTaskStatusFilter' failed to satisfy constraint: Member must satisfy enum value set: [%s]",
				status, strings.Join(taskStatuses, ", "))
		}
	}
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

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
