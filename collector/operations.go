package collector

import "slices"

// The services of the table, by the name that IAM and the ledger use.
const (
	serviceOutposts      = "outposts"
	serviceCatalog       = "servicecatalog"
	serviceOrganizations = "organizations"
	serviceAccount       = "account"
	serviceSTS           = "sts"
)

// operation is one thing the collector may ask of AWS, and the tightest that IAM can allow of it, from AWS's Service
// Authorization Reference: https://docs.aws.amazon.com/service-authorization/latest/reference/.
type operation struct {
	sdkID     string // the SDK's id of the service
	service   string // the prefix of its IAM actions
	name      string
	resources string // ARNs with ${Partition}, separated by a space; empty: IAM knows no narrower resource than *
	condition string // a condition key, =, and the value it must have; empty: none
}

// What IAM can hold operations to.
const (
	outpostARN  = "arn:${Partition}:outposts:*:*:outpost/*"
	productARN  = "arn:${Partition}:catalog:*:*:product/*" // of any account: products can be shared
	selfARN     = "arn:${Partition}:account::*:account"    // of the caller's account, asked by itself
	unitARNs    = "arn:${Partition}:organizations::*:root/* arn:${Partition}:organizations::*:ou/*"
	roleARN     = "arn:${Partition}:iam::*:role/${Role}"
	accountSelf = "servicecatalog:accountLevel=self"
)

// The operations. Each reads; none can change anything.
var (
	listOutposts      = operation{"Outposts", serviceOutposts, "ListOutposts", "", ""}
	listSites         = operation{"Outposts", serviceOutposts, "ListSites", "", ""}
	getBilling        = operation{"Outposts", serviceOutposts, "GetOutpostBillingInformation", outpostARN, ""}
	getRenewalPricing = operation{"Outposts", serviceOutposts, "GetRenewalPricing", outpostARN, ""}
	listOrders        = operation{"Outposts", serviceOutposts, "ListOrders", "", ""}
	getOrder          = operation{"Outposts", serviceOutposts, "GetOrder", "", ""}
	listQuotes        = operation{"Outposts", serviceOutposts, "ListQuotes", "", ""}
	getQuote          = operation{"Outposts", serviceOutposts, "GetQuote", "", ""}
	listCapacityTasks = operation{"Outposts", serviceOutposts, "ListCapacityTasks", "", ""}
	getCapacityTask   = operation{"Outposts", serviceOutposts, "GetCapacityTask", outpostARN, ""}

	searchProducts = operation{"Service Catalog", serviceCatalog, "SearchProvisionedProducts", "", accountSelf}
	describeRecord = operation{"Service Catalog", serviceCatalog, "DescribeRecord", "", accountSelf}
	listArtifacts  = operation{"Service Catalog", serviceCatalog, "ListProvisioningArtifacts", productARN, ""}

	listAccounts          = operation{"Organizations", serviceOrganizations, "ListAccounts", "", ""}
	listAccountsForParent = operation{"Organizations", serviceOrganizations, "ListAccountsForParent", unitARNs, ""}
	listUnitsForParent    = operation{"Organizations", serviceOrganizations, "ListOrganizationalUnitsForParent", unitARNs, ""}

	listRegions = operation{"Account", serviceAccount, "ListRegions", selfARN, ""}

	getCallerIdentity = operation{"STS", serviceSTS, "GetCallerIdentity", "", ""}
	assumeRole        = operation{"STS", serviceSTS, "AssumeRole", roleARN, ""}
)

// operations is the whole of what may be sent: the guard refuses the rest, and IAMPolicy is made from it.
var operations = [...]operation{
	listOutposts, listSites, getBilling, getRenewalPricing, listOrders, getOrder, listQuotes, getQuote, listCapacityTasks, getCapacityTask,
	searchProducts, describeRecord, listArtifacts,
	listAccounts, listAccountsForParent, listUnitsForParent,
	listRegions,
	getCallerIdentity, assumeRole,
}

// ofOrganization reports whether an operation serves to read other accounts than the caller's own.
func (op operation) ofOrganization() bool {
	return op.service == serviceOrganizations || op == assumeRole
}

// operationNamed returns the operation of the table that audit.Kinds names.
func operationNamed(name string) operation {
	return operations[slices.IndexFunc(operations[:], func(op operation) bool { return op.name == name })]
}

// operationOf returns the operation of the table that the SDK calls by these names.
func operationOf(sdkID, name string) (operation, bool) {
	for _, op := range operations {
		if op.sdkID == sdkID && op.name == name {
			return op, true
		}
	}
	return operation{}, false
}
