package awssim

import (
	"maps"
	"slices"
	"strings"

	"tenor/internal/rawjson"
)

// outpostsOperations are the routes of Outposts 2019-12-03. Those without run are known by name and denied.
func outpostsOperations() map[string]operation {
	ops := map[string]operation{
		"GET /outposts":             {"ListOutposts", "Outposts", listOutposts},
		"GET /outposts/{OutpostId}": {"GetOutpost", "Outpost", getOutpost},
		"GET /sites":                {"ListSites", "Sites", listed("sites", "Sites", siteFilters)},
		"GET /list-orders":          {"ListOrders", "Orders", listed("orders", "Orders", orderFilters)},
		"GET /orders/{OrderId}":     {"GetOrder", "Order", found("orders", "Order", "OrderId")},
		"GET /outpost/{OutpostIdentifier}/billing-information": {"GetOutpostBillingInformation", "Subscriptions", getBilling},
		"GET /outpost/{OutpostIdentifier}/renewal-pricing":     {"GetRenewalPricing", "PricingOptions", getRenewalPricing},
		"GET /sites/{SiteId}":                                  {"GetSite", "Site", found("sites", "Site", "SiteId")},
		"GET /quotes":                                          {"ListQuotes", "Quotes", listed("quotes", "Quotes", nil)},
		"GET /quotes/{QuoteIdentifier}":                        {"GetQuote", "Quote", found("quotes", "Quote", "QuoteIdentifier")},
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
	filters := maps.Clone(c.query)
	filters.Del("MaxResults")
	filters.Del("NextToken")
	return paging{
		sizeName: "maxResults", size: c.query.Get("MaxResults"), least: 1, most: 1000, standard: 1000,
		token: c.query.Get("NextToken"), next: "NextToken", filter: c.path("OutpostId") + c.path("OutpostIdentifier") + filters.Encode(),
	}
}

// The filters of the lists, and the member that each is of.
var (
	outpostFilters = map[string]string{"LifeCycleStatusFilter": "LifeCycleStatus", "AvailabilityZoneFilter": "AvailabilityZone",
		"AvailabilityZoneIdFilter": "AvailabilityZoneId"}
	siteFilters = map[string]string{"OperatingAddressCountryCodeFilter": "OperatingAddressCountryCode",
		"OperatingAddressStateOrRegionFilter": "OperatingAddressStateOrRegion", "OperatingAddressCityFilter": "OperatingAddressCity"}
	orderFilters = map[string]string{"OutpostIdentifierFilter": "OutpostId"}
	taskFilters  = map[string]string{"OutpostIdentifierFilter": "OutpostId", "CapacityTaskStatusFilter": "CapacityTaskStatus"}
)

// wants tells whether a document has what the filters of the query ask for.
func (c *call) wants(document []byte, filters map[string]string) bool {
	for filter, member := range filters {
		has := func(value string) bool { return bare(value) == textMember(document, member) }
		if values := c.query[filter]; len(values) > 0 && !slices.ContainsFunc(values, has) {
			return false
		}
	}
	return true
}

// bare returns the id at the end of an ARN, or the id itself.
func bare(identifier string) string {
	return identifier[strings.LastIndexByte(identifier, '/')+1:]
}

// listed answers a page of those documents of a list that the filters let through.
func listed(list, key string, filters map[string]string) func(*call) (reply, error) {
	return func(c *call) (reply, error) {
		var bodies [][]byte
		for _, d := range c.scope.documents[list] {
			if c.wants(d.body, filters) {
				bodies = append(bodies, d.summary)
			}
		}
		return page(c, key, c.outpostsPage(), bodies)
	}
}

// found answers with the document that the path names.
func found(list, key, parameter string) func(*call) (reply, error) {
	return func(c *call) (reply, error) {
		id := bare(c.path(parameter))
		for _, d := range c.scope.documents[list] {
			if d.id == id {
				return reply{{key, d.body}}, nil
			}
		}
		return nil, notFound("The %s %s was not found.", strings.ToLower(key), id)
	}
}

func listOutposts(c *call) (reply, error) {
	var bodies [][]byte
	for _, o := range c.scope.outposts {
		if c.wants(o.body, outpostFilters) {
			bodies = append(bodies, o.body)
		}
	}
	return page(c, "Outposts", c.outpostsPage(), bodies)
}

// outpost finds the Outpost that the path names.
func (c *call) outpost(parameter string) (*outpost, error) {
	id := bare(c.path(parameter))
	if o := c.scope.outpost(id); o != nil {
		return o, nil
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

func getBilling(c *call) (reply, error) {
	o, err := c.ownOutpost("OutpostIdentifier")
	if err != nil {
		return nil, err
	}
	out, err := page(c, "Subscriptions", c.outpostsPage(), o.subscriptions)
	if err != nil {
		return nil, err
	}
	return append(out, o.contract...), nil
}

func getRenewalPricing(c *call) (reply, error) {
	o, err := c.ownOutpost("OutpostIdentifier")
	if err != nil {
		return nil, err
	}
	return membersOf(o.renewal), nil
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
	return listed("capacity_tasks", "CapacityTasks", taskFilters)(c)
}

// task finds the capacity task of an Outpost that the path names.
func (c *call) task(outpost string) ([]byte, error) {
	id := c.path("CapacityTaskId")
	for _, t := range c.scope.documents["capacity_tasks"] {
		if t.id == id && textMember(t.body, "OutpostId") == outpost {
			return t.body, nil
		}
	}
	return nil, notFound("The capacity task %s of %s was not found.", id, outpost)
}

func getCapacityTask(c *call) (reply, error) {
	body, err := c.task(bare(c.path("OutpostId")))
	return membersOf(body), err
}

// listTags answers with the tags of an Outpost or a site.
func listTags(c *call) (reply, error) {
	arn := c.path("ResourceArn")
	var tagged []byte
	for _, o := range c.scope.outposts {
		if o.arn == arn {
			tagged = o.body
		}
	}
	for _, s := range c.scope.documents["sites"] {
		if textMember(s.body, "SiteArn") == arn {
			tagged = s.body
		}
	}
	if tagged == nil {
		return nil, notFound("The resource %s was not found.", arn)
	}
	tags := rawjson.Find(tagged, "Tags")
	if tags == nil {
		tags = []byte("{}")
	}
	return reply{{"Tags", tags}}, nil
}
