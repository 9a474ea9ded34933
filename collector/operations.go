package collector

// The services of the table, by the name that IAM and the ledger use.
const (
	serviceOutposts      = "outposts"
	serviceCatalog       = "servicecatalog"
	serviceOrganizations = "organizations"
	serviceSTS           = "sts"
)

// operation is one thing the collector may ask of AWS. What it needs of IAM stands beside it, see IAMPolicy.
type operation struct {
	sdkID   string // the SDK's id of the service
	service string // the prefix of its IAM actions
	name    string
}

// The operations. Each reads; none can change anything.
var (
	listOutposts      = operation{"Outposts", serviceOutposts, "ListOutposts"}
	listSites         = operation{"Outposts", serviceOutposts, "ListSites"}
	getBilling        = operation{"Outposts", serviceOutposts, "GetOutpostBillingInformation"}
	getRenewalPricing = operation{"Outposts", serviceOutposts, "GetRenewalPricing"}
	listOrders        = operation{"Outposts", serviceOutposts, "ListOrders"}
	getOrder          = operation{"Outposts", serviceOutposts, "GetOrder"}
	listQuotes        = operation{"Outposts", serviceOutposts, "ListQuotes"}
	getQuote          = operation{"Outposts", serviceOutposts, "GetQuote"}
	listCapacityTasks = operation{"Outposts", serviceOutposts, "ListCapacityTasks"}
	getCapacityTask   = operation{"Outposts", serviceOutposts, "GetCapacityTask"}

	searchProducts = operation{"Service Catalog", serviceCatalog, "SearchProvisionedProducts"}
	describeRecord = operation{"Service Catalog", serviceCatalog, "DescribeRecord"}
	listArtifacts  = operation{"Service Catalog", serviceCatalog, "ListProvisioningArtifacts"}

	listAccounts          = operation{"Organizations", serviceOrganizations, "ListAccounts"}
	listAccountsForParent = operation{"Organizations", serviceOrganizations, "ListAccountsForParent"}

	getCallerIdentity = operation{"STS", serviceSTS, "GetCallerIdentity"}
	assumeRole        = operation{"STS", serviceSTS, "AssumeRole"}
)

// operations is the whole of what may be sent: the guard refuses the rest, and IAMPolicy is made from it.
var operations = [...]operation{
	listOutposts, listSites, getBilling, getRenewalPricing, listOrders, getOrder, listQuotes, getQuote, listCapacityTasks, getCapacityTask,
	searchProducts, describeRecord, listArtifacts,
	listAccounts, listAccountsForParent,
	getCallerIdentity, assumeRole,
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
