# METADATA
# scope: package
# title: Provisioned product on a deprecated version
# description: >-
#   The product's owner advises against the version that runs: it can still be updated, but no longer launched. Fires when the
#   version is active and its guidance is DEPRECATED. The message names a version to go to where one is known to be newer, active
#   and not deprecated. The accounts of AWS Control Tower are left out.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_ProvisioningArtifactDetail.html
#     description: ProvisioningArtifactDetail
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   requires: [artifact]
#   remediation: >-
#     Ask the product's owner which version to go to, and plan the update with whoever runs the product: it asks for the parameters
#     again, needs the launch path, and may replace the product entirely.
package tenor.service_catalog.version_deprecated

import data.tenor.lib.product

deny contains {
	"msg": sprintf("version %s is deprecated%s", [product.version, product.successor]),
	"evidence": {"version": product.version, "newest_active": product.newer},
	"command": product.versions,
} if {
	input.kind == "service_catalog.provisioned_product"
	not product.account_product
	input.related.artifact.Active
	input.related.artifact.Guidance == "DEPRECATED"
}
