# METADATA
# scope: package
# title: Outpost contract on terms that are not allowed
# description: >-
#   The contract, or a renewal that is pending, is on a payment term or option that the company does not allow. Fires when the
#   payment term is not in allowed_terms, or the payment option not in allowed_options. AWS says neither of a pending renewal: the
#   term is read from its months (12, 36 or 60, one more or less) and the option from its prices (upfront, monthly, or both); what
#   they do not say is not evaluated.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_GetOutpostBillingInformation.html
#     description: GetOutpostBillingInformation
# custom:
#   severity: medium
#   kinds: [outposts.outpost]
#   requires: [billing]
#   params:
#     allowed_terms: {default: [ONE_YEAR, THREE_YEARS], description: Payment terms that may be agreed}
#     allowed_options: {default: [ALL_UPFRONT, PARTIAL_UPFRONT, NO_UPFRONT], description: Payment options that may be agreed}
#   remediation: >-
#     Agree on allowed terms at the next renewal, or have the exception approved and waive this finding. A renewal that is pending
#     begins, and is charged, by itself: ask AWS before its first day whether it can still be changed.
package tenor.outposts.payment_not_allowed

import data.tenor.lib.contract
import data.tenor.lib.text
import data.tenor.params.outposts.payment_not_allowed as params

deny contains {
	"msg": concat("; ", sort(_faults)),
	"evidence": {"payment_term": input.facts.payment_term, "payment_option": input.facts.payment_option},
	"command": contract.show,
} if {
	input.kind == "outposts.outpost"
	contract.live
	count(_faults) > 0
}

deny contains {
	"msg": sprintf("of the pending renewal %s, %s", [contract.named(s), concat("; ", faults)]),
	"key": contract.named(s),
	"evidence": object.filter(s, ["id", "begins", "ends", "payment_term", "payment_option"]),
	"command": contract.show,
} if {
	input.kind == "outposts.outpost"
	contract.live
	some s in input.facts.subscriptions
	s.type == "RENEWAL"
	s.status == "PENDING"
	faults := sort(_term_faults(s.payment_term) | _option_faults(s.payment_option))
	count(faults) > 0
}

_faults contains fault if some fault in _term_faults(input.facts.payment_term)

_faults contains fault if some fault in _option_faults(input.facts.payment_option)

_term_faults(term) := {sprintf("the payment term %s is not allowed", [text.term(term)]) | _unwanted(term, params.allowed_terms)}

_option_faults(option) := {sprintf("the payment option %s is not allowed", [text.option(option)]) |
	_unwanted(option, params.allowed_options)
}

# _unwanted holds for a term or option that is known and not among the allowed ones.
_unwanted(value, allowed) if {
	not value in {null, ""}
	not value in allowed
}
