package awssim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// now is a Tuesday; no test depends on the day that it runs.
var now = time.Date(2026, 8, 18, 9, 30, 0, 0, time.UTC)

// small has two racks, one of them another account's, and five products.
const (
	management, plant, store = "900000000009", "111122223333", "444455556666"
	rack, foreign            = "op-0123456789abcdef0", "op-0fedcba9876543210"
)

const small = `{
 "organization": {"id": "o-exampleorg1", "root": "r-abcd", "management_account": "900000000009", "units": [
  {"id": "ou-abcd-plants00", "name": "Plants", "parent": "r-abcd"}, {"id": "ou-abcd-nested00", "name": "Nested",
	"parent": "ou-abcd-plants00"}]},
 "role": {"name": "TenorAudit", "external_id": "example"},
 "accounts": [
  {"id": "900000000009", "name": "management", "email": "management@example.com", "unit": "r-abcd"},
  {"id": "111122223333", "name": "plant", "email": "plant@example.com", "unit": "ou-abcd-plants00", "joined": "now-100d"},
  {"id": "444455556666", "name": "store", "email": "store@example.com", "unit": "ou-abcd-nested00", "no_role": true},
  {"id": "777788889999", "name": "closed", "email": "closed@example.com", "unit": "r-abcd", "state": "SUSPENDED"}
 ],
 "regions": ["eu-central-1", "us-east-2"],
 "scopes": [{
  "accounts": ["111122223333"], "regions": ["eu-central-1"],
  "outposts": [
   {"outpost": {"OutpostId": "op-0123456789abcdef0", "OwnerId": "${account}",
	"OutpostArn": "arn:aws:outposts:${region}:${account}:outpost/op-0123456789abcdef0", "Name": "fra", "LifeCycleStatus": "ACTIVE",
		"AvailabilityZone": "eu-central-1a", "Tags": {"Owner": "x"}},
    "billing": {"Subscriptions": [
      {"SubscriptionId": "1", "BeginDate": "now-1016d", "EndDate": "now+80d", "UpfrontPrice": 131072.01, "MonthlyRecurringPrice": 0.0},
      {"SubscriptionId": "2", "BeginDate": "now-36h", "EndDate": "now+80d", "UpfrontPrice": 1234567.89,
	"MonthlyRecurringPrice": 99999999.99},
      {"SubscriptionId": "3", "EndDate": "now+80d"}],
     "ContractEndDate": "now+80d|2006-01-02", "PaymentTerm": "THREE_YEARS", "PaymentOption": "ALL_UPFRONT"},
    "renewal_pricing": {"PricingResult": "PRICED", "PricingOptions": [{"PricingType": "SUBSCRIPTION",
	"SubscriptionPricingDetails": {"UpfrontPrice": 131072.01, "MonthlyRecurringPrice": 1E+3}}]}},
   {"outpost": {"OutpostId": "op-0fedcba9876543210", "OwnerId": "444455556666", "LifeCycleStatus": "RETIRED",
	"AvailabilityZone": "eu-central-1b"}}],
  "sites": [{"SiteId": "os-0123456789abcdef0", "SiteArn": "arn:aws:outposts:${region}:${account}:site/os-0123456789abcdef0",
	"OperatingAddressCountryCode": "DE", "OperatingAddressCity": "Frankfurt"},
   {"SiteId": "os-0123456789abcdef1", "OperatingAddressCountryCode": "SG"}],
  "orders": [
   {"OrderId": "oo-00000000000000001", "OutpostId": "op-0123456789abcdef0", "Status": "COMPLETED", "PaymentTerm": "ONE_YEAR",
	"LineItems": [{"Status": "INSTALLED"}, {"Status": "ERROR"}, {"Status": "INSTALLED"}], "OrderSubmissionDate": "now-1100d"},
   {"OrderId": "oo-00000000000000002", "OutpostId": "op-0fedcba9876543210", "Status": "PREPARING"}],
  "quotes": [{"QuoteId": "oq-00000000000000001", "QuoteStatus": "CREATED", "OrderingRequirements": [{"Status": "FAIL"}],
	"Description": "d <&> ü"}],
  "capacity_tasks": [
   {"CapacityTaskId": "cap-00000000000000001", "OutpostId": "op-0123456789abcdef0", "CapacityTaskStatus": "FAILED", "DryRun": true,
	"RequestedInstancePools": [], "LastModifiedDate": "now-2d"},
   {"CapacityTaskId": "cap-00000000000000002", "OutpostId": "op-0fedcba9876543210", "CapacityTaskStatus": "COMPLETED"}],
  "products": [{"product": {"ProductViewSummary": {"ProductId": "prod-1", "Name": "Web"}, "Status": "AVAILABLE"},
	"artifacts": [{"Id": "pa-1", "Name": "v1", "Active": true, "Guidance": "DEPRECATED", "CreatedTime": "now-400d"}]}],
  "provisioned_products": [
   {"product": {"Id": "pp-alone", "Name": "alone", "Status": "ERROR", "ProductId": "prod-1", "LastRecordId": "rec-alone", "Tags": [],
	"FutureField": {"kept": 1}}, "records": [{"RecordId": "rec-alone", "ProvisionedProductId": "pp-alone", "ProductId": "prod-1",
		"Status": "FAILED"}]},
   {"repeat": 4, "vary": {"status": ["AVAILABLE", "TAINTED"], "created": ["now-1d", "now-2d", "now-3d"]}, "each": {
    "product": {"Id": "pp-${id}", "Name": "web-${i}", "Status": "${status}", "CreatedTime": "${created}", "ProductId": "prod-2",
	"LastRecordId": "rec-${id:1}"},
    "records": [{"RecordId": "rec-${id}", "ProvisionedProductId": "pp-${id}", "ProductId": "prod-2", "Status": "SUCCEEDED"},
	{"RecordId": "rec-${id:1}", "ProvisionedProductId": "pp-${id}", "ProductId": "prod-2", "Status": "FAILED", "CreatedTime": "${created}"}]}}]
 }]
}`

func smallClient(t *testing.T, o Options) client {
	o.Estate = load(t, small)
	return client{t: t, server: start(t, o), key: AccessKey(plant), region: "eu-central-1"}
}

func load(t *testing.T, estate string) *Estate {
	t.Helper()
	e, err := LoadEstate(strings.NewReader(estate), now)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// server keeps the requests.
type server struct {
	*Server
	mu       sync.Mutex
	requests []Request
}

// Requests returns them in the order of their answers.
func (s *server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func start(t *testing.T, o Options) *server {
	t.Helper()
	s, asked := &server{}, o.OnRequest
	o.OnRequest = func(r Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r)
		s.mu.Unlock()
		if asked != nil {
			asked(r)
		}
	}
	var err error
	if s.Server, err = Start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// client sends requests by hand, signed as far as the server looks.
type client struct {
	t            *testing.T
	server       *server
	key, region  string
	sessionToken string
}

func (c client) authorization(service string) string {
	return fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/20260818/%s/%s/aws4_request, SignedHeaders=host, Signature=%064d", c.key, c.region,
		service, 0)
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (c client) send(service, method, path, body string, header map[string]string) (answer, error) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.server.URL()+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if c.key != "" {
		req.Header.Set("Authorization", c.authorization(service))
	}
	if c.sessionToken != "" {
		req.Header.Set("X-Amz-Security-Token", c.sessionToken)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, b}, err
}

func (c client) must(a answer, err error) answer {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (c client) get(path string) answer {
	c.t.Helper()
	return c.must(c.send("outposts", "GET", path, "", nil))
}

var targets = map[string]string{"servicecatalog": "AWS242ServiceCatalogService", "organizations": "AWSOrganizationsV20161128"}

func (c client) post(service, operation, body string) answer {
	c.t.Helper()
	return c.must(c.send(service, "POST", "/", body, map[string]string{"Content-Type": "application/x-amz-json-1.1",
		"X-Amz-Target": targets[service] + "." + operation}))
}

func (c client) form(values url.Values) answer {
	c.t.Helper()
	return c.must(c.send("sts", "POST", "/", values.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded"}))
}

// call sends a read call of any service by its name: a path for Outposts, a JSON body for the others.
func (c client) call(service, operation, request string) answer {
	c.t.Helper()
	if service == "outposts" {
		return c.get(request)
	}
	return c.post(service, operation, request)
}

func (a answer) decode(t *testing.T, to any) {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	if err := json.Unmarshal(a.body, to); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
}

// refused is the status and code of an answer in JSON.
func (a answer) refused(t *testing.T) string {
	t.Helper()
	var e struct {
		Type string `json:"__type"`
	}
	if err := json.Unmarshal(a.body, &e); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	if head := a.header.Get("X-Amzn-Errortype"); head != e.Type {
		t.Errorf("the header says %q, the body %q", head, e.Type)
	}
	return fmt.Sprint(a.status, " ", e.Type)
}

func diff(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}
