# METADATA
# scope: package
# title: Contract end is inconsistent
# description: >-
#   AWS gives the end of a contract as text without a documented form, and the subscriptions have ends of their own. Where they
#   disagree, every date that is derived from them is in doubt. Fires when the Outpost is neither month-to-month
#   nor retired, and ContractEndDate is missing, cannot be read, or differs by more than tolerance_days from the latest end of the
#   active terms that have begun; or when a renewal is of 46 to 330 days, which AWS does not sell. Silent while the Outpost is PENDING
#   and no subscription is active.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_GetOutpostBillingInformation.html
#     description: GetOutpostBillingInformation
# custom:
#   severity: medium
#   kinds: [outposts.outpost]
#   requires: [billing]
#   params:
#     tolerance_days: {default: 1, description: Days by which the dates may differ}
#   remediation: Ask AWS Billing for the date on which the contract ends.
package tenor.outposts.contract_date_inconsistent

import data.tenor.lib.clock
import data.tenor.lib.contract
import data.tenor.params.outposts.contract_date_inconsistent as params

deny contains {
	"msg": _fault,
	"evidence": {"contract_end_date": _given, "latest_term_end": input.facts.latest_term_end},
	"command": contract.show,
} if {
	input.kind == "outposts.outpost"
	is_object(input.related.billing)
	contract.live
	input.facts.contract_state != "month_to_month"
	not _awaited
	_fault
}

# A renewal of one of AWS's terms is of a year or more, and a month without a contract of at most 45 days.
deny contains {
	"msg": sprintf("the renewal %s is of %d days, which AWS does not sell", [id, s.days]),
	"key": id,
	"evidence": {"subscription": id, "begins": s.begins, "ends": s.ends},
	"command": contract.show,
} if {
	input.kind == "outposts.outpost"
	contract.live
	input.facts.contract_state != "month_to_month"
	not _awaited
	some s in input.facts.subscriptions
	s.type == "RENEWAL"
	is_number(s.days)
	s.days > 45
	s.days <= 330
	id := contract.named(s)
}

# _awaited holds for an Outpost that is still to be installed: AWS has no dates of it yet.
_awaited if {
	input.spec.LifeCycleStatus == "PENDING"
	not _any_active
}

_any_active if {
	some s in input.related.billing.Subscriptions
	s.SubscriptionStatus == "ACTIVE"
}

default _given := null

_given := input.related.billing.ContractEndDate

_fault := "AWS gives no ContractEndDate" if _given == null

_fault := sprintf("ContractEndDate %q is no date that can be read", [_given]) if {
	_given != null
	not is_string(input.facts.contract_end_date)
}

_fault := sprintf(
	"ContractEndDate is %s, but the last active term ends on %s",
	[input.facts.contract_end_date, input.facts.latest_term_end],
) if {
	is_string(input.facts.contract_end_date)
	is_string(input.facts.latest_term_end)
	clock.days_apart(input.facts.contract_end_date, input.facts.latest_term_end) > params.tolerance_days
}
