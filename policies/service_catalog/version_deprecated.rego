# METADATA
# scope: package
# title: Provisioned product on a deprecated version
# description: >-
#   The product's owner advises against the version that runs. It can still be updated from, but no longer launched. Fires when
#   the version is active and its guidance is DEPRECATED.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_ProvisioningArtifactDetail.html
#     description: ProvisioningArtifactDetail
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   requires: [artifact]
#   remediation: Update the product to its newest active version.
package tenor.service_catalog.version_deprecated

import data.tenor.lib.product

deny contains {
	"msg": sprintf("version %s is deprecated%s", [product.version, product.successor]),
	"evidence": {"version": product.version, "newest_active": product.newest},
	"command": product.update,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.related.artifact.Active
	input.related.artifact.Guidance == "DEPRECATED"
}
