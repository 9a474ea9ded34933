package tenor.outposts.renewal_approval_due_test

import data.tenor.outposts.renewal_approval_due as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}, "renewal_pricing": {}},
	"facts": {
		"decided": false, "contract_end": "2027-01-30T00:00:00Z", "notice_deadline": "2027-01-22", "payment_term": "ONE_YEAR", "payment_option": "NO_UPFRONT", "recommended": null,
		"options": [
			_option("THREE_YEARS", "ALL_UPFRONT", true, 30000000, 30000000),
			_option("THREE_YEARS", "NO_UPFRONT", true, 0, 36000000),
			_option("FIVE_YEARS", "NO_UPFRONT", false, 0, 10000000),
		],
	},
}

_option(term, option, allowed, upfront, tcv) := {
	"payment_term": term, "payment_option": option, "allowed": allowed, "months": 36,
	"upfront": sprintf("%d.00", [upfront / 100]), "upfront_cents": upfront, "tcv": sprintf("%d.00", [tcv / 100]), "tcv_cents": tcv,
}

_with(facts) := object.union(example, {"facts": facts})

test_reports_cheapest_allowed_option if {
	rule.deny == {{
		"msg": "the cheapest allowed renewal, THREE_YEARS ALL_UPFRONT, takes USD 300000.00 upfront, which needs an approval",
		"evidence": {"payment_term": "THREE_YEARS", "payment_option": "ALL_UPFRONT", "upfront": "300000.00", "tcv": "300000.00", "approval_limit_usd": 250000},
		"due": "2027-01-22",
		"amount_cents": 30000000,
		"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_a_cent_above_the_limit if {
	count(rule.deny) == 1 with input as _with({"options": [_option("ONE_YEAR", "ALL_UPFRONT", true, 25000001, 25000001)]})
}

test_ignores_upfront_on_the_limit if {
	rule.deny == set() with input as _with({"options": [_option("ONE_YEAR", "ALL_UPFRONT", true, 25000000, 25000000)]})
	rule.deny == set() with input as example with data.tenor.params.outposts.renewal_approval_due.approval_limit_usd as 300000
}

test_limits_in_cents_that_binary_cannot_hold if {
	every pair in [[40000.10, 4000010], [1234.56, 123456], [40000.06, 4000006]] {
		rule.deny == set() with input as _with({"options": [_option("ONE_YEAR", "ALL_UPFRONT", true, pair[1], pair[1])]})
			with data.tenor.params.outposts.renewal_approval_due.approval_limit_usd as pair[0]
		count(rule.deny) == 1 with input as _with({"options": [_option("ONE_YEAR", "ALL_UPFRONT", true, pair[1] + 1, pair[1] + 1)]})
			with data.tenor.params.outposts.renewal_approval_due.approval_limit_usd as pair[0]
	}
}

test_ignores_when_the_cheapest_takes_little_upfront if {
	rule.deny == set() with input as _with({"options": [
		_option("ONE_YEAR", "ALL_UPFRONT", true, 90000000, 90000000),
		_option("ONE_YEAR", "NO_UPFRONT", true, 0, 80000000),
	]})
}

test_ignores_dearer_option_of_the_same_value if {
	rule.deny == set() with input as _with({"options": [
		_option("ONE_YEAR", "ALL_UPFRONT", true, 90000000, 90000000),
		_option("ONE_YEAR", "NO_UPFRONT", true, 0, 90000000),
	]})
}

test_ignores_option_of_a_term_without_measures if {
	rule.deny == set() with input as _with({"options": [object.union(_option("TEN_YEARS", "ALL_UPFRONT", true, 90000000, 0), {"months": 0})]})
}

test_reports_contract_that_ends_in_a_second if {
	count(rule.deny) == 1 with input as _with({"contract_end": "2026-12-01T00:00:01Z"})
}

test_ignores_contract_outside_the_window if {
	rule.deny == set() with input as _with({"contract_end": "2027-01-30T00:00:01Z"})
	rule.deny == set() with input as _with({"contract_end": "2026-12-01T00:00:00Z"})
	rule.deny == set() with input as example with data.tenor.params.outposts.renewal_approval_due.days as 59
}

test_ignores_decided if {
	rule.deny == set() with input as _with({"decided": true})
}

test_ignores_missing_fields if {
	rule.deny == set() with input as _with({"contract_end": null})
	rule.deny == set() with input as _with({"options": []})
	rule.deny == set() with input as json.remove(example, ["facts/options"])
}
