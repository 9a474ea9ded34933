package tenor.estate.contracts_cluster_test

import data.tenor.estate.contracts_cluster as rule
import data.tenor.lib.clock

example := {
	"kind": "estate.account", "id": "111122223333", "name": "prod", "account": "111122223333", "region": "",
	"facts": {"contract_ends": [_end("op-1", "2027-01-01"), _end("op-2", "2027-02-01"), _end("op-3", "2027-04-01")]},
}

_end(outpost, end) := {
	"outpost": outpost, "name": "", "region": "eu-central-1", "end": end, "state": "running",
	"days": clock.days_between("2026-12-01", end),
}

_of(ends) := object.union(example, {"facts": {"contract_ends": ends}})

_outposts(doc) := {[c.outpost | some c in d.evidence.contracts] | some d in rule.deny with input as doc}

test_reports_contracts_exactly_a_window_apart if {
	rule.deny == {{
		"msg": "3 running contracts end between 2027-01-01 and 2027-04-01",
		"evidence": {"contracts": [
			{"outpost": "op-1", "name": "", "end": "2027-01-01"},
			{"outpost": "op-2", "name": "", "end": "2027-02-01"},
			{"outpost": "op-3", "name": "", "end": "2027-04-01"},
		]},
		"due": "2027-01-01",
	}} with input as example
}

test_ignores_contracts_a_day_further_apart if {
	rule.deny == set() with input as _of([_end("op-1", "2027-01-01"), _end("op-2", "2027-02-01"), _end("op-3", "2027-04-02")])
}

test_reports_the_largest_cluster if {
	_outposts(_of([
		_end("a", "2027-01-01"), _end("b", "2027-01-02"), _end("c", "2027-01-03"),
		_end("d", "2028-01-01"), _end("e", "2028-01-01"), _end("f", "2028-01-01"), _end("g", "2028-02-01"),
	])) == {["d", "e", "f", "g"]}
}

test_reports_the_earliest_of_equal_clusters if {
	_outposts(_of([
		_end("a", "2028-01-01"), _end("b", "2028-01-02"), _end("c", "2028-01-03"),
		_end("d", "2027-01-01"), _end("e", "2027-01-02"), _end("f", "2027-01-03"),
	])) == {["d", "e", "f"]}
}

test_reports_equal_ends_and_a_gap if {
	_outposts(_of([
		_end("a", "2027-01-01"), _end("b", "2027-01-01"), _end("c", "2027-04-01"),
		_end("d", "2027-04-02"), _end("e", "2028-01-01"),
	])) == {["a", "b", "c"]}
}

# Every pair of them would take longer than a rule may.
test_reports_among_three_thousand_contracts if {
	ends := [_end(sprintf("op-%04d", [n]), sprintf("%d-01-01", [2027 + (n % 3)])) | some n in numbers.range(0, 2999)]
	some d in rule.deny with input as _of(ends)
	d.msg == "1000 running contracts end between 2027-01-01 and 2027-01-01"
	d.evidence.contracts == [object.filter(c, ["outpost", "name", "end"]) | some n, c in ends; n % 3 == 0]
}

test_ignores_fewer_contracts if {
	rule.deny == set() with input as _of([_end("op-1", "2027-01-01"), _end("op-2", "2027-01-01")])
	rule.deny == set() with input as example with data.tenor.params.estate.contracts_cluster.min_contracts as 4
	rule.deny == set() with input as example with data.tenor.params.estate.contracts_cluster.window_days as 89
}

test_reports_contract_that_ends_today if {
	count(rule.deny) == 1 with input as _of([_end("op-1", "2026-12-01"), _end("op-2", "2027-01-01"), _end("op-3", "2027-03-01")])
}

test_ignores_renewed_contracts if {
	rule.deny == set() with input as _of([
		_end("op-1", "2027-01-01"), _end("op-2", "2027-01-01"),
		object.union(_end("op-3", "2027-01-01"), {"state": "renewed"}),
	])
}

test_ignores_account_without_contracts if {
	rule.deny == set() with input as _of([])
	rule.deny == set() with input as json.remove(example, ["facts"])
}
