package tenor.service_catalog.product_error_test

import data.tenor.service_catalog.product_error as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "ERROR", "Type": "CFN_STACK", "LastRecordId": "rec-1"},
	"related": {"last_record": {"RecordErrors": [{"Code": "InternalFailure", "Description": "no capacity"}, {"Description": "rolled back"}]}},
}

_with(spec) := object.union(example, {"spec": spec})

_messages(doc) := {d.msg | some d in rule.deny with input as doc}

test_reports_product_in_error if {
	rule.deny == {{
		"msg": "the product is in ERROR: InternalFailure: no capacity; rolled back",
		"evidence": {"status": "ERROR", "record": "rec-1"},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_without_a_record if {
	rule.deny == {{
		"msg": "the product is in ERROR",
		"evidence": {"status": "ERROR", "record": null},
		"command": ["aws", "servicecatalog", "describe-provisioned-product", "--id", "pp-1", "--region", "eu-central-1"],
	}} with input as json.remove(example, ["spec/LastRecordId", "related/last_record"])
}

# The status alone proves it: the record changes the words.
test_reports_the_same_where_the_record_is_a_gap if {
	rule.deny == {{
		"msg": "the product is in ERROR",
		"evidence": {"status": "ERROR", "record": "rec-1"},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-1", "--region", "eu-central-1"],
	}} with input as object.union(json.remove(example, ["related"]), {"gaps": {"last_record": {"reason": "access_denied"}}})
}

test_reports_without_record_errors if {
	_messages(json.remove(example, ["related/last_record/RecordErrors"])) == {"the product is in ERROR"}
	_messages(object.union(example, {"related": {"last_record": {"RecordErrors": []}}})) == {"the product is in ERROR"}
	_messages(object.union(example, {"related": {"last_record": {"RecordErrors": [{}, {}]}}})) == {"the product is in ERROR"}
}

test_reports_product_without_a_type if {
	count(rule.deny) == 1 with input as json.remove(example, ["spec/Type"])
}

test_ignores_account_products if {
	rule.deny == set() with input as _with({"Type": "CONTROL_TOWER_ACCOUNT"})
}

test_ignores_every_other_status if {
	every status in ["AVAILABLE", "UNDER_CHANGE", "TAINTED", "PLAN_IN_PROGRESS", "NEWER_THAN_US"] {
		rule.deny == set() with input as _with({"Status": status})
	}
}

test_ignores_missing_status if {
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
