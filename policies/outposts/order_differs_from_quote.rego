# METADATA
# scope: package
# title: Outposts order differs from its quote
# description: >-
#   An order names a quote option, yet was placed on a payment option and term for which that quote option has no price. What
#   will be billed is not what was quoted. Fires when the pair of PaymentOption and PaymentTerm is not among the pricing
#   options of the quote option.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_QuoteOption.html
#     description: QuoteOption
# custom:
#   severity: high
#   kinds: [outposts.order]
#   requires: [quote_option]
#   remediation: Ask AWS which price applies before the order is carried out; cancel it and order again from the quote if need be.
package tenor.outposts.order_differs_from_quote

import data.tenor.lib.order

deny contains {
	"msg": sprintf(
		"%s %s is not among the priced options of quote option %s",
		[input.spec.PaymentTerm, input.spec.PaymentOption, input.spec.QuoteOptionIdentifier],
	),
	"evidence": {"payment_option": input.spec.PaymentOption, "payment_term": input.spec.PaymentTerm, "priced": sort(_priced)},
	"command": order.show,
} if {
	input.kind == "outposts.order"
	is_object(input.related.quote_option)
	not [input.spec.PaymentTerm, input.spec.PaymentOption] in _priced
}

_priced contains [price.PaymentTerm, price.PaymentOption] if {
	some option in input.related.quote_option.PricingOptions
	price := option.SubscriptionPricingDetails
}
