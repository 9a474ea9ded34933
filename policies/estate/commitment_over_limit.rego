# METADATA
# scope: package
# title: Commitment over the limit
# description: >-
#   The remaining commitment of an account on its Outposts contracts is above the limit that was set for one account. Fires when it is
#   above limit_usd; the rule is off while that is null. The verdict is unknown when commitments are a gap.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_GetOutpostBillingInformation.html
#     description: GetOutpostBillingInformation
# custom:
#   severity: medium
#   kinds: [estate.account]
#   optional: [commitments]
#   params:
#     limit_usd:
#       default: null
#       type: number
#       description: "The remaining commitment that an account may have, in US dollars; null: no limit"
#   remediation: Spread the commitment over accounts, or raise the limit with whoever owns the budget.
package tenor.estate.commitment_over_limit

import data.tenor.lib.money
import data.tenor.params.estate.commitment_over_limit as params

deny contains {
	"msg": sprintf(
		"%s is still to be paid on Outposts contracts; the limit is %s",
		[money.usd(input.facts.remaining_commitment_cents), money.usd(limit_cents)],
	),
	"evidence": {"remaining_commitment": input.facts.remaining_commitment, "limit_usd": params.limit_usd},
	"amount_cents": input.facts.remaining_commitment_cents,
} if {
	input.kind == "estate.account"
	is_number(params.limit_usd)
	limit_cents := money.limit_cents(params.limit_usd)
	input.facts.remaining_commitment_cents > limit_cents
}

unknown contains "commitments" if {
	is_number(params.limit_usd)
	input.gaps.commitments
}
