# METADATA
# scope: package
# title: Several open quotes for one Outpost
# description: >-
#   Two teams may have asked for the same capacity, and both may order it. Fires once for each Outpost for which two or more quotes of
#   an account are open (CREATED, and not past their expiration), on the latest of them.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_Quote.html
#     description: Quote
# custom:
#   severity: low
#   kinds: [estate.account]
#   requires: [quotes]
#   remediation: >-
#     Ask who made each quote. Keep the one to order from and let the others expire; an order from each buys the capacity of each, for
#     its whole payment term.
package tenor.outposts.quote_duplicate

deny contains {
	"msg": sprintf("%d quotes are open for Outpost %s; the latest is %s", [count(quotes), latest.outpost, latest.quote]),
	"evidence": {"quotes": [object.remove(q, ["outpost", "region"]) | some q in quotes]},
	"key": latest.quote,
	"command": ["aws", "outposts", "get-quote", "--quote-identifier", latest.quote, "--region", latest.region],
} if {
	input.kind == "estate.account"
	some quotes in input.facts.open_quotes
	count(quotes) > 1
	latest := quotes[count(quotes) - 1]
}
