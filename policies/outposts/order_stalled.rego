# METADATA
# scope: package
# title: Outposts order is stalled
# description: >-
#   An order has been under way for longer than its status should last. Fires when the order is open and its submission is
#   more days ago than its status allows. The deprecated statuses RECEIVED, PENDING and PROCESSING count as PREPARING,
#   INSTALLING as DELIVERED.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_Order.html
#     description: Order
# custom:
#   severity: medium
#   kinds: [outposts.order]
#   params:
#     PREPARING: {default: 60, description: Days that an order may be PREPARING}
#     IN_PROGRESS: {default: 120, description: Days that an order may be IN_PROGRESS}
#     DELIVERED: {default: 30, description: Days that an order may be DELIVERED}
#   remediation: Ask AWS for a date, and check that the site is ready for the delivery or the installation.
package tenor.outposts.order_stalled

import data.tenor.lib.clock
import data.tenor.lib.order
import data.tenor.lib.text
import data.tenor.params.outposts.order_stalled as params
import data.tenor.run

deny contains {
	"msg": sprintf(
		"the order has been open for %s and is still %s; the limit is %s",
		[
			text.counted(clock.days_between(input.spec.OrderSubmissionDate, run.as_of), "day"),
			input.spec.Status,
			text.counted(allowed, "day"),
		],
	),
	"evidence": {"status": input.spec.Status, "submitted": input.spec.OrderSubmissionDate, "allowed_days": allowed},
	"command": order.show,
} if {
	input.kind == "outposts.order"
	allowed := params[_stage[input.spec.Status]]
	age := run.as_of_ns - time.parse_rfc3339_ns(input.spec.OrderSubmissionDate)
	age > clock.days(allowed)
}

# _stage maps a status to the parameter that limits it.
_stage := {
	"PREPARING": "PREPARING", "RECEIVED": "PREPARING", "PENDING": "PREPARING", "PROCESSING": "PREPARING",
	"IN_PROGRESS": "IN_PROGRESS",
	"DELIVERED": "DELIVERED", "INSTALLING": "DELIVERED",
}
