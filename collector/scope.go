package collector

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/outposts"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"golang.org/x/sync/errgroup"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/snapshot"
)

// scope is one region of one account.
type scope struct {
	run             *run
	account, region string
	outposts        *outposts.Client
	catalog         *servicecatalog.Client
	stacks          *cloudformation.Client
	metrics         *cloudwatch.Client // nil: CloudWatch is not asked
	principals      *principals        // of the account, for all its regions, as are budgets
	budgets         *accountBudgets
	stackARNs       string // what those of the scope's stacks begin with
	enabled         bool   // the account can use the region for certain: a refusal is one of its credentials
	real            bool   // the SDK or account:ListRegions knows a region of that name: what is not there may be absent

	lists sync.WaitGroup // of the parts, until each knows what came of the first page of its list
	read  atomic.Bool    // one of them was answered to credentials that AWS knows
}

func newScope(r *run, account, region string, credentials aws.CredentialsProvider) *scope {
	cfg := r.gate.Config(account, region, credentials)
	s := &scope{run: r, account: account, region: region, outposts: outposts.NewFromConfig(cfg), catalog: servicecatalog.NewFromConfig(cfg),
		stacks:    cloudformation.NewFromConfig(cfg),
		stackARNs: "arn:" + r.caller.partition + ":" + awsread.CloudFormation + ":" + region + ":" + account + ":stack/"}
	if r.opts.CloudWatchDays > 0 {
		s.metrics = metricsClient(cfg)
	}
	return s
}

// collect reads what the scope has, one part for each kind. An error means that the run cannot go on.
func (s *scope) collect(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	known, quoted, owned := newIndex(awsread.ListOutposts, orderedOutpost), newIndex(awsread.ListQuotes, quoteOptions), ownedPortfolios()
	readers := map[string]reader{
		audit.KindOutpost:            {s.readOutposts, known},
		audit.KindQuote:              {s.readQuotes, quoted},
		audit.KindOrder:              {func(ctx context.Context, p *part) error { return s.readOrders(ctx, p, known, quoted) }, nil},
		audit.KindCapacityTask:       {s.readCapacityTasks, nil},
		audit.KindProvisionedProduct: {s.readProducts, nil},
		audit.KindPortfolio:          {s.readPortfolios, owned},
		audit.KindProduct:            {func(ctx context.Context, p *part) error { return s.readCatalogue(ctx, p, owned) }, nil},
	}
	asked := map[string]bool{awsread.Outposts: s.asks(awsread.Outposts), awsread.ServiceCatalog: s.asks(awsread.ServiceCatalog)}
	kinds := slices.DeleteFunc(audit.CollectedKinds(), func(k audit.Kind) bool { return !asked[k.Service] })
	s.lists.Add(len(kinds))
	for _, k := range kinds {
		g.Go(func() error { return s.part(ctx, k.Name, readers[k.Name].read, readers[k.Name].known) })
	}
	return g.Wait()
}

// reader reads the resources of a kind. Known is told of them, and may be nil.
type reader struct {
	read  func(context.Context, *part) error
	known *index
}

// asks reports whether a service is to be asked in the region, and notes on the ledger when it is not: where the run's
// regions are not named, those without the service are left out.
func (s *scope) asks(service string) bool {
	if !s.run.leavesOut(s.region, service) {
		return true
	}
	s.run.note(audit.Coverage{Account: s.account, Region: s.region, Service: service, Status: audit.StatusNotOffered, Message: noService})
	return false
}

const noService = "the service is not in this region"

// leavesOut reports whether a service is passed over in a region, which the run does not name and whose other service the
// SDK knows.
func (r *run) leavesOut(region, service string) bool {
	known := offers(r.caller.partition, region, "")
	return len(r.opts.Regions) == 0 && known && !offers(r.caller.partition, region, service)
}

// certain reports whether a region that has refused credentials is one that the account can use: it is known to be, or another
// list of the scope was answered. It waits for the first page of each.
func (s *scope) certain() bool {
	if s.enabled || s.read.Load() {
		return true
	}
	s.lists.Wait()
	return s.read.Load()
}

// part is one kind of a scope while it is read. Its methods may be called by several goroutines at once.
type part struct {
	*scope
	kind   string
	ledger ledger

	mu     sync.Mutex
	writer *snapshot.PartWriter  // nil in a Check
	known  *index                // is told of every resource; may be nil
	noted  map[principalKey]bool // the principals that the ledger counts
	stacks *stackList            // joined to provisioned products when they are written; nil: none are

	typical func(entry json.RawMessage) bool // of an entry about which everything is asked, so that a Check takes it; nil: any

	first sync.Once // tells the scope of the first page of the list
}

// answered tells the scope that the first page of the part's list has come or failed, and whether the credentials are known.
func (p *part) answered(known bool) {
	p.first.Do(func() {
		if known {
			p.scope.read.Store(true)
		}
		p.scope.lists.Done()
	})
}

// part reads one kind of the scope, unless an earlier run has. Known, when it is not nil, is filled either way.
func (s *scope) part(ctx context.Context, kind string, read func(context.Context, *part) error, known *index) (err error) {
	if known != nil {
		defer close(known.ready)
	}
	p := &part{scope: s, kind: kind, known: known, noted: map[principalKey]bool{}}
	defer p.answered(false)
	if s.run.checks() {
		return p.try(ctx, read)
	}
	rec, err := s.run.writer.Done(s.account, s.region, kind)
	if err != nil {
		return err
	}
	if rec != nil {
		p.answered(slices.ContainsFunc(rec.Coverage, func(row audit.Coverage) bool { return row.Status == audit.StatusCollected }))
		s.run.resources.Add(int64(rec.File.Count))
		return s.recall(rec, known)
	}
	w, err := s.run.writer.Part(s.account, s.region, kind)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Discard(), p.stacks.close()) }() // Discard does nothing after Commit
	p.writer = w
	if err := read(ctx, p); err != nil {
		return err
	}
	if err := aborted(ctx); err != nil {
		return err
	}
	if err := s.run.commit.Acquire(context.WithoutCancel(ctx), 1); err != nil {
		return err
	}
	defer s.run.commit.Release(1)
	if err := w.Settle(p.stacks.late, p.withdraw); err != nil {
		return err
	}
	rows := p.ledger.coverage(s.account, s.region)
	for _, row := range rows {
		known.learn(row)
		if row.Reason != "" {
			s.run.progress(&row)
		}
	}
	defer s.run.progress(nil)
	return w.Commit(rows)
}

// recall fills known from a part that an earlier run has finished.
func (s *scope) recall(rec *snapshot.PartRecord, known *index) error {
	if known == nil {
		return nil
	}
	for r, err := range s.run.writer.ReadPart(rec) {
		if err != nil {
			return err
		}
		known.add(r)
	}
	for _, row := range rec.Coverage {
		known.learn(row)
	}
	return nil
}

// add writes a finished resource.
func (p *part) add(r *audit.Resource) error {
	p.run.resources.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known.add(r)
	if p.run.checks() {
		return nil
	}
	return p.writer.Add(r)
}

// addAt writes a resource of a kind without an index, which was read as the turn-th. With a note it lacks a section that is late.
func (p *part) addAt(r *audit.Resource, turn int, note []byte) error {
	p.run.resources.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.run.checks() {
		return nil
	}
	return p.writer.AddAt(r, turn, note)
}

// resource begins a resource of the part.
func (p *part) resource(id string) *audit.Resource {
	return &audit.Resource{
		Kind: p.kind, ID: id, Account: p.account, Region: p.region,
		Related: map[string]json.RawMessage{}, Gaps: map[string]audit.Gap{},
	}
}
