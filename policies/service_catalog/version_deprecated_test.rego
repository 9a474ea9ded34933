package tenor.service_catalog.version_deprecated_test

import data.tenor.service_catalog.version_deprecated as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {
		"Status": "AVAILABLE", "Type": "CFN_STACK", "ProductId": "prod-1",
		"ProvisioningArtifactId": "pa-1", "ProvisioningArtifactName": "v1",
	},
	"related": {"artifact": {
		"Id": "pa-1", "Active": true, "Guidance": "DEPRECATED", "CreatedTime": "2025-01-01T00:00:00Z",
	}},
	"facts": {"newest_active": null},
}

_with(artifact) := object.union(example, {"related": {"artifact": artifact}})

_newest := object.union(example, {"facts": {"newest_active": {"id": "pa-9", "name": "v9", "days_newer": 365}}})

test_reports_deprecated_version if {
	rule.deny == {{
		"msg": "version v1 is deprecated",
		"evidence": {"version": "v1", "newest_active": null},
		"command": ["aws", "servicecatalog", "list-provisioning-artifacts", "--product-id", "prod-1", "--region", "eu-central-1"],
	}} with input as example
}

test_names_version_to_go_to if {
	rule.deny == {{
		"msg": "version v1 is deprecated; v9 is newer, active and not deprecated",
		"evidence": {"version": "v1", "newest_active": "v9"},
		"command": ["aws", "servicecatalog", "list-provisioning-artifacts", "--product-id", "prod-1", "--region", "eu-central-1"],
	}} with input as _newest
}

test_reports_ids_where_names_are_missing if {
	{d.msg | some d in rule.deny} == {"version pa-1 is deprecated"} with input as json.remove(example, ["spec/ProvisioningArtifactName"])
}

test_reports_without_facts if {
	{[d.msg, d.evidence.newest_active] | some d in rule.deny} == {["version v1 is deprecated", null]} with input as json.remove(example, ["facts"])
}

test_reads_the_product_where_that_of_the_catalogue_is_missing if {
	some d in rule.deny with input as json.remove(example, ["spec/ProductId"])
	d.command == ["aws", "servicecatalog", "describe-provisioned-product", "--id", "pp-1", "--region", "eu-central-1"]
}

test_reports_product_without_a_type if {
	count(rule.deny) == 1 with input as json.remove(example, ["spec/Type"])
}

test_ignores_account_products if {
	rule.deny == set() with input as object.union(example, {"spec": {"Type": "CONTROL_TOWER_ACCOUNT"}})
}

test_ignores_other_guidance if {
	rule.deny == set() with input as _with({"Guidance": "DEFAULT"})
	rule.deny == set() with input as _with({"Guidance": "NEWER_THAN_US"})
}

test_ignores_inactive_version if {
	rule.deny == set() with input as _with({"Active": false})
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["related"])
	rule.deny == set() with input as json.remove(example, ["related/artifact/Active"])
	rule.deny == set() with input as json.remove(example, ["related/artifact/Guidance"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
