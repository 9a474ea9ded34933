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

# live holds for every Outpost of this account that is not given back.
live if {
	is_string(input.facts.contract_state)
	input.facts.contract_state != "retired"
}

# ends_or_rolls holds where the contract runs and ends within so many days, and where there is none any more.
ends_or_rolls(facts, days) if {
	facts.contract_state == "running"
	facts.days_to_end <= days
}

ends_or_rolls(facts, _) if facts.contract_state == "month_to_month"
