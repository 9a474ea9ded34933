package tenor.outposts.pending_over_limit_test

import data.tenor.outposts.pending_over_limit as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}},
	"facts": {"contract_state": "renewed", "subscriptions": [_renewal]},
}

_renewal := {
	"id": "sub-1", "type": "RENEWAL", "status": "PENDING", "begins": "2027-01-01", "ends": "2029-12-31",
	"total": "250000.01", "total_cents": 25000001,
}

_of(patches) := object.union(example, {"facts": {"subscriptions": [object.union(_renewal, p) | some p in patches]}})

_keys(patches) := {d.key | some d in rule.deny with input as _of(patches)}

test_reports_a_cent_above_the_limit if {
	rule.deny == {{
		"msg": "the pending renewal sub-1 comes to $250,000.01; the approval limit is $250,000.00",
		"key": "sub-1",
		"evidence": {"id": "sub-1", "begins": "2027-01-01", "ends": "2029-12-31", "total": "250000.01", "approval_limit_usd": 250000},
		"amount_cents": 25000001,
		"command": [
			"aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0",
			"--region", "eu-central-1",
		],
	}} with input as example
}

test_ignores_total_on_the_limit if {
	_keys([{"total_cents": 25000000}]) == set()
	_keys([{"total_cents": 24999999}]) == set()
	rule.deny == set() with input as example with data.tenor.params.outposts.renewal_approval_due.approval_limit_usd as 250000.01
}

test_limits_in_cents_that_binary_cannot_hold if {
	every pair in [[40000.10, 4000010], [1234.56, 123456], [40000.06, 4000006]] {
		rule.deny == set() with input as _of([{"total_cents": pair[1]}])
			with data.tenor.params.outposts.renewal_approval_due.approval_limit_usd as pair[0]
		count(rule.deny) == 1 with input as _of([{"total_cents": pair[1] + 1}])
			with data.tenor.params.outposts.renewal_approval_due.approval_limit_usd as pair[0]
	}
}

test_reports_each_renewal if {
	_keys([{}, {"id": ""}, {"id": "sub-3", "total_cents": 1}]) == {"sub-1", "(unknown)"}
}

test_ignores_what_is_no_pending_renewal if {
	_keys([{"status": "ACTIVE"}, {"status": "CANCELLED"}, {"type": "CAPACITY_INCREASE"}, {"type": "ORIGINAL"}]) == set()
}

test_cannot_tell_without_a_total if {
	rule.unknown == {"prices"} with input as _of([{"total": null, "total_cents": null}])
	_keys([{"total": null, "total_cents": null}]) == set()
}

test_can_tell_without_the_total_of_anything_else if {
	rule.unknown == set()
		with input as _of([{}, {"status": "ACTIVE", "total_cents": null}, {"type": "CAPACITY_INCREASE", "total_cents": null}])
}

test_ignores_outpost_that_is_given_back_or_not_ours if {
	every state in ["retired", null] {
		doc := object.union(_of([{}, {"total_cents": null}]), {"facts": {"contract_state": state}})
		rule.deny == set() with input as doc
		rule.unknown == set() with input as doc
	}
}

test_ignores_missing_fields if {
	_keys([]) == set()
	rule.deny == set() with input as json.remove(example, ["facts/subscriptions"])
	rule.deny == set() with input as json.remove(example, ["facts/contract_state"])
}
