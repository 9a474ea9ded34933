package tenor.outposts.contract_ending_test

import data.tenor.outposts.contract_ending as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}},
	"facts": {
		"contract_state": "running", "contract_end": "2026-12-31", "days_to_end": 30, "contract_end_source": "contract_end_date",
		"notice_deadline": "2026-12-23",
		"recommended": {"action": "renew", "payment_term": "THREE_YEARS", "payment_option": "ALL_UPFRONT", "reason": "it costs least"},
	},
}

_with(facts) := object.union(example, {"facts": facts})

_severities(facts) := {d.severity | some d in rule.deny with input as _with(facts)}

test_reports_contract_that_ends if {
	rule.deny == {{
		"msg": "the contract ends on 2026-12-31, in 30 days; renew or return by 2026-12-23",
		"severity": "high",
		"evidence": {
			"contract_end": "2026-12-31", "notice_deadline": "2026-12-23", "contract_end_source": "contract_end_date",
			"recommended": {"action": "renew", "payment_term": "THREE_YEARS", "payment_option": "ALL_UPFRONT"},
		},
		"due": "2026-12-23",
		"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_each_window_up_to_its_last_day if {
	_severities({"days_to_end": 0}) == {"high"}
	_severities({"days_to_end": 30}) == {"high"}
	_severities({"days_to_end": 31}) == {"medium"}
	_severities({"days_to_end": 90}) == {"medium"}
	_severities({"days_to_end": 91}) == {"low"}
	_severities({"days_to_end": 180}) == {"low"}
}

test_says_what_has_passed if {
	said := {days: {d.msg | some d in rule.deny with input as _with(facts)} | some days, facts in {
		"today": {"days_to_end": 0, "contract_end": "2026-12-01", "notice_deadline": "2026-11-23", "business_days_to_notice": -5},
		"late": {"business_days_to_notice": -1},
		"last day": {"business_days_to_notice": 0},
		"not known": {"business_days_to_notice": null},
	}}
	said == {
		"today": {"the contract ends on 2026-12-01, today; the deadline of 2026-11-23 to renew or return has passed"},
		"late": {"the contract ends on 2026-12-31, in 30 days; the deadline of 2026-12-23 to renew or return has passed"},
		"last day": {"the contract ends on 2026-12-31, in 30 days; renew or return by 2026-12-23"},
		"not known": {"the contract ends on 2026-12-31, in 30 days; renew or return by 2026-12-23"},
	}
}

test_ignores_end_outside_every_window if {
	rule.deny == set() with input as _with({"days_to_end": 181})
}

test_reports_by_the_configured_windows if {
	_severities({"days_to_end": 181}) == {"low"} with data.tenor.params.outposts.contract_ending.low_days as 181
}

# The renewal prices change the words.
test_reports_the_same_without_a_recommendation if {
	rule.deny == {{
		"msg": "the contract ends on 2026-12-31, in 30 days; renew or return by 2026-12-23",
		"severity": "high",
		"evidence": {
			"contract_end": "2026-12-31", "notice_deadline": "2026-12-23", "contract_end_source": "contract_end_date",
			"recommended": null,
		},
		"due": "2026-12-23",
		"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as _with({"recommended": null})
}

test_reports_the_graver_of_equal_windows if {
	_severities({"days_to_end": 90}) == {"medium"} with data.tenor.params.outposts.contract_ending.low_days as 90
	_severities({"days_to_end": 30}) == {"high"} with data.tenor.params.outposts.contract_ending.medium_days as 30
}

test_ignores_every_other_state if {
	every state in ["retired", "renewed", "unknown", "month_to_month", "newer_than_us", null] {
		rule.deny == set() with input as _with({"contract_state": state})
	}
	rule.deny == set() with input as json.remove(example, ["facts/contract_state"])
}

test_ignores_unknown_end if {
	rule.deny == set() with input as _with({"days_to_end": null})
	rule.deny == set() with input as json.remove(example, ["facts/days_to_end"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
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

_decided(decision) := object.union(example, {"facts": {"decision": object.union(
	{
		"action": "return", "payment_term": null, "payment_option": null, "owner": "finance@example.com", "decided_on": "2026-11-20",
		"status": "open",
	},
	decision,
)}})

test_reports_a_decision_that_aws_does_not_show_as_info if {
	_said(_decided({})) == {["info", "the contract ends on 2026-12-31, in 30 days; finance@example.com decided on 2026-11-20 to return the Outpost, and AWS does not show it yet"]}
	_said(_decided({"action": "month_to_month"})) == {["info", "the contract ends on 2026-12-31, in 30 days; finance@example.com decided on 2026-11-20 to go on month-to-month, and AWS does not show it yet"]}
	_said(_decided({"note": "its date is ahead"})) == {["info", concat(" ", [
		"the contract ends on 2026-12-31, in 30 days; finance@example.com decided on 2026-11-20 to return the Outpost,",
		"and AWS does not show it yet: its date is ahead",
	])]}
	_said(_decided({"action": "renew", "payment_term": "ONE_YEAR", "payment_option": "NO_UPFRONT"})) == {["info", "the contract ends on 2026-12-31, in 30 days; finance@example.com decided on 2026-11-20 to renew for 1 year, no upfront, and AWS does not show it yet"]}
}

test_reports_as_before_what_aws_contradicts if {
	_said(_decided({"status": "contradicted"})) == {["high", "the contract ends on 2026-12-31, in 30 days; renew or return by 2026-12-23"]}
}

_said(doc) := {[d.severity, d.msg] | some d in rule.deny with input as doc}
