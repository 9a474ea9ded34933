package tenor.service_catalog.account_product_broken_test

import data.tenor.service_catalog.account_product_broken as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "acct-dev", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "TAINTED", "Type": "CONTROL_TOWER_ACCOUNT", "LastRecordId": "rec-1"},
	"related": {"records": {"RecordDetails": []}},
	"facts": {"errors": ["the account 111122223333 is in another OU"], "cause": "the account <id> is in another OU"},
}

_with(spec) := object.union(example, {"spec": spec})

test_reports_tainted_account_product if {
	rule.deny == {{
		"msg": "the account's product is TAINTED: the account 111122223333 is in another OU",
		"evidence": {
			"status": "TAINTED", "type": "CONTROL_TOWER_ACCOUNT", "record": "rec-1", "cause": "the account <id> is in another OU",
		},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_account_product_in_error if {
	{d.msg | some d in rule.deny} == {"the account's product is ERROR"} with input as json.remove(_with({"Status": "ERROR"}), ["related", "facts"])
}

# The status alone proves it: the record changes the words.
test_reports_the_same_without_the_record if {
	rule.deny == {{
		"msg": "the account's product is TAINTED",
		"evidence": {"status": "TAINTED", "type": "CONTROL_TOWER_ACCOUNT", "record": "rec-1", "cause": null},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-1", "--region", "eu-central-1"],
	}} with input as object.union(json.remove(example, ["related", "facts"]), {"gaps": {"records": {"reason": "access_denied"}}})
}

test_reports_account_product_without_a_record if {
	rule.deny == {{
		"msg": "the account's product is TAINTED",
		"evidence": {"status": "TAINTED", "type": "CONTROL_TOWER_ACCOUNT", "record": null, "cause": null},
		"command": ["aws", "servicecatalog", "describe-provisioned-product", "--id", "pp-1", "--region", "eu-central-1"],
	}} with input as json.remove(example, ["related", "facts", "spec/LastRecordId"])
}

test_ignores_other_types if {
	rule.deny == set() with input as _with({"Type": "CFN_STACK"})
	rule.deny == set() with input as json.remove(example, ["spec/Type"])
}

test_ignores_every_other_status if {
	every status in ["AVAILABLE", "UNDER_CHANGE", "PLAN_IN_PROGRESS", "NEWER_THAN_US"] {
		rule.deny == set() with input as _with({"Status": status})
	}
}

test_ignores_missing_status if {
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
}
