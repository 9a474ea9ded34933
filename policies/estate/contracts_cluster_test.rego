package tenor.estate.contracts_cluster_test

import data.tenor.estate.contracts_cluster as rule

example := {
	"kind": "estate.account", "id": "111122223333", "name": "prod", "account": "111122223333", "region": "",
	"facts": {"contract_ends": [_end("op-1", "2027-01-01T00:00:00Z"), _end("op-2", "2027-02-01T00:00:00Z"), _end("op-3", "2027-04-01T00:00:00Z")]},
}

_end(outpost, end) := {"outpost": outpost, "name": "", "region": "eu-central-1", "end": end, "decided": false}

_of(ends) := object.union(example, {"facts": {"contract_ends": ends}})

_outposts(doc) := {[c.outpost | some c in d.evidence.contracts] | some d in rule.deny with input as doc}

test_reports_contracts_exactly_a_window_apart if {
	rule.deny == {{
		"msg": "3 undecided contracts end between 2027-01-01 and 2027-04-01",
		"evidence": {"contracts": [
			{"outpost": "op-1", "name": "", "end": "2027-01-01T00:00:00Z"},
			{"outpost": "op-2", "name": "", "end": "2027-02-01T00:00:00Z"},
			{"outpost": "op-3", "name": "", "end": "2027-04-01T00:00:00Z"},
		]},
		"due": "2027-01-01",
	}} with input as example
}

test_ignores_contracts_a_second_further_apart if {
	rule.deny == set() with input as _of([_end("op-1", "2027-01-01T00:00:00Z"), _end("op-2", "2027-02-01T00:00:00Z"), _end("op-3", "2027-04-01T00:00:01Z")])
}

test_reports_the_largest_cluster if {
	_outposts(_of([
		_end("a", "2027-01-01T00:00:00Z"), _end("b", "2027-01-02T00:00:00Z"), _end("c", "2027-01-03T00:00:00Z"),
		_end("d", "2028-01-01T00:00:00Z"), _end("e", "2028-01-01T00:00:00Z"), _end("f", "2028-01-01T00:00:00Z"), _end("g", "2028-02-01T00:00:00Z"),
	])) == {["d", "e", "f", "g"]}
}

test_reports_the_earliest_of_equal_clusters if {
	_outposts(_of([
		_end("a", "2028-01-01T00:00:00Z"), _end("b", "2028-01-02T00:00:00Z"), _end("c", "2028-01-03T00:00:00Z"),
		_end("d", "2027-01-01T00:00:00Z"), _end("e", "2027-01-02T00:00:00Z"), _end("f", "2027-01-03T00:00:00Z"),
	])) == {["d", "e", "f"]}
}

test_reports_equal_ends_and_a_gap if {
	_outposts(_of([
		_end("a", "2027-01-01T00:00:00Z"), _end("b", "2027-01-01T00:00:00Z"), _end("c", "2027-04-01T00:00:00Z"),
		_end("d", "2027-04-01T00:00:01Z"), _end("e", "2028-01-01T00:00:00Z"),
	])) == {["a", "b", "c"]}
}

# Every pair of them would take longer than a rule may.
test_reports_among_three_thousand_contracts if {
	ends := [_end(sprintf("op-%d", [n]), sprintf("%d-01-01T%02d:%02d:%02dZ", [2027 + (n % 3), floor(n / 3600), floor(n / 60) % 60, n % 60])) | some n in numbers.range(0, 2999)]
	some d in rule.deny with input as _of(ends)
	d.msg == "1000 undecided contracts end between 2027-01-01 and 2027-01-01"
	d.evidence.contracts == [object.remove(c, ["region", "decided"]) | some n, c in ends; n % 3 == 0]
}

test_ignores_fewer_contracts if {
	rule.deny == set() with input as _of([_end("op-1", "2027-01-01T00:00:00Z"), _end("op-2", "2027-01-01T00:00:00Z")])
	rule.deny == set() with input as example with data.tenor.params.estate.contracts_cluster.min_contracts as 4
	rule.deny == set() with input as example with data.tenor.params.estate.contracts_cluster.window_days as 89
}

test_ignores_decided_and_past_contracts if {
	rule.deny == set() with input as _of([_end("op-1", "2027-01-01T00:00:00Z"), _end("op-2", "2027-01-01T00:00:00Z"), object.union(_end("op-3", "2027-01-01T00:00:00Z"), {"decided": true})])
	rule.deny == set() with input as _of([_end("op-1", "2026-12-01T00:00:01Z"), _end("op-2", "2026-12-01T00:00:01Z"), _end("op-3", "2026-12-01T00:00:00Z")])
}

test_ignores_account_without_contracts if {
	rule.deny == set() with input as _of([])
	rule.deny == set() with input as json.remove(example, ["facts"])
}
