package tenor.estate.same_cause_test

import data.tenor.estate.same_cause as rule

example := {
	"kind": "estate.account", "id": "111122223333", "name": "prod", "account": "111122223333", "region": "",
	"facts": {"causes": [_cause("AccessDenied: <arn>", [["2026-11-20", 0, 2], ["2026-11-13", 7, 3]])]},
}

_cause(cause, days) := {
	"cause": cause, "text": "AccessDenied: arn:aws:iam::1:role/x", "products": sum([d[2] | some d in days]), "accounts": 2,
	"days": [{"day": d[0], "ago": d[1], "products": d[2]} | some d in days],
	"examples": [{
		"id": "pp-1", "name": "one", "account": "111122223333", "region": "eu-central-1", "since": "2026-11-13T00:00:00Z", "before": false,
	}],
}

_of(days) := object.union(example, {"facts": {"causes": [_cause("c", days)]}})

_found(doc) := [[d.key, d.evidence.count, d.evidence.from, d.evidence.to] | some d in found] if found := rule.deny with input as doc

test_reports_products_exactly_a_window_apart if {
	rule.deny == {{
		"msg": "the same error in 5 products since 2026-11-13: AccessDenied: arn:aws:iam::1:role/x",
		"key": "AccessDenied: <arn>",
		"evidence": {
			"cause": "AccessDenied: <arn>", "error": "AccessDenied: arn:aws:iam::1:role/x", "products": example.facts.causes[0].examples,
			"count": 5, "from": "2026-11-13", "to": "2026-11-20", "count_at_any_time": 5, "accounts": 2,
		},
	}} with input as example
}

test_ignores_products_a_day_further_apart if {
	_found(_of([["2026-11-20", 0, 2], ["2026-11-12", 8, 3]])) == []
}

test_reports_the_latest_of_equal_windows if {
	_found(_of([["2026-11-20", 0, 5], ["2026-10-01", 50, 5]])) == [["c", 5, "2026-11-20", "2026-11-20"]]
}

test_reports_the_largest_window if {
	_found(_of([["2026-11-20", 0, 5], ["2026-10-08", 43, 1], ["2026-10-04", 47, 1], ["2026-10-01", 50, 5]])) == [[
		"c", 7,
		"2026-10-01", "2026-10-08",
	]]
}

test_says_both_ends_of_what_is_over if {
	some d in rule.deny with input as _of([["2026-11-20", 0, 1], ["2026-10-08", 43, 1], ["2026-10-01", 50, 5]])
	startswith(d.msg, "the same error in 6 products between 2026-10-01 and 2026-10-08: ")
}

test_reports_each_cause if {
	doc := object.union(example, {"facts": {"causes": [
		_cause("a", [["2026-11-20", 0, 6]]), _cause("b", [["2026-11-20", 0, 5]]), _cause("c", [["2026-11-20", 0, 4]]),
	]}})
	{d.key | some d in rule.deny with input as doc} == {"a", "b"}
}

test_says_one_day_once if {
	some d in rule.deny with input as _of([["2026-11-20", 0, 5]])
	startswith(d.msg, "the same error in 5 products on 2026-11-20: ")
}

test_goes_by_its_parameters if {
	rule.deny == set() with input as example with data.tenor.params.estate.same_cause.min_products as 6
	rule.deny == set() with input as example with data.tenor.params.estate.same_cause.days as 6
	count(rule.deny) == 1 with input as example with data.tenor.params.estate.same_cause.days as 7.5
}

# 366 days of failures, and a window as wide, are within the time that a rule may take.
test_reports_within_a_year_of_failures if {
	days := [[sprintf("day %d", [n]), n, 1] | some n in numbers.range(0, 365)]
	found := rule.deny with input as _of(days) with data.tenor.params.estate.same_cause.days as 365
	[d.evidence.count | some d in found] == [366]
}

test_ignores_other_accounts if {
	rule.deny == set() with input as object.union(example, {"facts": {"causes": null}})
	rule.deny == set() with input as json.remove(example, ["facts"])
}
