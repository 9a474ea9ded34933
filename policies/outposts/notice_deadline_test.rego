package tenor.outposts.notice_deadline_test

import data.tenor.outposts.notice_deadline as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}},
	"facts": {
		"contract_state": "running", "contract_end": "2026-12-15", "notice_deadline": "2026-12-08", "business_days_to_notice": 5,
		"cost_of_inaction": "1234.56", "cost_of_inaction_cents": 123456,
		"recommended": {"action": "renew", "payment_term": "ONE_YEAR", "payment_option": "NO_UPFRONT"},
	},
}

_with(facts) := object.union(example, {"facts": facts})

_messages(facts) := {d.msg | some d in rule.deny with input as _with(facts)}

test_reports_deadline_that_comes if {
	rule.deny == {{
		"msg": "5 business days left until the deadline of 2026-12-08 to renew or return; the contract ends on 2026-12-15",
		"evidence": {
			"contract_end": "2026-12-15", "notice_deadline": "2026-12-08", "business_days_to_notice": 5, "cost_of_inaction": "1234.56",
			"recommended": {"action": "renew", "payment_term": "ONE_YEAR", "payment_option": "NO_UPFRONT"},
		},
		"due": "2026-12-08",
		"amount_cents": 123456,
		"amount_per": "month",
		"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_the_day_itself_and_after if {
	_messages({"business_days_to_notice": 0}) == {"0 business days left until the deadline of 2026-12-08 to renew or return; the contract ends on 2026-12-15"}
	_messages({"business_days_to_notice": 1}) == {"1 business day left until the deadline of 2026-12-08 to renew or return; the contract ends on 2026-12-15"}
	_messages({"business_days_to_notice": -1}) == {"the deadline of 2026-12-08 to renew or return has passed; the contract ends on 2026-12-15"}
}

# The renewal prices change the words, and an amount that nobody knows without them.
test_reports_the_same_without_a_price if {
	rule.deny == {{
		"msg": "5 business days left until the deadline of 2026-12-08 to renew or return; the contract ends on 2026-12-15",
		"evidence": {
			"contract_end": "2026-12-15", "notice_deadline": "2026-12-08", "business_days_to_notice": 5, "cost_of_inaction": null,
			"recommended": null,
		},
		"due": "2026-12-08",
		"amount_cents": null,
		"amount_per": "month",
		"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as _with({"cost_of_inaction": null, "cost_of_inaction_cents": null, "recommended": null})
}

test_ignores_deadline_beyond_the_buffer if {
	rule.deny == set() with input as _with({"business_days_to_notice": 6})
}

test_reports_within_the_configured_buffer if {
	count(rule.deny) == 1 with input as _with({"business_days_to_notice": 6}) with data.tenor.params.outposts.notice_deadline.buffer_business_days as 6
}

test_reports_to_the_last_day_of_the_contract if {
	_messages({"contract_end": "2026-12-01", "days_to_end": 0, "business_days_to_notice": -5}) == {
		"the deadline of 2026-12-08 to renew or return has passed; the contract ends on 2026-12-01",
	}
}

test_ignores_every_other_state if {
	every state in ["retired", "renewed", "unknown", "month_to_month", "newer_than_us", null] {
		rule.deny == set() with input as _with({"contract_state": state})
	}
	rule.deny == set() with input as json.remove(example, ["facts/contract_state"])
}

test_ignores_unknown_end if {
	rule.deny == set() with input as _with({"contract_end": null, "business_days_to_notice": null})
	rule.deny == set() with input as json.remove(example, ["facts/business_days_to_notice"])
}

# What AWS says of the Outpost or of a subscription, ACTIVE, is that it is in use: then nobody may take it for settled.
test_cannot_tell_without_dates if {
	rule.unknown == {"dates"} with input as _undated("ACTIVE", [])
	rule.unknown == {"dates"} with input as _undated("RETIRING", [{"SubscriptionStatus": "PENDING"}, {"SubscriptionStatus": "ACTIVE"}])
}

test_ignores_outpost_without_dates_that_is_not_in_use if {
	rule.unknown == set() with input as _undated("PENDING", [])
	rule.unknown == set() with input as _undated("PENDING", [{"SubscriptionStatus": "PENDING"}, {"SubscriptionStatus": "INACTIVE"}, {}])
}

test_can_tell_in_every_other_state if {
	every state in ["retired", "renewed", "month_to_month", "running", null] {
		rule.unknown == set() with input as object.union(example, {"spec": {"LifeCycleStatus": "ACTIVE"}, "facts": {"contract_state": state}})
	}
}

_undated(status, subscriptions) := object.union(example, {
	"spec": {"LifeCycleStatus": status},
	"related": {"billing": {"Subscriptions": subscriptions}},
	"facts": {
		"contract_state": "unknown", "contract_end": null, "notice_deadline": null, "days_to_end": null,
		"business_days_to_notice": null,
	},
})

test_ignores_a_decision_on_file if {
	rule.deny == set() with input as _with({"decision": {"action": "return", "status": "open"}})
	count(rule.deny) == 1 with input as _with({"decision": {"action": "return", "status": "contradicted"}})
}
