# METADATA
# scope: package
# title: Renewal needs an approval soon
# description: >-
#   Even the cheapest renewal that is allowed takes an upfront payment that somebody has to approve, and approvals take time.
#   Fires when the contract is not decided, its end is in the future and within days, and the upfront price of the option with
#   the least total contract value, among the terms and options that outposts.payment_not_allowed allows, is above
#   approval_limit_usd.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_GetRenewalPricing.html
#     description: GetRenewalPricing
# custom:
#   severity: high
#   kinds: [outposts.outpost]
#   requires: [billing, renewal_pricing]
#   params:
#     days: {default: 60, description: Days before the end of the contract from which it is reported}
#     approval_limit_usd: {default: 250000, description: "An upfront payment above this, in US dollars, needs an approval"}
#   remediation: >-
#     Hand the comparison of the options to whoever approves the payment, well before the notice deadline. A renewal is a purchase for
#     its whole payment term, which begins the day after the contract ends; its upfront is charged at once.
package tenor.outposts.renewal_approval_due

import data.tenor.lib.clock
import data.tenor.lib.money
import data.tenor.lib.renewal
import data.tenor.params.outposts.renewal_approval_due as params
import data.tenor.run

deny contains {
	"msg": sprintf(
		"the cheapest allowed renewal, %s %s, takes %s upfront, which needs an approval",
		[_cheapest.payment_term, _cheapest.payment_option, money.usd(_cheapest.upfront_cents)],
	),
	"evidence": {
		"payment_term": _cheapest.payment_term,
		"payment_option": _cheapest.payment_option,
		"upfront": _cheapest.upfront,
		"tcv": _cheapest.tcv,
		"approval_limit_usd": params.approval_limit_usd,
	},
	"due": input.facts.notice_deadline,
	"amount_cents": _cheapest.upfront_cents,
	"command": renewal.prices,
} if {
	input.kind == "outposts.outpost"
	not input.facts.decided
	is_string(input.facts.contract_end)
	remaining := time.parse_rfc3339_ns(input.facts.contract_end) - run.as_of_ns
	remaining > 0
	remaining <= clock.days(params.days)
	_cheapest.upfront_cents > money.limit_cents(params.approval_limit_usd)
}

# _cheapest is the allowed option of the least total contract value; of several, the one that takes least upfront.
_cheapest := sort([[o.tcv_cents, o.upfront_cents, o] |
	some o in input.facts.options
	o.allowed
	o.months > 0
])[0][2]
