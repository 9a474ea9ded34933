package tenor.service_catalog.product_stuck_test

import data.tenor.service_catalog.product_stuck as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "UNDER_CHANGE", "Type": "CFN_STACK", "LastRecordId": "rec-1"},
	"related": {"records": {"RecordDetails": []}},
	"facts": {
		"broken_since": "2026-11-29T00:00:00Z", "broken_before": false, "attempts": 1, "succeeded": true,
		"failed_record": "rec-1", "failed_on": "2026-11-29T00:00:00Z", "request_type": "UPDATE_PROVISIONED_PRODUCT",
		"errors": ["InternalFailure: no capacity", "rolled back"], "cause": "InternalFailure: no capacity; rolled back", "launch_role": "arn:aws:iam::111122223333:role/Launch", "path_id": "lpv2-1",
		"last_record": "rec-1", "last_status": "IN_PROGRESS", "last_created": "2026-11-29T00:00:00Z", "last_updated": "2026-11-29T00:00:00Z",
		"last_errors": ["InternalFailure: no capacity", "rolled back"], "launched_by": "arn:aws:iam::111122223333:user/ann", "newest_active": null,
	},
}

_spec(spec) := object.union(example, {"spec": spec})

_facts(facts) := object.union(example, {"facts": facts})

test_reports_change_that_does_not_end if {
	rule.deny == {{
		"msg": "the product has been UNDER_CHANGE for 48 hours",
		"evidence": {"status": "UNDER_CHANGE", "since": "2026-11-29T00:00:00Z", "record": "rec-1"},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_just_past_the_limit if {
	count(rule.deny) == 1 with input as _facts({"last_created": "2026-11-29T23:59:59Z"})
}

test_ignores_on_the_limit_and_within if {
	every created in ["2026-11-30T00:00:00Z", "2026-11-30T00:00:01Z"] {
		rule.deny == set() with input as _facts({"last_created": created})
	}
}

test_has_less_time_for_an_engine if {
	every type in ["TERRAFORM_OPEN_SOURCE", "TERRAFORM_CLOUD", "EXTERNAL"] {
		{d.msg | some d in rule.deny} == {"the product has been UNDER_CHANGE for 6 hours: its engine never called back"}
			with input as object.union(_facts({"last_created": "2026-11-30T17:59:59Z"}), {"spec": {"Type": type}})
		rule.deny == set() with input as object.union(_facts({"last_created": "2026-11-30T18:00:00Z"}), {"spec": {"Type": type}})
	}
	every type in ["CFN_STACK", "CFN_STACKSET", "NEWER_THAN_US"] {
		rule.deny == set() with input as object.union(_facts({"last_created": "2026-11-30T17:59:59Z"}), {"spec": {"Type": type}})
	}
}

test_reports_by_the_configured_hours if {
	rule.deny == set() with input as example with data.tenor.params.service_catalog.product_stuck.hours as 48
	count(rule.deny) == 1 with input as example with data.tenor.params.service_catalog.product_stuck.hours as 47
	rule.deny == set() with input as _spec({"Type": "EXTERNAL"}) with data.tenor.params.service_catalog.product_stuck.engine_hours as 48
	count(rule.deny) == 1 with input as _spec({"Type": "EXTERNAL"}) with data.tenor.params.service_catalog.product_stuck.engine_hours as 47
}

test_reports_every_record_that_runs if {
	every status in ["CREATED", "IN_PROGRESS", "IN_PROGRESS_IN_ERROR"] {
		count(rule.deny) == 1 with input as _facts({"last_status": status})
	}
}

# A record that has ended does not say since when the product is under change.
test_ignores_every_other_record if {
	every status in ["SUCCEEDED", "FAILED", "NEWER_THAN_US"] {
		rule.deny == set() with input as _facts({"last_status": status})
	}
}

test_reports_product_without_a_type if {
	count(rule.deny) == 1 with input as json.remove(example, ["spec/Type"])
}

# The age of the product is never that of the change.
test_ignores_the_age_of_the_product if {
	rule.deny == set() with input as json.remove(_spec({"CreatedTime": "2020-01-01T00:00:00Z"}), ["facts/last_created"])
}

test_ignores_missing_facts if {
	every name in ["last_status"] {
		rule.deny == set() with input as _facts({name: null})
		rule.deny == set() with input as json.remove(example, [concat("/", ["facts", name])])
	}
	rule.deny == set() with input as json.remove(example, ["facts"])
}

test_ignores_account_products if {
	rule.deny == set() with input as _spec({"Type": "CONTROL_TOWER_ACCOUNT"})
}

test_ignores_every_other_status if {
	every status in ["AVAILABLE", "TAINTED", "ERROR", "PLAN_IN_PROGRESS", "NEWER_THAN_US"] {
		rule.deny == set() with input as _spec({"Status": status})
	}
}

test_ignores_missing_status if {
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
