# METADATA
# scope: package
# title: Provisioned product on an inactive version
# description: >-
#   The product goes on as it is, but nobody can launch its version any more or update to it: what comes next needs another one.
#   Fires when the version is not active, is not said to be, or is no longer among the product's versions; a product
#   that is gone is evaluated by service_catalog.product_gone. The message names a
#   version to go to where one is known to be newer, active and not deprecated. The accounts of AWS Control Tower are left out.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_ProvisioningArtifactDetail.html
#     description: ProvisioningArtifactDetail
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   requires: [artifact]
#   remediation: >-
#     Ask the product's owner which version to go to, or to activate this one again. Plan an update with whoever runs the product: it
#     asks for the parameters again, needs the launch path, and may replace the product entirely.
package tenor.service_catalog.version_inactive

import data.tenor.lib.product

deny contains {
	"msg": sprintf("version %s %s%s", [product.version, _why, product.successor]),
	"evidence": {"version": product.version, "newest_active": product.newer},
	"command": product.versions,
} if {
	input.kind == "service_catalog.provisioned_product"
	not product.account_product
	_why
}

_why := "is no longer among the product's versions" if input.related.artifact.Missing

_why := "is not active" if input.related.artifact.Active == false

_why := "is not said to be active" if {
	not _stated
	is_string(input.related.artifact.Id)
	not input.related.artifact.Missing
	not input.related.artifact.ProductMissing
}

_stated if is_boolean(input.related.artifact.Active)
