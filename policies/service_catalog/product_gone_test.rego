package tenor.service_catalog.product_gone_test

import data.tenor.service_catalog.product_gone as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {
		"Status": "AVAILABLE", "Type": "CFN_STACK", "ProductId": "prod-1", "ProductName": "Database",
		"ProvisioningArtifactId": "pa-1", "ProvisioningArtifactName": "v1",
	},
	"related": {"artifact": {"Id": "pa-1", "ProductMissing": true}},
}

test_reports_product_that_is_gone if {
	rule.deny == {{
		"msg": "its product Database (prod-1) is gone, or no longer shared with this account",
		"evidence": {"product": "prod-1", "version": "v1"},
		"command": ["aws", "servicecatalog", "describe-provisioned-product", "--id", "pp-1", "--region", "eu-central-1"],
	}} with input as example
}

test_names_the_id_alone_without_a_name if {
	{d.msg | some d in rule.deny} == {"its product prod-1 is gone, or no longer shared with this account"}
		with input as json.remove(example, ["spec/ProductName"])
}

test_reports_every_type_and_status if {
	every spec in [{"Type": "CONTROL_TOWER_ACCOUNT"}, {"Type": "EXTERNAL"}, {"Status": "ERROR"}] {
		count(rule.deny) == 1 with input as object.union(example, {"spec": spec})
	}
}

test_ignores_product_that_is_there if {
	every artifact in [{"Id": "pa-1", "Active": true}, {"Id": "pa-1", "Missing": true}] {
		rule.deny == set() with input as object.union(json.remove(example, ["related"]), {"related": {"artifact": artifact}})
	}
}

test_ignores_missing_section if {
	rule.deny == set() with input as json.remove(example, ["related"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
