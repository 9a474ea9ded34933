package finance

import (
	"encoding/json"
	"fmt"
	"testing"

	"tenor/audit"
)

// TestBilledDifference adds up the months of an Outpost: an upfront that slipped into a month which is not final yet is no difference,
// and one that nothing is seen of is.
func TestBilledDifference(t *testing.T) {
	const early = `{"period": "2026-09", "billed": "0.00", "expected": "100.00", "difference": "-100.00", "status": "explained", ` +
		`"why": "upfront in another month", "subscription": "sub-1"}`
	later := func(month, difference, subscription string) string {
		return fmt.Sprintf(`, {"period": %q, "billed": "100.00", "expected": "0.00", "difference": %q, "status": "cannot_tell", "why": "not_final", `+
			`"subscription": %q}`, month, difference, subscription)
	}
	for name, tc := range map[string]struct{ final, rows, want string }{
		"in a month that is not final": {`["2026-09"]`, early + later("2026-10", "100.00", "sub-1"), "0.00"},
		"in a month that is final":     {`["2026-09", "2026-10"]`, early + later("2026-10", "100.00", "sub-1"), "0.00"},
		"of another subscription":      {`["2026-09"]`, early + later("2026-10", "100.00", "sub-2"), "-100.00"},
		"of another amount":            {`["2026-09"]`, early + later("2026-10", "99.00", "sub-1"), "-100.00"},
		"in an earlier month":          {`["2026-09"]`, early + later("2026-08", "100.00", "sub-1"), "-100.00"},
		"in none":                      {`["2026-09"]`, early, "-100.00"},
		"not explained": {`["2026-09"]`, `{"period": "2026-09", "billed": "0.00", "expected": "100.00", "difference": "-100.00",
			"status": "differs", "subscription": "sub-1"}` + later("2026-10", "100.00", "sub-1"), "-100.00"},
	} {
		t.Run(name, func(t *testing.T) {
			r := outpost("op-1", threeYearContract, nineOptions)
			r.Related[audit.SectionCharges] = json.RawMessage(fmt.Sprintf(`{"final": %s, "rows": [%s]}`, tc.final, tc.rows))
			var f audit.OutpostFacts
			if err := chargedOutpost(r, &f); err != nil || string(f.BilledDifference) != tc.want {
				t.Errorf("%s, %v: want %s", f.BilledDifference, err, tc.want)
			}
		})
	}
}

// TestChargedOutpost adds up the final months of an Outpost, and nothing where one of them is not to be told.
func TestChargedOutpost(t *testing.T) {
	row := func(month, billed, expected, difference string) string {
		return fmt.Sprintf(`{"period":%q,"billed":%q,"expected":%q,"difference":%q}`, month, billed, expected, difference)
	}
	const final = `["2026-08","2026-09"]`
	for _, tc := range []struct{ name, final, rows, want string }{
		{"two months, and one that is not final", final, row("2026-08", "10.00", "9.00", "1.00") + "," +
			row("2026-09", "20.00", "22.00", "-2.00") + "," +
			row("2026-10", "5.00", "9.00", "-4.00"), "20.00, -1.00 of 31.00"},
		{"two rows of a month", final, row("2026-09", "1.00", "0.00", "1.00") + "," + row("2026-09", "2.00", "2.00", "0.00"),
			"3.00, 1.00 of 2.00"},
		{"nothing in the last month", final, row("2026-08", "10.00", "10.00", "0.00"), "0.00, 0.00 of 10.00"},
		{"a month that is not final and cannot be told", final, row("2026-09", "1.00", "1.00", "0.00") + "," + row("2026-10", "", "", ""),
			"1.00, 0.00 of 1.00"},
		{"no final month", `[]`, row("2026-09", "1.00", "1.00", "0.00"), ",  of "},
		{"what was billed is not known", final, row("2026-08", "", "1.00", "0.00") + "," + row("2026-09", "1.00", "1.00", "0.00"),
			",  of "},
		{"what was to be expected is not known", final, row("2026-09", "1.00", "", "0.00"), ",  of "},
		{"the difference is not known", final, row("2026-09", "1.00", "1.00", ""), ",  of "},
		{"no amount", final, row("2026-09", "1.00", "much", "0.00"), `,  of : read related.charges: "much" is no amount`},
		{"no amount billed", final, row("2026-09", "much", "1.00", "0.00"), `,  of : read related.charges: "much" is no amount`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := outpost("op-1", "", "")
			r.Related[audit.SectionCharges] = json.RawMessage(fmt.Sprintf(`{"final": %s, "rows": [%s]}`, tc.final, tc.rows))
			var f audit.OutpostFacts
			err := chargedOutpost(r, &f)
			got := fmt.Sprintf("%s, %s of %s", f.BilledLastFinalMonth, f.BilledDifference, f.BilledExpected)
			if err != nil {
				got += ": " + err.Error()
			}
			if got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if f.BilledExpected != "" && audit.CentsToMoney(*f.BilledExpectedCents).Value != string(f.BilledExpected) {
				t.Errorf("%d cents of %s", *f.BilledExpectedCents, f.BilledExpected)
			}
		})
	}
}

// TestBilledAfterEnd: what is charged since the contract ended, of an Outpost that runs month-to-month and has no subscription for it.
func TestBilledAfterEnd(t *testing.T) {
	row := func(month, expected, difference string) string {
		return fmt.Sprintf(`{"period":%q,"billed":"9.00","expected":%q,"difference":%q}`, month, expected, difference)
	}
	for _, tc := range []struct{ name, state, end, rows, want string }{
		{"since the month of the end", audit.StateMonthToMonth, "2026-08-11", row("2026-08", "0.00", "9.00") + "," + row("2026-09", "0.00", "9.00"),
			"18.00 of 18.00"},
		{"and more before it", audit.StateMonthToMonth, "2026-09-11", row("2026-08", "0.00", "9.00") + "," + row("2026-09", "0.00", "9.00"),
			"9.00 of 18.00"},
		{"and something is expected", audit.StateMonthToMonth, "2026-08-11", row("2026-08", "7.00", "2.00") + "," + row("2026-09", "0.00", "9.00"),
			"9.00 of 11.00"},
		{"taken back", audit.StateMonthToMonth, "2026-08-11", row("2026-08", "0.00", "9.00") + "," + row("2026-09", "0.00", "-9.00"), " of 0.00"},
		{"not final", audit.StateMonthToMonth, "2026-08-11", row("2026-10", "0.00", "9.00"), " of 0.00"},
		{"nobody knows when it ended", audit.StateMonthToMonth, "", row("2026-09", "0.00", "9.00"), " of 9.00"},
		{"it runs", audit.StateRunning, "2026-08-11", row("2026-09", "0.00", "9.00"), " of 9.00"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := outpost("op-1", "", "")
			r.Related[audit.SectionCharges] = json.RawMessage(fmt.Sprintf(`{"final": ["2026-08","2026-09"], "rows": [%s]}`, tc.rows))
			f := audit.OutpostFacts{ContractState: audit.Optional(tc.state), ContractEnd: audit.Optional(tc.end)}
			if err := chargedOutpost(r, &f); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprintf("%s of %s", f.BilledAfterEnd, f.BilledDifference); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if (f.BilledAfterEnd == "") != (f.BilledAfterEndCents == nil) {
				t.Error("the amount has no cents, or the cents no amount")
			}
		})
	}
}

// TestChargedProduct: what a product cost in the last final month, and in the months after the one in which it broke.
func TestChargedProduct(t *testing.T) {
	const periods = `{"2026-07": "1.00", "2026-08": "2.00", "2026-09": "4.00", "2026-10": "8.00"}`
	cost := func(currency, periods string) string {
		return fmt.Sprintf(`{"currency":%q,"periods":%s}`, currency, periods)
	}
	for _, tc := range []struct{ name, final, costs, broken, want string }{
		{"sound", `["2026-08","2026-09"]`, cost("USD", periods), "", "4.00, "},
		{"broken in August", `["2026-08","2026-09"]`, cost("USD", periods), "2026-08-31T23:00:00Z", "4.00, 12.00"},
		{"broken on a day", `["2026-08","2026-09"]`, cost("USD", periods), "2026-08", "4.00, 12.00"},
		{"broken before all of it", `["2026-09"]`, cost("USD", periods), "2025-12-31T00:00:00Z", "4.00, 15.00"},
		{"broken after all of it", `["2026-09"]`, cost("USD", periods), "2026-10-01T00:00:00Z", "4.00, 0.00"},
		{"two costs", `["2026-09"]`, cost("USD", periods) + "," + cost("USD", `{"2026-09":"0.50"}`), "", "4.50, "},
		{"nothing", `["2026-09"]`, "", "2026-09-01T00:00:00Z", "0.00, 0.00"},
		{"no final month", `[]`, cost("USD", periods), "2026-08-01T00:00:00Z", ", "},
		{"another currency", `["2026-09"]`, cost("USD", periods) + "," + cost("CNY", periods), "2026-08-01T00:00:00Z", ", "},
		{"no amount in the last month", `["2026-09"]`, cost("USD", `{"2026-09":"much"}`), "",
			`, : read related.charges: "much" is no amount`},
		{"no amount since", `["2026-09"]`, cost("USD", `{"2026-10":"much"}`), "2026-08-01T00:00:00Z",
			`, : read related.charges: "much" is no amount`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := &audit.Resource{Kind: audit.KindProvisionedProduct, Related: map[string]json.RawMessage{
				audit.SectionCharges: json.RawMessage(fmt.Sprintf(`{"final": %s, "costs": [%s]}`, tc.final, tc.costs))}}
			f := audit.ProductFacts{BrokenSince: audit.Optional(tc.broken)}
			err := chargedProduct(r, &f)
			got := fmt.Sprintf("%s, %s", f.CostPerMonth, f.CostSinceBroken)
			if err != nil {
				got += ": " + err.Error()
			}
			if got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// TestChargedAccount: what an account was charged without a contract, and for products that are gone, of the final months and in dollars.
func TestChargedAccount(t *testing.T) {
	stray := func(final bool, why, billed, currency string) audit.UnmatchedCharge {
		return audit.UnmatchedCharge{Final: final, Why: why, Billed: audit.Optional(billed), Currency: currency}
	}
	gone := func(arn, why, currency string, periods map[string]string) audit.ProductCost {
		return audit.ProductCost{ARN: arn, Why: audit.Optional(why), Currency: currency, Periods: periods}
	}
	final := []string{"2026-08", "2026-09"}
	for _, tc := range []struct {
		name string
		c    audit.AccountCharges
		gap  *audit.Gap
		want string // unmatched, then each product that is gone
		err  string
	}{
		{"nothing", audit.AccountCharges{Final: final}, nil, "0.00", ""},
		{"no final month", audit.AccountCharges{Unmatched: []audit.UnmatchedCharge{
			stray(true, audit.WhyNoContract, "1.00", "USD")}}, nil, "", ""},
		{"a gap", audit.AccountCharges{Final: final}, &audit.Gap{Reason: audit.ReasonAccessDenied}, "", ""},
		{"unmatched", audit.AccountCharges{Final: final, Unmatched: []audit.UnmatchedCharge{
			stray(true, audit.WhyNoContract, "1.00", "USD"), stray(true, audit.WhyNoContract, "0.25", "USD"),
			stray(false, audit.WhyNoContract, "2.00", "USD"), stray(true, audit.WhyNotCollected, "4.00", "USD"),
			stray(true, audit.WhyNotCollected, "8.00", "CNY")}}, nil, "1.25", ""},
		{"unmatched in another currency", audit.AccountCharges{Final: final, Unmatched: []audit.UnmatchedCharge{
			stray(true, audit.WhyNoContract, "1.00", "USD"), stray(true, audit.WhyNoContract, "1.00", "CNY")}}, nil, "", ""},
		{"unmatched, no amount", audit.AccountCharges{Final: final, Unmatched: []audit.UnmatchedCharge{
			stray(true, audit.WhyNoContract, "much", "USD")}}, nil, "", `read related.charges: "much" is no amount`},
		{"gone", audit.AccountCharges{Final: final, Products: []audit.ProductCost{
			gone("a", audit.WhyGone, "USD", map[string]string{"2026-07": "1.00", "2026-08": "2.00", "2026-09": "4.00", "2026-10": "8.00"}),
			gone("b", audit.WhyGone, "USD", map[string]string{"2026-08": "3.00"}),
			gone("c", audit.WhyGone, "USD", map[string]string{"2026-10": "1.00"}),
			gone("d", audit.WhyNotCollected, "USD", map[string]string{"2026-09": "1.00"}),
			gone("e", audit.WhyGone, "CNY", map[string]string{"2026-09": "1.00"})}}, nil, "0.00 a 6.00 2026-09 b 3.00 2026-08", ""},
		{"gone, no amount", audit.AccountCharges{Final: final, Products: []audit.ProductCost{
			gone("a", audit.WhyGone, "USD", map[string]string{"2026-09": "much"})}}, nil, "0.00",
			`read related.charges: "much" is no amount`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := newAnalyst(t).NewEstate(nil)
			e.Charge(func(account string) (audit.AccountCharges, *audit.Gap) {
				if account != "111122223333" {
					t.Errorf("asked for %s", account)
				}
				return tc.c, tc.gap
			})
			r := &audit.Resource{Kind: audit.KindAccount, ID: "111122223333", Related: map[string]json.RawMessage{},
				Gaps: map[string]audit.Gap{}}
			var f audit.AccountFacts
			err := e.charge(r, &f)
			got := string(f.UnmatchedCharges)
			for _, p := range f.GoneProducts {
				got += fmt.Sprintf(" %s %s %s", p.ARN, p.Cost, p.Last)
				if audit.CentsToMoney(p.CostCents).Value != p.Cost {
					t.Errorf("%d cents of %s", p.CostCents, p.Cost)
				}
			}
			if message := fmt.Sprint(err); got != tc.want || (err != nil) != (tc.err != "") || err != nil && message != tc.err {
				t.Errorf("got %q, %v; want %q, %s", got, err, tc.want, tc.err)
			}
			if _, gap := r.Gaps[audit.SectionCharges]; gap != (tc.gap != nil) || len(r.Related[audit.SectionCharges]) == 0 {
				t.Errorf("gaps %v, charges %s", r.Gaps, r.Related[audit.SectionCharges])
			}
		})
	}
}
