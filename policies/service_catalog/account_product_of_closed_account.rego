# METADATA
# scope: package
# title: Account product of a closed account
# description: >-
#   AWS Control Tower still has a product for an account that is closed, or that has left the organization. It counts as governed, an update
#   of it fails, and it blocks the account's e-mail address and name for another. Fires when the organization was listed completely, and the
#   account that the product names, by its PhysicalId, a tag or its records, is SUSPENDED, PENDING_CLOSURE or CLOSED there, or not in it.
# related_resources:
#   - ref: https://docs.aws.amazon.com/controltower/latest/userguide/unmanage-account.html
#     description: Unmanage an account
#   - ref: https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
#     description: ListAccounts
# custom:
#   severity: high
#   kinds: [service_catalog.provisioned_product]
#   requires: [account_state]
#   remediation: >-
#     Ask whoever owns the organization whether the account was meant to go. AWS reopens a closed account for 90 days. Where it is to stay
#     gone, have the product terminated by whoever runs Control Tower: that unenrols the account, moves one that is still in the
#     organization to its Root, and lifts the service control policies of its organizational unit.
package tenor.service_catalog.account_product_of_closed_account

import data.tenor.lib.product

deny contains {
	"msg": sprintf("its account %s %s", [input.related.account_state.AccountId, _became]),
	"evidence": {
		"account": input.related.account_state.AccountId, "state": _state, "named_by": input.related.account_state.Source,
		"status": input.spec.Status,
	},
	"command": product.describe_product,
} if {
	input.kind == "service_catalog.provisioned_product"
	product.account_product
}

# _became says what became of the account; undefined for one that is neither closed nor gone.
_became := sprintf("is %s", [_state]) if _state in {"SUSPENDED", "PENDING_CLOSURE", "CLOSED"}

_became := "is not in the organization any more" if input.related.account_state.Missing

default _state := null

_state := input.related.account_state.State
