# METADATA
# scope: package
# description: >-
#   What to do about a provisioned product of which a request has failed: where to look, what has to be put right, what comes then.
#   It goes by the type of the product, by the cause and by the type of the request. It never says to repeat what would fail again.
# custom:
#   kinds: [service_catalog.provisioned_product]
package tenor.lib.remedy

import data.tenor.lib.product

# failed is the whole of it.
failed := concat(" ", [look, right, next])

# look says where the cause can be read.
default look := "Read the errors of the record."

look := "Read the events of the product's stack in CloudFormation: the first that failed says why." if {
	input.spec.Type == "CFN_STACK"
	not product.stack_gone
}

look := concat(" ", [
	"Read the operations of the product's stack set in CloudFormation:",
	"they say in which accounts and regions it failed, and why.",
]) if {
	input.spec.Type == "CFN_STACKSET"
}

look := "Read the log of the engine that provisions the product: the first error of the run says why." if product.engine

# right says what has to be done before anything is asked for again.
right := "Put the cause right before anything else: the same request fails again." if not _cause

right := concat(" ", [
	sprintf("Have the launch role %s made again first, or another one named in the launch constraint:", [_missing]),
	"without it every request fails, a termination too, which then leaves what costs.",
]) if {
	_cause == "role"
}

right := sprintf("Have %s allowed what is denied there, by whoever owns it.", [_role]) if _cause == "denied"

right := "Have the quota raised or room made first: the same request fails again." if _cause == "limit"

right := "Wait until the operation that is under way has ended." if _cause == "busy"

right := "Have a value for each parameter that is named there." if _cause == "parameters"

_role := sprintf("the launch role %s", [input.facts.launch_role]) if is_string(input.facts.launch_role)

_role := "the role that provisions the product" if not is_string(input.facts.launch_role)

# _missing is the launch role where IAM says that it does not exist.
_missing := input.related.launch_role.ARN if input.related.launch_role.Missing

# _cause is what is known of the cause: that the launch role is missing, else the first kind that the words of the errors name.
_cause := "role" if {
	_missing
} else := [kind |
	some [kind, words] in [
		["denied", {"not authorized", "access denied", "accessdenied", "unauthorized"}],
		["parameters", {"must have values"}],
		["busy", {"operation in progress", "try again later"}],
		["limit", {"limitexceeded", "limit exceeded", "maximum number", "quota", "insufficient capacity"}],
	]
	is_string(input.facts.cause)
	some word in words
	contains(lower(input.facts.cause), word)
][0]

# next says what to ask for then.
next := account if {
	product.account_product
} else := concat(" ", [
	"Then launch it again as a new product.",
	"Have its owner terminate this one, which deletes what the launch has left.",
]) if {
	product.launch_failed
} else := concat(" ", [
	"Ask the owner what of it is still needed and keep a copy of the data; then ask for the termination again.",
	"A termination that is told to ignore errors or to retain resources leaves them, and what they cost, outside of Service Catalog.",
]) if {
	_terminates
} else := concat(" ", [
	"Its stack is gone, so an update fails: where somebody needs it, launch it again as a new product and restore its data from a copy.",
	"Then have the owner terminate this one: what its stack was told to retain stays and costs until somebody deletes it.",
]) if {
	product.stack_gone
} else := concat(" ", [
	"What it was made from is gone, so an update fails: ask whoever owns the portfolio to share it again, or plan what takes its place.",
	"Where nobody needs the product, have its owner terminate it, which deletes what it provisioned.",
]) if {
	input.related.artifact.ProductMissing
} else := concat(" ", [
	"Then ask for it again: an update asks for the parameters again, needs the launch path, and may replace the product entirely.",
	"Where nobody needs the product, have its owner terminate it, which deletes what it provisioned.",
])

# account is what comes of it for an account of AWS Control Tower.
account := concat(" ", [
	"Then ask for it again where the account is to stay in AWS Control Tower: an update asks for the account's parameters again and",
	"enrols it again. Terminating the product unenrols the account, moves it to the Root of the organization and lifts the service",
	"control policies of its organizational unit: only for an account that is to leave Control Tower.",
])

_terminates if {
	is_string(input.facts.request_type)
	startswith(input.facts.request_type, "TERMINATE_")
}
