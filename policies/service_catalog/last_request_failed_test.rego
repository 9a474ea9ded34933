package tenor.service_catalog.last_request_failed_test

import data.tenor.service_catalog.last_request_failed as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "AVAILABLE", "Type": "CFN_STACK", "LastRecordId": "rec-2"},
	"related": {"records": {"RecordDetails": []}},
	"facts": {
		"broken_since": "2026-11-11T00:00:00Z", "broken_before": false, "attempts": 1, "succeeded": true,
		"failed_record": "rec-2", "failed_on": "2026-11-11T00:00:00Z", "request_type": "UPDATE_PROVISIONED_PRODUCT",
		"errors": ["InternalFailure: no capacity", "rolled back"], "cause": "InternalFailure: no capacity; rolled back", "launch_role": "arn:aws:iam::111122223333:role/Launch", "path_id": "lpv2-1",
		"last_record": "rec-2", "last_status": "FAILED", "last_created": "2026-11-11T00:00:00Z", "last_updated": "2026-11-11T00:00:00Z",
		"last_errors": ["InternalFailure: no capacity", "rolled back"], "last_cause": "InternalFailure: no capacity; rolled back", "launched_by": "arn:aws:iam::111122223333:user/ann", "newest_active": null,
	},
}

_spec(spec) := object.union(example, {"spec": spec})

_facts(facts) := object.union(example, {"facts": facts})

test_reports_failed_request if {
	rule.deny == {{
		"msg": "the product is AVAILABLE, but the last request on it failed: InternalFailure: no capacity; rolled back",
		"evidence": {"status": "AVAILABLE", "record": "rec-2", "cause": "InternalFailure: no capacity; rolled back"},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-2", "--region", "eu-central-1"],
		"remediation": concat(" ", [
			"Read the events of the product's stack in CloudFormation: the first that failed says why.",
			"Put the cause right before anything else: the same request fails again.",
			"Then ask for it again: an update asks for the parameters again, needs the launch path, and may replace the product entirely.",
			"Where nobody needs the product, have its owner terminate it, which deletes what it provisioned.",
		]),
	}} with input as example
}

# A service action, such as a reboot, is asked for again as such; what failed before it is update_failed_hidden's.
test_says_no_update_for_a_service_action if {
	every failed in ["rec-1", null] {
		{d.remediation | some d in rule.deny} == {"Read the record's errors and put the cause right, then ask again, or leave a note: the same request fails again."} with input as _facts({"failed_record": failed})
	}
	count(rule.deny) == 1 with input as json.remove(example, ["facts/failed_record"])
}

test_quotes_the_errors_of_the_last_record if {
	{d.msg | some d in rule.deny} == {"the product is AVAILABLE, but the last request on it failed: no reboot"}
		with input as _facts({"last_errors": ["no reboot"]})
	{d.msg | some d in rule.deny} == {"the product is AVAILABLE, but the last request on it failed"} with input as _facts({"last_errors": []})
}

# The failure that counts may be another than that of the last record, such as a failed service action.
test_names_the_cause_of_the_last_record if {
	{d.evidence.cause | some d in rule.deny} == {"no reboot of <id>"}
		with input as _facts({"last_errors": ["no reboot of i-0a1b2c3d"], "last_cause": "no reboot of <id>"})
	{d.evidence.cause | some d in rule.deny} == {null} with input as _facts({"last_errors": [], "last_cause": null})
	{d.evidence.cause | some d in rule.deny} == {null} with input as json.remove(example, ["facts/last_cause"])
}

test_ignores_other_record_statuses if {
	every status in ["SUCCEEDED", "CREATED", "IN_PROGRESS", "IN_PROGRESS_IN_ERROR", "NEWER_THAN_US"] {
		rule.deny == set() with input as _facts({"last_status": status})
	}
}

test_ignores_missing_facts if {
	every name in ["last_status"] {
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
