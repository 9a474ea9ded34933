package tenor.service_catalog.product_tainted_test

import data.tenor.service_catalog.product_tainted as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "TAINTED", "Type": "CFN_STACK", "LastRecordId": "rec-1", "ProductId": "prod-1", "ProvisioningArtifactId": "pa-1"},
	"related": {"last_record": {"UpdatedTime": "2026-11-30T00:00:00Z", "RecordErrors": [{"Description": "rolled back"}]}},
}

_with(spec) := object.union(example, {"spec": spec})

_severities(updated) := {d.severity | some d in rule.deny with input as object.union(example, {"related": {"last_record": {"UpdatedTime": updated}}})}

test_reports_tainted_product if {
	rule.deny == {{
		"msg": "the product is TAINTED: rolled back",
		"severity": "medium",
		"evidence": {"status": "TAINTED", "record": "rec-1"},
		"command": ["aws", "servicecatalog", "update-provisioned-product", "--provisioned-product-id", "pp-1", "--product-id", "prod-1", "--provisioning-artifact-id", "pa-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_as_high_after_its_days if {
	_severities("2026-11-01T00:00:01Z") == {"medium"}
	_severities("2026-11-01T00:00:00Z") == {"medium"}
	_severities("2026-10-31T23:59:59Z") == {"high"}
}

test_reports_as_high_after_the_configured_days if {
	{d.severity | some d in rule.deny} == {"high"} with input as example with data.tenor.params.service_catalog.product_tainted.high_after_days as 0
}

test_reports_as_medium_without_a_record if {
	{[d.msg, d.severity] | some d in rule.deny} == {["the product is TAINTED", "medium"]} with input as json.remove(example, ["related/last_record"])
}

test_no_command_to_an_inactive_version if {
	{d.command | some d in rule.deny} == {null} with input as object.union(example, {"related": {"artifact": {"Id": "pa-1", "Active": false, "NewestActive": null}}})
}

test_reports_without_ids if {
	{d.command | some d in rule.deny} == {null} with input as json.remove(example, ["spec/ProductId", "spec/ProvisioningArtifactId"])
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
