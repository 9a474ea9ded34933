# METADATA
# scope: package
# title: Launch of a product failed
# description: >-
#   The product was never there: its launch failed, and nobody has cleared it away. What the launch made before it failed may
#   still be there, and cost. Fires when the status is TAINTED or ERROR, the last request that failed was PROVISION_PRODUCT,
#   and no request ever succeeded. The accounts of AWS Control Tower are left out.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_RecordDetail.html
#     description: RecordDetail
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   requires: [records, failure]
#   optional: [stacks, artifact, launch_role]
#   remediation: >-
#     Read the record's errors and put the cause right, then launch it again as a new product. Have its owner terminate this
#     one, which deletes what the launch has left. A finding says it for its own type of product and cause.
package tenor.service_catalog.launch_failed

import data.tenor.lib.product
import data.tenor.lib.remedy

deny contains {
	"msg": sprintf("the launch failed%s: the product is %s %s%s", [product.attempts, input.spec.Status, product.since, product.errors]),
	"evidence": product.failure,
	"command": product.show_failure,
	"remediation": remedy.failed,
} if {
	input.kind == "service_catalog.provisioned_product"
	product.launch_failed
}
