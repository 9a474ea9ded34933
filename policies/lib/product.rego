# METADATA
# scope: package
# description: What several rules know of a provisioned product.
# custom:
#   kinds: [service_catalog.provisioned_product]
package tenor.lib.product

# account_product holds for the products that AWS Control Tower makes for its accounts.
account_product if input.spec.Type == "CONTROL_TOWER_ACCOUNT"

# errors is what the last record says went wrong, to be put behind a message; empty where it is not known.
default errors := ""

errors := concat("", [": ", text]) if {
	text := concat("; ", [t | some e in input.related.last_record.RecordErrors; t := _text(e); t != ""])
	text != ""
}

_text(e) := concat(": ", [part | some key in ["Code", "Description"]; part := e[key]])

# record is the id of the last record, null where there is none.
default record := null

record := input.spec.LastRecordId

# version is the name of the version that runs, or its id.
default version := "(unknown)"

version := input.spec.ProvisioningArtifactName

version := input.spec.ProvisioningArtifactId if not input.spec.ProvisioningArtifactName

# newest is the name of the newest active version, or its id; null where there is none.
default newest := null

newest := input.related.artifact.NewestActive.Name

newest := input.related.artifact.NewestActive.Id if not input.related.artifact.NewestActive.Name

# successor names the newest active version, to be put behind a message; empty where there is none.
default successor := ""

successor := sprintf("; the newest active one is %s", [newest]) if newest != null

# describe is the AWS CLI call that reads the last record.
describe := ["aws", "servicecatalog", "describe-record", "--id", input.spec.LastRecordId, "--region", input.region]

describe := ["aws", "servicecatalog", "describe-provisioned-product", "--id", input.id, "--region", input.region] if {
	not input.spec.LastRecordId
}

# update is the AWS CLI call that updates the product to its newest active version, or to the version that it has; null where
# neither can be updated to.
default update := null

update := [
	"aws", "servicecatalog", "update-provisioned-product", "--provisioned-product-id", input.id,
	"--product-id", input.spec.ProductId, "--provisioning-artifact-id", _target, "--region",
	input.region,
]

_target := input.related.artifact.NewestActive.Id

_target := input.spec.ProvisioningArtifactId if {
	not input.related.artifact.NewestActive.Id
	not _inactive
}

# _inactive holds where what is known of the version does not say that it is active.
_inactive if {
	is_string(input.related.artifact.Id)
	not input.related.artifact.Active
}

# terminate is the AWS CLI call that terminates the product.
terminate := [
	"aws", "servicecatalog", "terminate-provisioned-product", "--provisioned-product-id", input.id,
	"--region", input.region,
]
