# METADATA
# scope: package
# title: Synchronisation of a product failed
# description: >-
#   The product follows a repository, and the last synchronisation failed: what was pushed since is not offered, and launches
#   get an older version. Fires when the status of the last synchronisation is FAILED.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_LastSync.html
#     description: LastSync
# custom:
#   severity: medium
#   kinds: [service_catalog.product]
#   remediation: >-
#     Read the message: it names the repository, the branch or the template that could not be taken. Have that put right, or the
#     connection to the repository renewed, by whoever owns the product; the next push is then taken by itself.
package tenor.service_catalog.product_sync_failed

import data.tenor.lib.clock

deny contains {
	"msg": concat("", ["the last synchronisation with its repository failed", _message, _since]),
	"evidence": {
		"last_sync": object.get(_sync, "LastSyncTime", null),
		"last_successful_sync": object.get(_sync, "LastSuccessfulSyncTime", null),
	},
	"command": ["aws", "servicecatalog", "describe-product-as-admin", "--id", input.id, "--region", input.region],
} if {
	input.kind == "service_catalog.product"
	_sync.LastSyncStatus == "FAILED"
}

_sync := input.spec.SourceConnection.LastSync

default _message := ""

_message := sprintf(": %s", [_sync.LastSyncStatusMessage]) if _sync.LastSyncStatusMessage != ""

default _since := "; none that succeeded is known"

_since := sprintf("; the last that succeeded was on %s", [clock.date(_sync.LastSuccessfulSyncTime)]) if {
	is_string(_sync.LastSuccessfulSyncTime)
}
