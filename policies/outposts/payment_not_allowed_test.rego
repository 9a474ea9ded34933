package tenor.outposts.payment_not_allowed_test

import data.tenor.outposts.payment_not_allowed as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}},
	"facts": {"contract_state": "running", "payment_term": "FIVE_YEARS", "payment_option": "ALL_UPFRONT", "subscriptions": []},
}

_with(facts) := object.union(example, {"facts": facts})

_messages(facts) := {d.msg | some d in rule.deny with input as _with(facts)}

test_reports_term_that_is_not_allowed if {
	rule.deny == {{
		"msg": "the payment term 5 years is not allowed",
		"evidence": {"payment_term": "FIVE_YEARS", "payment_option": "ALL_UPFRONT"},
		"command": [
			"aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0",
			"--region", "eu-central-1",
		],
	}} with input as example
}

test_reports_both if {
	_messages({"payment_option": "HALF_UPFRONT"}) == {"the payment option HALF_UPFRONT is not allowed; the payment term 5 years is not allowed"}
}

test_reports_by_the_configured_options if {
	{d.msg | some d in rule.deny} == {"the payment option all upfront is not allowed"} with input as _with({"payment_term": "ONE_YEAR"})
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

test_ignores_outpost_that_is_given_back_or_not_ours if {
	rule.deny == set() with input as object.union(_renewal({}), {"facts": {"contract_state": "retired", "payment_term": "FIVE_YEARS"}})
	rule.deny == set() with input as object.union(_renewal({}), {"facts": {"contract_state": null, "payment_term": "FIVE_YEARS"}})
}

# The contract itself is on allowed terms; what follows it is not.
_renewal(patch) := _with({"payment_term": "ONE_YEAR", "subscriptions": [object.union(
	{
		"id": "sub-1", "type": "RENEWAL", "status": "PENDING", "begins": "2027-01-01", "ends": "2031-12-31",
		"payment_term": "FIVE_YEARS", "payment_option": "NO_UPFRONT",
	},
	patch,
)]})

test_reports_pending_renewal if {
	rule.deny == {{
		"msg": "of the pending renewal sub-1, the payment term 5 years is not allowed",
		"key": "sub-1",
		"evidence": {"id": "sub-1", "begins": "2027-01-01", "ends": "2031-12-31", "payment_term": "FIVE_YEARS", "payment_option": "NO_UPFRONT"},
		"command": [
			"aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0",
			"--region", "eu-central-1",
		],
	}} with input as _renewal({})
}

test_reports_both_of_a_pending_renewal if {
	{d.msg | some d in rule.deny} == {concat("; ", [
		"of the pending renewal (unknown), the payment option no upfront is not allowed", "the payment term 5 years is not allowed",
	])}
		with input as _renewal({"id": ""})
		with data.tenor.params.outposts.payment_not_allowed.allowed_options as ["ALL_UPFRONT"]
}

test_reports_contract_and_pending_renewal if {
	{object.get(d, "key", "") | some d in rule.deny} == {"", "sub-1"}
		with input as object.union(_renewal({}), {"facts": {"payment_term": "FIVE_YEARS"}})
}

# Each term and option is one of a list, so the boundary is the list: only what is not on it is reported.
test_reports_pending_renewal_by_each_term_and_option if {
	every term in ["ONE_YEAR", "THREE_YEARS", "FIVE_YEARS"] {
		every option in ["ALL_UPFRONT", "PARTIAL_UPFRONT", "NO_UPFRONT"] {
			unwanted := {"FIVE_YEARS", "NO_UPFRONT"} & {term, option}
			count(rule.deny) == min([1, count(unwanted)])
				with input as _renewal({"payment_term": term, "payment_option": option})
				with data.tenor.params.outposts.payment_not_allowed.allowed_options as ["ALL_UPFRONT", "PARTIAL_UPFRONT"]
		}
	}
}

# One of the two that AWS's answer does not show says nothing, and hides nothing of the other.
test_reports_pending_renewal_by_what_is_known_of_it if {
	{d.msg | some d in rule.deny} == {"of the pending renewal sub-1, the payment term 5 years is not allowed"}
		with input as _renewal({"payment_option": null})
	{d.msg | some d in rule.deny} == {"of the pending renewal sub-1, the payment option no upfront is not allowed"}
		with input as _renewal({"payment_term": null})
		with data.tenor.params.outposts.payment_not_allowed.allowed_options as ["ALL_UPFRONT"]
}

test_ignores_pending_renewal_on_allowed_or_unknown_terms if {
	rule.deny == set() with input as _renewal({"payment_term": "THREE_YEARS"})
	rule.deny == set() with input as _renewal({"payment_term": null, "payment_option": null})
}

test_ignores_subscriptions_that_are_no_pending_renewal if {
	rule.deny == set() with input as _renewal({"status": "ACTIVE"})
	rule.deny == set() with input as _renewal({"status": "CANCELLED"})
	rule.deny == set() with input as _renewal({"type": "CAPACITY_INCREASE"})
	rule.deny == set() with input as json.remove(_renewal({}), ["facts/subscriptions"])
}
