package tenor.outposts.month_to_month_test

import data.tenor.outposts.month_to_month as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}},
	"facts": {
		"month_to_month": true, "contract_end": "2026-11-30T00:00:00Z", "month_to_month_price": "9000.00", "cost_of_inaction": "1234.56", "cost_of_inaction_cents": 123456,
		"recommended": {"payment_term": "ONE_YEAR", "payment_option": "NO_UPFRONT"},
	},
}

_with(facts) := object.union(example, {"facts": facts})

_unpriced := _with({"month_to_month_price": null, "cost_of_inaction": null, "cost_of_inaction_cents": null, "recommended": null})

test_reports_month_to_month_with_its_cost if {
	rule.deny == {{
		"msg": "the Outpost runs month-to-month, which costs USD 1234.56 a month more than the best renewal option",
		"evidence": {
			"contract_end": "2026-11-30T00:00:00Z", "month_to_month_price": "9000.00", "cost_of_inaction": "1234.56",
			"recommended": {"payment_term": "ONE_YEAR", "payment_option": "NO_UPFRONT"},
		},
		"amount_cents": 123456,
		"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_month_to_month_without_a_price if {
	rule.deny == {{
		"msg": "the Outpost runs month-to-month",
		"evidence": {"contract_end": "2026-11-30T00:00:00Z", "month_to_month_price": null, "cost_of_inaction": null, "recommended": null},
		"amount_cents": null,
		"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as _unpriced
}

test_ignores_outpost_under_contract if {
	rule.deny == set() with input as _with({"month_to_month": false})
}

test_ignores_outpost_without_facts if {
	rule.deny == set() with input as json.remove(example, ["facts"])
}
