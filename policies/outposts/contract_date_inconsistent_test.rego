package tenor.outposts.contract_date_inconsistent_test

import data.tenor.outposts.contract_date_inconsistent as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {"ContractEndDate": "2027-06-30"}},
	"facts": {"month_to_month": false, "contract_end_date": "2027-06-30T00:00:00Z", "latest_active_end": "2027-07-15T00:00:00Z"},
}

_with(facts) := object.union(example, {"facts": facts})

_messages(doc) := {d.msg | some d in rule.deny with input as doc}

test_reports_dates_that_differ if {
	rule.deny == {{
		"msg": "ContractEndDate is 2027-06-30, but the last active subscription ends on 2027-07-15",
		"evidence": {"contract_end_date": "2027-06-30", "latest_active_end": "2027-07-15T00:00:00Z"},
		"command": ["aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_beyond_the_tolerance_either_way if {
	count(rule.deny) == 1 with input as _with({"latest_active_end": "2027-07-01T00:00:01Z"})
	count(rule.deny) == 1 with input as _with({"latest_active_end": "2027-06-28T23:59:59Z"})
}

test_ignores_within_the_tolerance if {
	rule.deny == set() with input as _with({"latest_active_end": "2027-07-01T00:00:00Z"})
	rule.deny == set() with input as _with({"latest_active_end": "2027-06-29T00:00:00Z"})
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
	rule.deny == set() with input as _with({"latest_active_end": null})
}

test_ignores_outpost_without_billing if {
	rule.deny == set() with input as json.remove(_with({"contract_end_date": null}), ["related/billing"])
}

test_ignores_month_to_month if {
	rule.deny == set() with input as _with({"month_to_month": true})
}
