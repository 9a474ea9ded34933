package tenor.service_catalog.rolling_back_test

import data.tenor.service_catalog.rolling_back as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "UNDER_CHANGE", "Type": "CFN_STACK", "LastRecordId": "rec-1"},
	"related": {"records": {"RecordDetails": []}},
	"facts": {
		"broken_since": "2026-11-30T12:00:00Z", "broken_before": false, "attempts": 1, "succeeded": true,
		"failed_record": "rec-1", "failed_on": "2026-11-30T12:00:00Z", "request_type": "UPDATE_PROVISIONED_PRODUCT",
		"errors": ["InternalFailure: no capacity", "rolled back"], "cause": "InternalFailure: no capacity; rolled back", "launch_role": "arn:aws:iam::111122223333:role/Launch", "path_id": "lpv2-1",
		"last_record": "rec-1", "last_status": "IN_PROGRESS_IN_ERROR", "last_created": "2026-11-30T12:00:00Z", "last_updated": "2026-11-30T12:00:00Z",
		"last_errors": ["InternalFailure: no capacity", "rolled back"], "last_cause": "InternalFailure: no capacity; rolled back", "launched_by": "arn:aws:iam::111122223333:user/ann", "newest_active": null,
	},
}

_spec(spec) := object.union(example, {"spec": spec})

_facts(facts) := object.union(example, {"facts": facts})

test_reports_rollback_that_does_not_end if {
	rule.deny == {{
		"msg": "the last request is being rolled back, for 12 hours: InternalFailure: no capacity; rolled back",
		"evidence": {
			"status": "UNDER_CHANGE", "since": "2026-11-30T12:00:00Z", "record": "rec-1",
			"cause": "InternalFailure: no capacity; rolled back",
		},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_just_past_the_limit if {
	{d.msg | some d in rule.deny} == {"the last request is being rolled back, for 1 hour"}
		with input as _facts({"last_updated": "2026-11-30T22:59:59Z", "last_errors": []})
}

test_ignores_on_the_limit_and_within if {
	every updated in ["2026-11-30T23:00:00Z", "2026-11-30T23:00:01Z"] {
		rule.deny == set() with input as _facts({"last_updated": updated})
	}
}

# A record that says no error has no cause.
test_names_the_cause_of_the_last_record if {
	{d.evidence.cause | some d in rule.deny} == {"no room in <id>"}
		with input as _facts({"last_errors": ["no room in eu-1a2b3c"], "last_cause": "no room in <id>"})
	{d.evidence.cause | some d in rule.deny} == {null} with input as _facts({"last_errors": [], "last_cause": null})
	{d.evidence.cause | some d in rule.deny} == {null} with input as json.remove(example, ["facts/last_cause"])
}

test_reports_by_the_configured_hours if {
	rule.deny == set() with input as example with data.tenor.params.service_catalog.rolling_back.hours as 12
	count(rule.deny) == 1 with input as example with data.tenor.params.service_catalog.rolling_back.hours as 11
}

test_ignores_every_other_record if {
	every status in ["CREATED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "NEWER_THAN_US"] {
		rule.deny == set() with input as _facts({"last_status": status})
	}
}

test_ignores_missing_date if {
	rule.deny == set() with input as json.remove(example, ["facts/last_updated"])
}

test_ignores_missing_facts if {
	every name in ["last_status"] {
		rule.deny == set() with input as _facts({name: null})
		rule.deny == set() with input as json.remove(example, [concat("/", ["facts", name])])
	}
	rule.deny == set() with input as json.remove(example, ["facts"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
