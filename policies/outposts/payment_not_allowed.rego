# METADATA
# scope: package
# title: Outpost contract on terms that are not allowed
# description: >-
#   The contract runs on a payment term or option that the company does not allow. Fires when the contract's payment term is
#   not in allowed_terms, or its payment option not in allowed_options.
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
#   remediation: Agree on allowed terms at the next renewal, or have the exception approved and waive this finding.
package tenor.outposts.payment_not_allowed

import data.tenor.lib.contract
import data.tenor.params.outposts.payment_not_allowed as params

deny contains {
	"msg": concat("; ", sort(_faults)),
	"evidence": {"payment_term": input.facts.payment_term, "payment_option": input.facts.payment_option},
	"command": ["aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", input.id, "--region", input.region],
} if {
	input.kind == "outposts.outpost"
	contract.live
	count(_faults) > 0
}

_faults contains sprintf("the payment term %s is not allowed", [input.facts.payment_term]) if {
	input.facts.payment_term != ""
	not input.facts.payment_term in params.allowed_terms
}

_faults contains sprintf("the payment option %s is not allowed", [input.facts.payment_option]) if {
	input.facts.payment_option != ""
	not input.facts.payment_option in params.allowed_options
}
