# METADATA
# scope: package
# title: Launch role does not exist
# description: >-
#   The role with which Service Catalog provisions the product does not exist any more: it can neither be updated nor terminated,
#   and every request fails. Fires when IAM does not know the launch role of a provisioned product, or one that a launch
#   constraint of a portfolio names, each of the account itself. IAM is asked for the roles of constraints, and of the products
#   whose records are read: those that are not simply well.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/adminguide/constraints-launch.html
#     description: Launch constraints
# custom:
#   severity: high
#   kinds: [service_catalog.portfolio, service_catalog.provisioned_product]
#   requires: [launch_role]
#   remediation: >-
#     Find out in CloudTrail who deleted the role, and whether on purpose. Have it made again with the same name and path and the
#     permissions that it had, or have the launch constraint name another role, by whoever owns the portfolio. A product that was
#     launched before asks for the role of its constraint only when it is updated. Nothing should be terminated before that: a
#     termination without its role fails, and leaves resources that cost.
package tenor.service_catalog.launch_role_missing

deny contains {
	"msg": sprintf("its launch role %s does not exist", [input.related.launch_role.ARN]),
	"evidence": {"role": input.related.launch_role.ARN, "status": input.spec.Status},
	"command": ["aws", "servicecatalog", "describe-provisioned-product", "--id", input.id, "--region", input.region],
} if {
	input.kind == "service_catalog.provisioned_product"
	input.related.launch_role.Missing
}

deny contains {
	"msg": sprintf("launch constraints name roles that do not exist: %s", [concat(", ", sort(_missing))]),
	"evidence": {"roles": sort(_missing), "constraints": _constraints},
	"command": ["aws", "servicecatalog", "list-constraints-for-portfolio", "--portfolio-id", input.id, "--region", input.region],
} if {
	input.kind == "service_catalog.portfolio"
	count(_missing) > 0
}

_missing contains role.RoleArn if {
	some role in input.related.launch_role.Roles
	role.Missing
}

_constraints := sort([{"constraint": role.ConstraintId, "product": role.ProductId} |
	some role in input.related.launch_role.Roles
	role.Missing
])
