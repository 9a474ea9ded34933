# METADATA
# scope: package
# description: The AWS CLI call that renews the contract of the Outpost under judgement.
# custom:
#   kinds: [outposts.outpost]
package tenor.lib.renewal

# command renews on the recommended option, else on the contract's present terms; where neither is known, it asks for prices.
command := array.concat(_call("create-renewal"), ["--payment-option", _choice.payment_option, "--payment-term", _choice.payment_term])

command := _call("get-renewal-pricing") if not _choice

_call(operation) := ["aws", "outposts", operation, "--outpost-identifier", input.id, "--region", input.region]

_choice := {"payment_option": input.facts.recommended.payment_option, "payment_term": input.facts.recommended.payment_term}

_choice := {"payment_option": input.facts.payment_option, "payment_term": input.facts.payment_term} if {
	not input.facts.recommended.payment_option
	input.facts.payment_option != ""
	input.facts.payment_term != ""
}
