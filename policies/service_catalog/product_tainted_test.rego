package tenor.service_catalog.product_tainted_test

import data.tenor.service_catalog.product_tainted as rule

example := {
	"kind": "service_catalog.provisioned_product", "id": "pp-1", "name": "db", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "TAINTED", "Type": "CFN_STACK", "LastRecordId": "rec-1"},
	"related": {"records": {"RecordDetails": []}},
	"facts": {
		"broken_since": "2026-11-11T00:00:00Z", "broken_before": false, "attempts": 1, "succeeded": true,
		"failed_record": "rec-1", "failed_on": "2026-11-11T00:00:00Z", "request_type": "UPDATE_PROVISIONED_PRODUCT",
		"errors": ["InternalFailure: no capacity", "rolled back"], "cause": "InternalFailure: no capacity; rolled back", "launch_role": "arn:aws:iam::111122223333:role/Launch", "path_id": "lpv2-1",
		"last_record": "rec-1", "last_status": "FAILED", "last_created": "2026-11-11T00:00:00Z", "last_updated": "2026-11-11T00:00:00Z",
		"last_errors": ["InternalFailure: no capacity", "rolled back"], "launched_by": "arn:aws:iam::111122223333:user/ann", "newest_active": null,
	},
}

_spec(spec) := object.union(example, {"spec": spec})

_facts(facts) := object.union(example, {"facts": facts})

_said contains object.remove(d, {"remediation"}) if some d in rule.deny

test_reports_product_tainted if {
	_said == {{
		"msg": "the product is TAINTED: InternalFailure: no capacity; rolled back",
		"evidence": {"status": "TAINTED", "record": "rec-1", "cause": example.facts.cause},
		"command": ["aws", "servicecatalog", "describe-record", "--id", "rec-1", "--region", "eu-central-1"],
	}} with input as example
}

test_leaves_it_to_the_narrower_rules if {
	every facts in [
		{"request_type": "PROVISION_PRODUCT", "succeeded": false},
		{"request_type": "TERMINATE_PROVISIONED_PRODUCT"},
		{"broken_since": "2026-10-31T23:59:59Z"},
	] {
		rule.deny == set() with input as _facts(facts)
	}
}

test_reports_what_no_narrower_rule_does if {
	every facts in [
		{"request_type": "PROVISION_PRODUCT"}, # once it was whole
		{"succeeded": false}, # by another request
		{"broken_since": "2026-11-01T00:00:00Z"}, # on the limit
		{"request_type": null, "broken_since": null, "failed_record": null},
	] {
		count(rule.deny) == 1 with input as _facts(facts)
	}
}

test_goes_by_the_days_of_broken_long if {
	rule.deny == set() with input as example with data.tenor.params.service_catalog.broken_long.days as 19
	count(rule.deny) == 1 with input as example with data.tenor.params.service_catalog.broken_long.days as 20
}

# The status alone proves it: the records change the words.
test_reports_the_same_where_the_records_are_a_gap if {
	every facts in [{}, {"errors": [], "request_type": null, "broken_since": null}] {
		{[d.msg, d.evidence] | some d in rule.deny} == {["the product is TAINTED: told by AWS", {"status": "TAINTED", "record": "rec-1", "cause": null}]}
			with input as object.union(json.remove(_spec({"StatusMessage": "told by AWS"}), ["related", "facts"]), {
				"facts": facts,
				"gaps": {"records": {"reason": "access_denied"}},
			})
	}
}

test_reports_without_any_word if {
	{d.msg | some d in rule.deny} == {"the product is TAINTED"} with input as _facts({"errors": []})
	{d.msg | some d in rule.deny} == {"the product is TAINTED"} with input as json.remove(_spec({"StatusMessage": ""}), ["facts"])
}

test_reports_without_a_record if {
	some d in rule.deny with input as json.remove(example, ["spec/LastRecordId"])
	[d.evidence.record, d.command] == [null, ["aws", "servicecatalog", "describe-provisioned-product", "--id", "pp-1", "--region", "eu-central-1"]]
}

test_reports_product_without_a_type if {
	count(rule.deny) == 1 with input as json.remove(example, ["spec/Type"])
}

test_ignores_account_products if {
	rule.deny == set() with input as _spec({"Type": "CONTROL_TOWER_ACCOUNT"})
}

test_ignores_every_other_status if {
	every status in ["AVAILABLE", "UNDER_CHANGE", "ERROR", "PLAN_IN_PROGRESS", "NEWER_THAN_US"] {
		rule.deny == set() with input as _spec({"Status": status})
	}
}

test_ignores_missing_status if {
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "outposts.order"})
}

test_reports_what_a_narrower_rule_would_if_it_were_on if {
	launch := object.union(example, {"facts": {"request_type": "PROVISION_PRODUCT", "succeeded": false}})
	rule.deny == set() with input as launch
	count(rule.deny) == 1 with input as launch with data.tenor.run.rules as []
}
