# METADATA
# scope: package
# title: Provisioned product broken for long
# description: >-
#   A product that stays TAINTED or in ERROR is forgotten: it costs money, is not what was asked for, and the next change of
#   it has to deal with the old failure first. Fires when the status is TAINTED or ERROR and the first request that failed
#   since the last that succeeded was made more than `days` days ago: retries that fail, and service actions such as a
#   reboot, do not begin the count again. Where its history goes further back than is read of it, the product has been broken
#   since before the date that is named, and where that date is less than `days` days ago the rule cannot tell. The accounts
#   of AWS Control Tower are evaluated by service_catalog.account_product_broken.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_RecordDetail.html
#     description: RecordDetail
# custom:
#   severity: high
#   kinds: [service_catalog.provisioned_product]
#   requires: [records, failure]
#   optional: [stacks, artifact, launch_role]
#   params:
#     days: {default: 30, description: Days for which a product may be TAINTED or in ERROR}
#   remediation: >-
#     Find out who owns the product and whether anybody needs it. Put the cause right before anything else: the same request
#     fails again. Then ask for it again: an update asks for the parameters again, needs the launch path, and may replace the
#     product entirely. Where nobody needs the product, have its owner terminate it, which deletes what it provisioned. A
#     finding says it for its own request, type of product and cause.
package tenor.service_catalog.broken_long

import data.tenor.lib.clock
import data.tenor.lib.product
import data.tenor.lib.remedy
import data.tenor.lib.text
import data.tenor.params.service_catalog.broken_long as params
import data.tenor.run

deny contains {
	"msg": sprintf("the product is %s %s, %s%s%s", [
		input.spec.Status, product.since,
		text.counted(clock.days_between(input.facts.broken_since, run.as_of), "day"), _attempts, product.errors,
	]),
	"evidence": product.failure,
	"command": product.history,
	"remediation": concat(" ", ["Find out who owns the product and whether anybody needs it.", remedy.failed]),
} if {
	input.kind == "service_catalog.provisioned_product"
	product.broken_ns > clock.days(params.days)
}

default _attempts := ""

_attempts := sprintf(", %s failed attempts", [product.tries])

# It may be broken for long, which the part of the history that was read does not show.
unknown contains "history" if {
	input.gaps.history
	product.broken_ns <= clock.days(params.days)
}
