package policies

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	opametrics "github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"

	"tenor/audit"
	"tenor/internal/memory"
)

// maxStops is how often an evaluator stops a rule before it asks it no more: at a limit of seconds, a rule that
// runs away would hold up an estate for days.
const maxStops = 3

const (
	watchEvery = 10 * time.Millisecond // how often a rule that has not answered yet is looked at
	grace      = time.Second           // how long a rule that is stopped has to notice, before it is left behind
	maxGrowth  = 1 << 30               // bytes that the heap may grow, when a limit for the process is not reached before; ours take kilobytes
)

// Evaluator evaluates resources at one instant. It is for one goroutine; make one for each.
type Evaluator struct {
	pack     *Pack
	asOf     time.Time
	txn      storage.Transaction
	all      []*prepared
	byKind   map[string][]*prepared
	doc      *document
	memo     *memo
	fast     *fastPath
	asks     chan func() // to the goroutine that runs the queries, whose stack stays grown
	ending   runtime.Cleanup
	watch    *time.Ticker
	grace    time.Duration
	maxHeap  int64 // bytes
	verdicts map[string]map[audit.Verdict]int
	explain  *explaining // nil: nothing is explained

	prints  *Evaluator // evaluates again what prints; nil: nobody asks
	shows   bool       // it is the one that does
	printed printout   // by the last evaluation of such a one
}

// prepared is a rule with its query.
type prepared struct {
	*rule
	query    rego.PreparedEvalQuery
	reads    *reads
	asks     []*virtual // its sets, as the fast path has them
	known    int32      // where its tree begins in the memo
	exact    bool       // it is evaluated as OPA does on its own
	stops    int        // how often it was stopped
	changing string     // the first command of its findings that may change something
	most     int        // findings that it may make
	counts   map[audit.Verdict]int
}

// NewEvaluator returns an evaluator whose clock stands at asOf.
func (p *Pack) NewEvaluator(asOf time.Time) (*Evaluator, error) {
	e, err := p.evaluator(asOf, p.rules)
	if err != nil || p.printer == nil {
		return e, err
	}
	if e.prints, err = p.printer.evaluator(asOf, p.printer.printers()); err != nil {
		return nil, err
	}
	e.prints.shows = true
	for _, pr := range e.prints.all {
		pr.exact = true // what OPA would not come to is not printed
	}
	return e, nil
}

// evaluator returns an evaluator of some of the rules, which read the pack's documents all the same.
func (p *Pack) evaluator(asOf time.Time, rules []*rule) (*Evaluator, error) {
	ctx := context.Background() // nothing below waits for anything
	store := p.store(asOf)
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, fmt.Errorf("prepare policies: %w", err)
	}
	e := &Evaluator{
		pack: p, asOf: asOf, txn: txn, byKind: map[string][]*prepared{}, doc: newDocument(), memo: newMemo(maxAnswers), fast: newFastPath(),
		watch: time.NewTicker(watchEvery), grace: grace, maxHeap: min(memory.Live()+maxGrowth, memory.Most()),
		verdicts: map[string]map[audit.Verdict]int{},
	}
	e.start()
	search := &searchable{compiler: p.compiler, store: store, txn: txn, rules: map[string]*virtual{}, files: p.searched}
	for _, r := range rules {
		q, err := rego.New(rego.Compiler(p.compiler), rego.Store(store), rego.Transaction(txn), rego.ParsedQuery(r.query()),
			rego.StrictBuiltinErrors(true), rego.GenerateJSON(keepTerm), withTrivy).PrepareForEval(ctx)
		if err != nil {
			return nil, fmt.Errorf("prepare %s: %w", r.ID, astError(err))
		}
		e.verdicts[r.ID] = map[audit.Verdict]int{}
		pr := &prepared{rule: r, query: q, reads: p.reads[r.ID], asks: search.sets(r), known: unasked, most: p.maxFindings,
			counts: e.verdicts[r.ID]}
		e.all = append(e.all, pr)
		for _, kind := range r.kindsOrAll() {
			e.byKind[kind] = append(e.byKind[kind], pr)
		}
	}
	return e, nil
}

// Divide keeps, of the rules on kinds that have a section, those that may learn something of it if reading is set, and else the others. Of
// other kinds it keeps all, and none if reading is set. So a resource can be evaluated in two turns, the section joined in between.
func (e *Evaluator) Divide(section string, reading bool) {
	if e.prints != nil {
		e.prints.Divide(section, reading)
	}
	for _, kind := range audit.Kinds {
		has := slices.ContainsFunc(kind.Sections, func(s audit.Section) bool { return s.Name == section })
		e.byKind[kind.Name] = slices.DeleteFunc(e.byKind[kind.Name], func(p *prepared) bool {
			learns := has && (p.reads.touches(kind.Name, section) || slices.Contains(p.Requires, section))
			return learns != reading
		})
	}
}

// Evaluates reports whether the evaluator has rules on a kind.
func (e *Evaluator) Evaluates(kind string) bool { return len(e.byKind[kind]) > 0 }

// store holds the base documents as they stand at asOf.
func (p *Pack) store(asOf time.Time) storage.Store {
	return inmem.NewFromObjectWithOpts(p.dataAt(asOf), inmem.OptReturnASTValuesOnRead(true))
}

// dataAt returns the base documents with data.tenor.run.
func (p *Pack) dataAt(asOf time.Time) map[string]any {
	data := maps.Clone(p.data)
	tenor := maps.Clone(data["tenor"].(map[string]any))
	on := audit.Map(p.rules, func(r *rule) any { return r.ID })
	tenor["run"] = map[string]any{"as_of": asOf.UTC().Format(time.RFC3339Nano), "as_of_ns": asOf.UnixNano(), "rules": on}
	data["tenor"] = tenor
	return data
}

// kindsOrAll returns the kinds that r evaluates; a package without METADATA is given every resource, as by conftest.
func (r *rule) kindsOrAll() []string {
	if len(r.Kinds) == 0 {
		return Kinds()
	}
	return r.Kinds
}

// asked lists the sets that the rule's query asks for: its own in their order, and the one aside last, if there is one.
func (r *rule) asked() []string {
	names := audit.Map(r.sets, func(s resultSet) string { return s.name })
	if r.aside != "" {
		names = append(names, r.aside)
	}
	return names
}

// query asks for the sets all at once, as an array.
func (r *rule) query() ast.Body {
	terms := audit.Map(r.asked(), func(name string) *ast.Term { return ast.NewTerm(r.pkg.Append(ast.StringTerm(name))) })
	return ast.NewBody(ast.NewExpr(ast.ArrayTerm(terms...)))
}

// keepTerm hands query results through as they are, in place of OPA's copy to JSON.
func keepTerm(t *ast.Term, _ *rego.EvalContext) (any, error) { return t, nil }

// Verdicts returns rule → verdict → how many resources got it so far. A rule that does not apply to a resource gives none.
func (e *Evaluator) Verdicts() map[string]map[audit.Verdict]int { return e.verdicts }

// Changing returns rule → the first command that it printed which may change something in AWS. Ours print none.
func (e *Evaluator) Changing() map[string]string {
	commands := map[string]string{}
	for _, p := range e.all {
		if p.changing != "" {
			commands[p.ID] = p.changing
		}
	}
	return commands
}

// Eval evaluates one resource by every rule of its kind. It returns the findings that fail, are unknown or are an error of
// the rule, in the order of the rules; a rule that breaks is a finding, not an error. The error is of ctx alone.
func (e *Evaluator) Eval(ctx context.Context, r *audit.Resource) ([]audit.Finding, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if e.memo.full() || e.doc.places > maxPlaces {
		e.forget()
	}
	e.doc.open(r)
	var findings []audit.Finding
	for _, p := range e.byKind[r.Kind] {
		missing, applies := p.sections(r)
		undeclared, optional := p.gaps(r)
		switch {
		case len(missing) > 0:
			findings = append(findings, p.unknown(r, missing))
		case !applies:
		case len(undeclared)+len(optional) == 0 && e.memo.passes(p.known, e.doc) && e.doc.err == nil:
			p.counts[audit.Pass]++
		default:
			found, err := e.evalRule(ctx, p, r, undeclared, optional)
			if err != nil {
				return nil, err
			}
			findings = append(findings, found...)
		}
	}
	if e.prints != nil {
		if _, err := e.prints.Eval(ctx, r); err != nil {
			return nil, err
		}
	}
	return findings, nil
}

// evalRule evaluates one rule within the limits, and remembers how it came to pass. Undeclared are the gaps that it must not touch,
// optional those that it must not pass by.
func (e *Evaluator) evalRule(ctx context.Context, p *prepared, r *audit.Resource, undeclared, optional []string) ([]audit.Finding, error) {
	if p.stops == maxStops {
		err := p.errorf("skipped after repeated timeouts on other resources: make it faster, or raise policies.timeout")
		return []audit.Finding{p.failed(r, err)}, nil
	}
	if p.made.Load() > int64(p.most) {
		return []audit.Finding{p.failed(r, p.tooMany())}, nil
	}
	e.printed = nil
	var answer *ast.Array
	var known bool
	var err error
	// What the fast path does not look at may be what a gap is in.
	if len(undeclared)+len(optional) == 0 && e.explain == nil {
		answer, known = e.fast.answer(e.doc, p.asks)
	}
	if !known {
		answer, err = e.ask(ctx, p)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if len(e.printed) > 0 {
		e.pack.print(p.ID, r, e.printed)
	}
	if touched := e.doc.touchedOf(undeclared); len(touched) > 0 {
		return []audit.Finding{p.unknown(r, touched)}, nil
	}
	if err != nil {
		return []audit.Finding{p.failed(r, evalError(err))}, nil
	}
	findings := p.verdict(r, answer)
	if len(findings) > 0 {
		return findings, nil
	}
	if touched := e.doc.touchedOf(optional); len(touched) > 0 {
		p.counts[audit.Pass]--
		return []audit.Finding{p.unknown(r, touched)}, nil
	}
	if !e.shows {
		e.remember(p)
	}
	return nil, nil
}

// remember remembers how the rule came to pass in the last evaluation.
func (e *Evaluator) remember(p *prepared) {
	if !e.doc.all {
		p.known = e.memo.remember(p.known, e.doc, e.doc.questions())
	}
}

// ask returns the rule's sets for the document that is open, as OPA has them.
//
// It does without OPA's index of rules, which costs more than it saves here, and without leaving off at the first value of
// several. So more is evaluated than OPA would evaluate, and two values for one rule are always found: what succeeds is what OPA
// says. What fails may have failed where OPA does not look. Then the rule is evaluated again as OPA does it, and is from then on.
func (e *Evaluator) ask(ctx context.Context, p *prepared) (*ast.Array, error) {
	answer, err := e.query(ctx, p)
	if err != nil && !p.exact && p.stops < maxStops && ctx.Err() == nil {
		p.exact, p.stops = true, 0
		answer, err = e.query(ctx, p)
	}
	return answer, cmp.Or(err, e.doc.err)
}

// query asks OPA for the rule's sets. It watches over the rule, which is stopped when it takes too long or the process too much
// memory. OPA looks for that between expressions and in some built-ins; a rule that does not come out of another is left behind with
// its document, and not asked again.
func (e *Evaluator) query(ctx context.Context, p *prepared) (*ast.Array, error) {
	e.doc.begin()
	cancel := topdown.NewCancel()
	done := make(chan outcome, 1)
	doc := e.doc
	e.asks <- func() { done <- e.run(ctx, p, doc, cancel) }
	running := stopwatch()
	var stopped error
	stop := func(err error) {
		if stopped == nil {
			stopped, running = err, stopwatch()
			cancel.Cancel()
		}
	}
	for {
		select {
		case out := <-done:
			e.printed = out.printed
			if stopped != nil {
				p.stops++
				return nil, stopped
			}
			return p.answer(out)
		case <-e.watch.C:
		}
		switch ran := running(); {
		case stopped != nil && ran > e.grace:
			p.stops = maxStops
			e.ending.Stop()
			close(e.asks)
			e.start()
			e.forget()
			e.doc.open(doc.res)
			return nil, stopped
		case ctx.Err() != nil:
			stop(ctx.Err())
		case ran > e.pack.timeout:
			stop(p.errorf("timed out after %s", e.pack.timeout))
		case ran > watchEvery && memory.Live() > e.maxHeap:
			stop(p.errorf("memory limit exceeded: the process had %d MiB", e.maxHeap>>20))
		}
	}
}

// stopwatch returns how long it has been since now, as far as the process was let run: on a machine with too much to do, a rule
// is not to be stopped for what others took. One that waits, as none should, is stopped at last.
func stopwatch() func() time.Duration {
	began, cpu := time.Now(), cpuTime()
	return func() time.Duration {
		waited := time.Since(began)
		return min(waited, max(cpuTime()-cpu, waited/20))
	}
}

// start starts the goroutine that runs the queries. It ends with the evaluator.
func (e *Evaluator) start() {
	asks := make(chan func())
	go func() {
		for ask := range asks {
			ask()
		}
	}()
	e.asks, e.ending = asks, runtime.AddCleanup(e, func(asks chan func()) { close(asks) }, asks)
}

// outcome is what OPA makes of a query.
type outcome struct {
	rs      rego.ResultSet
	err     error
	printed printout
}

// noMetrics saves OPA the counting that nobody reads.
var noMetrics = opametrics.NoOp()

// run asks OPA. A panic is an error of the rule: built-ins have them for arguments that nobody thought of.
func (e *Evaluator) run(ctx context.Context, p *prepared, doc *document, cancel topdown.Cancel) (out outcome) {
	defer func() {
		if v := recover(); v != nil {
			out.err = p.errorf("panic: %v", v)
		}
	}()
	input := doc.get(doc.root, p.reads)
	options := []rego.EvalOption{rego.EvalParsedInput(input.Value), rego.EvalTransaction(e.txn), rego.EvalTime(e.asOf),
		rego.EvalExternalCancel(cancel), rego.EvalRuleIndexing(p.exact), rego.EvalEarlyExit(p.exact), rego.EvalMetrics(noMetrics)}
	if e.explain != nil {
		e.explain.begin()
		options = append(options, rego.EvalQueryTracer(e.explain.trace), rego.EvalPrintHook(&e.explain.printed))
	}
	if e.shows {
		options = append(options, rego.EvalPrintHook(&out.printed))
	}
	out.rs, out.err = p.query.Eval(ctx, options...)
	return out
}

// answer is the array of the rule's sets.
func (p *prepared) answer(out outcome) (*ast.Array, error) {
	switch {
	case out.err != nil:
		return nil, out.err
	case len(out.rs) != 1:
		return nil, p.errorf("its sets are undefined")
	}
	return out.rs[0].Expressions[0].Value.(*ast.Term).Value.(*ast.Array), nil
}

// errorf is an error of the rule as a whole, which stands where the rule begins.
func (p *prepared) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: "+format, append([]any{p.name, p.Line}, args...)...)
}

// maxPlaces bounds the places of a document: a rule may ask for members by names that it finds in the resources.
const maxPlaces = 1 << 16

// forget makes room: what is common comes back within a few resources.
func (e *Evaluator) forget() {
	e.memo = newMemo(e.memo.limit)
	e.doc = newDocument()
	for _, p := range e.all {
		p.known = unasked
	}
}

// evalError puts the place of a failure first, as in every error of a policy.
func evalError(err error) error {
	var e *topdown.Error
	if !errors.As(err, &e) || e.Location == nil {
		return err
	}
	return fmt.Errorf("%s:%d: %s", e.Location.File, e.Location.Row, audit.OneLine(e.Message))
}
