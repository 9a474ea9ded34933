package tenor.outposts.quote_duplicate_test

import data.tenor.outposts.quote_duplicate as rule

example := {
	"kind": "estate.account", "id": "111122223333", "name": "prod", "account": "111122223333", "region": "",
	"facts": {"open_quotes": [[_quote("oq-1", "op-1", "2026-11-01"), _quote("oq-2", "op-1", "2026-11-18")]]},
}

_quote(id, outpost, created) := {
	"quote": id, "outpost": outpost, "region": "eu-central-1", "created": created, "expires": "2026-12-18",
}

_of(groups) := object.union(example, {"facts": {"open_quotes": groups}})

_keys(doc) := {d.key | some d in rule.deny with input as doc}

test_reports_two_open_quotes_for_one_outpost if {
	rule.deny == {{
		"msg": "2 quotes are open for Outpost op-1; the latest is oq-2",
		"evidence": {"quotes": [
			{"quote": "oq-1", "created": "2026-11-01", "expires": "2026-12-18"},
			{"quote": "oq-2", "created": "2026-11-18", "expires": "2026-12-18"},
		]},
		"key": "oq-2",
		"command": ["aws", "outposts", "get-quote", "--quote-identifier", "oq-2", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_each_outpost_once if {
	three := [_quote("oq-1", "op-1", "2026-11-01"), _quote("oq-2", "op-1", "2026-11-02"), _quote("oq-3", "op-1", "2026-11-03")]
	one := [_quote("oq-4", "op-2", "2026-11-04")]
	two := [_quote("oq-5", "op-3", null), _quote("oq-6", "op-3", "2026-11-04")]
	_keys(_of([three, one, two])) == {"oq-3", "oq-6"}
	_keys(_of([three])) == {"oq-3"}
}

test_ignores_one_quote_for_each_outpost if {
	rule.deny == set() with input as _of([[_quote("oq-1", "op-1", "2026-11-01")], [_quote("oq-2", "op-2", "2026-11-01")]])
}

test_ignores_account_without_open_quotes if {
	rule.deny == set() with input as _of([])
}

test_ignores_account_without_the_fact if {
	rule.deny == set() with input as json.remove(example, ["facts/open_quotes"])
}
