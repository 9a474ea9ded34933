package awssim

import "encoding/json"

// targetPrefixes are what the services of a JSON protocol put before the operation in X-Amz-Target.
var targetPrefixes = map[string]string{
	"budgets": "AWSBudgetServiceGateway", "ce": "AWSInsightsIndexService", "monitoring": "GraniteServiceVersion20100801",
	"organizations": "AWSOrganizationsV20161128", "servicecatalog": "AWS242ServiceCatalogService",
}

// operations are those that are simulated, but for Outposts; by service and name.
var operations = byName(map[string][]operation{
	"account":        {{"ListRegions", "Regions", decoded(listRegions)}},
	"budgets":        {{"DescribeBudgets", "Budgets", decoded(describeBudgets)}},
	"ce":             {{"GetCostAndUsage", "ResultsByTime", decoded(costAndUsage)}},
	"cloudformation": {{"ListStacks", "StackSummaries", listStacks}},
	"monitoring":     {{"GetMetricData", "MetricDataResults", decoded(getMetricData)}}, // by which name CloudWatch is signed for
	"iam":            {{"GetRole", "Role", getPrincipal}, {"GetUser", "User", getPrincipal}, {"GetGroup", "Group", getPrincipal}},
	"organizations": {
		{"ListAccounts", "Accounts", decoded(ofOrganization(listAccounts))},
		{"DescribeOrganization", "Organization", decoded(ofOrganization(describeOrganization))},
		{"ListAccountsForParent", "Accounts", decoded(ofOrganization(listAccountsForParent))},
		{"ListOrganizationalUnitsForParent", "OrganizationalUnits", decoded(ofOrganization(listUnitsForParent))},
	},
	"servicecatalog": {
		{"SearchProvisionedProducts", "ProvisionedProducts", decoded(searchProvisionedProducts)},
		{"ScanProvisionedProducts", "ProvisionedProducts", decoded(scanProvisionedProducts)},
		{"DescribeProvisionedProduct", "ProvisionedProductDetail", decoded(describeProvisionedProduct)},
		{"DescribeRecord", "RecordDetail", decoded(describeRecord)},
		{"ListRecordHistory", "RecordDetails", decoded(listRecordHistory)},
		{"ListProvisioningArtifacts", "ProvisioningArtifactDetails", decoded(listProvisioningArtifacts)},
		{"SearchProductsAsAdmin", "ProductViewDetails", decoded(searchProductsAsAdmin)},
		{"ListPortfolios", "PortfolioDetails", decoded(listPortfolios)},
		{"DescribePortfolioShares", "PortfolioShareDetails", decoded(describePortfolioShares)},
		{"ListConstraintsForPortfolio", "ConstraintDetails", decoded(listConstraintsForPortfolio)},
		{"DescribeConstraint", "ConstraintDetail", decoded(describeConstraint)},
		{"ListBudgetsForResource", "Budgets", decoded(listBudgetsForResource)},
		{"ListPortfoliosForProduct", "PortfolioDetails", decoded(listPortfoliosForProduct)},
		{"ListLaunchPaths", "LaunchPathSummaries", decoded(listLaunchPaths)},
		{"ListPrincipalsForPortfolio", "Principals", decoded(listPrincipalsForPortfolio)},
		{"ListStackInstancesForProvisionedProduct", "StackInstances", decoded(listStackInstances)},
		{"DescribeProductAsAdmin", "ProductViewDetail", decoded(describeProductAsAdmin)},
	},
	"sts": {{"AssumeRole", "Credentials", assumeRole}, {"GetCallerIdentity", "Account", getCallerIdentity}},
})

func byName(services map[string][]operation) map[string]operation {
	all := map[string]operation{}
	for service, list := range services {
		for _, o := range list {
			all[service+":"+o.name] = o
		}
	}
	return all
}

// decoded is what runs an operation whose parameters are a body of JSON.
func decoded[I any](run func(*call, I) (reply, error)) func(*call) (reply, error) {
	return func(c *call) (reply, error) {
		var in I
		if err := json.Unmarshal(c.body, &in); err != nil {
			return nil, c.malformed(err)
		}
		return run(c, in)
	}
}
