package tenor.service_catalog.product_stuck_test

import data.tenor.service_catalog.product_stuck as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "UNDER_CHANGE", "Type": "CFN_STACK", "CreatedTime": "2026-01-01T00:00:00Z", "LastRecordId": "rec-1"},
	"related": {"last_record": {"Status": "IN_PROGRESS", "CreatedTime": "2026-11-29T00:00:00Z"}},
}

_with(spec) := object.union(example, {"spec": spec})

_record(record) := object.union(example, {"related": {"last_record": record}})

test_reports_change_that_does_not_end if {
	rule.deny == {{
		"msg": "the product has been UNDER_CHANGE for 48 hours",
		"evidence": {"status": "UNDER_CHANGE", "since": "2026-11-29T00:00:00Z", "record": "rec-1"},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_just_past_the_limit if {
	count(rule.deny) == 1 with input as _record({"CreatedTime": "2026-11-29T23:59:59Z"})
}

test_ignores_on_the_limit_and_within if {
	rule.deny == set() with input as _record({"CreatedTime": "2026-11-30T00:00:00Z"})
	rule.deny == set() with input as _record({"CreatedTime": "2026-11-30T00:00:01Z"})
}

test_reports_by_the_configured_hours if {
	rule.deny == set() with input as example with data.tenor.params.service_catalog.product_stuck.hours as 48
	count(rule.deny) == 1 with input as example with data.tenor.params.service_catalog.product_stuck.hours as 47
}

test_reports_every_record_that_runs if {
	every status in ["CREATED", "IN_PROGRESS", "IN_PROGRESS_IN_ERROR"] {
		count(rule.deny) == 1 with input as _record({"Status": status})
	}
}

# A record that has ended does not say since when the product is under change.
test_ignores_every_other_record if {
	every status in ["SUCCEEDED", "FAILED", "NEWER_THAN_US"] {
		rule.deny == set() with input as _record({"Status": status, "CreatedTime": "2020-01-01T00:00:00Z"})
	}
}

test_ignores_every_other_status if {
	every status in ["AVAILABLE", "TAINTED", "ERROR", "PLAN_IN_PROGRESS", "NEWER_THAN_US"] {
		rule.deny == set() with input as _with({"Status": status})
	}
}

test_ignores_account_products if {
	rule.deny == set() with input as _with({"Type": "CONTROL_TOWER_ACCOUNT"})
}

test_reports_product_without_a_type if {
	count(rule.deny) == 1 with input as json.remove(example, ["spec/Type"])
}

# The age of the product is never that of the change.
test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
	rule.deny == set() with input as json.remove(example, ["related/last_record/CreatedTime"])
	rule.deny == set() with input as json.remove(example, ["related/last_record/Status"])
	rule.deny == set() with input as json.remove(example, ["related"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
