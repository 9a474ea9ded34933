package tenor.estate.commitment_over_limit_test

import data.tenor.estate.commitment_over_limit as rule

example := {
	"kind": "estate.account", "id": "111122223333", "name": "prod", "account": "111122223333", "region": "",
	"facts": {"remaining_commitment": "1000000.01", "remaining_commitment_cents": 100000001},
}

_deny(limit) := found if {
	found := rule.deny with input as example with data.tenor.params.estate.commitment_over_limit.limit_usd as limit
}

test_reports_a_cent_above_the_limit if {
	_deny(1000000) == {{
		"msg": "$1,000,000.01 is still to be paid on Outposts contracts; the limit is $1,000,000.00",
		"evidence": {"remaining_commitment": "1000000.01", "limit_usd": 1000000},
		"amount_cents": 100000001,
	}}
}

test_reports_any_commitment_above_nothing if {
	count(_deny(0)) == 1
}

test_ignores_commitment_on_the_limit if {
	_deny(1000000.01) == set()
	_deny(2000000) == set()
}

test_ignores_without_a_limit if {
	rule.deny == set() with input as example
}

test_cannot_tell_only_under_a_limit if {
	gaps := {"facts": {"remaining_commitment_cents": null}, "gaps": {"commitments": {"reason": "throttled"}}}
	rule.unknown == set() with input as object.union(example, gaps)
	rule.unknown == {"commitments"} with input as object.union(example, gaps) with data.tenor.params.estate.commitment_over_limit.limit_usd as 1
	rule.unknown == set() with input as example with data.tenor.params.estate.commitment_over_limit.limit_usd as 1
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["facts"]) with data.tenor.params.estate.commitment_over_limit.limit_usd as 1
}

_at(cents, limit) := [[d.amount_cents, d.msg] | some d in found] if {
	found := rule.deny with input as object.union(example, {"facts": {"remaining_commitment_cents": cents}})
		with data.tenor.params.estate.commitment_over_limit.limit_usd as limit
}

test_limits_in_cents_that_binary_cannot_hold if {
	every pair in [[40000.10, 4000010], [1234.56, 123456], [40000.06, 4000006], [0.29, 29], [9999999999.99, 999999999999]] {
		_at(pair[1], pair[0]) == []
		count(_at(pair[1] + 1, pair[0])) == 1
	}
	_at(4000011, 40000.10) == [[4000011, "$40,000.11 is still to be paid on Outposts contracts; the limit is $40,000.10"]]
}

test_limit_between_two_cents if {
	_at(100055, 1000.555) == []
	_at(100056, 1000.555) == [[100056, "$1,000.56 is still to be paid on Outposts contracts; the limit is $1,000.55"]]
}

example_params := {"limit_usd": 1000000}
