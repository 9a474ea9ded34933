# METADATA
# scope: package
# title: Charges for Outposts without a contract
# description: >-
#   AWS charges an account for Outposts, and the account has no contract that explains it. Fires when such charges of the final months come
#   to more than nothing. The account was read: a charge of one that was not is no finding. Without a bill the rule says nothing.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/userguide/term-end-racks.html
#     description: End-of-term options for racks
# custom:
#   severity: high
#   kinds: [estate.account]
#   requires: [charges]
#   remediation: >-
#     Look the charges up on the sheet Unexplained charges. If they are of an Outpost that was returned, ask AWS Billing to end
#     them and to credit what was charged since; if they are of one in another account, find out why this account pays for it.
package tenor.billing.charge_without_contract

import data.tenor.lib.money

deny contains {
	"msg": sprintf("%s was charged for Outposts in final months, and no contract of the account explains it", [money.usd(_charged)]),
	"evidence": {"charges": [object.filter(charge, ["period", "region", "outpost", "billed", "currency"]) |
		some charge in input.related.charges.unmatched
		charge.final
		charge.why == "no_contract"
	]},
	"amount_cents": _charged,
} if {
	input.kind == "estate.account"
	_charged > 0
}

_charged := input.facts.unmatched_charges_cents if is_number(input.facts.unmatched_charges_cents)
