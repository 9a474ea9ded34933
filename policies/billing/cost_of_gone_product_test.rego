package tenor.billing.cost_of_gone_product_test

import data.tenor.billing.cost_of_gone_product as rule

example := {
	"kind": "estate.account", "id": "111122223333", "name": "prod", "account": "111122223333", "region": "",
	"related": {"charges": {
		"final": ["2026-09", "2026-10"], "account_regions": [], "products": [], "unmatched": [],
		"tag_inactive": false,
	}},
	"facts": {"gone_products": [_gone("old", 12345, "2026-10")]},
}

_arn(name) := concat("", ["arn:aws:servicecatalog:eu-central-1:111122223333:stack/", name, "/pp-1"])

_gone(name, cents, last) := {"arn": _arn(name), "cost": "123.45", "cost_cents": cents, "last": last}

_with(products) := object.union(example, {"facts": {"gone_products": products}})

test_reports_product_that_is_gone if {
	rule.deny == {{
		"msg": concat(" ", [_arn("old"), "is gone and still cost something in 2026-10, $123.45 in all final months"]),
		"key": _arn("old"),
		"evidence": {"product": _arn("old"), "cost": "123.45", "last": "2026-10"},
		"amount_cents": 12345,
	}} with input as example
}

test_reports_each_from_ten_dollars_on if {
	{d.key | some d in rule.deny} == {_arn("a"), _arn("b")}
		with input as _with([_gone("a", 1000, "2026-10"), _gone("b", 1001, "2026-10"), _gone("c", 999, "2026-10")])
}

# What it cost while it was there is nobody's fault.
test_ignores_product_that_cost_nothing_in_the_last_final_month if {
	rule.deny == set() with input as _with([_gone("old", 12345, "2026-09")])
}

test_reports_by_the_configured_minimum if {
	rule.deny == set() with input as example with data.tenor.params.billing.cost_of_gone_product.min_usd as 123.46
	count(rule.deny) == 1 with input as example with data.tenor.params.billing.cost_of_gone_product.min_usd as 123.45
}

test_ignores_account_without_any if {
	rule.deny == set() with input as _with([])
	rule.deny == set() with input as json.remove(example, ["facts/gone_products"])
	rule.deny == set() with input as json.remove(example, ["facts"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
