# METADATA
# scope: package
# title: Outposts order differs from its quote
# description: >-
#   An order names a quote option, yet was placed on a payment option and term for which that quote option has no price. What
#   will be billed is not what was quoted. Fires when the pair of PaymentOption and PaymentTerm is not among the pricing
#   options of the quote option; an order that lacks one of the two is on none of them.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_QuoteOption.html
#     description: QuoteOption
# custom:
#   severity: high
#   kinds: [outposts.order]
#   requires: [quote_option]
#   remediation: >-
#     Ask AWS which price applies before the order is carried out. An order cannot be edited: where the price is wrong it has to be
#     cancelled and placed again, and since a quote makes one order, that needs a new quote, at its price.
package tenor.outposts.order_differs_from_quote

import data.tenor.lib.order

deny contains {
	"msg": sprintf(
		"%s %s is not among the priced options of quote option %s",
		[_term, _option, _quote_option],
	),
	"evidence": {"payment_option": _option, "payment_term": _term, "priced": sort(_priced)},
	"command": order.show,
} if {
	input.kind == "outposts.order"
	is_object(input.related.quote_option)
	not [_term, _option] in _priced
}

default _term := "(no term)"

_term := input.spec.PaymentTerm

default _option := "(no payment option)"

_option := input.spec.PaymentOption

default _quote_option := "(unknown)"

_quote_option := input.spec.QuoteOptionIdentifier

_priced contains [price.PaymentTerm, price.PaymentOption] if {
	some option in input.related.quote_option.PricingOptions
	price := option.SubscriptionPricingDetails
}
