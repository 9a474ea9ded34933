# METADATA
# scope: package
# title: Budget of a product is exceeded
# description: >-
#   What was launched from the product costs more than its budget, or that of a portfolio that it is in, allows. Fires when the actual spend
#   of the running period is above percent of the budget's limit; one finding a budget. Budgets of cost and of usage count, those of
#   savings plans and reservations do not. AWS Budgets brings the actual spend up to date up to three times a day.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/adminguide/catalogs_budgets.html
#     description: Managing budgets
# custom:
#   severity: medium
#   kinds: [service_catalog.product]
#   requires: [budgets]
#   params:
#     percent: {default: 100, description: Percent of the limit above which it is reported}
#   remediation: >-
#     Find out what the money was spent on: Cost Explorer shows it by the tags of Service Catalog, which the budget goes by. Whoever owns
#     the product decides whether the limit is too low or too much was launched. A budget stops nothing by itself, unless it has
#     actions; a constraint of the portfolio is what limits what can be launched.
package tenor.service_catalog.over_budget

import data.tenor.lib.money
import data.tenor.params.service_catalog.over_budget as params

deny contains {
	"key": budget.name,
	"msg": sprintf("the budget %s of %s is at %s of %s%s", [
		budget.name, concat(", ", sort(budget.resources)),
		money.amount(budget.actual, budget.unit), money.amount(budget.limit, budget.unit), _period(budget),
	]),
	"evidence": {"budget": object.remove(budget, ["actual_cents", "limit_cents", "forecast_cents"])},
	"command": ["aws", "servicecatalog", "list-budgets-for-resource", "--resource-id", budget.resources[0], "--region", input.region],
} if {
	input.kind == "service_catalog.product"
	some budget in input.facts.budgets
	budget.actual_cents * 100 > budget.limit_cents * params.percent
}

_period(budget) := sprintf(" (%s)", [lower(budget.period)]) if is_string(budget.period)

_period(budget) := "" if not is_string(budget.period)
