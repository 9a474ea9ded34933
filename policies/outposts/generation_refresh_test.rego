package tenor.outposts.generation_refresh_test

import data.tenor.outposts.generation_refresh as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Generation": "GENERATION_1"},
	"related": {"billing": {}},
	"facts": {"contract_state": "running", "contract_end": "2027-12-01", "days_to_end": 365, "notice_deadline": "2027-11-23"},
}

_with(facts) := object.union(example, {"facts": facts})

test_reports_old_generation_on_the_last_day_of_the_window if {
	rule.deny == {{
		"msg": "the Outpost is of GENERATION_1 and its contract ends on 2027-12-01: renew it, or replace the hardware",
		"evidence": {"generation": "GENERATION_1", "contract_end": "2027-12-01"},
		"due": "2027-11-23",
		"command": [
			"aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0",
			"--region", "eu-central-1",
		],
	}} with input as example
}

test_reports_contract_on_its_last_day if {
	count(rule.deny) == 1 with input as _with({"days_to_end": 0})
}

test_reports_contract_a_day_inside_the_window if {
	count(rule.deny) == 1 with input as _with({"days_to_end": 364})
}

test_ignores_contract_outside_the_window if {
	rule.deny == set() with input as _with({"days_to_end": 366})
	rule.deny == set() with input as example with data.tenor.params.outposts.generation_refresh.days as 364
}

test_ignores_other_generations if {
	rule.deny == set() with input as object.union(example, {"spec": {"Generation": "GENERATION_2"}})
	rule.deny == set() with input as object.union(example, {"spec": {"Generation": "GENERATION_2"}})
		with data.tenor.params.outposts.generation_refresh.old_generations as ["GENERATION_1"]
}

test_reports_by_the_configured_generations if {
	count(rule.deny) == 1 with input as object.union(example, {"spec": {"Generation": "GENERATION_2"}})
		with data.tenor.params.outposts.generation_refresh.old_generations as ["GENERATION_1", "GENERATION_2"]
}

test_ignores_every_other_state if {
	every state in ["retired", "renewed", "unknown", "month_to_month", null] {
		rule.deny == set() with input as _with({"contract_state": state})
	}
}

# As servers have none.
test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["spec/Generation"])
	rule.deny == set() with input as _with({"days_to_end": null})
	rule.deny == set() with input as json.remove(example, ["facts/days_to_end"])
}
