package tenor.outposts.contract_ending_test

import data.tenor.outposts.contract_ending as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}},
	"facts": {
		"decided": false, "contract_end": "2026-12-31T00:00:00Z", "contract_end_source": "contract_end_date", "notice_deadline": "2026-12-23",
		"recommended": {"payment_term": "THREE_YEARS", "payment_option": "ALL_UPFRONT"},
	},
}

_with(facts) := object.union(example, {"facts": facts})

_severities(facts) := {d.severity | some d in rule.deny with input as _with(facts)}

test_reports_contract_that_ends if {
	rule.deny == {{
		"msg": "the contract ends on 2026-12-31, in 30 days; renew or return by 2026-12-23",
		"severity": "high",
		"evidence": {
			"contract_end": "2026-12-31T00:00:00Z", "notice_deadline": "2026-12-23", "contract_end_source": "contract_end_date",
			"recommended": {"payment_term": "THREE_YEARS", "payment_option": "ALL_UPFRONT"},
		},
		"due": "2026-12-23",
		"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_each_window_up_to_its_last_second if {
	_severities({"contract_end": "2026-12-01T00:00:01Z"}) == {"high"}
	_severities({"contract_end": "2026-12-31T00:00:00Z"}) == {"high"}
	_severities({"contract_end": "2026-12-31T00:00:01Z"}) == {"medium"}
	_severities({"contract_end": "2027-03-01T00:00:00Z"}) == {"medium"}
	_severities({"contract_end": "2027-03-01T00:00:01Z"}) == {"low"}
	_severities({"contract_end": "2027-05-30T00:00:00Z"}) == {"low"}
}

test_ignores_end_outside_every_window if {
	rule.deny == set() with input as _with({"contract_end": "2027-05-30T00:00:01Z"})
	rule.deny == set() with input as _with({"contract_end": "2026-12-01T00:00:00Z"})
	rule.deny == set() with input as _with({"contract_end": "2026-11-30T23:59:59Z"})
}

test_reports_by_the_configured_windows if {
	_severities({"contract_end": "2027-05-30T00:00:01Z"}) == {"low"} with data.tenor.params.outposts.contract_ending.low_days as 181
}

# The renewal prices change the words.
test_reports_the_same_without_a_recommendation if {
	rule.deny == {{
		"msg": "the contract ends on 2026-12-31, in 30 days; renew or return by 2026-12-23",
		"severity": "high",
		"evidence": {
			"contract_end": "2026-12-31T00:00:00Z", "notice_deadline": "2026-12-23", "contract_end_source": "contract_end_date",
			"recommended": null,
		},
		"due": "2026-12-23",
		"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as _with({"recommended": null})
}

test_reports_the_graver_of_equal_windows if {
	_severities({"contract_end": "2027-02-28T00:00:00Z"}) == {"medium"} with data.tenor.params.outposts.contract_ending.low_days as 90
	_severities({"contract_end": "2026-12-31T00:00:00Z"}) == {"high"} with data.tenor.params.outposts.contract_ending.medium_days as 30
}

test_ignores_decided if {
	rule.deny == set() with input as _with({"decided": true})
}

test_ignores_unknown_end if {
	rule.deny == set() with input as _with({"contract_end": null})
	rule.deny == set() with input as json.remove(example, ["facts/contract_end"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
