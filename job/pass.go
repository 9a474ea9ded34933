package job

import (
	"context"
	"errors"
	"iter"
	"maps"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tenor/audit"
	"tenor/finance"
	"tenor/job/baseline"
	"tenor/job/decisions"
	"tenor/policies"
	"tenor/snapshot"
)

// pass is one pass over a snapshot: each resource is enriched, evaluated by every rule of its kind, and forgotten.
type pass struct {
	in      *inputs
	run     audit.Run
	asOf    time.Time
	analyst *finance.Analyst
	estate  *finance.Estate
	bill    *bill // nil: none is read

	billLater bool // of a shard: the merge has the bill, and evaluates what rests on it
	sorter    *audit.FindingSorter
	renewals  *audit.RenewalSorter
	calendar  *audit.CalendarSorter
	dir       string // where lists spill

	ledger *audit.Ledger // of the shards, which have noted what they could not read; nil: the snapshot's

	mu        sync.Mutex
	tally     *tally
	malformed malformed
	unread    baseline.Unread // Outposts without their contract
}

// close frees what the lists of the report lie in.
func (p *pass) close() error {
	return errors.Join(p.sorter.Close(), p.renewals.Close(), p.calendar.Close())
}

// tally is what a pass counts.
type tally struct {
	gate      gate
	verdicts  map[string]map[audit.Verdict]int  // rule → verdict
	findings  map[string]map[audit.Severity]int // domain → severity
	resources map[string]int                    // by kind
	changing  map[string]string                 // rule → a command it printed that may change something
}

func newTally(c *Config) *tally {
	return &tally{
		gate: newGate(c), resources: map[string]int{}, changing: map[string]string{},
		verdicts: map[string]map[audit.Verdict]int{}, findings: map[string]map[audit.Severity]int{},
	}
}

func (t *tally) count(rule string, v audit.Verdict, n int) {
	if t.verdicts[rule] == nil {
		t.verdicts[rule] = map[audit.Verdict]int{}
	}
	t.verdicts[rule][v] += n
}

// batchBytes is how much of a snapshot goes to a worker at once.
const batchBytes = 256 << 10

// batch is consecutive lines of one file.
type batch struct {
	file  snapshot.File
	lines []snapshot.Line // their JSON lies in buf
	buf   []byte
}

// read evaluates every resource of the snapshot: one goroutine reads, the others decode and evaluate.
func (p *pass) read(ctx context.Context, s *snapshot.Snapshot) error {
	g, ctx := errgroup.WithContext(ctx)
	batches := make(chan *batch, 1)
	g.Go(func() error {
		defer close(batches)
		return readBatches(ctx, s, batches)
	})
	for range runtime.GOMAXPROCS(0) {
		w, err := p.worker()
		if err != nil {
			return err
		}
		g.Go(func() error {
			for b := range batches {
				for _, line := range b.lines {
					r, err := line.Resource(b.file)
					if err != nil {
						return err
					}
					if err := w.take(ctx, r); err != nil {
						return err
					}
				}
			}
			w.merge()
			return nil
		})
	}
	return g.Wait()
}

func readBatches(ctx context.Context, s *snapshot.Snapshot, out chan<- *batch) error {
	for _, f := range s.Manifest.Files {
		b := &batch{file: f}
		flush := func() error {
			if len(b.lines) == 0 {
				return nil
			}
			select {
			case out <- b:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			b = &batch{file: f}
			return nil
		}
		for line, err := range s.Lines(f) {
			if err != nil {
				return err
			}
			if b.buf == nil {
				b.buf = make([]byte, 0, batchBytes)
			}
			if len(b.buf)+len(line.JSON) > cap(b.buf) && len(b.lines) > 0 {
				if err := flush(); err != nil {
					return err
				}
				b.buf = make([]byte, 0, max(batchBytes, len(line.JSON)))
			}
			at := len(b.buf)
			b.buf = append(b.buf, line.JSON...)
			line.JSON = b.buf[at:len(b.buf):len(b.buf)]
			b.lines = append(b.lines, line)
		}
		if err := flush(); err != nil {
			return err
		}
	}
	return nil
}

// worker is what one goroutine of a pass has for itself.
type worker struct {
	*pass
	eval   *policies.Evaluator
	own    map[string]int // kind → resources evaluated
	waived map[string]int // rule → resources whose every failure is waived
}

func (p *pass) worker() (*worker, error) {
	eval, err := p.in.pack.NewEvaluator(p.asOf)
	if err != nil {
		return nil, err
	}
	if p.billLater {
		eval.Divide(audit.SectionCharges, false)
	}
	return &worker{pass: p, eval: eval, own: map[string]int{}, waived: map[string]int{}}, nil
}

// take enriches and evaluates one resource.
func (w *worker) take(ctx context.Context, r *audit.Resource) error {
	if r.Kind != audit.KindAccount {
		if err := w.enrich(r); err != nil {
			return err
		}
	}
	w.own[r.Kind]++
	return w.evaluate(ctx, r)
}

// evaluate evaluates one resource that is enriched.
func (w *worker) evaluate(ctx context.Context, r *audit.Resource) error {
	found, err := w.eval.Eval(ctx, r)
	if err != nil {
		return err
	}
	fails := map[string]audit.Verdict{} // rule → fail, or waived when all its failures are
	for i := range found {
		f := &found[i]
		if err := w.add(f); err != nil {
			return err
		}
		if f.Verdict == audit.Fail || f.Verdict == audit.Waived && fails[f.Rule] == "" {
			fails[f.Rule] = f.Verdict
		}
	}
	for rule, v := range fails {
		if v == audit.Waived {
			w.waived[rule]++
		}
	}
	return nil
}

// enrich joins in what was charged for a resource, sets its facts and adds it to the estate. One that cannot be read goes on the ledger
// too.
func (p *pass) enrich(r *audit.Resource) error {
	if err := p.bill.join(r); err != nil {
		return err
	}
	gap := enrich(r, p.estate.Enrich)
	p.mu.Lock()
	defer p.mu.Unlock()
	if gap != nil {
		p.malformed.add(r, gap)
	}
	if r.Kind != audit.KindOutpost {
		return nil
	}
	for _, section := range [...]string{"spec", "billing", "facts"} {
		if _, ok := r.Gaps[section]; ok {
			p.unread.Add(r.Ref())
		}
	}
	return nil
}

// merge adds what the worker counted to the pass.
func (w *worker) merge() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for kind, n := range w.own {
		w.tally.resources[kind] += n
	}
	for rule, counts := range w.eval.Verdicts() {
		for v, n := range counts {
			w.tally.count(rule, v, n)
		}
	}
	maps.Copy(w.tally.changing, w.eval.Changing())
	for rule, n := range w.waived { // the engine knows no waivers
		w.tally.count(rule, audit.Fail, -n)
		w.tally.count(rule, audit.Waived, n)
	}
}

// add puts one finding through the waivers and the baseline into the report.
func (p *pass) add(f *audit.Finding) error {
	p.in.waivers.Apply(f, p.asOf)
	before := p.in.baseline.Note(f, p.run.AsOf)
	p.mu.Lock()
	p.tally.gate.add(f, before)
	if f.Verdict == audit.Fail {
		d := f.Domain()
		if p.tally.findings[d] == nil {
			p.tally.findings[d] = map[audit.Severity]int{}
		}
		p.tally.findings[d][f.Severity]++
	}
	p.mu.Unlock()
	return p.sorter.Add(f)
}

// report evaluates what needs every resource (the accounts, the waivers) and puts the report together.
func (p *pass) report(ctx context.Context, s *snapshot.Snapshot) (audit.Report, error) {
	ledger := p.ledger
	if ledger == nil {
		ledger = p.malformed.on(s.Manifest.Coverage)
	}
	w, err := p.worker()
	if err != nil {
		return audit.Report{}, err
	}
	for account, err := range accountsOf(p.estate, ledger) {
		if err == nil {
			err = w.take(ctx, account)
		}
		if err != nil {
			return audit.Report{}, err
		}
	}
	w.merge()
	coverage := audit.SummariseCoverage(ledger)
	results := p.in.waivers.Results(p.asOf)
	scopes := p.scopes(s, coverage)
	read := func(r *audit.WaiverResult) bool {
		return scopes.ReadAll(string(r.Account), r.Resource) && p.known(r.Rule)
	}
	for _, f := range p.in.waivers.Findings(results, p.in.rules, read) {
		if err := p.add(&f); err != nil {
			return audit.Report{}, err
		}
		p.tally.count(f.Rule, audit.Fail, 1)
	}
	decided := p.estate.Decisions()
	readDecided := func(d *audit.DecisionResult) bool { return scopes.ReadAll("", d.Outpost) }
	for _, f := range decisions.Findings(decided, p.in.rules, readDecided) {
		if err := p.add(&f); err != nil {
			return audit.Report{}, err
		}
		p.tally.count(f.Rule, audit.Fail, 1)
	}
	renewals, err := p.estate.Renewals()
	if err != nil {
		return audit.Report{}, err
	}
	r := audit.Report{
		SchemaVersion: audit.ReportSchemaVersion, Run: p.run, Coverage: ledger, Rules: p.rules(), Findings: p.sorter.List(), Waivers: results,
		Decisions: decided, Renewals: renewals, Commitments: p.estate.Commitments(), Billing: p.bill.part(),
		Undelivered: []audit.Undelivered{},
	}
	if r.Changes, err = p.in.baseline.Finish(scopes, r.Findings, p.dir); err != nil {
		return audit.Report{}, err
	}
	if r.Changes != nil {
		if err := r.Changes.Compare(&p.in.baseline.Report, &r); err != nil {
			return audit.Report{}, err
		}
	}
	if r.Products, err = p.products(&r); err != nil {
		return audit.Report{}, err
	}
	r.Budgets = p.estate.Budgets()
	r.Summary = p.summary(r.Rules, coverage)
	memory, err := scopes.Remember(p.in.last, r.Run.Accounts, r.Renewals, p.unread, p.asOf)
	if err != nil {
		return audit.Report{}, err
	}
	carried, err := memory.Deadlines()
	if err != nil {
		return audit.Report{}, err
	}
	r.Summary.Carry(carried, p.asOf)
	if r.Summary.Calendar, err = memory.Calendar(r.Renewals, p.asOf, p.calendar); err != nil {
		return audit.Report{}, err
	}
	r.Run.Warnings = p.in.warnings
	r.Status = p.status(&r.Summary)
	return r, nil
}

// scopes returns what was read of a snapshot. What finance could not read of a resource was listed all the same.
func (p *pass) scopes(s *snapshot.Snapshot, coverage audit.CoverageSummary) *baseline.Scopes {
	m := &s.Manifest
	scopes := baseline.NewScopes(m.Coverage, p.rules())
	scopes.Gaps = coverage.Gaps > 0
	scopes.NarrowAccounts, scopes.NarrowRegions, scopes.Excluded = m.Chosen.AccountsNarrowed, m.Chosen.RegionsNarrowed, m.Chosen.Excluded
	scopes.Regions = m.Regions
	if m.Chosen.WholeOrganization {
		scopes.Members = map[string]bool{}
		for _, a := range m.Accounts {
			scopes.Members[a.ID] = true
		}
	}
	return scopes
}

func (p *pass) summary(rules []audit.RuleResult, coverage audit.CoverageSummary) audit.Summary {
	s := audit.Summary{
		Resources: p.tally.resources, Verdicts: map[audit.Verdict]int{}, Findings: p.tally.findings, Coverage: coverage,
		MonthToMonth: p.estate.MonthToMonth(), Deadlines: p.estate.Deadlines(), Carried: []audit.Deadline{},
		DecisionsDue: p.estate.DecisionsDue(),
	}
	for _, rule := range rules {
		for v, n := range rule.Verdicts {
			s.Verdicts[v] += n
		}
	}
	return s
}

// known reports whether a rule could tell of every resource: a waiver for what it cannot tell of is not unused.
func (p *pass) known(rule string) bool { return p.tally.verdicts[rule][audit.Unknown] == 0 }

// accountsOf returns the accounts of an estate to which every resource was added.
func accountsOf(estate *finance.Estate, coverage *audit.Ledger) iter.Seq2[*audit.Resource, error] {
	for c := range coverage.All() {
		switch c.Status {
		case audit.StatusGap:
			estate.Incomplete(c.Account, audit.Gap{Operation: c.Operation, Reason: c.Reason, Message: c.Message})
		case audit.StatusOptional:
			estate.Uncounted(c.Account, c.Operation)
		}
	}
	return estate.Accounts()
}

// incomplete reports whether something was not read: there are gaps, or nothing was read at all.
func incomplete(s audit.CoverageSummary) bool { return s.Gaps > 0 || s.Collected == 0 }

// status is the one-word answer: a gap, an unknown or an error may hide findings. What the run does without hides none that were asked
// for.
func (p *pass) status(s *audit.Summary) audit.Status {
	switch {
	case incomplete(s.Coverage) || p.tally.gate.unknown > 0 || s.Verdicts[audit.Error] > 0:
		return audit.Incomplete
	case s.Verdicts[audit.Fail] > 0:
		return audit.HasFindings
	}
	return audit.Clean
}

// rules returns every rule with its verdicts.
func (p *pass) rules() []audit.RuleResult { return ruleResults(p.in.rules, p.tally.verdicts) }

// ruleResults returns the rules with the verdicts that were counted of each.
func ruleResults(rules []audit.Rule, verdicts map[string]map[audit.Verdict]int) []audit.RuleResult {
	results := []audit.RuleResult{}
	for _, rule := range rules {
		counts := map[audit.Verdict]int{}
		for _, v := range audit.Verdicts {
			counts[v] = verdicts[rule.ID][v]
		}
		results = append(results, audit.RuleResult{Rule: rule, Verdicts: counts})
	}
	return results
}
