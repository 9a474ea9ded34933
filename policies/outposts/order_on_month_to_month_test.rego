package tenor.outposts.order_on_month_to_month_test

import data.tenor.outposts.order_on_month_to_month as rule

example := {
	"kind": "outposts.order", "id": "oo-0123456789abcdef0", "name": "", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "IN_PROGRESS", "OutpostId": "op-1"},
	"related": {"outpost": {"OutpostId": "op-1"}},
	"facts": {"outpost_contract_state": "month_to_month", "outpost_contract_end": "2026-11-30"},
}

_with(status, state) := object.union(example, {"spec": {"Status": status}, "facts": {"outpost_contract_state": state}})

test_reports_open_order if {
	rule.deny == {{
		"msg": "the order is IN_PROGRESS, but Outpost op-1 runs month-to-month",
		"evidence": {"status": "IN_PROGRESS", "outpost": "op-1", "contract_end": "2026-11-30"},
		"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_every_open_status if {
	every status in ["PREPARING", "IN_PROGRESS", "DELIVERED", "RECEIVED", "PENDING", "PROCESSING", "INSTALLING"] {
		count(rule.deny) == 1 with input as _with(status, "month_to_month")
	}
}

test_ignores_order_that_is_not_open if {
	every status in ["COMPLETED", "FULFILLED", "CANCELLED", "ERROR", "NEWER_THAN_US"] {
		rule.deny == set() with input as _with(status, "month_to_month")
	}
}

test_ignores_outpost_in_every_other_state if {
	every state in ["retired", "renewed", "unknown", "running", null] {
		rule.deny == set() with input as _with("IN_PROGRESS", state)
	}
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["facts"])
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
}

test_unknown_where_no_date_says_the_state if {
	undated := object.union(example, {"facts": {"outpost_contract_state": "unknown"}})
	rule.unknown == {"dates"} with input as undated
	rule.deny == set() with input as undated
	rule.unknown == set() with input as object.union(undated, {"spec": {"Status": "CANCELLED"}})
	rule.unknown == set() with input as example
}
