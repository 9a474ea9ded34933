# METADATA
# scope: package
# title: Tag is missing
# description: >-
#   Nobody can be asked about a resource without an owner, and its cost goes to no cost centre. Fires when a tag of required is
#   missing or empty on an Outpost or a provisioned product; tags that begin with aws: do not count. One finding names all that
#   are missing.
# related_resources:
#   - ref: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
#     description: Best practices and strategies for tags
# custom:
#   severity: low
#   kinds: [outposts.outpost, service_catalog.provisioned_product]
#   requires: [tags]
#   params:
#     required: {default: [Owner, CostCenter], description: Tags that have to be there}
#   remediation: Add the tags.
package tenor.general.tag_missing

import data.tenor.params.general.tag_missing as params

deny contains {
	"msg": sprintf("missing or empty: %s", [concat(", ", [tag | some tag in params.required; tag in _missing])]),
	"evidence": {"missing": sort(_missing)},
} if {
	input.kind in {"outposts.outpost", "service_catalog.provisioned_product"}
	count(_missing) > 0
}

_missing contains tag if {
	some tag in params.required
	not _tagged(tag)
}

_tagged(tag) if {
	not startswith(tag, "aws:")
	trim_space(input.tags[tag]) != ""
}
