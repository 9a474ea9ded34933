package tenor.service_catalog.product_stuck_test

import data.tenor.service_catalog.product_stuck as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "UNDER_CHANGE", "CreatedTime": "2026-01-01T00:00:00Z", "LastRecordId": "rec-1"},
	"related": {"last_record": {"CreatedTime": "2026-11-29T00:00:00Z"}},
}

_at(status, created) := object.union(example, {"spec": {"Status": status}, "related": {"last_record": {"CreatedTime": created}}})

test_reports_change_that_does_not_end if {
	rule.deny == {{
		"msg": "the product has been UNDER_CHANGE for 48 hours",
		"evidence": {"status": "UNDER_CHANGE", "since": "2026-11-29T00:00:00Z", "record": "rec-1"},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-1", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_just_past_the_limit if {
	every status in ["UNDER_CHANGE", "PLAN_IN_PROGRESS"] {
		count(rule.deny) == 1 with input as _at(status, "2026-11-29T23:59:59Z")
	}
}

test_ignores_on_the_limit if {
	every status in ["UNDER_CHANGE", "PLAN_IN_PROGRESS"] {
		rule.deny == set() with input as _at(status, "2026-11-30T00:00:00Z")
	}
}

test_ignores_within_the_configured_hours if {
	rule.deny == set() with input as example with data.tenor.params.service_catalog.product_stuck.hours as 48
}

test_reports_from_the_products_own_time if {
	{d.evidence.since | some d in rule.deny} == {"2026-01-01T00:00:00Z"} with input as json.remove(example, ["related"])
}

test_ignores_every_other_status if {
	every status in ["AVAILABLE", "TAINTED", "ERROR", "NEWER_THAN_US"] {
		rule.deny == set() with input as _at(status, "2020-01-01T00:00:00Z")
	}
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
	rule.deny == set() with input as json.remove(example, ["spec/CreatedTime", "related"])
}
