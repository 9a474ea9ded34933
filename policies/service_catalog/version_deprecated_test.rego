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
		"NewestActive": {"Id": "pa-9", "Name": "v9", "CreatedTime": "2026-01-01T00:00:00Z"},
	}},
}

_with(artifact) := object.union(example, {"related": {"artifact": artifact}})

_newest(version) := _with({"NewestActive": object.union({"Guidance": "DEFAULT"}, version)})

test_reports_deprecated_version if {
	rule.deny == {{
		"msg": "version v1 is deprecated",
		"evidence": {"version": "v1", "newest_active": null},
		"command": ["aws", "servicecatalog", "list-provisioning-artifacts", "--product-id", "prod-1", "--region", "eu-central-1"],
	}} with input as example
}

test_names_newer_version_that_is_not_deprecated if {
	rule.deny == {{
		"msg": "version v1 is deprecated; v9 is newer, active and not deprecated",
		"evidence": {"version": "v1", "newest_active": "v9"},
		"command": ["aws", "servicecatalog", "list-provisioning-artifacts", "--product-id", "prod-1", "--region", "eu-central-1"],
	}} with input as _newest({})
}

test_names_newer_version_by_a_second if {
	{d.evidence.newest_active | some d in rule.deny} == {"v9"} with input as _newest({"CreatedTime": "2025-01-01T00:00:01Z"})
}

test_names_no_version_that_is_none_to_go_to if {
	every version in [
		{"Guidance": "DEPRECATED"}, {"Guidance": "NEWER_THAN_US"},
		{"CreatedTime": "2025-01-01T00:00:00Z"}, {"CreatedTime": "2024-12-31T23:59:59Z"},
		{"Id": "pa-1", "Name": "v1"},
	] {
		{[d.msg, d.evidence.newest_active] | some d in rule.deny} == {["version v1 is deprecated", null]}
			with input as _newest(version)
	}
	every missing in ["NewestActive", "NewestActive/Guidance", "NewestActive/CreatedTime", "NewestActive/Id", "CreatedTime"] {
		{[d.msg, d.evidence.newest_active] | some d in rule.deny} == {["version v1 is deprecated", null]}
			with input as json.remove(_newest({}), [concat("/", ["related/artifact", missing])])
	}
	{[d.msg, d.evidence.newest_active] | some d in rule.deny} == {["version v1 is deprecated", null]}
		with input as _with({"NewestActive": null})
}

test_reports_ids_where_names_are_missing if {
	{d.msg | some d in rule.deny} == {"version pa-1 is deprecated; pa-9 is newer, active and not deprecated"}
		with input as json.remove(_newest({}), ["spec/ProvisioningArtifactName", "related/artifact/NewestActive/Name"])
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
