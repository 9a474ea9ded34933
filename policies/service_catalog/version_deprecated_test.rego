package tenor.service_catalog.version_deprecated_test

import data.tenor.service_catalog.version_deprecated as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "AVAILABLE", "ProductId": "prod-1", "ProvisioningArtifactId": "pa-1", "ProvisioningArtifactName": "v1"},
	"related": {"artifact": {"Id": "pa-1", "Active": true, "Guidance": "DEPRECATED", "NewestActive": {"Id": "pa-9", "Name": "v9"}}},
}

_with(artifact) := object.union(example, {"related": {"artifact": artifact}})

test_reports_deprecated_version if {
	rule.deny == {{
		"msg": "version v1 is deprecated; the newest active one is v9",
		"evidence": {"version": "v1", "newest_active": "v9"},
		"command": ["aws", "servicecatalog", "update-provisioned-product", "--provisioned-product-id", "pp-1", "--product-id", "prod-1", "--provisioning-artifact-id", "pa-9", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_ids_where_names_are_missing if {
	{d.msg | some d in rule.deny} == {"version pa-1 is deprecated; the newest active one is pa-9"} with input as json.remove(example, ["spec/ProvisioningArtifactName", "related/artifact/NewestActive/Name"])
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
