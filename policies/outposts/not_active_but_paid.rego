# METADATA
# scope: package
# title: Outpost is paid for but not active
# description: >-
#   An Outpost has been charged for some time and does not run yet: the installation is late, or AWS began to bill too early. Fires
#   when its status is one of statuses and an ACTIVE subscription began more than grace_days ago.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_Outpost.html
#     description: Outpost
# custom:
#   severity: medium
#   kinds: [outposts.outpost]
#   requires: [billing]
#   params:
#     statuses: {default: [PENDING], description: Life cycle statuses of an Outpost that does not run yet}
#     grace_days: {default: 60, description: Days that a subscription may be ACTIVE before the Outpost is}
#   remediation: >-
#     Ask AWS for the date of the installation and check that the site is ready for it; ask AWS Billing from which day the term is to
#     be counted.
package tenor.outposts.not_active_but_paid

import data.tenor.lib.clock
import data.tenor.lib.contract
import data.tenor.lib.text
import data.tenor.params.outposts.not_active_but_paid as params
import data.tenor.run

deny contains {
	"msg": sprintf(
		"the Outpost is %s, but subscription %s is ACTIVE since %s, for %s",
		[input.spec.LifeCycleStatus, first.id, first.begins, text.counted(first.days, "day")],
	),
	"evidence": {"life_cycle_status": input.spec.LifeCycleStatus, "subscriptions": [object.remove(s, ["days"]) | some s in _paid]},
	"command": contract.show,
} if {
	input.kind == "outposts.outpost"
	contract.live
	input.spec.LifeCycleStatus in params.statuses
	first := _paid[0]
}

# _paid are the ACTIVE subscriptions that began more than grace_days ago, the first to begin first.
_paid := [entry[1] | some entry in sort([[s.begins, {"id": contract.named(s), "begins": s.begins, "days": days}] |
	some s in input.facts.subscriptions
	s.status == "ACTIVE"
	is_string(s.begins)
	days := clock.days_between(s.begins, run.as_of)
	days > params.grace_days
])]
