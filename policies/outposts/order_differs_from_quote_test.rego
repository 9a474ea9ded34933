package tenor.outposts.order_differs_from_quote_test

import data.tenor.outposts.order_differs_from_quote as rule

example := {
	"kind": "outposts.order", "id": "oo-0123456789abcdef0", "name": "", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "PREPARING", "PaymentTerm": "ONE_YEAR", "PaymentOption": "ALL_UPFRONT", "QuoteOptionIdentifier": "OPTION_1"},
	"related": {"quote_option": {"QuoteOptionIdentifier": "OPTION_1", "PricingOptions": [
		{"PricingType": "SUBSCRIPTION", "SubscriptionPricingDetails": {"PaymentTerm": "THREE_YEARS", "PaymentOption": "ALL_UPFRONT"}},
		{"PricingType": "SUBSCRIPTION", "SubscriptionPricingDetails": {"PaymentTerm": "ONE_YEAR", "PaymentOption": "NO_UPFRONT"}},
	]}},
}

_with(spec) := object.union(example, {"spec": spec})

test_reports_pair_that_was_not_quoted if {
	rule.deny == {{
		"msg": "1 year, all upfront is not among the priced options of quote option OPTION_1",
		"evidence": {"payment_option": "ALL_UPFRONT", "payment_term": "ONE_YEAR", "priced": [["ONE_YEAR", "NO_UPFRONT"], ["THREE_YEARS", "ALL_UPFRONT"]]},
		"command": ["aws", "outposts", "get-order", "--order-id", "oo-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_quote_option_without_prices if {
	count(rule.deny) == 1 with input as json.remove(example, ["related/quote_option/PricingOptions"])
}

test_reports_order_without_its_terms if {
	_msgs(["spec/PaymentTerm"]) == {"(no term), all upfront is not among the priced options of quote option OPTION_1"}
	_msgs(["spec/PaymentOption"]) == {"1 year, (no payment option) is not among the priced options of quote option OPTION_1"}
	_msgs(["spec/QuoteOptionIdentifier"]) == {"1 year, all upfront is not among the priced options of quote option (unknown)"}
}

_msgs(without) := {d.msg | some d in rule.deny with input as json.remove(example, without)}

test_ignores_pair_that_was_quoted if {
	rule.deny == set() with input as _with({"PaymentOption": "NO_UPFRONT"})
	rule.deny == set() with input as _with({"PaymentTerm": "THREE_YEARS"})
}

test_ignores_order_that_names_no_quote_option if {
	rule.deny == set() with input as json.remove(example, ["spec/QuoteOptionIdentifier", "related/quote_option"])
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["related"])
}

_priced(quoted, subscribed) := object.union(_with({"PaymentOption": "NO_UPFRONT"}), {"facts": {"quoted": quoted, "subscribed": subscribed}})

_price(upfront_cents, monthly_cents) := {
	"upfront": _dollars(upfront_cents), "upfront_cents": upfront_cents, "monthly": _dollars(monthly_cents), "monthly_cents": monthly_cents,
}

_dollars(cents) := sprintf("%d.%02d", [floor(cents / 100), cents % 100]) if cents != null

_dollars(null) := null

test_reports_price_that_was_not_quoted if {
	rule.deny == {{
		"msg": "the monthly price is $9,500.00, and was quoted as $9,000.00; the upfront price is $0.00, and was quoted as $99.00",
		"key": "price",
		"evidence": {"payment_option": "NO_UPFRONT", "payment_term": "ONE_YEAR", "quoted": _price(9900, 900000), "subscribed": _price(0, 950000)},
		"command": ["aws", "outposts", "get-order", "--order-id", "oo-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as _priced(_price(9900, 900000), _price(0, 950000))
}

test_reports_price_a_cent_beyond_the_tolerance_either_way if {
	_differs(_price(0, 900101))
	_differs(_price(0, 899899))
	_differs(_price(101, 900000))
	count(rule.deny) == 1 with input as _priced(_price(101, 900000), _price(0, 900000))
}

test_ignores_price_within_the_tolerance if {
	not _differs(_price(0, 900100))
	not _differs(_price(0, 899900))
	not _differs(_price(100, 900000))
	every cents in [900099, 899901, 900001, 900000] {
		not _differs(_price(0, cents))
	}
	rule.deny == set() with input as _priced(_price(100, 900000), _price(0, 900000))
}

_differs(subscribed) if count(rule.deny) == 1 with input as _priced(_price(0, 900000), subscribed)

test_ignores_price_within_the_configured_tolerance if {
	rule.deny == set() with input as _priced(_price(0, 900000), _price(0, 900101))
		with data.tenor.params.outposts.order_differs_from_quote.tolerance_usd as 1.01
}

# An upfront that is charged in part is none to compare.
test_ignores_upfront_of_a_part_of_the_term if {
	rule.deny == set() with input as _priced(_price(5000000, 0), _price(null, 0))
}

test_ignores_price_that_is_not_known if {
	rule.deny == set() with input as _priced(null, _price(0, 900000))
	rule.deny == set() with input as _priced(_price(0, 900000), null)
	rule.deny == set() with input as json.remove(_priced(_price(0, 900000), null), ["facts"])
}
