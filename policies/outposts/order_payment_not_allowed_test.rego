package tenor.outposts.order_payment_not_allowed_test

import data.tenor.outposts.order_payment_not_allowed as rule

example := {
	"kind": "outposts.order", "id": "oo-0123456789abcdef0", "name": "", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "PREPARING", "PaymentTerm": "FIVE_YEARS", "PaymentOption": "NO_UPFRONT"},
}

_with(spec) := object.union(example, {"spec": spec})

test_reports_term_that_is_not_allowed if {
	rule.deny == {{
		"msg": "the payment term 5 years is not allowed",
		"evidence": {"status": "PREPARING", "faults": ["the payment term 5 years is not allowed"]},
		"command": ["aws", "outposts", "get-order", "--order-id", "oo-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_both if {
	{d.msg | some d in rule.deny} == {"the payment option HALF_UPFRONT is not allowed; the payment term 5 years is not allowed"} with input as _with({"PaymentOption": "HALF_UPFRONT"})
}

test_reports_every_status_but_cancelled if {
	every status in ["PREPARING", "IN_PROGRESS", "DELIVERED", "COMPLETED", "ERROR", "RECEIVED", "PENDING", "PROCESSING", "INSTALLING", "FULFILLED"] {
		count(rule.deny) == 1 with input as _with({"Status": status})
	}
}

test_reports_by_the_configured_terms if {
	count(rule.deny) == 1 with input as _with({"PaymentTerm": "ONE_YEAR"})
		with data.tenor.params.outposts.payment_not_allowed.allowed_terms as ["THREE_YEARS"]
}

test_ignores_cancelled_and_unknown_statuses if {
	rule.deny == set() with input as _with({"Status": "CANCELLED"})
	rule.deny == set() with input as _with({"Status": "NEWER_THAN_US"})
}

test_ignores_allowed if {
	rule.deny == set() with input as _with({"PaymentTerm": "THREE_YEARS"})
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["spec/PaymentTerm", "spec/PaymentOption"])
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
}
