package policies

import (
	"github.com/open-policy-agent/opa/v1/ast"
)

// reads says what a rule may ask of a part of the document: which members by name, whether members by a name that only
// the evaluation knows, and whether the part as a value.
type reads struct {
	members map[string]*reads
	dynamic bool
	whole   bool
}

// navigated reports whether the part is only ever looked into, so that it need not become a value.
func (r *reads) navigated() bool { return r != nil && !r.whole }

// member returns what may be read of a member; nil, which is all of it, when it may be asked for by a name that only the
// evaluation knows.
func (r *reads) member(name string) *reads {
	if r == nil || r.dynamic {
		return nil
	}
	return r.members[name]
}

func (r *reads) add(name string) *reads {
	next := r.members[name]
	if next == nil {
		next = &reads{members: map[string]*reads{}}
		r.members[name] = next
	}
	return next
}

// readsOf returns what the rule's sets, and everything they depend on, may read of input. It errs on the side of more:
// a variable that was bound to a part of input counts as that part whole.
func readsOf(c *ast.Compiler, r *rule) *reads {
	root := &reads{members: map[string]*reads{}}
	seen := map[*ast.Rule]bool{}
	var visit func(rule *ast.Rule)
	visit = func(rule *ast.Rule) {
		if seen[rule] {
			return
		}
		seen[rule] = true
		root.addRule(rule)
		for dep := range c.Graph.Dependencies(rule) {
			if dep, ok := dep.(*ast.Rule); ok {
				visit(dep)
			}
		}
	}
	for _, name := range r.asked() {
		for _, rule := range c.GetRulesDynamic(r.pkg.Append(ast.StringTerm(name))) {
			visit(rule)
		}
	}
	return root
}

func (r *reads) addRule(rule *ast.Rule) {
	var visitor *ast.GenericVisitor
	visitor = ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.With:
			if ref, ok := x.Target.Value.(ast.Ref); ok && ref.HasPrefix(ast.InputRootRef) {
				r.whole = true // the evaluation builds another input from this one
			}
		case ast.Ref:
			if !x[0].Equal(ast.InputRootDocument) {
				return false
			}
			r.addRef(x[1:])
			for _, t := range x[1:] { // what is dynamic in it may refer to input again
				visitor.Walk(t)
			}
			return true
		case ast.Var:
			if x.Equal(ast.InputRootDocument.Value) {
				r.whole = true
			}
		}
		return false
	})
	visitor.Walk(rule)
}

// addRef follows the constant part of a reference.
func (r *reads) addRef(path ast.Ref) {
	at := r
	for _, t := range path {
		name, ok := t.Value.(ast.String)
		if !ok {
			at.dynamic = true
			return
		}
		at = at.add(string(name))
	}
	at.whole = true
}
