package tenor.outposts.retired_still_billed_test

import data.tenor.outposts.retired_still_billed as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"spec": {"LifeCycleStatus": "RETIRED"},
	"related": {"billing": {}},
	"facts": {"contract_state": "retired", "subscriptions": [_month]},
}

_month := {
	"id": "sub-1", "type": "RENEWAL", "status": "ACTIVE", "begins": "2026-11-15", "ends": "2026-12-15", "days": 30, "rolling": true,
	"payment_term": null, "payment_option": null, "monthly": "9688.13", "monthly_cents": 968813, "total": "9688.13", "total_cents": 968813,
}

_of(patches) := object.union(example, {"facts": {"subscriptions": [object.union(_month, p) | some p in patches]}})

_term := {"id": "sub-0", "type": "CAPACITY_INCREASE", "ends": "2027-06-30", "rolling": false}

test_reports_month_that_is_still_billed if {
	rule.deny == {{
		"msg": "the Outpost is returned, but still has ACTIVE subscriptions: sub-1; month-to-month at $9,688.13 a month",
		"severity": "high",
		"evidence": {
			"life_cycle_status": "RETIRED",
			"subscriptions": [{"id": "sub-1", "type": "RENEWAL", "begins": "2026-11-15", "ends": "2026-12-15", "monthly": "9688.13"}],
		},
		"amount_cents": 968813,
		"amount_per": "month",
		"command": [
			"aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0",
			"--region", "eu-central-1",
		],
	}} with input as example
}

test_reports_term_that_is_still_active_as_medium if {
	{[d.msg, d.severity, d.amount_cents] | some d in rule.deny} == {["the Outpost is returned, but still has ACTIVE subscriptions: sub-0", "medium", null]}
		with input as _of([_term])
}

test_reports_all_of_them_once_with_what_the_months_cost if {
	{[d.msg, d.severity, d.amount_cents] | some d in rule.deny} == {[
		"the Outpost is returned, but still has ACTIVE subscriptions: (unknown), sub-0, sub-1; month-to-month at $9,688.14 a month",
		"high", 968814,
	]} with input as _of([{}, {"id": "", "monthly_cents": 1}, _term, {"id": "sub-9", "status": "INACTIVE"}])
}

test_reports_month_without_a_known_price if {
	{[d.severity, d.amount_cents] | some d in rule.deny} == {["high", null]} with input as _of([{}, {"id": "sub-2", "monthly_cents": null}])
}

test_reports_outpost_without_a_status if {
	{d.evidence.life_cycle_status | some d in rule.deny} == {null} with input as json.remove(example, ["spec"])
}

test_ignores_subscriptions_that_are_over if {
	every status in ["INACTIVE", "CANCELLED", "PENDING", "NEWER_THAN_US"] {
		rule.deny == set() with input as _of([{"status": status}])
	}
	rule.deny == set() with input as _of([])
}

test_ignores_every_other_state if {
	every state in ["renewed", "unknown", "month_to_month", "running", null] {
		rule.deny == set() with input as object.union(example, {"facts": {"contract_state": state}})
	}
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["facts/contract_state"])
	rule.deny == set() with input as json.remove(example, ["facts/subscriptions"])
	rule.deny == set() with input as json.remove(example, ["facts/subscriptions/0/status"])
}
