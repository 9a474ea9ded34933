# METADATA
# scope: package
# title: Capacity task failed
# description: >-
#   A change of an Outpost's instance capacity failed: the capacity is not what was requested. Fires when the task is FAILED and
#   was last modified within lookback_days; a dry run is low.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_GetCapacityTask.html
#     description: GetCapacityTask
# custom:
#   severity: high
#   kinds: [outposts.capacity_task]
#   params:
#     lookback_days: {default: 30, description: Days for which a failed task is reported}
#   remediation: >-
#     Read the reason and free what blocks the change, then start a new task. Instances that have to be stopped for it stop what they
#     run.
package tenor.outposts.capacity_task_failed

import data.tenor.lib.clock
import data.tenor.params.outposts.capacity_task_failed as params
import data.tenor.run

deny contains {
	"msg": concat(": ", array.concat(["the capacity task failed"], _said)),
	"severity": _severity,
	"evidence": {"modified": input.spec.LastModifiedDate, "why": _why},
	"command": _command,
} if {
	input.kind == "outposts.capacity_task"
	input.spec.CapacityTaskStatus == "FAILED"
	age := run.as_of_ns - time.parse_rfc3339_ns(input.spec.LastModifiedDate)
	age <= clock.days(params.lookback_days)
}

default _severity := "high"

_severity := "low" if input.spec.DryRun

_why := [why | some key in ["Type", "Reason"]; why := input.spec.Failed[key]]

# _said is the reason, with its type behind it: a code, which says less.
_said := [sprintf("%s (%s)", [trim_suffix(input.spec.Failed.Reason, "."), input.spec.Failed.Type])] if {
	count(_why) == 2
} else := _why

default _command := null

_command := [
	"aws", "outposts", "get-capacity-task", "--capacity-task-id", input.id, "--outpost-identifier",
	input.spec.OutpostId, "--region", input.region,
]
