package awsread

import (
	"cmp"
	"slices"
)

// The services of the table, by the name that IAM and the ledger use.
const (
	Outposts       = "outposts"
	ServiceCatalog = "servicecatalog"
	CloudFormation = "cloudformation"
	Organizations  = "organizations"
	Account        = "account"
	IAM            = "iam"
	S3             = "s3"
	STS            = "sts"
	Budgets        = "budgets"
	CloudWatch     = "cloudwatch"
)

// Operation is one thing that tenor may ask of AWS, and the tightest that IAM can allow of it, from AWS's Service
// Authorization Reference: https://docs.aws.amazon.com/service-authorization/latest/reference/.
type Operation struct {
	sdkID     string // the SDK's id of the service
	Service   string // the prefix of its IAM actions
	Name      string
	action    string // of IAM, without the service; empty: named as the operation, which not all are
	resources string // ARNs with ${Partition}, separated by a space; empty: IAM knows no narrower resource than *
	condition string // a condition key, =, and the value it must have; empty: none
	Optional  bool   // a run does without: a call that fails is on the ledger as optional, and is no gap
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
	ListOutposts                 = Operation{"Outposts", Outposts, "ListOutposts", "", "", "", false}
	ListSites                    = Operation{"Outposts", Outposts, "ListSites", "", "", "", false}
	GetOutpostBillingInformation = Operation{"Outposts", Outposts, "GetOutpostBillingInformation", "", outpostARN, "", false}
	GetRenewalPricing            = Operation{"Outposts", Outposts, "GetRenewalPricing", "", outpostARN, "", false}
	ListOrders                   = Operation{"Outposts", Outposts, "ListOrders", "", "", "", false}
	GetOrder                     = Operation{"Outposts", Outposts, "GetOrder", "", "", "", false}
	ListQuotes                   = Operation{"Outposts", Outposts, "ListQuotes", "", "", "", false}
	GetQuote                     = Operation{"Outposts", Outposts, "GetQuote", "", "", "", false}
	ListCapacityTasks            = Operation{"Outposts", Outposts, "ListCapacityTasks", "", "", "", false}
	GetCapacityTask              = Operation{"Outposts", Outposts, "GetCapacityTask", "", outpostARN, "", false}

	ListAssets                           = Operation{"Outposts", Outposts, "ListAssets", "", outpostARN, "", true}
	ListAssetInstances                   = Operation{"Outposts", Outposts, "ListAssetInstances", "", outpostARN, "", true}
	ListBlockingInstancesForCapacityTask = Operation{"Outposts", Outposts, "ListBlockingInstancesForCapacityTask", "", outpostARN, "", true}

	SearchProvisionedProducts = Operation{"Service Catalog", ServiceCatalog, "SearchProvisionedProducts", "", "", accountSelf, false}
	ListRecordHistory         = Operation{"Service Catalog", ServiceCatalog, "ListRecordHistory", "", "", accountSelf, false}
	ListProvisioningArtifacts = Operation{"Service Catalog", ServiceCatalog, "ListProvisioningArtifacts", "", productARN, "", false}

	ListStacks                              = Operation{"CloudFormation", CloudFormation, "ListStacks", "", "", "", true}
	ListStackInstancesForProvisionedProduct = Operation{"Service Catalog", ServiceCatalog, "ListStackInstancesForProvisionedProduct",
		"", "", "", true}

	// of the accounts that own portfolios
	ListPortfolios              = Operation{"Service Catalog", ServiceCatalog, "ListPortfolios", "", "", "", true}
	DescribePortfolioShares     = Operation{"Service Catalog", ServiceCatalog, "DescribePortfolioShares", "", "", "", true}
	ListConstraintsForPortfolio = Operation{"Service Catalog", ServiceCatalog, "ListConstraintsForPortfolio", "", "", "", true}
	DescribeConstraint          = Operation{"Service Catalog", ServiceCatalog, "DescribeConstraint", "", "", "", true}
	ListPrincipalsForPortfolio  = Operation{"Service Catalog", ServiceCatalog, "ListPrincipalsForPortfolio", "", "", "", true}
	SearchProductsAsAdmin       = Operation{"Service Catalog", ServiceCatalog, "SearchProductsAsAdmin", "", "", "", true}

	// of the products of theirs, and of what has a budget
	ListBudgetsForResource   = Operation{"Service Catalog", ServiceCatalog, "ListBudgetsForResource", "", "", "", true}
	ListPortfoliosForProduct = Operation{"Service Catalog", ServiceCatalog, "ListPortfoliosForProduct", "", "", "", true}
	DescribeBudgets          = Operation{"Budgets", Budgets, "DescribeBudgets", "ViewBudget", budgetARNs, "", true}

	// where the config asks for it: AWS charges it by the metric, and IAM cannot hold it to those of Outposts
	GetMetricData = Operation{"CloudWatch", CloudWatch, "GetMetricData", "", "", "", true}

	GetRole  = Operation{"IAM", IAM, "GetRole", "", rolesARN, "", true}
	GetUser  = Operation{"IAM", IAM, "GetUser", "", usersARN, "", true}
	GetGroup = Operation{"IAM", IAM, "GetGroup", "", groupsARN, "", true}

	ListAccounts                     = Operation{"Organizations", Organizations, "ListAccounts", "", "", "", false}
	ListAccountsForParent            = Operation{"Organizations", Organizations, "ListAccountsForParent", "", unitARNs, "", false}
	ListOrganizationalUnitsForParent = Operation{"Organizations", Organizations, "ListOrganizationalUnitsForParent", "", unitARNs, "", false}

	ListRegions = Operation{"Account", Account, "ListRegions", "", selfARN, "", true}

	ListObjectsV2 = Operation{"S3", S3, "ListObjectsV2", "ListBucket", bucketARN, exportPrefix, false}
	GetObject     = Operation{"S3", S3, "GetObject", "", exportARNs, "", false}

	GetCostAndUsage = Operation{"Cost Explorer", "ce", "GetCostAndUsage", "", "", "", false}

	GetCallerIdentity = Operation{"STS", STS, "GetCallerIdentity", "", "", "", false}
	AssumeRole        = Operation{"STS", STS, "AssumeRole", "", roleARN, "", false}
)

// operations is the whole of what may be sent: the guard refuses the rest, and IAMPolicy is made from it.
var operations = [...]Operation{
	ListOutposts, ListSites, GetOutpostBillingInformation, GetRenewalPricing, ListOrders, GetOrder, ListQuotes, GetQuote,
	ListCapacityTasks, GetCapacityTask,
	ListAssets, ListAssetInstances, ListBlockingInstancesForCapacityTask, GetMetricData,
	SearchProvisionedProducts, ListRecordHistory, ListProvisioningArtifacts,
	ListStacks, ListStackInstancesForProvisionedProduct,
	ListPortfolios, DescribePortfolioShares, ListConstraintsForPortfolio, DescribeConstraint, ListPrincipalsForPortfolio,
	SearchProductsAsAdmin,
	ListBudgetsForResource, ListPortfoliosForProduct, DescribeBudgets,
	GetRole, GetUser, GetGroup,
	ListAccounts, ListAccountsForParent, ListOrganizationalUnitsForParent,
	ListRegions,
	ListObjectsV2, GetObject, GetCostAndUsage,
	GetCallerIdentity, AssumeRole,
}

// Operations returns the table, in the order in which the policy has them.
func Operations() []Operation { return slices.Clone(operations[:]) }

// iamAction is what IAM calls leave for the operation.
func (op Operation) iamAction() string { return op.Service + ":" + cmp.Or(op.action, op.Name) }

// ofOrganization reports whether an operation serves to read other accounts than the caller's own.
func (op Operation) ofOrganization() bool { return op.Service == Organizations || op == AssumeRole }

// ofBill reports whether an operation serves to read what AWS charged.
func (op Operation) ofBill() bool { return op.Service == S3 || op == GetCostAndUsage }

// OperationNamed returns the operation of that name, which is in the table.
func OperationNamed(name string) Operation {
	return operations[slices.IndexFunc(operations[:], func(op Operation) bool { return op.Name == name })]
}

// operationOf returns the operation of the table that the SDK calls by these names; nil: there is none.
func operationOf(sdkID, name string) *Operation {
	i := slices.IndexFunc(operations[:], func(op Operation) bool { return op.sdkID == sdkID && op.Name == name })
	if i < 0 {
		return nil
	}
	return &operations[i]
}
