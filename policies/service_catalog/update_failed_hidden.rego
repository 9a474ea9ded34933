# METADATA
# scope: package
# title: Failed request is hidden by a later one
# description: >-
#   The product is AVAILABLE, and its last request, such as a reboot, says nothing of what failed before: the last change
#   that was asked of it was not made, and whoever looks at the product does not see that. Fires when the status is
#   AVAILABLE, the last request to launch, update, import or terminate failed, and another request came after it.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_RecordDetail.html
#     description: RecordDetail
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   requires: [records, failure]
#   optional: [stacks, artifact, launch_role]
#   remediation: >-
#     Read the record's errors and put the cause right, then ask for the change again, or leave a note that it is not needed.
#     An update asks for the parameters again, needs the launch path, and may replace the product entirely.
package tenor.service_catalog.update_failed_hidden

import data.tenor.lib.clock
import data.tenor.lib.product
import data.tenor.lib.remedy

deny contains {
	"msg": sprintf("the product is AVAILABLE, but its last %s failed on %s, and a later request hides that%s", [
		input.facts.request_type,
		clock.date(_failed_on), product.errors,
	]),
	"evidence": object.union(product.failure, {"last_record": input.facts.last_record}),
	"command": product.show_failure,
	"remediation": remedy.failed,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.spec.Status == "AVAILABLE"
	is_string(input.facts.request_type)
	input.facts.failed_record != input.facts.last_record
}

_failed_on := input.facts.failed_on
