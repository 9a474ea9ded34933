package tenor.service_catalog.stack_missing_test

import data.tenor.service_catalog.stack_missing as rule

_id := "arn:aws:cloudformation:eu-central-1:111122223333:stack/SC-111122223333-pp-1/5c1f0e70-0d3b-11f1-9a44-0a58a9feac02"

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "AVAILABLE", "Type": "CFN_STACK", "PhysicalId": _id},
	"related": {"stacks": {"StackId": _id, "StackStatus": "DELETE_COMPLETE", "DeletionTime": "2026-11-02T10:00:00Z"}},
}

_with(stack) := object.union(json.remove(example, ["related"]), {"related": {"stacks": object.union({"StackId": _id}, stack)}})

test_reports_deleted_stack if {
	rule.deny == {{
		"msg": "its stack SC-111122223333-pp-1 was deleted on 2026-11-02",
		"evidence": {"stack": _id, "status": "AVAILABLE", "deleted": "2026-11-02T10:00:00Z"},
		"command": ["aws", "servicecatalog", "describe-provisioned-product", "--id", "pp-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_deleted_stack_without_a_date if {
	{[d.msg, d.evidence.deleted] | some d in rule.deny} == {["its stack SC-111122223333-pp-1 was deleted", null]}
		with input as _with({"StackStatus": "DELETE_COMPLETE"})
}

test_reports_stack_that_is_not_there if {
	{[d.msg, d.evidence.deleted] | some d in rule.deny} == {[
		"its stack SC-111122223333-pp-1 is not there, and was not in the last 90 days", null,
	]} with input as _with({"Missing": true})
}

test_reports_every_status_of_the_product if {
	every status in ["AVAILABLE", "TAINTED", "ERROR", "UNDER_CHANGE"] {
		count(rule.deny) == 1 with input as object.union(example, {"spec": {"Status": status}})
	}
}

test_ignores_stack_that_is_there if {
	every status in ["CREATE_COMPLETE", "DELETE_FAILED", "DELETE_IN_PROGRESS", "ROLLBACK_COMPLETE", "NEWER_THAN_US"] {
		rule.deny == set() with input as _with({"StackStatus": status})
	}
}

test_ignores_missing_section if {
	rule.deny == set() with input as json.remove(example, ["related"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
