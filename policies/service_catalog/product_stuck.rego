# METADATA
# scope: package
# title: Provisioned product is stuck
# description: >-
#   A change of the product does not come to an end, and until it does nothing else can be done with it. Fires when the product
#   is UNDER_CHANGE and its last record, which is CREATED, IN_PROGRESS or IN_PROGRESS_IN_ERROR, was created more than `hours` hours ago.
#   How old the product is says nothing about that: without the record it cannot tell. The accounts of AWS Control Tower are
#   left out.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_RecordDetail.html
#     description: RecordDetail
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   requires: [last_record]
#   params:
#     hours: {default: 24, description: Hours that a change may take}
#   remediation: >-
#     Look at the product's stack in CloudFormation for what it waits for. Cancelling the stack's update there rolls it back and
#     leaves the product TAINTED.
package tenor.service_catalog.product_stuck

import data.tenor.lib.clock
import data.tenor.lib.product
import data.tenor.lib.text
import data.tenor.params.service_catalog.product_stuck as params
import data.tenor.run

deny contains {
	"msg": sprintf("the product has been UNDER_CHANGE for %s", [text.counted(clock.whole_hours(age), "hour")]),
	"evidence": {"status": "UNDER_CHANGE", "since": input.related.last_record.CreatedTime, "record": product.record},
	"command": product.describe,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.spec.Status == "UNDER_CHANGE"
	not product.account_product
	input.related.last_record.Status in {"CREATED", "IN_PROGRESS", "IN_PROGRESS_IN_ERROR"}
	age := run.as_of_ns - time.parse_rfc3339_ns(input.related.last_record.CreatedTime)
	age > clock.hours(params.hours)
}
