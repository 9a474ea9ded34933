package collector

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/internal/awssim"
)

// budgetEstate is a hub in two regions with two products, of which the first is in a portfolio with a budget; budgets are the account's.
func budgetEstate(t *testing.T, budgets string) *awssim.Estate {
	product := func(id string) string {
		return fmt.Sprintf(`{"product": {"ProductViewSummary": {"ProductId": %q}, "ProductARN": "arn:aws:catalog:${region}:${account}:product/%s"}}`, id, id)
	}
	return estate(t, `{"accounts": [{"id": "111122223333", "name": "plant", "email": "plant@example.com", "unit": "r-abcd", "budgets": [`+budgets+`]}], "scopes": [
 {"accounts": ["111122223333"], "regions": ["eu-central-1", "eu-west-1"], "products": [`+product("prod-1")+`,`+product("prod-2")+`],
  "portfolios": [{"portfolio": {"Id": "port-1"}, "products": ["prod-1"]}, {"portfolio": {"Id": "port-2"}, "products": ["prod-1", "prod-2"]}]}]}`)
}

const (
	longTail = `"11310.070000000000618456397205591201782226562"`
	budgetA  = `{"of": ["port-1"], "budget": {"BudgetName": "a", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "1.0", "Unit": "USD"},
  "CalculatedSpend": {"ActualSpend": {"Amount": ` + longTail + `, "Unit": "USD"}}, "CostFilters": {}, "LastUpdatedTime": "now-1h"}}`
	budgetB = `{"of": ["prod-1", "port-1"], "budget": {"BudgetName": "b", "BudgetType": "USAGE"}}`
	budgetC = `{"of": [], "budget": {"BudgetName": "c"}}`
)

// TestBudgets: a product has its own budgets and those of its portfolios, read page by page; AWS Budgets is asked once for both regions.
func TestBudgets(t *testing.T) {
	sim := simulate(t, awssim.Options{Estate: budgetEstate(t, budgetA+","+budgetB+","+budgetC), PageSize: 1})
	o := optionsFor(t, sim, plant)
	o.Regions = []string{"eu-central-1", "eu-west-1"}
	s := collected(t, o)
	if got := unread(s); len(got) > 0 {
		t.Fatalf("not read: %v", got)
	}
	got := map[string]string{}
	for _, r := range resources(t, s) {
		if section, ok := r.Related["budgets"]; ok {
			got[r.Region+" "+r.ID] = string(section)
		}
	}
	both := `{"Budgets":[{"BudgetName":"a","BudgetType":"COST","TimeUnit":"MONTHLY","BudgetLimit":{"Amount":"1.0","Unit":"USD"},"CalculatedSpend":` +
		`{"ActualSpend":{"Amount":` + longTail + `,"Unit":"USD"}},"ResourceIds":["port-1"]},{"BudgetName":"b","BudgetType":"USAGE","ResourceIds":["prod-1","port-1"]}]}`
	want := map[string]string{"eu-central-1 prod-1": both, "eu-west-1 prod-1": both, "eu-central-1 prod-2": `{"Budgets":[]}`, "eu-west-1 prod-2": `{"Budgets":[]}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("budgets (-want +got):\n%s", diff)
	}
	pages := map[string]int{}
	for _, q := range sim.Requests() {
		if q.Operation == "DescribeBudgets" {
			pages[q.Region+" "+q.Params["AccountId"]]++
		}
	}
	if diff := cmp.Diff(map[string]int{"us-east-1 111122223333": 3}, pages); diff != "" {
		t.Errorf("pages of DescribeBudgets (-want +got):\n%s", diff)
	}
}

// TestNoBudgets: where nothing has one, neither AWS Budgets nor the portfolios of products are asked for.
func TestNoBudgets(t *testing.T) {
	sim := simulate(t, awssim.Options{Estate: budgetEstate(t, budgetC)})
	s := collected(t, optionsFor(t, sim, plant))
	if got := string(resource(t, s, "prod-1").Related["budgets"]); got != `{"Budgets":[]}` {
		t.Errorf("budgets %s", got)
	}
	asked := map[string]int{}
	for _, q := range sim.Requests() {
		if slices.Contains([]string{"ListBudgetsForResource", "ListPortfoliosForProduct", "DescribeBudgets"}, q.Operation) {
			asked[q.Operation]++
		}
	}
	if diff := cmp.Diff(map[string]int{"ListBudgetsForResource": 4}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// TestBudgetsSpoiled: what of them cannot be read is a gap of the products that it may be of, and no gap of the run.
func TestBudgetsSpoiled(t *testing.T) {
	denied := func(operation string) awssim.Fault {
		return awssim.Fault{Operation: operation, Kind: awssim.FaultAccessDenied}
	}
	for _, c := range []struct {
		name   string
		budget string
		fault  awssim.Fault
		want   []string // "product: the section", by product
	}{
		{"ListBudgetsForResource denied", budgetA, denied("ListBudgetsForResource"),
			[]string{"prod-1: gap ListBudgetsForResource access_denied", "prod-2: gap ListBudgetsForResource access_denied"}},
		{"ListPortfoliosForProduct denied", budgetA, denied("ListPortfoliosForProduct"),
			[]string{"prod-1: gap ListPortfoliosForProduct access_denied", "prod-2: gap ListPortfoliosForProduct access_denied"}},
		{"DescribeBudgets denied", budgetA, denied("DescribeBudgets"), []string{"prod-1: gap DescribeBudgets access_denied", `prod-2: {"Budgets":[]}`}},
		{"DescribeBudgets without its list", budgetA, awssim.Fault{Operation: "DescribeBudgets", Kind: awssim.FaultMissingList},
			[]string{"prod-1: gap DescribeBudgets malformed", `prod-2: {"Budgets":[]}`}},
		{"an error on page two", budgetC + "," + budgetA, awssim.Fault{Operation: "DescribeBudgets", Kind: awssim.FaultServerError, After: 2},
			[]string{"prod-1: gap DescribeBudgets error", `prod-2: {"Budgets":[]}`}},
		{"a budget without a name", budgetA, awssim.Fault{Operation: "ListBudgetsForResource", Kind: awssim.FaultNullItem},
			[]string{"prod-1: gap ListBudgetsForResource malformed", "prod-2: gap ListBudgetsForResource malformed"}},
		{"the portfolios denied", budgetC, denied("ListPortfolios"), []string{`prod-1: {"Budgets":[]}`, `prod-2: {"Budgets":[]}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			size := map[bool]int{true: 1}[c.fault.After > 0]
			s := collected(t, optionsFor(t, simulate(t, awssim.Options{Estate: budgetEstate(t, c.budget), Faults: []awssim.Fault{c.fault}, PageSize: size}), plant))
			var got []string
			for _, id := range []string{"prod-1", "prod-2"} {
				r := resource(t, s, id)
				section := string(r.Related["budgets"])
				if gap, ok := r.Gaps["budgets"]; ok {
					section = strings.TrimSpace(fmt.Sprintf("gap %s %s %s", gap.Operation, gap.Reason, section))
				}
				got = append(got, id+": "+section)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(gaps(s)) > 0 || len(unread(s)) == 0 {
				t.Errorf("not read: %v", unread(s))
			}
		})
	}
}
