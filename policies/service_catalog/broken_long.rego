# METADATA
# scope: package
# title: Provisioned product broken for long
# description: >-
#   A product that stays TAINTED or in ERROR is forgotten: it costs money, is not what was asked for, and the next change of it
#   has to deal with the old failure first. Fires when the status is TAINTED or ERROR and the last record was created more than
#   `days` days ago. The history of the records is not collected yet, so a retry that fails begins the count again, and the product may
#   have been broken for longer. The accounts of AWS Control Tower are judged by service_catalog.account_product_broken.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_RecordDetail.html
#     description: RecordDetail
# custom:
#   severity: high
#   kinds: [service_catalog.provisioned_product]
#   requires: [last_record]
#   params:
#     days: {default: 30, description: Days for which a product may be TAINTED or in ERROR}
#   remediation: >-
#     Find out who owns the product and whether anybody needs it. If so, put the cause right and update it: an update asks for the
#     parameters again, needs the launch path, and may replace the product entirely. If not, have its owner terminate it, which
#     deletes what it provisioned.
package tenor.service_catalog.broken_long

import data.tenor.lib.clock
import data.tenor.lib.product
import data.tenor.lib.text
import data.tenor.params.service_catalog.broken_long as params
import data.tenor.run

deny contains {
	"msg": sprintf("the product is %s; its last record is %s old", [input.spec.Status, text.counted(clock.whole_days(age), "day")]),
	"evidence": {"status": input.spec.Status, "since": input.related.last_record.CreatedTime, "record": product.record},
	"command": product.history,
} if {
	input.kind == "service_catalog.provisioned_product"
	input.spec.Status in {"TAINTED", "ERROR"}
	not product.account_product
	age := run.as_of_ns - time.parse_rfc3339_ns(input.related.last_record.CreatedTime)
	age > clock.days(params.days)
}
