package policies

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"

	"tenor/audit"
)

// Evaluator judges resources at one instant. It is for one goroutine; make one for each.
type Evaluator struct {
	pack     *Pack
	asOf     time.Time
	txn      storage.Transaction
	byKind   map[string][]*prepared
	verdicts map[string]map[audit.Verdict]int
}

// prepared is a rule with its query.
type prepared struct {
	*rule
	query  rego.PreparedEvalQuery
	counts map[audit.Verdict]int
}

// NewEvaluator returns an evaluator whose clock stands at asOf.
func (p *Pack) NewEvaluator(asOf time.Time) (*Evaluator, error) {
	ctx := context.Background() // nothing below waits for anything
	store := p.store(asOf)
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, fmt.Errorf("prepare policies: %w", err)
	}
	e := &Evaluator{pack: p, asOf: asOf, txn: txn, byKind: map[string][]*prepared{}, verdicts: map[string]map[audit.Verdict]int{}}
	for _, r := range p.rules {
		q, err := rego.New(rego.Compiler(p.compiler), rego.Store(store), rego.Transaction(txn), rego.ParsedQuery(r.query()),
			rego.StrictBuiltinErrors(true), rego.GenerateJSON(keepTerm)).PrepareForEval(ctx)
		if err != nil {
			return nil, fmt.Errorf("prepare %s: %w", r.ID, astError(err))
		}
		e.verdicts[r.ID] = map[audit.Verdict]int{}
		pr := &prepared{rule: r, query: q, counts: e.verdicts[r.ID]}
		for _, kind := range r.kindsOrAll() {
			e.byKind[kind] = append(e.byKind[kind], pr)
		}
	}
	return e, nil
}

// store holds the base documents as they stand at asOf.
func (p *Pack) store(asOf time.Time) storage.Store {
	return inmem.NewFromObjectWithOpts(p.dataAt(asOf), inmem.OptReturnASTValuesOnRead(true))
}

// dataAt returns the base documents with data.tenor.run.
func (p *Pack) dataAt(asOf time.Time) map[string]any {
	data := maps.Clone(p.data)
	tenor := maps.Clone(data["tenor"].(map[string]any))
	tenor["run"] = map[string]any{"as_of": asOf.UTC().Format(time.RFC3339Nano), "as_of_ns": asOf.UnixNano()}
	data["tenor"] = tenor
	return data
}

// kindsOrAll returns the kinds that r judges; a package without METADATA is given every resource, as by conftest.
func (r *rule) kindsOrAll() []string {
	if len(r.Kinds) == 0 {
		return kinds
	}
	return r.Kinds
}

// query asks for every set of the rule at once, in their order, the set unknown last.
func (r *rule) query() ast.Body {
	terms := make([]*ast.Term, 0, len(r.sets)+1)
	for _, s := range r.sets {
		terms = append(terms, ast.NewTerm(r.pkg.Append(ast.StringTerm(s.name))))
	}
	if r.unknowns {
		terms = append(terms, ast.NewTerm(r.pkg.Append(ast.StringTerm("unknown"))))
	}
	return ast.NewBody(ast.NewExpr(ast.ArrayTerm(terms...)))
}

// keepTerm hands query results through as they are, in place of OPA's copy to JSON.
func keepTerm(t *ast.Term, _ *rego.EvalContext) (any, error) { return t, nil }

// Verdicts returns rule → verdict → how many resources got it so far. A rule that does not apply to a resource gives none.
func (e *Evaluator) Verdicts() map[string]map[audit.Verdict]int { return e.verdicts }

// Eval judges one resource by every rule of its kind. It returns the findings that fail, are unknown or are an error of
// the rule, in the order of the rules; a rule that breaks is a finding, not an error. The error is of ctx alone.
func (e *Evaluator) Eval(ctx context.Context, r *audit.Resource) ([]audit.Finding, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var findings []audit.Finding
	var input ast.Value
	for _, p := range e.byKind[r.Kind] {
		missing, applies := p.sections(r)
		if len(missing) > 0 {
			findings = append(findings, p.unknown(r, missing))
			continue
		}
		if !applies {
			continue
		}
		if input == nil {
			var err error
			if input, err = inputOf(r); err != nil {
				return nil, fmt.Errorf("evaluate %s %s: %w", r.Kind, r.ID, err)
			}
		}
		found, err := e.evalRule(ctx, p, r, input)
		if err != nil {
			return nil, err
		}
		findings = append(findings, found...)
	}
	return findings, nil
}

// evalRule evaluates one rule within the time limit.
func (e *Evaluator) evalRule(ctx context.Context, p *prepared, r *audit.Resource, input ast.Value) ([]audit.Finding, error) {
	cancel := topdown.NewCancel()
	limit := time.AfterFunc(e.pack.timeout, cancel.Cancel)
	defer limit.Stop()
	defer context.AfterFunc(ctx, cancel.Cancel)()
	rs, err := p.query.Eval(ctx, rego.EvalParsedInput(input), rego.EvalTransaction(e.txn), rego.EvalTime(e.asOf), rego.EvalExternalCancel(cancel))
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case topdown.IsCancel(err):
		return []audit.Finding{p.failed(r, fmt.Errorf("stopped after %s", e.pack.timeout))}, nil
	case err != nil:
		return []audit.Finding{p.failed(r, evalError(err))}, nil
	case len(rs) != 1:
		return []audit.Finding{p.failed(r, errors.New("its sets are undefined"))}, nil
	}
	answer := rs[0].Expressions[0].Value.(*ast.Term).Value.(*ast.Array)
	return p.judge(r, answer), nil
}

// evalError puts the place of a failure first, as in every error of a policy.
func evalError(err error) error {
	var e *topdown.Error
	if !errors.As(err, &e) || e.Location == nil {
		return err
	}
	return fmt.Errorf("%s:%d: %s", e.Location.File, e.Location.Row, e.Message)
}

// inputOf returns the resource document as OPA's value.
func inputOf(r *audit.Resource) (ast.Value, error) {
	b, err := audit.EncodeJSON(r)
	if err != nil {
		return nil, err
	}
	return ast.ValueFromReader(strings.NewReader(string(b)))
}
