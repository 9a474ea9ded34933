# METADATA
# scope: package
# title: Termination of a product failed
# description: >-
#   Somebody wanted the product gone, and part of it is still there: resources may remain and cost, which nobody looks after
#   any more. Fires when the status is TAINTED or ERROR and the last request that failed was to terminate the product. The
#   accounts of AWS Control Tower are left out.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_RecordDetail.html
#     description: RecordDetail
# custom:
#   severity: high
#   kinds: [service_catalog.provisioned_product]
#   requires: [records, failure]
#   optional: [stacks, artifact, launch_role]
#   remediation: >-
#     Read the record's errors for what could not be deleted. Ask the owner what of it is still needed and keep a copy of the
#     data; then ask for the termination again. A termination that is told to ignore errors or to retain resources leaves
#     them, and what they cost, outside of Service Catalog.
package tenor.service_catalog.terminate_failed

import data.tenor.lib.product
import data.tenor.lib.remedy

deny contains {
	"msg": sprintf("the termination failed%s: resources may remain and cost; the product is %s %s%s", [
		product.attempts, input.spec.Status,
		product.since, product.errors,
	]),
	"evidence": product.failure,
	"command": product.show_failure,
	"remediation": remedy.failed,
} if {
	input.kind == "service_catalog.provisioned_product"
	product.terminate_failed
}
