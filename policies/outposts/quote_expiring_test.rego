package tenor.outposts.quote_expiring_test

import data.tenor.outposts.quote_expiring as rule

example := {
	"kind": "outposts.quote", "id": "oq-0123456789abcdef0", "name": "", "account": "111122223333", "region": "eu-central-1",
	"spec": {"QuoteStatus": "CREATED", "ExpirationDate": "2026-12-08T00:00:00Z"},
}

_with(spec) := object.union(example, {"spec": spec})

test_reports_quote_on_the_last_moment_of_the_window if {
	rule.deny == {{
		"msg": "the quote expires on 2026-12-08 and has not been ordered",
		"evidence": {"expires": "2026-12-08T00:00:00Z"},
		"due": "2026-12-08",
		"command": ["aws", "outposts", "get-quote", "--quote-identifier", "oq-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_quote_in_its_last_second if {
	count(rule.deny) == 1 with input as _with({"ExpirationDate": "2026-12-01T00:00:01Z"})
}

test_ignores_quote_outside_the_window if {
	rule.deny == set() with input as _with({"ExpirationDate": "2026-12-08T00:01:00Z"})
	rule.deny == set() with input as _with({"ExpirationDate": "2026-12-01T00:00:00Z"})
	rule.deny == set() with input as _with({"ExpirationDate": "2026-11-30T00:00:00Z"})
}

test_reports_by_the_configured_days if {
	count(rule.deny) == 1 with input as _with({"ExpirationDate": "2026-12-09T00:00:00Z"}) with data.tenor.params.outposts.quote_expiring.days as 8
}

test_ignores_every_other_status if {
	every status in ["ORDER_SUBMITTED", "EXPIRED", "NEWER_THAN_US"] {
		rule.deny == set() with input as _with({"QuoteStatus": status})
	}
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["spec/ExpirationDate"])
	rule.deny == set() with input as json.remove(example, ["spec/QuoteStatus"])
}
