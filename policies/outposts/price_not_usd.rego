# METADATA
# scope: package
# title: Price is not in US dollars
# description: >-
#   A price is in another currency, and tenor does not convert: no total, comparison or recommendation includes it. Fires when a
#   subscription of the contract, or a renewal option, has a price whose currency is not USD.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_SubscriptionPricingDetails.html
#     description: SubscriptionPricingDetails
# custom:
#   severity: low
#   kinds: [outposts.outpost]
#   requires: [billing]
#   optional: [renewal_pricing]
#   remediation: Compare the prices that are named by hand, and add them to the totals of the report where these are used.
package tenor.outposts.price_not_usd

import data.tenor.lib.contract
import data.tenor.lib.text

deny contains {
	"msg": sprintf("prices in %s are not counted in any amount: %s", [
		concat(", ", sort({p.currency | some p in _foreign})),
		concat(", ", sort([p.of | some p in _foreign])),
	]),
	"evidence": {"prices": sort(_foreign)},
	"command": contract.show,
} if {
	input.kind == "outposts.outpost"
	contract.live
	count(_foreign) > 0
}

_foreign contains {"of": sprintf("subscription %s", [object.get(s, "SubscriptionId", "(unknown)")]), "currency": s.Currency} if {
	some s in input.related.billing.Subscriptions
	_is_foreign(s)
}

_foreign contains {"of": sprintf("renewal for %s", [text.priced(price.PaymentTerm, price.PaymentOption)]), "currency": price.Currency} if {
	some option in input.related.renewal_pricing.PricingOptions
	price := option.SubscriptionPricingDetails
	_is_foreign(price)
}

_is_foreign(price) if {
	not price.Currency in {"", "USD"}
	some key in ["MonthlyRecurringPrice", "UpfrontPrice"]
	is_number(price[key])
}
