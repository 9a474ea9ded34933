# METADATA
# scope: package
# title: Stack set of a product is not whole
# description: >-
#   A product that is a stack set is in many accounts and regions, and says of itself that it is available although some of them failed.
#   Fires when an instance is INOPERABLE, which no update can mend: high. Fires when more than `percent` of the instances are OUTDATED, as
#   an update leaves those that it did not reach, and the last request ended more than `hours` hours ago: medium.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_ListStackInstancesForProvisionedProduct.html
#     description: ListStackInstancesForProvisionedProduct
#   - ref: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html
#     description: StackSets concepts
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   requires: [stack_instances]
#   optional: [records]
#   params:
#     percent: {default: 10, description: Percent of the instances that may be OUTDATED}
#     hours: {default: 24, description: Hours after the last request for which any number may be}
#   remediation: >-
#     Read the operations of the stack set in CloudFormation: they say why an account and region failed. Put that right first, such as a
#     role that is missing there, a region that is not enabled, or an account that is suspended. Then have the product's owner update it:
#     that asks for the parameters again and changes every account and region of it. An INOPERABLE instance has to be deleted from the stack
#     set, where its stack is to be retained, and that stack deleted by hand.
package tenor.service_catalog.stackset_instances

import data.tenor.lib.clock
import data.tenor.lib.product
import data.tenor.params.service_catalog.stackset_instances as params
import data.tenor.run

deny contains {
	"msg": sprintf("%d of %d stack instances are INOPERABLE%s%s", [_inoperable, _total, _also, _which]),
	"severity": "high",
	"evidence": _evidence,
	"command": product.instances,
} if {
	input.kind == "service_catalog.provisioned_product"
	_inoperable > 0
}

deny contains {
	"msg": sprintf("%d of %d stack instances are OUTDATED, %s after the last request ended%s", [
		_outdated, _total,
		clock.lasted(_ended_ns), _which,
	]),
	"evidence": _evidence,
	"command": product.instances,
} if {
	input.kind == "service_catalog.provisioned_product"
	_inoperable == 0
	_behind
	_ended_ns > clock.hours(params.hours)
}

# When the last request ended only the records say.
unknown contains "records" if {
	input.gaps.records
	_inoperable == 0
	_behind
}

_total := input.related.stack_instances.Total

_inoperable := object.get(input.related.stack_instances.Counts, "INOPERABLE", 0)

_outdated := object.get(input.related.stack_instances.Counts, "OUTDATED", 0)

_behind if _outdated * 100 > params.percent * _total

# _ended_ns is how long ago, in nanoseconds, the last request ended; undefined while it runs.
_ended_ns := run.as_of_ns - time.parse_rfc3339_ns(input.facts.last_updated) if {
	input.facts.last_status in {"SUCCEEDED", "FAILED"}
	is_string(input.facts.last_updated)
}

default _also := ""

_also := sprintf(" and %d OUTDATED", [_outdated]) if _outdated > 0

_which := sprintf(": %s%s", [concat(", ", _named), _more]) if count(_named) > 0

_which := "" if count(_named) == 0

_named := [sprintf("%s in %s", [i.Account, i.Region]) | some i in input.related.stack_instances.NotCurrent]

default _more := ""

_more := ", …" if _total - object.get(input.related.stack_instances.Counts, "CURRENT", 0) > count(_named)

_evidence := {
	"total": _total, "counts": input.related.stack_instances.Counts, "not_current": input.related.stack_instances.NotCurrent,
	"status": input.spec.Status,
}
