package tenor.service_catalog.version_behind_test

import data.tenor.service_catalog.version_behind as rule

example_params := {"enabled": true}

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {
		"Status": "AVAILABLE", "Type": "CFN_STACK", "ProductId": "prod-1", "ProductName": "Database",
		"ProvisioningArtifactId": "pa-1", "ProvisioningArtifactName": "v1",
	},
	"related": {"artifact": {"Id": "pa-1", "Active": true}},
	"facts": {"newest_active": {"id": "pa-9", "name": "v9", "days_newer": 200}},
}

_deny(doc) := found if {
	found := rule.deny with input as doc with data.tenor.params.service_catalog.version_behind.enabled as true
}

_newer(days) := object.union(example, {"facts": {"newest_active": {"days_newer": days}}})

test_reports_version_that_is_behind if {
	_deny(example) == {{
		"msg": "version v1 is 200 days older than v9, which is active and not deprecated",
		"evidence": {"version": "v1", "newest_active": "v9", "days": 200},
		"command": ["aws", "servicecatalog", "list-provisioning-artifacts", "--product-id", "prod-1", "--region", "eu-central-1"],
	}}
}

test_is_off_by_default if {
	rule.deny == set() with input as example
}

test_reports_just_past_the_limit if {
	count(_deny(_newer(181))) == 1
	_deny(_newer(180)) == set()
}

test_reports_by_the_configured_days if {
	count(_deny(_newer(101))) == 1 with data.tenor.params.service_catalog.version_behind.days as 100
	_deny(_newer(100)) == set() with data.tenor.params.service_catalog.version_behind.days as 100
}

test_ignores_account_products if {
	_deny(object.union(example, {"spec": {"Type": "CONTROL_TOWER_ACCOUNT"}})) == set()
}

test_ignores_missing_fields if {
	_deny(object.union(example, {"facts": {"newest_active": null}})) == set()
	_deny(json.remove(example, ["facts"])) == set()
}

test_ignores_other_kinds if {
	_deny(object.union(example, {"kind": "outposts.order"})) == set()
}
