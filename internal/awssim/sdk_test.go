package awssim

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/account"
	acctypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/outposts"
	optypes "github.com/aws/aws-sdk-go-v2/service/outposts/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	sctypes "github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// sdk is the configuration of the real clients for an account's own user.
func sdk(s *server, account string) aws.Config {
	return aws.Config{
		Region: "eu-central-1", BaseEndpoint: aws.String(s.URL()), RetryMaxAttempts: 4,
		Credentials: credentials.NewStaticCredentialsProvider(AccessKey(account), "simulated", ""),
	}
}

type must struct{ t *testing.T }

func (m must) ok(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func TestSDKOutposts(t *testing.T) {
	s := start(t, Options{Estate: load(t, small), PageSize: 1})
	ctx, m, c := t.Context(), must{t}, outposts.NewFromConfig(sdk(s, plant))
	var ids []string
	for p := outposts.NewListOutpostsPaginator(c, &outposts.ListOutpostsInput{LifeCycleStatusFilter: []string{"ACTIVE",
		"RETIRED"}}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		m.ok(err)
		for _, o := range page.Outposts {
			ids = append(ids, aws.ToString(o.OutpostId))
		}
	}
	diff(t, "Outposts", []string{rack, foreign}, ids)
	var prices []float64
	for p := outposts.NewGetOutpostBillingInformationPaginator(c,
		&outposts.GetOutpostBillingInformationInput{OutpostIdentifier: aws.String(rack)}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		m.ok(err)
		diff(t, "contract end", "2026-11-06", aws.ToString(page.ContractEndDate))
		for _, sub := range page.Subscriptions {
			prices = append(prices, aws.ToFloat64(sub.UpfrontPrice))
			diff(t, "end", now.AddDate(0, 0, 80), *sub.EndDate)
		}
	}
	diff(t, "prices", []float64{131072.01, 1234567.89, 0}, prices)
	renewal, err := c.GetRenewalPricing(ctx, &outposts.GetRenewalPricingInput{OutpostIdentifier: aws.String(rack)})
	m.ok(err)
	diff(t, "renewal", optypes.PricingResultPriced, renewal.PricingResult)
	outpost, err := c.GetOutpost(ctx, &outposts.GetOutpostInput{
		OutpostId: aws.String("arn:aws:outposts:eu-central-1:111122223333:outpost/" + rack),
	})
	m.ok(err)
	tags, err := c.ListTagsForResource(ctx, &outposts.ListTagsForResourceInput{ResourceArn: outpost.Outpost.OutpostArn})
	m.ok(err)
	diff(t, "tags", map[string]string{"Owner": "x"}, tags.Tags)
	sites, err := c.ListSites(ctx, &outposts.ListSitesInput{})
	m.ok(err)
	diff(t, "site", "Frankfurt", aws.ToString(sites.Sites[0].OperatingAddressCity))
	orders, err := c.ListOrders(ctx, &outposts.ListOrdersInput{OutpostIdentifierFilter: aws.String(rack)})
	m.ok(err)
	diff(t, "line items", map[string]int32{"INSTALLED": 2, "ERROR": 1}, orders.Orders[0].LineItemCountsByStatus)
	order, err := c.GetOrder(ctx, &outposts.GetOrderInput{OrderId: orders.Orders[0].OrderId})
	m.ok(err)
	diff(t, "term", optypes.PaymentTermOneYear, order.Order.PaymentTerm)
	quotes, err := c.ListQuotes(ctx, &outposts.ListQuotesInput{})
	m.ok(err)
	quote, err := c.GetQuote(ctx, &outposts.GetQuoteInput{QuoteIdentifier: quotes.Quotes[0].QuoteId})
	m.ok(err)
	diff(t, "requirement", optypes.OrderingRequirementStatusFail, quote.Quote.OrderingRequirements[0].Status)
	tasks, err := c.ListCapacityTasks(ctx, &outposts.ListCapacityTasksInput{
		CapacityTaskStatusFilter: []optypes.CapacityTaskStatus{optypes.CapacityTaskStatusFailed},
	})
	m.ok(err)
	task, err := c.GetCapacityTask(ctx, &outposts.GetCapacityTaskInput{CapacityTaskId: tasks.CapacityTasks[0].CapacityTaskId,
		OutpostIdentifier: tasks.CapacityTasks[0].OutpostId})
	m.ok(err)
	diff(t, "modified", now.AddDate(0, 0, -2), *task.LastModifiedDate)

	_, err = c.CreateRenewal(ctx, &outposts.CreateRenewalInput{OutpostIdentifier: aws.String(rack),
		PaymentOption: optypes.PaymentOptionAllUpfront, PaymentTerm: optypes.PaymentTermOneYear,
		ClientToken: aws.String("00000000000000000000000000000000")})
	var denied *optypes.AccessDeniedException
	if !errors.As(err, &denied) {
		t.Errorf("a write: %v", err)
	}
	last := s.Requests()[len(s.Requests())-1]
	diff(t, "the write", []string{"CreateRenewal", "AccessDeniedException"}, []string{last.Operation, last.Error})
	_, err = c.GetOrder(ctx, &outposts.GetOrderInput{OrderId: aws.String("oo-00000000000000009")})
	var missing *optypes.NotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("an unknown order: %v", err)
	}
}

func TestSDKServiceCatalog(t *testing.T) {
	s := start(t, Options{Estate: load(t, small)})
	ctx, m, c := t.Context(), must{t}, servicecatalog.NewFromConfig(sdk(s, plant))
	self := &sctypes.AccessLevelFilter{Key: sctypes.AccessLevelFilterKeyAccount, Value: aws.String("self")}
	var names []string
	var created *time.Time
	for p := servicecatalog.NewSearchProvisionedProductsPaginator(c,
		&servicecatalog.SearchProvisionedProductsInput{AccessLevelFilter: self, PageSize: 2}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		m.ok(err)
		for _, product := range page.ProvisionedProducts {
			names, created = append(names, aws.ToString(product.Name)), product.CreatedTime
		}
	}
	diff(t, "products", []string{"alone", "web-0", "web-1", "web-2", "web-3"}, names)
	diff(t, "created", now.AddDate(0, 0, -1), *created)
	record, err := c.DescribeRecord(ctx, &servicecatalog.DescribeRecordInput{Id: aws.String("rec-alone")})
	m.ok(err)
	diff(t, "record", sctypes.RecordStatusFailed, record.RecordDetail.Status)
	diff(t, "secret", Secret, aws.ToString(record.RecordOutputs[0].OutputValue))
	history, err := c.ListRecordHistory(ctx, &servicecatalog.ListRecordHistoryInput{AccessLevelFilter: self})
	m.ok(err)
	diff(t, "history", 9, len(history.RecordDetails))
	artifacts, err := c.ListProvisioningArtifacts(ctx, &servicecatalog.ListProvisioningArtifactsInput{ProductId: aws.String("prod-1")})
	m.ok(err)
	diff(t, "guidance", sctypes.ProvisioningArtifactGuidanceDeprecated, artifacts.ProvisioningArtifactDetails[0].Guidance)
	product, err := c.DescribeProductAsAdmin(ctx, &servicecatalog.DescribeProductAsAdminInput{Id: aws.String("prod-1")})
	m.ok(err)
	diff(t, "product", "Web", aws.ToString(product.ProductViewDetail.ProductViewSummary.Name))
	_, err = c.DescribeRecord(ctx, &servicecatalog.DescribeRecordInput{Id: aws.String("rec-none")})
	var missing *sctypes.ResourceNotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("an unknown record: %v", err)
	}
}

func TestSDKOrganization(t *testing.T) {
	s := start(t, Options{Estate: load(t, small), PageSize: 3})
	ctx, m, c := t.Context(), must{t}, organizations.NewFromConfig(sdk(s, management))
	states := map[string]orgtypes.AccountState{}
	for p := organizations.NewListAccountsPaginator(c, &organizations.ListAccountsInput{}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		m.ok(err)
		for _, a := range page.Accounts {
			states[aws.ToString(a.Id)] = a.State
		}
	}
	diff(t, "accounts", map[string]orgtypes.AccountState{management: "ACTIVE", plant: "ACTIVE", store: "ACTIVE",
		"777788889999": "SUSPENDED"}, states)
	org, err := c.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	m.ok(err)
	diff(t, "management account", management, aws.ToString(org.Organization.MasterAccountId))
	children, err := c.ListAccountsForParent(ctx, &organizations.ListAccountsForParentInput{ParentId: aws.String("ou-abcd-nested00")})
	m.ok(err)
	diff(t, "child", store, aws.ToString(children.Accounts[0].Id))
	_, err = c.ListOrganizationalUnitsForParent(ctx, &organizations.ListOrganizationalUnitsForParentInput{
		ParentId: aws.String("ou-abcd-missing0"),
	})
	var missing *orgtypes.ParentNotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("an unknown parent: %v", err)
	}
}

// TestSDKRefresh assumes a role whose credentials the SDK takes for about to end, so that it asks for new ones each time.
func TestSDKRefresh(t *testing.T) {
	s := start(t, Options{Estate: load(t, small), SessionLife: 15 * time.Minute})
	ctx, m, cfg := t.Context(), must{t}, sdk(s, management)
	provider := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), "arn:aws:iam::"+plant+":role/TenorAudit",
		func(o *stscreds.AssumeRoleOptions) {
			o.ExternalID, o.RoleSessionName = aws.String("example"), "night"
		})
	cfg.Credentials = aws.NewCredentialsCache(provider, func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = time.Hour })
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	m.ok(err)
	diff(t, "caller", "arn:aws:sts::111122223333:assumed-role/TenorAudit/night", aws.ToString(who.Arn))
	_, err = outposts.NewFromConfig(cfg).ListOutposts(ctx, &outposts.ListOutpostsInput{})
	m.ok(err)
	got := []string{}
	for _, r := range s.Requests() {
		got = append(got, r.Account+" "+r.Operation)
	}
	diff(t, "requests", []string{management + " AssumeRole", plant + " GetCallerIdentity", management + " AssumeRole",
		plant + " ListOutposts"}, got)
}

// code is the code of an AWS error, or empty.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// TestSDKDenied has clients of services that are not simulated tell why they are denied.
func TestSDKDenied(t *testing.T) {
	s := start(t, Options{Estate: load(t, small)})
	ctx, cfg := t.Context(), sdk(s, plant)
	_, err := sns.NewFromConfig(cfg).Publish(ctx, &sns.PublishInput{TopicArn: aws.String("arn:aws:sns:eu-central-1:" + plant + ":t"),
		Message: aws.String("m")})
	diff(t, "a service of the query protocol", "AuthorizationError", code(err))
	_, err = s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).ListObjectsV2(ctx,
		&s3.ListObjectsV2Input{Bucket: aws.String("b")})
	diff(t, "S3", "AccessDenied", code(err))
	_, err = sesv2.NewFromConfig(cfg).GetAccount(ctx, &sesv2.GetAccountInput{})
	diff(t, "a service of JSON", "AccessDeniedException", code(err))
}

// TestSDKFaults checks that the clients take each fault for what it is: what they retry, and what they report.
func TestSDKFaults(t *testing.T) {
	for _, tc := range []struct {
		name         string
		fault        Fault
		outposts, sc string // the code reported; "ok" for none
		attempts     int
	}{
		{"throttled once", Fault{Kind: FaultThrottle, Times: 1}, "ok", "ok", 2},
		{"throttled out", Fault{Kind: FaultThrottle}, "ThrottlingException", "ThrottlingException", 4},
		{"server error", Fault{Kind: FaultServerError}, "InternalServerException", "InternalServerException", 4},
		{"access denied", Fault{Kind: FaultAccessDenied}, "AccessDeniedException", "AccessDeniedException", 1},
		{"denied by SCP", Fault{Kind: FaultDeniedBySCP}, "AccessDeniedException", "AccessDeniedException", 1},
		{"not enabled", Fault{Kind: FaultNotEnabled}, "UnrecognizedClientException", "UnrecognizedClientException", 1},
		{"cut off", Fault{Kind: FaultCutOff}, "", "", 1},
		{"bad JSON", Fault{Kind: FaultBadJSON}, "", "", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := start(t, Options{Estate: load(t, small), Faults: []Fault{tc.fault}})
			cfg := sdk(s, plant)
			cfg.Retryer = func() aws.Retryer { return impatient{aws.NopRetryer{}} }
			_, err := outposts.NewFromConfig(cfg).ListOutposts(t.Context(), &outposts.ListOutpostsInput{})
			report(t, "outposts", tc.outposts, err)
			_, err = servicecatalog.NewFromConfig(cfg).SearchProvisionedProducts(t.Context(), &servicecatalog.SearchProvisionedProductsInput{})
			report(t, "servicecatalog", tc.sc, err)
			for _, op := range []string{"ListOutposts", "SearchProvisionedProducts"} {
				got := slices.DeleteFunc(s.Requests(), func(r Request) bool { return r.Operation != op })
				diff(t, "attempts of "+op, tc.attempts, len(got))
			}
		})
	}
}

func report(t *testing.T, service, want string, err error) {
	t.Helper()
	if want == "ok" {
		must{t}.ok(err)
		return
	}
	if err == nil {
		t.Errorf("%s: no error", service)
	}
	diff(t, service, want, code(err))
}

// impatient retries throttles and server errors, as the SDK does, without its delays.
type impatient struct{ aws.NopRetryer }

func (impatient) MaxAttempts() int { return 4 }
func (impatient) IsErrorRetryable(err error) bool {
	return slices.Contains([]string{"ThrottlingException", "InternalServerException"}, code(err))
}
func (impatient) RetryDelay(int, error) (time.Duration, error) { return 0, nil }
func (impatient) GetRetryToken(context.Context, error) (func(error) error, error) {
	return func(error) error { return nil }, nil
}

func (impatient) GetAttemptToken(context.Context) (func(error) error, error) {
	return func(error) error { return nil }, nil
}

// TestSDKEmptyBodies shows why these faults matter: the clients take them for an empty list.
func TestSDKEmptyBodies(t *testing.T) {
	for _, kind := range []FaultKind{FaultEmpty, FaultMissingList} {
		s := start(t, Options{Estate: load(t, small), Faults: []Fault{{Kind: kind}}})
		out, err := outposts.NewFromConfig(sdk(s, plant)).ListOutposts(t.Context(), &outposts.ListOutpostsInput{})
		must{t}.ok(err)
		diff(t, string(kind), 0, len(out.Outposts))
	}
}

// TestSDKRegions lists which regions an account has enabled, and asks in one that it has not.
func TestSDKRegions(t *testing.T) {
	e := load(t, `{"accounts": [
	 {"id": "111122223333", "name": "plant", "email": "plant@example.com", "unit": "r-abcd", "disabled_regions": ["eu-south-1"]},
	 {"id": "444455556666", "name": "lab", "email": "lab@example.com", "unit": "r-abcd"}],
	 "regions": ["eu-central-1", "eu-south-1", "eu-north-9"]}`)
	s := start(t, Options{Estate: e, PageSize: 10})
	ctx, m := t.Context(), must{t}
	for id, want := range map[string]map[string]acctypes.RegionOptStatus{
		"111122223333": {"eu-central-1": "ENABLED_BY_DEFAULT", "eu-north-9": "ENABLED", "eu-south-1": "DISABLED", "us-east-1": "DISABLED"},
		"444455556666": {"eu-central-1": "ENABLED_BY_DEFAULT", "eu-north-9": "ENABLED", "eu-south-1": "ENABLED", "us-east-1": "DISABLED"},
	} {
		got := map[string]acctypes.RegionOptStatus{}
		for p := account.NewListRegionsPaginator(account.NewFromConfig(sdk(s, id)), &account.ListRegionsInput{}); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			m.ok(err)
			for _, r := range page.Regions {
				if name := aws.ToString(r.RegionName); want[name] != "" {
					got[name] = r.RegionOptStatus
				}
			}
		}
		diff(t, "regions of "+id, want, got)
	}
	cfg := sdk(s, "111122223333")
	some, err := account.NewFromConfig(cfg).ListRegions(ctx,
		&account.ListRegionsInput{RegionOptStatusContains: []acctypes.RegionOptStatus{"ENABLED", "ENABLED_BY_DEFAULT"}})
	m.ok(err)
	diff(t, "enabled", 2, len(some.Regions))
	_, err = account.NewFromConfig(cfg).ListRegions(ctx, &account.ListRegionsInput{AccountId: aws.String("444455556666")})
	diff(t, "of another account", "AccessDeniedException", code(err))
	cfg.Region = "eu-south-1"
	_, err = outposts.NewFromConfig(cfg).ListOutposts(ctx, &outposts.ListOutpostsInput{})
	diff(t, "in a region that is disabled", "UnrecognizedClientException", code(err))
}
