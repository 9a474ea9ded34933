package tenor.outposts.renewal_unpriced_test

import data.tenor.outposts.renewal_unpriced as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}, "renewal_pricing": {}},
	"facts": {
		"priced": "UNABLE_TO_PRICE", "contract_state": "running", "contract_end": "2027-05-30", "days_to_end": 180,
		"notice_deadline": "2027-05-21",
	},
}

_with(facts) := object.union(example, {"facts": facts})

test_reports_contract_on_the_last_day_of_the_window if {
	rule.deny == {{
		"msg": "AWS is unable to price the renewal; the contract ends on 2027-05-30",
		"evidence": {"priced": "UNABLE_TO_PRICE", "contract_end": "2027-05-30"},
		"due": "2027-05-21",
		"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_month_to_month if {
	{d.msg | some d in rule.deny} == {"AWS is unable to price the renewal; the contract runs month-to-month"}
		with input as _with({"contract_state": "month_to_month", "contract_end": "2026-01-01", "days_to_end": -334})
	count(rule.deny) == 1 with input as _with({"contract_state": "month_to_month", "contract_end": null, "days_to_end": null})
}

test_reports_contract_on_its_last_day if {
	count(rule.deny) == 1 with input as _with({"days_to_end": 0})
}

test_ignores_contract_outside_the_window if {
	rule.deny == set() with input as _with({"days_to_end": 181})
	rule.deny == set() with input as example with data.tenor.params.outposts.renewal_unpriced.days as 179
}

# AWS has no price to give for a contract that is renewed, or over.
test_ignores_every_other_state if {
	every state in ["retired", "renewed", "unknown", null] {
		rule.deny == set() with input as _with({"contract_state": state})
	}
}

test_ignores_priced if {
	rule.deny == set() with input as _with({"priced": "PRICED"})
	rule.deny == set() with input as _with({"priced": null})
	rule.deny == set() with input as _with({"priced": "NEWER_THAN_US"})
}

test_ignores_missing_fields if {
	rule.deny == set() with input as _with({"days_to_end": null})
	rule.deny == set() with input as json.remove(example, ["facts/priced"])
}
