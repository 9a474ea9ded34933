package policies

import (
	"cmp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"tenor/audit"
)

// maxFrames bounds what a trace keeps: our rules make some tens of frames, one that walks a list of its own may make millions.
const maxFrames = 20_000

// trace folds the events of OPA's tracer, of one evaluation, into what became of the body of each rule.
type trace struct {
	compiler *ast.Compiler
	base     ast.Value         // the base documents
	frames   map[uint64]*frame // by OPA's id of the query
	entered  []*frame          // those of rules, in the order in which OPA came to them
	events   uint64
	cut      bool // there were more frames than are kept, or bodies than are told
	told     map[*ast.Rule]bool
}

// frame is one evaluation of the body of a rule, or of a query within one, such as that of a comprehension.
type frame struct {
	rule   *ast.Rule // nil: a query within a body
	parent uint64
	began  uint64 // the number of the event

	held   int       // how often all expressions held
	value  ast.Value // of the rule's head, when it first held; nil where it did not
	failed *ast.Expr // the expression furthest down that did not hold, nil for none
	asked  uint64    // the event with which the evaluation last came to an expression
	from   uint64    // between these two events failed was evaluated
	to     uint64
	values map[*ast.Expr][]Value // of the expressions, as they stood when the body first held or got to failed
}

// Value is what an expression of a policy stood for.
type Value struct {
	Name string // as the policy has it
	Text string // the value as Rego writes it, clipped; empty: it was not defined
}

func newTrace(c *ast.Compiler, base ast.Value) *trace {
	return &trace{compiler: c, base: base, frames: map[uint64]*frame{}, told: map[*ast.Rule]bool{}}
}

// Enabled is part of topdown.QueryTracer.
func (t *trace) Enabled() bool { return true }

// Config is part of topdown.QueryTracer: values are asked for only where they are kept.
func (t *trace) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent is part of topdown.QueryTracer.
func (t *trace) TraceEvent(e topdown.Event) {
	t.events++
	if e.Op == topdown.EnterOp {
		t.enter(&e)
		return
	}
	f := t.frames[e.QueryID]
	if f == nil {
		return
	}
	switch e.Op {
	case topdown.EvalOp:
		f.asked = t.events
	case topdown.FailOp:
		x, ok := e.Node.(*ast.Expr)
		if ok && f.held == 0 && (f.failed == nil || x.Index > f.failed.Index) {
			f.failed, f.from, f.to = x, f.asked, t.events
			f.values = t.valuesIn(&e, f, x.Index)
		}
	case topdown.ExitOp:
		f.held++
		if f.held == 1 && f.rule != nil {
			f.values = t.valuesIn(&e, f, len(f.rule.Body))
			f.value = headValue(&e, f.rule)
		}
	}
}

func (t *trace) enter(e *topdown.Event) {
	if len(t.frames) == maxFrames {
		t.cut = true
		return
	}
	f := &frame{parent: e.ParentID, began: t.events}
	t.frames[e.QueryID] = f
	if rule, ok := e.Node.(*ast.Rule); ok {
		f.rule = rule
		t.entered = append(t.entered, f)
	}
}

// headValue is what a rule that held stands for: its value, or what it puts into its set. It is nil for one of which not all is known.
func headValue(e *topdown.Event, rule *ast.Rule) ast.Value {
	head := cmp.Or(rule.Head.Value, rule.Head.Key)
	if head == nil {
		return nil
	}
	if v := e.Plug(head); v.IsGround() {
		return v.Value
	}
	return nil
}

// valuesIn returns what the expressions of a frame's rule stand for, up to the index.
func (t *trace) valuesIn(e *topdown.Event, f *frame, last int) map[*ast.Expr][]Value {
	if f.rule == nil {
		return nil
	}
	values := map[*ast.Expr][]Value{}
	for _, x := range f.rule.Body {
		if x.Index > last {
			break
		}
		values[x] = t.valuesOf(e, x)
	}
	return values
}

// valuesOf returns what the parts of one compiled expression stand for. The compiler gives what a call or a reference within another
// stands for a name of its own; it is shown by the text for which that stands.
func (t *trace) valuesOf(e *topdown.Event, x *ast.Expr) []Value {
	var values []Value
	show := func(name string, v ast.Value) {
		text := ""
		if v != nil {
			text = clipped(v.String())
		}
		if name != "" && name != text && balanced(name) {
			values = append(values, Value{Name: name, Text: text})
		}
	}
	operands := slices.Clone(x.Operands())
	if term, ok := x.Terms.(*ast.Term); ok {
		operands = []*ast.Term{term}
	}
	for _, term := range operands {
		switch v := term.Value.(type) {
		case ast.Var:
			plugged := e.Plug(term)
			if !plugged.IsGround() {
				continue
			}
			name := string(t.compiler.RewrittenVars[v])
			if name == "" && x.Location != nil && output(x) == v {
				name = oneLine(string(x.Location.Text))
			}
			show(name, plugged.Value)
		case ast.Ref:
			if term.Location != nil {
				show(oneLine(string(term.Location.Text)), t.find(e, term))
			}
		}
	}
	return values
}

// balanced reports whether the brackets of a text close: OPA's place of a reference into a comprehension is its end alone.
func balanced(s string) bool {
	return strings.Count(s, "[") == strings.Count(s, "]") && strings.Count(s, "(") == strings.Count(s, ")")
}

// output is the variable to which an expression of the compiler's gives a value, empty for none.
func output(x *ast.Expr) ast.Var {
	operands := x.Operands()
	if len(operands) == 0 {
		return ""
	}
	out := operands[len(operands)-1]
	if x.IsEquality() {
		out = operands[0]
	}
	v, _ := out.Value.(ast.Var)
	return v
}

// find returns what a reference stands for, nil where it is undefined or that is not known.
func (t *trace) find(e *topdown.Event, term *ast.Term) ast.Value {
	ref, ok := e.Plug(term).Value.(ast.Ref)
	if !ok || !ref[1:].IsGround() {
		return nil
	}
	var in ast.Value
	switch {
	case ref[0].Equal(ast.InputRootDocument):
		if in = ast.NullValue; e.Input() != nil {
			in = e.Input().Value
		}
	case ref[0].Equal(ast.DefaultRootDocument):
		for _, f := range t.entered {
			if f.value != nil && len(f.rule.Head.Args) == 0 && f.rule.Head.Key == nil && f.rule.Ref().Equal(ref) {
				return f.value
			}
		}
		in = t.base
	default:
		in = ref[0].Value
	}
	v, err := in.Find(ref[1:])
	if err != nil {
		return nil
	}
	return v
}

// under lists the frames of rules that were entered for the expression in which a frame failed, or, where OPA had the answer already,
// those from which it had it.
func (t *trace) under(f *frame) []*frame {
	var frames []*frame
	for _, g := range t.entered {
		if g.began > f.from && g.began < f.to && t.ownerOf(g) == f {
			frames = append(frames, g)
		}
	}
	if len(frames) == 0 {
		frames = t.answering(f.failed)
	}
	return frames
}

// answering lists the frames of the rules to which part of a policy refers, one of each.
func (t *trace) answering(x any) []*frame {
	var frames []*frame
	ast.WalkRefs(x, func(ref ast.Ref) bool {
		for _, rule := range t.compiler.GetRulesExact(ref.GroundPrefix()) {
			i := slices.IndexFunc(t.entered, func(g *frame) bool { return g.rule == rule })
			if i >= 0 && !slices.Contains(frames, t.entered[i]) {
				frames = append(frames, t.entered[i])
			}
		}
		return false
	})
	return frames
}

// ownerOf returns the frame of the rule in whose body a frame was entered.
func (t *trace) ownerOf(f *frame) *frame {
	for g := t.frames[f.parent]; g != nil && g != t.frames[g.parent]; g = t.frames[g.parent] {
		if g.rule != nil {
			return g
		}
	}
	return nil
}

// statement returns the expression of a rule's source in which a compiled one stands: the compiler makes several of one.
func statement(rule *ast.Rule, x *ast.Expr) *ast.Expr {
	whole := x
	for _, other := range rule.Body {
		if encloses(other.Location, whole.Location) && len(other.Location.Text) > len(whole.Location.Text) {
			whole = other
		}
	}
	return whole
}

func encloses(outer, inner *ast.Location) bool {
	return outer != nil && inner != nil && outer.File == inner.File && outer.Offset <= inner.Offset &&
		inner.Offset+len(inner.Text) <= outer.Offset+len(outer.Text)
}

// maxShown is how many characters of a value, an expression or a line that a policy printed are shown.
const maxShown = 160

// clipped is the beginning of a text, on one line and as people can see it.
func clipped(s string) string { return audit.Visible(audit.Cut(s, maxShown)) }

// oneLine is the text of an expression without its line breaks.
func oneLine(s string) string { return clipped(audit.OneLine(s)) }
