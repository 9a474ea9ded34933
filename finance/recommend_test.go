package finance

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// take returns the choice of an option, and stays that of none.
func take(term, option string) audit.Choice {
	return audit.Choice{Action: audit.ActionRenew, PaymentTerm: audit.Optional(term), PaymentOption: audit.Optional(option)}
}

var stays = audit.Choice{Action: audit.ActionMonthToMonth}

// recommended returns a recommendation, at a level price of whole cents or with all its places.
func recommended(c audit.Choice, level string, cents int64, approval bool, reason string, rates ...audit.SwitchRate) *audit.Recommendation {
	return &audit.Recommendation{Action: c.Action, PaymentTerm: c.PaymentTerm, PaymentOption: c.PaymentOption, LevelPrice: level,
		LevelPriceCents: cents,
		NeedsApproval:   approval, Reason: reason, SwitchRates: append([]audit.SwitchRate{}, rates...)}
}

func switchAt(percent string, below, above audit.Choice) audit.SwitchRate {
	return audit.SwitchRate{Percent: json.Number(percent), Below: below, Above: above}
}

// Month-to-month at 900.00 that is billed, and nothing that says what it costs.
var (
	billed900 = bill("2026-10-31", sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-11-30", "0", "900"))
	running   = bill("2026-12-31", sub("ORIGINAL", "ACTIVE", "2024-01-01", "2026-12-31", "0", "1"))
)

func TestRecommendation(t *testing.T) {
	three := func(upfront, partial, monthly string) []string {
		return []string{price(threeYears, allUpfront, upfront, "0"), price(threeYears, partialUpfront, partial, "4000"),
			price(threeYears, noUpfront, "0", monthly)}
	}
	rate := func(s string) func(*config) { return func(c *config) { c.DiscountRate = s } }
	upfront := func(c *config) { c.ApprovalBasis = BasisUpfront }
	only := func(terms ...string) func(*config) { return func(c *config) { c.AllowedTerms = terms } }
	const noFreedom = " Month-to-month the Outpost cannot be scaled, and its price may change."
	all3, part3, no3, no1 := take(threeYears, allUpfront), take(threeYears, partialUpfront), take(threeYears, noUpfront),
		take(oneYear, noUpfront)
	for _, tc := range []struct {
		name    string
		change  func(*config)
		billing string
		prices  []string
		want    *audit.Recommendation
		cost    audit.Optional // of inaction
	}{
		{"cheap money: pay later", rate("0.16"), running, three("300000", "150000", "9000"), recommended(no3, "9000.00", 900000, true,
			"3 years, no upfront costs least of the 3 allowed options: at 16% a year it is worth $9,000.00 at the start of each month, "+
				"against $9,000.00 as assumed month-to-month: "+
				"nothing allowed is cheaper than that; its total contract value of $324,000.00 is above the approval limit of $250,000.00.",
			switchAt("13.80", part3, no3)), "0.00"},
		{"no discount: pay least", rate("0"), running, three("300000", "150000", "9000"), recommended(part3, "8166.6666666667", 816667, true,
			"3 years, partial upfront costs least of the 3 allowed options: at 0% a year it is worth $8,166.67 at the start of each "+
				"month, against $9,000.00 as assumed month-to-month; "+
				"its total contract value of $294,000.00 is above the approval limit of $250,000.00.", switchAt("13.80", part3, no3)),
			"833.3333333333"},
		{"above the limit by upfront", func(c *config) { c.DiscountRate = "0.035"; upfront(c) }, running, three("290000", "170000", "9000"),
			recommended(all3, "8466.2469968839", 846625, true,
				"3 years, all upfront costs least of the 3 allowed options: at 3.5% a year it is worth $8,466.25 at the start of each month, "+
					"against $9,000.00 as assumed month-to-month; "+
					"its upfront of $290,000.00 is above the approval limit of $250,000.00.", switchAt("8.07", all3, no3)), "533.7530031161"},
		{"far above the limit by total, with no upfront", nil, running, three("310000", "190000", "8500"),
			recommended(no3, "8500.00", 850000, true,
				"3 years, no upfront costs least of the 3 allowed options: at 8% a year it is worth $8,500.00 at the start of each month, "+
					"against $8,500.00 as assumed month-to-month: "+
					"nothing allowed is cheaper than that; its total contract value of $306,000.00 is above the approval limit of $250,000.00."),
			"0.00"},
		{"the same is nothing to approve by upfront", upfront, running, three("310000", "190000", "8500"),
			recommended(no3, "8500.00", 850000, false,
				"3 years, no upfront costs least of the 3 allowed options: at 8% a year it is worth $8,500.00 at the start of each month, "+
					"against $8,500.00 as assumed month-to-month: "+
					"nothing allowed is cheaper than that."), "0.00"},
		{"at the limit", nil, running, []string{price(oneYear, allUpfront, "250000", "0")},
			recommended(take(oneYear, allUpfront), "21576.0307895076", 2157603, false,
				"1 year, all upfront is the only priced option that is allowed: at 8% a year it is worth $21,576.03 at the start of each month."),
			""},
		{"a cent above the limit", nil, running, []string{price(oneYear, allUpfront, "250000.01", "0")},
			recommended(take(oneYear, allUpfront), "21576.0316525488", 2157603, true,
				"1 year, all upfront is the only priced option that is allowed: at 8% a year it is worth $21,576.03 at the start of each month; "+
					"its total contract value of $250,000.01 is above the approval limit of $250,000.00."), ""},
		{"a cent above the limit by upfront", upfront, running, []string{price(oneYear, partialUpfront, "250000.01", "1")},
			recommended(take(oneYear, partialUpfront), "21577.0316525488", 2157703, true,
				"1 year, partial upfront is the only priced option that is allowed: at 8% a year it is worth $21,577.03 at the start of each "+
					"month; "+
					"its upfront of $250,000.01 is above the approval limit of $250,000.00."), ""},
		{"the same month by month: the shorter", nil, running, []string{price(threeYears, noUpfront, "0", "100"),
			price(oneYear, noUpfront, "0", "100")}, recommended(no1, "100.00", 10000, false,
			"1 year, no upfront costs least of the 2 allowed options: at 8% a year it is worth $100.00 at the start of each month, against "+
				"$100.00 as assumed month-to-month: nothing allowed is cheaper than that."), "0.00"},
		{"the same in all: the lower upfront", rate("0"), running,
			[]string{price(oneYear, allUpfront, "1200", "0"), price(oneYear, noUpfront, "0", "100")}, recommended(no1, "100.00", 10000, false,
				"1 year, no upfront costs least of the 2 allowed options: at 0% a year it is worth $100.00 at the start of each month, against "+
					"$100.00 as assumed month-to-month: nothing allowed is cheaper than that."), "0.00"},
		// By NPV over the months, three years would look cheaper only because later months are worth less.
		{"a longer term is not cheaper for being longer", nil, running,
			[]string{price(oneYear, noUpfront, "0", "100"), price(threeYears, noUpfront, "0", "101")}, recommended(no1, "100.00", 10000, false,
				"1 year, no upfront costs least of the 2 allowed options: at 8% a year it is worth $100.00 at the start of each month, against "+
					"$100.00 as assumed month-to-month: nothing allowed is cheaper than that."), "0.00"},
		{"the cheapest is not allowed", nil, running, []string{price(fiveYears, noUpfront, "0", "50"), price(oneYear, noUpfront, "0", "100")},
			recommended(no1, "100.00", 10000, false,
				"1 year, no upfront is the only priced option that is allowed: at 8% a year it is worth $100.00 at the start of each month, "+
					"against $100.00 as assumed month-to-month: nothing allowed is cheaper than that."), "0.00"},
		{"more expensive than month-to-month, which was recommended all the same: stay", only(fiveYears), running,
			[]string{price(fiveYears, noUpfront, "0", "150"), price(oneYear, noUpfront, "0", "100")},
			recommended(stays, "100.00", 10000, false,
				"No allowed option costs less than $100.00 a month, as assumed month-to-month: the cheapest, 5 years, no upfront, is worth "+
					"$150.00 at the start of each month at 8% a year."+noFreedom), "0.00"},
		{"a cent more expensive than what is assumed: stay", only(threeYears), running,
			[]string{price(threeYears, noUpfront, "0", "100.01"), price(oneYear, noUpfront, "0", "100")},
			recommended(stays, "100.00", 10000, false,
				"No allowed option costs less than $100.00 a month, as assumed month-to-month: the cheapest, 3 years, no upfront, is worth "+
					"$100.01 at the start of each month at 8% a year."+noFreedom), "0.00"},
		{"a cent cheaper than what is assumed: renew", only(threeYears), running,
			[]string{price(threeYears, noUpfront, "0", "99.99"), price(oneYear, noUpfront, "0", "100")},
			recommended(no3, "99.99", 9999, false,
				"3 years, no upfront is the only priced option that is allowed: at 8% a year it is worth $99.99 at the start of each month, "+
					"against $100.00 as assumed month-to-month."), "0.01"},
		{"as much as what is billed: stay", nil, billed900, []string{price(oneYear, noUpfront, "0", "900.00")},
			recommended(stays, "900.00", 90000, false,
				"No allowed option costs less than $900.00 a month, as billed month-to-month: the cheapest, 1 year, no upfront, is worth "+
					"$900.00 at the start of each month at 8% a year."+noFreedom), "0.00"},
		{"a cent less than what is billed: renew", nil, billed900, []string{price(oneYear, noUpfront, "0", "899.99")},
			recommended(no1, "899.99", 89999, false,
				"1 year, no upfront is the only priced option that is allowed: at 8% a year it is worth $899.99 at the start of each month, "+
					"against $900.00 as billed month-to-month."), "0.01"},
		{"what is billed is less than what would be assumed: stay", nil, billed900,
			[]string{price(oneYear, noUpfront, "0", "1000"), price(threeYears, allUpfront, "30000", "0")},
			recommended(stays, "900.00", 90000, false,
				"No allowed option costs less than $900.00 a month, as billed month-to-month: the cheapest, 3 years, all upfront, is worth "+
					"$930.25 at the start of each month at 8% a year."+noFreedom,
				switchAt("5.50", all3, stays)), "0.00"},
		{"staying needs no approval", func(c *config) { c.ApprovalLimitUSD = "0" }, billed900, []string{price(oneYear, noUpfront, "0", "1000")},
			recommended(stays, "900.00", 90000, false,
				"No allowed option costs less than $900.00 a month, as billed month-to-month: the cheapest, 1 year, no upfront, is worth "+
					"$1,000.00 at the start of each month at 8% a year."+noFreedom), "0.00"},
		{"what is billed, where nothing is assumed", nil, billed900, []string{price(oneYear, allUpfront, "6000", "0")},
			recommended(take(oneYear, allUpfront), "517.8247389482", 51782, false,
				"1 year, all upfront is the only priced option that is allowed: at 8% a year it is worth $517.82 at the start of each month, "+
					"against $900.00 as billed month-to-month."), "382.1752610518"},
		{"term not allowed", only(), running, three("300000", "150000", "9000"), nil, ""},
		{"option not allowed", func(c *config) { c.AllowedOptions = []string{"MOST_UPFRONT"} }, running, three("300000", "150000", "9000"), nil,
			""},
		{"nothing allowed is priced, whatever is billed", only(), billed900, three("300000", "150000", "9000"), nil, ""},
		{"nothing priced", nil, running, nil, nil, ""},
		{"given back", nil, bill("2026-12-31", sub("ORIGINAL", "CANCELLED", "2024-01-01", "2026-12-31", "0", "1")),
			three("300000", "150000", "9000"), nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAnalyst(t)
			if tc.change != nil {
				a = newAnalyst(t, tc.change)
			}
			f := enrich[audit.OutpostFacts](t, a, outpost("op-1", tc.billing, priced(tc.prices...)))
			if diff := cmp.Diff(tc.want, f.Recommended); diff != "" {
				t.Error(diff)
			}
			if f.CostOfInaction != tc.cost || (f.CostOfInactionCents == nil) != (tc.cost == "") || tc.cost != "" &&
				*f.CostOfInactionCents != dollars(string(tc.cost)).cents() {
				t.Errorf("cost of inaction: got %q, want %q", f.CostOfInaction, tc.cost)
			}
		})
	}
}
