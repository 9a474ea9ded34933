package workbook

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/inline"
)

// billReport has a bill: two Outposts that differ, a sum that cannot be split, charges without a contract, and products.
func billReport(t *testing.T) (audit.Report, []*audit.Resource) {
	t.Helper()
	hostile := strings.ToValidUTF8(hostile, "?")
	r := emptyReport()
	contract := func(id, name string, difference string, cents int64) {
		f := audit.OutpostFacts{HasBilling: true, ContractState: audit.StateRunning}
		if difference != "" {
			f.BilledDifference, f.BilledDifferenceCents = audit.Optional(difference), &cents
		}
		r.Renewals = audit.NewList(inline.Of(append(renewalsOf(&r), audit.Renewal{OutpostFacts: f, Resource: audit.ResourceRef{Kind: audit.KindOutpost,
			ID: id, Name: name, Account: "111122223333", Region: "eu-central-1"}})...))
	}
	contract("op-1", hostile, "9000.00", 900_000)
	contract("op-2", "fra-dc2", "-0.50", -50)
	contract("op-3", "not told", "", 0)
	row := func(period, outpost, billed, expected, difference string, status audit.BillStatus) audit.OutpostBill {
		return audit.OutpostBill{Period: period, Final: period < "2026-11", Account: "111122223333", Region: "eu-central-1",
			Outpost: audit.Optional(outpost), MatchedBy: "resource", Billed: audit.Optional(billed), Net: audit.Optional(billed),
			Expected: audit.Optional(expected), Difference: audit.Optional(difference), Currency: "USD", Status: status}
	}
	euro := row("2026-10", "op-3", "70.00", "80.00", "", audit.BillCannotTell)
	euro.Currency, euro.Why = "EUR", audit.WhyCurrency
	product := func(name, status, why, cost string) audit.ProductCost {
		return audit.ProductCost{ARN: "arn:aws:servicecatalog:eu-central-1:111122223333:stack/" + name + "/pp-" + name, Account: "111122223333",
			Status: audit.Optional(status), Why: audit.Optional(why), Currency: "USD", Services: []string{"AmazonEC2", "AmazonRDS"},
			Periods: map[string]string{"2026-09": "1.00", "2026-10": cost}}
	}
	unmatched := func(period, outpost, billed, currency, why string) audit.UnmatchedCharge {
		return audit.UnmatchedCharge{Period: period, Final: period < "2026-11", Account: "111122223333", Region: "eu-central-1",
			Outpost: audit.Optional(outpost), Billed: audit.Optional(billed), Currency: currency, Why: why}
	}
	r.Billing = &audit.Billing{
		Sources: []audit.BillingSource{{Payer: "111122223333", Period: "2026-10", Final: true, Invoices: []audit.InvoiceTotal{
			{Invoice: audit.Optional(hostile), Currency: "USD", Lines: 3, Billed: "18205.50", Net: "18200.00"},
			{Invoice: "INV-2", Currency: "EUR", Lines: 1, Billed: "75.00", Net: "75.00"}}},
			{Payer: "111122223333", Period: "2026-11", Format: "FOCUS 1.0", Invoices: []audit.InvoiceTotal{{Currency: "USD", Lines: 2, Billed: "8.00"}}}},
		Outposts: []audit.OutpostBill{
			row("2026-10", "op-1", "18000.00", "9000.00", "9000.00", audit.BillDiffers),
			row("2026-10", "op-2", "99.50", "100.00", "-0.50", audit.BillDiffers), euro,
			row("2026-11", "op-1", "1.00", "9000.00", "-8999.00", audit.BillCannotTell),
		},
		AccountRegions: []audit.OutpostBill{row("2026-09", "", "300.00", "200.00", "100.00", audit.BillDiffers)},
		Unmatched: []audit.UnmatchedCharge{
			unmatched("2026-10", hostile, "55.50", "USD", audit.WhyNoContract), unmatched("2026-10", "", "5.00", "EUR", audit.WhyNoContract),
			unmatched("2026-10", "op-9", "1.00", "USD", audit.WhyNotCollected), unmatched("2026-11", "op-8", "7.00", "USD", audit.WhyNoContract),
		},
		Products: []audit.ProductCost{
			product("cheap", "ERROR", "", "20.00"), product("gone", "", audit.WhyGone, "600.00"), product("web", "TAINTED", "", "450.10"),
			product("fine", "AVAILABLE", "", "99.00"), product("credit", "ERROR", "", "-5.00"), product("untold", "ERROR", audit.WhyTagInactive, ""),
		},
	}
	facts, err := json.Marshal(audit.ProductFacts{BrokenSince: "2026-08-17T12:00:00Z", CostSinceBroken: "451.10"})
	if err != nil {
		t.Fatal(err)
	}
	r.Summary.Resources = map[string]int{audit.KindProvisionedProduct: 1}
	return r, []*audit.Resource{{Kind: audit.KindProvisionedProduct, ID: "pp-web", ARN: r.Billing.Products[2].ARN, Name: "web",
		Account: "111122223333", Region: "eu-central-1", Spec: json.RawMessage(`{"Status":"TAINTED"}`), Facts: facts}}
}

// TestBillSheets holds what the sheets of the bill say, what counts on them, and that they are there only with a bill.
func TestBillSheets(t *testing.T) {
	r, resources := billReport(t)
	f := written(t, r, resources)
	cell := func(sheet, cell string) string { return rawValue(t, f, sheet, cell) }
	column := func(sheet, col string, rows int) (cells []string) {
		for i := range rows {
			cells = append(cells, cell(sheet, col+string(rune('2'+i))))
		}
		return cells
	}
	for name, tt := range map[string]struct{ want, have []string }{
		"counts": {[]string{"no", "yes", "yes", "no", "no", "no", "no", "no"}, column(billSheet, "J", 8)},
		"the sums of Bill, and a month in euros": {[]string{"9100", "18099.5", "8999.5", "70.00 EUR"},
			[]string{cell(billSheet, "E10"), cell(billSheet, "F10"), cell(billSheet, "G10"), cell(billSheet, "F5")}},
		"an invoice": {[]string{"invoice total", "18205.50", "", "18200.00", "3"},
			[]string{cell(billSheet, "C6"), cell(billSheet, "F6"), cell(billSheet, "G6"), cell(billSheet, "H6"), cell(billSheet, "N6")}},
		"an invoice in euros": {[]string{"Invoice INV-2", "75.00 EUR"}, []string{cell(billSheet, "B7"), cell(billSheet, "F7")}},
		"no invoice yet":      {[]string{"No invoice id (FOCUS 1.0)", "8.00", "no"}, []string{cell(billSheet, "B9"), cell(billSheet, "F9"), cell(billSheet, "I9")}},
		"without a contract":  {[]string{"yes", "no", "no", "no"}, column(unexplainedSheet, "E", 4)},
		"its sum":             {[]string{"55.5"}, []string{cell(unexplainedSheet, "C6")}},
		"products, ranked": {[]string{"web/pp-web", "cheap/pp-cheap", "credit/pp-credit", "gone/pp-gone",
			"untold/pp-untold"}, column(brokenSheet, "A", 5)},
		"since it broke":      {[]string{"451.10"}, []string{cell(brokenSheet, "G2")}},
		"the tiles":           {[]string{"9000.00", "470.10", "55.50"}, []string{cell("Summary", "B11"), cell("Summary", "D11"), cell("Summary", "G11")}},
		"all checks do agree": {[]string{"1"}, []string{cell("Checks", "C3")}},
	} {
		if d := cmp.Diff(tt.want, tt.have); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for _, sheet := range written(t, emptyReport(), nil).GetSheetList() {
		if sheet == billSheet || sheet == unexplainedSheet || sheet == brokenSheet {
			t.Errorf("without a bill there is a sheet %s", sheet)
		}
	}
}

// TestCostOfCauses holds what Causes says of what its products cost, and how many products the sheets have no room for.
func TestCostOfCauses(t *testing.T) {
	r, resources := billReport(t)
	r.Summary.Resources[audit.KindProvisionedProduct] = 1
	r.Products = fixtureProducts(9)
	r.Products.Causes[0].CostPerMonth, r.Products.Causes[0].CostUnknown = "470.10", 2
	r.Products.Causes = append(r.Products.Causes, audit.ProductCause{Cause: audit.Cause{Cause: "other", Products: 1}, CostUnknown: 1})
	r.Products.Unlisted.Causes = 5
	f := written(t, r, resources)
	row := func(n string) (cells []string) {
		for _, col := range []string{"A", "B", "F", "G", "H"} {
			cells = append(cells, rawValue(t, f, "Causes", col+n))
		}
		return cells
	}
	for _, tt := range [][2][]string{
		{{"Cause", "Products", "Cost a month", "Cost not known", "Oldest"}, row("1")},
		{{"=AccessDenied: <arn>", "5", "470.10", "2", "46296"}, row("2")},
		{{"other", "1", "", "1", ""}, row("3")},
		{{"Total. 5 products more are in none of them: there was no room to tell them apart.", "", "470.1", "", ""}, row("4")},
		{{"3 products more are in none of them: there was no room to tell them apart."}, {rawValue(t, f, "Versions", "A3")}},
	} {
		if d := cmp.Diff(tt[0], tt[1]); d != "" {
			t.Error(d)
		}
	}
	if v := rawValue(t, f, "Owners", "A4"); v != "" {
		t.Errorf("all owners have room: %s", v)
	}
	r.Billing = nil
	if v := rawValue(t, written(t, r, resources), "Causes", "F1"); v != "Oldest" {
		t.Errorf("without a bill: %s", v)
	}
}

// TestBillCheckSeesAMissingRow: the report's differences are not those of the rows.
func TestBillCheckSeesAMissingRow(t *testing.T) {
	r, resources := billReport(t)
	r.Billing.Outposts = r.Billing.Outposts[1:]
	if v := rawValue(t, written(t, r, resources), "Checks", "C3"); v != "0" {
		t.Errorf("all agree: %s", v)
	}
}
