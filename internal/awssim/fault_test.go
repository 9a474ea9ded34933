package awssim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRefusals holds the status and code with which each service refuses.
func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		kind FaultKind
		want [4]string // Outposts, Service Catalog, Organizations, STS
	}{
		{FaultThrottle, [4]string{"400 ThrottlingException", "400 ThrottlingException", "400 TooManyRequestsException", "400 Throttling"}},
		{FaultServerError, [4]string{"500 InternalServerException", "500 InternalServerException", "500 ServiceException",
			"500 InternalFailure"}},
		{FaultAccessDenied, [4]string{"403 AccessDeniedException", "400 AccessDeniedException", "400 AccessDeniedException", "403 AccessDenied"}},
		{FaultDeniedBySCP, [4]string{"403 AccessDeniedException", "400 AccessDeniedException", "400 AccessDeniedException", "403 AccessDenied"}},
		{FaultNotEnabled, [4]string{"403 UnrecognizedClientException", "403 UnrecognizedClientException", "403 UnrecognizedClientException",
			"403 InvalidClientTokenId"}},
		{FaultRefusedToken, [4]string{"403 UnrecognizedClientException", "403 UnrecognizedClientException", "403 UnrecognizedClientException",
			"403 InvalidClientTokenId"}},
	} {
		t.Run(string(tc.kind), func(t *testing.T) {
			c := smallClient(t, Options{Faults: []Fault{{Kind: tc.kind}}})
			got := [4]string{
				c.get("/outposts").refused(t),
				c.post("servicecatalog", "SearchProvisionedProducts", "{}").refused(t),
				c.post("organizations", "ListAccounts", "{}").refused(t),
				c.form(url.Values{"Action": {"GetCallerIdentity"}}).refusedXML(t),
			}
			diff(t, "errors", tc.want, got)
			for _, r := range c.server.Requests() {
				diff(t, "fault of "+r.Operation, tc.kind, r.Fault)
			}
		})
	}
}

func TestDenialsSayWhy(t *testing.T) {
	const user = "User: arn:aws:iam::111122223333:user/auditor is not authorized to perform: outposts:ListOrders "
	for kind, want := range map[FaultKind]string{
		FaultAccessDenied: user + "because no identity-based policy allows the outposts:ListOrders action",
		FaultDeniedBySCP:  user + "with an explicit deny in a service control policy",
	} {
		c := smallClient(t, Options{Faults: []Fault{{Kind: kind}}})
		var e struct{ Message string }
		unmarshal(t, c.get("/list-orders").body, &e)
		diff(t, string(kind), want, e.Message)
	}
}

// TestSpoiledBodies holds what becomes of a good body.
func TestSpoiledBodies(t *testing.T) {
	const good = `{"Subscriptions":[{"SubscriptionId":"1","BeginDate":1699263000,"EndDate":1793957400,"UpfrontPrice":131072.01,` +
		`"MonthlyRecurringPrice":0.0}],"NextToken":"1##…","ContractEndDate":"2026-11-06","PaymentTerm":"THREE_YEARS",` +
		`"PaymentOption":"ALL_UPFRONT"}`
	for _, tc := range []struct {
		kind      FaultKind
		want      string
		wantError error
	}{
		{FaultCutOff, "", io.ErrUnexpectedEOF},
		{FaultBadJSON, good[:len(good)-1] + "<html>", nil},
		{FaultEmpty, "", nil},
		{FaultMissingList, `{"NextToken":"1##…","ContractEndDate":"2026-11-06","PaymentTerm":"THREE_YEARS","PaymentOption":"ALL_UPFRONT"}`,
			nil},
		{FaultBadDate, strings.NewReplacer("1699263000", "1699263000000", "1793957400", "1793957400000").Replace(good), nil},
		{FaultSlow, good, nil},
		{FaultNullItem, strings.Replace(good, "}]", "},null]", 1), nil},
		{FaultDuplicate, twice(good, ""), nil},
		{FaultConflict, twice(good, `,"Conflict":true`), nil},
		{FaultOversize, good + strings.Repeat(" ", large), nil},
	} {
		t.Run(string(tc.kind), func(t *testing.T) {
			c := smallClient(t, Options{Faults: []Fault{{Kind: tc.kind, Delay: time.Millisecond}}})
			a, err := c.send("outposts", "GET", "/outpost/"+rack+"/billing-information?MaxResults=1", "", nil)
			if !errors.Is(err, tc.wantError) {
				t.Fatalf("error %v, want %v", err, tc.wantError)
			}
			if err == nil {
				diff(t, "status", 200, a.status)
				diff(t, "body", tc.want, string(token.ReplaceAll(a.body, []byte("1##…"))))
			} else if !strings.HasPrefix(good, string(a.body[:100])) {
				t.Errorf("body %s", a.body)
			}
		})
	}
}

// twice repeats the one subscription of a body, with more members.
func twice(body, members string) string {
	before, rest, _ := strings.Cut(body, "[{")
	one, after, _ := strings.Cut(rest, "}]")
	return before + "[{" + one + "},{" + one + members + "}]" + after
}

// TestPagesWithoutEnd follows tokens that are always new, past the end of the list.
func TestPagesWithoutEnd(t *testing.T) {
	c := smallClient(t, Options{Faults: []Fault{{Kind: FaultEndlessPages}}})
	for path, want := range map[string][]int{"/outposts?MaxResults=1": {1, 1, 0, 0}, "/sites?MaxResults=100": {2, 0, 0, 0},
		"/outposts?LifeCycleStatusFilter=GONE": {0, 0, 0, 0}} {
		seen, next := map[string]bool{}, path
		var lengths []int
		for range want {
			var body struct {
				Outposts, Sites []struct{}
				NextToken       string
			}
			c.get(next).decode(t, &body)
			if body.NextToken == "" || seen[body.NextToken] {
				t.Errorf("%s: the token %q", next, body.NextToken)
			}
			seen[body.NextToken] = true
			next = path + "&NextToken=" + url.QueryEscape(body.NextToken)
			lengths = append(lengths, len(body.Outposts)+len(body.Sites))
		}
		diff(t, "items of "+path, want, lengths)
	}
}

// TestLargeErrorAndRedirect holds the two refusals that are no error of AWS's.
func TestLargeErrorAndRedirect(t *testing.T) {
	c := smallClient(t, Options{Faults: []Fault{{Operation: "ListSites", Kind: FaultLargeError},
		{Operation: "ListOutposts", Kind: FaultRedirect}}})
	if a := c.get("/sites"); a.status != 400 || len(a.body) < large {
		t.Errorf("status %d, %d bytes", a.status, len(a.body))
	}
	a := c.get("/outposts") // whose client follows it
	diff(t, "redirected", "403 AccessDeniedException", a.refused(t))
	var asked []string
	for _, r := range c.server.Requests() {
		asked = append(asked, fmt.Sprint(r.Status, " ", r.Operation))
	}
	diff(t, "requests", []string{"400 ListSites", "307 ListOutposts", "403 GET /elsewhere"}, asked)
}

func TestSpoiledFractions(t *testing.T) {
	c := call{fault: Fault{Kind: FaultBadDate}}
	diff(t, "body", `{"CreatedTime":1787045400250,"JoinedTimestamp":1787045400000,"ContractEndDate":"2026-11-06","Count":3}`,
		string(c.spoil([]byte(`{"CreatedTime":1787045400.25,"JoinedTimestamp":1787045400,"ContractEndDate":"2026-11-06","Count":3}`))))
}

// TestMissingPayload checks that every operation loses what it is called for.
func TestMissingPayload(t *testing.T) {
	e := load(t, small)
	whole, spoilt := start(t, Options{Estate: e}), start(t, Options{Estate: e, Faults: []Fault{{Kind: FaultMissingList}}})
	for _, tc := range []struct{ service, operation, request, missing string }{
		{"outposts", "", "/outposts", "Outposts"},
		{"outposts", "", "/outposts/" + rack, "Outpost"},
		{"outposts", "", "/outpost/" + rack + "/renewal-pricing", "PricingOptions"},
		{"outposts", "", "/outposts/" + rack + "/capacity/cap-00000000000000001", "CapacityTaskId"},
		{"servicecatalog", "SearchProvisionedProducts", "{}", "ProvisionedProducts"},
		{"servicecatalog", "DescribeRecord", `{"Id":"rec-alone"}`, "RecordDetail"},
		{"organizations", "ListAccounts", "{}", "Accounts"},
	} {
		members := func(s *server) []string {
			c := client{t: t, server: s, key: AccessKey(management), region: "eu-central-1"}
			if tc.service != "organizations" {
				c.key = AccessKey(plant)
			}
			var body map[string]json.RawMessage
			c.call(tc.service, tc.operation, tc.request).decode(t, &body)
			return slices.Sorted(maps.Keys(body))
		}
		want := []string{}
		for _, name := range members(whole) {
			if name != tc.missing {
				want = append(want, name)
			}
		}
		got := members(spoilt)
		if len(got) == len(members(whole)) {
			t.Errorf("%s%s has all its members", tc.operation, tc.request)
		}
		diff(t, tc.operation+tc.request, want, append([]string{}, got...))
	}
}

// TestRepeatedToken follows a token that never ends, over a list of two pages and one of one.
func TestRepeatedToken(t *testing.T) {
	c := smallClient(t, Options{Faults: []Fault{{Kind: FaultRepeatToken}}})
	for path, want := range map[string][]int{"/outposts?MaxResults=1": {1, 1, 1}, "/sites?MaxResults=100": {2, 0, 0},
		"/outposts?LifeCycleStatusFilter=GONE": {0, 0, 0}} {
		var tokens []string
		var lengths []int
		for range want {
			var body struct {
				Outposts, Sites []struct{}
				NextToken       string
			}
			next := path
			if len(tokens) > 0 {
				next += "&NextToken=" + url.QueryEscape(tokens[0])
			}
			c.get(next).decode(t, &body)
			tokens, lengths = append(tokens, body.NextToken), append(lengths, len(body.Outposts)+len(body.Sites))
		}
		diff(t, "items of "+path, want, lengths)
		if tokens[0] == "" || tokens[0] != tokens[1] || tokens[1] != tokens[2] {
			t.Errorf("tokens of %s: %q", path, tokens)
		}
	}
}

// TestFaultsCover checks which calls a fault is for.
func TestFaultsCover(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fault Fault
		want  string // by call, x where it fails: twice in plant, then in another region, then another operation, then in plant again
	}{
		{"all", Fault{}, "xxxxx"},
		{"stars", Fault{Account: "*", Region: "*", Operation: "*"}, "xxxxx"},
		{"account", Fault{Account: plant}, "xxxxx"},
		{"another account", Fault{Account: store}, "....."},
		{"region", Fault{Region: "us-east-2"}, "..x.."},
		{"operation", Fault{Operation: "ListSites"}, "...x."},
		{"the first", Fault{Times: 1}, "x.xx."},
		{"from the second", Fault{After: 2}, ".x..x"},
		{"the second", Fault{After: 2, Times: 1}, ".x..."},
		{"the third", Fault{After: 3, Times: 1}, "....x"},
		{"tokens from the third of the scope", Fault{Kind: FaultRefusedToken, After: 3}, "...xx"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.fault.Kind == "" {
				tc.fault.Kind = FaultThrottle
			}
			c := smallClient(t, Options{Faults: []Fault{{Operation: "ListQuotes", Kind: FaultEmpty}, tc.fault}})
			other := c
			other.region = "us-east-2"
			got := ""
			for _, a := range []answer{c.get("/outposts"), c.get("/outposts"), other.get("/outposts"), c.get("/sites"), c.get("/outposts")} {
				got += map[int]string{200: ".", 400: "x", 403: "x"}[a.status]
			}
			diff(t, "calls", tc.want, got)
		})
	}
}

func TestLoadFaults(t *testing.T) {
	got, err := LoadFaults(strings.NewReader(`[
	 {"account": "111122223333", "region": "eu-central-1", "operation": "ListOrders", "kind": "throttle", "after": 2, "times": 3},
	 {"kind": "slow", "delay": "1.5s"}]`))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "faults", []Fault{
		{Account: plant, Region: "eu-central-1", Operation: "ListOrders", Kind: FaultThrottle, After: 2, Times: 3},
		{Kind: FaultSlow, Delay: 1500 * time.Millisecond},
	}, got)
	for file, want := range map[string]string{
		`{}`: "line 1: the file is a list",
		`[`:  "line 1: the file is cut off",
		"[\n{\"kinds\": \"slow\"}]": `line 2: unknown key "kinds" in a fault, which has account, after, delay, kind, operation, ` +
			`region, times`,
		`[{}]`:                                   `line 1: unknown kind of fault ""`,
		`[{"kind": "oops"}]`:                     `line 1: unknown kind of fault "oops"`,
		`[{"kind": "slow"}]`:                     "line 1: a slow fault needs a delay",
		`[{"kind": "slow", "delay": "soon"}]`:    `line 1: delay "soon": want a duration such as 2s`,
		`[{"kind": "throttle", "after": -1}]`:    "line 1: a whole number from 0 was expected",
		`[{"kind": "throttle", "delay": "-1s"}]`: "line 1: after, times and delay are not negative",
	} {
		if _, err := LoadFaults(strings.NewReader(file)); fmt.Sprint(err) != "load faults: "+want {
			t.Errorf("%s:\ngot  %v\nwant load faults: %s", file, err, want)
		}
	}
}

func TestStartErrors(t *testing.T) {
	e := load(t, small)
	for name, o := range map[string]Options{"no estate": {}, "a fault of no kind": {Estate: e, Faults: []Fault{{}}},
		"an address": {Estate: e, Addr: "256.0.0.1:0"}} {
		if s, err := Start(o); err == nil {
			t.Errorf("%s: started at %s", name, s.URL())
		} else if !strings.HasPrefix(err.Error(), "start simulated AWS: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestQuota(t *testing.T) {
	u := usage{quotas: map[string]Quota{"ListSites": {Rate: 2, Burst: 3}, "*": {Rate: 100, Burst: 1}}, of: map[usageKey]*meter{}}
	sites, elsewhere, others := usageKey{plant, "eu-central-1", "ListSites"}, usageKey{plant, "us-east-2", "ListSites"},
		usageKey{plant, "eu-central-1", "ListOutposts"}
	for i, tc := range []struct {
		key  usageKey
		at   time.Duration
		want bool
	}{
		{sites, 0, true}, {sites, 0, true}, {sites, 0, true}, {sites, 0, false}, // the burst
		{elsewhere, 0, true},                                       // another region has its own
		{others, 0, true}, {others, 0, false}, {others, 1e7, true}, // and other operations theirs
		{sites, 499e6, false}, {sites, 500e6, true}, {sites, 500e6, false}, // two a second
		{sites, time.Hour, true}, {sites, time.Hour, true}, {sites, time.Hour, true}, {sites, time.Hour, false}, // never above the burst
	} {
		if _, got := u.take(tc.key, now.Add(tc.at)); got != tc.want {
			t.Errorf("call %d is allowed: %v", i, got)
		}
	}
	free := usage{of: map[usageKey]*meter{}}
	for n := 1; n < 10; n++ {
		if nth, allowed := free.take(sites, now); nth != n || !allowed {
			t.Errorf("call %d is %d, allowed: %v", n, nth, allowed)
		}
	}
}

func TestQuotaOnTheWire(t *testing.T) {
	c := smallClient(t, Options{Quota: map[string]Quota{"ListSites": {Rate: 1e-9, Burst: 1}}})
	c.get("/outposts")
	diff(t, "first", 200, c.get("/sites").status)
	diff(t, "second", "400 ThrottlingException", c.get("/sites").refused(t))
	diff(t, "others", 200, c.get("/outposts").status)
}
