# METADATA
# scope: package
# title: Stack of a product is missing
# description: >-
#   Service Catalog still has the product, and what it provisioned is gone: somebody deleted its stack in CloudFormation. An update of it
#   fails, and whoever counts on the product is mistaken. Fires when the stack that the product names was deleted, or is none of its account
#   and region, of which the list was read to its end; that list has the stacks that were deleted in the last 90 days.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStacks.html
#     description: ListStacks
# custom:
#   severity: high
#   kinds: [service_catalog.provisioned_product]
#   requires: [stacks]
#   remediation: >-
#     Find out who deleted the stack, with the event DeleteStack in CloudTrail, and whether anybody needs what it was. Where somebody does,
#     launch it again as a new product and restore its data from a copy. Then have the owner terminate the product that is left: it has
#     nothing to delete any more, and what the stack was told to retain stays and costs until somebody deletes it.
package tenor.service_catalog.stack_missing

import data.tenor.lib.product

deny contains {
	"msg": sprintf("its stack %s %s", [split(input.related.stacks.StackId, "/")[1], _became]),
	"evidence": {"stack": input.related.stacks.StackId, "status": input.spec.Status, "deleted": _deleted},
	"command": product.describe_product,
} if {
	input.kind == "service_catalog.provisioned_product"
}

# _became says what became of the stack; undefined for one that is there.
_became := "is not there, and was not in the last 90 days" if input.related.stacks.Missing

_became := concat("", ["was deleted", _on]) if input.related.stacks.StackStatus == "DELETE_COMPLETE"

default _on := ""

_on := sprintf(" on %s", [substring(_deleted, 0, 10)]) if _deleted != null

default _deleted := null

_deleted := input.related.stacks.DeletionTime
