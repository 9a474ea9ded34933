package collector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/snapshot"
)

// Options says what is read, and how fast.
type Options struct {
	Config      aws.Config       // see awsread.LoadConfig
	ToolVersion string           // for the manifest
	Now         func() time.Time // for the manifest; nil: time.Now
	Regions     []string         // empty: every region where one of the services is, in the caller's partition
	// Accounts are read instead of the organization's, or narrow them. Without an organization only the caller's own
	// account can be read, which is also what the two of them mean when both are empty.
	Accounts     []string
	Organization *Organization // nil: none
	// Listed are the accounts of Organization when ListScopes has found them before, so that it is not asked again; nil: it is.
	Listed []snapshot.ManifestAccount
	// Members are all accounts of the organization, as snapshot.Chosen.Members has them, where Listed are some of them; nil: all are not
	// known.
	Members []snapshot.ManifestAccount
	// RegionsNarrowed says that Regions are some of the estate's, for this run alone; it goes into the manifest.
	RegionsNarrowed bool
	AccountsChosen  bool // the same of Accounts
	// ListedRegions are those to read of the regions that ListScopes has found where Regions is empty; nil: all of them.
	ListedRegions []string
	// PlannedRegions are all that ListScopes has found, where this run is the one that reads also those, beside them, that only an
	// account itself names; nil where there are ListedRegions: another run does.
	PlannedRegions []string
	// CloudWatchDays is for how many days CloudWatch is asked how much of each Outpost was used; 0: it is not asked.
	CloudWatchDays int
	Concurrency    int         // calls in flight; 0: 32
	Rate           float64     // calls a second to begin with, for each account × region × API; 0: 10
	Progress       func(Event) // told what happens, from several goroutines at once; may be nil
	// Beside is called once the snapshot is begun, while AWS is read, to put into it what the collector does not read; may be nil.
	Beside func(context.Context, *snapshot.Writer) error

	pacing *awsread.Pacing // nil: awsread.DefaultPacing
}

// Event is how far a run is.
type Event struct {
	Scopes    int             // account × region pairs of the run; 0 until they are known
	Done      int             // of them, those that are finished
	Resources int             // collected so far
	Row       *audit.Coverage // a row of the ledger that was just noted; nil for a mere step forward
}

// scopesPerCall is how many scopes are read at once for each call that may be in flight: most of a scope's time is spent
// waiting for its turn, and each open scope costs memory and files.
const scopesPerCall = 4

// Collect reads what o says into the snapshot that open returns. Open is called only when identity, accounts and regions
// are known, so a run that cannot begin leaves nothing on disk. Parts of an unfinished snapshot that are there already
// are not asked for again; it must be of the same accounts, regions and role, and keeps the time it was begun at.
//
// Collect returns the finished snapshot, gaps included. When ctx ends by a deadline, what was not read by then becomes
// gaps of the reason timeout; when it is cancelled, Collect returns its error, and the snapshot stays unfinished.
func Collect(ctx context.Context, o Options, open func() (*snapshot.Writer, error)) (*snapshot.Snapshot, error) {
	r := newRun(o)
	began := r.now()
	var err error
	if r.caller, err = r.identify(ctx); err != nil {
		return nil, err
	}
	accounts, err := r.accounts(ctx, r.caller)
	if err != nil {
		return nil, err
	}
	r.members = membersOf(slices.Concat(o.Members, r.chosen.Members(accounts)))
	regions, err := r.regions(ctx)
	if err != nil {
		return nil, err
	}
	if r.writer, err = open(); err != nil {
		return nil, err
	}
	r.takenAt, err = r.writer.Begin(r.scopeOf(began, accounts, regions))
	if err == nil {
		err = r.collect(ctx, accounts, regions)
	}
	if err != nil {
		return nil, errors.Join(err, r.writer.Close())
	}
	var asked *snapshot.CloudWatch
	if o.CloudWatchDays > 0 {
		asked = &snapshot.CloudWatch{Days: o.CloudWatchDays, Metrics: r.metrics.Load()}
	}
	return r.writer.Finish(snapshot.Manifest{
		ToolVersion: o.ToolVersion,
		TakenAt:     r.takenAt,
		Partition:   r.caller.partition,
		Account:     r.caller.account,
		Accounts:    accounts,
		Regions:     slices.Compact(slices.Sorted(slices.Values(slices.Concat(regions, r.newer)))),
		Chosen:      r.chosen,
		Coverage:    &r.rows,
		CloudWatch:  asked,
		Calls:       r.meter.metrics(r.caller.account),
	})
}

// run is one call of Collect.
type run struct {
	opts   Options
	cfg    aws.Config
	pacing awsread.Pacing
	gate   *awsread.Gate
	meter  meter
	caller identity
	chosen snapshot.Chosen
	writer *snapshot.Writer

	takenAt string // RFC 3339 UTC: when the snapshot was begun

	enter  *semaphore.Weighted // bounds the accounts whose role is being assumed
	open   *semaphore.Weighted // bounds the scopes being read
	pages  *semaphore.Weighted // bounds the pages of products in memory
	commit *semaphore.Weighted // bounds the parts being compressed

	scopes, done, resources atomic.Int64
	metrics                 atomic.Int64 // that CloudWatch was asked for, which AWS charges

	ownOnce sync.Once // asks for own
	own     optIns    // of the caller's account
	ownErr  error

	mu    sync.Mutex
	rows  audit.Ledger // of no part: accounts that are not read, regions without a service
	newer []string     // regions that some account has enabled, beside the run's
	tried *tally       // where the rows of a Check go, those of parts too; nil: this is no Check

	members members // of the organization
}

func newRun(o Options) *run {
	p := awsread.DefaultPacing()
	if o.pacing != nil {
		p = *o.pacing
	}
	p.InFlight, p.Rate = cmp.Or(o.Concurrency, p.InFlight), cmp.Or(o.Rate, p.Rate)
	scopes := int64(scopesPerCall * p.InFlight)
	r := &run{
		opts: o, cfg: o.Config, pacing: p, meter: newMeter(),
		enter: semaphore.NewWeighted(scopes), open: semaphore.NewWeighted(scopes), pages: semaphore.NewWeighted(int64(p.InFlight)),
		commit: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))),
	}
	r.chosen = snapshot.Chosen{
		Excluded: []string{}, AccountsNarrowed: o.Organization != nil && len(o.Accounts) > 0, RegionsNarrowed: o.RegionsNarrowed,
		AccountsChosen: o.AccountsChosen, Regions: slices.Sorted(slices.Values(o.Regions)), Accounts: slices.Sorted(slices.Values(o.Accounts)),
	}
	if org := o.Organization; org != nil {
		r.chosen.Units, r.chosen.ExcludeAccounts = slices.Sorted(slices.Values(org.IncludeOUs)), slices.Sorted(slices.Values(org.ExcludeAccounts))
	}
	r.cfg.Region = home(o.Config, o.Regions)
	r.gate = awsread.NewGate(r.cfg, p, r.meter.add)
	return r
}

// scopeOf is what the run reads.
func (r *run) scopeOf(began time.Time, accounts []snapshot.ManifestAccount, regions []string) snapshot.Scope {
	s := snapshot.Scope{
		TakenAt: began.UTC().Format(time.RFC3339), Accounts: []string{}, Regions: regions, CloudWatchDays: r.opts.CloudWatchDays,
	}
	for _, a := range accounts {
		s.Accounts = append(s.Accounts, a.ID)
	}
	if org := r.opts.Organization; org != nil {
		s.Role = org.RoleName
	}
	return s
}

func (r *run) now() time.Time {
	if r.opts.Now != nil {
		return r.opts.Now()
	}
	return time.Now()
}

// forget says that an account and region is finished.
func (r *run) forget(account, region string) {
	r.gate.Forget(account, region)
	r.meter.settle(place{account, region})
}

// collect reads every account and region into the writer.
func (r *run) collect(ctx context.Context, accounts []snapshot.ManifestAccount, regions []string) error {
	r.scopes.Store(int64(len(accounts) * len(regions)))
	r.progress(nil)
	g, ctx := errgroup.WithContext(ctx)
	if r.opts.Beside != nil {
		g.Go(func() error { return r.opts.Beside(ctx, r.writer) })
	}
	for _, a := range accounts {
		g.Go(func() error { return r.account(ctx, a, regions) })
	}
	return g.Wait()
}

// account reads one account.
func (r *run) account(ctx context.Context, a snapshot.ManifestAccount, regions []string) error {
	if isSuspended(a.Status) {
		r.note(audit.Coverage{Account: a.ID, Status: audit.StatusSuspended, Message: a.Status})
		r.finished(len(regions))
		return nil
	}
	if r.outside(a) {
		r.note(audit.Coverage{Account: a.ID, Status: audit.StatusGap, Reason: audit.ReasonError,
			Message: "the account is in none of the units of include_ous"})
		r.finished(len(regions))
		return nil
	}
	leave := r.enters(ctx)
	defer leave()
	credentials, err := r.credentialsFor(ctx, a.ID)
	if aborted := aborted(ctx); aborted != nil {
		return aborted
	}
	if err != nil {
		r.note(failedRow(a.ID, "", awsread.AssumeRole, awsread.AssumeRole.Gap(timely(ctx, err))))
		r.finished(len(regions))
		return nil
	}
	if a.ID != r.caller.account {
		r.answered(a.ID, awsread.AssumeRole)
	}
	opt, err := r.optIns(ctx, a.ID, credentials)
	if aborted := aborted(ctx); aborted != nil {
		return aborted
	}
	if err != nil { // the run goes without
		r.note(failedRow(a.ID, "", awsread.ListRegions, awsread.ListRegions.Gap(err)))
	} else {
		r.answered(a.ID, awsread.ListRegions)
	}
	leave()
	defer r.forget(a.ID, r.globalRegion())
	if newer := r.beyond(regions, opt); len(newer) > 0 {
		r.mu.Lock()
		r.newer = append(r.newer, newer...)
		r.mu.Unlock()
		r.scopes.Add(int64(len(newer)))
		regions = slices.Concat(regions, newer)
	}
	principals, budgets := r.principals(a.ID, credentials), r.budgets(a.ID, credentials)
	g, ctx := errgroup.WithContext(ctx)
	for _, region := range regions {
		if !r.asked(a.ID, region, opt) {
			r.finished(1)
			continue
		}
		_, certain := opt.uses(region)
		_, listed := opt[region]
		place := r.open.Acquire(ctx, 1) == nil // past the deadline a scope makes no calls and needs none
		g.Go(func() error {
			if place {
				defer r.open.Release(1)
			}
			s := newScope(r, a.ID, region, credentials)
			s.principals, s.budgets, s.enabled, s.real = principals, budgets, certain, listed || knows(r.caller.partition, region)
			return r.scope(ctx, s)
		})
	}
	return g.Wait()
}

// enters waits for a place among the accounts whose role is being assumed: calls that wait for STS take memory, and an organization has
// thousands. Leave, which may be called twice, gives the place back.
func (r *run) enters(ctx context.Context) (leave func()) {
	if r.enter.Acquire(ctx, 1) != nil { // past the deadline no call is made, and none needs a place
		return func() {}
	}
	return sync.OnceFunc(func() { r.enter.Release(1) })
}

// scope reads one account in one region.
func (r *run) scope(ctx context.Context, s *scope) error {
	if err := aborted(ctx); err != nil {
		return err
	}
	if err := s.collect(ctx); err != nil {
		return cmp.Or(aborted(ctx), fmt.Errorf("collect %s/%s: %w", s.account, s.region, err))
	}
	r.forget(s.account, s.region)
	r.finished(1)
	return nil
}

// aborted returns the error with which a run must end at once, nil while it goes on. A deadline does not abort a run: its
// calls fail, and become gaps.
func aborted(ctx context.Context) error {
	if ctx.Err() == nil || pastDeadline(ctx) {
		return nil
	}
	return context.Cause(ctx)
}

func pastDeadline(ctx context.Context) bool {
	return errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(context.Cause(ctx), context.DeadlineExceeded)
}

const errRunTime = awsread.TimeoutError("the run's time was up")

// timely returns err, or errRunTime when the call failed because the run's time was up: then AWS itself has said nothing.
func timely(ctx context.Context, err error) error {
	if err == nil || awsread.Answered(err) || !pastDeadline(ctx) {
		return err
	}
	return errRunTime
}

// note adds a row to the ledger that belongs to no part.
func (r *run) note(row audit.Coverage) {
	r.mu.Lock()
	if r.checks() {
		r.tried.add(row)
	} else {
		r.rows.Add(row)
	}
	r.mu.Unlock()
	r.progress(&row)
}

func (r *run) finished(scopes int) {
	r.done.Add(int64(scopes))
	r.progress(nil)
}

func (r *run) progress(row *audit.Coverage) {
	if r.opts.Progress != nil {
		r.opts.Progress(Event{Scopes: int(r.scopes.Load()), Done: int(r.done.Load()), Resources: int(r.resources.Load()), Row: row})
	}
}
