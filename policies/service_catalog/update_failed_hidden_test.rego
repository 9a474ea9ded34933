package tenor.service_catalog.update_failed_hidden_test

import data.tenor.service_catalog.update_failed_hidden as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "AVAILABLE", "Type": "CFN_STACK", "LastRecordId": "rec-2"},
	"related": {"records": {"RecordDetails": []}},
	"facts": {
		"broken_since": "2026-11-11T00:00:00Z", "broken_before": false, "attempts": 1, "succeeded": true,
		"failed_record": "rec-1", "failed_on": "2026-11-11T00:00:00Z", "request_type": "UPDATE_PROVISIONED_PRODUCT",
		"errors": ["InternalFailure: no capacity", "rolled back"], "cause": "InternalFailure: no capacity; rolled back", "launch_role": "arn:aws:iam::111122223333:role/Launch", "path_id": "lpv2-1",
		"last_record": "rec-2", "last_status": "SUCCEEDED", "last_created": "2026-11-11T00:00:00Z", "last_updated": "2026-11-11T00:00:00Z",
		"last_errors": ["InternalFailure: no capacity", "rolled back"], "launched_by": "arn:aws:iam::111122223333:user/ann", "newest_active": null,
	},
}

_spec(spec) := object.union(example, {"spec": spec})

_facts(facts) := object.union(example, {"facts": facts})

_said contains object.remove(d, {"remediation"}) if some d in rule.deny

test_reports_failure_behind_a_later_request if {
	_said == {{
		"msg": concat("", [
			"the product is AVAILABLE, but its last UPDATE_PROVISIONED_PRODUCT failed on 2026-11-11, and a later request hides that:",
			" InternalFailure: no capacity; rolled back",
		]),
		"evidence": object.union(
			{
				"status": "AVAILABLE", "since": "2026-11-11T00:00:00Z", "since_before": false, "attempts": 1, "request_type": "UPDATE_PROVISIONED_PRODUCT",
				"record": "rec-1", "cause": "InternalFailure: no capacity; rolled back", "launched_by": "arn:aws:iam::111122223333:user/ann",
				"launch_role": "arn:aws:iam::111122223333:role/Launch",
			},
			{"last_record": "rec-2"},
		),
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_behind_a_later_failure_too if {
	count(rule.deny) == 1 with input as _facts({"last_status": "FAILED"})
}

test_ignores_failure_that_is_the_last_record if {
	rule.deny == set() with input as _facts({"last_record": "rec-1"})
}

test_ignores_missing_facts if {
	every name in ["request_type"] {
		rule.deny == set() with input as _facts({name: null})
		rule.deny == set() with input as json.remove(example, [concat("/", ["facts", name])])
	}
	rule.deny == set() with input as json.remove(example, ["facts"])
}

test_ignores_every_other_status if {
	every status in ["UNDER_CHANGE", "TAINTED", "ERROR", "PLAN_IN_PROGRESS", "NEWER_THAN_US"] {
		rule.deny == set() with input as _spec({"Status": status})
	}
}

test_ignores_missing_status if {
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
