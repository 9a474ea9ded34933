package tenor.service_catalog.over_budget_test

import data.tenor.service_catalog.over_budget as rule

_params := {"service_catalog": {"over_budget": {"percent": 100}}}

_budget(actual) := {
	"name": "web", "type": "COST", "period": "MONTHLY", "resources": ["prod-1", "port-1"], "unit": "USD", "limit": "100.00",
	"limit_cents": 10000, "actual": actual, "actual_cents": to_number(actual) * 100, "forecast": null, "forecast_cents": null,
}

_with(budgets) := {
	"kind": "service_catalog.product", "id": "prod-1", "name": "Web", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "AVAILABLE"}, "related": {"budgets": {"Budgets": []}}, "facts": {"budgets": budgets},
}

example := _with([_budget("100.01")])

test_reports_budget_above_its_limit if {
	rule.deny == {{
		"key": "web",
		"msg": "the budget web of port-1, prod-1 is at $100.01 of $100.00 (monthly)",
		"evidence": {"budget": {
			"name": "web", "type": "COST", "period": "MONTHLY", "resources": ["prod-1", "port-1"], "unit": "USD", "limit": "100.00",
			"actual": "100.01", "forecast": null,
		}},
		"command": ["aws", "servicecatalog", "list-budgets-for-resource", "--resource-id", "prod-1", "--region", "eu-central-1"],
	}} with input as example with data.tenor.params as _params
}

test_reports_each_budget if {
	others := [_budget("500"), object.union(_budget("200"), {"name": "platform", "period": null}), object.union(_budget("1"), {"name": "low"})]
	{d.key | some d in rule.deny} == {"web", "platform"} with input as _with(others) with data.tenor.params as _params
}

test_ignores_budget_on_its_limit if {
	every actual in ["100.00", "99.99", "0", "-5"] {
		rule.deny == set() with input as _with([_budget(actual)]) with data.tenor.params as _params
	}
}

test_goes_by_percent if {
	params := {"service_catalog": {"over_budget": {"percent": 80}}}
	count(rule.deny) == 1 with input as _with([_budget("80.01")]) with data.tenor.params as params
	rule.deny == set() with input as _with([_budget("80.00")]) with data.tenor.params as params
	rule.deny == set() with input as _with([_budget("79.99")]) with data.tenor.params as params
}

test_reports_what_is_spent_of_a_limit_of_nothing if {
	budget := object.union(_budget("0.01"), {"limit": "0.00", "limit_cents": 0})
	count(rule.deny) == 1 with input as _with([budget]) with data.tenor.params as _params
	unspent := object.union(budget, {"actual": "0.00", "actual_cents": 0})
	rule.deny == set() with input as _with([unspent]) with data.tenor.params as _params
}

test_ignores_product_without_budgets if {
	rule.deny == set() with input as _with([]) with data.tenor.params as _params
	rule.deny == set() with input as _with(null) with data.tenor.params as _params
	rule.deny == set() with input as json.remove(example, ["facts"]) with data.tenor.params as _params
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "service_catalog.portfolio"}) with data.tenor.params as _params
}
