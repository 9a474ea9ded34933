# METADATA
# scope: package
# description: What several rules know of the renewal of an Outpost's contract.
# custom:
#   kinds: [outposts.outpost]
package tenor.lib.renewal

# recommended is the term and the payment option that finance recommends; null where it recommends none.
default recommended := null

recommended := {
	"payment_term": input.facts.recommended.payment_term,
	"payment_option": input.facts.recommended.payment_option,
}

# prices is the AWS CLI call that asks for the options and their prices.
prices := ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", input.id, "--region", input.region]
