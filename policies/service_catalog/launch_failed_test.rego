package tenor.service_catalog.launch_failed_test

import data.tenor.service_catalog.launch_failed as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "ERROR", "Type": "CFN_STACK", "LastRecordId": "rec-1"},
	"related": {"records": {"RecordDetails": []}},
	"facts": {
		"broken_since": "2026-11-11T00:00:00Z", "broken_before": false, "attempts": 1, "succeeded": false,
		"failed_record": "rec-1", "failed_on": "2026-11-11T00:00:00Z", "request_type": "PROVISION_PRODUCT",
		"errors": ["InternalFailure: no capacity", "rolled back"], "cause": "InternalFailure: no capacity; rolled back", "launch_role": "arn:aws:iam::111122223333:role/Launch", "path_id": "lpv2-1",
		"last_record": "rec-1", "last_status": "FAILED", "last_created": "2026-11-11T00:00:00Z", "last_updated": "2026-11-11T00:00:00Z",
		"last_errors": ["InternalFailure: no capacity", "rolled back"], "launched_by": "arn:aws:iam::111122223333:user/ann", "newest_active": null,
	},
}

_spec(spec) := object.union(example, {"spec": spec})

_facts(facts) := object.union(example, {"facts": facts})

_said contains object.remove(d, {"remediation"}) if some d in rule.deny

test_reports_launch_that_failed if {
	_said == {{
		"msg": "the launch failed: the product is ERROR since 2026-11-11: InternalFailure: no capacity; rolled back",
		"evidence": {
			"status": "ERROR", "since": "2026-11-11T00:00:00Z", "since_before": false, "attempts": 1, "request_type": "PROVISION_PRODUCT",
			"record": "rec-1", "cause": "InternalFailure: no capacity; rolled back", "launched_by": "arn:aws:iam::111122223333:user/ann",
			"launch_role": "arn:aws:iam::111122223333:role/Launch",
		},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_tainted_product_and_attempts if {
	{d.msg | some d in rule.deny} == {"the launch failed after 2 attempts: the product is TAINTED since 2026-11-11"}
		with input as object.union(_facts({"attempts": 2, "errors": []}), {"spec": {"Status": "TAINTED"}})
}

test_ignores_product_that_was_whole if {
	rule.deny == set() with input as _facts({"succeeded": true})
}

test_ignores_every_other_request if {
	every type in ["UPDATE_PROVISIONED_PRODUCT", "TERMINATE_PROVISIONED_PRODUCT", "NEWER_THAN_US"] {
		rule.deny == set() with input as _facts({"request_type": type})
	}
}

test_ignores_missing_facts if {
	every name in ["request_type", "succeeded"] {
		rule.deny == set() with input as _facts({name: null})
		rule.deny == set() with input as json.remove(example, [concat("/", ["facts", name])])
	}
	rule.deny == set() with input as json.remove(example, ["facts"])
}

test_ignores_account_products if {
	rule.deny == set() with input as _spec({"Type": "CONTROL_TOWER_ACCOUNT"})
}

test_ignores_every_other_status if {
	every status in ["AVAILABLE", "UNDER_CHANGE", "PLAN_IN_PROGRESS", "NEWER_THAN_US"] {
		rule.deny == set() with input as _spec({"Status": status})
	}
}

test_ignores_missing_status if {
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
