# METADATA
# scope: package
# title: Capacity task is stalled
# description: >-
#   A change of an Outpost's instance capacity does not finish, and only one task may run at a time. Fires when it waits
#   for instances to be evacuated for more than evacuation_hours since it was last modified, which is high since AWS ends the task
#   at 48 hours, and names the instances that block it; or when it is requested, in progress or being cancelled for more than `hours` hours.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_GetCapacityTask.html
#     description: GetCapacityTask
# custom:
#   severity: medium
#   kinds: [outposts.capacity_task]
#   optional: [blocking_instances]
#   params:
#     evacuation_hours: {default: 24, description: Hours that a task may wait for an evacuation}
#     hours: {default: 24, description: "Hours that a task may be requested, in progress or being cancelled"}
#   remediation: >-
#     Move or stop the instances that block the task, which stops what they run, or cancel the task: the capacity then stays as it is.
package tenor.outposts.capacity_task_stalled

import data.tenor.lib.clock
import data.tenor.lib.text
import data.tenor.params.outposts.capacity_task_stalled as params
import data.tenor.run

deny contains {
	"msg": sprintf("the capacity task %s %s for %s%s", [_is, input.spec.CapacityTaskStatus, clock.lasted(age), _named]),
	"severity": stage.severity,
	"evidence": {"status": input.spec.CapacityTaskStatus, "since": _since, "blocking_instances": array.slice(_blocking, 0, 100)},
	"command": _command,
} if {
	input.kind == "outposts.capacity_task"
	stage := _stages[input.spec.CapacityTaskStatus]
	age := run.as_of_ns - time.parse_rfc3339_ns(_since)
	age > clock.hours(stage.hours)
}

_stages := {
	"WAITING_FOR_EVACUATION": {"hours": params.evacuation_hours, "severity": "high"},
	"REQUESTED": {"hours": params.hours, "severity": "medium"},
	"IN_PROGRESS": {"hours": params.hours, "severity": "medium"},
	"CANCELLATION_IN_PROGRESS": {"hours": params.hours, "severity": "medium"},
}

_since := input.spec.LastModifiedDate

_since := input.spec.CreationDate if not input.spec.LastModifiedDate

# _blocking are the instances of which some have to stop, as ID (ACCOUNT): of another account where the Outpost is shared.
_blocking := sort([sprintf("%s (%s)", [i.InstanceId, i.AccountId]) | some i in input.related.blocking_instances.BlockingInstances])

default _is := "has been"

_is := sprintf("is blocked by %s,", [text.counted(count(_blocking), "instance")]) if count(_blocking) > 0

default _named := ""

_named := sprintf(": %s%s", [concat(", ", array.slice(_names, 0, _most)), _others]) if count(_blocking) > 0

# _names are what a message calls them: the account says nothing where it is the Outpost's own.
_names := [trim_suffix(name, sprintf(" (%s)", [input.account])) | some name in _blocking]

# _most is how many of them a message names.
_most := 5

default _others := ""

_others := sprintf(" and %d more", [count(_blocking) - _most]) if count(_blocking) > _most

default _command := null

_command := [
	"aws", "outposts", "list-blocking-instances-for-capacity-task", "--outpost-identifier", input.spec.OutpostId,
	"--capacity-task-id", input.id, "--region", input.region,
]
