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
		"msg": "USD 1000000.01 is still to be paid on Outposts contracts; the limit is USD 1000000.00",
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

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["facts"]) with data.tenor.params.estate.commitment_over_limit.limit_usd as 1
}

example_params := {"limit_usd": 1000000}
