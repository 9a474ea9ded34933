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
		"msg": "ONE_YEAR ALL_UPFRONT is not among the priced options of quote option OPTION_1",
		"evidence": {"payment_option": "ALL_UPFRONT", "payment_term": "ONE_YEAR", "priced": [["ONE_YEAR", "NO_UPFRONT"], ["THREE_YEARS", "ALL_UPFRONT"]]},
		"command": ["aws", "outposts", "get-order", "--order-id", "oo-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_quote_option_without_prices if {
	count(rule.deny) == 1 with input as json.remove(example, ["related/quote_option/PricingOptions"])
}

test_reports_order_without_its_terms if {
	_msgs(["spec/PaymentTerm"]) == {"(no term) ALL_UPFRONT is not among the priced options of quote option OPTION_1"}
	_msgs(["spec/PaymentOption"]) == {"ONE_YEAR (no payment option) is not among the priced options of quote option OPTION_1"}
	_msgs(["spec/QuoteOptionIdentifier"]) == {"ONE_YEAR ALL_UPFRONT is not among the priced options of quote option (unknown)"}
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
