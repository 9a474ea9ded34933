package tenor.outposts.month_to_month_test

import data.tenor.outposts.month_to_month as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}},
	"facts": {
		"contract_state": "month_to_month", "contract_end": "2026-11-30",
		"month_to_month_price": "9000.00", "month_to_month_price_source": "billed",
		"cost_of_inaction": "1234.56", "cost_of_inaction_cents": 123456,
		"recommended": {"action": "renew", "payment_term": "ONE_YEAR", "payment_option": "NO_UPFRONT", "reason": "it costs least"},
	},
}

_with(facts) := object.union(example, {"facts": facts})

_prices := ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"]

test_reports_month_to_month_with_its_cost if {
	rule.deny == {{
		"msg": "the Outpost runs month-to-month, which costs $1,234.56 a month more than the recommended renewal",
		"severity": "high",
		"evidence": {
			"contract_end": "2026-11-30", "month_to_month_price": "9000.00", "month_to_month_price_source": "billed", "cost_of_inaction": "1234.56",
			"recommended": {"action": "renew", "payment_term": "ONE_YEAR", "payment_option": "NO_UPFRONT"},
		},
		"amount_cents": 123456,
		"amount_per": "month",
		"command": _prices,
	}} with input as example
}

# Nobody can say that staying is right where no price is known.
test_reports_month_to_month_without_a_price if {
	rule.deny == {{
		"msg": "the Outpost runs month-to-month",
		"severity": "high",
		"evidence": {
			"contract_end": "2026-11-30", "month_to_month_price": null, "month_to_month_price_source": null, "cost_of_inaction": null,
			"recommended": null,
		},
		"amount_cents": null,
		"amount_per": "month",
		"command": _prices,
	}} with input as _with({
		"month_to_month_price": null, "month_to_month_price_source": null, "cost_of_inaction": null, "cost_of_inaction_cents": null,
		"recommended": null,
	})
}

test_reports_low_without_an_amount_where_staying_is_recommended if {
	rule.deny == {{
		"msg": "the Outpost runs month-to-month, and no allowed renewal option costs less",
		"severity": "low",
		"evidence": {
			"contract_end": "2026-11-30", "month_to_month_price": "9000.00", "month_to_month_price_source": "billed", "cost_of_inaction": "0.00",
			"recommended": {"action": "month_to_month", "payment_term": null, "payment_option": null},
		},
		"amount_cents": null,
		"amount_per": "month",
		"command": _prices,
	}} with input as _with({
		"cost_of_inaction": "0.00", "cost_of_inaction_cents": 0,
		"recommended": {"action": "month_to_month", "payment_term": null, "payment_option": null},
	})
}

# An assumed month that costs as much as the renewal binds nobody to anything, and is high all the same.
test_reports_renewal_that_costs_as_much if {
	{[d.severity, d.msg, d.amount_cents] | some d in rule.deny} == {["high", "the Outpost runs month-to-month", 0]}
		with input as _with({"cost_of_inaction": "0.00", "cost_of_inaction_cents": 0, "month_to_month_price_source": "assumed"})
}

test_reports_a_cent_more if {
	{d.msg | some d in rule.deny} == {"the Outpost runs month-to-month, which costs $0.01 a month more than the recommended renewal"}
		with input as _with({"cost_of_inaction_cents": 1})
}

test_ignores_every_other_state if {
	every state in ["retired", "renewed", "unknown", "running", "newer_than_us", null] {
		rule.deny == set() with input as _with({"contract_state": state})
	}
}

test_ignores_outpost_without_facts if {
	rule.deny == set() with input as json.remove(example, ["facts"])
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
