# METADATA
# scope: package
# title: Plan of a product waits for somebody
# description: >-
#   A plan says what a launch or an update would change, and nothing happens until a person executes or deletes it. Fires
#   when the status is PLAN_IN_PROGRESS and the last record was created more than `hours` hours ago.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_ProvisionedProductPlanDetails.html
#     description: ProvisionedProductPlanDetails
# custom:
#   severity: low
#   kinds: [service_catalog.provisioned_product]
#   requires: [records]
#   params:
#     hours: {default: 72, description: Hours for which a plan may wait}
#   remediation: >-
#     Ask whoever made the plan. To execute it makes the changes that it lists, which may replace resources: read them first.
#     To delete it changes nothing.
package tenor.service_catalog.plan_pending

import data.tenor.lib.clock
import data.tenor.lib.product
import data.tenor.params.service_catalog.plan_pending as params
import data.tenor.run

deny contains {
	"msg": sprintf("a plan of the product has waited for %s to be executed or deleted", [clock.lasted(age)]),
	"evidence": {"status": "PLAN_IN_PROGRESS", "since": input.facts.last_created, "record": input.facts.last_record},
	"command": product.describe,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.spec.Status == "PLAN_IN_PROGRESS"
	age := run.as_of_ns - time.parse_rfc3339_ns(input.facts.last_created)
	age > clock.hours(params.hours)
}
