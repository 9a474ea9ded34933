# METADATA
# scope: package
# title: Provisioned product is behind its newest version
# description: >-
#   The product has had newer versions for long, and each update that is left out makes the next one larger. It is off by
#   default: many run well on what they have. Fires, where `enabled` is true, when the newest version that is active and not
#   deprecated is more than `days` days newer than the one that runs. The accounts of AWS Control Tower are left out.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_ProvisioningArtifactDetail.html
#     description: ProvisioningArtifactDetail
# custom:
#   severity: info
#   kinds: [service_catalog.provisioned_product]
#   requires: [artifact]
#   params:
#     enabled: {default: false, description: Whether the rule says anything}
#     days: {default: 180, description: Days by which the newest version may be newer}
#   remediation: >-
#     Read what has changed since, and plan the update with whoever runs the product: it asks for the parameters again, needs
#     the launch path, and may replace the product entirely.
package tenor.service_catalog.version_behind

import data.tenor.lib.product
import data.tenor.params.service_catalog.version_behind as params

deny contains {
	"msg": sprintf("version %s is %d days older than %s, which is active and not deprecated", [
		product.version,
		input.facts.newest_active.days_newer, input.facts.newest_active.name,
	]),
	"evidence": {"version": product.version, "newest_active": product.newer, "days": input.facts.newest_active.days_newer},
	"command": product.versions,
} if {
	input.kind == "service_catalog.provisioned_product"
	params.enabled
	not product.account_product
	input.facts.newest_active.days_newer > params.days
}
