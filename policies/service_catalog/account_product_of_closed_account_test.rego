package tenor.service_catalog.account_product_of_closed_account_test

import data.tenor.service_catalog.account_product_of_closed_account as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "acct-dev", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "AVAILABLE", "Type": "CONTROL_TOWER_ACCOUNT", "PhysicalId": "444455556666"},
	"related": {"account_state": {"AccountId": "444455556666", "State": "SUSPENDED", "Source": "PhysicalId"}},
}

_with(state) := object.union(
	json.remove(example, ["related/account_state/State"]),
	{"related": {"account_state": state}},
)

test_reports_suspended_account if {
	rule.deny == {{
		"msg": "its account 444455556666 is SUSPENDED",
		"evidence": {"account": "444455556666", "state": "SUSPENDED", "named_by": "PhysicalId", "status": "AVAILABLE"},
		"command": ["aws", "servicecatalog", "describe-provisioned-product", "--id", "pp-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_account_that_left if {
	{[d.msg, d.evidence.state] | some d in rule.deny} == {["its account 444455556666 is not in the organization any more", null]}
		with input as _with({"Missing": true})
}

test_reports_account_that_is_closed if {
	every state in ["PENDING_CLOSURE", "CLOSED"] {
		{d.msg | some d in rule.deny} == {sprintf("its account 444455556666 is %s", [state])} with input as _with({"State": state})
	}
}

test_reports_every_status_of_the_product if {
	every status in ["TAINTED", "ERROR", "UNDER_CHANGE"] {
		count(rule.deny) == 1 with input as object.union(example, {"spec": {"Status": status}})
	}
}

test_ignores_account_that_is_there if {
	every state in ["ACTIVE", "PENDING_ACTIVATION", "NEWER_THAN_US", ""] {
		rule.deny == set() with input as _with({"State": state})
	}
}

test_ignores_other_types if {
	rule.deny == set() with input as object.union(example, {"spec": {"Type": "CFN_STACK"}})
}

test_ignores_missing_section if {
	rule.deny == set() with input as json.remove(example, ["related"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
