package tenor.outposts.financing_rate_above_hurdle_test

import data.tenor.outposts.financing_rate_above_hurdle as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}, "renewal_pricing": {}},
	"facts": {
		"contract_state": "running", "contract_end": "2027-05-30", "days_to_end": 180, "notice_deadline": "2027-05-21",
		"options": [_option("ONE_YEAR", "NO_UPFRONT", 8), _option("THREE_YEARS", "PARTIAL_UPFRONT", 20), _option("THREE_YEARS", "NO_UPFRONT", 9.2), _option("THREE_YEARS", "ALL_UPFRONT", null)],
	},
}

_option(term, option, percent) := {
	"payment_term": term, "payment_option": option, "allowed": term != "FIVE_YEARS", "implied_rate_percent": percent,
}

_with(facts) := object.union(example, {"facts": facts})

test_reports_terms_above_the_hurdle if {
	rule.deny == {{
		"msg": "paying monthly costs up to 9.2% a year; the hurdle is 8%",
		"evidence": {"terms": [{"payment_term": "THREE_YEARS", "percent": 9.2}], "hurdle_percent": 8},
		"due": "2027-05-21",
		"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_just_above_the_hurdle if {
	count(rule.deny) == 1 with input as _with({"options": [_option("ONE_YEAR", "NO_UPFRONT", 8.0001)]})
}

# Two decimal places are enough for a reader, and what is above the hurdle never reads as if it were on it.
test_says_the_rate_in_hundredths_of_a_percent if {
	cases := {9.240173: "9.24", 9.24: "9.24", 9.2351: "9.24", 8.000001: "8.000001", 10: "10", 8.07: "8.07", 1000: "1000"}
	every percent, shown in cases {
		msg := sprintf("paying monthly costs up to %s%% a year; the hurdle is 8%%", [shown])
		{d.msg | some d in rule.deny} == {msg} with input as _with({"options": [_option("ONE_YEAR", "NO_UPFRONT", percent)]})
	}
}

test_ignores_rate_on_the_hurdle if {
	rule.deny == set() with input as _with({"options": [_option("ONE_YEAR", "NO_UPFRONT", 8)]})
	rule.deny == set() with input as example with data.tenor.params.outposts.financing_rate_above_hurdle.hurdle_percent as 9.2
}

test_ignores_term_that_is_not_allowed if {
	rule.deny == set() with input as _with({"options": [_option("FIVE_YEARS", "NO_UPFRONT", 20)]})
}

test_reports_contract_on_its_last_day if {
	count(rule.deny) == 1 with input as _with({"days_to_end": 0})
}

test_ignores_contract_outside_the_window if {
	rule.deny == set() with input as _with({"days_to_end": 181})
	rule.deny == set() with input as example with data.tenor.params.outposts.financing_rate_above_hurdle.days as 179
}

test_ignores_every_other_state if {
	every state in ["retired", "renewed", "unknown", "month_to_month", null] {
		rule.deny == set() with input as _with({"contract_state": state})
	}
}

test_ignores_missing_fields if {
	rule.deny == set() with input as _with({"days_to_end": null})
	rule.deny == set() with input as _with({"options": [_option("ONE_YEAR", "NO_UPFRONT", null)]})
	rule.deny == set() with input as json.remove(example, ["facts/options"])
}
