# METADATA
# scope: package
# title: Renewal has no price
# description: >-
#   AWS cannot price the renewal, so there is nothing to decide on while the deadline approaches. Fires when the pricing result is
#   UNABLE_TO_PRICE and the contract is running and ends within days, or the Outpost is month-to-month.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_GetRenewalPricing.html
#     description: GetRenewalPricing
# custom:
#   severity: high
#   kinds: [outposts.outpost]
#   requires: [billing, renewal_pricing]
#   params:
#     days: {default: 180, description: Days before the end of the contract from which it is reported}
#   remediation: Ask AWS for a price by a support case or your account team.
package tenor.outposts.renewal_unpriced

import data.tenor.lib.contract
import data.tenor.lib.renewal
import data.tenor.params.outposts.renewal_unpriced as params

deny contains {
	"msg": sprintf("AWS is unable to price the renewal; the contract %s", [_state]),
	"evidence": {"priced": input.facts.priced, "contract_end": input.facts.contract_end},
	"due": input.facts.notice_deadline,
	"command": renewal.prices,
} if {
	input.kind == "outposts.outpost"
	input.facts.priced == "UNABLE_TO_PRICE"
}

_state := "runs month-to-month" if input.facts.contract_state == "month_to_month"

_state := sprintf("ends on %s", [input.facts.contract_end]) if contract.days_left <= params.days
