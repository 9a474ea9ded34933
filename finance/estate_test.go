package finance

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"tenor/audit"
)

// in returns r as it stands in another account and region.
func in(account, region string, r *audit.Resource) *audit.Resource {
	r.Account, r.Region = account, region
	r.Spec = json.RawMessage(strings.ReplaceAll(string(r.Spec), "111122223333", account))
	return r
}

func other(kind, id, account, spec string) *audit.Resource {
	return &audit.Resource{Kind: kind, ID: id, Account: account, Region: "us-east-1", Spec: json.RawMessage(spec)}
}

// company returns the resources of two accounts in every contract situation.
func company() []*audit.Resource {
	const one, two = "111122223333", "444455556666"
	prices := priced(price(oneYear, noUpfront, "0", "1000.10"), price(threeYears, allUpfront, "30000.00", "0"))
	long := func(end, monthly string) string { return sub("ORIGINAL", "ACTIVE", "2024-01-01", end, "0", monthly) }
	shared := outpost("op-shared", "", "")
	shared.Spec = json.RawMessage(`{"OwnerId":"999988887777","LifeCycleStatus":"ACTIVE"}`)
	return []*audit.Resource{
		outpost("op-due", bill("2026-12-31", long("2026-12-31T23:59:59Z", "500")), prices),
		outpost("op-decided", bill("2026-12-31", long("2026-12-31T23:59:59Z", "500"), sub("RENEWAL", "PENDING", "2027-01-01", "2027-12-31T23:59:59Z", "600", "50")), prices),
		outpost("op-month", bill("2026-10-31", sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-11-30", "0", "900")), prices),
		outpost("op-unknown", bill("", sub("ORIGINAL", "INACTIVE", "2024-01-01", "2026-01-01", "0", "1")), prices),
		shared,
		in(two, "us-east-1", outpost("op-late", bill("2026-11-24", long("2026-11-24", "700")), `{"PricingResult":"UNABLE_TO_PRICE"}`)),
		in(two, "eu-west-1", outpost("op-far", bill("2027-06-30", long("2027-06-30T23:59:59Z", "131072.01")), prices)),
		other(audit.KindOrder, "oo-1", one, `{"Status":"PREPARING"}`), other(audit.KindOrder, "oo-2", one, `{"Status":"PREPARING"}`), other(audit.KindOrder, "oo-3", one, `{}`),
		other(audit.KindQuote, "oq-1", two, `{"QuoteStatus":"CREATED"}`),
		other(audit.KindCapacityTask, "cap-1", two, `{"CapacityTaskStatus":"FAILED"}`),
		other(audit.KindProvisionedProduct, "pp-1", two, `{"Status":"AVAILABLE"}`), other(audit.KindProvisionedProduct, "pp-2", two, `{"Status":"TAINTED"}`),
	}
}

// answers is all that an estate says.
type answers struct {
	Accounts     []audit.Resource
	Renewals     []audit.Renewal
	Commitments  audit.Commitments
	Deadlines    []audit.Deadline
	DecisionsDue []audit.DecisionsDue
}

func ask(t testing.TB, e *Estate) answers {
	t.Helper()
	accounts, err := e.Accounts()
	if err != nil {
		t.Fatal(err)
	}
	return answers{accounts, e.Renewals(), e.Commitments(), e.Deadlines(), e.DecisionsDue()}
}

// estate returns an estate of the resources, enriched.
func estate(t testing.TB, a *Analyst, resources ...*audit.Resource) *Estate {
	t.Helper()
	e := a.NewEstate([]audit.Account{{ID: "444455556666", Name: "two"}, {ID: "111122223333", Name: "one"}})
	for _, r := range resources {
		if err := a.Enrich(r); err != nil {
			t.Fatal(err)
		}
		if err := e.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func TestAccounts(t *testing.T) {
	type fact struct {
		ID, Name, Spec string
		Gaps           map[string]audit.Gap
		Facts          audit.AccountFacts
	}
	var got []fact
	for _, r := range ask(t, estate(t, newAnalyst(t), company()...)).Accounts {
		var f audit.AccountFacts
		if err := json.Unmarshal(r.Facts, &f); err != nil {
			t.Fatal(err)
		}
		if r.Kind != audit.KindAccount || r.Account != r.ID || r.Region != "" {
			t.Errorf("got %+v", r)
		}
		got = append(got, fact{r.ID, r.Name, string(r.Spec), r.Gaps, f})
	}
	none := audit.Count{ByStatus: map[string]int{}}
	want := []fact{
		{"111122223333", "one", `{"AccountId":"111122223333","Name":"one"}`, map[string]audit.Gap{}, audit.AccountFacts{
			Name: "one", RemainingCommitment: "1600.00", RemainingCommitmentCents: 160000, // twice 500 in December, and 12 × 50
			ContractEnds: []audit.ContractEnd{
				{Outpost: "op-decided", Name: "rack op-decided", Region: "eu-central-1", End: "2026-12-31T00:00:00Z", Decided: true},
				{Outpost: "op-due", Name: "rack op-due", Region: "eu-central-1", End: "2026-12-31T00:00:00Z"},
			},
			Counts: map[string]audit.Count{
				audit.KindOutpost: {Total: 5, ByStatus: map[string]int{"ACTIVE": 5}}, audit.KindOrder: {Total: 3, ByStatus: map[string]int{"PREPARING": 2}},
				audit.KindQuote: none, audit.KindCapacityTask: none, audit.KindProvisionedProduct: none,
			},
		}},
		{"444455556666", "two", `{"AccountId":"444455556666","Name":"two"}`, map[string]audit.Gap{}, audit.AccountFacts{
			Name: "two", RemainingCommitment: "917504.07", RemainingCommitmentCents: 91750407, // 7 × 131072.01
			ContractEnds: []audit.ContractEnd{
				{Outpost: "op-late", Name: "rack op-late", Region: "us-east-1", End: "2026-11-24T00:00:00Z"},
				{Outpost: "op-far", Name: "rack op-far", Region: "eu-west-1", End: "2027-06-30T00:00:00Z"},
			},
			Counts: map[string]audit.Count{
				audit.KindOutpost: {Total: 2, ByStatus: map[string]int{"ACTIVE": 2}}, audit.KindOrder: none,
				audit.KindQuote: {Total: 1, ByStatus: map[string]int{"CREATED": 1}}, audit.KindCapacityTask: {Total: 1, ByStatus: map[string]int{"FAILED": 1}},
				audit.KindProvisionedProduct: {Total: 2, ByStatus: map[string]int{"AVAILABLE": 1, "TAINTED": 1}},
			},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecisions(t *testing.T) {
	e := estate(t, newAnalyst(t), company()...)
	var renewals []string
	for _, r := range e.Renewals() {
		renewals = append(renewals, r.Resource.ID+" "+string(r.NoticeDeadline))
	}
	if diff := cmp.Diff([]string{"op-month 2026-10-26", "op-late 2026-11-17", "op-decided 2026-12-23", "op-due 2026-12-23", "op-far 2027-06-23", "op-unknown "}, renewals); diff != "" {
		t.Errorf("renewals: %s", diff)
	}
	ref := func(id, account, region string) audit.ResourceRef {
		return audit.ResourceRef{Kind: audit.KindOutpost, ID: id, Name: "rack " + id, Account: account, Region: region}
	}
	usd := func(s string) *audit.Money { return &audit.Money{Value: s, Currency: "USD"} }
	deadlines := []audit.Deadline{
		{Resource: ref("op-late", "444455556666", "us-east-1"), NoticeDeadline: "2026-11-17", ContractEnd: "2026-11-24T00:00:00Z", DaysLeft: -3},
		{Resource: ref("op-due", "111122223333", "eu-central-1"), NoticeDeadline: "2026-12-23", ContractEnd: "2026-12-31T00:00:00Z", DaysLeft: 32, Amount: usd("30000.00"), PerMonth: usd("166.77")},
		{Resource: ref("op-far", "444455556666", "eu-west-1"), NoticeDeadline: "2027-06-23", ContractEnd: "2027-06-30T00:00:00Z", DaysLeft: 214, Amount: usd("30000.00"), PerMonth: usd("166.77")},
	}
	if diff := cmp.Diff(deadlines, e.Deadlines()); diff != "" {
		t.Errorf("deadlines: %s", diff)
	}
	due := []audit.DecisionsDue{{WithinDays: 30, Count: 1, Amount: usd("0.00"), Unpriced: 1}, {WithinDays: 90, Count: 2, Amount: usd("30000.00"), Unpriced: 1}, {WithinDays: 180, Count: 2, Amount: usd("30000.00"), Unpriced: 1}}
	if diff := cmp.Diff(due, e.DecisionsDue()); diff != "" {
		t.Errorf("decisions due: %s", diff)
	}
}

// TestDeadlineBoundaries: days left are whole, 0 on the day itself, and within N days is N times 24 hours.
func TestDeadlineBoundaries(t *testing.T) {
	for _, tc := range []struct {
		asOf     string
		days     int
		within30 int
		listed   bool
	}{
		{"2026-11-23T00:00:00Z", 30, 1, true}, {"2026-11-22T23:59:59Z", 30, 0, true}, {"2026-12-22T00:00:01Z", 0, 1, true}, {"2026-12-23T23:59:59Z", 0, 1, true},
		{"2026-12-24T00:00:00Z", -1, 1, true}, {"2026-12-30T23:59:59Z", -7, 1, true}, {"2026-12-31T00:00:00Z", 0, 0, false}, {"2027-01-15T00:00:00Z", 0, 0, false},
	} {
		a := newAnalyst(t, func(c *Config) { c.AsOf = date(tc.asOf) })
		e := estate(t, a, outpost("op-1", threeYearContract, ""))
		d := e.Deadlines()
		if (len(d) == 1) != tc.listed || tc.listed && d[0].DaysLeft != tc.days || e.DecisionsDue()[0].Count != tc.within30 {
			t.Errorf("on %s: got %+v, %+v", tc.asOf, d, e.DecisionsDue()[0])
		}
	}
}

// TestFiveDeadlines: no more than the five nearest, equal ones by account, region and id.
func TestFiveDeadlines(t *testing.T) {
	var resources []*audit.Resource
	for i := range 8 {
		id := fmt.Sprintf("op-%d", i)
		resources = append(resources, outpost(id, bill(fmt.Sprintf("2027-03-%02d", 20-i/2*4)), ""))
	}
	var got []string
	for _, d := range estate(t, newAnalyst(t), resources...).Deadlines() {
		got = append(got, d.Resource.ID)
	}
	if diff := cmp.Diff([]string{"op-6", "op-7", "op-4", "op-5", "op-2"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestRollingMonth: a month-to-month Outpost has no contract end and nothing to give notice on, though its month ends
// ahead. Its renewal starts when the month ends, and only a pending one settles it.
func TestRollingMonth(t *testing.T) {
	month := sub("RENEWAL", "ACTIVE", "2026-11-25", "2026-12-24", "0", "900")
	prices := priced(price(oneYear, allUpfront, "1200.00", "0"))
	e := estate(t, newAnalyst(t), outpost("op-1", bill("2026-12-24", month), prices))
	if f := e.Renewals(); len(f) != 1 || !f[0].MonthToMonth || f[0].Recommended == nil {
		t.Fatalf("got renewals %+v", f)
	}
	var facts audit.AccountFacts
	if err := json.Unmarshal(ask(t, e).Accounts[0].Facts, &facts); err != nil {
		t.Fatal(err)
	}
	total := e.Commitments().Total
	if len(e.Deadlines()) != 0 || e.DecisionsDue()[2].Count != 0 || len(facts.ContractEnds) != 0 || len(total.ContractEnds) != 0 {
		t.Errorf("got deadlines %+v, decisions %+v, contract ends %+v and %+v", e.Deadlines(), e.DecisionsDue(), facts.ContractEnds, total.ContractEnds)
	}
	cash := []audit.Period{{Period: "2026-11", Committed: "900.00", WithRenewals: "900.00"}, {Period: "2026-12", Committed: "0.00", WithRenewals: "1200.00"}}
	if diff := cmp.Diff(cash, total.CashByMonth); diff != "" {
		t.Error(diff)
	}
	pending := sub("RENEWAL", "PENDING", "2026-12-25", "2027-12-24", "1200", "0")
	total = estate(t, newAnalyst(t), outpost("op-1", bill("2026-12-24", month, pending), prices)).Commitments().Total
	if diff := cmp.Diff([]audit.Period{{Period: "2026-11", Committed: "900.00", WithRenewals: "900.00"}}, total.CashByMonth); diff != "" {
		t.Errorf("pending: %s", diff)
	}
}

func TestCommitments(t *testing.T) {
	got := estate(t, newAnalyst(t, func(c *Config) { c.FiscalYearStart = time.July }), company()...).Commitments()
	same := func(first, last month, committed, with string) []audit.Period {
		var list []audit.Period
		for m := first; m <= last; m++ {
			list = append(list, audit.Period{Period: m.String(), Committed: committed, WithRenewals: with})
		}
		return list
	}
	m := monthOf(date("2026-11-01"))
	// op-due and op-month: three years all upfront, 30000.00, recommended for both. op-due is charged on its notice deadline,
	// 2026-12-23. op-month's month ends on 2026-11-30, five business days before which is 2026-11-20, today.
	one := audit.AccountCommitment{
		Account: "111122223333", Name: "one", Outposts: 4, Remaining: "1600.00",
		CashByMonth: append([]audit.Period{{Period: "2026-11", Committed: "0.00", WithRenewals: "30000.00"}, {Period: "2026-12", Committed: "1000.00", WithRenewals: "31000.00"}},
			same(m+2, m+13, "50.00", "50.00")...),
		CashByFiscalYear: []audit.Period{{Period: "FY2027", Committed: "1300.00", WithRenewals: "61300.00"}, {Period: "FY2028", Committed: "300.00", WithRenewals: "300.00"}},
		ContractEnds:     []audit.Quarter{{Quarter: "2026-Q4", Decided: 1, Undecided: 1}},
	}
	two := audit.AccountCommitment{
		Account: "444455556666", Name: "two", Outposts: 2, Remaining: "917504.07",
		CashByMonth: append(append([]audit.Period{{Period: "2026-11", Committed: "0.00", WithRenewals: "0.00"}}, same(m+1, m+6, "131072.01", "131072.01")...),
			audit.Period{Period: "2027-06", Committed: "131072.01", WithRenewals: "161072.01"}),
		CashByFiscalYear: []audit.Period{{Period: "FY2027", Committed: "917504.07", WithRenewals: "947504.07"}},
		ContractEnds:     []audit.Quarter{{Quarter: "2026-Q4", Undecided: 1}, {Quarter: "2027-Q1"}, {Quarter: "2027-Q2", Undecided: 1}},
	}
	for i, want := range []audit.AccountCommitment{one, two} {
		g := got.Accounts[i]
		g.AmortisedByMonth, g.AmortisedByFiscalYear = nil, nil
		if diff := cmp.Diff(want, g); diff != "" {
			t.Error(diff)
		}
	}
	// What one account uses up: 900.00 and twice 500.00 in November, twice 500.00 in December, then 50.00 and a twelfth of
	// 600.00; on the renewals 30000.00/36 a month each, op-month's from December 2026 and op-due's from January 2027.
	amortised := []audit.Period{{Period: "2026-11", Committed: "1900.00", WithRenewals: "1900.00"}, {Period: "2026-12", Committed: "1000.00", WithRenewals: "1833.33"},
		{Period: "2027-01", Committed: "100.00", WithRenewals: "1766.67"}, {Period: "2027-02", Committed: "100.00", WithRenewals: "1766.67"}}
	if diff := cmp.Diff(amortised, got.Accounts[0].AmortisedByMonth[:4]); diff != "" {
		t.Errorf("amortised: %s", diff)
	}
	years := []audit.Period{{Period: "FY2027", Committed: "3500.00", WithRenewals: "14333.33"}, {Period: "FY2028", Committed: "600.00", WithRenewals: "20600.00"},
		{Period: "FY2029", Committed: "0.00", WithRenewals: "20000.00"}, {Period: "FY2030", Committed: "0.00", WithRenewals: "9166.67"}}
	if diff := cmp.Diff(years, got.Accounts[0].AmortisedByFiscalYear); diff != "" {
		t.Errorf("amortised by fiscal year: %s", diff)
	}
}

// TestCommitmentsAddUp: months are years are what remains, and the accounts are the total.
func TestCommitmentsAddUp(t *testing.T) {
	sum := func(list []audit.Period, of func(audit.Period) string) decimal.Decimal {
		total := decimal.Zero
		for _, p := range list {
			total = total.Add(dec(of(p)))
		}
		return total
	}
	committed := func(p audit.Period) string { return p.Committed }
	with := func(p audit.Period) string { return p.WithRenewals }
	for start := time.January; start <= time.December; start++ {
		c := estate(t, newAnalyst(t, func(c *Config) { c.FiscalYearStart = start }), company()...).Commitments()
		for _, a := range append([]audit.AccountCommitment{c.Total}, c.Accounts...) {
			if got := sum(a.CashByMonth, committed); !got.Equal(dec(a.Remaining)) {
				t.Errorf("%s: cash by month is %s, %s remains", a.Account, got, a.Remaining)
			}
			for name, pair := range map[string][2][]audit.Period{"cash": {a.CashByMonth, a.CashByFiscalYear}, "amortised": {a.AmortisedByMonth, a.AmortisedByFiscalYear}} {
				for _, of := range []func(audit.Period) string{committed, with} {
					if months, years := sum(pair[0], of), sum(pair[1], of); !months.Equal(years) {
						t.Errorf("%s of %q in a year from %s: %s by month, %s by year", name, a.Account, start, months, years)
					}
				}
			}
		}
		remaining := decimal.Zero
		var outposts int
		for _, a := range c.Accounts {
			remaining, outposts = remaining.Add(dec(a.Remaining)), outposts+a.Outposts
		}
		if !remaining.Equal(dec(c.Total.Remaining)) || outposts != c.Total.Outposts {
			t.Errorf("the accounts have %s on %d Outposts, the total %s on %d", remaining, outposts, c.Total.Remaining, c.Total.Outposts)
		}
	}
}

// TestOrderDoesNotMatter adds the resources in many orders and by several goroutines.
func TestOrderDoesNotMatter(t *testing.T) {
	a := newAnalyst(t)
	gaps := []audit.Gap{{Operation: operationOutposts, Reason: audit.ReasonThrottled, Message: "z"}, {Operation: operationOutposts, Reason: audit.ReasonAccessDenied, Message: "b"}, {Operation: operationOutposts, Reason: audit.ReasonAccessDenied, Message: "a"},
		{Operation: operationOutposts, Reason: audit.ReasonDeniedBySCP, Message: "a"}}
	resources := company()
	broken := outpost("op-broken", "", "")
	broken.Gaps["billing"] = audit.Gap{Operation: operationBilling, Reason: audit.ReasonTimeout}
	resources = append(resources, broken, outpost("op-undated", bill("", sub("ORIGINAL", "ACTIVE", "", "", "", "5")), ""))
	want := estate(t, a, resources...)
	for _, g := range gaps {
		want.Incomplete("444455556666", g)
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		random.Shuffle(len(resources), func(i, j int) { resources[i], resources[j] = resources[j], resources[i] })
		random.Shuffle(len(gaps), func(i, j int) { gaps[i], gaps[j] = gaps[j], gaps[i] })
		got := estate(t, a)
		var g sync.WaitGroup
		for w := range 3 {
			g.Go(func() {
				for i := w; i < len(resources); i += 3 {
					if err := got.Add(resources[i]); err != nil {
						t.Error(err)
					}
				}
				for i := w; i < len(gaps); i += 3 {
					got.Incomplete("444455556666", gaps[i])
				}
			})
		}
		g.Wait()
		if diff := cmp.Diff(ask(t, want), ask(t, got)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestIncomplete(t *testing.T) {
	billing := audit.Gap{Operation: operationBilling, Reason: audit.ReasonDeniedBySCP, Message: "no"}
	withGap := func(r *audit.Resource) *audit.Resource {
		r.Gaps["billing"] = billing
		return r
	}
	malformed := func(id string) *audit.Gap {
		return &audit.Gap{Operation: operationBilling, Reason: audit.ReasonMalformed, Message: "subscription s-1 of " + id + " has no readable dates or prices"}
	}
	gap := func(operation string) []audit.Gap {
		return []audit.Gap{{Operation: operation, Reason: audit.ReasonAccessDenied}}
	}
	for _, tc := range []struct {
		name string
		r    *audit.Resource
		gaps []audit.Gap
		want *audit.Gap
	}{
		{"nothing missing", outpost("op-1", threeYearContract, ""), nil, nil},
		{"billing", withGap(outpost("op-1", "", "")), nil, &billing},
		{"prices", func() *audit.Resource {
			r := outpost("op-1", threeYearContract, "")
			r.Gaps["renewal_pricing"] = audit.Gap{Operation: "GetRenewalPricing", Reason: audit.ReasonTimeout}
			return r
		}(), nil, nil},
		{"a subscription that cannot be scheduled", outpost("op-1", bill("2027-01-01", sub("ORIGINAL", "ACTIVE", "2026-01-01", "", "", "5")), ""), nil, malformed("op-1")},
		{"a subscription without a price", outpost("op-1", bill("2027-01-01", sub("RENEWAL", "PENDING", "2027-01-01", "2028-01-01", "", "")), ""), nil, malformed("op-1")},
		{"an inactive one like it", outpost("op-1", bill("2027-01-01", sub("ORIGINAL", "INACTIVE", "", "", "", "")), ""), nil, nil},
		{"the list of Outposts", outpost("op-1", threeYearContract, ""), gap("ListOutposts"), &gap("ListOutposts")[0]},
		{"the account", outpost("op-1", threeYearContract, ""), gap("AssumeRole"), &gap("AssumeRole")[0]},
		{"a scope that was not asked", outpost("op-1", threeYearContract, ""), gap(""), &gap("")[0]},
		{"orders", outpost("op-1", threeYearContract, ""), gap("ListOrders"), nil},
		{"products", outpost("op-1", threeYearContract, ""), gap("SearchProvisionedProducts"), nil},
		{"the first of several", withGap(outpost("op-1", "", "")), append(gap("ListOutposts"), gap("AssumeRole")...), &gap("AssumeRole")[0]},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := estate(t, newAnalyst(t), tc.r)
			for _, g := range tc.gaps {
				e.Incomplete("111122223333", g)
			}
			want := map[string]audit.Gap{}
			if tc.want != nil {
				want["commitments"] = *tc.want
			}
			accounts := ask(t, e).Accounts
			if diff := cmp.Diff(want, accounts[0].Gaps); diff != "" {
				t.Error(diff)
			}
			if len(accounts[1].Gaps) != 0 {
				t.Errorf("the other account has gaps %v", accounts[1].Gaps)
			}
		})
	}
}

// TestEmptyEstate: lists are empty, never nil, and accounts without anything are there.
func TestEmptyEstate(t *testing.T) {
	got := ask(t, newAnalyst(t).NewEstate(nil))
	none := audit.AccountCommitment{Remaining: "0.00", CashByMonth: []audit.Period{}, CashByFiscalYear: []audit.Period{}, AmortisedByMonth: []audit.Period{}, AmortisedByFiscalYear: []audit.Period{}, ContractEnds: []audit.Quarter{}}
	zero := &audit.Money{Value: "0.00", Currency: "USD"}
	want := answers{Accounts: []audit.Resource{}, Renewals: []audit.Renewal{}, Commitments: audit.Commitments{Currency: "USD", Total: none, Accounts: []audit.AccountCommitment{}}, Deadlines: []audit.Deadline{},
		DecisionsDue: []audit.DecisionsDue{{WithinDays: 30, Amount: zero}, {WithinDays: 90, Amount: zero}, {WithinDays: 180, Amount: zero}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	e := estate(t, newAnalyst(t))
	if accounts := ask(t, e).Accounts; len(accounts) != 2 || accounts[0].Name != "one" {
		t.Errorf("got accounts %+v", accounts)
	}
}

func TestAddErrors(t *testing.T) {
	a := newAnalyst(t)
	for _, tc := range []struct{ name, facts, want string }{
		{"not enriched", ``, "add outposts.outpost op-1 in 111122223333/eu-central-1: it has no facts: Enrich comes first"},
		{"no facts", `[]`, "add outposts.outpost op-1 in 111122223333/eu-central-1: read facts: unexpected JSON array"},
		{"a tcv that is no number", `{"has_billing":true,"options":[{"payment_term":"ONE_YEAR","months":12,"upfront":"1","monthly":"1","tcv":"x"}],"recommended":{"payment_term":"ONE_YEAR"}}`,
			"add outposts.outpost op-1 in 111122223333/eu-central-1: read facts: can't convert x to decimal"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := outpost("op-1", `{}`, "")
			if tc.facts != "" {
				r.Facts = json.RawMessage(tc.facts)
			}
			e := a.NewEstate(nil)
			if err := e.Add(r); err == nil || err.Error() != tc.want {
				t.Errorf("got error %v\nwant %s", err, tc.want)
			}
			if accounts := ask(t, e).Accounts; len(accounts) != 0 {
				t.Errorf("it was counted: %+v", accounts)
			}
		})
	}
}

func BenchmarkEnrichOutpost(b *testing.B) {
	a, r := newAnalyst(b), outpost("op-1", threeYearContract, nineOptions)
	for b.Loop() {
		if err := a.Enrich(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAddOutpost(b *testing.B) {
	a, r := newAnalyst(b), outpost("op-1", threeYearContract, nineOptions)
	e := estate(b, a, r)
	for i := 0; b.Loop(); i++ {
		if i%1000 == 0 {
			e = a.NewEstate(nil)
		}
		if err := e.Add(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProduct(b *testing.B) {
	a := newAnalyst(b)
	r := other(audit.KindProvisionedProduct, "pp-1", "111122223333", `{"Arn":"arn:aws:servicecatalog:eu-central-1:111122223333:stack/foo/pp-abcdefgh","CreatedTime":"2026-01-01T00:00:00Z",
		"Id":"pp-abcdefgh","IdempotencyToken":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","LastRecordId":"rec-abcdefgh","Name":"foo","ProductName":"A product","Status":"AVAILABLE",
		"Tags":[{"Key":"Owner","Value":"team"},{"Key":"CostCenter","Value":"1234"}],"Type":"CFN_STACK","UserArn":"arn:aws:sts::111122223333:assumed-role/foo/bar"}`)
	e := a.NewEstate(nil)
	for b.Loop() {
		if err := a.Enrich(r); err != nil {
			b.Fatal(err)
		}
		if err := e.Add(r); err != nil {
			b.Fatal(err)
		}
	}
}
