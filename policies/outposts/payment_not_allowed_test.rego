package tenor.outposts.payment_not_allowed_test

import data.tenor.outposts.payment_not_allowed as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}},
	"facts": {"payment_term": "FIVE_YEARS", "payment_option": "ALL_UPFRONT"},
}

_with(facts) := object.union(example, {"facts": facts})

_messages(facts) := {d.msg | some d in rule.deny with input as _with(facts)}

test_reports_term_that_is_not_allowed if {
	rule.deny == {{
		"msg": "the payment term FIVE_YEARS is not allowed",
		"evidence": {"payment_term": "FIVE_YEARS", "payment_option": "ALL_UPFRONT"},
		"command": ["aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_both if {
	_messages({"payment_option": "HALF_UPFRONT"}) == {"the payment option HALF_UPFRONT is not allowed; the payment term FIVE_YEARS is not allowed"}
}

test_reports_by_the_configured_options if {
	{d.msg | some d in rule.deny} == {"the payment option ALL_UPFRONT is not allowed"} with input as _with({"payment_term": "ONE_YEAR"})
		with data.tenor.params.outposts.payment_not_allowed.allowed_options as ["NO_UPFRONT"]
}

test_ignores_allowed if {
	every term in ["ONE_YEAR", "THREE_YEARS"] {
		every option in ["ALL_UPFRONT", "PARTIAL_UPFRONT", "NO_UPFRONT"] {
			rule.deny == set() with input as _with({"payment_term": term, "payment_option": option})
		}
	}
}

test_ignores_unknown_terms if {
	rule.deny == set() with input as _with({"payment_term": "", "payment_option": ""})
	rule.deny == set() with input as json.remove(example, ["facts/payment_term", "facts/payment_option"])
}
