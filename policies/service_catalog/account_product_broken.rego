# METADATA
# scope: package
# title: Account product of AWS Control Tower is broken
# description: >-
#   The product behind an account of AWS Control Tower is TAINTED or in ERROR, usually since the account was moved or closed
#   outside of Control Tower. The account is no longer governed as it seems to be. Fires when the product's type is
#   CONTROL_TOWER_ACCOUNT and its status TAINTED or ERROR.
# related_resources:
#   - ref: https://docs.aws.amazon.com/controltower/latest/userguide/account-factory.html
#     description: Account Factory
# custom:
#   severity: high
#   kinds: [service_catalog.provisioned_product]
#   remediation: If the account was moved or closed, terminate the product; if not, update it to enrol the account again.
package tenor.service_catalog.account_product_broken

import data.tenor.lib.product

deny contains {
	"msg": concat("", [sprintf("the account's product is %s", [input.spec.Status]), product.errors]),
	"evidence": {"status": input.spec.Status, "type": input.spec.Type, "record": product.record},
	"command": product.terminate,
} if {
	input.kind == "service_catalog.provisioned_product"
	product.account_product
	input.spec.Status in {"TAINTED", "ERROR"}
}
