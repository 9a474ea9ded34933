# METADATA
# scope: package
# title: Subscription does not end with its contract
# description: >-
#   Added capacity is prorated to end with the Outpost's contract; a subscription that ends on another day is billed past it, or
#   lapses before it. Fires for each active CAPACITY_INCREASE subscription that ends more than tolerance_days away from the
#   contract end.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_Subscription.html
#     description: Subscription
# custom:
#   severity: medium
#   kinds: [outposts.outpost]
#   requires: [billing]
#   params:
#     tolerance_days: {default: 1, description: Days by which the ends may differ}
#   remediation: Ask AWS Billing to align the subscription with the contract.
package tenor.outposts.subscription_not_coterminous

import data.tenor.lib.clock
import data.tenor.lib.contract
import data.tenor.params.outposts.subscription_not_coterminous as params

deny contains {
	"msg": sprintf(
		"subscription %s ends on %s, the contract on %s",
		[id, clock.date(s.EndDate), input.facts.contract_end],
	),
	"key": id,
	"evidence": {"subscription": id, "ends": s.EndDate, "contract_end": input.facts.contract_end},
	"command": contract.show,
} if {
	input.kind == "outposts.outpost"
	contract.live
	is_string(input.facts.contract_end)
	some s in input.related.billing.Subscriptions
	s.SubscriptionStatus == "ACTIVE"
	s.SubscriptionType == "CAPACITY_INCREASE"
	clock.days_apart(s.EndDate, input.facts.contract_end) > params.tolerance_days
	id := object.get(s, "SubscriptionId", "(unknown)")
}
