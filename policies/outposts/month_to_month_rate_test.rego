package tenor.outposts.month_to_month_rate_test

import data.tenor.outposts.month_to_month_rate as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}, "renewal_pricing": {}, "charges": {"final": ["2026-09", "2026-10"], "rows": []}},
	"facts": {
		"contract_state": "month_to_month", "contract_end": "2026-09-30",
		"month_to_month_price": "10000.00", "month_to_month_price_cents": 1000000, "month_to_month_price_source": "assumed",
		"billed_last_final_month": "12345.60", "billed_last_final_month_cents": 1234560,
	},
}

_with(facts) := object.union(example, {"facts": facts})

test_reports_another_price if {
	rule.deny == {{
		"msg": "AWS charged $12,345.60 for 2026-10, and $10,000.00 is assumed for a month without a contract",
		"evidence": {"month": "2026-10", "billed": "12345.60", "assumed": "10000.00", "contract_end": "2026-09-30"},
		"amount_cents": 234560,
		"amount_per": "month",
		"command": [
			"aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0",
			"--region", "eu-central-1",
		],
	}} with input as example
}

test_accepts_two_percent_either_way if {
	every cents in [1000000, 1020000, 980000] { rule.deny == set() with input as _with({"billed_last_final_month_cents": cents}) }
	every cents in [1020001, 979999, 0] { count(rule.deny) == 1 with input as _with({"billed_last_final_month_cents": cents}) }
}

test_reports_by_the_configured_percent if {
	rule.deny == set() with input as example with data.tenor.params.outposts.month_to_month_rate.percent as 23.456
	count(rule.deny) == 1 with input as example with data.tenor.params.outposts.month_to_month_rate.percent as 23.455
}

# The month in which the contract ended may have both prices.
test_ignores_month_of_the_contract if {
	every end in ["2026-10-01", "2026-10-31", "2026-11-30"] { rule.deny == set() with input as _with({"contract_end": end}) }
}

test_ignores_price_that_aws_says if {
	rule.deny == set() with input as _with({"month_to_month_price_source": "billed"})
}

test_ignores_every_other_state if {
	every state in ["retired", "renewed", "unknown", "running", null] { rule.deny == set() with input as _with({"contract_state": state}) }
}

test_ignores_what_is_not_known if {
	rule.deny == set() with input as json.remove(example, ["facts/billed_last_final_month_cents"])
	rule.deny == set() with input as _with({"month_to_month_price_cents": null})
	rule.deny == set() with input as _with({"contract_end": null})
	rule.deny == set() with input as json.patch(example, [{"op": "replace", "path": "/related/charges/final", "value": []}])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
