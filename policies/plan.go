package policies

import (
	"cmp"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// reads says what a rule may ask of a part of the document: all of it as a value, or what of its members by name, and of its
// elements, which are those of a list and the members by a name that only the evaluation knows.
type reads struct {
	value   bool // which says it all: it has no members or elements
	members map[string]*reads
	elems   *reads
}

// everything is read of what is a value.
var everything = &reads{value: true}

// member returns what may be read of a member. Who knows its name only in the evaluation may ask for any, and for all of it.
func (r *reads) member(name string) *reads {
	if m := r.members[name]; m != nil && r.elems == nil {
		return m
	}
	return everything
}

// of reports whether anything may be read of a member.
func (r *reads) of(name string) bool { return r.value || r.elems != nil || r.members[name] != nil }

// element returns what may be read of an element of a list.
func (r *reads) element() *reads {
	if r.elems == nil {
		return everything
	}
	return r.elems
}

// add takes note of a read of the part to which the trail leads: of its value, or only that it is looked into. What is a value
// already has no parts that could be read otherwise.
func (r *reads) add(to trail, value bool) {
	for _, name := range to {
		if r.value {
			return
		}
		if name == anElement {
			r.elems = cmp.Or(r.elems, &reads{})
			r = r.elems
			continue
		}
		if r.members[name] == nil {
			if r.members == nil {
				r.members = map[string]*reads{}
			}
			r.members[name] = &reads{}
		}
		r = r.members[name]
	}
	if value {
		*r = reads{value: true}
	}
}

// readsOf returns what the rule's sets, and everything they depend on, may read of input. It errs on the side of more.
func readsOf(c *ast.Compiler, r *rule) *reads {
	root := &reads{}
	seen := map[*ast.Rule]bool{}
	var visit func(rule *ast.Rule)
	visit = func(rule *ast.Rule) {
		if seen[rule] {
			return
		}
		seen[rule] = true
		(&reader{root: root, names: map[ast.Var]trail{}, naming: map[*ast.Expr]bool{}}).read(rule)
		for dep := range c.Graph.Dependencies(rule) {
			if dep, ok := dep.(*ast.Rule); ok {
				visit(dep)
			}
		}
	}
	for _, name := range r.asked() {
		for _, rule := range c.GetRulesExact(r.pkg.Append(ast.StringTerm(name))) {
			visit(rule)
		}
	}
	return root
}

// trail leads to a part of the document: the names of members, and anElement for what only the evaluation knows.
type trail []string

const anElement = "[]" // no member's name: those of AWS and of facts are words

// reader collects what one compiled rule reads. Names are the variables that the rule gives to elements of lists, as in
// `some item in input.spec.LineItems`: what is read of the variable is read of the element. Any other variable that stands
// for a part of input stands for all of it.
type reader struct {
	root   *reads
	names  map[ast.Var]trail
	naming map[*ast.Expr]bool // the expressions that give the names
}

func (r *reader) read(rule *ast.Rule) {
	for found := -1; found < len(r.names); { // a name may rest on another that comes after it
		found = len(r.names)
		ast.WalkExprs(rule, func(x *ast.Expr) bool {
			r.name(x)
			return false
		})
	}
	r.visit(rule)
}

// name takes note of an expression that gives a name to an element, or to a part of one.
func (r *reader) name(x *ast.Expr) {
	if !x.IsEquality() || len(x.With) > 0 || x.Negated {
		return
	}
	v, ok := x.Operand(0).Value.(ast.Var)
	ref := x.Operand(1)
	if !ok {
		if v, ok = x.Operand(1).Value.(ast.Var); !ok {
			return
		}
		ref = x.Operand(0)
	}
	to, ok := r.trail(ref.Value)
	if !ok || !slices.Contains(to, anElement) || r.naming[x] {
		return
	}
	if _, taken := r.names[v]; taken {
		return // it stands for two things, which are compared: a use of it, which makes the first one a value
	}
	r.names[v], r.naming[x] = to, true
}

// trail returns where a reference leads, if that is into input.
func (r *reader) trail(v ast.Value) (trail, bool) {
	ref, ok := v.(ast.Ref)
	if !ok {
		return nil, false
	}
	head, ok := ref[0].Value.(ast.Var)
	if !ok {
		return nil, false
	}
	base, named := r.names[head]
	if !named && !ref[0].Equal(ast.InputRootDocument) {
		return nil, false
	}
	to := slices.Clone(base)
	for _, t := range ref[1:] {
		name := anElement
		if s, ok := t.Value.(ast.String); ok {
			name = string(s)
		}
		to = append(to, name)
	}
	return to, true
}

func (r *reader) visit(x any) {
	ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.With:
			if ref, ok := x.Target.Value.(ast.Ref); ok && ref.HasPrefix(ast.InputRootRef) {
				r.root.add(nil, true) // the evaluation builds another input from this one
			}
		case *ast.Head:
			r.visitRest(x.Reference) // which the visitor leaves out: in groups.by[item] := 1 the item is a value
		case *ast.Expr:
			if r.naming[x] {
				for _, t := range x.Operands() {
					if to, ok := r.trail(t.Value); ok {
						r.root.add(to, false)
						r.visitRest(t.Value.(ast.Ref))
					}
				}
				return true
			}
		case ast.Ref:
			if to, ok := r.trail(x); ok {
				r.root.add(to, true)
				r.visitRest(x)
				return true
			}
		case ast.Var:
			if to, named := r.names[x]; named {
				r.root.add(to, true)
			}
			if x.Equal(ast.InputRootDocument.Value) {
				r.root.add(nil, true)
			}
		}
		return false
	}).Walk(x)
}

// visitRest visits what is dynamic in a reference, which may refer to input again.
func (r *reader) visitRest(ref ast.Ref) {
	for _, t := range ref[1:] {
		r.visit(t)
	}
}
