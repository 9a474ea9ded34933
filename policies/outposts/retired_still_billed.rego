# METADATA
# scope: package
# title: Retired Outpost is still billed
# description: >-
#   An Outpost is returned, yet AWS continues to charge for it. Fires when the contract is retired and a subscription is ACTIVE; high,
#   with what it costs a month, when that is a month without a contract, which renews itself for as long as nobody objects.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/userguide/term-end-racks.html
#     description: End-of-term options for racks
# custom:
#   severity: medium
#   kinds: [outposts.outpost]
#   requires: [billing]
#   remediation: >-
#     Ask AWS Billing why the subscription is active, to end it, and to credit what was charged after the return. If the Outpost is
#     still in use, it is its status that is wrong: tell AWS Support, since a subscription that ends takes the service with it.
package tenor.outposts.retired_still_billed

import data.tenor.lib.contract
import data.tenor.lib.money

deny contains {
	"msg": concat("", ["the Outpost is returned, but still has ACTIVE subscriptions: ", concat(", ", _names), _extra]),
	"severity": _severity,
	"evidence": {
		"life_cycle_status": _status,
		"subscriptions": sort([object.filter(s, ["id", "type", "begins", "ends", "monthly"]) | some s in _active]),
	},
	"amount_cents": _amount,
	"amount_per": "month",
	"command": contract.show,
} if {
	input.kind == "outposts.outpost"
	input.facts.contract_state == "retired"
	count(_active) > 0
}

_active := [s | some s in input.facts.subscriptions; s.status == "ACTIVE"]

_names := sort([contract.named(s) | some s in _active])

_rolling := [s | some s in _active; s.rolling]

default _status := null

_status := input.spec.LifeCycleStatus

default _severity := "medium"

_severity := "high" if count(_rolling) > 0

default _amount := null

_amount := sum([s.monthly_cents | some s in _rolling]) if {
	count(_rolling) > 0
	every s in _rolling { is_number(s.monthly_cents) }
}

default _extra := ""

_extra := sprintf("; month-to-month at %s a month", [money.usd(_amount)]) if is_number(_amount)
