package tenor.billing.cost_tag_inactive_test

import data.tenor.billing.cost_tag_inactive as rule

example := {
	"kind": "estate.account", "id": "111122223333", "name": "prod", "account": "111122223333", "region": "",
	"related": {"charges": {
		"final": ["2026-09", "2026-10"], "account_regions": [], "products": [], "unmatched": [],
		"tag_inactive": true,
	}},
	"facts": {"counts": {"service_catalog.provisioned_product": {"total": 12, "by_status": {"AVAILABLE": 12}}}},
}

_total(n) := object.union(example, {"facts": {"counts": {"service_catalog.provisioned_product": {"total": n}}}})

test_reports_tag_that_is_not_active if {
	rule.deny == {{
		"msg": "the account has 12 provisioned products, and the bill does not say what one costs",
		"evidence": {"provisioned_products": 12, "final": ["2026-09", "2026-10"]},
	}} with input as example
}

test_reports_one_product if {
	{d.msg | some d in rule.deny} == {"the account has 1 provisioned product, and the bill does not say what one costs"} with input as _total(1)
}

test_ignores_account_without_products if {
	rule.deny == set() with input as _total(0)
	rule.deny == set() with input as json.remove(example, ["facts/counts"])
}

test_ignores_active_tag if {
	rule.deny == set() with input as object.union(example, {"related": {"charges": {"tag_inactive": false}}})
	rule.deny == set() with input as json.remove(example, ["related/charges"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
