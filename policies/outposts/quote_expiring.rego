# METADATA
# scope: package
# title: Outposts quote is expiring
# description: >-
#   A quote lives for thirty days; after that its prices are gone. Fires when the quote is CREATED and its expiration is in the
#   future and within days.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_Quote.html
#     description: Quote
# custom:
#   severity: medium
#   kinds: [outposts.quote]
#   params:
#     days: {default: 7, description: Days before the expiration from which it is reported}
#   remediation: >-
#     Order from the quote, or let it expire and request a new one when it is needed. An order is a purchase for its whole payment term and
#     cannot be edited; a quote makes one order.
package tenor.outposts.quote_expiring

import data.tenor.lib.clock
import data.tenor.params.outposts.quote_expiring as params
import data.tenor.run

deny contains {
	"msg": sprintf("the quote expires on %s and has not been ordered", [clock.date(input.spec.ExpirationDate)]),
	"evidence": {"expires": input.spec.ExpirationDate},
	"due": clock.date(input.spec.ExpirationDate),
	"command": ["aws", "outposts", "get-quote", "--quote-identifier", input.id, "--region", input.region],
} if {
	input.kind == "outposts.quote"
	input.spec.QuoteStatus == "CREATED"
	remaining := time.parse_rfc3339_ns(input.spec.ExpirationDate) - run.as_of_ns
	remaining > 0
	remaining <= clock.days(params.days)
}
