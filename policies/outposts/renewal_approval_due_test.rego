package tenor.outposts.renewal_approval_due_test

import data.tenor.outposts.renewal_approval_due as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}, "renewal_pricing": {}},
	"facts": {
		"contract_state": "running", "contract_end": "2027-01-30", "days_to_end": 60, "notice_deadline": "2027-01-22",
		"recommended": {"action": "renew", "payment_term": "THREE_YEARS", "payment_option": "NO_UPFRONT", "needs_approval": true},
		"options": [
			_option("THREE_YEARS", "ALL_UPFRONT", 30000000, 30000000),
			_option("THREE_YEARS", "NO_UPFRONT", 0, 36000000),
			_option("FIVE_YEARS", "NO_UPFRONT", 0, 10000000),
		],
	},
}

_option(term, option, upfront, tcv) := {
	"payment_term": term, "payment_option": option, "allowed": true, "months": 36,
	"upfront": sprintf("%d.00", [upfront / 100]), "upfront_cents": upfront, "tcv": sprintf("%d.00", [tcv / 100]), "tcv_cents": tcv,
}

_with(facts) := object.union(example, {"facts": facts})

test_reports_recommended_option if {
	rule.deny == {{
		"msg": "the recommended renewal, 3 years, no upfront, comes to $360,000.00 and needs an approval",
		"evidence": {
			"payment_term": "THREE_YEARS", "payment_option": "NO_UPFRONT", "upfront": "0.00", "tcv": "360000.00",
			"approval_limit_usd": 250000,
		},
		"due": "2027-01-22",
		"amount_cents": 36000000,
		"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_says_what_part_is_paid_upfront if {
	said := {upfront: d.msg |
		some upfront in [0, 1, 35999999, 36000000]
		some d in rule.deny with input as _with({"options": [_option("THREE_YEARS", "NO_UPFRONT", upfront, 36000000)]})
	}
	said == {
		0: "the recommended renewal, 3 years, no upfront, comes to $360,000.00 and needs an approval",
		1: "the recommended renewal, 3 years, no upfront, comes to $360,000.00, of which $0.01 upfront, and needs an approval",
		35999999: "the recommended renewal, 3 years, no upfront, comes to $360,000.00, of which $359,999.99 upfront, and needs an approval",
		36000000: "the recommended renewal, 3 years, no upfront, comes to $360,000.00 and needs an approval",
	}
}

test_ignores_recommendation_that_needs_none if {
	rule.deny == set() with input as _with({"recommended": {"needs_approval": false}})
	rule.deny == set() with input as _with({"recommended": {
		"action": "month_to_month", "payment_term": null, "payment_option": null, "needs_approval": false,
	}})
	rule.deny == set() with input as _with({"recommended": null})
}

test_ignores_option_of_a_term_without_measures if {
	rule.deny == set() with input as _with({"options": [object.union(_option("THREE_YEARS", "NO_UPFRONT", 0, 0), {"months": 0})]})
}

test_reports_contract_on_its_last_day if {
	count(rule.deny) == 1 with input as _with({"days_to_end": 0})
}

test_ignores_contract_outside_the_window if {
	rule.deny == set() with input as _with({"days_to_end": 61})
	rule.deny == set() with input as example with data.tenor.params.outposts.renewal_approval_due.days as 59
}

test_ignores_every_other_state if {
	every state in ["retired", "renewed", "unknown", "month_to_month", null] {
		rule.deny == set() with input as _with({"contract_state": state})
	}
}

test_ignores_missing_fields if {
	rule.deny == set() with input as _with({"days_to_end": null})
	rule.deny == set() with input as _with({"options": []})
	rule.deny == set() with input as json.remove(example, ["facts/options"])
	rule.deny == set() with input as json.remove(example, ["facts/recommended/needs_approval"])
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
	rule.deny == set() with input as _with({"decision": {"action": "renew", "status": "open"}})
}
