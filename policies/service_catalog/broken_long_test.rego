package tenor.service_catalog.broken_long_test

import data.tenor.service_catalog.broken_long as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "TAINTED", "Type": "CFN_STACK", "LastRecordId": "rec-1"},
	"related": {"records": {"RecordDetails": []}},
	"facts": {
		"broken_since": "2026-10-17T12:00:00Z", "broken_before": false, "attempts": 1, "succeeded": true,
		"failed_record": "rec-1", "failed_on": "2026-10-17T12:00:00Z", "request_type": "UPDATE_PROVISIONED_PRODUCT",
		"errors": ["InternalFailure: no capacity", "rolled back"], "cause": "InternalFailure: no capacity; rolled back", "launch_role": "arn:aws:iam::111122223333:role/Launch", "path_id": "lpv2-1",
		"last_record": "rec-1", "last_status": "FAILED", "last_created": "2026-10-17T12:00:00Z", "last_updated": "2026-10-17T12:00:00Z",
		"last_errors": ["InternalFailure: no capacity", "rolled back"], "launched_by": "arn:aws:iam::111122223333:user/ann", "newest_active": null,
	},
}

_spec(spec) := object.union(example, {"spec": spec})

_facts(facts) := object.union(example, {"facts": facts})

_said contains object.remove(d, {"remediation"}) if some d in rule.deny

test_reports_product_that_stays_broken if {
	_said == {{
		"msg": "the product is TAINTED since 2026-10-17, 45 days: InternalFailure: no capacity; rolled back",
		"evidence": {
			"status": "TAINTED", "since": "2026-10-17T12:00:00Z", "since_before": false, "attempts": 1, "request_type": "UPDATE_PROVISIONED_PRODUCT",
			"record": "rec-1", "cause": "InternalFailure: no capacity; rolled back", "launched_by": "arn:aws:iam::111122223333:user/ann",
			"launch_role": "arn:aws:iam::111122223333:role/Launch",
		},
		"command": [
			"aws", "servicecatalog", "list-record-history", "--search-filter", "Key=provisionedproduct,Value=pp-1",
			"--access-level-filter", "Key=Account,Value=self", "--region", "eu-central-1",
		],
	}} with input as example
}

test_says_what_lies_beyond_the_history if {
	{d.msg | some d in rule.deny} == {"the product is TAINTED since before 2026-10-17, 45 days, at least 100 failed attempts"}
		with input as _facts({"broken_before": true, "attempts": 100, "errors": []})
	{d.msg | some d in rule.deny} == {"the product is TAINTED since 2026-10-17, 45 days, 3 failed attempts: rolled back"}
		with input as _facts({"attempts": 3, "errors": ["rolled back"]})
}

test_reports_just_past_the_limit if {
	every status in ["TAINTED", "ERROR"] {
		count(rule.deny) == 1 with input as object.union(_facts({"broken_since": "2026-10-31T23:59:59Z"}), {"spec": {"Status": status}})
	}
}

test_ignores_on_the_limit_and_within if {
	every since in ["2026-11-01T00:00:00Z", "2026-11-01T00:00:01Z"] {
		rule.deny == set() with input as _facts({"broken_since": since})
	}
}

test_reports_by_the_configured_days if {
	rule.deny == set() with input as example with data.tenor.params.service_catalog.broken_long.days as 45
	count(rule.deny) == 1 with input as example with data.tenor.params.service_catalog.broken_long.days as 44
}

# The age of the last record and that of the product are no matter.
test_ignores_every_other_date if {
	rule.deny == set() with input as object.union(
		_facts({"broken_since": "2026-11-30T00:00:00Z", "last_created": "2020-01-01T00:00:00Z", "failed_on": "2020-01-01T00:00:00Z"}),
		{"spec": {"CreatedTime": "2020-01-01T00:00:00Z"}},
	)
}

test_cannot_tell_where_the_history_is_short if {
	gap := {"gaps": {"history": {"reason": "error"}}}
	rule.unknown == {"history"} with input as object.union(_facts({"broken_since": "2026-11-30T00:00:00Z"}), gap)
	rule.unknown == set() with input as object.union(example, gap)
	rule.unknown == set() with input as _facts({"broken_since": "2026-11-30T00:00:00Z"})
}

test_ignores_missing_facts if {
	every name in ["broken_since"] {
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
