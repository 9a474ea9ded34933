# METADATA
# scope: package
# title: Cost of provisioned products is not known
# description: >-
#   An account has provisioned products, and no line of the bill carries their tag: the tag is not active for cost allocation, and
#   nobody can say what a product costs. Without a bill the rule says nothing.
# related_resources:
#   - ref: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html
#     description: Activating cost allocation tags
# custom:
#   severity: info
#   kinds: [estate.account]
#   requires: [counts, charges]
#   remediation: >-
#     In the account that AWS bills, under Cost allocation tags, AWS generated, activate aws:servicecatalog:provisionedProductArn. It counts
#     from then on; a backfill can be asked for there.
package tenor.billing.cost_tag_inactive

import data.tenor.lib.text

deny contains {
	"msg": sprintf("the account has %s, and the bill does not say what one costs", [text.counted(_products, "provisioned product")]),
	"evidence": {"provisioned_products": _products, "final": input.related.charges.final},
} if {
	input.kind == "estate.account"
	input.related.charges.tag_inactive
	_products > 0
}

_products := input.facts.counts["service_catalog.provisioned_product"].total
