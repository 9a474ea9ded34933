package estate

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tenor/audit"
)

// AsOf is when the documents are evaluated.
func AsOf() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }

// Assumptions are those under which their facts are computed.
func Assumptions() audit.Assumptions {
	return audit.Assumptions{
		DiscountRate: "0.08", FiscalYearStart: 1, Calendar: "us", NoticeBusinessDays: 5, ApprovalLimitUSD: "250000", ApprovalBasis: "total",
		RetiredStatuses: []string{"RETIRED"}, MonthToMonthTerm: "ONE_YEAR", AllowedTerms: []string{"ONE_YEAR", "THREE_YEARS"},
		AllowedOptions: []string{"ALL_UPFRONT", "PARTIAL_UPFRONT", "NO_UPFRONT"},
	}
}

// Documents make the i-th resource of each kind, as a snapshot has it; its kind, account and region are left to the caller. An Outpost
// is the account's own.
var Documents = map[string]func(account string, i int) *audit.Resource{
	audit.KindOutpost: outpost, audit.KindOrder: order, audit.KindQuote: quote, audit.KindCapacityTask: capacityTask,
	audit.KindProvisionedProduct: product,
}

// bad reports whether resource i is one of those that are not as they should be, and which of its kind.
func bad(i int) (nth int, ok bool) { return i / 20, i%20 == 0 }

func pick(i int, values ...string) string { return values[i%len(values)] }

func at(days float64) string {
	return AsOf().Add(time.Duration(days * 24 * float64(time.Hour))).Format(time.RFC3339)
}

func raw(format string, args ...any) json.RawMessage { return fmt.Appendf(nil, format, args...) }

func product(_ string, i int) *audit.Resource {
	id, name, owner, center := fmt.Sprintf("pp-%013x", uint64(i)*2654435761), fmt.Sprintf("team-%03d-service-%06d", i%400, i),
		fmt.Sprintf("team-%03d@example.com", i%400), fmt.Sprint(4000+i%90)
	arn := "arn:aws:servicecatalog:eu-central-1:111122223333:stack/" + name + "/" + id
	status, kind, guidance, active, success := "AVAILABLE", pick(i/7, "CFN_STACK", "CFN_STACK", "CFN_STACK", "CONTROL_TOWER_ACCOUNT"),
		"DEFAULT", true, i
	related := map[string]json.RawMessage{}
	if n, ok := bad(i); ok {
		switch n % 6 {
		case 0, 1, 2:
			success = i + 10_000_000
			status = pick(n, "ERROR", "TAINTED", "UNDER_CHANGE")
			related["records"] = raw(`{"RecordDetails":[{"RecordId":"rec-%08d","Status":%q,"CreatedTime":%q,"UpdatedTime":%q,
				"RecordType":"UPDATE_PROVISIONED_PRODUCT","RecordErrors":[{"Code":"ResourceLimitExceeded",
				"Description":"The maximum number of addresses has been reached."}]},
				{"RecordId":"rec-%08d","Status":"SUCCEEDED","CreatedTime":"2024-01-01T00:00:00Z","RecordType":"PROVISION_PRODUCT"}]}`,
				i, pick(n, "FAILED", "FAILED", "IN_PROGRESS"), at(-float64(2+n%60)), at(-float64(1+n%60)), success)
		case 3:
			guidance = "DEPRECATED"
		case 4:
			active = false
		case 5:
			owner = ""
		}
	}
	related["artifact"] = raw(`{"Id":"pa-%04d","Name":"v2.%d","Active":%t,"Guidance":%q,"CreatedTime":"2025-04-01T00:00:00Z",
		"NewestActive":{"Id":"pa-9999","Name":"v9","CreatedTime":"2026-04-01T00:00:00Z","Guidance":"DEFAULT"}}`, i%40, i%12, active, guidance)
	tags := map[string]string{"CostCenter": center, "aws:servicecatalog:provisionedProductArn": arn}
	if owner != "" {
		tags["Owner"] = owner
	}
	return &audit.Resource{ID: id, ARN: arn, Name: name, Tags: tags, Related: related, Spec: raw(
		`{"Id":%q,"Name":%q,"Arn":%q,"Type":%q,"Status":%q,"CreatedTime":%q,"IdempotencyToken":"8a1c5a9c-%08x","LastRecordId":"rec-%08d",
			"LastProvisioningRecordId":"rec-%08d","LastSuccessfulProvisioningRecordId":"rec-%08d",`+
			`"ProductId":"prod-%04d","ProductName":"Web service %d","ProvisioningArtifactId":"pa-%04d","ProvisioningArtifactName":"v2.%d",
				"PhysicalId":"arn:aws:cloudformation:eu-central-1:111122223333:stack/SC-111122223333-%s/0a1b2c3d-aaaa-bbbb-cccc-%012x",`+
			`"UserArn":"arn:aws:iam::111122223333:role/deployer","UserArnSession":"arn:aws:sts::111122223333:assumed-role/deployer/session-%08d",
				"Tags":[{"Key":"Owner","Value":%q},{"Key":"CostCenter","Value":%q},{"Key":"aws:servicecatalog:provisionedProductArn","Value":%q}]}`,
		id, name, arn, kind, status, at(-float64(i%900)-0.37), i, i, i, success, i%40, i%40, i%40, i%12, id, i, i, owner, center, arn)}
}

func outpost(account string, i int) *audit.Resource {
	id := fmt.Sprintf("op-%017x", i)
	end, term, option, owner, priced := 200+float64(i%900), "THREE_YEARS", pick(i, "ALL_UPFRONT", "PARTIAL_UPFRONT", "NO_UPFRONT"),
		fmt.Sprintf("team-%03d@example.com", i%400), "PRICED"
	status, kind, days, more := "ACTIVE", "ORIGINAL", 1096.0, ""
	if n, ok := bad(i); ok {
		switch n % 8 {
		case 0:
			end = float64(n % 170)
		case 1:
			end = -float64(n%90) - 50
		case 2:
			term = "FIVE_YEARS"
		case 3:
			owner = ""
		case 4:
			end, priced = float64(n%150)+20, "UNABLE_TO_PRICE"
		case 5:
			kind, end, days = "RENEWAL", float64(n%20), 30
		case 6:
			status = "RETIRED"
		case 7:
			end = float64(n % 100)
			more = fmt.Sprintf(`,{"SubscriptionId":"sub-%08d-2","SubscriptionType":"RENEWAL","SubscriptionStatus":"PENDING","BeginDate":%q,
				"EndDate":%q,"MonthlyRecurringPrice":%d.5,"UpfrontPrice":0.0,"Currency":"USD","OrderIds":[]}`, i, at(end+1), at(end+1096), 5000+i%4000)
		}
	}
	begin, monthly := end-days, 4000+i%7000
	prices := []string{}
	for t, name := range []string{"ONE_YEAR", "THREE_YEARS", "FIVE_YEARS"} {
		months := []int{12, 36, 60}[t]
		base := monthly * months * (100 - 8*t) / 100
		for _, p := range []struct {
			option           string
			upfront, monthly int
		}{{"ALL_UPFRONT", base, 0}, {"PARTIAL_UPFRONT", base * 52 / 100, base * 52 / 100 / months}, {"NO_UPFRONT", 0,
			base * 104 / 100 / months}} {
			prices = append(prices, fmt.Sprintf(`{"PricingType":"SUBSCRIPTION","SubscriptionPricingDetails":{"PaymentOption":%q,"PaymentTerm":%q,
				"UpfrontPrice":%d,"MonthlyRecurringPrice":%d.25,"Currency":"USD"}}`, p.option, name, p.upfront, p.monthly))
		}
	}
	if priced != "PRICED" {
		prices = nil
	}
	return &audit.Resource{
		ID: id, ARN: "arn:aws:outposts:eu-central-1:" + account + ":outpost/" + id, Name: fmt.Sprintf("dc-%05d", i),
		Tags: map[string]string{"Owner": owner, "CostCenter": fmt.Sprint(4000 + i%90)},
		Spec: raw(`{"OutpostId":%q,"OwnerId":%q,"Name":"dc-%05d","Description":"rack %d","LifeCycleStatus":%q,
			"AvailabilityZone":"eu-central-1a","AvailabilityZoneId":"euc1-az2","SiteId":"os-%017x","SupportedHardwareType":"RACK",
			"Tags":{"Owner":%q}}`, id, account, i, i, status, i%300, owner),
		Related: map[string]json.RawMessage{
			"billing": raw(`{"ContractEndDate":%q,"PaymentTerm":%q,"PaymentOption":%q,"Subscriptions":[{"SubscriptionId":"sub-%08d",
				"SubscriptionType":%q,"SubscriptionStatus":"ACTIVE","BeginDate":%q,"EndDate":%q,"MonthlyRecurringPrice":%d.5,
				"UpfrontPrice":0.0,"Currency":"USD","OrderIds":["oo-%017x"]}%s]}`,
				at(end), term, option, i, kind, at(begin), at(end), monthly, i, more),
			"renewal_pricing": raw(`{"PricingResult":%q,"PricingOptions":[%s]}`, priced, strings.Join(prices, ",")),
			"site": raw(`{"SiteId":"os-%017x","AccountId":"111122223333","Name":"site-%d","OperatingAddressCity":"Frankfurt",
				"OperatingAddressCountryCode":"DE"}`, i%300, i%300),
		},
	}
}

func order(_ string, i int) *audit.Resource {
	id := fmt.Sprintf("oo-%017x", i)
	status, term, days, item := pick(i, "COMPLETED", "COMPLETED", "PREPARING", "IN_PROGRESS", "DELIVERED"), "THREE_YEARS", 10+float64(i%18),
		"INSTALLED"
	if n, ok := bad(i); ok {
		switch n % 4 {
		case 0:
			status = "ERROR"
		case 1:
			status, days = "PREPARING", 61+float64(n%90)
		case 2:
			term = "FIVE_YEARS"
		case 3:
			status, item = "IN_PROGRESS", "ERROR"
		}
	}
	lines := ""
	for k := range 4 {
		s := "INSTALLED"
		if k == 2 {
			s = item
		}
		lines += fmt.Sprintf(`,{"CatalogItemId":"OR-RACK-%d","LineItemId":"ooi-%013x-%d","Quantity":1,"Status":%q,
			"ShipmentInformation":{"ShipmentTrackingNumber":"1Z-%d","ShipmentCarrier":"DHL"},"AssetInformationList":[{"AssetId":"%010d",
			"MacAddressList":["0e:%02x:00:00:00:01"]}]}`, k, i, k, s, i, i*10+k, i%256)
	}
	return &audit.Resource{ID: id, Spec: raw(`{"OrderId":%q,"OutpostId":"op-%017x","Status":%q,"OrderType":"OUTPOST",
		"PaymentOption":"NO_UPFRONT","PaymentTerm":%q,"OrderSubmissionDate":%q,"OrderFulfilledDate":%q,"LineItems":[%s]}`,
		id, i, status, term, at(-days-0.01*float64(i%90)), at(-days/2), lines[1:]),
		Related: map[string]json.RawMessage{"outpost": raw(`{"OutpostId":"op-%017x","Name":"dc-%05d","LifeCycleStatus":"ACTIVE",
			"ContractEndDate":%q,"PaymentTerm":"THREE_YEARS","PaymentOption":"NO_UPFRONT","Subscriptions":[{"SubscriptionId":"sub-%08d",
			"SubscriptionType":"ORIGINAL","SubscriptionStatus":"ACTIVE","BeginDate":%q,"EndDate":%q,"OrderIds":[%q]}]}`,
			i, i, at(400), i, at(-600), at(400), id)}}
}

func quote(_ string, i int) *audit.Resource {
	id := fmt.Sprintf("oq-%017x", i)
	status, expires, requirement, term, submitted := "CREATED", 8+float64(i%20), "PASS", "THREE_YEARS", ""
	if i%3 == 0 {
		status, submitted = "ORDER_SUBMITTED", fmt.Sprintf(`,"SubmittedOrderId":"oo-%017x"`, i)
	}
	if n, ok := bad(i); ok {
		status, submitted = "CREATED", ""
		switch n % 4 {
		case 0:
			expires = float64(n%6) + 0.5
		case 1:
			status, expires = "EXPIRED", -float64(n%29)
		case 2:
			requirement = "FAIL"
		case 3:
			term = "FIVE_YEARS"
		}
	}
	return &audit.Resource{ID: id, ARN: "", Spec: raw(`{"QuoteId":%q,"AccountId":"111122223333","QuoteStatus":%q,"CreatedDate":%q,
		"ExpirationDate":%q,"CountryCode":"DE"%s,"OrderingRequirements":[{"OrderingRequirementType":"ENTERPRISE_SUPPORT_ERROR","Status":%q,
		"StatusMessage":"checked"},{"OrderingRequirementType":"VALID_ZIP_CODE_CHECK_ERROR","Status":"PASS"}],`+
		`"QuoteOptions":[{"QuoteOptionIdentifier":"OPTION_1","PricingOptions":[{"PricingType":"SUBSCRIPTION",
			"SubscriptionPricingDetails":{"PaymentOption":"NO_UPFRONT","PaymentTerm":%q,"UpfrontPrice":0,"MonthlyRecurringPrice":%d.75,
			"Currency":"USD"}}]}],"RequestedPaymentTerms":[%q]}`,
		id, status, at(expires-30), at(expires), submitted, requirement, term, 5000+i%3000, term)}
}

func capacityTask(_ string, i int) *audit.Resource {
	id := fmt.Sprintf("cap-%017x", i)
	status, modified := "COMPLETED", -float64(i%60)-0.25
	if n, ok := bad(i); ok {
		status, modified = pick(n, "FAILED", "WAITING_FOR_EVACUATION", "IN_PROGRESS"), -1.5-float64(n%20)
	}
	return &audit.Resource{ID: id, Spec: raw(`{"CapacityTaskId":%q,"OutpostId":"op-%017x","OrderId":"oo-%017x","CapacityTaskStatus":%q,
		"DryRun":false,"CreationDate":%q,"LastModifiedDate":%q,"RequestedInstancePools":[{"InstanceType":"m5.24xlarge","Count":%d}]}`,
		id, i, i, status, at(modified-1), at(modified), i%8)}
}
