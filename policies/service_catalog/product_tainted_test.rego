package tenor.service_catalog.product_tainted_test

import data.tenor.service_catalog.product_tainted as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "TAINTED", "Type": "CFN_STACK", "LastRecordId": "rec-1", "ProductId": "prod-1", "ProvisioningArtifactId": "pa-1"},
	"related": {"last_record": {"UpdatedTime": "2026-11-30T00:00:00Z", "RecordErrors": [{"Description": "rolled back"}]}},
}

_with(spec) := object.union(example, {"spec": spec})

test_reports_tainted_product if {
	rule.deny == {{
		"msg": "the product is TAINTED: rolled back",
		"evidence": {"status": "TAINTED", "record": "rec-1"},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-1", "--region", "eu-central-1"],
	}} with input as example
}

# The status alone proves it: the record changes the words.
test_reports_the_same_without_the_record if {
	rule.deny == {{
		"msg": "the product is TAINTED",
		"evidence": {"status": "TAINTED", "record": "rec-1"},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-1", "--region", "eu-central-1"],
	}} with input as object.union(json.remove(example, ["related"]), {"gaps": {"last_record": {"reason": "access_denied"}}})
}

test_reports_the_same_at_any_age if {
	every updated in ["2020-01-01T00:00:00Z", "2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z"] {
		{object.keys(d) | some d in rule.deny} == {{"msg", "evidence", "command"}}
			with input as object.union(example, {"related": {"last_record": {"CreatedTime": updated, "UpdatedTime": updated}}})
	}
}

test_reports_product_without_type_and_ids if {
	rule.deny == {{
		"msg": "the product is TAINTED: rolled back",
		"evidence": {"status": "TAINTED", "record": null},
		"command": ["aws", "servicecatalog", "describe-provisioned-product", "--id", "pp-1", "--region", "eu-central-1"],
	}} with input as json.remove(example, ["spec/Type", "spec/ProductId", "spec/ProvisioningArtifactId", "spec/LastRecordId"])
}

test_ignores_account_products if {
	rule.deny == set() with input as _with({"Type": "CONTROL_TOWER_ACCOUNT"})
}

test_ignores_every_other_status if {
	every status in ["AVAILABLE", "UNDER_CHANGE", "ERROR", "PLAN_IN_PROGRESS", "NEWER_THAN_US"] {
		rule.deny == set() with input as _with({"Status": status})
	}
}

test_ignores_missing_status if {
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
