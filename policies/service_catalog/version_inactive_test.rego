package tenor.service_catalog.version_inactive_test

import data.tenor.service_catalog.version_inactive as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "AVAILABLE", "ProductId": "prod-1", "ProvisioningArtifactId": "pa-1", "ProvisioningArtifactName": "v1"},
	"related": {"artifact": {"Id": "pa-1", "Active": false, "Guidance": "DEFAULT", "NewestActive": {"Id": "pa-9", "Name": "v9"}}},
}

_missing := object.union(json.remove(example, ["related"]), {"related": {"artifact": {"Id": "pa-1", "Missing": true, "NewestActive": null}}})

test_reports_inactive_version if {
	rule.deny == {{
		"msg": "version v1 is not active; the newest active one is v9",
		"evidence": {"version": "v1", "newest_active": "v9"},
		"command": ["aws", "servicecatalog", "update-provisioned-product", "--provisioned-product-id", "pp-1", "--product-id", "prod-1", "--provisioning-artifact-id", "pa-9", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_version_that_is_gone if {
	{[d.msg, d.evidence.newest_active] | some d in rule.deny} == {["version v1 is no longer among the product's versions", null]} with input as _missing
}

test_reports_version_that_does_not_say if {
	{d.msg | some d in rule.deny} == {"version v1 is not said to be active; the newest active one is v9"} with input as json.remove(example, ["related/artifact/Active"])
}

test_no_command_without_an_active_version if {
	{d.command | some d in rule.deny} == {null} with input as _missing
	{[d.msg, d.command] | some d in rule.deny} == {["version v1 is not active", null]} with input as json.remove(example, ["related/artifact/NewestActive"])
	{d.command | some d in rule.deny} == {null} with input as json.remove(example, ["related/artifact/Active", "related/artifact/NewestActive"])
}

test_reports_without_any_name if {
	{d.evidence.version | some d in rule.deny} == {"(unknown)"} with input as json.remove(_missing, ["spec/ProvisioningArtifactId", "spec/ProvisioningArtifactName"])
}

test_ignores_active_version if {
	rule.deny == set() with input as object.union(example, {"related": {"artifact": {"Active": true}}})
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["related"])
}
