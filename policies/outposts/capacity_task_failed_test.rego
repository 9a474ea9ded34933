package tenor.outposts.capacity_task_failed_test

import data.tenor.outposts.capacity_task_failed as rule

example := {
	"kind": "outposts.capacity_task", "id": "cap-0123456789abcdef0", "name": "", "account": "111122223333", "region": "eu-central-1",
	"spec": {
		"CapacityTaskStatus": "FAILED", "OutpostId": "op-1", "DryRun": false, "LastModifiedDate": "2026-11-30T00:00:00Z",
		"Failed": {"Type": "BLOCKING_INSTANCES_NOT_EVACUATED", "Reason": "i-1 is in the way"},
	},
}

_with(spec) := object.union(example, {"spec": spec})

test_reports_failed_task if {
	rule.deny == {{
		"msg": "the capacity task failed: i-1 is in the way (BLOCKING_INSTANCES_NOT_EVACUATED)",
		"severity": "high",
		"evidence": {"modified": "2026-11-30T00:00:00Z", "why": ["BLOCKING_INSTANCES_NOT_EVACUATED", "i-1 is in the way"]},
		"command": ["aws", "outposts", "get-capacity-task", "--capacity-task-id", "cap-0123456789abcdef0", "--outpost-identifier", "op-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_dry_run_as_low if {
	{d.severity | some d in rule.deny} == {"low"} with input as _with({"DryRun": true})
}

test_reports_failure_without_a_reason if {
	{[d.msg, d.severity, d.command] | some d in rule.deny} == {["the capacity task failed", "high", null]}
		with input as json.remove(example, ["spec/Failed", "spec/DryRun", "spec/OutpostId"])
}

test_reports_to_the_end_of_the_lookback if {
	count(rule.deny) == 1 with input as _with({"LastModifiedDate": "2026-11-01T00:00:00Z"})
}

test_ignores_beyond_the_lookback if {
	rule.deny == set() with input as _with({"LastModifiedDate": "2026-10-31T23:59:59Z"})
	rule.deny == set() with input as example with data.tenor.params.outposts.capacity_task_failed.lookback_days as 0
}

test_ignores_every_other_status if {
	every status in ["REQUESTED", "IN_PROGRESS", "COMPLETED", "WAITING_FOR_EVACUATION", "CANCELLED", "NEWER_THAN_US"] {
		rule.deny == set() with input as _with({"CapacityTaskStatus": status})
	}
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["spec/LastModifiedDate"])
	rule.deny == set() with input as json.remove(example, ["spec/CapacityTaskStatus"])
}
