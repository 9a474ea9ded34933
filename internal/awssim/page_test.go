package awssim

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// pages reads a list to its end, page by page, and returns what one member of its items has, a list for each page.
func (c client) pages(service, operation, request, list, member string) (all [][]string) {
	c.t.Helper()
	for token := ""; ; {
		asked := strings.ReplaceAll(request, "TOKEN", token)
		if service == "outposts" {
			asked = strings.ReplaceAll(request, "TOKEN", url.QueryEscape(token))
		}
		var body map[string]json.RawMessage
		c.call(service, operation, asked).decode(c.t, &body)
		page := []string{}
		for _, item := range items(c.t, body[list]) {
			page = append(page, fmt.Sprint(item[member]))
		}
		all = append(all, page)
		next := body["NextToken"]
		if next == nil {
			next = body["NextPageToken"]
		}
		if next == nil {
			return all
		}
		unmarshal(c.t, next, &token)
	}
}

func TestPaging(t *testing.T) {
	c := smallClient(t, Options{PageSize: 2})
	const own = `"AccessLevelFilter":{"Key":"Account","Value":"self"}`
	manager := c
	manager.key, manager.region = AccessKey(management), "us-east-1"
	for _, tc := range []struct {
		c                                           client
		name, service, operation, request, list, id string
		want                                        [][]string
	}{
		{c, "outposts", "outposts", "", "/outposts?MaxResults=1&NextToken=TOKEN", "Outposts", "OutpostId", [][]string{{rack}, {foreign}}},
		{c, "filtered", "outposts", "", "/outposts?MaxResults=1&NextToken=TOKEN&LifeCycleStatusFilter=ACTIVE&LifeCycleStatusFilter=RETIRED",
			"Outposts", "OutpostId", [][]string{{rack}, {foreign}}},
		{c, "billing, capped", "outposts", "", "/outpost/" + rack + "/billing-information?NextToken=TOKEN", "Subscriptions", "SubscriptionId",
			[][]string{{"1", "2"}, {"3"}}},
		{c, "products", "servicecatalog", "SearchProvisionedProducts", `{"PageSize":100,"PageToken":"TOKEN"}`, "ProvisionedProducts", "Name",
			[][]string{{"alone", "web-0"}, {"web-1", "web-2"}, {"web-3"}}},
		{c, "products found", "servicecatalog", "SearchProvisionedProducts",
			`{"PageSize":1,"PageToken":"TOKEN","Filters":{"SearchQuery":["status:TAINTED"]}}`, "ProvisionedProducts", "Name",
			[][]string{{"web-1"}, {"web-3"}}},
		{c, "records", "servicecatalog", "ListRecordHistory", `{"PageToken":"TOKEN",` + own + `}`, "RecordDetails", "Status",
			[][]string{{"FAILED", "SUCCEEDED"}, {"FAILED", "SUCCEEDED"}, {"FAILED", "SUCCEEDED"}, {"FAILED", "SUCCEEDED"}, {"FAILED"}}},
		{manager, "accounts", "organizations", "ListAccounts", `{"MaxResults":20,"NextToken":"TOKEN"}`, "Accounts", "Id",
			[][]string{{management, plant}, {store, "777788889999"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.c.t = t
			diff(t, "pages", tc.want, tc.c.pages(tc.service, tc.operation, tc.request, tc.list, tc.id))
		})
	}
}

func TestBadPaging(t *testing.T) {
	c := smallClient(t, Options{})
	manager := c
	manager.key = AccessKey(management)
	var first struct{ NextToken, NextPageToken string }
	c.get("/outposts?MaxResults=1").decode(t, &first)
	token := first.NextToken
	c.post("servicecatalog", "SearchProvisionedProducts", `{"PageSize":1}`).decode(t, &first)
	for _, tc := range []struct {
		c                                         client
		name, service, operation, request, refuse string
	}{
		{c, "none", "outposts", "", "/outposts?MaxResults=0", "400 ValidationException"},
		{c, "above the maximum", "outposts", "", "/quotes?MaxResults=1001", "400 ValidationException"},
		{c, "not a number", "outposts", "", "/sites?MaxResults=ten", "400 ValidationException"},
		{c, "a made-up token", "outposts", "", "/outposts?NextToken=1", "400 ValidationException"},
		{c, "a token unescaped", "outposts", "", "/outposts?NextToken=" + strings.ReplaceAll(token, "#", "%23"), "400 ValidationException"},
		{c, "another list's token", "outposts", "", "/capacity/tasks?NextToken=" + url.QueryEscape(token), "400 ValidationException"},
		{c, "another filter's token", "outposts", "", "/outposts?AvailabilityZoneFilter=eu-central-1a" +
			"&AvailabilityZoneFilter=eu-central-1b&NextToken=" +
			url.QueryEscape(token), "400 ValidationException"},
		{c, "search above", "servicecatalog", "SearchProvisionedProducts", `{"PageSize":101}`, "400 InvalidParametersException"},
		{c, "scan above", "servicecatalog", "ScanProvisionedProducts", `{"PageSize":21}`, "400 InvalidParametersException"},
		{c, "history above", "servicecatalog", "ListRecordHistory", `{"PageSize":21}`, "400 InvalidParametersException"},
		{c, "record above", "servicecatalog", "DescribeRecord", `{"Id":"rec-alone","PageSize":21}`, "400 InvalidParametersException"},
		{c, "below", "servicecatalog", "SearchProvisionedProducts", `{"PageSize":-1}`, "400 InvalidParametersException"},
		{c, "another query's token", "servicecatalog", "SearchProvisionedProducts",
			`{"Filters":{"SearchQuery":["status:ERROR"]},"PageToken":"` + first.NextPageToken + `"}`, "400 InvalidParametersException"},
		{c, "a body that is no JSON", "servicecatalog", "SearchProvisionedProducts", `{`, "400 SerializationException"},
		{manager, "accounts above", "organizations", "ListAccounts", `{"MaxResults":21}`, "400 InvalidInputException"},
		{manager, "no accounts", "organizations", "ListAccounts", `{"MaxResults":0}`, "400 InvalidInputException"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.c.t = t
			diff(t, "error", tc.refuse, tc.c.call(tc.service, tc.operation, tc.request).refused(t))
		})
	}
	for path, want := range map[string]int{"/outposts?MaxResults=1000": 200, "/outposts?NextToken=" + url.QueryEscape(token): 200} {
		diff(t, path, want, c.get(path).status)
	}
}

func TestFilters(t *testing.T) {
	c := smallClient(t, Options{})
	for _, tc := range []struct {
		path, list, id string
		want           []string
	}{
		{"/outposts?LifeCycleStatusFilter=ACTIVE", "Outposts", "OutpostId", []string{rack}},
		{"/outposts?AvailabilityZoneFilter=eu-central-1b", "Outposts", "OutpostId", []string{foreign}},
		{"/outposts?AvailabilityZoneIdFilter=euc1-az9", "Outposts", "OutpostId", []string{}},
		{"/sites?OperatingAddressCountryCodeFilter=SG&OperatingAddressCountryCodeFilter=FR", "Sites", "SiteId", []string{"os-0123456789abcdef1"}},
		{"/sites?OperatingAddressCityFilter=Frankfurt", "Sites", "SiteId", []string{"os-0123456789abcdef0"}},
		{"/sites?OperatingAddressStateOrRegionFilter=Hessen", "Sites", "SiteId", []string{}},
		{"/list-orders?OutpostIdentifierFilter=" + rack, "Orders", "OrderId", []string{"oo-00000000000000001"}},
		{"/list-orders?OutpostIdentifierFilter=" + url.QueryEscape("arn:aws:outposts:eu-central-1:444455556666:outpost/"+foreign), "Orders",
			"OrderId", []string{"oo-00000000000000002"}},
		{"/capacity/tasks?OutpostIdentifierFilter=" + foreign, "CapacityTasks", "CapacityTaskId", []string{"cap-00000000000000002"}},
		{"/capacity/tasks?CapacityTaskStatusFilter=FAILED&CapacityTaskStatusFilter=REQUESTED", "CapacityTasks", "CapacityTaskId",
			[]string{"cap-00000000000000001"}},
	} {
		diff(t, tc.path, [][]string{tc.want}, c.pages("outposts", "", tc.path, tc.list, tc.id))
	}
	for request, want := range map[string][]string{
		`{"AccessLevelFilter":{"Key":"Account","Value":"self"},"SearchFilter":{"Key":"product","Value":"prod-1"}}`:              {"rec-alone"},
		`{"AccessLevelFilter":{"Key":"Account","Value":"self"},"SearchFilter":{"Key":"provisionedproduct","Value":"pp-alone"}}`: {"rec-alone"},
		`{"AccessLevelFilter":{"Key":"Account","Value":"self"},"SearchFilter":{"Key":"product","Value":"prod-9"}}`:              {},
	} {
		diff(t, request, [][]string{want}, c.pages("servicecatalog", "ListRecordHistory", request, "RecordDetails", "RecordId"))
	}
	for operation, request := range map[string]string{
		"ListRecordHistory":         `{"SearchFilter":{"Key":"status","Value":"FAILED"}}`,
		"SearchProvisionedProducts": `{"Filters":{"status":["ERROR"]}}`,
	} {
		diff(t, request, "400 InvalidParametersException", c.post("servicecatalog", operation, request).refused(t))
	}
	for _, query := range []string{"tags:x", "statuss:ERROR", "name:web*", "status:ERROR TAINTED", "createdTime:2026"} { // would find nothing
		request := fmt.Sprintf(`{"Filters":{"SearchQuery":[%q]}}`, query)
		diff(t, request, "400 InvalidParametersException", c.post("servicecatalog", "SearchProvisionedProducts", request).refused(t))
	}
	diff(t, "a status that is none", "400 ValidationException", c.get("/capacity/tasks?CapacityTaskStatusFilter=DONE").refused(t))
}

func TestOne(t *testing.T) {
	c := smallClient(t, Options{})
	var site struct{ Site struct{ SiteId string } }
	for path, want := range map[string]string{
		"os-0123456789abcdef0": "os-0123456789abcdef0", "os-0123456789abcdef1": "os-0123456789abcdef1", // which has no ARN
		url.PathEscape("arn:aws:outposts:eu-central-1:" + plant + ":site/os-0123456789abcdef0"): "os-0123456789abcdef0",
	} {
		c.get("/sites/"+path).decode(t, &site)
		diff(t, path, want, site.Site.SiteId)
	}
	diff(t, "no site", "404 NotFoundException", c.get("/sites/os-none").refused(t))
	for _, request := range []string{`{"Id":"pp-alone"}`, `{"Name":"alone"}`} {
		var product struct {
			ProvisionedProductDetail struct{ Id, Name, Tags string }
		}
		c.post("servicecatalog", "DescribeProvisionedProduct", request).decode(t, &product)
		diff(t, request, "pp-alone", product.ProvisionedProductDetail.Id)
	}
	diff(t, "no product", "400 ResourceNotFoundException", c.post("servicecatalog", "DescribeProvisionedProduct", `{"Id":"pp-none"}`).refused(t))
	diff(t, "no name", "400 InvalidParametersException", c.post("servicecatalog", "DescribeProvisionedProduct", `{}`).refused(t))
}

func TestAccessLevels(t *testing.T) {
	c := smallClient(t, Options{})
	for _, tc := range []struct {
		operation, list, level string
		want                   int
	}{
		{"SearchProvisionedProducts", "ProvisionedProducts", "", 5},
		{"SearchProvisionedProducts", "ProvisionedProducts", "Account", 5},
		{"SearchProvisionedProducts", "ProvisionedProducts", "User", 0},
		{"ScanProvisionedProducts", "ProvisionedProducts", "", 0},
		{"ScanProvisionedProducts", "ProvisionedProducts", "Role", 0},
		{"ScanProvisionedProducts", "ProvisionedProducts", "Account", 5},
		{"ListRecordHistory", "RecordDetails", "", 0},
		{"ListRecordHistory", "RecordDetails", "Account", 9},
	} {
		request := "{}"
		if tc.level != "" {
			request = fmt.Sprintf(`{"AccessLevelFilter":{"Key":%q,"Value":"self"}}`, tc.level)
		}
		var body map[string]json.RawMessage
		c.post("servicecatalog", tc.operation, request).decode(t, &body)
		diff(t, tc.operation+" "+tc.level, tc.want, len(items(t, body[tc.list])))
	}
	for _, filter := range []string{`{"Key":"Account","Value":"me"}`, `{"Key":"Everyone","Value":"self"}`} {
		diff(t, filter, "400 InvalidParametersException", c.post("servicecatalog", "ScanProvisionedProducts",
			`{"AccessLevelFilter":`+filter+`}`).refused(t))
	}
}
