# METADATA
# scope: package
# title: Outposts quote without an allowed option
# description: >-
#   Every price in the quote is for a payment term or option that the company does not allow, so nobody may order from it.
#   Fires when the quote is CREATED and not past its expiration, and no pricing option of any quote option has an allowed term
#   and option: those of outposts.payment_not_allowed.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_CreateQuote.html
#     description: CreateQuote
# custom:
#   severity: low
#   kinds: [outposts.quote]
#   remediation: Ask for a quote that includes an allowed payment term and option.
package tenor.outposts.quote_term_not_allowed

import data.tenor.params.outposts.payment_not_allowed as params

deny contains {
	"msg": "no price in the quote has an allowed payment term and option",
	"evidence": {"offered": sort(_offered), "allowed_terms": params.allowed_terms, "allowed_options": params.allowed_options},
	"command": ["aws", "outposts", "get-quote", "--quote-identifier", input.id, "--region", input.region],
} if {
	input.kind == "outposts.quote"
	input.facts.open
	not _allowed
}

_offered contains [price.PaymentTerm, price.PaymentOption] if {
	some option in input.spec.QuoteOptions
	some pricing in option.PricingOptions
	price := pricing.SubscriptionPricingDetails
}

_allowed if {
	some [term, option] in _offered
	term in params.allowed_terms
	option in params.allowed_options
}
