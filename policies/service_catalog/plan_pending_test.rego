package tenor.service_catalog.plan_pending_test

import data.tenor.service_catalog.plan_pending as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "PLAN_IN_PROGRESS", "Type": "CFN_STACK", "LastRecordId": "rec-1"},
	"related": {"records": {"RecordDetails": []}},
	"facts": {
		"broken_since": "2026-11-24T00:00:00Z", "broken_before": false, "attempts": 1, "succeeded": true,
		"failed_record": "rec-1", "failed_on": "2026-11-24T00:00:00Z", "request_type": "UPDATE_PROVISIONED_PRODUCT",
		"errors": ["InternalFailure: no capacity", "rolled back"], "cause": "InternalFailure: no capacity; rolled back", "launch_role": "arn:aws:iam::111122223333:role/Launch", "path_id": "lpv2-1",
		"last_record": "rec-1", "last_status": "SUCCEEDED", "last_created": "2026-11-24T00:00:00Z", "last_updated": "2026-11-24T00:00:00Z",
		"last_errors": ["InternalFailure: no capacity", "rolled back"], "launched_by": "arn:aws:iam::111122223333:user/ann", "newest_active": null,
	},
}

_spec(spec) := object.union(example, {"spec": spec})

_facts(facts) := object.union(example, {"facts": facts})

test_reports_plan_that_waits if {
	rule.deny == {{
		"msg": "a plan of the product has waited for 7 days to be executed or deleted",
		"evidence": {"status": "PLAN_IN_PROGRESS", "since": "2026-11-24T00:00:00Z", "record": "rec-1"},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_just_past_the_limit if {
	count(rule.deny) == 1 with input as _facts({"last_created": "2026-11-27T23:59:59Z"})
}

test_ignores_on_the_limit_and_within if {
	every created in ["2026-11-28T00:00:00Z", "2026-11-28T00:00:01Z"] {
		rule.deny == set() with input as _facts({"last_created": created})
	}
}

test_reports_by_the_configured_hours if {
	rule.deny == set() with input as example with data.tenor.params.service_catalog.plan_pending.hours as 168
	count(rule.deny) == 1 with input as example with data.tenor.params.service_catalog.plan_pending.hours as 167
}

test_ignores_missing_date if {
	rule.deny == set() with input as json.remove(example, ["facts/last_created"])
}

test_ignores_every_other_status if {
	every status in ["AVAILABLE", "UNDER_CHANGE", "TAINTED", "ERROR", "NEWER_THAN_US"] {
		rule.deny == set() with input as _spec({"Status": status})
	}
}

test_ignores_missing_status if {
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
