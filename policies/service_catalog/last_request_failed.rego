# METADATA
# scope: package
# title: Last request on a provisioned product failed
# description: >-
#   The product is AVAILABLE, yet the last thing that was asked of it failed: it runs as it did before, and whoever asked may
#   not know. Fires when the status is AVAILABLE and the last record's status is FAILED. It cannot tell when the last record is
#   not the last successful one and could not be read.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_RecordDetail.html
#     description: RecordDetail
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   remediation: Read the record's errors and ask again, or leave a note that it is not needed.
package tenor.service_catalog.last_request_failed

import data.tenor.lib.product

deny contains {
	"msg": concat("", ["the product is AVAILABLE, but the last request on it failed", product.errors]),
	"evidence": {"status": "AVAILABLE", "record": product.record},
	"command": product.describe,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.spec.Status == "AVAILABLE"
	input.related.last_record.Status == "FAILED"
}

unknown contains "last_record" if {
	input.gaps.last_record
	not _last_succeeded
}

_last_succeeded if input.spec.LastRecordId == input.spec.LastSuccessfulProvisioningRecordId
