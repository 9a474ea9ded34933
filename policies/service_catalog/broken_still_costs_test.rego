package tenor.service_catalog.broken_still_costs_test

import data.tenor.service_catalog.broken_still_costs as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "TAINTED", "Type": "CFN_STACK", "LastRecordId": "rec-1"},
	"related": {"records": {"RecordDetails": []}, "charges": {"final": ["2026-09", "2026-10"], "costs": []}},
	"facts": {
		"broken_since": "2026-10-17T12:00:00Z", "broken_before": false, "attempts": 1, "succeeded": true,
		"failed_record": "rec-1", "failed_on": "2026-10-17T12:00:00Z", "request_type": "UPDATE_PROVISIONED_PRODUCT",
		"errors": ["rolled back"], "cause": "rolled back", "launch_role": null, "path_id": null,
		"last_record": "rec-1", "last_status": "FAILED", "last_created": "2026-10-17T12:00:00Z", "last_updated": "2026-10-17T12:00:00Z",
		"last_errors": ["rolled back"], "launched_by": null, "newest_active": null,
		"cost_per_month": "450.10", "cost_per_month_cents": 45010, "cost_since_broken": "210.00", "cost_since_broken_cents": 21000,
	},
}

_facts(facts) := object.union(example, {"facts": facts})

test_reports_broken_product_that_costs if {
	rule.deny == {{
		"msg": "the product is TAINTED since 2026-10-17 and cost $450.10 in 2026-10",
		"evidence": {
			"status": "TAINTED", "since": "2026-10-17T12:00:00Z", "since_before": false, "attempts": 1, "request_type": "UPDATE_PROVISIONED_PRODUCT",
			"record": "rec-1", "cause": "rolled back", "launched_by": null, "launch_role": null,
			"month": "2026-10", "cost_per_month": "450.10", "cost_since_broken": "210.00",
		},
		"amount_cents": 45010,
		"amount_per": "month",
		"command": [
			"aws", "servicecatalog", "list-record-history", "--search-filter", "Key=provisionedproduct,Value=pp-1",
			"--access-level-filter", "Key=Account,Value=self", "--region", "eu-central-1",
		],
	}} with input as example
}

test_reports_from_the_minimum_on if {
	count(rule.deny) == 1 with input as _facts({"cost_per_month_cents": 10000})
	rule.deny == set() with input as _facts({"cost_per_month_cents": 9999})
}

test_reports_just_past_the_days if {
	count(rule.deny) == 1 with input as _facts({"broken_since": "2026-10-31T23:59:59Z"})
	rule.deny == set() with input as _facts({"broken_since": "2026-11-01T00:00:00Z"})
}

test_reports_by_the_parameters if {
	rule.deny == set() with input as example with data.tenor.params.service_catalog.broken_still_costs.min_usd as 450.11
	count(rule.deny) == 1 with input as example with data.tenor.params.service_catalog.broken_still_costs.min_usd as 450.10
	rule.deny == set() with input as example with data.tenor.params.service_catalog.broken_still_costs.days as 45
	count(rule.deny) == 1 with input as example with data.tenor.params.service_catalog.broken_still_costs.days as 44
}

test_says_it_without_what_it_cost_since if {
	[d.evidence.cost_since_broken | some d in rule.deny] == [null] with input as json.remove(example, ["facts/cost_since_broken"])
}

test_cannot_tell_where_the_history_is_short if {
	gap := {"gaps": {"history": {"reason": "error"}}}
	short := object.union(_facts({"broken_since": "2026-11-30T00:00:00Z"}), gap)
	rule.unknown == {"history"} with input as short
	rule.unknown == set() with input as object.union(short, {"facts": {"cost_per_month_cents": 9999}})
	rule.unknown == set() with input as object.union(example, gap)
}

test_ignores_what_is_not_known if {
	rule.deny == set() with input as json.remove(example, ["facts/cost_per_month_cents"])
	rule.deny == set() with input as _facts({"broken_since": null})
	rule.deny == set() with input as json.remove(example, ["facts"])
}

test_ignores_every_other_product if {
	every status in ["AVAILABLE", "UNDER_CHANGE", "PLAN_IN_PROGRESS", "NEWER_THAN_US"] {
		rule.deny == set() with input as object.union(example, {"spec": {"Status": status}})
	}
	rule.deny == set() with input as object.union(example, {"spec": {"Type": "CONTROL_TOWER_ACCOUNT"}})
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
