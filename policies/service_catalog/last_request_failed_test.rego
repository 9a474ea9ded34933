package tenor.service_catalog.last_request_failed_test

import data.tenor.service_catalog.last_request_failed as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "AVAILABLE", "LastRecordId": "rec-2", "LastSuccessfulProvisioningRecordId": "rec-1"},
	"related": {"last_record": {"Status": "FAILED", "RecordErrors": [{"Code": "AccessDenied", "Description": "no role"}]}},
}

test_reports_failed_request if {
	rule.deny == {{
		"msg": "the product is AVAILABLE, but the last request on it failed: AccessDenied: no role",
		"evidence": {"status": "AVAILABLE", "record": "rec-2"},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-2", "--region", "eu-central-1"],
	}} with input as example
}

test_ignores_other_record_statuses if {
	every status in ["SUCCEEDED", "CREATED", "IN_PROGRESS", "IN_PROGRESS_IN_ERROR", "NEWER_THAN_US"] {
		rule.deny == set() with input as object.union(example, {"related": {"last_record": {"Status": status}}})
	}
}

test_ignores_every_other_status if {
	every status in ["TAINTED", "ERROR", "UNDER_CHANGE", "PLAN_IN_PROGRESS", "NEWER_THAN_US"] {
		rule.deny == set() with input as object.union(example, {"spec": {"Status": status}})
	}
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["related"])
	rule.deny == set() with input as json.remove(example, ["related/last_record/Status"])
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
