package tenor.outposts.quote_expired_test

import data.tenor.outposts.quote_expired as rule

example := {
	"kind": "outposts.quote", "id": "oq-0123456789abcdef0", "name": "", "account": "111122223333", "region": "eu-central-1",
	"spec": {"QuoteStatus": "EXPIRED", "ExpirationDate": "2026-11-20T00:00:00Z"},
}

_with(spec) := object.union(example, {"spec": spec})

test_reports_expired_quote if {
	rule.deny == {{
		"msg": "the quote expired on 2026-11-20 and was never ordered",
		"evidence": {"status": "EXPIRED", "expired": "2026-11-20T00:00:00Z"},
		"command": ["aws", "outposts", "get-quote", "--quote-identifier", "oq-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_created_quote_past_its_expiration if {
	count(rule.deny) == 1 with input as _with({"QuoteStatus": "CREATED", "ExpirationDate": "2026-11-30T23:59:59Z"})
}

test_ignores_created_quote_until_its_expiration if {
	rule.deny == set() with input as _with({"QuoteStatus": "CREATED", "ExpirationDate": "2026-12-01T00:00:00Z"})
}

test_reports_to_the_end_of_the_lookback if {
	count(rule.deny) == 1 with input as _with({"ExpirationDate": "2026-11-01T00:00:00Z"})
}

test_ignores_beyond_the_lookback if {
	rule.deny == set() with input as _with({"ExpirationDate": "2026-10-31T23:59:59Z"})
	rule.deny == set() with input as example with data.tenor.params.outposts.quote_expired.lookback_days as 10
}

test_ignores_ordered_quote if {
	rule.deny == set() with input as _with({"SubmittedOrderId": "oo-1"})
	rule.deny == set() with input as _with({"QuoteStatus": "ORDER_SUBMITTED"})
	rule.deny == set() with input as _with({"QuoteStatus": "NEWER_THAN_US"})
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["spec/ExpirationDate"])
	rule.deny == set() with input as json.remove(example, ["spec/QuoteStatus"])
}
