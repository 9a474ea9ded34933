# METADATA
# scope: package
# title: Outposts order differs from its quote
# description: >-
#   An order names a quote option, yet what is billed for it is not what was quoted. Fires when the pair of PaymentOption and
#   PaymentTerm is not among the pricing options of the quote option (an order that lacks one of the two is on none of them); or
#   when its subscription's upfront or monthly price differs by more than tolerance_usd from the one quoted for that pair. The
#   upfront of capacity that is added to a contract is charged in part and is not compared; nor is a renewal of the subscription.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_QuoteOption.html
#     description: QuoteOption
# custom:
#   severity: high
#   kinds: [outposts.order]
#   requires: [quote_option]
#   optional: [outpost]
#   params:
#     tolerance_usd: {default: 1, description: "US dollars by which a price may differ from the quoted one"}
#   remediation: >-
#     Ask AWS which price applies before the order is carried out. An order cannot be edited: where the price is wrong it has to be
#     cancelled and placed again, and since a quote makes one order, that needs a new quote, at its price.
package tenor.outposts.order_differs_from_quote

import data.tenor.lib.money
import data.tenor.lib.order
import data.tenor.lib.text
import data.tenor.params.outposts.order_differs_from_quote as params

deny contains {
	"msg": sprintf(
		"%s is not among the priced options of quote option %s",
		[text.priced(_term, _option), _quote_option],
	),
	"evidence": {"payment_option": _option, "payment_term": _term, "priced": sort(_priced)},
	"command": order.show,
} if {
	input.kind == "outposts.order"
	is_object(input.related.quote_option)
	not [_term, _option] in _priced
}

deny contains {
	"msg": concat("; ", sort(_differences)),
	"key": "price",
	"evidence": {"payment_option": _option, "payment_term": _term, "quoted": input.facts.quoted, "subscribed": input.facts.subscribed},
	"command": order.show,
} if {
	input.kind == "outposts.order"
	count(_differences) > 0
}

_differences contains sprintf("the %s price is %s, and was quoted as %s", [part, money.usd(have), money.usd(quoted)]) if {
	some part in ["monthly", "upfront"]
	name := sprintf("%s_cents", [part])
	have := input.facts.subscribed[name]
	quoted := input.facts.quoted[name]
	is_number(have)
	is_number(quoted)
	abs(have - quoted) > money.limit_cents(params.tolerance_usd)
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
