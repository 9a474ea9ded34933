# METADATA
# scope: package
# title: Outpost under contract is not charged
# description: >-
#   AWS charges nothing for an Outpost whose contract runs: it may come at once later. Fires when each of the last two final months
#   has something that is to be paid, and no charge that names the Outpost or one of its subscriptions, or that can only be of it. Without a
#   bill the rule says nothing.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/userguide/outposts-rack-pricing.html
#     description: What is charged for a rack, and when
# custom:
#   severity: low
#   kinds: [outposts.outpost]
#   requires: [billing, charges]
#   remediation: >-
#     Look whether another account pays for the Outpost, or whether its charges stand on the sheet Unexplained charges. If they are nowhere,
#     put the money aside and ask AWS Billing.
package tenor.outposts.not_billed

import data.tenor.lib.contract

deny contains {
	"msg": sprintf("nothing was charged for %s, though the contract runs", [concat(" and ", _months)]),
	"evidence": {"months": _months, "expected": [row.expected | some row in _rows]},
	"command": contract.show,
} if {
	input.kind == "outposts.outpost"
	input.facts.contract_state == "running"
	count(_months) == 2
	every month in _months { _unpaid(month) }
}

_final := input.related.charges.final

_months := array.slice(_final, count(_final) - 2, count(_final)) if count(_final) > 1

_rows := [row | some row in input.related.charges.rows; row.period in _months]

_unpaid(month) if {
	some due in _rows
	due.period == month
	to_number(due.expected) > 0
	every row in [r | some r in _rows; r.period == month] {
		row.status == "differs"
		row.billed == "0.00"
		object.get(row, "matched_by", null) == null
	}
}
