package collector

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/snapshot"
)

// Checked is what Check found. Of a Check that failed it has what was known by then.
type Checked struct {
	Account, Partition string                     // of the caller; empty: the credentials do not work
	Accounts           []snapshot.ManifestAccount // that Collect would read, ordered by id; nil: they are not known
	Regions            []string                   // ordered
	Groups             []Group                    // ordered by service, as a run asks them, and operation, what is wrong first
	Untried            []string                   // service:operation of what nothing was found to ask with, ordered as in the table
}

// Group is the rows of the ledger that differ in nothing but where, and in what AWS said.
type Group struct {
	audit.Coverage          // the first row, by account and region; its Count is that of all
	Accounts       []string // in which it was so, ordered
	Regions        []string // likewise; empty: a call that is of no region
	Found          []string // of Regions those in which there was something; Check takes one resource of each list, and counts no further
}

// Check asks what Collect would, and keeps nothing: the role of each account and, in each region, the first page of each list and what
// is asked about one resource of it. An error means that Collect could not begin.
func Check(ctx context.Context, o Options) (c Checked, err error) {
	r := newRun(o)
	r.tried = &tally{}
	r.takenAt = r.scopeOf(r.now(), nil, nil).TakenAt
	if r.caller, err = r.identify(ctx); err != nil {
		return c, err
	}
	c.Account, c.Partition = r.caller.account, r.caller.partition
	accounts, err := r.accounts(ctx, r.caller)
	if err != nil {
		return c, err
	}
	regions, err := r.regions(ctx)
	if err != nil {
		return c, err
	}
	if err := r.collect(ctx, accounts, regions); err != nil {
		return c, err
	}
	c.Accounts, c.Regions = accounts, slices.Compact(slices.Sorted(slices.Values(slices.Concat(regions, r.newer))))
	c.Groups = r.tried.groups()
	for _, op := range awsread.Operations() {
		asked := slices.ContainsFunc(c.Groups, func(g Group) bool { return g.Service == op.Service && g.Operation == op.Name })
		tried := op.Service == awsread.Outposts || op.Service == awsread.ServiceCatalog || op == awsread.GetMetricData && o.CloudWatchDays > 0
		if tried && !asked {
			c.Untried = append(c.Untried, op.Service+":"+op.Name)
		}
	}
	return c, nil
}

// tally groups the rows of a Check as they come, so that ten thousand accounts take no more than their ids. The caller holds the lock.
type tally struct{ byKey map[tallyKey]*tallied }

type tallyKey struct {
	service, operation string
	status             audit.CoverageStatus
	reason             audit.Reason
}

type tallied struct {
	first                    audit.Coverage
	accounts, regions, found map[string]bool
}

func (t *tally) add(row audit.Coverage) {
	if t.byKey == nil {
		t.byKey = map[tallyKey]*tallied{}
	}
	k := tallyKey{row.Service, row.Operation, row.Status, row.Reason}
	g := t.byKey[k]
	if g == nil {
		g = &tallied{accounts: map[string]bool{}, regions: map[string]bool{}, found: map[string]bool{}}
		g.first, t.byKey[k] = row, g
		g.first.Count = 0
	}
	count := g.first.Count + row.Count
	if cmp.Or(strings.Compare(row.Account, g.first.Account), strings.Compare(row.Region, g.first.Region)) < 0 {
		g.first = row
	}
	g.first.Count = count
	g.accounts[row.Account] = true
	if row.Region != "" {
		g.regions[row.Region] = true
	}
	if row.Count > 0 {
		g.found[row.Region] = true
	}
}

func (t *tally) groups() []Group {
	var out []Group
	for _, g := range t.byKey {
		out = append(out, Group{g.first, sortedKeys(g.accounts), sortedKeys(g.regions), sortedKeys(g.found)})
	}
	// in the order in which a run does
	asked := []string{"", awsread.STS, awsread.Account, awsread.Outposts, awsread.CloudWatch, awsread.ServiceCatalog, awsread.Budgets,
		awsread.CloudFormation, awsread.IAM}
	worst := []audit.CoverageStatus{audit.StatusGap, audit.StatusOptional, audit.StatusNotEnabled, audit.StatusSuspended,
		audit.StatusNotOffered, audit.StatusCollected}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(slices.Index(asked, a.Service), slices.Index(asked, b.Service)), cmp.Compare(a.Operation, b.Operation),
			cmp.Compare(slices.Index(worst, a.Status), slices.Index(worst, b.Status)), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

func sortedKeys(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

// checks reports whether the run is a Check, which takes one resource of each list and keeps nothing.
func (r *run) checks() bool { return r.tried != nil }

// answered notes for a Check a call that is of no part. Of those that are answered, Collect's ledger has no row.
func (r *run) answered(account string, op awsread.Operation) {
	if r.checks() {
		r.note(audit.Coverage{Account: account, Service: op.Service, Operation: op.Name, Status: audit.StatusCollected})
	}
}

// try reads a part for a Check.
func (p *part) try(ctx context.Context, read func(context.Context, *part) error) error {
	if err := read(ctx, p); err != nil {
		return err
	}
	if err := aborted(ctx); err != nil {
		return err
	}
	for _, row := range p.ledger.coverage(p.account, p.region) {
		p.run.note(row)
	}
	return nil
}
