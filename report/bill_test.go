package report

import (
	"fmt"
	"strings"

	"tenor/audit"
	"tenor/internal/inline"
)

// billReport has a bill: Outposts that differ either way, one that cannot be told, and products that are broken or gone.
func billReport() audit.Report {
	hostile := strings.ToValidUTF8(hostile, "?") // as report.json can hold it
	r := emptyReport()
	var renewals []audit.Renewal
	for i, cents := range []int64{900_000, -5, 12, 100, -2_000_00, 7, 0} {
		ref := audit.ResourceRef{Kind: audit.KindOutpost, ID: fmt.Sprintf("op-%d", i), Account: acctProd, Region: "eu-central-1"}
		if i == 0 {
			ref.Name = hostile
		}
		f := audit.OutpostFacts{HasBilling: true, ContractState: audit.StateRunning,
			BilledDifference: audit.Optional(audit.CentsToMoney(cents).Value), BilledDifferenceCents: &cents}
		renewals = append(renewals, audit.Renewal{Resource: ref, OutpostFacts: f})
	}
	r.Renewals = audit.NewList(inline.Of(append(renewals,
		audit.Renewal{Resource: audit.ResourceRef{Kind: audit.KindOutpost, ID: "op-unread", Account: acctEdge, Region: "eu-west-1"}},
		audit.Renewal{Resource: audit.ResourceRef{Kind: audit.KindOutpost, ID: "op-shared", Account: acctEdge, Region: "eu-west-1"},
			OutpostFacts: audit.OutpostFacts{Shared: true}})...))
	product := func(name, status, why, cost string) audit.ProductCost {
		return audit.ProductCost{ARN: "arn:aws:servicecatalog:eu-west-1:" + acctEdge + ":stack/" + name + "/pp-1", Account: acctEdge,
			Status: audit.Optional(status), Why: audit.Optional(why), Currency: "USD", Services: []string{"AmazonEC2"},
			Periods: map[string]string{"2026-09": "1.00", "2026-10": cost}}
	}
	row := func(period, outpost, billed, expected, difference string, status audit.BillStatus) audit.OutpostBill {
		return audit.OutpostBill{Period: period, Final: period < "2026-11", Account: acctProd, Region: "eu-central-1", Outpost: audit.Optional(outpost),
			MatchedBy: "resource", Billed: audit.Optional(billed), Net: audit.Optional(billed), Expected: audit.Optional(expected),
			Difference: audit.Optional(difference), Currency: "USD", Status: status}
	}
	sum := row("2026-10", "", "300.00", "200.00", "100.00", audit.BillDiffers)
	untold := row("2026-11", "op-0", "9000.00", "9000.00", "0.00", audit.BillCannotTell)
	untold.Why = audit.WhyNotFinal
	r.Billing = &audit.Billing{
		Sources: []audit.BillingSource{
			{Payer: acctProd, Period: "2026-10", Format: "FOCUS 1.2", Final: true, Lines: 12, Manifest: "metadata/m.json"},
			{Payer: acctProd, Period: "2026-11", Format: "FOCUS 1.2", Lines: 3, Manifest: "metadata/m.json"},
		},
		Outposts: []audit.OutpostBill{
			row("2026-09", "op-0", "9000.00", "9000.00", "0.00", audit.BillEqual),
			row("2026-10", "op-0", "18000.00", "9000.00", "9000.00", audit.BillDiffers), untold,
		},
		AccountRegions: []audit.OutpostBill{sum},
		Unmatched: []audit.UnmatchedCharge{
			{Period: "2026-10", Final: true, Account: acctProd, Region: "eu-central-1", Outpost: audit.Optional(hostile), Billed: "55.50", Currency: "USD",
				Why: audit.WhyNoContract},
			{Period: "2026-10", Final: true, Account: acctEdge, Region: "eu-west-1", Billed: "1.00", Currency: "USD", Why: audit.WhyNotCollected},
			{Period: "2026-11", Account: acctProd, Region: "eu-central-1", Billed: "7.00", Currency: "USD", Why: audit.WhyNoContract},
		},
		Products: []audit.ProductCost{
			product("web", "TAINTED", "", "450.10"), product("old", "", audit.WhyGone, "12.00"), product(hostile, "ERROR", "", "20.00"),
			product("fine", "AVAILABLE", "", "99.00"), product("unread", "ERROR", audit.WhyTagInactive, ""),
		},
	}
	r.Products = fixtureProducts()
	r.Products.Causes[0].CostPerMonth, r.Products.Causes[0].CostUnknown = "1470.10", 2
	r.Products.Causes[1].CostUnknown = 1
	free := r.Products.Causes[1]
	free.Cause.Cause, free.CostPerMonth, free.CostUnknown = "Throttling: Rate exceeded", "0.00", 0
	r.Products.Causes = append(r.Products.Causes, free)
	return r
}
