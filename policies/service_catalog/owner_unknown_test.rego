package tenor.service_catalog.owner_unknown_test

import data.tenor.service_catalog.owner_unknown as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "AVAILABLE", "Type": "CFN_STACK"},
	"tags": {"CostCenter": "CC-1"},
	"facts": {"launched_by": "AIDACKCEVSQ6C2EXAMPLE"},
}

_by(principal) := object.union(example, {"facts": {"launched_by": principal}})

test_reports_product_of_nobody if {
	rule.deny == {{
		"msg": "no tag names an owner, and who launched the product, AIDACKCEVSQ6C2EXAMPLE, is deleted",
		"evidence": {"launched_by": "AIDACKCEVSQ6C2EXAMPLE", "tags": ["Owner"]},
		"command": ["aws", "servicecatalog", "describe-provisioned-product", "--id", "pp-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_role_that_is_deleted if {
	every principal in ["AROACKCEVSQ6C2EXAMPLE", "AROACKCEVSQ6C2EXAMPLE:session"] {
		count(rule.deny) == 1 with input as _by(principal)
	}
}

test_reports_principal_that_iam_does_not_know if {
	named := _by("arn:aws:iam::111122223333:user/jan")
	{d.msg | some d in rule.deny} == {"no tag names an owner, and who launched the product, arn:aws:iam::111122223333:user/jan, is deleted"}
		with input as object.union(named, {"related": {"launched_by": {"Missing": true}}})
	rule.deny == set() with input as object.union(named, {"related": {"launched_by": {"Missing": false}}})
}

# Without an answer of IAM nobody knows, but where a tag names the owner that is of no interest.
test_unknown_without_an_answer_of_iam if {
	gap := object.union(_by("arn:aws:iam::111122223333:user/jan"), {"gaps": {"launched_by": {"operation": "GetUser"}}})
	rule.unknown == {"launched_by"} with input as gap
	rule.unknown == set() with input as object.union(gap, {"tags": {"Owner": "ann"}})
	rule.unknown == set() with input as example
}

test_reports_empty_tag if {
	count(rule.deny) == 1 with input as object.union(example, {"tags": {"Owner": ""}})
	count(rule.deny) == 1 with input as json.remove(example, ["tags"])
}

test_reports_by_the_configured_tags if {
	rule.deny == set() with input as example with data.tenor.params.service_catalog.owner_unknown.tags as ["Team", "CostCenter"]
	count(rule.deny) == 1 with input as example with data.tenor.params.service_catalog.owner_unknown.tags as ["Team"]
}

test_ignores_product_with_an_owner if {
	rule.deny == set() with input as object.union(example, {"tags": {"Owner": "ann"}})
}

# A name may begin like an id; an access key's id is no principal's.
test_ignores_principal_that_has_a_name if {
	every principal in [
		"arn:aws:iam::111122223333:user/AIDACKCEVSQ6C2EXAMPLE", "arn:aws:sts::111122223333:assumed-role/deploy/AROACKCEVSQ6C2EXAMPLE",
		"AIDA", "AKIACKCEVSQ6C2EXAMPLE", "aidackcevsq6c2example", "",
	] {
		rule.deny == set() with input as _by(principal)
	}
}

test_ignores_missing_principal if {
	rule.deny == set() with input as _by(null)
	rule.deny == set() with input as json.remove(example, ["facts"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
