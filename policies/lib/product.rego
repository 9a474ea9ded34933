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

# newer is the name of the version to go to, or its id: the newest active one where it is known to be newer than the one that
# runs and not deprecated; null elsewhere.
default newer := null

newer := _newest.Name if _newest_is_newer

newer := _newest.Id if {
	_newest_is_newer
	not _newest.Name
}

_newest := input.related.artifact.NewestActive

_newest_is_newer if {
	_newest.Id != input.related.artifact.Id
	_newest.Guidance == "DEFAULT"
	time.parse_rfc3339_ns(_newest.CreatedTime) > time.parse_rfc3339_ns(input.related.artifact.CreatedTime)
}

# successor names the version to go to, to be put behind a message; empty where there is none.
default successor := ""

successor := sprintf("; %s is newer, active and not deprecated", [newer]) if newer != null

# describe is the AWS CLI call that reads the last record; where there is none, the product.
describe := ["aws", "servicecatalog", "describe-record", "--id", input.spec.LastRecordId, "--region", input.region]

describe := _describe_product if not input.spec.LastRecordId

_describe_product := ["aws", "servicecatalog", "describe-provisioned-product", "--id", input.id, "--region", input.region]

# history is the AWS CLI call that lists the records of the product.
history := [
	"aws", "servicecatalog", "list-record-history", "--search-filter", sprintf("Key=provisionedproduct,Value=%s", [input.id]),
	"--access-level-filter", "Key=Account,Value=self", "--region", input.region,
]

# versions is the AWS CLI call that lists the versions there are; where the product of the catalogue is not known, that which
# reads the provisioned product.
versions := ["aws", "servicecatalog", "list-provisioning-artifacts", "--product-id", input.spec.ProductId, "--region", input.region]

versions := _describe_product if not input.spec.ProductId
