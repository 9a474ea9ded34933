# METADATA
# scope: package
# title: Outposts order in error
# description: >-
#   AWS stopped processing an order. Nothing happens until somebody contacts AWS. Fires when the order's status is ERROR,
#   or that of any of its line items.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_Order.html
#     description: Order
# custom:
#   severity: high
#   kinds: [outposts.order]
#   remediation: Open a case with AWS Support that names the order and the line items.
package tenor.outposts.order_error

import data.tenor.lib.order
import data.tenor.lib.text

deny contains {
	"msg": _message(_status, _items),
	"evidence": {"status": _status, "line_items": sort(_items)},
	"command": order.show,
} if {
	input.kind == "outposts.order"
	_error
}

_error if _status == "ERROR"

_error if count(_items) > 0

default _status := "of no known status"

_status := input.spec.Status

_items contains object.get(item, "LineItemId", "") if {
	some item in input.spec.LineItems
	item.Status == "ERROR"
}

_message("ERROR", items) := "the order is in ERROR" if count(items) == 0

_message(status, items) := sprintf("%s in ERROR; the order is %s", [text.counted(count(items), "line item"), status]) if count(items) > 0
