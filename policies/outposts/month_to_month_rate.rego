# METADATA
# scope: package
# title: Month-to-month costs something else than assumed
# description: >-
#   What AWS charges for an Outpost without a contract is not what is assumed of it, the No Upfront price, on which the savings, the
#   break-even and the cost of inaction rest. Fires when the last final month, which began after the contract had ended, differs from the
#   assumed price by more than `percent`. A price that AWS itself says is not assumed: outposts.billed_differs_from_contract holds it
#   against the bill. Without a bill the rule says nothing.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/userguide/term-end-racks.html
#     description: What month-to-month means
# custom:
#   severity: medium
#   kinds: [outposts.outpost]
#   requires: [billing, renewal_pricing, charges]
#   params:
#     percent: {default: 2, description: Difference in percent of the assumed price that is accepted}
#   remediation: >-
#     Decide with what was charged, and not with what was assumed: set finance.month_to_month_term to the term whose No Upfront price it is,
#     or ask AWS Billing what the price is and why.
package tenor.outposts.month_to_month_rate

import data.tenor.lib.bill
import data.tenor.lib.contract
import data.tenor.lib.money
import data.tenor.params.outposts.month_to_month_rate as params

deny contains {
	"msg": sprintf("AWS charged %s for %s, and %s is assumed for a month without a contract", [
		money.usd(billed), bill.last,
		money.usd(assumed),
	]),
	"evidence": {
		"month": bill.last, "billed": input.facts.billed_last_final_month, "assumed": input.facts.month_to_month_price,
		"contract_end": input.facts.contract_end,
	},
	"amount_cents": billed - assumed,
	"amount_per": "month",
	"command": contract.show,
} if {
	input.kind == "outposts.outpost"
	input.facts.contract_state == "month_to_month"
	input.facts.month_to_month_price_source == "assumed"
	assumed := input.facts.month_to_month_price_cents
	is_number(assumed)
	billed := input.facts.billed_last_final_month_cents
	is_number(billed)
	is_string(input.facts.contract_end)
	bill.last > substring(input.facts.contract_end, 0, 7)
	abs(billed - assumed) * 100 > params.percent * assumed
}
