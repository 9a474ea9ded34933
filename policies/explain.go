package policies

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown/print"

	"tenor/audit"
)

// Explanation says how one rule came to its verdict on one resource.
type Explanation struct {
	Rule     audit.Rule
	Off      bool          // it is switched off
	Verdict  audit.Verdict // empty: the rule does not apply to the resource
	Why      string        // of a rule that was not asked, or that has no verdict of its own
	Findings []audit.Finding
	Gaps     []string // sections of the resource that the rule may read and that are missing, each with the reason
	Bodies   []Body   // of the rule's sets, in the order of the source
	Printed  []string // what the policy printed, clipped
	Cut      bool     // the evaluation was too long to be shown as a whole
}

// Body is what became of one body of a rule.
type Body struct {
	Set   string // deny, or the name of what the body defines
	File  string
	Line  int
	Held  int // how often; 0: it did not
	Lines []Statement
	Under []Body // those of other rules on which it rests: of a body that held, those that held
	Asked bool   // OPA evaluated it
}

// Statement is one expression of a body: all of them where the body held, else the first that did not.
type Statement struct {
	Line   int
	Text   string
	Values []Value
}

// Bounds of an explanation.
const (
	maxBodies     = 20
	maxStatements = 40
	maxUnder      = 6
	maxPrinted    = 100
)

// Explain evaluates one rule, be it switched off, on one resource, and says how it came to its verdict. The document has its facts; the
// clock stands at asOf.
func (p *Pack) Explain(ctx context.Context, id string, asOf time.Time, res *audit.Resource) (*Explanation, error) {
	if err := p.CheckRule(id); err != nil {
		return nil, err
	}
	printing, err := p.printing()
	if err != nil {
		return nil, err
	}
	r := p.all[slices.IndexFunc(p.all, func(r *rule) bool { return r.ID == id })]
	ex := &Explanation{Rule: r.Rule, Off: !slices.Contains(p.rules, r)}
	if !slices.Contains(r.kindsOrAll(), res.Kind) {
		ex.Why = fmt.Sprintf("it does not apply: it evaluates %s, and this is %s", strings.Join(r.Kinds, ", "), res.Kind)
		return ex, nil
	}
	ex.Gaps = missingOf(r, p.reads[r.ID], res)
	missing, applies := r.sections(res)
	base, err := ast.InterfaceToValue(p.dataAt(asOf))
	if err != nil {
		return nil, fmt.Errorf("explain %s: %w", id, err)
	}
	e, err := p.evaluator(asOf, []*rule{r})
	if err != nil {
		return nil, err
	}
	if ex.Findings, err = e.Eval(ctx, res); err != nil {
		return nil, err
	}
	shown, err := printing.evaluator(asOf, []*rule{r}) // whose verdict may be another: print() may touch a gap
	if err != nil {
		return nil, err
	}
	shown.explain = &explaining{compiler: printing.compiler, base: base}
	if _, err = shown.Eval(ctx, res); err != nil {
		return nil, err
	}
	switch {
	case len(ex.Findings) > 0:
		ex.Verdict = ex.Findings[0].Verdict
	case applies:
		ex.Verdict = audit.Pass
	default:
		ex.Why = "it does not apply: the resource has no " + strings.Join(r.Requires, ", ")
	}
	if len(missing) > 0 {
		ex.Why = "it was not asked: it requires " + strings.Join(missing, ", ") + ", which is a gap"
	}
	if t := shown.explain.trace; t != nil {
		ex.Printed, ex.Cut = shown.explain.printed, t.cut
		ex.Bodies = t.bodies(r)
	}
	return ex, nil
}

// missingOf lists the gaps of a resource of which a rule may learn something.
func missingOf(r *rule, read *reads, res *audit.Resource) []string {
	var gaps []string
	for section, g := range res.Gaps {
		if slices.Contains(r.Requires, section) || read.touches(res.Kind, section) {
			gaps = append(gaps, describeGap(section, g))
		}
	}
	slices.Sort(gaps)
	return gaps
}

// prints reports whether a policy of a user's calls print().
func (s *source) prints() bool {
	found := false
	if !s.own() && s.module != nil {
		ast.WalkExprs(s.module, func(x *ast.Expr) bool {
			found = found || x.IsCall() && x.Operator().String() == ast.Print.Name
			return found
		})
	}
	return found
}

// printing returns the pack with print() in its policies, which a run leaves out. It reads what is printed beside what decides, so it is
// not the one that gives verdicts; its rules count their findings for themselves.
func (p *Pack) printing() (*Pack, error) {
	sources := slices.DeleteFunc(slices.Clone(p.files), (*source).test)
	compiler := newCompiler(p.data, p.types).WithEnablePrintStatements(true)
	if compiler.Compile(modulesOf(sources)); compiler.Failed() {
		return nil, astError(compiler.Errors)
	}
	q := *p
	q.compiler, q.printer, q.reads = compiler, nil, map[string]*reads{}
	for _, r := range p.all {
		q.reads[r.ID] = readsOf(compiler, r)
	}
	return &q, nil
}

// printers returns a user's rules that are in force, each with a count of its own.
func (p *Pack) printers() []*rule {
	var out []*rule
	for _, r := range p.rules {
		if r.Origin != ownOrigin {
			c := *r
			c.made = new(atomic.Int64)
			out = append(out, &c)
		}
	}
	return out
}

// explaining is what an evaluator notes of a rule that is explained.
type explaining struct {
	compiler *ast.Compiler
	base     ast.Value
	trace    *trace // of the last evaluation; nil: the rule was not asked
	printed  printout
}

// begin forgets what an evaluation before has left.
func (x *explaining) begin() { x.trace, x.printed = newTrace(x.compiler, x.base), nil }

// printout are the lines that a policy printed in one evaluation, clipped.
type printout []string

// Print is part of OPA's print.Hook.
func (p *printout) Print(at print.Context, text string) error {
	switch n := len(*p); {
	case n < maxPrinted:
		*p = append(*p, fmt.Sprintf("%s:%d: %s", at.Location.File, at.Location.Row, clipped(text)))
	case n == maxPrinted:
		*p = append(*p, fmt.Sprintf("%s:%d: more than %d lines are printed: the rest is left out", at.Location.File, at.Location.Row, maxPrinted))
	}
	return nil
}

// bodies says what became of the bodies of a rule's sets. That of a set aside is told only where it held.
func (t *trace) bodies(r *rule) []Body {
	var out []Body
	for _, set := range r.asked() {
		rules := slices.Clone(t.compiler.GetRulesExact(r.pkg.Append(ast.StringTerm(set))))
		slices.SortFunc(rules, func(a, b *ast.Rule) int {
			return cmp.Or(strings.Compare(a.Location.File, b.Location.File), cmp.Compare(a.Location.Row, b.Location.Row))
		})
		for _, rule := range rules {
			i := slices.IndexFunc(t.entered, func(f *frame) bool { return f.rule == rule })
			switch {
			case len(out) == maxBodies:
				t.cut = true
				return out
			case i < 0 && set != r.aside:
				out = append(out, Body{Set: set, File: rule.Location.File, Line: rule.Location.Row})
			case i >= 0 && (set != r.aside || t.entered[i].held > 0):
				out = append(out, t.body(t.entered[i], maxUnder))
			}
		}
	}
	return out
}

// body says what became of one body, and of those under it to a depth. Each is told once.
func (t *trace) body(f *frame, depth int) Body {
	at := f.rule.Location
	b := Body{Set: setName(f.rule), File: at.File, Line: at.Row, Held: f.held, Asked: true}
	var under []*frame
	switch {
	case f.held > 0:
		b.Lines = f.statements()
		positive := slices.DeleteFunc(slices.Clone(f.rule.Body), func(x *ast.Expr) bool { return x.Negated })
		under = slices.DeleteFunc(t.answering(positive), func(g *frame) bool { // a call of a function may be another's
			return g.held == 0 || g.rule.Default || len(g.rule.Head.Args) > 0 || g.rule.Location.File != at.File
		})
	case f.failed != nil:
		b.Lines = []Statement{f.statement(statement(f.rule, f.failed))}
		under = t.under(f)
	}
	for _, g := range under {
		switch {
		case t.told[g.rule]:
			continue
		case depth == 0 || len(b.Under) == maxBodies:
			t.cut = true
			return b
		}
		t.told[g.rule] = true
		if u := t.body(g, depth-1); u.Held == 0 || len(u.Lines) > 0 { // of one without a body, the value is told above
			b.Under = append(b.Under, u)
		}
	}
	return b
}

// statements lists the expressions of the source of a body that held.
func (f *frame) statements() []Statement {
	var out []Statement
	seen := map[*ast.Expr]bool{}
	for _, x := range f.rule.Body {
		whole := statement(f.rule, x)
		if whole.Location == nil || seen[whole] || len(whole.Location.Text) == 0 || encloses(f.rule.Head.Location, whole.Location) {
			continue // what is in the head is what was found, and told there
		}
		seen[whole] = true
		if len(out) == maxStatements {
			return out
		}
		out = append(out, f.statement(whole))
	}
	slices.SortStableFunc(out, func(a, b Statement) int { return cmp.Compare(a.Line, b.Line) })
	return out
}

// statement is one expression of the source with the values of all that the compiler made of it.
func (f *frame) statement(whole *ast.Expr) Statement {
	s := Statement{Line: whole.Location.Row, Text: oneLine(string(whole.Location.Text))}
	for _, x := range f.rule.Body {
		if !encloses(whole.Location, x.Location) {
			continue
		}
		for _, v := range f.values[x] {
			if v.Name != s.Text && !slices.ContainsFunc(s.Values, func(o Value) bool { return o.Name == v.Name }) {
				s.Values = append(s.Values, v)
			}
		}
	}
	return s
}

// Write writes the explanation as text of several lines.
func (ex *Explanation) Write(w io.Writer) error {
	var out bytes.Buffer
	verdict := string(cmp.Or(ex.Verdict, "none"))
	fmt.Fprintf(&out, "%s: verdict %s", ex.Rule.ID, verdict)
	if ex.Off {
		out.WriteString(" (the rule is switched off)")
	}
	out.WriteByte('\n')
	if ex.Why != "" {
		fmt.Fprintf(&out, "  %s\n", ex.Why)
	}
	for _, f := range ex.Findings {
		fmt.Fprintf(&out, "  %s: %s\n", f.Severity, oneLine(f.Msg))
	}
	for _, g := range ex.Gaps {
		fmt.Fprintf(&out, "  gap: %s\n", oneLine(g))
	}
	for _, b := range ex.Bodies {
		out.WriteByte('\n')
		b.writeTo(&out, "")
	}
	if len(ex.Printed) > 0 {
		out.WriteString("\nprinted:\n")
		for _, line := range ex.Printed {
			fmt.Fprintf(&out, "  %s\n", oneLine(line))
		}
	}
	if ex.Cut {
		out.WriteString("\nthe evaluation is too long to be shown as a whole\n")
	}
	_, err := out.WriteTo(w)
	return err
}

func (b *Body) writeTo(w io.Writer, indent string) {
	became := "did not hold"
	switch {
	case !b.Asked:
		became = "was not evaluated"
	case b.Held == 0 && len(b.Lines) == 0:
		became = "was cut short"
	case b.Held == 1:
		became = "held"
	case b.Held > 1:
		became = fmt.Sprintf("held %d times, the first with", b.Held)
	}
	fmt.Fprintf(w, "%s%s:%d: %s %s\n", indent, b.File, b.Line, b.Set, became)
	for _, s := range b.Lines {
		fmt.Fprintf(w, "%s  line %d: %s\n", indent, s.Line, s.Text)
		for _, v := range s.Values {
			if v.Text == "" {
				fmt.Fprintf(w, "%s    %s is not there\n", indent, v.Name)
				continue
			}
			fmt.Fprintf(w, "%s    %s = %s\n", indent, v.Name, v.Text)
		}
	}
	for _, u := range b.Under {
		u.writeTo(w, indent+"    ")
	}
}
