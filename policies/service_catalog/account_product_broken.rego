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
#   optional: [records, failure, stacks]
#   remediation: >-
#     Find out first what happened to the account, in AWS Organizations and with whoever owns it. Where it is to stay, move it back to
#     the organizational unit in which Control Tower has it and update the product: that asks for the account's parameters again and
#     enrols it again. Terminating the product unenrols the account from Control Tower, moves it to the Root of the organization and
#     lifts the service control policies of its organizational unit: only for an account that is to leave Control Tower.
package tenor.service_catalog.account_product_broken

import data.tenor.lib.product

deny contains {
	"msg": concat("", [sprintf("the account's product is %s", [input.spec.Status]), product.errors]),
	"evidence": {"status": input.spec.Status, "type": input.spec.Type, "record": product.record, "cause": product.cause},
	"command": product.describe,
} if {
	input.kind == "service_catalog.provisioned_product"
	product.account_product
	input.spec.Status in {"TAINTED", "ERROR"}
}
