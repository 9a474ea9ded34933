package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"

	"tenor/audit"
)

// The engine is compared with OPA: the same compiled rules, on the same resources, four ways. Evaluator.Eval over all
// resources, whose memo is on; an evaluator of its own for each resource; the fast path; and OPA on the document as one parsed value. What
// depends on the engine's inner workings is in packOf, answers and remembers.

// packOf compiles modules to a pack with a rule for each package that has deny or warn. It is not strict: a variable that is
// not used is a matter of style.
func packOf(modules map[string]*ast.Module, data map[string]any) (*Pack, error) {
	data = maps.Clone(data)
	data["tenor"] = map[string]any{}
	compiler := newCompiler(data, nil).WithStrict(false)
	if compiler.Compile(modules); compiler.Failed() {
		return nil, compiler.Errors
	}
	p := &Pack{searched: func(string) bool { return true }, // so that the fast path is held to programs of all kinds
		compiler: compiler, data: data, reads: map[string]*reads{}, timeout: time.Minute, maxFindings: DefaultMaxFindings}
	for _, file := range slices.Sorted(maps.Keys(modules)) {
		m := modules[file]
		r := &rule{Rule: audit.Rule{ID: packageName(m), Severity: audit.High}, name: file, pkg: m.Package.Path, made: new(atomic.Int64)}
		for _, set := range []string{"deny", "warn"} {
			if len(compiler.GetRulesExact(r.pkg.Append(ast.StringTerm(set)))) > 0 {
				r.sets = append(r.sets, resultSet{name: set})
			}
		}
		if len(r.sets) > 0 && p.reads[r.ID] == nil {
			p.rules = append(p.rules, r)
			p.reads[r.ID] = readsOf(compiler, r)
		}
	}
	return p, nil
}

// answers evaluates every rule on a resource, with a document that the rules share and without the memo.
func answers(ctx context.Context, e *Evaluator, res *audit.Resource) []answer {
	var out []answer
	e.doc.open(res)
	for _, p := range e.all {
		sets, err := e.ask(ctx, p)
		out = append(out, newAnswer(sets, err))
	}
	return out
}

// quickAnswers is answers by the fast path, where it does not give up. It returns how often it did not.
func quickAnswers(ctx context.Context, e *Evaluator, res *audit.Resource) (out []answer, quick int) {
	out = answers(ctx, e, res)
	e.doc.open(res)
	for i, p := range e.all {
		if sets, known := e.fast.answer(e.doc, p.asks); known {
			out[i] = newAnswer(sets, nil)
			quick++
		}
	}
	return out, quick
}

// remembers counts the rules that pass on a resource without being evaluated.
func remembers(e *Evaluator, res *audit.Resource) int {
	n := 0
	e.doc.open(res)
	for _, p := range e.all {
		if e.memo.passes(p.known, e.doc) {
			n++
		}
	}
	return n
}

// findingsOf returns what a rule's answer becomes in a report.
func findingsOf(p *prepared, res *audit.Resource, a answer) []audit.Finding {
	if a.Error != "" {
		return []audit.Finding{p.failed(res, errors.New(a.Error))}
	}
	return p.verdict(res, a.sets)
}

// answer is what a rule says of a resource: its sets as Rego writes them, which keeps the digits of numbers, or the code of an
// error.
type answer struct {
	Value string
	Error string
	sets  *ast.Array
}

func newAnswer(sets *ast.Array, err error) answer {
	var halt *topdown.Error
	switch {
	case errors.As(err, &halt):
		return answer{Error: halt.Code}
	case err != nil && strings.Contains(err.Error(), "panic: "):
		return answer{Error: "panic"} // some built-ins of OPA do so
	case err != nil:
		return answer{Error: err.Error()}
	}
	return answer{Value: sets.String(), sets: sets}
}

func (a answer) same(b answer) bool { return a.Value == b.Value && a.Error == b.Error }

func (a answer) String() string { return a.Value + a.Error }

// subject is compiled rules, and OPA's queries for them.
type subject struct {
	pack    *Pack
	queries []rego.PreparedEvalQuery
	eval    *Evaluator // makes findings of OPA's answers
}

func newSubject(ctx context.Context, modules map[string]*ast.Module, data map[string]any) (*subject, error) {
	p, err := packOf(modules, data)
	if err != nil {
		return nil, err
	}
	s := &subject{pack: p}
	if s.eval, err = p.NewEvaluator(TestTime()); err != nil {
		return nil, err
	}
	store := p.store(TestTime())
	for _, r := range p.rules {
		q, err := rego.New(rego.Compiler(p.compiler), rego.Store(store), rego.ParsedQuery(r.query()),
			rego.StrictBuiltinErrors(true), rego.GenerateJSON(keepTerm)).PrepareForEval(ctx)
		if err != nil {
			return nil, err
		}
		s.queries = append(s.queries, q)
	}
	return s, nil
}

// patience is how long OPA may take for a rule; what takes longer is not compared.
const patience = 5 * time.Second

// reference is OPA's answer for the rule at i, on the document as an ordinary value.
func (s *subject) reference(ctx context.Context, i int, input ast.Value) (a answer) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer func() {
		if recover() != nil {
			a = answer{Error: "panic"}
		}
	}()
	rs, err := s.queries[i].Eval(ctx, rego.EvalParsedInput(input), rego.EvalTime(TestTime()))
	return newAnswer(s.eval.all[i].answer(outcome{rs: rs, err: err}))
}

// freshEvery says on which resources the rules are evaluated by an evaluator of their own too, which takes time to prepare.
const freshEvery = 4

// tally counts what was compared.
type tally struct{ Compared, Failed, Errors, Remembered, Quick int }

func (c tally) atLeast(t *testing.T, least tally) {
	t.Helper()
	if c.Compared < least.Compared || c.Failed < least.Failed || c.Errors < least.Errors || c.Remembered < least.Remembered ||
		c.Quick < least.Quick {
		t.Errorf("compared %+v, want at least %+v", c, least)
	}
}

// difference is the first rule and resource of which the engine says something else than OPA.
type difference struct {
	rule string
	at   int // of the resource
	text string
}

func (d *difference) String() string {
	return fmt.Sprintf("%s, resource %d:\n%s", d.rule, d.at, d.text)
}

// compare evaluates the rules on the resources in their order, four ways. Where Eval says that a rule cannot tell, the resource
// has a gap; where it says anything else, OPA says the same whatever stands in the place of the gaps.
func (s *subject) compare(ctx context.Context, resources []*audit.Resource, count *tally) (*difference, error) {
	e, err := s.pack.NewEvaluator(TestTime())
	if err != nil {
		return nil, err
	}
	for at, res := range resources {
		input, err := referenceInput(res, nil)
		if err != nil {
			return nil, err
		}
		filled, err := s.filled(res)
		if err != nil {
			return nil, err
		}
		count.Remembered += remembers(e, res)
		found, err := e.Eval(ctx, res)
		if err != nil {
			return nil, err
		}
		ways := map[string][]answer{"the evaluator of all resources": answers(ctx, e, res)}
		byFastPath, quick := quickAnswers(ctx, e, res)
		ways["the fast path"] = byFastPath
		count.Quick += quick
		if at%freshEvery == 0 {
			fresh, err := s.pack.NewEvaluator(TestTime())
			if err != nil {
				return nil, err
			}
			ways["an evaluator of its own"] = answers(ctx, fresh, res)
		}
		for i, r := range s.pack.rules {
			indexed := s.reference(ctx, i, input)
			if indexed.Error == topdown.CancelErr {
				continue
			}
			count.Compared++
			if indexed.Error != "" {
				count.Errors++
			} else if len(findingsOf(s.eval.all[i], res, indexed)) > 0 {
				count.Failed++
			}
			text := s.differs(i, res, found, ways, indexed)
			if text == "" && filled != nil && !cannotTell(found, r.ID) {
				if other := s.reference(ctx, i, filled); other.Error != topdown.CancelErr && !other.same(indexed) {
					text = fmt.Sprintf("a gap is evidence: without what is missing %s\nwith it %s", indexed, other)
				}
			}
			if text != "" {
				return &difference{rule: r.ID, at: at, text: text}, nil
			}
		}
	}
	return nil, nil
}

// differs says in what the engine's answers are not the one that is wanted; empty where they are.
func (s *subject) differs(i int, res *audit.Resource, found []audit.Finding, ways map[string][]answer, want answer) string {
	for _, way := range slices.Sorted(maps.Keys(ways)) {
		if !ways[way][i].same(want) {
			return fmt.Sprintf("%s: want %s\nhave %s", way, want, ways[way][i])
		}
	}
	id := s.pack.rules[i].ID
	if cannotTell(found, id) && len(res.Gaps) > 0 {
		return ""
	}
	have := slices.DeleteFunc(slices.Clone(found), func(f audit.Finding) bool { return f.Rule != id })
	if diff := cmp.Diff(withoutWords(findingsOf(s.eval.all[i], res, want)), withoutWords(have)); diff != "" {
		return "Eval, with the memo: (-want +have)\n" + diff
	}
	return ""
}

func cannotTell(found []audit.Finding, rule string) bool {
	return slices.ContainsFunc(found, func(f audit.Finding) bool { return f.Rule == rule && f.Verdict == audit.Unknown })
}

// filled is the document with something in place of its gaps, nil where it has none.
func (s *subject) filled(res *audit.Resource) (ast.Value, error) {
	if len(res.Gaps) == 0 {
		return nil, nil
	}
	r := rand.New(rand.NewPCG(uint64(len(res.Spec)), uint64(len(res.Gaps))))
	sections := map[string]any{}
	for gap := range res.Gaps {
		v, err := decodeAny(randomNode(r, 3).raw())
		if err != nil {
			return nil, err
		}
		sections[gap] = v
	}
	return referenceInput(res, sections)
}

// withoutWords leaves out the words of errors, which name lines.
func withoutWords(found []audit.Finding) []audit.Finding {
	out := make([]audit.Finding, len(found))
	for i, f := range found {
		if f.Verdict == audit.Error {
			f.Msg = ""
		}
		out[i] = f
	}
	return out
}

// referenceInput is the document of a resource as OPA would be given it, decoded by encoding/json: of members by one name
// the last counts, and numbers keep their digits. In spec and related, a member that is null is absent, and so is a section with a
// gap, in place of which stands what sections say.
func referenceInput(res *audit.Resource, sections map[string]any) (ast.Value, error) {
	doc := map[string]any{"kind": res.Kind, "id": res.ID, "arn": res.ARN, "name": res.Name, "account": res.Account,
		"region": res.Region, "tags": nil, "gaps": nil}
	if res.Tags != nil {
		tags := map[string]any{}
		for k, v := range res.Tags {
			tags[k] = v
		}
		doc["tags"] = tags
	}
	if res.Gaps != nil {
		gaps := map[string]any{}
		for k, g := range res.Gaps {
			gaps[k] = map[string]any{"operation": g.Operation, "reason": string(g.Reason), "message": g.Message}
		}
		doc["gaps"] = gaps
	}
	related := map[string]any{}
	maps.Copy(related, sections)
	for k, raw := range res.Related {
		_, gap := res.Gaps[k]
		if v, err := decodeAny(raw); err != nil {
			return nil, err
		} else if v != nil && !gap {
			related[k] = withoutNulls(v)
		}
	}
	if res.Related != nil || sections != nil {
		doc["related"] = related
	}
	spec, err := decodeAny(res.Spec)
	if err != nil {
		return nil, err
	}
	if spec != nil {
		doc["spec"] = withoutNulls(spec)
	}
	if res.Facts != nil {
		if doc["facts"], err = decodeAny(res.Facts); err != nil {
			return nil, err
		}
	}
	return ast.InterfaceToValue(doc)
}

func decodeAny(raw []byte) (v any, err error) {
	if raw == nil {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// withoutNulls leaves out the members of objects that are null; elements of arrays stay.
func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, m := range v {
			if m == nil {
				delete(v, k)
			} else {
				v[k] = withoutNulls(m)
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return v
}
