package finance

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"tenor/audit"
)

const asOf = "2026-11-20T10:00:00Z"

// config is what an Analyst is made of.
type config struct {
	AsOf time.Time
	audit.Assumptions
}

func usual() config {
	return config{date(asOf), audit.Assumptions{
		DiscountRate: "0.08", FiscalYearStart: 1, Calendar: "us", NoticeBusinessDays: 5,
		MonthToMonthTerm: oneYear, AllowedTerms: []string{oneYear, threeYears}, AllowedOptions: []string{allUpfront, partialUpfront, noUpfront},
		ApprovalLimitUSD: "250000", ApprovalBasis: BasisTotal, RetiredStatuses: []string{"RETIRED"},
	}}
}

// newAnalyst returns an Analyst for the config of the tests, changed.
func newAnalyst(t testing.TB, change ...func(*config)) *Analyst {
	t.Helper()
	c := usual()
	for _, f := range change {
		f(&c)
	}
	a, err := New(c.AsOf, c.Assumptions)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// outpost returns an Outpost with the sections given; an empty one is missing.
func outpost(id, billing, pricing string) *audit.Resource {
	r := &audit.Resource{Kind: audit.KindOutpost, ID: id, Account: "111122223333", Region: "eu-central-1", Name: "rack " + id,
		Spec:    json.RawMessage(`{"OutpostId":"` + id + `","OwnerId":"111122223333","LifeCycleStatus":"ACTIVE"}`),
		Related: map[string]json.RawMessage{}, Gaps: map[string]audit.Gap{}}
	if billing != "" {
		r.Related["billing"] = json.RawMessage(billing)
	}
	if pricing != "" {
		r.Related["renewal_pricing"] = json.RawMessage(pricing)
	}
	return r
}

// price returns an entry of PricingOptions; an empty amount is missing.
func price(term, option, upfront, monthly string) string {
	s := fmt.Sprintf(`{"PricingType":"SUBSCRIPTION","SubscriptionPricingDetails":{"PaymentTerm":%q,"PaymentOption":%q`, term, option)
	if upfront != "" {
		s += `,"UpfrontPrice":` + upfront
	}
	if monthly != "" {
		s += `,"MonthlyRecurringPrice":` + monthly
	}
	return s + `,"Currency":"USD"}}`
}

func priced(prices ...string) string {
	return `{"PricingResult":"PRICED","PricingOptions":[` + strings.Join(prices, ",") + `]}`
}

// enrich returns the facts of r.
func enrich[F any](t testing.TB, a *Analyst, r *audit.Resource) F {
	t.Helper()
	var f F
	if err := a.Enrich(r); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(r.Facts, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func ptr[T any](v T) *T { return &v }

func TestNewErrors(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*config)
		want   string
	}{
		{"no clock", func(c *config) { c.AsOf = time.Time{} }, "as_of 0001-01-01T00:00:00Z: want a date from 2015 to 2100"},
		{"a clock in milliseconds", func(c *config) { c.AsOf = time.Unix(1806451200000, 0) },
			"as_of 59214-02-28T00:00:00Z: want a date from 2015 to 2100"},
		{"negative rate", func(c *config) { c.DiscountRate = "-0.01" },
			`finance.discount_rate: "-0.01" is no yearly rate such as 0.08 for 8%`},
		{"a rate in percent", func(c *config) { c.DiscountRate = "8" }, `finance.discount_rate: "8" is no yearly rate such as 0.08 for 8%`},
		{"no rate", func(c *config) { c.DiscountRate = "" }, `finance.discount_rate: "" is no yearly rate such as 0.08 for 8%`},
		{"month 0", func(c *config) { c.FiscalYearStart = 0 }, "finance.fiscal_year_start: 0 is no month from 1 to 12"},
		{"month 13", func(c *config) { c.FiscalYearStart = 13 }, "finance.fiscal_year_start: 13 is no month from 1 to 12"},
		{"calendar", func(c *config) { c.Calendar = "uk" }, `finance.calendar: "uk": want us or none`},
		{"no calendar", func(c *config) { c.Calendar = "" }, `finance.calendar: "": want us or none`},
		{"holiday", func(c *config) { c.Holidays = []string{"2026-12-24", "2026-02-30"} },
			`finance.holidays: "2026-02-30" is no date YYYY-MM-DD`},
		{"bad holiday", func(c *config) { c.Holidays = []string{"24.12.2026"} }, `finance.holidays: "24.12.2026" is no date YYYY-MM-DD`},
		{"negative notice", func(c *config) { c.NoticeBusinessDays = -1 }, "notice_business_days -1: want 0 to 200"},
		{"a year's notice", func(c *config) { c.NoticeBusinessDays = 201 }, "notice_business_days 201: want 0 to 200"},
		{"month-to-month term", func(c *config) { c.MonthToMonthTerm = "MONTHLY" },
			`finance.month_to_month_term: "MONTHLY": want ONE_YEAR, THREE_YEARS, FIVE_YEARS`},
		{"approval basis", func(c *config) { c.ApprovalBasis = "npv" }, `finance.approval_basis: "npv": want total or upfront`},
		{"no approval basis", func(c *config) { c.ApprovalBasis = "" }, `finance.approval_basis: "": want total or upfront`},
		{"negative limit", func(c *config) { c.ApprovalLimitUSD = "-1" }, "approval_limit_usd -1: want 0 or more"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := usual()
			tc.change(&c)
			if _, err := New(c.AsOf, c.Assumptions); err == nil || err.Error() != tc.want {
				t.Errorf("got error %v\nwant %s", err, tc.want)
			}
		})
	}
}

// TestNewTakesTheBounds: each is of what may be.
func TestNewTakesTheBounds(t *testing.T) {
	newAnalyst(t, func(c *config) {
		c.AsOf, c.DiscountRate, c.FiscalYearStart, c.NoticeBusinessDays, c.ApprovalLimitUSD = date("2015-01-01"), "0", 1, 0, "0"
	})
	newAnalyst(t, func(c *config) {
		c.AsOf, c.DiscountRate, c.FiscalYearStart, c.NoticeBusinessDays = date("2100-12-31T23:59:59Z"), "1", 12, maxNotice
	})
}

// TestNoDateIsAGap: where none says in which state a contract is, that is a gap of the Outpost and of its orders, and of none that is known
// or has no contract.
func TestNoDateIsAGap(t *testing.T) {
	order := func(billing string) *audit.Resource {
		r := &audit.Resource{Kind: audit.KindOrder, ID: "oo-1", Account: "111122223333", Region: "us-east-1", Spec: json.RawMessage(`{}`),
			Related: map[string]json.RawMessage{}}
		if billing != "" {
			r.Related["outpost"] = json.RawMessage(billing)
		}
		return r
	}
	undated := bill("", sub("ORIGINAL", "ACTIVE", "", "soon", "0", "1"))
	for _, tc := range []struct {
		name string
		r    *audit.Resource
		from string // the operation of the gap; empty: none
	}{
		{"no date", outpost("op-1", undated, ""), "GetOutpostBillingInformation"},
		{"a date", outpost("op-1", threeYearContract, ""), ""},
		{"no billing", outpost("op-1", "", ""), ""},
		{"an order, no date", order(undated), "GetOutpostBillingInformation"},
		{"an order, a date", order(threeYearContract), ""},
		{"an order without an Outpost", order(""), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := newAnalyst(t).Enrich(tc.r); err != nil {
				t.Fatal(err)
			}
			want := audit.Gap{}
			if tc.from != "" {
				want = audit.Gap{Operation: tc.from, Reason: audit.ReasonMalformed,
					Message: "no date can be read that says in which state the contract is"}
			}
			if diff := cmp.Diff(want, tc.r.Gaps["dates"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestEnrichLeavesOthersAlone: kinds without facts get none, whatever is in them, and an account keeps its own.
func TestEnrichLeavesOthersAlone(t *testing.T) {
	a := newAnalyst(t)
	for _, kind := range []string{audit.KindCapacityTask, "service_catalog.newer"} {
		r := &audit.Resource{Kind: kind, Spec: json.RawMessage(`{`), Facts: json.RawMessage(`{"old":1}`)}
		if err := a.Enrich(r); err != nil || r.Facts != nil {
			t.Errorf("%s: got facts %s, error %v", kind, r.Facts, err)
		}
	}
	r := &audit.Resource{Kind: audit.KindAccount, Facts: json.RawMessage(`{"name":"x"}`)}
	if err := a.Enrich(r); err != nil || string(r.Facts) != `{"name":"x"}` {
		t.Errorf("account: got facts %s, error %v", r.Facts, err)
	}
}

func TestEnrichErrors(t *testing.T) {
	a := newAnalyst(t)
	order := func(outpost string) *audit.Resource {
		return &audit.Resource{Kind: audit.KindOrder, ID: "oo-1", Account: "111122223333", Region: "us-east-1", Spec: json.RawMessage(`{}`),
			Related: map[string]json.RawMessage{"outpost": json.RawMessage(outpost)}}
	}
	quote := func(spec string) *audit.Resource {
		return &audit.Resource{Kind: audit.KindQuote, ID: "oq-1", Account: "111122223333", Region: "us-east-1", Spec: json.RawMessage(spec)}
	}
	spec := func(s string) *audit.Resource {
		r := outpost("op-1", "", "")
		r.Spec = json.RawMessage(s)
		return r
	}
	for _, tc := range []struct {
		name string
		r    *audit.Resource
		want string
	}{
		{"spec cut off", spec(`{"OwnerId":`), "enrich outposts.outpost op-1 in 111122223333/eu-central-1: read spec: unexpected end of JSON " +
			"input"},
		{"spec no object", spec(`[]`), "enrich outposts.outpost op-1 in 111122223333/eu-central-1: read spec: unexpected JSON array"},
		{"billing no object", outpost("op-1", `"none"`, ""),
			"enrich outposts.outpost op-1 in 111122223333/eu-central-1: read related.billing: unexpected JSON string"},
		{"subscriptions no list", outpost("op-1", `{"Subscriptions":{}}`, ""),
			"enrich outposts.outpost op-1 in 111122223333/eu-central-1: read related.billing.Subscriptions: unexpected JSON object"},
		{"prices no object", outpost("op-1", `{}`, `7`),
			"enrich outposts.outpost op-1 in 111122223333/eu-central-1: read related.renewal_pricing: unexpected JSON number"},
		{"option's price out of range", outpost("op-1", `{}`, priced(price(oneYear, noUpfront, "0", "5"),
			price(oneYear, allUpfront, "1e13", "0"))),
			"enrich outposts.outpost op-1 in 111122223333/eu-central-1: read " +
				"related.renewal_pricing.PricingOptions[1].SubscriptionPricingDetails.UpfrontPrice: a price of 1e13 is out of range"},
		{"order's outpost", order(`{"Subscriptions":[7]}`),
			"enrich outposts.order oo-1 in 111122223333/us-east-1: read related.outpost.Subscriptions: unexpected JSON number"},
		{"quote", quote(`{"QuoteOptions":[{"PricingOptions":"x"}]}`),
			"enrich outposts.quote oq-1 in 111122223333/us-east-1: read spec.QuoteOptions.PricingOptions: unexpected JSON string"},
		{"quote's price out of range", quote(`{"QuoteOptions":[{},{"PricingOptions":[` + price(oneYear, noUpfront, "", "1e13") + `]}]}`),
			"enrich outposts.quote oq-1 in 111122223333/us-east-1: read " +
				"spec.QuoteOptions[1].PricingOptions[0].SubscriptionPricingDetails.MonthlyRecurringPrice: a price of 1e13 is out of range"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := a.Enrich(tc.r)
			if err == nil || err.Error() != tc.want {
				t.Fatalf("got error %v\nwant %s", err, tc.want)
			}
			section, gap := GapOf(tc.r.Kind, err)
			if section == "spec" {
				if tc.r.Facts != nil {
					t.Errorf("got facts %s", tc.r.Facts)
				}
				return
			}
			without := *tc.r // the same where the section was not collected: all that does not rest on it stands
			without.Related, without.Gaps = maps.Clone(tc.r.Related), map[string]audit.Gap{section: gap}
			delete(without.Related, section)
			if err := a.Enrich(&without); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(without.Facts), string(tc.r.Facts)); diff != "" || tc.r.Facts == nil {
				t.Errorf("facts: %s", diff)
			}
			if diff := cmp.Diff(without.Gaps, tc.r.Gaps); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestEnrichSamples reads AWS's own sample responses, whose dates and texts are placeholders.
func TestEnrichSamples(t *testing.T) {
	dir := filepath.Join("..", "..", "shared", "aws", "samples", "wire-outposts")
	body := func(name string) json.RawMessage {
		b, err := os.ReadFile(filepath.Join(dir, name+".http"))
		if os.IsNotExist(err) {
			t.Skip("no samples here")
		}
		if err != nil {
			t.Fatal(err)
		}
		return json.RawMessage(b[strings.IndexByte(string(b), '{'):])
	}
	r := outpost("op-1", string(body("GetOutpostBillingInformation")), string(body("GetRenewalPricing")))
	f := enrich[audit.OutpostFacts](t, newAnalyst(t), r)
	if !f.HasBilling || f.PaymentTerm == "" || f.Priced == "" || len(f.Options) == 0 {
		t.Errorf("got %+v", f)
	}
	var q struct{ Quote json.RawMessage }
	if err := json.Unmarshal(body("GetQuote"), &q); err != nil {
		t.Fatal(err)
	}
	if f := enrich[audit.QuoteFacts](t, newAnalyst(t), &audit.Resource{Kind: audit.KindQuote, Spec: q.Quote}); len(f.Options) == 0 {
		t.Errorf("got %+v", f)
	}
}

// FuzzEnrich: whatever AWS sends, Enrich ends in facts or an error, and facts are JSON of their type.
func FuzzEnrich(f *testing.F) {
	f.Add(`{"OwnerId":"111122223333"}`, threeYearContract, nineOptions)
	f.Add(`{"QuoteStatus":"CREATED","QuoteOptions":[`+nineOptions+`]}`, `{}`, `{}`)
	f.Add(`{"OwnerId":1}`, `{"ContractEndDate":{},"Subscriptions":[{"UpfrontPrice":1e-30,"BeginDate":"2026-01-01","EndDate":"2100-01-01",`+
		`"SubscriptionStatus":"ACTIVE"}]}`, `null`)
	f.Add(`{`, ``, `{"PricingOptions":[null,{"SubscriptionPricingDetails":{"PaymentTerm":"ONE_YEAR","PaymentOption":"NO_UPFRONT",`+
		`"MonthlyRecurringPrice":-999999999999}}]}`)
	a := newAnalyst(f)
	f.Fuzz(func(t *testing.T, spec, billing, pricing string) {
		e := a.NewEstate(nil)
		for _, kind := range audit.Kinds {
			r := outpost("op-1", billing, pricing)
			r.Kind, r.Spec = kind.Name, json.RawMessage(spec)
			r.Related["outpost"] = r.Related["billing"]
			if e.Enrich(r) != nil {
				continue
			}
			if r.Facts != nil && !json.Valid(r.Facts) {
				t.Fatalf("%s: facts %s", kind.Name, r.Facts)
			}
		}
		accountsOf(t, e)
		if _, err := json.Marshal(e.Commitments()); err != nil {
			t.Fatal(err)
		}
	})
}
