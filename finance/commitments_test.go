package finance

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"tenor/audit"
)

func TestDecisions(t *testing.T) {
	e := estate(t, newAnalyst(t), company()...)
	var kept []string
	for _, r := range renewals(t, e) {
		kept = append(kept, r.Resource.ID+" "+string(r.NoticeDeadline))
	}
	if diff := cmp.Diff([]string{"op-late 2026-11-17", "op-decided 2026-12-23", "op-due 2026-12-23", "op-far 2027-06-23",
		"op-month ", "op-unknown "}, kept); diff != "" {
		t.Errorf("renewals: %s", diff)
	}
	ref := func(id, account, region string) audit.ResourceRef {
		return audit.ResourceRef{Kind: audit.KindOutpost, ID: id, Name: "rack " + id, Account: account, Region: region}
	}
	usd := func(s string) *audit.Money { return &audit.Money{Value: s, Currency: "USD", Per: audit.PerOnce} }
	three := &audit.Choice{Action: audit.ActionRenew, PaymentTerm: threeYears, PaymentOption: allUpfront}
	deadlines := []audit.Deadline{
		{Resource: ref("op-late", "444455556666", "us-east-1"), NoticeDeadline: "2026-11-17", ContractEnd: "2026-11-24", DaysLeft: -3},
		{Resource: ref("op-due", "111122223333", "eu-central-1"), NoticeDeadline: "2026-12-23", ContractEnd: "2026-12-31", DaysLeft: 33,
			NeedsApproval: new(false), Recommended: three, Amount: usd("30000.00"), PerMonth: usd("69.85").Monthly()},
		{Resource: ref("op-far", "444455556666", "eu-west-1"), NoticeDeadline: "2027-06-23", ContractEnd: "2027-06-30", DaysLeft: 215,
			NeedsApproval: new(false), Recommended: three, Amount: usd("30000.00"), PerMonth: usd("69.85").Monthly()},
	}
	if diff := cmp.Diff(deadlines, e.Deadlines()); diff != "" {
		t.Errorf("deadlines: %s", diff)
	}
	due := []audit.DecisionsDue{{WithinDays: 30, Count: 1, Amount: usd("0.00"), Unpriced: 1},
		{WithinDays: 90, Count: 2, Amount: usd("30000.00"), Unpriced: 1}, {WithinDays: 180, Count: 2, Amount: usd("30000.00"), Unpriced: 1}}
	if diff := cmp.Diff(due, e.DecisionsDue()); diff != "" {
		t.Errorf("decisions due: %s", diff)
	}
}

// TestDeadlineBoundaries: days left are calendar days, whatever the hour, and a contract is due to the end of its last day.
func TestDeadlineBoundaries(t *testing.T) {
	for _, tc := range []struct {
		asOf     string
		days     int
		within30 int
		listed   bool
	}{
		{"2026-11-23T00:00:00Z", 30, 1, true}, {"2026-11-23T23:59:59Z", 30, 1, true}, {"2026-11-22T23:59:59Z", 31, 0, true},
		{"2026-12-22T00:00:01Z", 1, 1, true}, {"2026-12-23T23:59:59Z", 0, 1, true},
		{"2026-12-24T00:00:00Z", -1, 1, true}, {"2026-12-30T23:59:59Z", -7, 1, true}, {"2026-12-31T00:00:00Z", -8, 1, true},
		{"2026-12-31T23:59:59Z", -8, 1, true},
		{"2027-01-01T00:00:00Z", 0, 0, false}, {"2027-01-15T00:00:00Z", 0, 0, false},
	} {
		a := newAnalyst(t, func(c *config) { c.AsOf = date(tc.asOf) })
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

// TestRollingMonth: a month-to-month Outpost, whose month has begun, has no contract end and nothing to give notice on, though
// its month ends
// ahead. Its renewal starts when the month ends, and only a pending one settles it.
func TestRollingMonth(t *testing.T) {
	month := sub("RENEWAL", "ACTIVE", "2026-11-15", "2026-12-24", "0", "900")
	prices := priced(price(oneYear, allUpfront, "1200.00", "0"))
	e := estate(t, newAnalyst(t), outpost("op-1", bill("2026-12-24", month), prices))
	if f := renewals(t, e); len(f) != 1 || !f[0].MonthToMonth() || f[0].Recommended == nil {
		t.Fatalf("got renewals %+v", f)
	}
	var facts audit.AccountFacts
	if err := json.Unmarshal(ask(t, e).Accounts[0].Facts, &facts); err != nil {
		t.Fatal(err)
	}
	total := e.Commitments().Total
	if len(e.Deadlines()) != 0 || e.DecisionsDue()[2].Count != 0 || len(facts.ContractEnds) != 0 || len(total.ContractEnds) != 0 {
		t.Errorf("got deadlines %+v, decisions %+v, contract ends %+v and %+v", e.Deadlines(), e.DecisionsDue(), facts.ContractEnds,
			total.ContractEnds)
	}
	cash := []audit.Period{{Period: "2026-11", Committed: "0.00", WithRenewals: "0.00"},
		{Period: "2026-12", Committed: "0.00", WithRenewals: "1200.00"}}
	if diff := cmp.Diff(cash, total.CashByMonth); diff != "" {
		t.Error(diff)
	}
	pending := sub("RENEWAL", "PENDING", "2026-12-25", "2027-12-24", "1200", "50")
	total = estate(t, newAnalyst(t), outpost("op-1", bill("2026-12-24", month, pending), prices)).Commitments().Total
	cash = []audit.Period{{Period: "2026-11", Committed: "0.00", WithRenewals: "0.00"}}
	for m := audit.MonthOf(date("2026-12-25")); len(cash) <= 12; m++ {
		cash = append(cash, audit.Period{Period: m.String(), Committed: "50.00", WithRenewals: "50.00"})
	}
	if diff := cmp.Diff(cash, total.CashByMonth); diff != "" {
		t.Errorf("pending: %s", diff)
	}
}

// TestQuarters: an end today is ahead, as is one on the last day of a quarter; one that is past is not.
func TestQuarters(t *testing.T) {
	e := newAnalyst(t).NewEstate(nil) // on 2026-11-20
	ends := []audit.ContractEnd{{Days: -1}, {Days: 0}, {Days: 41, State: audit.StateRenewed}, {Days: 42}, {Days: 132}}
	want := []audit.Quarter{{Quarter: "2026-Q4", Decided: 1, Undecided: 1}, {Quarter: "2027-Q1", Undecided: 1},
		{Quarter: "2027-Q2", Undecided: 1}}
	if diff := cmp.Diff(want, e.quarters(ends)); diff != "" {
		t.Error(diff)
	}
}

func TestCommitments(t *testing.T) {
	got := estate(t, newAnalyst(t, func(c *config) { c.FiscalYearStart = int(time.July) }), company()...).Commitments()
	same := func(first, last audit.Month, committed, with string) []audit.Period {
		var list []audit.Period
		for m := first; m <= last; m++ {
			list = append(list, audit.Period{Period: m.String(), Committed: committed, WithRenewals: with})
		}
		return list
	}
	m := audit.MonthOf(date("2026-11-01"))
	// op-due: three years all upfront, 30000.00, charged on its notice deadline, 2026-12-23. op-month is billed 900.00, less than the
	// 930.25 a month that three years are worth: it stays, and is in the cash flow for twelve months from 2026-12-01.
	one := audit.AccountCommitment{
		Account: "111122223333", Name: "one", Outposts: 4, Remaining: "1600.00",
		CashByMonth: append([]audit.Period{{Period: "2026-11", Committed: "0.00", WithRenewals: "0.00"},
			{Period: "2026-12", Committed: "1000.00", WithRenewals: "31900.00"}},
			append(same(m+2, m+12, "50.00", "950.00"), same(m+13, m+13, "50.00", "50.00")...)...),
		CashByFiscalYear: []audit.Period{{Period: "FY2027", Committed: "1300.00", WithRenewals: "37600.00"},
			{Period: "FY2028", Committed: "300.00", WithRenewals: "4800.00"}},
		ContractEnds: []audit.Quarter{{Quarter: "2026-Q4", Decided: 1, Undecided: 1}},
	}
	two := audit.AccountCommitment{
		Account: "444455556666", Name: "two", Outposts: 2, Remaining: "917504.07",
		CashByMonth: append(append([]audit.Period{{Period: "2026-11", Committed: "0.00", WithRenewals: "0.00"}},
			same(m+1, m+6, "131072.01", "131072.01")...),
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
	// What one account amortises: 900.00 and twice 500.00 in November, twice 500.00 in December, then 50.00 and a twelfth of
	// 600.00; on what is recommended, op-month's 900.00 from December 2026 and a 36th of op-due's 30000.00 from January 2027.
	amortised := []audit.Period{{Period: "2026-11", Committed: "1900.00", WithRenewals: "1900.00"},
		{Period: "2026-12", Committed: "1000.00", WithRenewals: "1900.00"},
		{Period: "2027-01", Committed: "100.00", WithRenewals: "1833.33"}, {Period: "2027-02", Committed: "100.00", WithRenewals: "1833.34"}}
	if diff := cmp.Diff(amortised, got.Accounts[0].AmortisedByMonth[:4]); diff != "" {
		t.Errorf("amortised: %s", diff)
	}
	years := []audit.Period{{Period: "FY2027", Committed: "3500.00", WithRenewals: "14800.00"},
		{Period: "FY2028", Committed: "600.00", WithRenewals: "15100.00"},
		{Period: "FY2029", Committed: "0.00", WithRenewals: "10000.00"}, {Period: "FY2030", Committed: "0.00", WithRenewals: "5000.00"}}
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
		c := estate(t, newAnalyst(t, func(c *config) { c.FiscalYearStart = int(start) }), company()...).Commitments()
		for _, a := range append([]audit.AccountCommitment{c.Total}, c.Accounts...) {
			if got := sum(a.CashByMonth, committed); !got.Equal(dec(a.Remaining)) {
				t.Errorf("%s: cash by month is %s, %s remains", a.Account, got, a.Remaining)
			}
			for name, pair := range map[string][2][]audit.Period{"cash": {a.CashByMonth, a.CashByFiscalYear},
				"amortised": {a.AmortisedByMonth, a.AmortisedByFiscalYear}} {
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
