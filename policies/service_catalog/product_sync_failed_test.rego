package tenor.service_catalog.product_sync_failed_test

import data.tenor.service_catalog.product_sync_failed as rule

_with(sync) := {
	"kind": "service_catalog.product", "id": "prod-1", "name": "Edge cache", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "AVAILABLE", "SourceConnection": {"Type": "CODESTAR", "LastSync": sync}},
}

_failed := {
	"LastSyncStatus": "FAILED", "LastSyncStatusMessage": "The branch main was not found", "LastSyncTime": "2026-11-30T08:00:00Z",
	"LastSuccessfulSyncTime": "2026-10-01T08:00:00Z",
}

example := _with(_failed)

test_reports_sync_that_failed if {
	rule.deny == {{
		"msg": concat("", [
			"the last synchronisation with its repository failed: The branch main was not found; ",
			"the last that succeeded was on 2026-10-01",
		]),
		"evidence": {"last_sync": "2026-11-30T08:00:00Z", "last_successful_sync": "2026-10-01T08:00:00Z"},
		"command": ["aws", "servicecatalog", "describe-product-as-admin", "--id", "prod-1", "--region", "eu-central-1"],
	}} with input as example
}

test_says_so_without_a_message_or_a_success if {
	{d.msg | some d in rule.deny} == {"the last synchronisation with its repository failed; none that succeeded is known"}
		with input as _with({"LastSyncStatus": "FAILED"})
}

test_ignores_sync_that_succeeded_and_unknown_status if {
	every status in ["SUCCEEDED", "PENDING", "", null] {
		rule.deny == set() with input as _with({"LastSyncStatus": status})
	}
}

test_ignores_product_without_a_repository if {
	rule.deny == set() with input as json.remove(example, ["spec/SourceConnection"])
	rule.deny == set() with input as json.remove(example, ["spec"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "service_catalog.portfolio"})
}
