package finance

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"tenor/audit"
)

func (s series) total() usd {
	var sum usd
	for _, a := range s {
		sum = sum.add(a)
	}
	return sum
}

// TestSubscriptionFlows: paid and amortised, month by month. The clock is 2026-11-20T10:00:00Z.
func TestSubscriptionFlows(t *testing.T) {
	at := date(asOf)
	for _, tc := range []struct {
		name            string
		s               subscription
		cash, amortised map[string]string
	}{
		{"the month that runs is amortised and no longer to be paid",
			subscription{begin: date("2026-10-05"), end: date("2027-01-05"), monthly: dollars("100"), upfront: dollars("10")},
			map[string]string{"2026-12": "100"}, map[string]string{"2026-11": "103.34", "2026-12": "103.33"}},
		{"a month that begins later this month is both",
			subscription{begin: date("2026-10-25"), end: date("2026-12-25"), monthly: dollars("100")},
			map[string]string{"2026-11": "100"}, map[string]string{"2026-11": "100"}},
		{"to come, at the ends of months",
			subscription{begin: date("2026-12-31"), end: date("2027-03-31"), monthly: dollars("100.01"), upfront: dollars("0.05")},
			map[string]string{"2026-12": "100.01", "2027-01": "100.01", "2027-02": "100.01"},
			map[string]string{"2026-12": "100.03", "2027-01": "100.02", "2027-02": "100.03"}},
		{"all upfront", subscription{begin: date("2026-11-01"), end: date("2027-01-31"), upfront: dollars("100")},
			map[string]string{}, map[string]string{"2026-11": "33.33", "2026-12": "33.34", "2027-01": "33.33"}},
		{"the month that begins now is paid", subscription{begin: date("2026-11-20T10:00:00Z"), end: date("2027-01-20T10:00:00Z"),
			monthly: dollars("7")},
			map[string]string{"2026-12": "7"}, map[string]string{"2026-11": "7", "2026-12": "7"}},
		{"over", subscription{begin: date("2025-01-01"), end: date("2026-01-01"), monthly: dollars("100"), upfront: dollars("10")},
			map[string]string{}, map[string]string{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := flows{asOf: at}
			f.subscription(&tc.s)
			if diff := cmp.Diff(tc.cash, texts(audit.MonthOf(at), f.cash)); diff != "" {
				t.Errorf("cash: %s", diff)
			}
			if diff := cmp.Diff(tc.amortised, texts(audit.MonthOf(at), f.amortised)); diff != "" {
				t.Errorf("amortised: %s", diff)
			}
		})
	}
}

func texts(first audit.Month, s series) map[string]string {
	m := map[string]string{}
	for i, a := range s {
		if a != (usd{}) {
			m[(first + audit.Month(i)).String()] = a.decimal().String()
		}
	}
	return m
}

// TestFlowsAddUp: over its whole length, what a contract pays and what its months use up are both its total contract
// value, to the cent, whatever the prices.
func TestFlowsAddUp(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		upfront, monthly := dollars(amount(random, 1e10)), dollars(amount(random, 1e9))
		n := 1 + random.IntN(60)
		start := date("2027-01-01").AddDate(0, 0, random.IntN(365))
		tcv := upfront.add(monthly.times(n))

		f := flows{asOf: date(asOf)}
		f.renewal(upfront, monthly, n, start.AddDate(0, 0, -7), start)
		if cash, used := f.renewalCash.total(), f.renewalAmortised.total(); cash != tcv || used != tcv {
			t.Fatalf("a renewal of %s and %s × %d pays %s and amortises %s", upfront, monthly, n, cash, used)
		}
		f = flows{asOf: date(asOf)}
		s := subscription{begin: start, end: addMonths(start, n), upfront: upfront, monthly: monthly}
		f.subscription(&s)
		if s.months() != n {
			t.Fatalf("%d months from %s are %d", n, start, s.months())
		}
		if cash, used := f.cash.total(), f.amortised.total(); cash != tcv.sub(upfront) || used != tcv {
			t.Fatalf("a subscription of %s and %s × %d pays %s and amortises %s", upfront, monthly, n, cash, used)
		}
		for k := range n {
			even := upfront.decimal().DivRound(decimal.NewFromInt(int64(n)), 10)
			if off := share(upfront, k, n).decimal().Sub(even).Abs(); off.GreaterThan(dec("0.01")) {
				t.Fatalf("month %d of %d amortises %s of %s", k, n, share(upfront, k, n), upfront)
			}
		}
	}
}

func TestPeriods(t *testing.T) {
	first := audit.MonthOf(date("2026-11-01"))
	committed := series{0: dollars("1"), 2: dollars("2.5"), 3: {}}
	renewals := series{1: dollars("10"), 2: dollars("0.005")}
	months := []audit.Period{{Period: "2026-11", Committed: "1.00", WithRenewals: "1.00"},
		{Period: "2026-12", Committed: "0.00", WithRenewals: "10.00"}, {Period: "2027-01", Committed: "2.50", WithRenewals: "2.505"}}
	for _, tc := range []struct {
		name string
		got  []audit.Period
		want []audit.Period
	}{
		{"months", byMonth(first, committed, renewals), months},
		{"calendar years", byFiscalYear(first, committed, renewals, int(time.January)),
			[]audit.Period{{Period: "FY2026", Committed: "1.00", WithRenewals: "11.00"},
				{Period: "FY2027", Committed: "2.50", WithRenewals: "2.505"}}},
		{"years from December", byFiscalYear(first, committed, renewals, int(time.December)),
			[]audit.Period{{Period: "FY2026", Committed: "1.00", WithRenewals: "1.00"},
				{Period: "FY2027", Committed: "2.50", WithRenewals: "12.505"}}},
		{"years from October", byFiscalYear(first, committed, renewals, int(time.October)),
			[]audit.Period{{Period: "FY2027", Committed: "3.50", WithRenewals: "13.505"}}},
		{"renewals go on longer", byMonth(first, series{}, series{1: dollars("3")}),
			[]audit.Period{{Period: "2026-11", Committed: "0.00", WithRenewals: "0.00"},
				{Period: "2026-12", Committed: "0.00", WithRenewals: "3.00"}}},
		{"nothing", byMonth(first, series{}, series{0: {}}), []audit.Period{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestUpfrontAfterItsMonths: an upfront counts in the month in which it is charged, though the months that it is for are over then.
func TestUpfrontAfterItsMonths(t *testing.T) {
	f := flows{asOf: date("2026-11-20")}
	f.renewal(dollars("100"), dollars("7"), 1, date("2027-02-01"), date("2026-12-01"))
	if d := cmp.Diff(map[string]string{"2026-12": "7", "2027-02": "100"}, texts(audit.MonthOf(f.asOf), f.renewalCash)); d != "" {
		t.Error(d)
	}
}
