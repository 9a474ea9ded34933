package audit

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/internal/inline"
)

// billed is a report of one Outpost with that difference and one product.
func billed(difference *int64, p ProductCost, sources ...BillingSource) *Report {
	return &Report{
		Renewals: NewList(inline.Of(Renewal{Resource: ResourceRef{ID: "op-1", Account: "1"}, OutpostFacts: OutpostFacts{BilledDifferenceCents: difference}})),
		Billing:  &Billing{Sources: sources, Products: []ProductCost{p}},
	}
}

func TestBill(t *testing.T) {
	cents := func(n int64) *int64 { return &n }
	final, open := BillingSource{Period: "2026-10", Final: true}, BillingSource{Period: "2026-11"}
	none := ProductCost{}
	product := ProductCost{ARN: "arn:aws:servicecatalog:r:1:stack/web/pp-1", Account: "1", Currency: "USD", Status: "ERROR",
		Periods: map[string]string{"2026-10": "12.05", "2026-11": "99.00"}}
	with := func(change func(*ProductCost)) ProductCost {
		p := product
		change(&p)
		return p
	}
	for name, tt := range map[string]struct {
		report *Report
		want   []string
	}{
		"no bill":       {&Report{}, nil},
		"nothing final": {billed(cents(5), product, open), []string{"The bill: no month is final yet"}},
		"nothing differs": {billed(cents(0), none, final, open), []string{
			"Billed for Outposts up to 2026-10: nothing differs from the contracts", "Billed in 2026-10: nothing for broken products"}},
		"more": {billed(cents(123456), product, final), []string{
			"Billed for Outposts up to 2026-10: $1,234.56 more than the contract", "Billed in 2026-10: $12.05 for broken products"}},
		"less, of a product that is gone": {billed(cents(-1), with(func(p *ProductCost) { p.Status, p.Why = "", WhyGone }), final), []string{
			"Billed for Outposts up to 2026-10: $0.01 less than the contract", "Billed in 2026-10: $12.05 for gone products"}},
		"unknown": {billed(nil, with(func(p *ProductCost) { p.Why = WhyTagInactive }), final), []string{
			"Billed for Outposts up to 2026-10: nothing differs from the contracts (1 Outpost cannot be told)",
			"Billed in 2026-10: nothing for broken products (1 product cannot be told)"}},
		"a product that works": {billed(cents(0), with(func(p *ProductCost) { p.Status = "AVAILABLE" }), final), []string{
			"Billed for Outposts up to 2026-10: nothing differs from the contracts", "Billed in 2026-10: nothing for broken products"}},
		"a broken product that costs nothing": {billed(cents(0), with(func(p *ProductCost) { p.Periods = nil }), final), []string{
			"Billed for Outposts up to 2026-10: nothing differs from the contracts", "Billed in 2026-10: nothing for broken products"}},
		"another currency": {billed(cents(0), with(func(p *ProductCost) { p.Currency = "EUR" }), final), []string{
			"Billed for Outposts up to 2026-10: nothing differs from the contracts", "Billed in 2026-10: nothing for broken products"}},
	} {
		t.Run(name, func(t *testing.T) {
			bill, err := tt.report.Bill()
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, bill.Lines()); d != "" {
				t.Error(d)
			}
			for _, item := range bill.Largest() {
				if item.Cents <= 0 {
					t.Errorf("%+v is among the largest", item)
				}
			}
		})
	}
}

// TestBillLargest: the largest stand first, five of each, whichever way an Outpost differs.
func TestBillLargest(t *testing.T) {
	r := &Report{Billing: &Billing{Sources: []BillingSource{{Period: "2026-10", Final: true}}}}
	var renewals []Renewal
	for _, c := range []int64{1, -7, 3, 2, 0, -9, 4} {
		renewals = append(renewals, Renewal{OutpostFacts: OutpostFacts{BilledDifferenceCents: &c}})
	}
	for i, after := range map[int]int64{3: 1, 6: 4} { // in part, and all of it
		renewals[i].BilledAfterEndCents = &after
	}
	r.Renewals = NewList(inline.Of(renewals...))
	for _, cost := range []string{"0.01", "0.06", "0.03", "0.02", "0.05", "0.04", "0.00", "-1.00"} {
		r.Billing.Products = append(r.Billing.Products, ProductCost{Currency: "USD", Status: "TAINTED", Periods: map[string]string{"2026-10": cost}})
	}
	have := []string{}
	bill, err := r.Bill()
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range bill.Largest() {
		have = append(have, item.Amount().Value+" "+item.What)
	}
	want := []string{"0.09 less than the contract", "0.07 less than the contract", "0.04 after the contract's end", "0.03 more than the contract",
		"0.02 more than the contract", "0.06 broken product", "0.05 broken product", "0.04 broken product", "0.03 broken product",
		"0.02 broken product"}
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
	if (*BillTotals)(nil).Largest() != nil {
		t.Error("no bill has something")
	}
}

// TestCostOfBrokenProducts holds what is shown first of what broken products cost: the number of the bill, or why it is not known.
func TestCostOfBrokenProducts(t *testing.T) {
	source := []BillingSource{{Payer: "111122223333", Period: "2026-10", Final: true}}
	cost := func(status, why, amount string) ProductCost {
		return ProductCost{ARN: "arn:" + status + amount, Status: Optional(status), Why: Optional(why), Currency: "USD", Periods: map[string]string{"2026-10": amount}}
	}
	for name, tt := range map[string]struct {
		bill *Billing
		want []Figure
	}{
		"no bill":     {nil, nil},
		"no month":    {&Billing{}, []Figure{{"Their cost", "not known", "no month is final yet", "what the broken ones cost is not known: no month is final yet"}}},
		"nothing":     {&Billing{Sources: source}, []Figure{{"Their cost in 2026-10", "$0.00", "", "the broken ones cost $0.00 in 2026-10"}}},
		"all untold":  {&Billing{Sources: source, Products: []ProductCost{cost("ERROR", WhyTagInactive, "")}}, []Figure{{"Their cost in 2026-10", "not known", "of 1 product", "what the broken ones cost in 2026-10 is not known"}}},
		"some untold": {&Billing{Sources: source, Products: []ProductCost{cost("ERROR", WhyTagInactive, ""), cost("TAINTED", "", "1234.50"), cost("AVAILABLE", "", "7.00")}}, []Figure{{"Their cost in 2026-10", "$1,234.50", "not known for 1", "the broken ones cost $1,234.50 in 2026-10, not known for 1"}}},
	} {
		r := Report{Run: Run{AsOf: "2026-11-20T09:00:00Z"}, Products: &Products{Total: 9, Broken: 2}, Billing: tt.bill}
		got, err := r.ProductFigures()
		if err != nil || len(got) < 2 || got[0].Name != "Broken now" {
			t.Fatalf("%s: %v", name, got)
		}
		if d := cmp.Diff(append(append([]Figure{got[0]}, tt.want...), Figure{"Causes", "0", "", "0 causes"}), got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
