# METADATA
# scope: package
# description: The AWS CLI calls that renew the contract of the Outpost under judgement.
# custom:
#   kinds: [outposts.outpost]
package tenor.lib.renewal

# command renews on the recommended option; where there is none, it asks for prices.
command := renew if {
	renew := on(input.facts.recommended)
} else := prices

# on renews on the option.
on(option) := array.concat(_call("create-renewal"), ["--payment-option", option.payment_option, "--payment-term", option.payment_term])

# prices asks for the options and their prices.
prices := _call("get-renewal-pricing")

_call(operation) := ["aws", "outposts", operation, "--outpost-identifier", input.id, "--region", input.region]
