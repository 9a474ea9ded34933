package main

import (
	"context"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/outposts"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	"golang.org/x/sync/errgroup"

	"tenor/bench/estate"
	"tenor/collector"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
	"tenor/snapshot"
)

// collect is one run of the collector into dir.
func collect(ctx context.Context, s settings, dir string) (r result, err error) {
	cfg, err := awsread.LoadConfig(ctx, awsread.LoadOptions{Endpoint: s.endpoint, AccessKey: awssim.AccessKey(estate.Management)})
	if err != nil {
		return r, err
	}
	if s.profile != "" {
		f, err := os.Create(s.profile)
		if err != nil {
			return r, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return r, err
		}
		defer pprof.StopCPUProfile()
	}
	start := time.Now()
	snapshot, err := collector.Collect(ctx, collector.Options{
		Config: cfg, Regions: estate.Regions, Concurrency: s.concurrency,
		Organization: &collector.Organization{RoleName: estate.RoleName, ExcludeAccounts: []string{estate.Management}},
	}, func() (*snapshot.Writer, error) { return snapshot.Create(filepath.Join(dir, "snapshot")) })
	if err != nil {
		return r, err
	}
	r.Seconds = time.Since(start).Seconds()
	for c := range snapshot.Manifest.Calls.All() {
		r.Calls += c.Calls
		r.Throttles += c.Throttles
		if c.Operation != "AssumeRole" {
			r.Slowest = max(r.Slowest, c.Calls-c.Throttles)
		}
	}
	for range snapshot.Manifest.Coverage.Gaps() {
		r.Gaps++
	}
	return r, nil
}

// caller makes the calls of bare SDK clients, at most so many at once.
type caller struct {
	places chan struct{}
	calls  atomic.Int64
}

// wait makes a call when there is a place for it.
func wait[O any](c *caller, call func() (O, error)) (O, error) {
	c.places <- struct{}{}
	defer func() { <-c.places }()
	c.calls.Add(1)
	return call()
}

// operation is how the SDK has one.
type operation[I, O, P any] func(context.Context, *I, ...func(*P)) (*O, error)

// ask makes a call beside those of the group, and throws its answer away.
func ask[I, O, P any](ctx context.Context, g *errgroup.Group, c *caller, op operation[I, O, P], in *I) {
	g.Go(func() error {
		_, err := wait(c, func() (*O, error) { return op(ctx, in) })
		return err
	})
}

// bareSDK makes the calls that the collector makes, with the SDK's own clients and paginators, and throws the answers away: all but those
// of which an account has one for all its regions (AssumeRole, ListRegions, GetRole, DescribeBudgets) and the organization's, 83 in all.
func bareSDK(ctx context.Context, s settings) (result, error) {
	c := &caller{places: make(chan struct{}, s.concurrency)}
	base := aws.Config{
		BaseEndpoint: &s.endpoint,
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, s.concurrency
		}).Freeze(),
	}
	var throttles atomic.Int64
	if s.role == "adaptive" {
		base.Retryer = func() aws.Retryer { return adaptive(&throttles) }
	}
	start := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for i := range estate.Accounts {
		for _, region := range estate.Regions {
			cfg := base.Copy()
			cfg.Region = region
			cfg.Credentials = credentials.NewStaticCredentialsProvider(awssim.AccessKey(estate.AccountID(i)), "s", "")
			g.Go(func() error { return bareProducts(ctx, servicecatalog.NewFromConfig(cfg), c) })
			g.Go(func() error { return bareHub(ctx, servicecatalog.NewFromConfig(cfg), c) })
			g.Go(func() error { return bareOutposts(ctx, outposts.NewFromConfig(cfg), c) })
			g.Go(func() error { return bareStacks(ctx, cloudformation.NewFromConfig(cfg), c) })
		}
	}
	err := g.Wait()
	denied := int(throttles.Load())
	return result{Seconds: time.Since(start).Seconds(), Calls: int(c.calls.Load()) + denied, Throttles: denied}, err
}

// adaptive is the SDK's own way to keep a quota, which asks until it is answered: by default a call fails after three attempts.
func adaptive(throttles *atomic.Int64) aws.Retryer {
	return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.StandardOptions = append(o.StandardOptions, func(o *retry.StandardOptions) {
			o.MaxAttempts, o.RateLimiter = math.MaxInt, ratelimit.None
		})
		known := retry.IsErrorThrottles(o.Throttles)
		o.Throttles = []retry.IsErrorThrottle{retry.IsErrorThrottleFunc(func(err error) aws.Ternary {
			is := known.IsErrorThrottle(err)
			if is.Bool() {
				throttles.Add(1)
			}
			return is
		})}
	})
}

// bareStacks lists the stacks of a scope.
func bareStacks(ctx context.Context, api *cloudformation.Client, c *caller) error {
	pages := cloudformation.NewListStacksPaginator(api, &cloudformation.ListStacksInput{})
	for pages.HasMorePages() {
		if _, err := wait(c, func() (*cloudformation.ListStacksOutput, error) { return pages.NextPage(ctx) }); err != nil {
			return err
		}
	}
	return nil
}

func bareProducts(ctx context.Context, api *servicecatalog.Client, c *caller) error {
	self := &types.AccessLevelFilter{Key: types.AccessLevelFilterKeyAccount, Value: aws.String("self")}
	pages := servicecatalog.NewSearchProvisionedProductsPaginator(api, &servicecatalog.SearchProvisionedProductsInput{
		PageSize: 100, AccessLevelFilter: self,
	})
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(16)
	var once sync.Once
	for pages.HasMorePages() {
		page, err := wait(c, func() (*servicecatalog.SearchProvisionedProductsOutput, error) { return pages.NextPage(ctx) })
		if err != nil {
			return err
		}
		for _, p := range page.ProvisionedProducts {
			once.Do(func() {
				ask(ctx, g, c, api.ListProvisioningArtifacts, &servicecatalog.ListProvisioningArtifactsInput{ProductId: p.ProductId})
			})
			if p.Status == types.ProvisionedProductStatusAvailable {
				continue
			}
			of := &types.ListRecordHistorySearchFilter{Key: aws.String("provisionedproduct"), Value: p.Id}
			ask(ctx, g, c, api.ListRecordHistory,
				&servicecatalog.ListRecordHistoryInput{PageSize: 20, AccessLevelFilter: self, SearchFilter: of})
		}
	}
	return g.Wait()
}

// bareHub reads the portfolios and the catalogue, with what has a budget; the budgets themselves are one call an account.
func bareHub(ctx context.Context, api *servicecatalog.Client, c *caller) error {
	folios, err := wait(c, func() (*servicecatalog.ListPortfoliosOutput, error) {
		return api.ListPortfolios(ctx, &servicecatalog.ListPortfoliosInput{})
	})
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, p := range folios.PortfolioDetails {
		ask(ctx, g, c, api.ListBudgetsForResource, &servicecatalog.ListBudgetsForResourceInput{ResourceId: p.Id})
		ask(ctx, g, c, api.DescribePortfolioShares,
			&servicecatalog.DescribePortfolioSharesInput{PortfolioId: p.Id, Type: types.DescribePortfolioShareTypeAccount})
		ask(ctx, g, c, api.ListConstraintsForPortfolio, &servicecatalog.ListConstraintsForPortfolioInput{PortfolioId: p.Id})
		ask(ctx, g, c, api.ListPrincipalsForPortfolio, &servicecatalog.ListPrincipalsForPortfolioInput{PortfolioId: p.Id})
	}
	g.Go(func() error {
		out, err := wait(c, func() (*servicecatalog.SearchProductsAsAdminOutput, error) {
			return api.SearchProductsAsAdmin(ctx, &servicecatalog.SearchProductsAsAdminInput{})
		})
		if err != nil {
			return err
		}
		for _, p := range out.ProductViewDetails {
			id := p.ProductViewSummary.ProductId
			ask(ctx, g, c, api.ListBudgetsForResource, &servicecatalog.ListBudgetsForResourceInput{ResourceId: id})
			ask(ctx, g, c, api.ListPortfoliosForProduct, &servicecatalog.ListPortfoliosForProductInput{ProductId: id})
		}
		return nil
	})
	return g.Wait()
}

func bareOutposts(ctx context.Context, api *outposts.Client, c *caller) error {
	g, ctx := errgroup.WithContext(ctx)
	ask(ctx, g, c, api.ListOrders, &outposts.ListOrdersInput{})
	ask(ctx, g, c, api.ListQuotes, &outposts.ListQuotesInput{})
	ask(ctx, g, c, api.ListCapacityTasks, &outposts.ListCapacityTasksInput{})
	ask(ctx, g, c, api.ListSites, &outposts.ListSitesInput{})
	g.Go(func() error {
		out, err := wait(c, func() (*outposts.ListOutpostsOutput, error) {
			return api.ListOutposts(ctx, &outposts.ListOutpostsInput{})
		})
		if err != nil {
			return err
		}
		for _, o := range out.Outposts {
			id := o.OutpostId
			ask(ctx, g, c, api.GetOutpostBillingInformation, &outposts.GetOutpostBillingInformationInput{OutpostIdentifier: id})
			ask(ctx, g, c, api.GetRenewalPricing, &outposts.GetRenewalPricingInput{OutpostIdentifier: id})
			ask(ctx, g, c, api.ListAssets, &outposts.ListAssetsInput{OutpostIdentifier: id})
			ask(ctx, g, c, api.ListAssetInstances, &outposts.ListAssetInstancesInput{OutpostIdentifier: id})
		}
		return nil
	})
	return g.Wait()
}
