package tenor.outposts.price_not_usd_test

import data.tenor.outposts.price_not_usd as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {
		"billing": {"Subscriptions": [{"SubscriptionId": "sub-1", "Currency": "EUR", "MonthlyRecurringPrice": 9000.5, "UpfrontPrice": 0}]},
		"renewal_pricing": {"PricingOptions": [
			_option("ONE_YEAR", {"Currency": "EUR", "UpfrontPrice": 90000}),
			_option("THREE_YEARS", {"Currency": "USD", "UpfrontPrice": 200000}),
			_option("FIVE_YEARS", {"Currency": "GBP", "MonthlyRecurringPrice": 7000}),
		]},
	},
	"facts": {"contract_state": "running"},
}

_option(term, price) := {
	"PricingType": "SUBSCRIPTION",
	"SubscriptionPricingDetails": object.union({"PaymentTerm": term, "PaymentOption": "ALL_UPFRONT"}, price),
}

_subscription(patch) := object.union(example, {"related": {
	"billing": {"Subscriptions": [object.union({"SubscriptionId": "sub-1", "Currency": "EUR"}, patch)]},
	"renewal_pricing": {"PricingOptions": []},
}})

test_reports_every_price_in_another_currency if {
	rule.deny == {{
		"msg": "prices in EUR, GBP are not counted in any amount: renewal for 1 year, all upfront, renewal for 5 years, all upfront, subscription sub-1",
		"evidence": {"prices": [
			{"currency": "EUR", "of": "renewal for 1 year, all upfront"},
			{"currency": "EUR", "of": "subscription sub-1"},
			{"currency": "GBP", "of": "renewal for 5 years, all upfront"},
		]},
		"command": [
			"aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0",
			"--region", "eu-central-1",
		],
	}} with input as example
}

test_reports_subscription_with_one_of_the_prices if {
	count(rule.deny) == 1 with input as _subscription({"UpfrontPrice": 0})
	count(rule.deny) == 1 with input as _subscription({"MonthlyRecurringPrice": 1})
}

test_reports_subscription_without_an_id if {
	{d.msg | some d in rule.deny} == {"prices in EUR are not counted in any amount: subscription (unknown)"}
		with input as json.remove(_subscription({"UpfrontPrice": 1}), ["related/billing/Subscriptions/0/SubscriptionId"])
}

test_reports_without_the_renewal_prices if {
	{d.evidence.prices | some d in rule.deny} == {[{"currency": "EUR", "of": "subscription sub-1"}]}
		with input as json.remove(example, ["related/renewal_pricing"])
}

# Nothing upfront is a price too, as AWS sends it with NO_UPFRONT; a price of another currency counts whatever it comes to.
test_reports_price_of_nothing_and_of_a_cent if {
	every amount in [0, 0.01] {
		count(rule.deny) == 1 with input as _subscription({"MonthlyRecurringPrice": amount})
	}
}

test_ignores_us_dollars if {
	rule.deny == set() with input as _subscription({"Currency": "USD", "UpfrontPrice": 1})
	rule.deny == set() with input as _subscription({"Currency": "", "UpfrontPrice": 1})
	rule.deny == set() with input as json.remove(_subscription({"UpfrontPrice": 1}), ["related/billing/Subscriptions/0/Currency"])
}

test_ignores_currency_without_a_price if {
	rule.deny == set() with input as _subscription({})
	rule.deny == set() with input as _subscription({"UpfrontPrice": null, "MonthlyRecurringPrice": null})
}

test_ignores_outpost_that_is_given_back_or_not_ours if {
	rule.deny == set() with input as object.union(example, {"facts": {"contract_state": "retired"}})
	rule.deny == set() with input as object.union(example, {"facts": {"contract_state": null}})
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["related"])
	rule.deny == set() with input as json.remove(example, ["facts"])
}
