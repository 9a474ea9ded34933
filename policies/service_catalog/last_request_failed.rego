# METADATA
# scope: package
# title: Last request on a provisioned product failed
# description: >-
#   The product is AVAILABLE, yet the last thing that was asked of it failed: it runs as it did before, and whoever asked may
#   not know. Fires when the status is AVAILABLE and the last record's status is FAILED. Records are collected where the last
#   one is not the last that succeeded.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_RecordDetail.html
#     description: RecordDetail
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   requires: [records]
#   optional: [failure, stacks, artifact, launch_role]
#   remediation: >-
#     Read the record's errors and put the cause right, then ask again, or leave a note that it is not needed: the same request fails
#     again. An update asks for the parameters again, needs the launch path, and may replace the product entirely.
package tenor.service_catalog.last_request_failed

import data.tenor.lib.product
import data.tenor.lib.remedy

deny contains {
	"msg": concat("", ["the product is AVAILABLE, but the last request on it failed", product.last_errors]),
	"evidence": {"status": "AVAILABLE", "record": input.facts.last_record, "cause": product.last_cause},
	"command": product.describe,
	"remediation": _remediation,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.spec.Status == "AVAILABLE"
	input.facts.last_status == "FAILED"
}

# What the last request was only the record of a request that provisions says; any other is a service action, such as a reboot.
default _remediation := "Read the record's errors and put the cause right, then ask again, or leave a note: the same request fails again."

_remediation := remedy.failed if input.facts.failed_record == input.facts.last_record
