package tenor.service_catalog.version_inactive_test

import data.tenor.service_catalog.version_inactive as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {
		"Status": "AVAILABLE", "Type": "CFN_STACK", "ProductId": "prod-1",
		"ProvisioningArtifactId": "pa-1", "ProvisioningArtifactName": "v1",
	},
	"related": {"artifact": {
		"Id": "pa-1", "Active": false, "Guidance": "DEFAULT", "CreatedTime": "2025-01-01T00:00:00Z",
	}},
	"facts": {"newest_active": null},
}

_missing := object.union(json.remove(example, ["related"]), {"related": {"artifact": {"Id": "pa-1", "Missing": true, "NewestActive": null}}})

_newest := {"facts": {"newest_active": {"id": "pa-9", "name": "v9", "days_newer": 365}}}

test_reports_inactive_version if {
	rule.deny == {{
		"msg": "version v1 is not active",
		"evidence": {"version": "v1", "newest_active": null},
		"command": ["aws", "servicecatalog", "list-provisioning-artifacts", "--product-id", "prod-1", "--region", "eu-central-1"],
	}} with input as example
}

test_names_version_to_go_to if {
	{[d.msg, d.evidence.newest_active] | some d in rule.deny} == {["version v1 is not active; v9 is newer, active and not deprecated", "v9"]}
		with input as object.union(example, _newest)
}

test_reports_version_that_is_gone if {
	{[d.msg, d.evidence.newest_active] | some d in rule.deny} == {["version v1 is no longer among the product's versions", null]}
		with input as _missing
}

# That is for service_catalog.product_gone.
test_ignores_product_that_is_gone if {
	rule.deny == set() with input as object.union(json.remove(example, ["related"]), {"related": {"artifact": {"Id": "pa-1", "ProductMissing": true}}})
}

test_reports_version_that_does_not_say if {
	{d.msg | some d in rule.deny} == {"version v1 is not said to be active"} with input as json.remove(example, ["related/artifact/Active"])
}

test_reports_without_any_name if {
	{d.evidence.version | some d in rule.deny} == {"(unknown)"} with input as json.remove(_missing, ["spec/ProvisioningArtifactId", "spec/ProvisioningArtifactName"])
}

test_reports_product_without_a_type if {
	count(rule.deny) == 1 with input as json.remove(example, ["spec/Type"])
}

test_ignores_account_products if {
	rule.deny == set() with input as object.union(example, {"spec": {"Type": "CONTROL_TOWER_ACCOUNT"}})
}

test_ignores_active_version if {
	rule.deny == set() with input as object.union(example, {"related": {"artifact": {"Active": true}}})
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["related"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
