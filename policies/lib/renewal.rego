# METADATA
# scope: package
# description: The AWS CLI calls that renew the contract of the Outpost under judgement.
# custom:
#   kinds: [outposts.outpost]
package tenor.lib.renewal

# command renews on the recommended option, else on the contract's present terms; where neither is known, it asks for prices.
command := on(_choice)

command := _call("get-renewal-pricing") if not _choice

# on renews on the option.
on(option) := array.concat(_call("create-renewal"), ["--payment-option", option.payment_option, "--payment-term", option.payment_term])

_call(operation) := ["aws", "outposts", operation, "--outpost-identifier", input.id, "--region", input.region]

_choice := {"payment_option": input.facts.recommended.payment_option, "payment_term": input.facts.recommended.payment_term}

_choice := {"payment_option": input.facts.payment_option, "payment_term": input.facts.payment_term} if {
	not input.facts.recommended.payment_option
	input.facts.payment_option != ""
	input.facts.payment_term != ""
}
