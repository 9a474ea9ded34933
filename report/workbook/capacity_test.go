package workbook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// TestCapacity holds the sheet Capacity to the report: a row for each Outpost that is not another account's, which says where nothing
// was read, and a link to it from the decision that it bears on.
func TestCapacity(t *testing.T) {
	r, rs := fullReport(1)
	f := written(t, r, rs)
	row, want, at := 1, []string{}, map[string]string{}
	for _, v := range renewalsOf(&r) {
		rn := &v
		if rn.Shared {
			continue
		}
		row++
		known, idle := "not read", ""
		if rn.Capacity != nil {
			known, idle = "read", fmt.Sprint(rn.Capacity.Idle)
			at[rn.Resource.ID] = fmt.Sprint("'Capacity'!A", row)
		}
		want = append(want, strings.Join([]string{rn.Resource.ID, known, idle, strings.TrimRight(string(rn.IdleMonthly), "0.")}, " "))
	}
	cell := func(sheet, head string, row int) string { return column(t, f, sheet, head, 1) + fmt.Sprint(row) }
	value := func(sheet, head string, row int) string { return rawValue(t, f, sheet, cell(sheet, head, row)) }
	var got []string
	for n := 2; n <= row; n++ {
		share := strings.TrimRight(value("Capacity", "Idle share per month", n), "0.")
		got = append(got, strings.Join([]string{value("Capacity", "Outpost ID", n), value("Capacity", "Capacity is", n), value("Capacity", "Idle", n), share}, " "))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the rows (-want +got):\n%s", diff)
	}
	for n, linked := 2, 0; ; n++ {
		id := value("Decisions", "Outpost ID", n)
		if id == "" {
			if linked == 0 {
				t.Error("no decision leads to Capacity: it tests nothing")
			}
			return
		}
		ok, link, err := f.GetCellHyperLink("Decisions", cell("Decisions", "Paid for idle slots per month", n))
		if err != nil {
			t.Fatal(err)
		}
		if want, has := at[id]; ok != has || strings.TrimPrefix(link, "#") != want {
			t.Errorf("the decision on %s leads to %q, want %q", id, link, want)
		}
		linked++
	}
}

// TestCapacityWords holds what a row says of the time over which slots are idle, and of how much of that is known.
func TestCapacityWords(t *testing.T) {
	three := 3
	c5 := func(peak *int) []audit.FamilyCapacity {
		return []audit.FamilyCapacity{{Family: "c5", Slots: 8, Used: 2, Idle: 5, Peak: peak}}
	}
	for _, c := range []struct {
		name string
		of   *audit.Capacity
		want string // Capacity is, Idle in, Most used, Perhaps idle, By instance family
	}{
		{"not read", nil, "not read||||"},
		{"without CloudWatch", &audit.Capacity{Families: c5(nil)}, "read|the snapshot|||c5 5 of 8 idle"},
		{"with", &audit.Capacity{Families: c5(&three), History: &audit.CapacityHistory{Days: 30}}, "read|30 days|3|0|c5 5 of 8 idle, at most 3 used"},
		{"with a day", &audit.Capacity{Families: c5(&three), History: &audit.CapacityHistory{Days: 1}}, "read|1 day|3|0|c5 5 of 8 idle, at most 3 used"},
		{"in part", &audit.Capacity{Families: c5(nil), History: &audit.CapacityHistory{Days: 30, Unknown: 1}}, "known in part|30 days||1|c5 5 of 8 idle"},
		{"denied", &audit.Capacity{Families: c5(nil), History: &audit.CapacityHistory{Unknown: 6}}, "known in part|CloudWatch was not read||6|c5 5 of 8 idle"},
		{"without slots", &audit.Capacity{Unknown: 1, Families: c5(nil)}, "known in part|the snapshot|||c5 5 of 8 idle"},
	} {
		row := &used{Renewal: &audit.Renewal{OutpostFacts: audit.OutpostFacts{Capacity: c.of}}}
		var got []string
		for _, head := range []string{"Capacity is", "Idle in", "Most used", "Perhaps idle", "By instance family"} {
			for _, col := range capacityColumns() {
				if col.Head == head {
					got = append(got, col.Of(row))
				}
			}
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
}

// TestCatalogueBudgets holds the row of a product to its budgets: the fullest in columns, all of them in words.
func TestCatalogueBudgets(t *testing.T) {
	budget := func(name, unit string, actual, limit int64) audit.BudgetUse {
		return audit.BudgetUse{Name: name, Type: "COST", Period: "MONTHLY", Unit: unit, ActualCents: actual, LimitCents: limit,
			Actual: decimal.New(actual, -2).StringFixed(2), Limit: decimal.New(limit, -2).StringFixed(2), Forecast: "9.00"}
	}
	for _, c := range []struct {
		name    string
		budgets []audit.BudgetUse
		want    string
	}{
		{"not read", nil, "|||||"},
		{"none", []audit.BudgetUse{}, "|||||"},
		{"on its limit", []audit.BudgetUse{budget("a", "USD", 1000, 1000)},
			"a|1|10.00|9.00|10.00|a: $10.00 of $10.00, forecast $9.00 (monthly)"},
		{"the fullest of two", []audit.BudgetUse{budget("a", "USD", 900, 1000), budget("b", "USD", 1001, 1000)},
			"b|1.001|10.01|9.00|10.00|a: $9.00 of $10.00, forecast $9.00 (monthly), b: $10.01 of $10.00, forecast $9.00 (monthly)"},
		{"of no money", []audit.BudgetUse{budget("a", "GB", 500, 1000)}, "a|0.5||||a: 5.00 GB of 10.00 GB, forecast 9.00 GB (monthly)"},
		{"without a limit", []audit.BudgetUse{budget("a", "USD", 0, 0)}, "a|0|0.00|9.00|0.00|a: $0.00 of $0.00, forecast $9.00 (monthly)"},
	} {
		facts, err := audit.EncodeJSON(audit.CatalogueFacts{Budgets: c.budgets})
		if err != nil {
			t.Fatal(err)
		}
		p, err := newCatalogueProduct(&audit.Resource{Kind: audit.KindProduct, ID: "prod-1", Facts: facts})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, head := range []string{"Fullest budget", "Spent of it", "Actual spend", "Forecast spend", "Budget limit", "Its budgets and those of its portfolios"} {
			for _, col := range catalogueColumns() {
				if col.Head == head {
					got = append(got, col.Of(p))
					if look := col.Look; head == "Spent of it" && (look(p) == xlsx.Bad) != (c.name == "the fullest of two") {
						t.Errorf("%s: another look", c.name)
					}
				}
			}
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
}

// TestPortfoliosShowTheirBudgets: a portfolio has the budgets that are of it, in its own account, and no other.
func TestPortfoliosShowTheirBudgets(t *testing.T) {
	budgets := &audit.Budgets{List: []audit.Budget{
		{Account: "1", Name: "web", Unit: "USD", Limit: "100.00", Actual: "120.00", Forecast: "130.00", TimeUnit: "MONTHLY", Resources: []string{"port-1", "prod-1"}},
		{Account: "1", Name: "all", Unit: "USD", Limit: "5.00", Actual: "1.00", Resources: []string{"port-1", "port-2"}},
		{Account: "2", Name: "other", Unit: "USD", Limit: "5.00", Actual: "1.00", Resources: []string{"port-1"}},
	}}
	var cell func(*portfolio) string
	for _, c := range portfolioColumns() {
		if c.Head == "Budgets" {
			cell = c.Of
		}
	}
	for _, tc := range []struct {
		id, account string
		budgets     *audit.Budgets
		want        string
	}{
		{"port-1", "1", budgets, "web: $120.00 of $100.00, forecast $130.00 (monthly), all: $1.00 of $5.00"},
		{"port-2", "1", budgets, "all: $1.00 of $5.00"},
		{"port-3", "1", budgets, ""},
		{"port-1", "2", budgets, "other: $1.00 of $5.00"},
		{"port-1", "1", nil, ""}, // a report of before there were any
	} {
		p, err := portfolioReader(tc.budgets)(&audit.Resource{Kind: audit.KindPortfolio, ID: tc.id, Account: tc.account})
		if err != nil {
			t.Fatal(err)
		}
		if have := cell(p); have != tc.want {
			t.Errorf("%s in %s: %q, want %q", tc.id, tc.account, have, tc.want)
		}
	}
}
