# METADATA
# scope: package
# title: Broken product still costs
# description: >-
#   A product that does not work costs money each month. Fires when it is TAINTED or in ERROR for more than `days` days and what the bill
#   has for it in the last final month is at least min_usd. Where its history goes further back than is read of it and the date that is
#   named is less than `days` days ago, the rule cannot tell. Without a bill it says nothing.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/adminguide/autotags.html
#     description: The tags that Service Catalog puts on what it provisions
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   requires: [records, failure, charges]
#   params:
#     days: {default: 30, description: Days for which a product may be TAINTED or in ERROR}
#     min_usd: {default: 100, description: Cost of a month in US dollars from which it is reported}
#   remediation: >-
#     Ask its owner whether anybody needs the product. If so, put the cause right and ask for it again; an update asks for the parameters
#     again, needs the launch path, and may replace the product entirely. If not, have its owner terminate it, which deletes
#     what it provisioned, and look at the next bill.
package tenor.service_catalog.broken_still_costs

import data.tenor.lib.bill
import data.tenor.lib.clock
import data.tenor.lib.money
import data.tenor.lib.product
import data.tenor.params.service_catalog.broken_still_costs as params

deny contains {
	"msg": sprintf("the product is %s %s and cost %s in %s", [
		input.spec.Status, product.since,
		money.usd(input.facts.cost_per_month_cents), bill.last,
	]),
	"evidence": object.union(product.failure, {
		"month": bill.last, "cost_per_month": input.facts.cost_per_month, "cost_since_broken": _since_broken,
	}),
	"amount_cents": input.facts.cost_per_month_cents,
	"amount_per": "month",
	"command": product.history,
} if {
	input.kind == "service_catalog.provisioned_product"
	_costs
	product.broken_ns > clock.days(params.days)
}

default _since_broken := null

_since_broken := input.facts.cost_since_broken

_costs if {
	is_number(input.facts.cost_per_month_cents)
	input.facts.cost_per_month_cents >= params.min_usd * 100
}

# It may be broken for long, which the part of the history that was read does not show.
unknown contains "history" if {
	input.gaps.history
	_costs
	product.broken_ns <= clock.days(params.days)
}
