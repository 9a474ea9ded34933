package collector

import (
	"cmp"
	"slices"
)

// The services of the table, by the name that IAM and the ledger use.
const (
	serviceOutposts       = "outposts"
	serviceCatalog        = "servicecatalog"
	serviceCloudFormation = "cloudformation"
	serviceOrganizations  = "organizations"
	serviceAccount        = "account"
	serviceIAM            = "iam"
	serviceS3             = "s3"
	serviceCostExplorer   = "ce"
	serviceSTS            = "sts"
	serviceBudgets        = "budgets"
	serviceCloudWatch     = "cloudwatch"
)

// operation is one thing the collector may ask of AWS, and the tightest that IAM can allow of it, from AWS's Service
// Authorization Reference: https://docs.aws.amazon.com/service-authorization/latest/reference/.
type operation struct {
	sdkID     string // the SDK's id of the service
	service   string // the prefix of its IAM actions
	name      string
	action    string // of IAM, without the service; empty: named as the operation, which not all are
	resources string // ARNs with ${Partition}, separated by a space; empty: IAM knows no narrower resource than *
	condition string // a condition key, =, and the value it must have; empty: none
	optional  bool   // the run does without: a call that fails is on the ledger as optional, and is no gap
}

// What IAM can hold operations to.
const (
	outpostARN  = "arn:${Partition}:outposts:*:*:outpost/*"
	productARN  = "arn:${Partition}:catalog:*:*:product/*" // of any account: products can be shared
	selfARN     = "arn:${Partition}:account::*:account"    // of the caller's account, asked by itself
	unitARNs    = "arn:${Partition}:organizations::*:root/* arn:${Partition}:organizations::*:ou/*"
	roleARN     = "arn:${Partition}:iam::*:role/${Role}"
	accountSelf = "servicecatalog:accountLevel=self"
	rolesARN    = "arn:${Partition}:iam::*:role/*"
	usersARN    = "arn:${Partition}:iam::*:user/*"
	groupsARN   = "arn:${Partition}:iam::*:group/*"
	budgetARNs  = "arn:${Partition}:budgets::*:budget/*"
	exportARNs  = "arn:${Partition}:s3:::${Export}/*" // of the exports that are named
)

// Those of exports in S3, of which a bucket is held to their prefixes too.
const (
	bucketARN    = "arn:${Partition}:s3:::${Bucket}"
	exportPrefix = "s3:prefix=${Prefix}/*"
)

// The operations. Each reads; none can change anything.
var (
	listOutposts      = operation{"Outposts", serviceOutposts, "ListOutposts", "", "", "", false}
	listSites         = operation{"Outposts", serviceOutposts, "ListSites", "", "", "", false}
	getBilling        = operation{"Outposts", serviceOutposts, "GetOutpostBillingInformation", "", outpostARN, "", false}
	getRenewalPricing = operation{"Outposts", serviceOutposts, "GetRenewalPricing", "", outpostARN, "", false}
	listOrders        = operation{"Outposts", serviceOutposts, "ListOrders", "", "", "", false}
	getOrder          = operation{"Outposts", serviceOutposts, "GetOrder", "", "", "", false}
	listQuotes        = operation{"Outposts", serviceOutposts, "ListQuotes", "", "", "", false}
	getQuote          = operation{"Outposts", serviceOutposts, "GetQuote", "", "", "", false}
	listCapacityTasks = operation{"Outposts", serviceOutposts, "ListCapacityTasks", "", "", "", false}
	getCapacityTask   = operation{"Outposts", serviceOutposts, "GetCapacityTask", "", outpostARN, "", false}

	listAssets            = operation{"Outposts", serviceOutposts, "ListAssets", "", outpostARN, "", true}
	listAssetInstances    = operation{"Outposts", serviceOutposts, "ListAssetInstances", "", outpostARN, "", true}
	listBlockingInstances = operation{"Outposts", serviceOutposts, "ListBlockingInstancesForCapacityTask", "", outpostARN, "", true}

	searchProducts = operation{"Service Catalog", serviceCatalog, "SearchProvisionedProducts", "", "", accountSelf, false}
	listRecords    = operation{"Service Catalog", serviceCatalog, "ListRecordHistory", "", "", accountSelf, false}
	listArtifacts  = operation{"Service Catalog", serviceCatalog, "ListProvisioningArtifacts", "", productARN, "", false}

	listStacks         = operation{"CloudFormation", serviceCloudFormation, "ListStacks", "", "", "", true}
	listStackInstances = operation{"Service Catalog", serviceCatalog, "ListStackInstancesForProvisionedProduct", "", "", "", true}

	// of the accounts that own portfolios
	listPortfolios  = operation{"Service Catalog", serviceCatalog, "ListPortfolios", "", "", "", true}
	listShares      = operation{"Service Catalog", serviceCatalog, "DescribePortfolioShares", "", "", "", true}
	listConstraints = operation{"Service Catalog", serviceCatalog, "ListConstraintsForPortfolio", "", "", "", true}
	getConstraint   = operation{"Service Catalog", serviceCatalog, "DescribeConstraint", "", "", "", true}
	listPrincipals  = operation{"Service Catalog", serviceCatalog, "ListPrincipalsForPortfolio", "", "", "", true}
	searchCatalogue = operation{"Service Catalog", serviceCatalog, "SearchProductsAsAdmin", "", "", "", true}

	// of the products of theirs, and of what has a budget
	listBudgets      = operation{"Service Catalog", serviceCatalog, "ListBudgetsForResource", "", "", "", true}
	listPortfoliosOf = operation{"Service Catalog", serviceCatalog, "ListPortfoliosForProduct", "", "", "", true}
	describeBudgets  = operation{"Budgets", serviceBudgets, "DescribeBudgets", "ViewBudget", budgetARNs, "", true}

	// where the config asks for it: AWS charges it by the metric, and IAM cannot hold it to those of Outposts
	getMetricData = operation{"CloudWatch", serviceCloudWatch, "GetMetricData", "", "", "", true}

	getRole  = operation{"IAM", serviceIAM, "GetRole", "", rolesARN, "", true}
	getUser  = operation{"IAM", serviceIAM, "GetUser", "", usersARN, "", true}
	getGroup = operation{"IAM", serviceIAM, "GetGroup", "", groupsARN, "", true}

	listAccounts          = operation{"Organizations", serviceOrganizations, "ListAccounts", "", "", "", false}
	listAccountsForParent = operation{"Organizations", serviceOrganizations, "ListAccountsForParent", "", unitARNs, "", false}
	listUnitsForParent    = operation{"Organizations", serviceOrganizations, "ListOrganizationalUnitsForParent", "", unitARNs, "", false}

	listRegions = operation{"Account", serviceAccount, "ListRegions", "", selfARN, "", true}

	listObjects = operation{"S3", serviceS3, "ListObjectsV2", "ListBucket", bucketARN, exportPrefix, false}
	getObject   = operation{"S3", serviceS3, "GetObject", "", exportARNs, "", false}

	getCostAndUsage = operation{"Cost Explorer", serviceCostExplorer, "GetCostAndUsage", "", "", "", false}

	getCallerIdentity = operation{"STS", serviceSTS, "GetCallerIdentity", "", "", "", false}
	assumeRole        = operation{"STS", serviceSTS, "AssumeRole", "", roleARN, "", false}
)

// operations is the whole of what may be sent: the guard refuses the rest, and IAMPolicy is made from it.
var operations = [...]operation{
	listOutposts, listSites, getBilling, getRenewalPricing, listOrders, getOrder, listQuotes, getQuote, listCapacityTasks, getCapacityTask,
	listAssets, listAssetInstances, listBlockingInstances, getMetricData,
	searchProducts, listRecords, listArtifacts,
	listStacks, listStackInstances,
	listPortfolios, listShares, listConstraints, getConstraint, listPrincipals, searchCatalogue,
	listBudgets, listPortfoliosOf, describeBudgets,
	getRole, getUser, getGroup,
	listAccounts, listAccountsForParent, listUnitsForParent,
	listRegions,
	listObjects, getObject, getCostAndUsage,
	getCallerIdentity, assumeRole,
}

// iamAction is what IAM calls leave for the operation.
func (op operation) iamAction() string { return op.service + ":" + cmp.Or(op.action, op.name) }

// ofOrganization reports whether an operation serves to read other accounts than the caller's own.
func (op operation) ofOrganization() bool {
	return op.service == serviceOrganizations || op == assumeRole
}

// ofBill reports whether an operation serves to read what AWS charged.
func (op operation) ofBill() bool { return op.service == serviceS3 || op == getCostAndUsage }

// operationNamed returns the operation of the table that audit.Kinds names.
func operationNamed(name string) operation {
	return operations[slices.IndexFunc(operations[:], func(op operation) bool { return op.name == name })]
}

// operationOf returns the operation of the table that the SDK calls by these names.
func operationOf(sdkID, name string) (operation, bool) {
	for i := range operations { // which is asked for every attempt: no copy of the table
		if op := &operations[i]; op.name == name && op.sdkID == sdkID {
			return *op, true
		}
	}
	return operation{}, false
}
