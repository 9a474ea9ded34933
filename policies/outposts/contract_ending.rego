# METADATA
# scope: package
# title: Outpost contract is ending
# description: >-
#   The contract of an Outpost ends soon and nobody has decided what comes next. Without a decision AWS moves the Outpost to
#   month-to-month at the No Upfront rate, the most expensive there is, and it can no longer be scaled. Fires when the contract is
#   running and ends within low_days; the severity is that of the narrowest window it falls in. A pending capacity increase, or a
#   pending month, decides nothing; a decision on file that AWS does not show yet lowers the severity to info.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/userguide/term-end-racks.html
#     description: End-of-term options for racks
#   - ref: https://docs.aws.amazon.com/outposts/latest/server-userguide/term-end-server.html
#     description: End-of-term options for servers
# custom:
#   severity: low
#   kinds: [outposts.outpost]
#   requires: [billing]
#   optional: [renewal_pricing, dates]
#   params:
#     low_days: {default: 180, description: An end within so many days is low}
#     medium_days: {default: 90, description: An end within so many days is medium}
#     high_days: {default: 30, description: An end within so many days is high}
#   remediation: >-
#     Compare the renewal options, then renew the contract or return the Outpost before its notice deadline. A renewal is a purchase
#     for its whole payment term, which begins the day after the contract ends; its upfront is charged at once. A return has to be
#     completed by the deadline, not begun.
package tenor.outposts.contract_ending

import data.tenor.lib.contract
import data.tenor.lib.renewal
import data.tenor.lib.text
import data.tenor.params.outposts.contract_ending as params

deny contains {
	"msg": sprintf("the contract ends on %s, %s; %s", [input.facts.contract_end, _when(contract.days_left), _next]),
	"severity": _resolved(_severity(contract.days_left, _windows)),
	"evidence": {
		"contract_end": input.facts.contract_end,
		"notice_deadline": input.facts.notice_deadline,
		"contract_end_source": input.facts.contract_end_source,
		"recommended": renewal.recommended,
	},
	"due": input.facts.notice_deadline,
	"command": renewal.prices,
} if {
	input.kind == "outposts.outpost"
}

unknown contains "dates" if contract.undated

_when(0) := "today"

_when(days) := sprintf("in %s", [text.counted(days, "day")]) if days > 0

_next := sprintf("renew or return by %s", [input.facts.notice_deadline]) if {
	not contract.decided
	not _passed
}

_next := sprintf("the deadline of %s to renew or return has passed", [input.facts.notice_deadline]) if {
	not contract.decided
	_passed
}

_next := sprintf("%s decided on %s to %s, and AWS does not show it yet%s", [
	input.facts.decision.owner, input.facts.decision.decided_on, renewal.decided(input.facts.decision), renewal.noted(input.facts.decision),
]) if contract.decided

_passed if {
	is_number(input.facts.business_days_to_notice)
	input.facts.business_days_to_notice < 0
}

# A decision on file says what comes next: that it is carried out is for outposts.decision_not_executed.
_resolved(severity) := severity if not contract.decided

_resolved(_) := "info" if contract.decided

_windows := [[params.high_days, 1, "high"], [params.medium_days, 2, "medium"], [params.low_days, 3, "low"]]

# _severity is that of the narrowest window, the gravest where two are as narrow; undefined outside all of them.
_severity(days, windows) := sort([w | some w in windows; days <= w[0]])[0][2]
