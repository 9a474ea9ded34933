package tenor.outposts.order_without_subscription_test

import data.tenor.outposts.order_without_subscription as rule

example := {
	"kind": "outposts.order", "id": "oo-0123456789abcdef0", "name": "", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "COMPLETED", "OutpostId": "op-1", "OrderSubmissionDate": "2026-01-01T00:00:00Z", "OrderFulfilledDate": "2026-10-16T00:00:00Z"},
	"related": {"outpost": {"OutpostId": "op-1", "Subscriptions": [{"SubscriptionId": "sub-1", "OrderIds": ["oo-another"]}]}},
}

_with(spec) := object.union(example, {"spec": spec})

test_reports_order_that_no_subscription_names if {
	rule.deny == {{
		"msg": "the order was complete on 2026-10-16 and no subscription of op-1 names it",
		"evidence": {"status": "COMPLETED", "complete": "2026-10-16T00:00:00Z", "subscriptions": ["sub-1"]},
		"command": ["aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_outpost_without_subscriptions if {
	count(rule.deny) == 1 with input as object.union(example, {"related": {"outpost": {"Subscriptions": []}}})
}

test_reports_from_the_submission_when_the_fulfilment_is_not_known if {
	{d.evidence.complete | some d in rule.deny} == {"2026-01-01T00:00:00Z"} with input as json.remove(example, ["spec/OrderFulfilledDate"])
}

test_reports_just_past_the_grace if {
	count(rule.deny) == 1 with input as _with({"OrderFulfilledDate": "2026-10-16T23:59:59Z", "Status": "FULFILLED"})
}

test_ignores_within_the_grace if {
	rule.deny == set() with input as _with({"OrderFulfilledDate": "2026-10-17T00:00:00Z"})
	rule.deny == set() with input as _with({"OrderFulfilledDate": "2026-10-17T00:00:01Z"})
	rule.deny == set() with input as example with data.tenor.params.outposts.order_without_subscription.grace_days as 46
}

test_ignores_order_that_a_subscription_names if {
	rule.deny == set() with input as object.union(example, {"related": {"outpost": {"Subscriptions": [
		{"SubscriptionId": "sub-1", "OrderIds": ["oo-another"]},
		{"SubscriptionId": "sub-2", "OrderIds": ["oo-third", "oo-0123456789abcdef0"]},
	]}}})
}

test_ignores_order_that_is_not_complete if {
	rule.deny == set() with input as _with({"Status": "DELIVERED"})
	rule.deny == set() with input as _with({"Status": "NEWER_THAN_US"})
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["related/outpost/Subscriptions"])
	rule.deny == set() with input as json.remove(example, ["spec/OrderFulfilledDate", "spec/OrderSubmissionDate"])
}
