package finance

import (
	stdcmp "cmp"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// TestBudgets: amounts are rounded once from the decimals that AWS sends; what cannot be read makes the section a gap, without which a
// run does.
func TestBudgets(t *testing.T) {
	budget := func(limit, actual string) string {
		return `{"BudgetName":"web","BudgetType":"COST","TimeUnit":"MONTHLY","ResourceIds":["port-1"],"BudgetLimit":` + limit +
			`,"CalculatedSpend":{"ActualSpend":` + actual + `}}`
	}
	usd := func(amount string) string { return `{"Amount":"` + amount + `","Unit":"USD"}` }
	use := func(limit, actual string, limitCents, actualCents int64) []audit.BudgetUse {
		return []audit.BudgetUse{{Name: "web", Type: "COST", Period: "MONTHLY", Resources: []string{"port-1"}, Unit: "USD",
			Limit: limit, LimitCents: limitCents, Actual: actual, ActualCents: actualCents}}
	}
	forecast := use("1.00", "0.00", 100, 0)
	cents := int64(410290)
	forecast[0].Forecast, forecast[0].ForecastCents = "4102.90", &cents
	for _, c := range []struct {
		name, budgets string
		want          []audit.BudgetUse
		gap           string // contains
	}{
		{"more than 30 decimals", budget(usd("20000.0"), usd("11310.070000000000618456397205591201782226562")), use("20000.00", "11310.07", 2000000, 1131007), ""},
		{"half a cent", budget(usd("0.005"), usd("0.0049999999999999999999999999999999999999")), use("0.01", "0.00", 1, 0), ""},
		{"a credit", budget(usd("1"), usd("-3.5")), use("1.00", "-3.50", 100, -350), ""},
		{"an exponent", budget(usd("1E+3"), usd("1.5E-7")), use("1000.00", "0.00", 100000, 0), ""},
		{"the forecast", strings.Replace(budget(usd("1"), usd("0")), `{"ActualSpend"`, `{"ForecastedSpend":`+usd("4102.9")+`,"ActualSpend"`, 1), forecast, ""},
		{"as long as an amount may be", budget(usd("1"), usd("0."+strings.Repeat("1", 1098))),
			use("1.00", "0.11", 100, 11), ""},
		{"as many decimals as there may be", budget(usd("1"), usd("1E-1100")), use("1.00", "0.00", 100, 0), ""},
		{"none", "", []audit.BudgetUse{}, ""},
		{"of savings plans", strings.Replace(budget("null", "null"), "COST", "SAVINGS_PLANS_COVERAGE", 1), []audit.BudgetUse{}, ""},
		{"one that is gone", `{"BudgetName":"old","Missing":true,"ResourceIds":["prod-1"]}`, []audit.BudgetUse{}, ""},
		{"no limit", budget("null", usd("1")), nil, `the budget "web": BudgetLimit: it has no amount`},
		{"nothing spent yet that is known", budget(usd("1"), "null"), nil, `ActualSpend: it has no amount`},
		{"a word", budget(usd("1"), usd("much")), nil, `ActualSpend: want an amount, and "much" came`},
		{"an endless exponent", budget(usd("1"), usd("1E-2000")), nil, `ActualSpend: an amount of 1E-2000 is out of range`},
		{"too much", budget(usd("1"), usd("1E15")), nil, `out of range`},
		{"too long", budget(usd("1"), usd(strings.Repeat("1", 1101))), nil, `an amount of 1101 characters`},
		{"two units", budget(usd("1"), `{"Amount":"1","Unit":"GB"}`), nil, `ActualSpend is in "GB", and BudgetLimit in "USD"`},
		{"no object", "7", nil, "related.budgets"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &audit.Resource{Kind: audit.KindProduct, ID: "prod-1", Related: map[string]json.RawMessage{
				"budgets": json.RawMessage(`{"Budgets":[` + c.budgets + `]}`)}}
			if err := newAnalyst(t).Enrich(r); err != nil {
				t.Fatal(err)
			}
			var f audit.CatalogueFacts
			if err := json.Unmarshal(r.Facts, &f); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, f.Budgets); diff != "" {
				t.Errorf("budgets (-want +got):\n%s", diff)
			}
			gap, is := r.Gaps["budgets"]
			if is != (c.gap != "") || is && (!gap.Optional || !strings.Contains(gap.Message, c.gap)) {
				t.Errorf("gap %+v, want %q", gap, c.gap)
			}
		})
	}
}

// TestBudgetReadTwice: of two readings of one budget the one with more spent counts, whichever comes first.
func TestBudgetReadTwice(t *testing.T) {
	reading := func(cents int64) *budgetGroup {
		return &budgetGroup{Account: "1", Use: audit.BudgetUse{Name: "web", LimitCents: 100, ActualCents: cents}}
	}
	for _, order := range [][2]int64{{1, 2}, {2, 1}, {2, 2}} {
		var g budgetGroup
		g.merge(reading(order[0]))
		g.merge(reading(order[1]))
		if g.Use.ActualCents != 2 {
			t.Errorf("%d spent, then %d: %d", order[0], order[1], g.Use.ActualCents)
		}
	}
}

// TestFullestBudgets orders budgets by how full they are, those without a limit first, whatever was spent or credited.
func TestFullestBudgets(t *testing.T) {
	of := func(name string, limit, actual int64) *budgetGroup {
		return &budgetGroup{Account: "1", Use: audit.BudgetUse{Name: name, LimitCents: limit, ActualCents: actual}}
	}
	want := []*budgetGroup{of("a", 0, 0), of("b", 0, -5), of("c", 0, 7), of("d", 3, 4), of("e", 3, 3), of("f", 7, 7), of("g", 100, 1),
		of("h", 1, 0), of("i", 100, -1), of("j", 1, -1)}
	for i, a := range want {
		for j, b := range want {
			if got := a.compare(b); got != stdcmp.Compare(i, j) {
				t.Errorf("%s against %s: %d", a.Use.Name, b.Use.Name, got)
			}
		}
	}
}

// TestBudgetsOfAnEstate: each budget stands once, with all that it is of, the fullest first, whatever the order and however the estate
// was cut; there are never more than there is room for.
func TestBudgetsOfAnEstate(t *testing.T) {
	product := func(account, region, id string, budgets ...string) *audit.Resource {
		r := &audit.Resource{Kind: audit.KindProduct, ID: id, Account: account, Region: region}
		r.Related = map[string]json.RawMessage{"budgets": json.RawMessage(`{"Budgets":[` + strings.Join(budgets, ",") + `]}`)}
		return r
	}
	budget := func(name, unit, limit, actual, of string) string {
		return fmt.Sprintf(`{"BudgetName":%q,"BudgetType":"COST","TimeUnit":%q,"ResourceIds":["%s"],"BudgetLimit":{"Amount":%q,"Unit":"USD"},`+
			`"CalculatedSpend":{"ActualSpend":{"Amount":%q,"Unit":"USD"}}}`, name, unit, strings.ReplaceAll(of, ",", `","`), limit, actual)
	}
	gap := product("1", "a", "prod-9")
	gap.Related, gap.Gaps = nil, map[string]audit.Gap{"budgets": {Operation: "DescribeBudgets", Reason: audit.ReasonAccessDenied, Optional: true}}
	all := []*audit.Resource{
		product("1", "a", "prod-1", budget("web", "MONTHLY", "300", "100", "prod-1,port-1"), budget("full", "ANNUALLY", "10", "10.00", "prod-1")),
		product("1", "b", "prod-2", budget("web", "MONTHLY", "300", "100", "prod-2,port-1")),
		product("2", "a", "prod-3", budget("web", "DAILY", "10", "10.01", "prod-3"), budget("nothing", "QUARTERLY", "0", "0.01", "port-3")),
		product("2", "a", "prod-4"), gap,
		product("2", "b", "prod-5", budget("new", "HOURLY", "1", "-0.5", "prod-5")),
	}
	number := func(s string) *json.Number { n := json.Number(s); return &n }
	want := &audit.Budgets{Unread: 1, List: []audit.Budget{
		{Account: "2", Name: "nothing", Type: "COST", TimeUnit: "QUARTERLY", Per: "quarter", Unit: "USD", Limit: "0.00", Actual: "0.01", Over: true,
			Resources: []string{"port-3"}},
		{Account: "2", Name: "web", Type: "COST", TimeUnit: "DAILY", Per: "day", Unit: "USD", Limit: "10.00", Actual: "10.01", Over: true,
			Percent: number("100.1"), Resources: []string{"prod-3"}},
		{Account: "1", Name: "full", Type: "COST", TimeUnit: "ANNUALLY", Per: "year", Unit: "USD", Limit: "10.00", Actual: "10.00",
			Percent: number("100"), Resources: []string{"prod-1"}},
		{Account: "1", Name: "web", Type: "COST", TimeUnit: "MONTHLY", Per: "month", Unit: "USD", Limit: "300.00", Actual: "100.00",
			Percent: number("33.333333"), Resources: []string{"port-1", "prod-1", "prod-2"}},
		{Account: "2", Name: "new", Type: "COST", TimeUnit: "HOURLY", Unit: "USD", Limit: "1.00", Actual: "-0.50", Percent: number("-50"),
			Resources: []string{"prod-5"}},
	}}
	for cut := range len(all) + 1 {
		whole, other := newAnalyst(t).NewEstate(nil), newAnalyst(t).NewEstate(nil)
		for i := range all {
			r := *all[(i+cut)%len(all)] // enriching sets its facts
			e := whole
			if i < cut {
				e = other
			}
			if err := e.Enrich(&r); err != nil {
				t.Fatal(err)
			}
		}
		b, err := other.ProductGroups()
		if err == nil {
			err = whole.AddProductGroups(b)
		}
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, whole.Budgets()); d != "" {
			t.Errorf("cut at %d: %s", cut, d)
		}
	}
	many := newAnalyst(t).NewEstate(nil)
	for i := range maxBudgets + 1 {
		if err := many.Enrich(product("1", "a", fmt.Sprint("prod-", i), budget(fmt.Sprint("b", i), "MONTHLY", "1", "1", fmt.Sprint("prod-", i)))); err != nil {
			t.Fatal(err)
		}
		if i == maxBudgets-1 && many.Budgets().More {
			t.Fatal("there are more")
		}
	}
	if have := many.Budgets(); len(have.List) != maxBudgets || !have.More {
		t.Errorf("%d, more %t", len(have.List), have.More)
	}
}
