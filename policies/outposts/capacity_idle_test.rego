package tenor.outposts.capacity_idle_test

import data.tenor.outposts.capacity_idle as rule

_capacity := {
	"hosts": 2, "not_in_use": 0, "dedicated": 0, "unknown": 0, "unmatched": 0, "slots": 10, "used": 7, "idle": 3, "idle_percent": 30,
	"accounts": 1, "instances": 7, "families": [{"family": "c5", "slots": 10, "used": 7, "idle": 3}], "history": null,
}

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"spec": {"LifeCycleStatus": "ACTIVE"},
	"related": {"billing": {}, "assets": {}, "asset_instances": {}},
	"facts": {
		"contract_state": "running", "contract_end": "2027-05-30", "days_to_end": 180, "notice_deadline": "2027-05-21",
		"capacity": _capacity, "idle_monthly": "3000.30", "idle_monthly_cents": 300030,
	},
}

_with(facts) := object.union(example, {"facts": facts})

_capacity_with(members) := _with({"capacity": members})

test_reports_idle_slots_on_the_limit_of_both if {
	rule.deny == {{
		"msg": "3 of 10 instance slots are idle, $3,000.30 of what it costs a month",
		"evidence": {
			"capacity": object.remove(_capacity, ["hosts", "unknown", "unmatched", "accounts", "instances"]),
			"idle_monthly": "3000.30", "contract_end": "2027-05-30",
		},
		"due": "2027-05-21",
		"amount_cents": 300030,
		"amount_per": "month",
		"command": ["aws", "outposts", "list-assets", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_without_an_amount_where_the_price_is_unknown if {
	{[d.msg, d.amount_cents] | some d in rule.deny} == {["3 of 10 instance slots are idle", null]}
		with input as _with({"idle_monthly": null, "idle_monthly_cents": null})
	{[d.msg, d.amount_cents] | some d in rule.deny} == {["3 of 10 instance slots are idle", null]}
		with input as _with({"idle_monthly": "0.00", "idle_monthly_cents": 0})
}

test_reports_month_to_month_without_a_deadline if {
	{d.due | some d in rule.deny} == {null}
		with input as _with({"contract_state": "month_to_month", "days_to_end": -20, "notice_deadline": "2026-10-20"})
}

test_reports_contract_on_its_last_day_and_wholly_idle_outpost if {
	count(rule.deny) == 1 with input as _with({"days_to_end": 0})
	count(rule.deny) == 1 with input as _capacity_with({"used": 0, "idle": 10, "idle_percent": 100})
}

test_ignores_below_the_limit if {
	rule.deny == set() with input as _capacity_with({"slots": 1000, "used": 701, "idle": 299, "idle_percent": 29.9})
	rule.unknown == set() with input as _capacity_with({"slots": 1000, "used": 701, "idle": 299, "idle_percent": 29.9})
	rule.deny == set() with input as example with data.tenor.params.outposts.capacity_idle.idle_percent as 31
}

test_reports_from_a_slot_of_a_thousand_on_the_limit if {
	count(rule.deny) == 1 with input as _capacity_with({"slots": 1000, "used": 700, "idle": 300, "idle_percent": 30})
	count(rule.deny) == 1 with input as _capacity_with({"slots": 1000, "used": 699, "idle": 301, "idle_percent": 30.1})
}

test_reports_contract_a_day_inside_the_window if {
	count(rule.deny) == 1 with input as _with({"days_to_end": 179})
}

test_ignores_contract_outside_the_window if {
	rule.deny == set() with input as _with({"days_to_end": 181})
	rule.deny == set() with input as example with data.tenor.params.outposts.capacity_idle.days as 179
}

test_ignores_every_other_state if {
	every state in ["retired", "renewed", "unknown", null] {
		rule.deny == set() with input as _with({"contract_state": state})
	}
}

test_ignores_outpost_without_slots if {
	rule.deny == set() with input as _capacity_with({"hosts": 0, "slots": 0, "used": 0, "idle": 0, "idle_percent": null, "families": []})
}

_nameless := _capacity_with({"unknown": 1, "idle_percent": null})

test_cannot_tell_where_a_host_names_no_slots if {
	rule.deny == set() with input as _nameless
	rule.unknown == {"slots"} with input as _nameless
	rule.unknown == {"slots"} with input as object.union(_nameless, {"facts": {"contract_state": "month_to_month", "days_to_end": null}})
}

test_knows_where_nothing_is_to_be_decided if {
	rule.unknown == set() with input as object.union(_nameless, {"facts": {"days_to_end": 181}})
	rule.unknown == set() with input as example
}

# _used is an Outpost of which CloudWatch was asked: so many of its 5 slots that are idle now were idle all the time, and of so many
# others that is not known.
_used(idle, unknown) := _capacity_with({
	"slots": 10, "used": 5, "idle": idle, "idle_percent": {true: null, false: idle * 10}[unknown > 0],
	"history": {"days": 30, "since": "2026-10-21", "idle_now": 5, "unknown": unknown, "types": []},
})

test_reports_what_was_not_used_in_the_history if {
	{d.msg | some d in rule.deny} == {"3 of 10 instance slots were not used for 30 days, $3,000.30 of what it costs a month"}
		with input as _used(3, 0)
	{d.evidence.capacity.history.idle_now | some d in rule.deny} == {5} with input as _used(3, 0)
	rule.unknown == set() with input as _used(3, 0)
	{d.msg | some d in rule.deny} == {"3 of 10 instance slots were not used for 1 day, $3,000.30 of what it costs a month"}
		with input as json.patch(_used(3, 0), [{"op": "replace", "path": "/facts/capacity/history/days", "value": 1}])
}

test_ignores_a_quiet_hour if {
	rule.deny == set() with input as _used(2, 0)
	rule.unknown == set() with input as _used(2, 0)
}

test_reports_what_is_certain_whatever_is_not_known if {
	{[d.msg, d.amount_cents] | some d in rule.deny} == {["at least 3 of 10 instance slots were not used for 30 days", null]}
		with input as object.union(_used(3, 2), {"facts": {"idle_monthly": null, "idle_monthly_cents": null}})
	rule.unknown == set() with input as _used(3, 2)
}

test_cannot_tell_whether_it_was_a_quiet_hour if {
	rule.deny == set() with input as _used(2, 1)
	rule.unknown == {"capacity_history"} with input as _used(2, 1)
	rule.unknown == set() with input as object.union(_used(2, 1), {"facts": {"days_to_end": 181}})
	rule.unknown == set() with input as _used(2, 1) with data.tenor.params.outposts.capacity_idle.idle_percent as 51
	rule.unknown == {"capacity_history"} with input as _used(2, 1) with data.tenor.params.outposts.capacity_idle.idle_percent as 50
}

test_cannot_tell_where_cloudwatch_was_not_read if {
	unread := json.patch(_used(0, 5), [{"op": "replace", "path": "/facts/capacity/history/days", "value": 0}])
	rule.deny == set() with input as unread
	rule.unknown == {"capacity_history"} with input as unread
}

test_cannot_tell_without_dates if {
	rule.unknown == {"dates"} with input as _with({"contract_state": "unknown", "days_to_end": null})
}

test_ignores_missing_fields if {
	rule.deny == set() with input as _with({"capacity": null})
	rule.deny == set() with input as json.remove(example, ["facts/capacity"])
	rule.deny == set() with input as json.remove(example, ["facts/days_to_end"])
}
