# METADATA
# scope: package
# title: Outpost runs month-to-month
# description: >-
#   The contract has ended and the Outpost is billed month by month at the No Upfront rate. It costs more than a renewal and
#   AWS does not scale such an Outpost. Fires when the contract end is in the past and no active or pending subscription ends
#   later than 45 days from now, or when the only active subscription is a renewal of at most 45 days.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/userguide/term-end-racks.html
#     description: What month-to-month means
# custom:
#   severity: high
#   kinds: [outposts.outpost]
#   requires: [billing]
#   optional: [renewal_pricing]
#   remediation: >-
#     Renew the contract on the option finance prefers, or return the Outpost. A renewal is a purchase for its whole payment term; its
#     upfront is charged at once.
package tenor.outposts.month_to_month

import data.tenor.lib.money
import data.tenor.lib.renewal

deny contains {
	"msg": concat("", ["the Outpost runs month-to-month", _extra]),
	"evidence": {
		"contract_end": input.facts.contract_end,
		"month_to_month_price": input.facts.month_to_month_price,
		"cost_of_inaction": input.facts.cost_of_inaction,
		"recommended": renewal.recommended,
	},
	"amount_cents": input.facts.cost_of_inaction_cents,
	"command": renewal.prices,
} if {
	input.kind == "outposts.outpost"
	input.facts.month_to_month
}

default _extra := ""

_extra := sprintf(
	", which costs %s a month more than the best renewal option",
	[money.usd(input.facts.cost_of_inaction_cents)],
) if {
	input.facts.cost_of_inaction_cents > 0
}
