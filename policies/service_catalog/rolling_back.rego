# METADATA
# scope: package
# title: Change of a product is being rolled back
# description: >-
#   A change of the product has failed, and undoing it takes long: a rollback that does not come to its end leaves the
#   product unusable until somebody helps. Fires when the last record has been IN_PROGRESS_IN_ERROR, without another word,
#   for more than `hours` hours.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_RecordDetail.html
#     description: RecordDetail
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   requires: [records]
#   params:
#     hours: {default: 1, description: Hours for which a rollback may go on without another word}
#   remediation: >-
#     Read what the rollback waits for: in CloudFormation the events of the product's stack, for a Terraform or EXTERNAL
#     product the log of its engine. Resources that were changed or deleted outside of the stack hold up a rollback: have
#     their owner put them back. Skipping them leaves them as they are and the product TAINTED.
package tenor.service_catalog.rolling_back

import data.tenor.lib.clock
import data.tenor.lib.product
import data.tenor.params.service_catalog.rolling_back as params
import data.tenor.run

deny contains {
	"msg": sprintf("the last request is being rolled back, for %s%s", [clock.lasted(age), product.last_errors]),
	"evidence": {
		"status": input.spec.Status, "since": input.facts.last_updated, "record": input.facts.last_record, "cause": product.last_cause,
	},
	"command": product.describe,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.facts.last_status == "IN_PROGRESS_IN_ERROR"
	age := run.as_of_ns - time.parse_rfc3339_ns(input.facts.last_updated)
	age > clock.hours(params.hours)
}
