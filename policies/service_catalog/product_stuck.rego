# METADATA
# scope: package
# title: Provisioned product is stuck
# description: >-
#   A change of the product does not come to an end, and until it does nothing else can be done with it. Fires when the
#   product is UNDER_CHANGE and its last record, which is CREATED, IN_PROGRESS or IN_PROGRESS_IN_ERROR, was created more than
#   `hours` hours ago, and for a Terraform or EXTERNAL product `engine_hours`: its engine has not called back. How old the
#   product is says nothing about that: without the records it cannot tell. The accounts of AWS Control Tower are left out.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_RecordDetail.html
#     description: RecordDetail
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   requires: [records]
#   params:
#     hours: {default: 24, description: Hours that a change may take}
#     engine_hours: {default: 6, description: Hours that a change of a Terraform or EXTERNAL product may take}
#   remediation: >-
#     Look at what provisions the product for what it waits for: its stack or stack set in CloudFormation, or the engine of a
#     Terraform or EXTERNAL product and its log. Cancelling a stack's update there rolls it back and leaves the product
#     TAINTED. An engine that does not run any more has to be put right by whoever runs it: Service Catalog waits for its
#     answer.
package tenor.service_catalog.product_stuck

import data.tenor.lib.clock
import data.tenor.lib.product
import data.tenor.params.service_catalog.product_stuck as params
import data.tenor.run

deny contains {
	"msg": sprintf("the product has been UNDER_CHANGE for %s%s", [clock.lasted(age), _engine]),
	"evidence": {"status": "UNDER_CHANGE", "since": input.facts.last_created, "record": input.facts.last_record},
	"command": product.describe,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.spec.Status == "UNDER_CHANGE"
	not product.account_product
	input.facts.last_status in {"CREATED", "IN_PROGRESS", "IN_PROGRESS_IN_ERROR"}
	age := run.as_of_ns - time.parse_rfc3339_ns(input.facts.last_created)
	age > clock.hours(_limit)
}

_limit := params.hours if not product.engine

_limit := params.engine_hours if product.engine

default _engine := ""

_engine := ": its engine never called back" if product.engine
