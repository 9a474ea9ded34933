# METADATA
# scope: package
# title: Outposts order that no subscription names
# description: >-
#   An order is complete, but no subscription of its Outpost says that it is billed for it. Either the bill is still to come
#   or it went elsewhere. Fires when the order was fulfilled (or, without that date, submitted) more than grace_days ago.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_Subscription.html
#     description: Subscription
# custom:
#   severity: medium
#   kinds: [outposts.order]
#   requires: [outpost]
#   params:
#     grace_days: {default: 45, description: Days that a subscription may take to appear}
#   remediation: Ask AWS Billing under which subscription the order is charged.
package tenor.outposts.order_without_subscription

import data.tenor.lib.clock
import data.tenor.params.outposts.order_without_subscription as params
import data.tenor.run

deny contains {
	"msg": sprintf(
		"the order was complete on %s and no subscription of %s names it",
		[clock.date(_complete), input.spec.OutpostId],
	),
	"evidence": {"status": input.spec.Status, "complete": _complete, "subscriptions": sort(_subscriptions)},
	"command": [
		"aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", input.spec.OutpostId,
		"--region", input.region,
	],
} if {
	input.kind == "outposts.order"
	input.spec.Status in {"COMPLETED", "FULFILLED"}
	run.as_of_ns - time.parse_rfc3339_ns(_complete) > clock.days(params.grace_days)
	is_array(input.related.outpost.Subscriptions)
	not _named
}

_complete := input.spec.OrderFulfilledDate

_complete := input.spec.OrderSubmissionDate if not input.spec.OrderFulfilledDate

_subscriptions contains s.SubscriptionId if some s in input.related.outpost.Subscriptions

_named if {
	some s in input.related.outpost.Subscriptions
	input.id in s.OrderIds
}
