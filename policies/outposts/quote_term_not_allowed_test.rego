package tenor.outposts.quote_term_not_allowed_test

import data.tenor.outposts.quote_term_not_allowed as rule

example := {
	"kind": "outposts.quote", "id": "oq-0123456789abcdef0", "name": "", "account": "111122223333", "region": "eu-central-1",
	"spec": {"QuoteStatus": "CREATED", "QuoteOptions": [{"PricingOptions": [_price("FIVE_YEARS", "ALL_UPFRONT")]}, {"PricingOptions": [_price("FIVE_YEARS", "NO_UPFRONT")]}]},
	"facts": {"open": true},
}

_price(term, option) := {"PricingType": "SUBSCRIPTION", "SubscriptionPricingDetails": {"PaymentTerm": term, "PaymentOption": option}}

_of(options) := object.union(example, {"spec": {"QuoteOptions": options}})

test_reports_quote_without_an_allowed_price if {
	rule.deny == {{
		"msg": "no price in the quote has an allowed payment term and option",
		"evidence": {
			"offered": [["FIVE_YEARS", "ALL_UPFRONT"], ["FIVE_YEARS", "NO_UPFRONT"]],
			"allowed_terms": ["ONE_YEAR", "THREE_YEARS"], "allowed_options": ["ALL_UPFRONT", "PARTIAL_UPFRONT", "NO_UPFRONT"],
		},
		"command": ["aws", "outposts", "get-quote", "--quote-identifier", "oq-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_quote_without_prices if {
	{d.evidence.offered | some d in rule.deny} == {[]} with input as _of([{"PricingOptions": []}])
	{d.evidence.offered | some d in rule.deny} == {[]} with input as json.remove(example, ["spec/QuoteOptions"])
}

test_ignores_quote_with_one_allowed_price if {
	rule.deny == set() with input as _of([{"PricingOptions": [_price("FIVE_YEARS", "ALL_UPFRONT")]}, {"PricingOptions": [_price("THREE_YEARS", "NO_UPFRONT")]}])
}

test_reports_by_the_params_of_contracts if {
	count(rule.deny) == 1 with input as _of([{"PricingOptions": [_price("ONE_YEAR", "NO_UPFRONT")]}])
		with data.tenor.params.outposts.payment_not_allowed.allowed_options as ["ALL_UPFRONT"]
}

test_reports_term_and_option_that_are_allowed_only_apart if {
	count(rule.deny) == 1 with input as _of([{"PricingOptions": [_price("ONE_YEAR", "HALF_UPFRONT"), _price("FIVE_YEARS", "ALL_UPFRONT")]}])
}

test_ignores_quote_that_is_not_open if {
	rule.deny == set() with input as object.union(example, {"facts": {"open": false}})
	rule.deny == set() with input as json.remove(example, ["facts"])
}
