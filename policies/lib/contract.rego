# METADATA
# scope: package
# description: What several rules know of the state of an Outpost's contract.
# custom:
#   kinds: [outposts.outpost]
package tenor.lib.contract

# undated holds where billing was read and says no date that decides the state, of an Outpost that is in use: what rests on the
# state is unknown then.
undated if {
	input.facts.contract_state == "unknown"
	_in_use
}

_in_use if input.spec.LifeCycleStatus == "ACTIVE"

_in_use if {
	some s in input.related.billing.Subscriptions
	s.SubscriptionStatus == "ACTIVE"
}

# decided holds where a decision is on file that AWS does not show yet.
decided if input.facts.decision.status == "open"

# show is the AWS CLI call that reads the contract.
show := ["aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", input.id, "--region", input.region]

# named is what a message calls one of facts.subscriptions.
named(s) := s.id if s.id != ""

named(s) := "(unknown)" if s.id == ""

# live holds for every Outpost of this account that is not retired.
live if {
	is_string(input.facts.contract_state)
	input.facts.contract_state != "retired"
}

# days_left is how many days a contract that runs still has, 0 on its last; undefined for any other, and where nobody knows: null is
# less than every number.
days_left := input.facts.days_to_end if {
	input.facts.contract_state == "running"
	is_number(input.facts.days_to_end)
}
