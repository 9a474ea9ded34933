# METADATA
# scope: package
# title: Product that is gone still costs
# description: >-
#   Charges carry the tag of a provisioned product that Service Catalog does not have any more: what it had provisioned is still there.
#   Fires, once a product, when the last final month has such charges and those of all final months come to at least min_usd. The
#   account was read. A product that was terminated in that very month cost something rightly, and the next month says so. Without a bill
#   the rule says nothing.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/adminguide/autotags.html
#     description: The tags that Service Catalog puts on what it provisions
# custom:
#   severity: medium
#   kinds: [estate.account]
#   requires: [charges]
#   params:
#     min_usd: {default: 10, description: Cost in US dollars from which it is reported}
#   remediation: >-
#     Find what carries the tag aws:servicecatalog:provisionedProductArn with this value, in the Tag Editor or in the bill, and have its
#     owner say whether anybody needs it. A termination that failed, or one that kept resources, leaves them behind: delete them
#     with the stack that made them, where it is still there.
package tenor.billing.cost_of_gone_product

import data.tenor.lib.bill
import data.tenor.lib.money
import data.tenor.params.billing.cost_of_gone_product as params

deny contains {
	"msg": sprintf("%s is gone and still cost something in %s, %s in all final months", [
		gone.arn, gone.last,
		money.usd(gone.cost_cents),
	]),
	"key": gone.arn,
	"evidence": {"product": gone.arn, "cost": gone.cost, "last": gone.last},
	"amount_cents": gone.cost_cents,
} if {
	input.kind == "estate.account"
	some gone in input.facts.gone_products
	gone.last == bill.last
	gone.cost_cents >= params.min_usd * 100
}
