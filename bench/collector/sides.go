package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/outposts"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	"golang.org/x/sync/errgroup"

	"tenor/audit"
	"tenor/bench/estate"
	"tenor/collector"
	"tenor/internal/awssim"
	"tenor/snapshot"
)

// collect is one run of the collector into a temporary folder.
func collect(ctx context.Context, s settings) (r result, err error) {
	cfg, err := collector.LoadConfig(ctx, collector.LoadOptions{Endpoint: s.endpoint, AccessKey: awssim.AccessKey(estate.Management)})
	if err != nil {
		return r, err
	}
	dir, err := os.MkdirTemp("", "tenor-bench-")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
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
	for _, c := range snapshot.Manifest.Calls {
		r.Calls += c.Calls
		r.Throttles += c.Throttles
		if c.Operation != "AssumeRole" {
			r.Slowest = max(r.Slowest, c.Calls-c.Throttles)
		}
	}
	for _, c := range snapshot.Manifest.Coverage {
		if c.Status == audit.StatusGap {
			r.Gaps++
		}
	}
	return r, nil
}

// bareSDK makes the calls that the collector makes, with the SDK's own clients and paginators, and throws the answers away.
func bareSDK(ctx context.Context, s settings) (r result, err error) {
	var calls atomic.Int64
	places := make(chan struct{}, s.concurrency)
	base := aws.Config{
		BaseEndpoint: &s.endpoint,
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, s.concurrency
		}).Freeze(),
	}
	start := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	call := func(do func() error) error {
		places <- struct{}{}
		defer func() { <-places }()
		calls.Add(1)
		return do()
	}
	for i := range estate.Accounts {
		for _, region := range estate.Regions {
			cfg := base.Copy()
			cfg.Region = region
			cfg.Credentials = credentials.NewStaticCredentialsProvider(awssim.AccessKey(estate.AccountID(i)), "s", "")
			g.Go(func() error { return bareProducts(ctx, servicecatalog.NewFromConfig(cfg), call) })
			g.Go(func() error { return bareHub(ctx, servicecatalog.NewFromConfig(cfg), call) })
			g.Go(func() error { return bareOutposts(ctx, outposts.NewFromConfig(cfg), call) })
			g.Go(func() error { return bareStacks(ctx, cloudformation.NewFromConfig(cfg), call) })
		}
	}
	if err := g.Wait(); err != nil {
		return r, err
	}
	return result{Seconds: time.Since(start).Seconds(), Calls: int(calls.Load())}, nil
}

// bareStacks lists the stacks of a scope.
func bareStacks(ctx context.Context, c *cloudformation.Client, call func(func() error) error) error {
	pages := cloudformation.NewListStacksPaginator(c, &cloudformation.ListStacksInput{})
	for pages.HasMorePages() {
		if err := call(func() error { _, err := pages.NextPage(ctx); return err }); err != nil {
			return err
		}
	}
	return nil
}

func bareProducts(ctx context.Context, c *servicecatalog.Client, call func(func() error) error) error {
	self := &types.AccessLevelFilter{Key: types.AccessLevelFilterKeyAccount, Value: aws.String("self")}
	pages := servicecatalog.NewSearchProvisionedProductsPaginator(c, &servicecatalog.SearchProvisionedProductsInput{
		PageSize: 100, AccessLevelFilter: self,
	})
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(16)
	ask := func(do func() error) { g.Go(func() error { return call(do) }) }
	var once sync.Once
	for pages.HasMorePages() {
		var page *servicecatalog.SearchProvisionedProductsOutput
		err := call(func() (err error) {
			page, err = pages.NextPage(ctx)
			return err
		})
		if err != nil {
			return err
		}
		for _, p := range page.ProvisionedProducts {
			once.Do(func() {
				ask(func() error {
					_, err := c.ListProvisioningArtifacts(ctx, &servicecatalog.ListProvisioningArtifactsInput{ProductId: p.ProductId})
					return err
				})
			})
			if p.Status == types.ProvisionedProductStatusAvailable {
				continue
			}
			of := &types.ListRecordHistorySearchFilter{Key: aws.String("provisionedproduct"), Value: p.Id}
			ask(func() error {
				_, err := c.ListRecordHistory(ctx, &servicecatalog.ListRecordHistoryInput{PageSize: 20, AccessLevelFilter: self, SearchFilter: of})
				return err
			})
		}
	}
	return g.Wait()
}

// bareHub reads the portfolios and the catalogue, with what has a budget; the budgets themselves are one call an account.
func bareHub(ctx context.Context, c *servicecatalog.Client, call func(func() error) error) error {
	var folios *servicecatalog.ListPortfoliosOutput
	err := call(func() (err error) {
		folios, err = c.ListPortfolios(ctx, &servicecatalog.ListPortfoliosInput{})
		return err
	})
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	ask := func(do func() error) { g.Go(func() error { return call(do) }) }
	budgets := func(of *string) error {
		_, err := c.ListBudgetsForResource(ctx, &servicecatalog.ListBudgetsForResourceInput{ResourceId: of})
		return err
	}
	for _, p := range folios.PortfolioDetails {
		ask(func() error { return budgets(p.Id) })
		ask(func() error {
			in := &servicecatalog.DescribePortfolioSharesInput{PortfolioId: p.Id, Type: types.DescribePortfolioShareTypeAccount}
			_, err := c.DescribePortfolioShares(ctx, in)
			return err
		})
		ask(func() error {
			_, err := c.ListConstraintsForPortfolio(ctx, &servicecatalog.ListConstraintsForPortfolioInput{PortfolioId: p.Id})
			return err
		})
		ask(func() error {
			_, err := c.ListPrincipalsForPortfolio(ctx, &servicecatalog.ListPrincipalsForPortfolioInput{PortfolioId: p.Id})
			return err
		})
	}
	g.Go(func() error {
		var out *servicecatalog.SearchProductsAsAdminOutput
		err := call(func() (err error) {
			out, err = c.SearchProductsAsAdmin(ctx, &servicecatalog.SearchProductsAsAdminInput{})
			return err
		})
		if err != nil {
			return err
		}
		for _, p := range out.ProductViewDetails {
			id := p.ProductViewSummary.ProductId
			ask(func() error { return budgets(id) })
			ask(func() error {
				_, err := c.ListPortfoliosForProduct(ctx, &servicecatalog.ListPortfoliosForProductInput{ProductId: id})
				return err
			})
		}
		return nil
	})
	return g.Wait()
}

func bareOutposts(ctx context.Context, c *outposts.Client, call func(func() error) error) error {
	g, ctx := errgroup.WithContext(ctx)
	ask := func(do func() error) { g.Go(func() error { return call(do) }) }
	ask(func() error { _, err := c.ListOrders(ctx, &outposts.ListOrdersInput{}); return err })
	ask(func() error { _, err := c.ListQuotes(ctx, &outposts.ListQuotesInput{}); return err })
	ask(func() error { _, err := c.ListCapacityTasks(ctx, &outposts.ListCapacityTasksInput{}); return err })
	ask(func() error { _, err := c.ListSites(ctx, &outposts.ListSitesInput{}); return err })
	g.Go(func() error {
		var out *outposts.ListOutpostsOutput
		err := call(func() (err error) { out, err = c.ListOutposts(ctx, &outposts.ListOutpostsInput{}); return err })
		if err != nil {
			return err
		}
		for _, o := range out.Outposts {
			ask(func() error {
				in := &outposts.GetOutpostBillingInformationInput{OutpostIdentifier: o.OutpostId}
				_, err := c.GetOutpostBillingInformation(ctx, in)
				return err
			})
			ask(func() error {
				_, err := c.GetRenewalPricing(ctx, &outposts.GetRenewalPricingInput{OutpostIdentifier: o.OutpostId})
				return err
			})
			ask(func() error {
				_, err := c.ListAssets(ctx, &outposts.ListAssetsInput{OutpostIdentifier: o.OutpostId})
				return err
			})
			ask(func() error {
				_, err := c.ListAssetInstances(ctx, &outposts.ListAssetInstancesInput{OutpostIdentifier: o.OutpostId})
				return err
			})
		}
		return nil
	})
	return g.Wait()
}
