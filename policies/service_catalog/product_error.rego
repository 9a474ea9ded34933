# METADATA
# scope: package
# title: Provisioned product in error
# description: >-
#   The product exists, but its stack does not run. Fires when the status is ERROR; the accounts of AWS Control Tower are judged
#   by service_catalog.account_product_broken.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_ProvisionedProductAttribute.html
#     description: ProvisionedProductAttribute
# custom:
#   severity: high
#   kinds: [service_catalog.provisioned_product]
#   remediation: Read the record's errors, put the cause right, then update the product or terminate it.
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
