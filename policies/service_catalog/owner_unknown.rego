# METADATA
# scope: package
# title: Nobody is known to own a product
# description: >-
#   No tag says whose the product is, and whoever launched it does not exist any more: AWS shows the id of a deleted user or
#   role in place of its name, or IAM does not know it. Nobody will answer for what it costs. Fires when none of the `tags` has
#   a value and the principal that launched it is an id that begins with AIDA or AROA, or a user or role of the product's own
#   account that IAM does not know.
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
#     description: Unique identifiers
# custom:
#   severity: low
#   kinds: [service_catalog.provisioned_product]
#   optional: [launched_by]
#   params:
#     tags: {default: [Owner], description: Tags of which one names the owner}
#   remediation: >-
#     Find out from the bill, the network and the product's own data who uses it, and have it tagged with its owner. Nobody
#     should terminate it before that: it deletes what it provisioned, and unenrols an account of AWS Control Tower, moves it to
#     the Root of the organization and lifts the service control policies of its organizational unit.
package tenor.service_catalog.owner_unknown

import data.tenor.lib.product
import data.tenor.params.service_catalog.owner_unknown as params

deny contains {
	"msg": sprintf("no tag names an owner, and who launched the product, %s, is deleted", [input.facts.launched_by]),
	"evidence": {"launched_by": input.facts.launched_by, "tags": params.tags},
	"command": product.describe_product,
} if {
	input.kind == "service_catalog.provisioned_product"
	_deleted
	not _owned
}

# Whether a principal with a name is there, only IAM says.
unknown contains "launched_by" if {
	input.gaps.launched_by
	not _owned
}

_deleted if {
	is_string(input.facts.launched_by)
	regex.match(`^(AIDA|AROA)[A-Z0-9]{12,}(:|$)`, input.facts.launched_by)
}

_deleted if input.related.launched_by.Missing

_owned if {
	some tag in params.tags
	input.tags[tag] != ""
}
