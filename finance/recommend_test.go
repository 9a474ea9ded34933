package finance

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

func TestRecommendation(t *testing.T) {
	three := func(upfront, partial, monthly string) []string {
		return []string{price(threeYears, allUpfront, upfront, "0"), price(threeYears, partialUpfront, partial, "4000"), price(threeYears, noUpfront, "0", monthly)}
	}
	for _, tc := range []struct {
		name   string
		change func(*config)
		prices []string
		want   *audit.Recommendation
		cost   audit.Optional // of inaction
	}{
		{"cheap money: pay later", func(c *config) { c.DiscountRate = "0.16" }, three("300000", "150000", "9000"), &audit.Recommendation{PaymentTerm: threeYears, PaymentOption: noUpfront,
			Reason: "THREE_YEARS NO_UPFRONT costs least of the 3 allowed options: at 16% a year it is worth 9,000.00 USD at the start of each month, against 9,000.00 month-to-month."}, "0.00"},
		{"no discount: pay least", func(c *config) { c.DiscountRate = "0" }, three("300000", "150000", "9000"), &audit.Recommendation{PaymentTerm: threeYears, PaymentOption: partialUpfront,
			Reason: "THREE_YEARS PARTIAL_UPFRONT costs least of the 3 allowed options: at 0% a year it is worth 8,166.67 USD at the start of each month, against 9,000.00 month-to-month."}, "833.3333333333"},
		{"above the limit", func(c *config) { c.DiscountRate = "0.035" }, three("290000", "170000", "9000"), &audit.Recommendation{PaymentTerm: threeYears, PaymentOption: allUpfront, NeedsApproval: true,
			Reason: "THREE_YEARS ALL_UPFRONT costs least of the 3 allowed options: at 3.5% a year it is worth 8,466.25 USD at the start of each month, against 9,000.00 month-to-month; its upfront of 290,000.00 USD is above the approval limit of 250,000.00."}, "944.4444444444"},
		{"at the limit", nil, []string{price(oneYear, allUpfront, "250000", "0")}, &audit.Recommendation{PaymentTerm: oneYear, PaymentOption: allUpfront,
			Reason: "ONE_YEAR ALL_UPFRONT is the only priced option that is allowed: at 8% a year it is worth 21,576.03 USD at the start of each month."}, ""},
		{"a cent above the limit", nil, []string{price(oneYear, allUpfront, "250000.01", "0")}, &audit.Recommendation{PaymentTerm: oneYear, PaymentOption: allUpfront, NeedsApproval: true,
			Reason: "ONE_YEAR ALL_UPFRONT is the only priced option that is allowed: at 8% a year it is worth 21,576.03 USD at the start of each month; its upfront of 250,000.01 USD is above the approval limit of 250,000.00."}, ""},
		{"the same month by month: the shorter", nil, []string{price(threeYears, noUpfront, "0", "100"), price(oneYear, noUpfront, "0", "100")}, &audit.Recommendation{PaymentTerm: oneYear, PaymentOption: noUpfront,
			Reason: "ONE_YEAR NO_UPFRONT costs least of the 2 allowed options: at 8% a year it is worth 100.00 USD at the start of each month, against 100.00 month-to-month."}, "0.00"},
		{"the same in all: the lower upfront", func(c *config) { c.DiscountRate = "0" }, []string{price(oneYear, allUpfront, "1200", "0"), price(oneYear, noUpfront, "0", "100")},
			&audit.Recommendation{PaymentTerm: oneYear, PaymentOption: noUpfront,
				Reason: "ONE_YEAR NO_UPFRONT costs least of the 2 allowed options: at 0% a year it is worth 100.00 USD at the start of each month, against 100.00 month-to-month."}, "0.00"},
		// By NPV over the months, three years would look cheaper only because later months are worth less.
		{"a longer term is not cheaper for being longer", nil, []string{price(oneYear, noUpfront, "0", "100"), price(threeYears, noUpfront, "0", "101")}, &audit.Recommendation{PaymentTerm: oneYear, PaymentOption: noUpfront,
			Reason: "ONE_YEAR NO_UPFRONT costs least of the 2 allowed options: at 8% a year it is worth 100.00 USD at the start of each month, against 100.00 month-to-month."}, "0.00"},
		{"the cheapest is not allowed", nil, []string{price(fiveYears, noUpfront, "0", "50"), price(oneYear, noUpfront, "0", "100")}, &audit.Recommendation{PaymentTerm: oneYear, PaymentOption: noUpfront,
			Reason: "ONE_YEAR NO_UPFRONT is the only priced option that is allowed: at 8% a year it is worth 100.00 USD at the start of each month, against 100.00 month-to-month."}, "0.00"},
		{"dearer than month-to-month", func(c *config) { c.AllowedTerms = []string{fiveYears} }, []string{price(fiveYears, noUpfront, "0", "150"), price(oneYear, noUpfront, "0", "100")}, &audit.Recommendation{PaymentTerm: fiveYears, PaymentOption: noUpfront,
			Reason: "FIVE_YEARS NO_UPFRONT is the only priced option that is allowed: at 8% a year it is worth 150.00 USD at the start of each month, against 100.00 month-to-month."}, "-50.00"},
		{"term not allowed", func(c *config) { c.AllowedTerms = nil }, three("300000", "150000", "9000"), nil, ""},
		{"option not allowed", func(c *config) { c.AllowedOptions = []string{"MOST_UPFRONT"} }, three("300000", "150000", "9000"), nil, ""},
		{"nothing priced", nil, nil, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAnalyst(t)
			if tc.change != nil {
				a = newAnalyst(t, tc.change)
			}
			f := enrich[audit.OutpostFacts](t, a, outpost("op-1", `{}`, priced(tc.prices...)))
			if diff := cmp.Diff(tc.want, f.Recommended); diff != "" {
				t.Error(diff)
			}
			if f.CostOfInaction != tc.cost || (f.CostOfInactionCents == nil) != (tc.cost == "") || tc.cost != "" && *f.CostOfInactionCents != dollars(string(tc.cost)).cents() {
				t.Errorf("cost of inaction: got %q, want %q", f.CostOfInaction, tc.cost)
			}
		})
	}
}
