package tenor.service_catalog.launch_role_missing_test

import data.tenor.service_catalog.launch_role_missing as rule

_gone := "arn:aws:iam::111122223333:role/Launch"

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "ERROR", "Type": "CFN_STACK"},
	"related": {"launch_role": {"ARN": _gone, "Missing": true}},
}

_portfolio(roles) := {
	"kind": "service_catalog.portfolio", "id": "port-1", "name": "Platform", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Id": "port-1", "DisplayName": "Platform"}, "related": {"launch_role": {"Roles": roles}},
}

_role(missing) := {"ConstraintId": "cons-1", "ProductId": "prod-1", "RoleArn": _gone, "Missing": missing}

test_reports_product_whose_role_is_gone if {
	rule.deny == {{
		"msg": "its launch role arn:aws:iam::111122223333:role/Launch does not exist",
		"evidence": {"role": _gone, "status": "ERROR"},
		"command": ["aws", "servicecatalog", "describe-provisioned-product", "--id", "pp-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_constraints_whose_role_is_gone if {
	rule.deny == {{
		"msg": "launch constraints name roles that do not exist: arn:aws:iam::111122223333:role/Launch",
		"evidence": {"roles": [_gone], "constraints": [{"constraint": "cons-1", "product": "prod-1"}]},
		"command": [
			"aws", "servicecatalog", "list-constraints-for-portfolio", "--portfolio-id", "port-1", "--region",
			"eu-central-1",
		],
	}} with input as _portfolio([_role(true), {"ConstraintId": "cons-2", "LocalRoleName": "Local"}])
}

test_ignores_roles_that_are_there if {
	rule.deny == set() with input as object.union(example, {"related": {"launch_role": {"Missing": false}}})
	rule.deny == set() with input as _portfolio([_role(false)])
}

# A role of another account, and one that is named for whoever launches, cannot be asked for.
test_ignores_roles_that_were_not_asked_for if {
	rule.deny == set() with input as _portfolio([json.remove(_role(true), ["Missing"]), {"LocalRoleName": "Local"}])
}

test_ignores_missing_section if {
	rule.deny == set() with input as json.remove(example, ["related"])
	rule.deny == set() with input as json.remove(_portfolio([]), ["related"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "service_catalog.product"})
	rule.deny == set() with input as object.union(_portfolio([_role(true)]), {"kind": "outposts.order"})
}
