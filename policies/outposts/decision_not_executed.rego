# METADATA
# scope: package
# title: Decision is not carried out
# description: >-
#   What was decided about a contract is on file, AWS does not show it, and little time is left to carry it out. Fires when a decision to
#   renew or to return is on file, and at most buffer_business_days business days remain until its deadline, or it has passed. For a
#   return the deadline is return_lead_days before the notice deadline, since a return has to be completed by then.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/userguide/term-end-racks.html
#     description: End-of-term options for racks
# custom:
#   severity: high
#   kinds: [outposts.outpost]
#   requires: [billing]
#   params:
#     buffer_business_days: {default: 5, description: Business days before the deadline from which it is reported}
#     return_lead_days: {default: 30, description: Days before the notice deadline by which a return is to be under way}
#   remediation: >-
#     Ask whoever decided whether it still holds, and have it carried out: a renewal is a purchase for its whole payment term, whose
#     upfront is charged at once; a return takes weeks, and has to be completed by the notice deadline.
package tenor.outposts.decision_not_executed

import data.tenor.lib.contract
import data.tenor.lib.renewal
import data.tenor.lib.text
import data.tenor.params.outposts.decision_not_executed as params

deny contains {
	"msg": sprintf("%s decided on %s to %s; AWS does not show it, and %s%s", [
		_decision.owner, _decision.decided_on, renewal.decided(_decision), _left(_decision.business_days, _decision.deadline),
		renewal.noted(_decision),
	]),
	"evidence": {
		"action": _decision.action,
		"payment_term": _decision.payment_term,
		"payment_option": _decision.payment_option,
		"decided_on": _decision.decided_on,
		"owner": _decision.owner,
		"deadline": _decision.deadline,
		"contract_state": input.facts.contract_state,
	},
	"due": _decision.deadline,
	"command": contract.show,
} if {
	input.kind == "outposts.outpost"
	contract.live
	contract.decided
	is_number(_decision.business_days)
	_decision.business_days <= params.buffer_business_days
}

_decision := input.facts.decision

_left(days, date) := sprintf("the deadline is %s, in %s", [date, text.counted(days, "business day")]) if days >= 0

_left(days, date) := sprintf("the deadline of %s has passed", [date]) if days < 0
