# METADATA
# scope: package
# title: Notice deadline of an Outpost contract
# description: >-
#   AWS has to be told of a renewal or a return a number of business days before the contract ends; later than that it warns of
#   unanticipated charges. Fires when the contract is running, no decision is on file, and at most buffer_business_days business days
#   remain until that deadline, or it has passed.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/userguide/term-end-racks.html
#     description: End-of-term options for racks
# custom:
#   severity: critical
#   kinds: [outposts.outpost]
#   requires: [billing]
#   optional: [renewal_pricing, dates]
#   params:
#     buffer_business_days: {default: 5, description: Business days before the deadline from which it is reported}
#     notice_business_days: {default: 5, description: Business days before the end of the contract by which AWS has to be told}
#   remediation: >-
#     Decide today, with the people who approve the money. A renewal is a purchase for its whole payment term, which begins the day
#     after the contract ends; its upfront is charged at once. A return has to be completed by the deadline, not begun.
package tenor.outposts.notice_deadline

import data.tenor.lib.contract
import data.tenor.lib.renewal
import data.tenor.lib.text
import data.tenor.params.outposts.notice_deadline as params

deny contains {
	"msg": sprintf(
		"%s; the contract ends on %s",
		[_deadline(input.facts.business_days_to_notice, input.facts.notice_deadline), input.facts.contract_end],
	),
	"evidence": {
		"contract_end": input.facts.contract_end,
		"notice_deadline": input.facts.notice_deadline,
		"business_days_to_notice": input.facts.business_days_to_notice,
		"cost_of_inaction": input.facts.cost_of_inaction,
		"recommended": renewal.recommended,
	},
	"due": input.facts.notice_deadline,
	"amount_cents": input.facts.cost_of_inaction_cents,
	"amount_per": "month",
	"command": renewal.prices,
} if {
	input.kind == "outposts.outpost"
	input.facts.contract_state == "running"
	not contract.decided
	is_number(input.facts.business_days_to_notice)
	input.facts.business_days_to_notice <= params.buffer_business_days
}

unknown contains "dates" if contract.undated

_deadline(days, date) := sprintf("%s left until the deadline of %s to renew or return", [
	text.counted(days, "business day"), date,
]) if days >= 0

_deadline(days, date) := sprintf("the deadline of %s to renew or return has passed", [date]) if days < 0
