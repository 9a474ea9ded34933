package tenor.outposts.subscription_not_coterminous_test

import data.tenor.outposts.subscription_not_coterminous as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {"Subscriptions": [_subscription]}},
	"facts": {"contract_state": "running", "contract_end": "2027-06-30"},
}

_subscription := {"SubscriptionId": "sub-1", "SubscriptionStatus": "ACTIVE", "SubscriptionType": "CAPACITY_INCREASE", "EndDate": "2028-06-30T00:00:00Z"}

_of(patches) := object.union(example, {"related": {"billing": {"Subscriptions": [object.union(_subscription, p) | some p in patches]}}})

_keys(patches) := {d.key | some d in rule.deny with input as _of(patches)}

test_reports_subscription_that_outlives_the_contract if {
	rule.deny == {{
		"msg": "subscription sub-1 ends on 2028-06-30, the contract on 2027-06-30",
		"key": "sub-1",
		"evidence": {"subscription": "sub-1", "ends": "2028-06-30T00:00:00Z", "contract_end": "2027-06-30"},
		"command": [
			"aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0",
			"--region", "eu-central-1",
		],
	}} with input as example
}

test_reports_subscription_without_an_id if {
	{d.msg | some d in rule.deny} == {"subscription (unknown) ends on 2028-06-30, the contract on 2027-06-30"} with input as json.remove(example, ["related/billing/Subscriptions/0/SubscriptionId"])
}

test_reports_each_subscription if {
	_keys([{"SubscriptionId": "a"}, {"SubscriptionId": "b"}, {"SubscriptionId": "c", "EndDate": "2027-06-30T00:00:00Z"}]) == {"a", "b"}
}

test_reports_beyond_the_tolerance_either_way if {
	_keys([{"EndDate": "2027-07-02T00:00:00Z"}]) == {"sub-1"}
	_keys([{"EndDate": "2027-06-28T23:59:59Z"}]) == {"sub-1"}
}

test_ignores_within_the_tolerance if {
	_keys([{"EndDate": "2027-07-01T23:59:59Z"}]) == set()
	_keys([{"EndDate": "2027-06-29T00:00:00Z"}]) == set()
	rule.deny == set() with input as example with data.tenor.params.outposts.subscription_not_coterminous.tolerance_days as 366
}

test_ignores_other_subscriptions if {
	_keys([{"SubscriptionStatus": "PENDING"}, {"SubscriptionType": "RENEWAL"}, {"SubscriptionType": "NEWER_THAN_US"}]) == set()
}

test_ignores_unknown_dates if {
	rule.deny == set() with input as object.union(example, {"facts": {"contract_end": null}})
	rule.deny == set() with input as object.union(example, {"related": {"billing": {"Subscriptions": [json.remove(_subscription, ["EndDate"])]}}})
	rule.deny == set() with input as json.remove(example, ["related/billing/Subscriptions"])
}

test_ignores_outpost_that_is_given_back_or_not_ours if {
	rule.deny == set() with input as object.union(example, {"facts": {"contract_state": "retired"}})
	rule.deny == set() with input as object.union(example, {"facts": {"contract_state": null}})
}
