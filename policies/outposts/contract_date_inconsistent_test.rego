package tenor.outposts.contract_date_inconsistent_test

import data.tenor.outposts.contract_date_inconsistent as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {"ContractEndDate": "2027-06-30"}},
	"facts": {"contract_state": "running", "contract_end_date": "2027-06-30", "latest_term_end": "2027-07-15", "subscriptions": []},
}

_with(facts) := object.union(example, {"facts": facts})

_messages(doc) := {d.msg | some d in rule.deny with input as doc}

test_reports_dates_that_differ if {
	rule.deny == {{
		"msg": "ContractEndDate is 2027-06-30, but the last active term ends on 2027-07-15",
		"evidence": {"contract_end_date": "2027-06-30", "latest_term_end": "2027-07-15"},
		"command": [
			"aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0",
			"--region", "eu-central-1",
		],
	}} with input as example
}

test_reports_beyond_the_tolerance_either_way if {
	count(rule.deny) == 1 with input as _with({"latest_term_end": "2027-07-02"})
	count(rule.deny) == 1 with input as _with({"latest_term_end": "2027-06-28"})
}

test_ignores_within_the_tolerance if {
	rule.deny == set() with input as _with({"latest_term_end": "2027-07-01"})
	rule.deny == set() with input as _with({"latest_term_end": "2027-06-29"})
	rule.deny == set() with input as example with data.tenor.params.outposts.contract_date_inconsistent.tolerance_days as 15
}

test_reports_missing_date if {
	doc := json.remove(_with({"contract_end_date": null}), ["related/billing/ContractEndDate"])
	_messages(doc) == {"AWS gives no ContractEndDate"}
}

test_reports_unreadable_date if {
	doc := object.union(_with({"contract_end_date": null}), {"related": {"billing": {"ContractEndDate": "end of June"}}})
	_messages(doc) == {`ContractEndDate "end of June" is no date that can be read`}
}

test_ignores_unknown_subscription_end if {
	rule.deny == set() with input as _with({"latest_term_end": null})
}

test_ignores_outpost_without_billing if {
	rule.deny == set() with input as json.remove(_with({"contract_end_date": null}), ["related/billing"])
}

test_reports_in_every_state_under_contract if {
	every state in ["running", "renewed", "unknown"] {
		count(rule.deny) == 1 with input as _with({"contract_state": state})
	}
}

test_ignores_without_a_contract if {
	every state in ["month_to_month", "retired", null] {
		rule.deny == set() with input as object.union(_renewed([46]), {"facts": {"contract_state": state, "latest_term_end": "2027-07-15"}})
	}
}

_renewed(lengths) := _with({"latest_term_end": "2027-06-30", "subscriptions": [s |
	some n in lengths
	s := {"id": sprintf("sub-%d", [n]), "type": "RENEWAL", "begins": "2026-07-01", "ends": "2026-12-31", "days": n, "rolling": n <= 45}
]})

_renewal_with(field, value) := json.patch(_renewed([183]), [{
	"op": "replace", "path": sprintf("/facts/subscriptions/0/%s", [field]), "value": value,
}])

test_reports_renewal_of_a_length_that_aws_does_not_sell if {
	rule.deny == {{
		"msg": "the renewal sub-183 is of 183 days, which AWS does not sell",
		"key": "sub-183",
		"evidence": {"subscription": "sub-183", "begins": "2026-07-01", "ends": "2026-12-31"},
		"command": [
			"aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0",
			"--region", "eu-central-1",
		],
	}} with input as _renewed([183])
	{d.key | some d in rule.deny} == {"sub-46", "sub-330"} with input as _renewed([45, 46, 330, 331, 365])
}

test_reports_such_a_renewal_without_its_id if {
	{d.key | some d in rule.deny} == {"(unknown)"} with input as _renewal_with("id", "")
}

test_ignores_other_subscriptions_of_such_a_length if {
	every type in ["ORIGINAL", "CAPACITY_INCREASE", "NEWER_THAN_US"] {
		rule.deny == set() with input as _renewal_with("type", type)
	}
	rule.deny == set() with input as _renewal_with("days", null)
	rule.deny == set() with input as json.remove(_renewed([183]), ["facts/subscriptions"])
}

_awaited(status, subscriptions) := object.union(_renewed([183]), {
	"spec": {"LifeCycleStatus": status},
	"related": {"billing": {"ContractEndDate": "end of June", "Subscriptions": [{"SubscriptionStatus": s} | some s in subscriptions]}},
	"facts": {"contract_end_date": null},
})

test_ignores_outpost_that_is_still_to_be_installed if {
	rule.deny == set() with input as _awaited("PENDING", [])
	rule.deny == set() with input as _awaited("PENDING", ["PENDING", "INACTIVE"])
}

test_reports_once_it_is_installed_or_paid if {
	count(rule.deny) == 2 with input as _awaited("ACTIVE", [])
	count(rule.deny) == 2 with input as _awaited("PENDING", ["PENDING", "ACTIVE"])
}
