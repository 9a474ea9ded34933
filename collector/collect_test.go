package collector

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/outposts"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
)

// TestCollectOrganization reads an organization two items a page and holds the whole snapshot against golden files: every
// kind with its sections, digits and unknown members as AWS sent them, and the ledger.
func TestCollectOrganization(t *testing.T) {
	sim := simulate(t, awssim.Options{PageSize: 2})
	o := optionsFor(t, sim, management)
	o.Regions = []string{"us-east-1", "eu-central-1"}
	o.Organization = organization()
	s := collected(t, o)
	golden(t, "organization.resources.golden.json", resources(t, s))
	m := s.Manifest
	m.Files, m.Calls = nil, nil
	golden(t, "organization.manifest.golden.json", m)
}

// TestPages reads every list in one page, in several, with an error on the second, and empty.
func TestPages(t *testing.T) {
	total := map[awsread.Operation]int{awsread.ListOutposts: 3, awsread.ListSites: 2, awsread.ListOrders: 3, awsread.ListQuotes: 2, awsread.ListCapacityTasks: 3, awsread.SearchProvisionedProducts: 5}
	empty := estate(t, `{"accounts": [{"id": "111122223333", "name": "plant", "email": "plant@example.com", "unit": "r-abcd"}]}`)
	for op, all := range total {
		for name, c := range map[string]struct {
			sim  awssim.Options
			want audit.Coverage // less what every row has
		}{
			"one page":       {awssim.Options{}, audit.Coverage{Status: audit.StatusCollected, Count: all}},
			"one item each":  {awssim.Options{PageSize: 1}, audit.Coverage{Status: audit.StatusCollected, Count: all}},
			"second refused": {awssim.Options{PageSize: 1, Faults: []awssim.Fault{{Operation: op.Name, Kind: awssim.FaultDeniedBySCP, After: 2}}}, audit.Coverage{Status: audit.StatusGap, Reason: audit.ReasonDeniedBySCP, Count: 1}},
			"second cut off": {awssim.Options{PageSize: 1, Faults: []awssim.Fault{{Operation: op.Name, Kind: awssim.FaultCutOff, After: 2}}}, audit.Coverage{Status: audit.StatusGap, Reason: audit.ReasonMalformed, Count: 1}},
			"none":           {awssim.Options{Estate: empty}, audit.Coverage{Status: audit.StatusCollected}},
		} {
			t.Run(op.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := collected(t, optionsFor(t, simulate(t, c.sim), plant))
				got, ok := ledgerOf(t, s)[[3]string{plant, "eu-central-1", op.Name}]
				if !ok && op == awsread.ListSites && name == "none" {
					return // where there is no Outpost nobody asks for sites
				}
				want := c.want
				want.Account, want.Region, want.Service, want.Operation, want.Message = plant, "eu-central-1", op.Service, op.Name, got.Message
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("row (-want +got):\n%s", diff)
				}
				for kind, list := range listOf {
					if list == op && s.Manifest.Counts[kind] != want.Count {
						t.Errorf("%d resources, want %d", s.Manifest.Counts[kind], want.Count)
					}
				}
			})
		}
	}
}

// TestBillingOfTwoPages merges the pages of a contract, and keeps the first when the second is refused.
func TestBillingOfTwoPages(t *testing.T) {
	const first, rest = `{"Subscriptions":[{"SubscriptionId":"1","SubscriptionType":"ORIGINAL","SubscriptionStatus":"ACTIVE","OrderIds":["oo-00000000000000001"],"BeginDate":"2024-02-08T12:00:00Z","EndDate":"2027-02-08T12:00:00Z","Currency":"USD","MonthlyRecurringPrice":0.0,"UpfrontPrice":131072.01}`,
		`],"ContractEndDate":"2027-02-08","PaymentTerm":"THREE_YEARS","PaymentOption":"ALL_UPFRONT"}`
	whole := resource(t, collected(t, optionsFor(t, simulate(t, awssim.Options{}), plant)), "op-00000000000000001")
	paged := resource(t, collected(t, optionsFor(t, simulate(t, awssim.Options{PageSize: 1}), plant)), "op-00000000000000001")
	if diff := cmp.Diff(string(whole.Related["billing"]), string(paged.Related["billing"])); diff != "" {
		t.Errorf("merged (-one page +three):\n%s", diff)
	}
	sim := simulate(t, awssim.Options{PageSize: 1, Faults: []awssim.Fault{{Operation: "GetOutpostBillingInformation", Kind: awssim.FaultAccessDenied, After: 2}}})
	s := collected(t, optionsFor(t, sim, plant))
	part := resource(t, s, "op-00000000000000001")
	if got := part.Gaps["billing"].Reason; got != audit.ReasonAccessDenied {
		t.Errorf("the gap's reason is %q", got)
	}
	if diff := cmp.Diff(first+rest, string(part.Related["billing"])); diff != "" {
		t.Errorf("what the first page gave (-want +got):\n%s", diff)
	}
	order := resource(t, s, "oo-00000000000000001")
	if _, joined := order.Related["outpost"]; joined || order.Gaps["outpost"].Operation != "GetOutpostBillingInformation" {
		t.Errorf("the order's Outpost is joined: %t, gap %+v", joined, order.Gaps["outpost"])
	}
}

// TestDigits sends prices that a float32 cannot hold through each operation that has any, ListQuotes where GetQuote fails.
func TestDigits(t *testing.T) {
	s := collected(t, optionsFor(t, simulate(t, awssim.Options{}), plant))
	listed := collected(t, optionsFor(t, simulate(t, awssim.Options{Faults: []awssim.Fault{{Operation: "GetQuote", Kind: awssim.FaultServerError}}}), plant))
	outpost := resource(t, s, "op-00000000000000001")
	for where, doc := range map[string]struct {
		json string
		want []string
	}{
		"GetOutpostBillingInformation": {string(outpost.Related["billing"]), []string{`"UpfrontPrice":131072.01`, `"UpfrontPrice":1234567.89`, `"MonthlyRecurringPrice":99999999.99`}},
		"GetRenewalPricing":            {string(outpost.Related["renewal_pricing"]), []string{`"UpfrontPrice":131072.01,"MonthlyRecurringPrice":0.00`, `"UpfrontPrice":1234567.89`, `"MonthlyRecurringPrice":99999999.99`}},
		"GetQuote, one":                {string(resource(t, s, "oq-00000000000000001").Spec), []string{`"UpfrontPrice":131072.01,"MonthlyRecurringPrice":1234567.89`}},
		"GetQuote, another":            {string(resource(t, s, "oq-00000000000000002").Spec), []string{`"UpfrontPrice":99999999.99,"MonthlyRecurringPrice":0,`}},
		"ListQuotes, one":              {string(resource(t, listed, "oq-00000000000000001").Spec), []string{`"UpfrontPrice":131072.01,"MonthlyRecurringPrice":1234567.89`}},
		"ListQuotes, another":          {string(resource(t, listed, "oq-00000000000000002").Spec), []string{`"UpfrontPrice":99999999.99,"MonthlyRecurringPrice":0,`}},
		"an order's quote option":      {string(resource(t, listed, "oo-00000000000000001").Related["quote_option"]), []string{`"UpfrontPrice":131072.01,"MonthlyRecurringPrice":1234567.89`}},
	} {
		for _, want := range doc.want {
			if !contains(doc.json, want) {
				t.Errorf("%s: %s is not in %s", where, want, doc.json)
			}
		}
	}
}

// TestFewRolesAtOnce holds how many accounts have their role assumed at once: each that waits for STS takes memory.
func TestFewRolesAtOnce(t *testing.T) {
	var accounts []string
	for i := range 20 {
		accounts = append(accounts, fmt.Sprintf(`{"id": "%012d", "name": "a", "email": "a@example.com", "unit": "r-abcd"}`, i+1))
	}
	e := estate(t, `{"organization": {"id": "o-exampleorg1", "root": "r-abcd", "management_account": "000000000001"},
		"role": {"name": "TenorAudit", "external_id": "example"}, "accounts": [`+strings.Join(accounts, ",")+`]}`)
	o := optionsFor(t, simulate(t, awssim.Options{Estate: e, Latency: 10 * time.Millisecond}), "000000000001")
	o.Organization, o.Concurrency = organization(), 1
	var now, most atomic.Int64
	o.Config.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost && contains(r.Header.Get("Authorization"), "/sts/") {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
		}
		return http.DefaultClient.Do(r)
	})
	if c := checked(t, o); len(c.Accounts) != 20 || most.Load() > scopesPerCall || most.Load() < 2 {
		t.Errorf("%d accounts, %d roles at once, want at most %d", len(c.Accounts), most.Load(), scopesPerCall)
	}
}

// TestTableAndCallsAgree holds the table of operations to what AWS is asked when everything there is to ask is asked.
func TestTableAndCallsAgree(t *testing.T) {
	sim := simulate(t, awssim.Options{PageSize: 1})
	o := optionsFor(t, sim, management)
	o.Organization, o.CloudWatchDays = organization(), 1
	collected(t, o)
	o.Organization.IncludeOUs = []string{"ou-abcd-plants01"}
	collected(t, o)
	table, seen := map[string]bool{}, map[string]bool{}
	for _, r := range sim.Requests() {
		if r.Service == "monitoring" { // by which name CloudWatch is signed for
			r.Service = awsread.CloudWatch
		}
		seen[r.Service+":"+r.Operation] = true
	}
	for _, op := range awsread.Operations() {
		if op.Service != awsread.S3 && op != awsread.GetCostAndUsage { // which are no calls of the collector's own
			table[op.Service+":"+op.Name] = true
		}
	}
	if diff := cmp.Diff(table, seen); diff != "" {
		t.Errorf("operations (-in the table +seen):\n%s", diff)
	}
}

// TestScopesAreGuarded calls what the collector never does through its own clients, and expects that AWS hears nothing of it.
func TestScopesAreGuarded(t *testing.T) {
	sim := simulate(t, awssim.Options{})
	r := newRun(optionsFor(t, sim, plant))
	s := newScope(r, plant, "eu-central-1", r.cfg.Credentials)
	_, outpost := s.outposts.DeleteOutpost(t.Context(), &outposts.DeleteOutpostInput{OutpostId: aws.String("op-1")})
	_, product := s.catalog.TerminateProvisionedProduct(t.Context(), &servicecatalog.TerminateProvisionedProductInput{ProvisionedProductId: aws.String("pp-1"), TerminateToken: aws.String("t")})
	_, stack := s.stacks.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("s")})
	for _, err := range []error{outpost, product, stack} {
		if !contains(fmt.Sprint(err), "refused: not in the table of read operations") {
			t.Error(err)
		}
	}
	if seen := sim.Requests(); len(seen) > 0 {
		t.Errorf("AWS was asked: %+v", seen)
	}
}
