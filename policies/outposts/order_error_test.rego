package tenor.outposts.order_error_test

import data.tenor.outposts.order_error as rule

example := {
	"kind": "outposts.order", "id": "oo-0123456789abcdef0", "name": "", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Status": "ERROR", "LineItems": [{"LineItemId": "ooi-1", "Status": "PREPARING"}]},
}

_with(spec) := object.union(example, {"spec": spec})

test_reports_order_in_error if {
	rule.deny == {{
		"msg": "the order is in ERROR",
		"evidence": {"status": "ERROR", "line_items": []},
		"command": ["aws", "outposts", "get-order", "--order-id", "oo-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_line_items_in_error if {
	rule.deny == {{
		"msg": "2 line items in ERROR; the order is IN_PROGRESS",
		"evidence": {"status": "IN_PROGRESS", "line_items": ["ooi-1", "ooi-3"]},
		"command": ["aws", "outposts", "get-order", "--order-id", "oo-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as _with({"Status": "IN_PROGRESS", "LineItems": [
		{"LineItemId": "ooi-3", "Status": "ERROR"},
		{"LineItemId": "ooi-2", "Status": "SHIPPED"},
		{"LineItemId": "ooi-1", "Status": "ERROR"},
	]})
}

test_reports_line_item_without_an_id if {
	{d.evidence.line_items | some d in rule.deny} == {[""]} with input as _with({"Status": "PREPARING", "LineItems": [{"Status": "ERROR"}]})
}

test_ignores_every_other_status if {
	every status in ["PREPARING", "IN_PROGRESS", "DELIVERED", "COMPLETED", "CANCELLED", "RECEIVED", "NEWER_THAN_US"] {
		rule.deny == set() with input as _with({"Status": status})
	}
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(_with({"Status": "PREPARING"}), ["spec/LineItems"])
	rule.deny == set() with input as json.remove(example, ["spec/Status"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "service_catalog.provisioned_product"})
}

test_reports_line_item_of_order_without_status if {
	{d.msg | some d in rule.deny} == {"1 line item in ERROR; the order is of no known status"} with input as object.union(
		json.remove(example, ["spec/Status"]),
		{"spec": {"LineItems": [{"LineItemId": "ooi-1", "Status": "ERROR"}]}},
	)
}
