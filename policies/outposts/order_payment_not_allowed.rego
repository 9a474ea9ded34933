# METADATA
# scope: package
# title: Outposts order on terms that are not allowed
# description: >-
#   An order was placed on a payment term or option that the company does not allow. An order cannot be edited: while it is
#   not under way it can be cancelled and placed again. Fires when the order is not cancelled and its payment term is not in
#   allowed_terms, or its payment option not in allowed_options, which are those of outposts.payment_not_allowed; what the order
#   does not say is not evaluated.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_CreateOrder.html
#     description: CreateOrder
# custom:
#   severity: medium
#   kinds: [outposts.order]
#   remediation: >-
#     Have the exception approved and waive this finding, or cancel the order while it is not under way and place it again on allowed
#     terms. A cancelled order is not resumed, and a quote makes one order: the new one needs a new quote, at its price.
package tenor.outposts.order_payment_not_allowed

import data.tenor.lib.order
import data.tenor.lib.text
import data.tenor.params.outposts.payment_not_allowed as params

deny contains {
	"msg": concat("; ", sort(_faults)),
	"evidence": {"status": input.spec.Status, "faults": sort(_faults)},
	"command": order.show,
} if {
	input.kind == "outposts.order"
	input.spec.Status in order.known
	input.spec.Status != "CANCELLED"
	count(_faults) > 0
}

_faults contains sprintf("the payment term %s is not allowed", [text.term(input.spec.PaymentTerm)]) if {
	not input.spec.PaymentTerm in params.allowed_terms
}

_faults contains sprintf("the payment option %s is not allowed", [text.option(input.spec.PaymentOption)]) if {
	not input.spec.PaymentOption in params.allowed_options
}
