package tenor.outposts.order_stalled_test

import data.tenor.outposts.order_stalled as rule

example := {
	"kind": "outposts.order", "id": "oo-0123456789abcdef0", "name": "", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "PREPARING", "OrderSubmissionDate": "2026-10-01T00:00:00Z"},
}

_at(status, submitted) := object.union(example, {"spec": {"Status": status, "OrderSubmissionDate": submitted}})

test_reports_order_that_is_open_for_too_long if {
	rule.deny == {{
		"msg": "the order has been open for 61 days and is still PREPARING; the limit is 60 days",
		"evidence": {"status": "PREPARING", "submitted": "2026-10-01T00:00:00Z", "allowed_days": 60},
		"command": ["aws", "outposts", "get-order", "--order-id", "oo-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

# The last moment at which an order of each status is still in time.
_limits := {
	"PREPARING": "2026-10-02T00:00:00Z", "RECEIVED": "2026-10-02T00:00:00Z", "PENDING": "2026-10-02T00:00:00Z", "PROCESSING": "2026-10-02T00:00:00Z",
	"IN_PROGRESS": "2026-08-03T00:00:00Z",
	"DELIVERED": "2026-11-01T00:00:00Z", "INSTALLING": "2026-11-01T00:00:00Z",
}

test_ignores_order_on_its_limit if {
	every status, submitted in _limits {
		rule.deny == set() with input as _at(status, submitted)
	}
}

test_reports_order_a_moment_past_its_limit if {
	every status, submitted in _limits {
		earlier := time.format([time.parse_rfc3339_ns(submitted) - 1, "UTC", "2006-01-02T15:04:05.999999999Z07:00"])
		count(rule.deny) == 1 with input as _at(status, earlier)
	}
}

test_reports_by_the_configured_days if {
	{d.evidence.allowed_days | some d in rule.deny} == {59} with input as _at("PREPARING", "2026-10-02T00:00:00Z")
		with data.tenor.params.outposts.order_stalled.PREPARING as 59
}

test_ignores_order_that_is_not_open if {
	every status in ["COMPLETED", "FULFILLED", "CANCELLED", "ERROR", "NEWER_THAN_US"] {
		rule.deny == set() with input as _at(status, "2020-01-01T00:00:00Z")
	}
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["spec/OrderSubmissionDate"])
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
}
