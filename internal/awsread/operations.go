package awsread

import (
	"cmp"
	"slices"

	"tenor/audit"
)

// The services of the table, by the name that IAM and the ledger use.
const (
	Outposts       = audit.ServiceOutposts
	ServiceCatalog = audit.ServiceCatalog
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

// operations is the whole of what may be sent: the guard refuses the rest, and IAMPolicy is made from it.
var operations []Operation

// reads adds an operation, by its members in their order, to the table.
func reads(sdkID, service, name, action, resources, condition string) Operation {
	op := Operation{sdkID, service, name, action, resources, condition, audit.IsOptional(name)}
	operations = append(operations, op)
	return op
}

// The operations. Each reads; none can change anything.
var (
	ListOutposts                 = reads("Outposts", Outposts, "ListOutposts", "", "", "")
	ListSites                    = reads("Outposts", Outposts, "ListSites", "", "", "")
	GetOutpostBillingInformation = reads("Outposts", Outposts, "GetOutpostBillingInformation", "", outpostARN, "")
	GetRenewalPricing            = reads("Outposts", Outposts, "GetRenewalPricing", "", outpostARN, "")
	ListOrders                   = reads("Outposts", Outposts, "ListOrders", "", "", "")
	GetOrder                     = reads("Outposts", Outposts, "GetOrder", "", "", "")
	ListQuotes                   = reads("Outposts", Outposts, "ListQuotes", "", "", "")
	GetQuote                     = reads("Outposts", Outposts, "GetQuote", "", "", "")
	ListCapacityTasks            = reads("Outposts", Outposts, "ListCapacityTasks", "", "", "")
	GetCapacityTask              = reads("Outposts", Outposts, "GetCapacityTask", "", outpostARN, "")

	ListAssets                           = reads("Outposts", Outposts, "ListAssets", "", outpostARN, "")
	ListAssetInstances                   = reads("Outposts", Outposts, "ListAssetInstances", "", outpostARN, "")
	ListBlockingInstancesForCapacityTask = reads("Outposts", Outposts, "ListBlockingInstancesForCapacityTask", "", outpostARN, "")

	// where the config asks for it: AWS charges it by the metric, and IAM cannot hold it to those of Outposts
	GetMetricData = reads("CloudWatch", CloudWatch, "GetMetricData", "", "", "")

	SearchProvisionedProducts = reads("Service Catalog", ServiceCatalog, "SearchProvisionedProducts", "", "", accountSelf)
	ListRecordHistory         = reads("Service Catalog", ServiceCatalog, "ListRecordHistory", "", "", accountSelf)
	ListProvisioningArtifacts = reads("Service Catalog", ServiceCatalog, "ListProvisioningArtifacts", "", productARN, "")

	ListStacks                              = reads("CloudFormation", CloudFormation, "ListStacks", "", "", "")
	ListStackInstancesForProvisionedProduct = reads("Service Catalog", ServiceCatalog, "ListStackInstancesForProvisionedProduct",
		"", "", "")

	// of the accounts that own portfolios
	ListPortfolios              = reads("Service Catalog", ServiceCatalog, "ListPortfolios", "", "", "")
	DescribePortfolioShares     = reads("Service Catalog", ServiceCatalog, "DescribePortfolioShares", "", "", "")
	ListConstraintsForPortfolio = reads("Service Catalog", ServiceCatalog, "ListConstraintsForPortfolio", "", "", "")
	DescribeConstraint          = reads("Service Catalog", ServiceCatalog, "DescribeConstraint", "", "", "")
	ListPrincipalsForPortfolio  = reads("Service Catalog", ServiceCatalog, "ListPrincipalsForPortfolio", "", "", "")
	SearchProductsAsAdmin       = reads("Service Catalog", ServiceCatalog, "SearchProductsAsAdmin", "", "", "")

	// of the products of theirs, and of what has a budget
	ListBudgetsForResource   = reads("Service Catalog", ServiceCatalog, "ListBudgetsForResource", "", "", "")
	ListPortfoliosForProduct = reads("Service Catalog", ServiceCatalog, "ListPortfoliosForProduct", "", "", "")
	DescribeBudgets          = reads("Budgets", Budgets, "DescribeBudgets", "ViewBudget", budgetARNs, "")

	GetRole  = reads("IAM", IAM, "GetRole", "", rolesARN, "")
	GetUser  = reads("IAM", IAM, "GetUser", "", usersARN, "")
	GetGroup = reads("IAM", IAM, "GetGroup", "", groupsARN, "")

	ListAccounts                     = reads("Organizations", Organizations, "ListAccounts", "", "", "")
	ListAccountsForParent            = reads("Organizations", Organizations, "ListAccountsForParent", "", unitARNs, "")
	ListOrganizationalUnitsForParent = reads("Organizations", Organizations, "ListOrganizationalUnitsForParent", "", unitARNs, "")

	ListRegions = reads("Account", Account, "ListRegions", "", selfARN, "")

	ListObjectsV2 = reads("S3", S3, "ListObjectsV2", "ListBucket", bucketARN, exportPrefix)
	GetObject     = reads("S3", S3, "GetObject", "", exportARNs, "")

	GetCostAndUsage = reads("Cost Explorer", "ce", "GetCostAndUsage", "", "", "")

	GetCallerIdentity = reads("STS", STS, "GetCallerIdentity", "", "", "")
	AssumeRole        = reads("STS", STS, "AssumeRole", "", roleARN, "")
)

// Operations returns the table, in the order in which the policy has them.
func Operations() []Operation { return slices.Clone(operations) }

// iamAction is what IAM calls leave for the operation.
func (op Operation) iamAction() string { return op.Service + ":" + cmp.Or(op.action, op.Name) }

// ofOrganization reports whether an operation serves to read other accounts than the caller's own.
func (op Operation) ofOrganization() bool { return op.Service == Organizations || op == AssumeRole }

// ofBill reports whether an operation serves to read what AWS charged.
func (op Operation) ofBill() bool { return op.Service == S3 || op == GetCostAndUsage }

// OperationNamed returns the operation of that name, which is in the table.
func OperationNamed(name string) Operation {
	return operations[slices.IndexFunc(operations, func(op Operation) bool { return op.Name == name })]
}

// operationOf returns the operation of the table that the SDK calls by these names; nil: there is none.
func operationOf(sdkID, name string) *Operation {
	i := slices.IndexFunc(operations, func(op Operation) bool { return op.sdkID == sdkID && op.Name == name })
	if i < 0 {
		return nil
	}
	return &operations[i]
}
