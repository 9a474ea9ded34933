# METADATA
# scope: package
# title: Provisioned product on an inactive version
# description: >-
#   The version that runs can neither be launched nor updated from: the product is a dead end until it is moved. Fires when the
#   version is not active, is not said to be, or is no longer among the product's versions.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_ProvisioningArtifactDetail.html
#     description: ProvisioningArtifactDetail
# custom:
#   severity: high
#   kinds: [service_catalog.provisioned_product]
#   requires: [artifact]
#   remediation: Update the product to its newest active version, or ask the product's owner to activate this one.
package tenor.service_catalog.version_inactive

import data.tenor.lib.product

deny contains {
	"msg": sprintf("version %s %s%s", [product.version, _why, product.successor]),
	"evidence": {"version": product.version, "newest_active": product.newest},
	"command": product.update,
} if {
	input.kind == "service_catalog.provisioned_product"
	_why
}

_why := "is no longer among the product's versions" if input.related.artifact.Missing

_why := "is not active" if input.related.artifact.Active == false

_why := "is not said to be active" if {
	not _stated
	is_string(input.related.artifact.Id)
	not input.related.artifact.Missing
}

_stated if is_boolean(input.related.artifact.Active)
