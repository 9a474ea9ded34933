# METADATA
# scope: package
# title: Provisioned product in error
# description: >-
#   The product exists, but its stack does not run. Fires when the status is ERROR; how long it has been so is judged by
#   service_catalog.broken_long, the accounts of AWS Control Tower by service_catalog.account_product_broken.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_ProvisionedProductAttribute.html
#     description: ProvisionedProductAttribute
# custom:
#   severity: high
#   kinds: [service_catalog.provisioned_product]
#   optional: [last_record]
#   remediation: >-
#     Read the record's errors and put the cause right, then update the product: that asks for the parameters again, needs the
#     launch path, and may replace the product entirely. Where nobody needs it, have its owner terminate it, which deletes what it
#     provisioned.
package tenor.service_catalog.product_error

import data.tenor.lib.product

deny contains {
	"msg": concat("", ["the product is in ERROR", product.errors]),
	"evidence": {"status": "ERROR", "record": product.record},
	"command": product.describe,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.spec.Status == "ERROR"
	not product.account_product
}
