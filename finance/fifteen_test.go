package finance

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// nine returns the nine options around a monthly price of 10,000.00 for one year without an upfront, times so many.
func nine(times int) string {
	var list []string
	for _, o := range []struct {
		term          string
		all, part     int
		partly, month int
	}{{oneYear, 110400, 57600, 4800, 10000}, {threeYears, 281520, 146880, 4080, 8500}, {fiveYears, 441600, 230400, 3840, 8000}} {
		amount := func(n int) string { return fmt.Sprintf("%d.00", n*times) }
		list = append(list, price(o.term, allUpfront, amount(o.all), "0.0"), price(o.term, partialUpfront, amount(o.part), amount(o.partly)),
			price(o.term, noUpfront, "0.0", amount(o.month)))
	}
	return priced(list...)
}

// TestFifteen is fifteen Outposts on 2026-11-28, what follows from each, and what they come to.
func TestFifteen(t *testing.T) {
	type want struct {
		State, End, Notice, Month, Source audit.Optional
		Recommended                       *audit.Choice
		Approval                          bool
		Cost                              audit.Optional
		Starts                            audit.Optional // what is recommended
	}
	original := func(status, begin, end, monthly string) string {
		return sub("ORIGINAL", status, begin, end, "0", monthly)
	}
	renewal := func(status, begin, end, monthly string) string {
		return sub("RENEWAL", status, begin, end, "0", monthly)
	}
	ending := original("ACTIVE", "2023-12-11", "2026-12-10", "9000")
	ended := original("INACTIVE", "2023-11-10", "2026-11-09", "9000")
	month := renewal("ACTIVE", "2026-11-10", "2026-12-10", "10000")
	two := []string{renewal("ACTIVE", "2026-11-10", "2026-12-10", "8000"), renewal("ACTIVE", "2026-11-10", "2026-12-10", "2000")}
	three, one := ptr(take(threeYears, noUpfront)), ptr(take(oneYear, noUpfront))
	const running, rolls, retired = audit.StateRunning, audit.StateMonthToMonth, audit.StateRetired
	due := want{running, "2026-12-10", "2026-12-03", "10000.00", assumed, three, true, "1500.00", "2026-12-11"}
	monthly := want{rolls, "2026-12-10", "", "10000.00", billed, three, true, "1500.00", "2026-12-11"}
	oldEnd := monthly
	oldEnd.End = "2026-11-09"
	back := want{retired, "2025-06-01", "2025-05-23", "10000.00", assumed, nil, false, "", ""}
	unpriced := back
	unpriced.Month, unpriced.Source = "", ""
	cancelled := back
	cancelled.End, cancelled.Notice = "2027-02-01", "2027-01-25"
	a := newAnalyst(t, func(c *config) { c.AsOf = date("2026-11-28T12:00:00Z") })
	var all []*audit.Resource
	for i, tc := range []struct {
		name, lifecycle, billing, prices string
		want                             want
	}{
		{"ending", "ACTIVE", bill("2026-12-10", ending), nine(1), due},
		{"added capacity is pending", "ACTIVE", bill("2026-12-10", ending,
			sub("CAPACITY_INCREASE", "PENDING", "2026-12-01", "2026-12-10", "0", "1000")), nine(1), due},
		{"a month is pending", "ACTIVE", bill("2026-12-10", ending, renewal("PENDING", "2026-12-11", "2027-01-10", "10000")), nine(1), due},
		{"a month", "ACTIVE", bill("2026-12-10", ended, month), nine(1), monthly},
		{"a month, and the next is pending", "ACTIVE", bill("2026-12-10", ended, month, renewal("PENDING", "2026-12-10", "2027-01-10", "10000")),
			nine(1), monthly},
		{"two months at once", "ACTIVE", bill("2026-12-10", two...), nine(1), monthly},
		{"two months at once, after the contract's end", "ACTIVE", bill("2026-11-09", two...), nine(1), oldEnd},
		{"given back, unpriced", "RETIRED", bill("2025-06-01", original("INACTIVE", "2022-06-02", "2025-06-01", "9000")),
			`{"PricingResult":"UNABLE_TO_PRICE"}`, unpriced},
		{"given back, still priced", "RETIRED", bill("2025-06-01", original("INACTIVE", "2022-06-02", "2025-06-01", "9000")), nine(1), back},
		{"given back, cancelled", "RETIRED", bill("2027-02-01", original("CANCELLED", "2024-02-02", "2027-02-01", "9000")), nine(1), cancelled},
		{"cancelled, and nothing else", "ACTIVE", bill("2027-02-01", original("CANCELLED", "2024-02-02", "2027-02-01", "9000")), nine(1),
			cancelled},
		{"its last day", "ACTIVE", bill("2026-11-28", original("ACTIVE", "2023-11-29", "2026-11-29", "9000")), nine(1),
			want{running, "2026-11-28", "2026-11-20", "10000.00", assumed, three, true, "1500.00", "2026-11-29"}},
		{"3.06 million without an upfront", "ACTIVE", bill("2027-01-10", original("ACTIVE", "2024-01-11", "2027-01-10", "90000")), nine(10),
			want{running, "2027-01-10", "2027-01-04", "100000.00", assumed, three, true, "15000.00", "2027-01-11"}},
		{"nothing cheaper than a month", "ACTIVE", bill("2027-01-10", original("ACTIVE", "2024-01-11", "2027-01-10", "9000")),
			priced(price(oneYear, noUpfront, "0", "5000"), price(oneYear, allUpfront, "72000", "0")),
			want{running, "2027-01-10", "2027-01-04", "5000.00", assumed, one, false, "0.00", "2027-01-11"}},
		{"a renewal that is the term", "ACTIVE", bill("2026-12-10", original("INACTIVE", "2020-12-11", "2023-12-10", "9000"),
			renewal("ACTIVE", "2023-12-11", "2026-12-10", "9000")), nine(1), due},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := outpost(fmt.Sprintf("op-%02d", i), tc.billing, tc.prices)
			r.Spec = json.RawMessage(`{"OwnerId":"111122223333","LifeCycleStatus":"` + tc.lifecycle + `"}`)
			all = append(all, r)
			f := enrich[audit.OutpostFacts](t, a, r)
			got := want{f.ContractState, f.ContractEnd, f.NoticeDeadline, f.MonthToMonthPrice, f.MonthToMonthPriceSource, f.Recommended.Choice(),
				f.Recommended != nil && f.Recommended.NeedsApproval, f.CostOfInaction, f.RenewalStartDate}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	e := estate(t, a, all...)
	var nearest []string
	for _, d := range e.Deadlines() {
		nearest = append(nearest, fmt.Sprintf("%s %s %d", d.Resource.ID, d.NoticeDeadline, d.DaysLeft))
	}
	if diff := cmp.Diff([]string{"op-11 2026-11-20 -8", "op-00 2026-12-03 5", "op-01 2026-12-03 5", "op-02 2026-12-03 5",
		"op-14 2026-12-03 5"}, nearest); diff != "" {
		t.Errorf("deadlines: %s", diff)
	}
	once := func(cents int64) *audit.Money { return audit.CentsToMoney(cents) }
	// Five of 36 × 8,500.00; then 36 × 85,000.00 and 12 × 5,000.00 too.
	if diff := cmp.Diff([]audit.DecisionsDue{{WithinDays: 30, Count: 5, Amount: once(153000000)},
		{WithinDays: 90, Count: 7, Amount: once(465000000)}, {WithinDays: 180, Count: 7, Amount: once(465000000)}},
		e.DecisionsDue()); diff != "" {
		t.Errorf("decisions due: %s", diff)
	}
	if diff := cmp.Diff(audit.MonthToMonth{Count: 4, Price: once(4000000).Monthly(), Above: once(600000).Monthly()},
		e.MonthToMonth()); diff != "" {
		t.Errorf("month-to-month: %s", diff)
	}
	// December: 1,000.00 and two months of 10,000.00 that are pending, 90,000.00 and 9,000.00 of the terms that run to January; and
	// nine renewals at 8,500.00, of which the first began on 2026-11-29. In January two more begin. Nothing of what is given back.
	cash := []audit.Period{{Period: "2026-11", Committed: "0.00", WithRenewals: "8500.00"},
		{Period: "2026-12", Committed: "120000.00", WithRenewals: "196500.00"},
		{Period: "2027-01", Committed: "0.00", WithRenewals: "166500.00"}}
	if diff := cmp.Diff(cash, e.Commitments().Total.CashByMonth[:3]); diff != "" {
		t.Errorf("cash: %s", diff)
	}
}

// TestDeadlineOfStaying: where staying is recommended, a deadline has no amount to commit to, and a month costs nothing above it.
func TestDeadlineOfStaying(t *testing.T) {
	a := newAnalyst(t, func(c *config) { c.AllowedTerms = []string{threeYears} })
	e := estate(t, a, outpost("op-1", running, priced(price(oneYear, noUpfront, "0", "100"), price(threeYears, noUpfront, "0", "101"))),
		outpost("op-2", billed900, priced(price(threeYears, noUpfront, "0", "1000"))), outpost("op-3", bill("2026-10-31"), ""))
	zero := audit.CentsToMoney(0)
	want := []audit.Deadline{{Resource: audit.ResourceRef{Kind: audit.KindOutpost, ID: "op-1", Name: "rack op-1", Account: "111122223333",
		Region: "eu-central-1"}, NoticeDeadline: "2026-12-23",
		ContractEnd: "2026-12-31", DaysLeft: 33, NeedsApproval: new(false), Recommended: &stays, PerMonth: zero.Monthly()}}
	if diff := cmp.Diff(want, e.Deadlines()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(audit.DecisionsDue{WithinDays: 90, Count: 1, Amount: zero}, e.DecisionsDue()[1]); diff != "" {
		t.Errorf("staying is not unpriced: %s", diff)
	}
	if diff := cmp.Diff(audit.MonthToMonth{Count: 2, Price: audit.CentsToMoney(90000).Monthly(), Above: zero.Monthly(), Unpriced: 1},
		e.MonthToMonth()); diff != "" {
		t.Errorf("month-to-month: %s", diff)
	}
	// op-1 for twelve months from 2027-01-01, op-2 from 2026-12-01.
	cash := e.Commitments().Total.CashByMonth
	with := map[string]string{}
	for _, p := range cash {
		with[p.Period] = p.WithRenewals
	}
	for month, amount := range map[string]string{"2026-11": "0.00", "2026-12": "901.00", "2027-01": "1000.00", "2027-11": "1000.00",
		"2027-12": "100.00"} {
		if with[month] != amount {
			t.Errorf("%s: got %s, want %s", month, with[month], amount)
		}
	}
	if len(cash) != 14 {
		t.Errorf("got %d months", len(cash))
	}
}
