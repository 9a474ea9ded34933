package tenor.outposts.decision_not_executed_test

import data.tenor.outposts.decision_not_executed as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}},
	"facts": {
		"contract_state": "running",
		"decision": {
			"outpost": "op-0123456789abcdef0", "action": "renew", "payment_term": "THREE_YEARS", "payment_option": "NO_UPFRONT",
			"owner": "finance@example.com", "reason": "refresh in 2029", "decided_on": "2026-11-20", "line": 2,
			"status": "open", "deadline": "2026-12-08", "business_days": 5,
		},
	},
}

_with(decision) := object.union(example, {"facts": {"decision": decision}})

test_reports_a_renewal_that_is_not_made if {
	rule.deny == {{
		"msg": "finance@example.com decided on 2026-11-20 to renew for 3 years, no upfront; AWS does not show it, and the deadline is 2026-12-08, in 5 business days",
		"evidence": {
			"action": "renew", "payment_term": "THREE_YEARS", "payment_option": "NO_UPFRONT", "decided_on": "2026-11-20",
			"owner": "finance@example.com", "deadline": "2026-12-08", "contract_state": "running",
		},
		"due": "2026-12-08",
		"command": ["aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_a_return_whose_deadline_has_passed if {
	{d.msg | some d in rule.deny} == {"finance@example.com decided on 2026-11-20 to return the Outpost; AWS does not show it, and the deadline of 2026-11-08 has passed"} with input as _with({
		"action": "return", "payment_term": null, "payment_option": null, "deadline": "2026-11-08", "business_days": -9,
	})
}

test_says_what_keeps_it_from_being_carried_out if {
	{d.msg | some d in rule.deny} == {concat(" ", [
		"finance@example.com decided on 2026-11-20 to renew for 3 years, no upfront; AWS does not show it, and the deadline is 2026-12-08,",
		"in 5 business days: AWS has no price for 3 years, no upfront",
	])} with input as _with({"note": "AWS has no price for 3 years, no upfront"})
	count(rule.deny) == 1 with input as _with({"note": null})
}

test_ignores_more_time if {
	rule.deny == set() with input as _with({"business_days": 6})
	count(rule.deny) == 1 with input as _with({"business_days": 6}) with data.tenor.params.outposts.decision_not_executed.buffer_business_days as 6
}

test_ignores_what_is_done_or_contradicted if {
	every status in {"done", "contradicted", "unknown"} {
		rule.deny == set() with input as _with({"status": status})
	}
}

test_ignores_month_to_month_which_waiting_carries_out if {
	rule.deny == set() with input as _with({"action": "month_to_month", "deadline": null, "business_days": null})
}

test_ignores_no_decision if {
	rule.deny == set() with input as object.union(example, {"facts": {"decision": null}})
	rule.deny == set() with input as json.remove(example, ["facts/decision"])
}

test_ignores_outpost_that_is_given_back if {
	rule.deny == set() with input as object.union(example, {"facts": {"contract_state": "retired"}})
}
