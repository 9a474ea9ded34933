# METADATA
# scope: package
# title: AWS charged something else than the contract says
# description: >-
#   What AWS charged for an Outpost in all months that are final is not what its subscriptions say. Fires when the sum of the differences
#   is more than tolerance_usd and more than tolerance_percent of what was expected, either way: a charge that comes a month late, or a
#   correction of an earlier one, evens out. Without a bill the rule says nothing, and where a month is missing it cannot tell.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/userguide/outposts-rack-pricing.html
#     description: What is charged for a rack, and when
# custom:
#   severity: high
#   kinds: [outposts.outpost]
#   requires: [charges]
#   optional: [billing]
#   params:
#     tolerance_usd: {default: 1, description: Difference in US dollars that is accepted}
#     tolerance_percent: {default: 0.5, description: Difference in percent of what was expected that is accepted}
#   remediation: >-
#     Look the months up on the sheet Bill, with their invoices, and hold them against the quote and the order. If AWS charged too much, ask
#     AWS Billing for a correction, with the ids of the subscription and of the invoices. If it charged too little, put the
#     money aside: AWS may charge it later.
package tenor.outposts.billed_differs_from_contract

import data.tenor.lib.bill
import data.tenor.lib.contract
import data.tenor.lib.money
import data.tenor.params.outposts.billed_differs_from_contract as params

deny contains {
	"msg": sprintf("AWS charged %s %s", [money.usd(abs(difference)), _against(difference)]),
	"evidence": {
		"billed_difference": input.facts.billed_difference, "billed_expected": input.facts.billed_expected,
		"months": [object.filter(row, ["period", "subscription", "billed", "expected", "difference", "status", "why"]) |
			some row in input.related.charges.rows
			row.final
			row.difference != "0.00"
		],
	},
	"amount_cents": difference,
	"command": contract.show,
} if {
	input.kind == "outposts.outpost"
	difference := input.facts.billed_difference_cents
	is_number(difference)
	abs(difference) > money.limit_cents(params.tolerance_usd)
	abs(difference) * 100 > params.tolerance_percent * abs(input.facts.billed_expected_cents)
}

_against(difference) := sprintf("less than the contract says, over the final months up to %s", [bill.last]) if {
	difference < 0
} else := sprintf("up to %s after the contract's end on %s, without a subscription", [bill.last, input.facts.contract_end]) if {
	difference == input.facts.billed_after_end_cents
} else := sprintf("more than the contract says, over the final months up to %s", [bill.last])
