# METADATA
# scope: package
# title: Outpost runs month-to-month
# description: >-
#   The contract of an Outpost is over and AWS bills it month by month, at the No Upfront rate; it cannot be scaled, and the price
#   may change. Fires when only months without a contract are left, or the contract end is past. Low, and without an amount, where
#   no allowed option costs less than staying.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/userguide/term-end-racks.html
#     description: What month-to-month means
# custom:
#   severity: high
#   kinds: [outposts.outpost]
#   requires: [billing]
#   optional: [renewal_pricing, dates]
#   remediation: >-
#     Renew the contract on the option finance prefers, or return the Outpost. A renewal is a purchase for its whole payment term; its
#     upfront is charged at once.
package tenor.outposts.month_to_month

import data.tenor.lib.contract
import data.tenor.lib.money
import data.tenor.lib.renewal

deny contains {
	"msg": concat("", ["the Outpost runs month-to-month", _extra]),
	"severity": _severity,
	"evidence": {
		"contract_end": input.facts.contract_end,
		"month_to_month_price": input.facts.month_to_month_price,
		"month_to_month_price_source": input.facts.month_to_month_price_source,
		"cost_of_inaction": input.facts.cost_of_inaction,
		"recommended": renewal.recommended,
	},
	"amount_cents": _cost,
	"amount_per": "month",
	"command": renewal.prices,
} if {
	input.kind == "outposts.outpost"
	input.facts.contract_state == "month_to_month"
}

unknown contains "dates" if contract.undated

default _severity := "high"

_severity := "low" if _stay

_stay if input.facts.recommended.action == "month_to_month"

default _cost := null

_cost := input.facts.cost_of_inaction_cents if not _stay

default _extra := ""

_extra := ", and no allowed renewal option costs less" if _stay

_extra := sprintf(
	", which costs %s a month more than the recommended renewal",
	[money.usd(_cost)],
) if {
	_cost > 0
}
