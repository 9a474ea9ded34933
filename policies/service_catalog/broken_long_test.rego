package tenor.service_catalog.broken_long_test

import data.tenor.service_catalog.broken_long as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "TAINTED", "Type": "CFN_STACK", "LastRecordId": "rec-1"},
	"related": {"last_record": {"Status": "FAILED", "CreatedTime": "2026-10-17T12:00:00Z", "UpdatedTime": "2026-10-17T13:00:00Z"}},
}

_with(spec) := object.union(example, {"spec": spec})

_at(status, created) := object.union(_with({"Status": status}), {"related": {"last_record": {"CreatedTime": created}}})

test_reports_product_that_stays_broken if {
	rule.deny == {{
		"msg": "the product is TAINTED; its last record is 44 days old",
		"evidence": {"status": "TAINTED", "since": "2026-10-17T12:00:00Z", "record": "rec-1"},
		"command": [
			"aws", "servicecatalog", "list-record-history", "--search-filter", "Key=provisionedproduct,Value=pp-1",
			"--access-level-filter", "Key=Account,Value=self", "--region", "eu-central-1",
		],
	}} with input as example
}

test_reports_just_past_the_limit if {
	every status in ["TAINTED", "ERROR"] {
		count(rule.deny) == 1 with input as _at(status, "2026-10-31T23:59:59Z")
	}
}

test_ignores_on_the_limit_and_within if {
	every status in ["TAINTED", "ERROR"] {
		rule.deny == set() with input as _at(status, "2026-11-01T00:00:00Z")
		rule.deny == set() with input as _at(status, "2026-11-01T00:00:01Z")
	}
}

test_reports_by_the_configured_days if {
	rule.deny == set() with input as example with data.tenor.params.service_catalog.broken_long.days as 45
	count(rule.deny) == 1 with input as example with data.tenor.params.service_catalog.broken_long.days as 44
}

# What the record was last updated at says nothing about how long it has been broken.
test_ignores_the_update_of_the_record if {
	{d.evidence.since | some d in rule.deny} == {"2026-10-17T12:00:00Z"} with input as object.union(example, {"related": {"last_record": {"UpdatedTime": "2026-11-30T00:00:00Z"}}})
}

test_ignores_account_products if {
	rule.deny == set() with input as _with({"Type": "CONTROL_TOWER_ACCOUNT"})
}

test_ignores_every_other_status if {
	every status in ["AVAILABLE", "UNDER_CHANGE", "PLAN_IN_PROGRESS", "NEWER_THAN_US"] {
		rule.deny == set() with input as _with({"Status": status})
	}
}

test_reports_product_without_a_type_or_a_record_id if {
	{d.evidence.record | some d in rule.deny} == {null} with input as json.remove(example, ["spec/Type", "spec/LastRecordId"])
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
	rule.deny == set() with input as json.remove(example, ["related/last_record/CreatedTime"])
	rule.deny == set() with input as json.remove(example, ["related"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
