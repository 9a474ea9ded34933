# METADATA
# scope: package
# title: Order for an Outpost that runs month-to-month
# description: >-
#   AWS does not add capacity to an Outpost that runs month-to-month, so the order will not be carried out until the contract
#   is renewed. Fires when the order is open and its Outpost is month-to-month.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/userguide/term-end-racks.html
#     description: What month-to-month means
# custom:
#   severity: medium
#   kinds: [outposts.order]
#   requires: [outpost]
#   optional: [dates]
#   remediation: >-
#     Renew the contract of the Outpost, or cancel the order. A renewal is a purchase for its whole payment term, and its upfront is
#     charged at once. A cancelled order is not resumed: to order later takes a new one, at the price of that day.
package tenor.outposts.order_on_month_to_month

import data.tenor.lib.order

deny contains {
	"msg": sprintf("the order is %s, but Outpost %s runs month-to-month", [input.spec.Status, input.spec.OutpostId]),
	"evidence": {"status": input.spec.Status, "outpost": input.spec.OutpostId, "contract_end": input.facts.outpost_contract_end},
	"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", input.spec.OutpostId, "--region", input.region],
} if {
	input.kind == "outposts.order"
	input.spec.Status in order.open
	input.facts.outpost_contract_state == "month_to_month"
}

unknown contains "dates" if {
	input.kind == "outposts.order"
	input.spec.Status in order.open
	input.facts.outpost_contract_state == "unknown"
}
