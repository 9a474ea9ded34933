package tenor.outposts.billed_differs_from_contract_test

import data.tenor.outposts.billed_differs_from_contract as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"charges": {"final": ["2026-09", "2026-10"], "rows": [
		_row("2026-09", "9000.00", "9000.00", "0.00", "equal", true),
		_row("2026-10", "18000.00", "9000.00", "9000.00", "differs", true),
		_row("2026-11", "9000.00", "9000.00", "0.00", "cannot_tell", false),
	]}},
	"facts": {
		"contract_state": "running", "billed_difference": "9000.00", "billed_difference_cents": 900000,
		"billed_expected": "18000.00", "billed_expected_cents": 1800000,
	},
}

_row(period, billed, expected, difference, status, final) := {
	"period": period, "final": final, "account": "111122223333", "region": "eu-central-1", "outpost": "op-0123456789abcdef0",
	"subscription": "sub-1", "matched_by": "commitment", "billed": billed, "net": billed, "expected": expected, "difference": difference,
	"currency": "USD", "status": status,
}

_differs(cents) := object.union(example, {"facts": {"billed_difference_cents": cents}})

_said contains [d.msg, d.amount_cents] if some d in rule.deny

test_reports_what_was_charged_twice if {
	rule.deny == {{
		"msg": "AWS charged $9,000.00 more than the contract says, over the final months up to 2026-10",
		"evidence": {
			"billed_difference": "9000.00", "billed_expected": "18000.00",
			"months": [{
				"period": "2026-10", "subscription": "sub-1", "billed": "18000.00", "expected": "9000.00", "difference": "9000.00", "status": "differs",
			}],
		},
		"amount_cents": 900000,
		"command": [
			"aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0",
			"--region", "eu-central-1",
		],
	}} with input as example
}

test_reports_less if {
	_said == {["AWS charged $9,000.05 less than the contract says, over the final months up to 2026-10", -900005]} with input as _differs(-900005)
}

_ended := object.union(example, {"facts": {
	"contract_state": "month_to_month", "contract_end": "2026-10-11", "billed_after_end": "9000.00", "billed_after_end_cents": 900000,
}})

test_says_that_the_contract_has_ended if {
	message := "AWS charged $9,000.00 up to 2026-10 after the contract's end on 2026-10-11, without a subscription"
	_said == {[message, 900000]} with input as _ended
}

test_says_more_where_not_all_was_charged_after_the_end if {
	message := "AWS charged $9,000.00 more than the contract says, over the final months up to 2026-10"
	_said == {[message, 900000]} with input as object.union(_ended, {"facts": {"billed_after_end_cents": 800000}})
}

# 0.5% of 18,000.00 is 90.00.
test_accepts_a_difference_up_to_either_tolerance if {
	every cents in [0, 9000, -9000] { rule.deny == set() with input as _differs(cents) }
	every cents in [9001, -9001] { count(rule.deny) == 1 with input as _differs(cents) }
	small := {"billed_expected_cents": 10000}
	every cents in [100, -100] { rule.deny == set() with input as object.union(_differs(cents), {"facts": small}) }
	every cents in [101, -101] { count(rule.deny) == 1 with input as object.union(_differs(cents), {"facts": small}) }
}

test_reports_what_is_charged_where_nothing_is_expected if {
	count(rule.deny) == 1 with input as object.union(_differs(101), {"facts": {"billed_expected_cents": 0}})
}

test_reports_by_the_configured_tolerances if {
	rule.deny == set() with input as example with data.tenor.params.outposts.billed_differs_from_contract.tolerance_usd as 9000
	rule.deny == set() with input as example with data.tenor.params.outposts.billed_differs_from_contract.tolerance_percent as 50
	count(rule.deny) == 1 with input as example with data.tenor.params.outposts.billed_differs_from_contract.tolerance_percent as 49.999
}

test_ignores_outpost_without_a_difference if {
	rule.deny == set() with input as json.remove(example, ["facts/billed_difference_cents"])
	rule.deny == set() with input as json.remove(example, ["facts/billed_expected_cents"])
	rule.deny == set() with input as json.remove(example, ["facts"])
}

test_ignores_outpost_without_a_final_month if {
	rule.deny == set() with input as json.patch(example, [{"op": "replace", "path": "/related/charges/final", "value": []}])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
