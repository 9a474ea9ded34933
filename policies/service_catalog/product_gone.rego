# METADATA
# scope: package
# title: Product of the catalogue is gone
# description: >-
#   What the product was made from is no longer there, or no longer shared with this account: it runs on, but nobody can
#   update it or launch another. Fires when AWS says of the product in the catalogue that it is not found.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_ListProvisioningArtifacts.html
#     description: ListProvisioningArtifacts
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   requires: [artifact]
#   remediation: >-
#     Ask whoever owns the portfolio whether the product was deleted, or whether its share ended. Where it was not meant to
#     go, have it shared again. Otherwise plan with whoever runs the product what takes its place; terminating it deletes
#     what it provisioned, and unenrols an account of AWS Control Tower, moves it to the Root of the organization and lifts the
#     service control policies of its organizational unit.
package tenor.service_catalog.product_gone

import data.tenor.lib.product

deny contains {
	"msg": sprintf("its product %s is gone, or no longer shared with this account", [product.catalogue]),
	"evidence": {"product": input.spec.ProductId, "version": product.version},
	"command": product.describe_product,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.related.artifact.ProductMissing
}
