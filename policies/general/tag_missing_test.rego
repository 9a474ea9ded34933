package tenor.general.tag_missing_test

import data.tenor.general.tag_missing as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"tags": {"Owner": "", "aws:servicecatalog:portfolioArn": "arn:aws:catalog:eu-central-1:111122223333:portfolio/port-1"},
}

_tagged(tags) := object.union(json.remove(example, ["tags"]), {"tags": tags})

_messages(doc) := {d.msg | some d in rule.deny with input as doc}

test_reports_all_that_are_missing_as_one if {
	rule.deny == {{"msg": "missing or empty: Owner, CostCenter", "evidence": {"missing": ["CostCenter", "Owner"]}}} with input as example
}

test_reports_one_that_is_missing_or_blank if {
	_messages(_tagged({"Owner": "team-a"})) == {"missing or empty: CostCenter"}
	_messages(_tagged({"Owner": " ", "CostCenter": "42"})) == {"missing or empty: Owner"}
	_messages(_tagged({"owner": "team-a", "CostCenter": "42"})) == {"missing or empty: Owner"}
}

test_reports_outposts_too if {
	count(rule.deny) == 1 with input as object.union(example, {"kind": "outposts.outpost"})
}

test_reports_by_the_configured_tags if {
	{d.msg | some d in rule.deny} == {"missing or empty: Project"} with input as _tagged({"Owner": "a"}) with data.tenor.params.general.tag_missing.required as ["Project"]
}

test_reports_required_tag_of_aws if {
	{d.msg | some d in rule.deny} == {"missing or empty: aws:createdBy"} with input as _tagged({"aws:createdBy": "x"}) with data.tenor.params.general.tag_missing.required as ["aws:createdBy"]
}

test_reports_missing_tags if {
	count(rule.deny) == 1 with input as json.remove(example, ["tags"])
	count(rule.deny) == 1 with input as _tagged(null)
}

test_ignores_resource_with_all_tags if {
	rule.deny == set() with input as _tagged({"Owner": "team-a", "CostCenter": "42"})
}

test_ignores_when_none_is_required if {
	rule.deny == set() with input as example with data.tenor.params.general.tag_missing.required as []
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
