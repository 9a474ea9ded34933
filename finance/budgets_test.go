package finance

import (
	"encoding/json"
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
