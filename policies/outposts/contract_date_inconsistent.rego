# METADATA
# scope: package
# title: Contract end is inconsistent
# description: >-
#   AWS gives the end of a contract as text without a documented form, and the subscriptions have ends of their own. Where they
#   disagree, every date that is derived from them is in doubt. Fires when the Outpost is not month-to-month and ContractEndDate
#   is missing, cannot be read, or differs from the latest end of its active subscriptions by more than tolerance_days.
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
import data.tenor.params.outposts.contract_date_inconsistent as params

deny contains {
	"msg": _fault,
	"evidence": {"contract_end_date": _given, "latest_active_end": input.facts.latest_active_end},
	"command": ["aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", input.id, "--region", input.region],
} if {
	input.kind == "outposts.outpost"
	is_object(input.related.billing)
	not input.facts.month_to_month
	_fault
}

default _given := null

_given := input.related.billing.ContractEndDate

_fault := "AWS gives no ContractEndDate" if _given == null

_fault := sprintf("ContractEndDate %q is no date that can be read", [_given]) if {
	_given != null
	not is_string(input.facts.contract_end_date)
}

_fault := sprintf(
	"ContractEndDate is %s, but the last active subscription ends on %s",
	[clock.date(input.facts.contract_end_date), clock.date(input.facts.latest_active_end)],
) if {
	is_string(input.facts.contract_end_date)
	is_string(input.facts.latest_active_end)
	apart := time.parse_rfc3339_ns(input.facts.contract_end_date) - time.parse_rfc3339_ns(input.facts.latest_active_end)
	abs(apart) > clock.days(params.tolerance_days)
}
