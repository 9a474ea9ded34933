# METADATA
# scope: package
# title: Provisioned product is tainted
# description: >-
#   The stack did what it could, but it is not what was asked for: an update failed and was rolled back. Fires when the status is
#   TAINTED; how long it has been so is judged by service_catalog.broken_long, the accounts of AWS Control Tower by
#   service_catalog.account_product_broken.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_ProvisionedProductAttribute.html
#     description: ProvisionedProductAttribute
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   optional: [last_record]
#   remediation: >-
#     Read the record's errors and put the cause right, then ask for the update again. An update asks for the parameters again,
#     needs the launch path, and may replace the product entirely.
package tenor.service_catalog.product_tainted

import data.tenor.lib.product

deny contains {
	"msg": concat("", ["the product is TAINTED", product.errors]),
	"evidence": {"status": "TAINTED", "record": product.record},
	"command": product.describe,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.spec.Status == "TAINTED"
	not product.account_product
}
