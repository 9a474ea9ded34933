# METADATA
# scope: package
# title: Provisioned product is tainted
# description: >-
#   The stack did what it could, but it is not what was asked for: an update failed and was rolled back. Fires when the status is
#   TAINTED; it is high once the last record was updated more than high_after_days ago. The accounts of AWS Control Tower are
#   judged by service_catalog.account_product_broken.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_ProvisionedProductAttribute.html
#     description: ProvisionedProductAttribute
# custom:
#   severity: medium
#   kinds: [service_catalog.provisioned_product]
#   params:
#     high_after_days: {default: 30, description: Days after which a tainted product is high}
#   remediation: Read the record's errors, put the cause right and update the product again.
package tenor.service_catalog.product_tainted

import data.tenor.lib.clock
import data.tenor.lib.product
import data.tenor.params.service_catalog.product_tainted as params
import data.tenor.run

deny contains {
	"msg": concat("", ["the product is TAINTED", product.errors]),
	"severity": _severity,
	"evidence": {"status": "TAINTED", "record": product.record},
	"command": product.update,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.spec.Status == "TAINTED"
	not product.account_product
}

default _severity := "medium"

_severity := "high" if {
	age := run.as_of_ns - time.parse_rfc3339_ns(input.related.last_record.UpdatedTime)
	age > clock.days(params.high_after_days)
}
