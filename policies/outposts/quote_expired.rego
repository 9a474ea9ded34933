# METADATA
# scope: package
# title: Outposts quote expired without an order
# description: >-
#   A quote expired and nothing was ordered from it. If the capacity is still needed, its prices have to be requested again.
#   Fires when the quote is EXPIRED, or CREATED with an expiration in the past, was never ordered, and expired at most
#   lookback_days ago.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_Quote.html
#     description: Quote
# custom:
#   severity: low
#   kinds: [outposts.quote]
#   params:
#     lookback_days: {default: 30, description: Days after the expiration for which it is reported}
#   remediation: Request a new quote if the capacity is still needed; delete this one if not.
package tenor.outposts.quote_expired

import data.tenor.lib.clock
import data.tenor.params.outposts.quote_expired as params
import data.tenor.run

deny contains {
	"msg": sprintf("the quote expired on %s and was never ordered", [clock.date(input.spec.ExpirationDate)]),
	"evidence": {"status": input.spec.QuoteStatus, "expired": input.spec.ExpirationDate},
	"command": ["aws", "outposts", "get-quote", "--quote-identifier", input.id, "--region", input.region],
} if {
	input.kind == "outposts.quote"
	not input.spec.SubmittedOrderId
	age := run.as_of_ns - time.parse_rfc3339_ns(input.spec.ExpirationDate)
	_expired(input.spec.QuoteStatus, age)
	age <= clock.days(params.lookback_days)
}

_expired("EXPIRED", _)

_expired("CREATED", age) if age > 0
