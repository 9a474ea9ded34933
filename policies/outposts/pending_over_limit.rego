# METADATA
# scope: package
# title: Pending renewal is above the approval limit
# description: >-
#   A renewal has been agreed on and will begin, for more than may be spent without an approval. Fires for each PENDING renewal whose
#   total (upfront and monthly prices together) is above the approval limit, which is that of outposts.renewal_approval_due. It cannot
#   tell where AWS gives no price in US dollars, or no dates.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_Subscription.html
#     description: Subscription
# custom:
#   severity: medium
#   kinds: [outposts.outpost]
#   requires: [billing]
#   optional: [prices]
#   remediation: >-
#     Make sure that the approval is on file, and waive this finding with its number. Where there is none, contact AWS before the
#     renewal begins: from then on its whole payment term is owed.
package tenor.outposts.pending_over_limit

import data.tenor.lib.contract
import data.tenor.lib.money
import data.tenor.params.outposts.renewal_approval_due as params

deny contains {
	"msg": sprintf(
		"the pending renewal %s comes to %s; the approval limit is %s",
		[contract.named(s), money.usd(s.total_cents), money.usd(limit_cents)],
	),
	"key": contract.named(s),
	"evidence": object.union(
		object.filter(s, ["id", "begins", "ends", "total"]),
		{"approval_limit_usd": params.approval_limit_usd},
	),
	"amount_cents": s.total_cents,
	"command": contract.show,
} if {
	input.kind == "outposts.outpost"
	contract.live
	some s in _pending
	is_number(s.total_cents)
	limit_cents := money.limit_cents(params.approval_limit_usd)
	s.total_cents > limit_cents
}

unknown contains "prices" if {
	contract.live
	some s in _pending
	s.total_cents == null
}

_pending contains s if {
	some s in input.facts.subscriptions
	s.type == "RENEWAL"
	s.status == "PENDING"
}
