package tenor.service_catalog.principal_gone_test

import data.tenor.service_catalog.principal_gone as rule

_with(gone) := {
	"kind": "service_catalog.portfolio", "id": "port-1", "name": "Platform", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Id": "port-1", "DisplayName": "Platform"},
	"related": {"gone_principals": {"PrincipalARNs": gone}},
}

example := _with(["arn:aws:iam::111122223333:user/jan"])

test_reports_principal_that_is_gone if {
	rule.deny == {{
		"msg": "of those that may launch, 1 principal cannot be found: arn:aws:iam::111122223333:user/jan",
		"evidence": {"principals": ["arn:aws:iam::111122223333:user/jan"]},
		"command": [
			"aws", "servicecatalog", "list-principals-for-portfolio", "--portfolio-id", "port-1", "--region",
			"eu-central-1",
		],
	}} with input as example
}

test_reports_all_in_one_finding if {
	{d.msg | some d in rule.deny} == {"of those that may launch, 2 principals cannot be found: a, b"} with input as _with(["b", "a"])
}

test_ignores_portfolio_whose_principals_are_there if {
	rule.deny == set() with input as _with([])
}

test_ignores_missing_section if {
	rule.deny == set() with input as json.remove(example, ["related"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "service_catalog.product"})
}
