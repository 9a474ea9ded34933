# METADATA
# scope: package
# title: Renewal needs an approval soon
# description: >-
#   The recommended renewal needs an approval, and approvals take time. Fires when the contract is running and ends within days, no
#   decision is on file, and what is approved of the recommended option (its total contract value, or its upfront:
#   finance.approval_basis) is above approval_limit_usd.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_GetRenewalPricing.html
#     description: GetRenewalPricing
# custom:
#   severity: high
#   kinds: [outposts.outpost]
#   requires: [billing, renewal_pricing]
#   optional: [dates]
#   params:
#     days: {default: 60, description: Days before the end of the contract from which it is reported}
#     approval_limit_usd: {default: 250000, description: "A renewal above this, in US dollars, needs an approval"}
#   remediation: >-
#     Hand the comparison of the options to whoever approves the payment, well before the notice deadline. A renewal is a purchase for
#     its whole payment term, which begins the day after the contract ends; its upfront is charged at once.
package tenor.outposts.renewal_approval_due

import data.tenor.lib.contract
import data.tenor.lib.money
import data.tenor.lib.renewal
import data.tenor.lib.text
import data.tenor.params.outposts.renewal_approval_due as params

deny contains {
	"msg": sprintf(
		"the recommended renewal, %s, comes to %s%s and needs an approval",
		[text.priced(option.payment_term, option.payment_option), money.usd(option.tcv_cents), _upfront(option)],
	),
	"evidence": {
		"payment_term": option.payment_term,
		"payment_option": option.payment_option,
		"upfront": option.upfront,
		"tcv": option.tcv,
		"approval_limit_usd": params.approval_limit_usd,
	},
	"due": input.facts.notice_deadline,
	"amount_cents": option.tcv_cents,
	"command": renewal.prices,
} if {
	input.kind == "outposts.outpost"
	contract.days_left <= params.days
	not contract.decided
	input.facts.recommended.needs_approval
	some option in input.facts.options
	option.months > 0
	option.payment_term == input.facts.recommended.payment_term
	option.payment_option == input.facts.recommended.payment_option
}

unknown contains "dates" if contract.undated

# _upfront is what of it is paid upfront, where that is neither nothing nor all: the words of the option say those.
_upfront(option) := sprintf(", of which %s upfront,", [money.usd(option.upfront_cents)]) if {
	option.upfront_cents > 0
	option.upfront_cents < option.tcv_cents
} else := ""
