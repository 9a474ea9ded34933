# METADATA
# scope: package
# description: What several rules know of the renewal of an Outpost's contract.
# custom:
#   kinds: [outposts.outpost]
package tenor.lib.renewal

import data.tenor.lib.text

# recommended is what finance recommends: the action, and of a renewal its term and payment option; null where it recommends
# nothing.
default recommended := null

recommended := object.filter(input.facts.recommended, ["action", "payment_term", "payment_option"]) if {
	is_object(input.facts.recommended)
}

# decided says in words what a decision on file is.
decided(decision) := sprintf("renew for %s", [text.priced(decision.payment_term, decision.payment_option)]) if decision.action == "renew"

decided(decision) := "return the Outpost" if decision.action == "return"

decided(decision) := "go on month-to-month" if decision.action == "month_to_month"

# noted says what keeps a decision on file from being carried out as it stands; "" where nothing does.
noted(decision) := sprintf(": %s", [decision.note]) if is_string(decision.note)

else := ""

# prices is the AWS CLI call that asks for the options and their prices.
prices := ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", input.id, "--region", input.region]
