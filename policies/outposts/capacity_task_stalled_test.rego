package tenor.outposts.capacity_task_stalled_test

import data.tenor.outposts.capacity_task_stalled as rule

example := {
	"kind": "outposts.capacity_task", "id": "cap-0123456789abcdef0", "name": "", "account": "111122223333", "region": "eu-central-1",
	"spec": {"CapacityTaskStatus": "WAITING_FOR_EVACUATION", "OutpostId": "op-1", "CreationDate": "2026-11-01T00:00:00Z", "LastModifiedDate": "2026-11-29T12:00:00Z"},
}

_with(spec) := object.union(example, {"spec": spec})

test_reports_task_that_waits_for_an_evacuation if {
	rule.deny == {{
		"msg": "the capacity task has been WAITING_FOR_EVACUATION for 36 hours",
		"severity": "high",
		"evidence": {"status": "WAITING_FOR_EVACUATION", "since": "2026-11-29T12:00:00Z", "blocking_instances": []},
		"command": ["aws", "outposts", "list-blocking-instances-for-capacity-task", "--outpost-identifier", "op-1", "--capacity-task-id", "cap-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

_blocked_by(n) := object.union(example, {"related": {"blocking_instances": {"BlockingInstances": [instance |
	some k in numbers.range(1, 9)
	k <= n
	instance := {"InstanceId": sprintf("i-%d", [k]), "AccountId": "111122223333", "AwsServiceName": "EC2"}
]}}})

_named(n) := [d.msg, count(d.evidence.blocking_instances)] if {
	some d in rule.deny with input as _blocked_by(n)
}

test_names_what_blocks_it if {
	start := "the capacity task is blocked by "
	since := ", WAITING_FOR_EVACUATION for 36 hours: "
	_named(1) == [concat("", [start, "1 instance", since, "i-1"]), 1]
	five := "i-1, i-2, i-3, i-4, i-5"
	_named(5) == [concat("", [start, "5 instances", since, five]), 5]
	_named(6) == [concat("", [start, "6 instances", since, five, " and 1 more"]), 6]
}

test_names_the_account_of_what_is_not_of_the_outposts if {
	some d in rule.deny with input as object.union(_blocked_by(1), {"account": "444455556666"})
	endswith(d.msg, "for 36 hours: i-1 (111122223333)")
}

test_names_nothing_where_nothing_blocks_it if {
	{d.msg | some d in rule.deny} == {"the capacity task has been WAITING_FOR_EVACUATION for 36 hours"} with input as _blocked_by(0)
}

_severities := {"WAITING_FOR_EVACUATION": "high", "REQUESTED": "medium", "IN_PROGRESS": "medium", "CANCELLATION_IN_PROGRESS": "medium"}

test_reports_each_status_just_past_its_limit if {
	every status, severity in _severities {
		{d.severity | some d in rule.deny} == {severity} with input as _with({"CapacityTaskStatus": status, "LastModifiedDate": "2026-11-29T23:59:59Z"})
	}
}

test_ignores_each_status_on_its_limit if {
	every status, _ in _severities {
		rule.deny == set() with input as _with({"CapacityTaskStatus": status, "LastModifiedDate": "2026-11-30T00:00:00Z"})
	}
}

test_reports_from_the_creation_when_it_was_never_modified if {
	{[d.evidence.since, d.command] | some d in rule.deny} == {["2026-11-01T00:00:00Z", null]}
		with input as json.remove(example, ["spec/LastModifiedDate", "spec/OutpostId"])
}

test_ignores_by_the_configured_hours if {
	rule.deny == set() with input as example with data.tenor.params.outposts.capacity_task_stalled.evacuation_hours as 36
	rule.deny == set() with input as _with({"CapacityTaskStatus": "REQUESTED"}) with data.tenor.params.outposts.capacity_task_stalled.hours as 36
}

test_ignores_every_other_status if {
	every status in ["FAILED", "COMPLETED", "CANCELLED", "NEWER_THAN_US"] {
		rule.deny == set() with input as _with({"CapacityTaskStatus": status})
	}
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["spec/LastModifiedDate", "spec/CreationDate"])
	rule.deny == set() with input as json.remove(example, ["spec/CapacityTaskStatus"])
}
