# METADATA
# scope: package
# title: Outpost is paid for and not used
# description: >-
#   The end of a contract is the moment to pay for less: whoever renews a half-empty Outpost pays for the empty half for years more. Fires
#   when at least idle_percent of the instance slots are idle, and the contract is running and ends within days, or the Outpost runs
#   month-to-month. The amount is the share of today's monthly price. Hosts that AWS installs, retires or services, and Dedicated Hosts,
#   are never idle. Unknown where a host in service names no slots. It is how it was when the snapshot was taken, and may be a quiet hour.
#   With `capacity.cloudwatch_days` in the config a slot is idle that nothing has used in those days either; where CloudWatch was not
#   read, or has nothing of a day, that is unknown.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_ListAssets.html
#     description: ListAssets
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_ListAssetInstances.html
#     description: ListAssetInstances
#   - ref: https://docs.aws.amazon.com/outposts/latest/userguide/outposts-cloudwatch-metrics.html
#     description: CloudWatch metrics for Outposts racks
# custom:
#   severity: low
#   kinds: [outposts.outpost]
#   requires: [billing, assets, asset_instances]
#   optional: [prices, dates, slots, capacity_history]
#   params:
#     idle_percent: {default: 30, description: Percent of the instance slots from which on it is reported}
#     days: {default: 180, description: Days before the end of the contract from which it is reported}
#   remediation: >-
#     Ask who needs the idle slots before the contract is renewed. A renewal is for the whole Outpost as it stands: fewer racks or servers
#     mean a new order, or the return of this Outpost, and both take months. Look at how it is used over weeks first: set
#     `capacity.cloudwatch_days` in the config, or look at the metric InstanceTypeCapacityUtilization of AWS/Outposts in CloudWatch.
package tenor.outposts.capacity_idle

import data.tenor.lib.contract
import data.tenor.lib.money
import data.tenor.lib.text
import data.tenor.params.outposts.capacity_idle as params

deny contains {
	"msg": concat("", [_least, sprintf("%d of %d instance slots %s", [capacity.idle, capacity.slots, _idle]), _cost]),
	"evidence": {
		"capacity": object.filter(capacity, ["slots", "used", "idle", "idle_percent", "not_in_use", "dedicated", "families", "history"]),
		"idle_monthly": input.facts.idle_monthly,
		"contract_end": input.facts.contract_end,
	},
	"due": _due,
	"amount_cents": _amount,
	"amount_per": "month",
	"command": ["aws", "outposts", "list-assets", "--outpost-identifier", input.id, "--region", input.region],
} if {
	input.kind == "outposts.outpost"
	_deciding
	capacity := input.facts.capacity
	_reaches(capacity, capacity.idle)
}

unknown contains "dates" if contract.undated

unknown contains "slots" if {
	_deciding
	input.facts.capacity.unknown > 0
}

unknown contains "capacity_history" if {
	_deciding
	capacity := input.facts.capacity
	capacity.history.unknown > 0
	_reaches(capacity, capacity.history.idle_now)
	not _reaches(capacity, capacity.idle)
}

# _reaches holds where so many slots are at least idle_percent of all of them, which are known.
_reaches(capacity, idle) if {
	capacity.slots > 0
	capacity.unknown == 0
	idle * 100 >= params.idle_percent * capacity.slots
}

# _least says that more may be idle: nobody knows of some slots whether they were used.
default _least := ""

_least := "at least " if input.facts.capacity.history.unknown > 0

default _idle := "are idle"

_idle := sprintf("were not used for %s", [text.counted(days, "day")]) if days := input.facts.capacity.history.days

# _deciding holds where it can be decided what is paid for.
_deciding if contract.days_left <= params.days

_deciding if input.facts.contract_state == "month_to_month"

# _amount is null where nothing is paid today, too: AWS lists no subscription then of an Outpost without a contract.
default _amount := null

_amount := input.facts.idle_monthly_cents if input.facts.idle_monthly_cents > 0

default _cost := ""

_cost := sprintf(", %s of what it costs a month", [money.usd(_amount)]) if is_number(_amount)

default _due := null

_due := input.facts.notice_deadline if input.facts.contract_state == "running"
