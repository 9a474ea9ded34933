# METADATA
# scope: package
# description: What several rules know of a provisioned product.
# custom:
#   kinds: [service_catalog.provisioned_product]
package tenor.lib.product

import data.tenor.lib.clock
import data.tenor.params.service_catalog.broken_long
import data.tenor.run

# account_product holds for the products that AWS Control Tower makes for its accounts.
account_product if input.spec.Type == "CONTROL_TOWER_ACCOUNT"

# broken holds for what is not as it was asked for, but for those products.
broken if {
	input.spec.Status in {"TAINTED", "ERROR"}
	not account_product
}

# engine holds for products that something else than CloudFormation provisions: it has to call back when it is done.
engine if input.spec.Type in {"TERRAFORM_OPEN_SOURCE", "TERRAFORM_CLOUD", "EXTERNAL"}

# stack_gone holds for a product whose stack is known to be deleted, or to be none.
stack_gone if input.related.stacks.Missing

stack_gone if input.related.stacks.StackStatus == "DELETE_COMPLETE"

# launch_failed holds for a broken product that was never whole.
launch_failed if {
	broken
	input.facts.request_type == "PROVISION_PRODUCT"
	input.facts.succeeded == false
}

# terminate_failed holds for a broken product whose last failure was to be its end.
terminate_failed if {
	broken
	is_string(input.facts.request_type)
	startswith(input.facts.request_type, "TERMINATE_")
}

# broken_ns is for how long, in nanoseconds, a broken product has been so at least.
broken_ns := run.as_of_ns - time.parse_rfc3339_ns(input.facts.broken_since) if {
	broken
	is_string(input.facts.broken_since)
}

# narrower holds where another rule than the one about the status says why a product is broken; one that is switched off does not.
narrower if {
	launch_failed
	"service_catalog.launch_failed" in run.rules
}

narrower if {
	terminate_failed
	"service_catalog.terminate_failed" in run.rules
}

narrower if {
	broken_ns > clock.days(broken_long.days)
	"service_catalog.broken_long" in run.rules
}

# since says since when a product is broken.
since := sprintf("since %s", [clock.date(input.facts.broken_since)]) if input.facts.broken_before == false

since := sprintf("since before %s", [clock.date(input.facts.broken_since)]) if input.facts.broken_before

# attempts says how often that was tried, to be put behind a message; empty for once.
default attempts := ""

attempts := sprintf(" after %s attempts", [tries])

# tries is the number of them; undefined for one.
tries := sprintf("%s%d", [_at_least, input.facts.attempts]) if {
	is_number(input.facts.attempts)
	input.facts.attempts > 1
}

default _at_least := ""

_at_least := "at least " if input.facts.broken_before

# errors is what went wrong, to be put behind a message, with the status of its stack before it; empty where it is not known. Without the
# records it is what the product says itself.
errors := concat("", [_stack, _errors])

default _stack := ""

_stack := sprintf(" (its stack is %s)", [input.related.stacks.StackStatus])

_stack := " (its stack is gone)" if input.related.stacks.Missing

default _errors := ""

_errors := _behind(input.facts.errors) if {
	is_array(input.facts.errors)
	count(input.facts.errors) > 0
} else := _behind([input.spec.StatusMessage]) if {
	input.spec.Status in {"TAINTED", "ERROR"}
	input.spec.StatusMessage != ""
}

# last_errors is what the last record says went wrong, to be put behind a message.
default last_errors := ""

last_errors := _behind(input.facts.last_errors) if {
	is_array(input.facts.last_errors)
	count(input.facts.last_errors) > 0
}

_behind(texts) := concat("", [": ", concat("; ", texts)])

# cause is what the errors have in common with those of other products; null where it is not known.
default cause := null

cause := input.facts.cause

# last_cause is what last_errors have in common with those of other products; null where the last record says nothing.
default last_cause := null

last_cause := input.facts.last_cause

# failure is the evidence of what failed.
failure := {
	"status": input.spec.Status, "since": input.facts.broken_since, "since_before": input.facts.broken_before,
	"attempts": input.facts.attempts, "request_type": input.facts.request_type, "record": input.facts.failed_record,
	"cause": input.facts.cause, "launched_by": input.facts.launched_by, "launch_role": input.facts.launch_role,
}

# show_failure is the AWS CLI call that reads the record of what failed last.
show_failure := ["aws", "servicecatalog", "describe-record", "--id", input.facts.failed_record, "--region", input.region]

# record is the id of the last record, null where there is none.
default record := null

record := input.spec.LastRecordId

# version is the name of the version that runs, or its id.
default version := "(unknown)"

version := input.spec.ProvisioningArtifactName

version := input.spec.ProvisioningArtifactId if not input.spec.ProvisioningArtifactName

# newer is the name of the version to go to, or its id: the newest active one where it is known to be newer than the one that
# runs and not deprecated; null elsewhere.
default newer := null

newer := input.facts.newest_active.name

# successor names the version to go to, to be put behind a message; empty where there is none.
default successor := ""

successor := sprintf("; %s is newer, active and not deprecated", [newer]) if newer != null

# describe is the AWS CLI call that reads the last record; where there is none, the product.
describe := ["aws", "servicecatalog", "describe-record", "--id", input.spec.LastRecordId, "--region", input.region]

describe := describe_product if not input.spec.LastRecordId

# describe_product is the AWS CLI call that reads the product.
describe_product := ["aws", "servicecatalog", "describe-provisioned-product", "--id", input.id, "--region", input.region]

# instances is the AWS CLI call that lists the instances of a product that is a stack set.
instances := [
	"aws", "servicecatalog", "list-stack-instances-for-provisioned-product", "--provisioned-product-id", input.id, "--region",
	input.region,
]

# history is the AWS CLI call that lists the records of the product.
history := [
	"aws", "servicecatalog", "list-record-history", "--search-filter", sprintf("Key=provisionedproduct,Value=%s", [input.id]),
	"--access-level-filter", "Key=Account,Value=self", "--region", input.region,
]

# versions is the AWS CLI call that lists the versions there are; where the product of the catalogue is not known, that which
# reads the provisioned product.
versions := ["aws", "servicecatalog", "list-provisioning-artifacts", "--product-id", input.spec.ProductId, "--region", input.region]

versions := describe_product if not input.spec.ProductId

# catalogue is the name of the product in the catalogue, and its id.
catalogue := sprintf("%s (%s)", [input.spec.ProductName, input.spec.ProductId])

catalogue := input.spec.ProductId if not input.spec.ProductName
