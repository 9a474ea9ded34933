package tenor.outposts.not_active_but_paid_test

import data.tenor.outposts.not_active_but_paid as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"spec": {"LifeCycleStatus": "PENDING"},
	"related": {"billing": {}},
	"facts": {"contract_state": "running", "subscriptions": [_subscription]},
}

_subscription := {"id": "sub-1", "type": "ORIGINAL", "status": "ACTIVE", "begins": "2026-10-01"}

_of(patches) := object.union(example, {"facts": {"subscriptions": [object.union(_subscription, p) | some p in patches]}})

# The clock stands at 2026-12-01, 61 days later.
test_reports_a_day_past_the_grace if {
	rule.deny == {{
		"msg": "the Outpost is PENDING, but subscription sub-1 is ACTIVE since 2026-10-01, for 61 days",
		"evidence": {"life_cycle_status": "PENDING", "subscriptions": [{"id": "sub-1", "begins": "2026-10-01"}]},
		"command": [
			"aws", "outposts", "get-outpost-billing-information", "--outpost-identifier", "op-0123456789abcdef0",
			"--region", "eu-central-1",
		],
	}} with input as example
}

test_reports_further_past_the_grace if {
	count(rule.deny) == 1 with input as _of([{"begins": "2026-09-30"}])
}

test_ignores_within_the_grace if {
	rule.deny == set() with input as _of([{"begins": "2026-10-02"}])
	rule.deny == set() with input as _of([{"begins": "2026-10-03"}])
	rule.deny == set() with input as example with data.tenor.params.outposts.not_active_but_paid.grace_days as 61
}

test_reports_the_first_of_several if {
	{[d.msg, [s.id | some s in d.evidence.subscriptions]] | some d in rule.deny} == {[
		"the Outpost is PENDING, but subscription (unknown) is ACTIVE since 2026-09-01, for 91 days", ["(unknown)", "sub-1"],
	]} with input as _of([{}, {"id": "", "begins": "2026-09-01"}, {"id": "sub-3", "begins": "2026-11-30"}])
}

test_reports_by_the_configured_statuses if {
	count(rule.deny) == 1 with input as object.union(example, {"spec": {"LifeCycleStatus": "INSTALLING"}})
		with data.tenor.params.outposts.not_active_but_paid.statuses as ["INSTALLING"]
}

test_ignores_other_life_cycle_statuses if {
	every status in ["ACTIVE", "RETIRING", "NEWER_THAN_US"] {
		rule.deny == set() with input as object.union(example, {"spec": {"LifeCycleStatus": status}})
	}
}

test_ignores_subscriptions_that_are_not_active if {
	every status in ["PENDING", "INACTIVE", "CANCELLED", "NEWER_THAN_US"] {
		rule.deny == set() with input as _of([{"status": status}])
	}
	rule.deny == set() with input as _of([])
}

test_ignores_outpost_that_is_given_back_or_not_ours if {
	rule.deny == set() with input as object.union(example, {"facts": {"contract_state": "retired"}})
	rule.deny == set() with input as object.union(example, {"facts": {"contract_state": null}})
}

test_ignores_missing_fields if {
	rule.deny == set() with input as _of([{"begins": null}])
	rule.deny == set() with input as json.remove(example, ["spec/LifeCycleStatus"])
	rule.deny == set() with input as json.remove(example, ["facts/subscriptions"])
}
