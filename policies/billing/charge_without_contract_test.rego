package tenor.billing.charge_without_contract_test

import data.tenor.billing.charge_without_contract as rule

example := {
	"kind": "estate.account", "id": "111122223333", "name": "prod", "account": "111122223333", "region": "",
	"related": {"charges": {
		"final": ["2026-09", "2026-10"], "account_regions": [], "products": [], "tag_inactive": false,
		"unmatched": [
			_charge("2026-09", true, "no_contract"), _charge("2026-10", true, "not_collected"),
			_charge("2026-11", false, "no_contract"),
		],
	}},
	"facts": {"unmatched_charges": "4321.05", "unmatched_charges_cents": 432105},
}

_charge(period, final, why) := {
	"period": period, "final": final, "account": "111122223333", "region": "eu-central-1", "outpost": "op-0fedcba9876543210",
	"billed": "4321.05", "currency": "USD", "why": why,
}

_charged(cents) := object.union(example, {"facts": {"unmatched_charges_cents": cents}})

test_reports_what_no_contract_explains if {
	rule.deny == {{
		"msg": "$4,321.05 was charged for Outposts in final months, and no contract of the account explains it",
		"evidence": {"charges": [{
			"period": "2026-09", "region": "eu-central-1", "outpost": "op-0fedcba9876543210", "billed": "4321.05",
			"currency": "USD",
		}]},
		"amount_cents": 432105,
	}} with input as example
}

test_reports_a_cent if {
	count(rule.deny) == 1 with input as _charged(1)
}

test_ignores_nothing_and_credits if {
	rule.deny == set() with input as _charged(0)
	rule.deny == set() with input as _charged(-1)
}

test_ignores_account_of_which_it_is_not_known if {
	rule.deny == set() with input as json.remove(example, ["facts/unmatched_charges_cents"])
	rule.deny == set() with input as json.remove(example, ["facts"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
