# METADATA
# scope: package
# title: Provisioned product is stuck
# description: >-
#   A change of the product does not come to an end, and until it does nothing else can be done with it. Fires when the product
#   is UNDER_CHANGE or PLAN_IN_PROGRESS for more than hours since its last record was made, or, without that, the product.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_RecordDetail.html
#     description: RecordDetail
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   params:
#     hours: {default: 24, description: Hours that a change may take}
#   remediation: Look at the product's stack in CloudFormation for what it waits for, and cancel the update if it never ends.
package tenor.service_catalog.product_stuck

import data.tenor.lib.clock
import data.tenor.lib.product
import data.tenor.lib.text
import data.tenor.params.service_catalog.product_stuck as params
import data.tenor.run

deny contains {
	"msg": sprintf("the product has been %s for %s", [input.spec.Status, text.counted(clock.whole_hours(age), "hour")]),
	"evidence": {"status": input.spec.Status, "since": _since, "record": product.record},
	"command": product.describe,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.spec.Status in {"UNDER_CHANGE", "PLAN_IN_PROGRESS"}
	age := run.as_of_ns - time.parse_rfc3339_ns(_since)
	age > clock.hours(params.hours)
}

_since := input.related.last_record.CreatedTime

_since := input.spec.CreatedTime if not input.related.last_record.CreatedTime
