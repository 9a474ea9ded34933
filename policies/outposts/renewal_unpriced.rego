# METADATA
# scope: package
# title: Renewal has no price
# description: >-
#   AWS cannot price the renewal, so there is nothing to decide on, while time runs. Fires when the pricing result is
#   UNABLE_TO_PRICE and the contract end is in the future and within days, or the Outpost is month-to-month.
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

import data.tenor.lib.clock
import data.tenor.lib.renewal
import data.tenor.params.outposts.renewal_unpriced as params
import data.tenor.run

deny contains {
	"msg": sprintf("AWS is unable to price the renewal; the contract %s", [_state]),
	"evidence": {"priced": input.facts.priced, "contract_end": input.facts.contract_end},
	"due": input.facts.notice_deadline,
	"command": renewal.prices,
} if {
	input.kind == "outposts.outpost"
	input.facts.priced == "UNABLE_TO_PRICE"
	_state
}

_state := "runs month-to-month" if input.facts.month_to_month

_state := sprintf("ends on %s", [clock.date(input.facts.contract_end)]) if {
	not input.facts.month_to_month
	is_string(input.facts.contract_end)
	remaining := time.parse_rfc3339_ns(input.facts.contract_end) - run.as_of_ns
	remaining > 0
	remaining <= clock.days(params.days)
}
