# METADATA
# scope: package
# title: Provisioned product is tainted
# description: >-
#   The stack did what it could, but it is not what was asked for: an update failed and was rolled back. Fires when the
#   status is TAINTED and no narrower rule says why: service_catalog.launch_failed, service_catalog.terminate_failed, or
#   service_catalog.broken_long with its `days`. The status alone proves it: where the records could not be read, it fires.
#   The accounts of AWS Control Tower are evaluated by service_catalog.account_product_broken.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_ProvisionedProductAttribute.html
#     description: ProvisionedProductAttribute
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   optional: [records, failure, stacks, artifact, launch_role]
#   remediation: >-
#     Put the cause right before anything else: the same request fails again. Then ask for it again: an update asks for the
#     parameters again, needs the launch path, and may replace the product entirely. Where nobody needs the product, have its
#     owner terminate it, which deletes what it provisioned. A finding says it for its own request, type of product and
#     cause.
package tenor.service_catalog.product_tainted

import data.tenor.lib.product
import data.tenor.lib.remedy

deny contains {
	"msg": concat("", ["the product is TAINTED", product.errors]),
	"evidence": {"status": "TAINTED", "record": product.record, "cause": product.cause},
	"command": product.describe,
	"remediation": remedy.failed,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.spec.Status == "TAINTED"
	product.broken
	not product.narrower
}
