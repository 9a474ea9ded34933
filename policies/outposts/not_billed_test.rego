package tenor.outposts.not_billed_test

import data.tenor.outposts.not_billed as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}, "charges": {
		"final": ["2026-08", "2026-09", "2026-10"],
		"rows": [_row("2026-08", {"billed": "9000.00", "status": "equal", "matched_by": "commitment"}), _row("2026-09", {}), _row("2026-10", {})],
	}},
	"facts": {"contract_state": "running"},
}

_row(period, members) := object.union(
	{
		"period": period, "final": true, "account": "111122223333", "region": "eu-central-1", "outpost": "op-0123456789abcdef0",
		"billed": "0.00", "net": "0.00", "expected": "9000.00", "difference": "-9000.00",
		"currency": "USD", "status": "differs",
	},
	members,
)

_rows(rows) := json.patch(example, [{"op": "replace", "path": "/related/charges/rows", "value": rows}])

_final(months) := json.patch(example, [{"op": "replace", "path": "/related/charges/final", "value": months}])

test_reports_two_months_without_a_charge if {
	rule.deny == {{
		"msg": "nothing was charged for 2026-09 and 2026-10, though the contract runs",
		"evidence": {"months": ["2026-09", "2026-10"], "expected": ["9000.00", "9000.00"]},
		"command": [
			"aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0",
			"--region", "eu-central-1",
		],
	}} with input as example
}

test_ignores_one_month_without_a_charge if {
	rule.deny == set() with input as _final(["2026-08", "2026-09"])
	rule.deny == set() with input as _final(["2026-10"])
	rule.deny == set() with input as _final([])
}

# Whatever was charged, by whatever it was matched, is a charge; and what cannot be told or is explained is no missing one.
test_ignores_month_with_a_charge if {
	every members in [
		{"billed": "0.01"}, {"matched_by": "account_region"}, {"matched_by": "commitment"}, {"billed": null}, {"status": "cannot_tell"},
		{"status": "explained"}, {"status": "equal"}, {"expected": "0.00"}, {"expected": "-1.00"},
	] {
		rule.deny == set() with input as _rows([_row("2026-09", {}), _row("2026-10", members)])
	}
	rule.deny == set() with input as _rows([_row("2026-09", {})])
	rule.deny == set() with input as _rows([_row("2026-09", {}), _row("2026-10", {}), _row("2026-10", {"billed": "1.00", "subscription": "sub-2"})])
}

test_reports_charge_that_is_matched_by_nothing if {
	count(rule.deny) == 1 with input as _rows([_row("2026-09", {}), _row("2026-10", {"matched_by": null})])
}

test_reports_where_one_of_two_subscriptions_is_to_be_paid if {
	count(rule.deny) == 1
		with input as _rows([_row("2026-09", {}), _row("2026-10", {}), _row("2026-10", {"expected": "0.00", "subscription": "sub-2"})])
}

test_ignores_every_other_state if {
	every state in ["retired", "renewed", "unknown", "month_to_month", null] {
		rule.deny == set() with input as object.union(example, {"facts": {"contract_state": state}})
	}
}

test_ignores_outpost_without_charges if {
	rule.deny == set() with input as json.remove(example, ["related/charges"])
	rule.deny == set() with input as json.remove(example, ["facts"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
