// Package estate is what is measured on: the simulated organization of the collector and the function, and the documents of snapshots.
package estate

import (
	"fmt"
	"strings"
)

// The size of the estate, but for the products, which are a parameter.
const (
	Management = "900000000000"
	RoleName   = "TenorAudit"
	Accounts   = 20
	Outposts   = 400
)

// Regions are those in which there is something.
var Regions = []string{"eu-central-1", "eu-west-1", "us-east-1", "us-west-2"}

// AccountID returns the id of an account, from 0 to Accounts.
func AccountID(i int) string { return fmt.Sprintf("1000000000%02d", i) }

// JSON returns the file of an estate of that many provisioned products, spread evenly over every account and region.
// Two in a hundred are TAINTED by a request that failed, so their records are read, too. A product is about as large as AWS sends it.
func JSON(products int) string {
	var list, ids []string
	for i := range Accounts {
		id := AccountID(i)
		list = append(list, fmt.Sprintf(`{"id":%q,"name":"account-%02d","email":"a%02d@example.com","unit":"r-root","budgets":[%s]}`,
			id, i, i, budget))
		ids = append(ids, fmt.Sprintf("%q", id))
	}
	scopes := Accounts * len(Regions)
	return fmt.Sprintf(`{
 "organization": {"id":"o-benchmark01","root":"r-root","management_account":%q},
 "role": {"name":%q},
 "accounts": [{"id":%q,"name":"management","email":"m@example.com","unit":"r-root"},%s],
 "scopes": [{"accounts":[%s],"regions":["%s"],
  "sites":[{"SiteId":"os-${hex:site}","AccountId":"${account}","Name":"site","OperatingAddressCountryCode":"DE"}],
  "outposts":[{"repeat":%d,"each":{
   "outpost":{"OutpostId":"op-${hex:rack}","OwnerId":"${account}",
    "OutpostArn":"arn:aws:outposts:${region}:${account}:outpost/op-${hex:rack}","SiteId":"os-${hex:site}","Name":"rack-${i}",
    "LifeCycleStatus":"ACTIVE","Tags":{"Owner":"edge"},"SupportedHardwareType":"RACK"},
   "billing":{"ContractEndDate":"now+200d|2006-01-02","PaymentTerm":"THREE_YEARS","PaymentOption":"ALL_UPFRONT",
    "Subscriptions":[{"SubscriptionId":"1","SubscriptionType":"ORIGINAL","SubscriptionStatus":"ACTIVE","OrderIds":[],
    "BeginDate":"now-895d","EndDate":"now+200d","Currency":"USD","MonthlyRecurringPrice":0.00,"UpfrontPrice":590216.36}]},
   "renewal_pricing":{"PricingResult":"PRICED","PricingOptions":[{"PricingType":"SUBSCRIPTION",
    "SubscriptionPricingDetails":{"PaymentOption":"ALL_UPFRONT","PaymentTerm":"THREE_YEARS","UpfrontPrice":590216.36,
    "MonthlyRecurringPrice":0.00,"Currency":"USD"}}]}}}],
  "assets":[{"repeat":%d,"each":{"outpost":"op-${hex:rack}","asset":{"AssetId":"A${hex:asset}","AssetType":"COMPUTE",
   "ComputeAttributes":{"State":"ACTIVE","InstanceTypeCapacities":[{"InstanceType":"c5.4xlarge","Count":6}]}}}}],
  "asset_instances":[{"repeat":%d,"each":{"outpost":"op-${hex:rack}","instance":{"InstanceId":"i-${hex:i}","InstanceType":"c5.4xlarge",
   "AssetId":"A${hex:asset}","AccountId":"${account}","AwsServiceName":"EC2"}}}],
  "products":[{"product":{"ProductViewSummary":{"ProductId":"prod-benchmark001","Name":"Web service","Type":"CLOUD_FORMATION_TEMPLATE"},
   "Status":"AVAILABLE","ProductARN":"arn:aws:catalog:${region}:${account}:product/prod-benchmark001"},
   "artifacts":[{"Id":"pa-benchmark001","Name":"v1","Type":"CLOUD_FORMATION_TEMPLATE","CreatedTime":"now-400d","Active":true,
    "Guidance":"DEFAULT"}]}],
  "portfolios":[{"portfolio":{"Id":"port-benchmark001","DisplayName":"Platform"},"products":["prod-benchmark001"]}],
  "provisioned_products":[{"repeat":%d,"vary":{"status":[%s],"outcome":[%s],"succeeded":[%s]},"each":{
   "product":{"Name":"web-${i}","Arn":"arn:aws:servicecatalog:${region}:${account}:stack/web-${i}/pp-${id}","Type":"CFN_STACK",
    "Id":"pp-${id}","Status":"${status}","StatusMessage":"","CreatedTime":"now-100d","IdempotencyToken":"tok-${id}",
    "LastRecordId":"rec-${id}","LastProvisioningRecordId":"rec-${id}","LastSuccessfulProvisioningRecordId":"${succeeded}",
    "Tags":[{"Key":"Owner","Value":"team"},{"Key":"CostCenter","Value":"CC-1234"},{"Key":"Environment","Value":"production"},
     {"Key":"aws:servicecatalog:productArn","Value":"arn:aws:catalog:${region}:${account}:product/prod-benchmark001"},
     {"Key":"aws:servicecatalog:provisioningPrincipalArn",
     "Value":"arn:aws:sts::${account}:assumed-role/ServiceCatalogEndUser/deploy-pipeline"}],
    "PhysicalId":"arn:aws:cloudformation:${region}:${account}:stack/SC-${account}-pp-${id}/5c1f0e70-0d3b-11f1-9a44-0a58a9feac02",
     "ProductId":"prod-benchmark001","ProductName":"Web service","ProvisioningArtifactId":"pa-benchmark001",
     "ProvisioningArtifactName":"v1","UserArn":"arn:aws:sts::${account}:assumed-role/ServiceCatalogEndUser/deploy-pipeline",
     "UserArnSession":"arn:aws:sts::${account}:assumed-role/ServiceCatalogEndUser/deploy-pipeline"},
   "records":[{"RecordId":"rec-${id}","ProvisionedProductName":"web-${i}","Status":"${outcome}","CreatedTime":"now-3d",
    "UpdatedTime":"now-3d","ProvisionedProductId":"pp-${id}","RecordErrors":[],"RecordTags":[]}]}}]
 }]}`, Management, RoleName, Management, strings.Join(list, ","), strings.Join(ids, ","), strings.Join(Regions, `","`), Outposts/scopes,
		Outposts/scopes, Outposts/scopes,
		products/scopes, varied("AVAILABLE", "TAINTED"), varied("SUCCEEDED", "FAILED"), varied("rec-${id}", "rec-before"))
}

// budget is one of each account, of the portfolio that it has in each region.
const budget = `{"of":["port-benchmark001"],"budget":{"BudgetName":"platform","BudgetType":"COST","TimeUnit":"MONTHLY",
  "BudgetLimit":{"Amount":"100.0","Unit":"USD"},"CalculatedSpend":{"ActualSpend":{"Amount":"61.337000000000003","Unit":"USD"}}}}`

// varied are the values of fifty products, of which one failed.
func varied(good, failed string) string {
	return strings.Repeat(fmt.Sprintf("%q,", good), 49) + fmt.Sprintf("%q", failed)
}
