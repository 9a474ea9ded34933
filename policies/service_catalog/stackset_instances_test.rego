package tenor.service_catalog.stackset_instances_test

import data.tenor.service_catalog.stackset_instances as rule

# Of 40 instances 5 are OUTDATED, which is more than 10%, and the last request ended 25 hours ago.
example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "vpc", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "AVAILABLE", "Type": "CFN_STACKSET"},
	"related": {
		"stack_instances": {
			"Total": 40, "Counts": {"CURRENT": 35, "OUTDATED": 5},
			"NotCurrent": [
				{"Account": "444455556666", "Region": "eu-west-1", "StackInstanceStatus": "OUTDATED"},
				{"Account": "444455556666", "Region": "us-east-1", "StackInstanceStatus": "OUTDATED"},
			],
		},
		"records": {"RecordDetails": []},
	},
	"facts": {"last_status": "SUCCEEDED", "last_updated": "2026-11-29T23:00:00Z"},
}

_counts(total, counts) := json.patch(example, [
	{"op": "replace", "path": "related/stack_instances/Total", "value": total},
	{"op": "replace", "path": "related/stack_instances/Counts", "value": counts},
])

_facts(facts) := object.union(example, {"facts": facts})

test_reports_outdated_instances if {
	rule.deny == {{
		"msg": concat(" ", [
			"5 of 40 stack instances are OUTDATED, 25 hours after the last request ended:",
			"444455556666 in eu-west-1, 444455556666 in us-east-1, …",
		]),
		"evidence": {
			"total": 40, "counts": {"CURRENT": 35, "OUTDATED": 5}, "not_current": example.related.stack_instances.NotCurrent,
			"status": "AVAILABLE",
		},
		"command": [
			"aws", "servicecatalog", "list-stack-instances-for-provisioned-product", "--provisioned-product-id", "pp-1", "--region",
			"eu-central-1",
		],
	}} with input as example
}

test_says_long_times_in_days if {
	cases := {
		"2026-11-28T00:00:01Z": "71 hours", "2026-11-28T00:00:00Z": "3 days", "2026-11-26T12:00:00Z": "4 days",
		"2026-02-04T01:00:00Z": "299 days",
	}
	every ended, lasted in cases {
		some d in rule.deny with input as _facts({"last_updated": ended})
		contains(d.msg, sprintf("OUTDATED, %s after the last request ended", [lasted]))
	}
}

test_reports_inoperable_instances_as_high if {
	{[d.msg, d.severity] | some d in rule.deny} == {[
		"1 of 2 stack instances are INOPERABLE: 444455556666 in eu-west-1, 444455556666 in us-east-1", "high",
	]} with input as _counts(2, {"INOPERABLE": 1, "CURRENT": 1})
}

# Whatever the records say, and one finding for both.
test_reports_one_finding_for_inoperable_and_outdated if {
	{[d.msg, d.severity] | some d in rule.deny} == {[
		"1 of 40 stack instances are INOPERABLE and 20 OUTDATED: 444455556666 in eu-west-1, 444455556666 in us-east-1, …", "high",
	]} with input as object.union(_counts(40, {"INOPERABLE": 1, "CURRENT": 19, "OUTDATED": 20}), {"facts": {"last_status": null}})
}

test_percent_is_exceeded_and_not_met if {
	rule.deny == set() with input as _counts(40, {"CURRENT": 36, "OUTDATED": 4})
	count(rule.deny) == 1 with input as _counts(39, {"CURRENT": 35, "OUTDATED": 4})
	count(rule.deny) == 1 with input as _counts(40, {"CURRENT": 36, "OUTDATED": 4})
		with data.tenor.params.service_catalog.stackset_instances.percent as 9.9
	rule.deny == set() with input as _counts(0, {})
}

test_hours_are_exceeded_and_not_met if {
	rule.deny == set() with input as _facts({"last_updated": "2026-11-30T00:00:00Z"})
	count(rule.deny) == 1 with input as _facts({"last_updated": "2026-11-29T23:59:59Z"})
	rule.deny == set() with input as example with data.tenor.params.service_catalog.stackset_instances.hours as 25
}

test_ignores_request_that_runs if {
	every status in ["IN_PROGRESS", "IN_PROGRESS_IN_ERROR", "CREATED", null] {
		rule.deny == set() with input as _facts({"last_status": status})
	}
	count(rule.deny) == 1 with input as _facts({"last_status": "FAILED"})
}

test_cannot_tell_without_the_records if {
	gap := {"gaps": {"records": {"reason": "access_denied"}}}
	rule.unknown == {"records"} with input as object.union(json.remove(example, ["facts", "related/records"]), gap)
	rule.unknown == set() with input as object.union(_counts(40, {"CURRENT": 36, "OUTDATED": 4}), gap)
	rule.unknown == set() with input as object.union(_counts(40, {"INOPERABLE": 1, "OUTDATED": 39}), gap)
	rule.unknown == set() with input as example
}

test_ignores_status_that_is_not_known if {
	rule.deny == set() with input as _counts(40, {"CURRENT": 1, "NEWER_THAN_US": 39})
}

test_names_none_where_none_is_listed if {
	{d.msg | some d in rule.deny} == {"1 of 1 stack instances are INOPERABLE"} with input as json.patch(
		_counts(1, {"INOPERABLE": 1}),
		[{"op": "replace", "path": "related/stack_instances/NotCurrent", "value": []}],
	)
}

test_ignores_missing_section if {
	rule.deny == set() with input as json.remove(example, ["related"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}
