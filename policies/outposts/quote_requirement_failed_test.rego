package tenor.outposts.quote_requirement_failed_test

import data.tenor.outposts.quote_requirement_failed as rule

example := {
	"kind": "outposts.quote", "id": "oq-0123456789abcdef0", "name": "", "account": "111122223333", "region": "eu-central-1",
	"spec": {"QuoteStatus": "CREATED", "ExpirationDate": "2026-12-20T00:00:00Z", "OrderingRequirements": [
		{"OrderingRequirementType": "ENTERPRISE_SUPPORT_ERROR", "Status": "FAIL", "StatusMessage": "Enterprise Support is required"},
		{"OrderingRequirementType": "VALID_ZIP_CODE_CHECK_ERROR", "Status": "PASS"},
	]},
	"facts": {"open": true},
}

_of(requirements) := object.union(example, {"spec": {"OrderingRequirements": requirements}})

test_reports_failed_requirement if {
	rule.deny == {{
		"msg": "the quote cannot be ordered: Enterprise Support is required (ENTERPRISE_SUPPORT_ERROR)",
		"severity": "high",
		"key": "ENTERPRISE_SUPPORT_ERROR",
		"evidence": {
			"requirement": {"OrderingRequirementType": "ENTERPRISE_SUPPORT_ERROR", "Status": "FAIL", "StatusMessage": "Enterprise Support is required"},
			"expires": "2026-12-20T00:00:00Z",
		},
		"due": "2026-12-20",
		"command": ["aws", "outposts", "get-quote", "--quote-identifier", "oq-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_each_failed_requirement if {
	{[d.key, d.severity, d.msg] | some d in rule.deny} == {
		["OUTPOST_RENEWAL_REQUIRED_ERROR", "high", "the quote cannot be ordered: OUTPOST_RENEWAL_REQUIRED_ERROR"],
		["OUTPOST_NOT_FOUND_ERROR", "medium", "the quote cannot be ordered: gone (OUTPOST_NOT_FOUND_ERROR)"],
		["NEWER_THAN_US", "medium", "the quote cannot be ordered: NEWER_THAN_US"],
	} with input as _of([
		{"OrderingRequirementType": "OUTPOST_RENEWAL_REQUIRED_ERROR", "Status": "FAIL"},
		{"OrderingRequirementType": "OUTPOST_NOT_FOUND_ERROR", "Status": "FAIL", "StatusMessage": "gone."},
		{"OrderingRequirementType": "NEWER_THAN_US", "Status": "FAIL"},
	])
}

test_reports_requirement_without_a_type if {
	{[d.key, d.severity, d.msg] | some d in rule.deny} == {["(unknown)", "medium", "the quote cannot be ordered: gone (unknown)"]} with input as _of([{"Status": "FAIL", "StatusMessage": "gone"}])
}

test_ignores_requirements_that_hold if {
	rule.deny == set() with input as _of([{"OrderingRequirementType": "A", "Status": "PASS"}, {"OrderingRequirementType": "B", "Status": "EXEMPT"}, {"OrderingRequirementType": "C", "Status": "NEWER_THAN_US"}])
}

test_ignores_quote_that_is_not_open if {
	rule.deny == set() with input as object.union(example, {"facts": {"open": false}})
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["spec/OrderingRequirements"])
	rule.deny == set() with input as json.remove(example, ["facts/open"])
}

test_reports_quote_without_expiration if {
	{[d.key, d.due] | some d in rule.deny} == {["ENTERPRISE_SUPPORT_ERROR", null]} with input as json.remove(example, ["spec/ExpirationDate"])
}
