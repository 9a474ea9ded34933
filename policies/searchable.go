package policies

import (
	"context"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/topdown"

	"tenor/audit"
)

// searchable is the compiled rules as the fast path searches them. It makes of a rule what is asked for, and what it does not know
// becomes what the search gives up on when it comes there.
type searchable struct {
	compiler *ast.Compiler
	store    storage.Store
	txn      storage.Transaction
	rules    map[string]*virtual    // by their references
	files    func(name string) bool // whose rules may be searched
}

// virtual is what a reference to rules stands for: a set, a value, or what a function returns.
type virtual struct {
	unsupported bool // the search gives up on it
	set         bool
	definitions []*definition
	standard    *definition // the default

	of    *document // for whose evaluation eval the value is
	eval  uint64
	value value
}

// definition is one rule by that name.
type definition struct {
	args      []*operand
	body      []step
	head      *operand // the value, or the element of a set
	otherwise *definition
	vars      int // how many it has
}

type stepKind int

const (
	stepUnsupported stepKind = iota
	stepUnify
	stepHolds // a is not false
	stepNot
	stepSame  // whether a and b are the same is what equal says
	stepEvery // of the elements of a; args are the variables of the key and the element
	stepBuiltin
	stepFunction
)

// step is one expression of a body.
type step struct {
	kind  stepKind
	a, b  *operand
	equal bool
	body  []step // of not and every
	args  []*operand
	out   *operand // takes the result; nil: it is only not to be false
	call  topdown.BuiltinFunc
	typed bool // the call asks for nothing but the type of its operand
	rule  *virtual
}

type operandKind int

const (
	operandUnsupported operandKind = iota
	operandConst
	operandGiven // a value that was found
	operandVar
	operandRef
	operandArray
	operandSet
	operandObject  // items are keys and members in turn
	operandArrayOf // comprehensions, of items
	operandSetOf
	operandObjectOf
)

type headKind int

const (
	headInput headKind = iota
	headVar
	headRule
	headData // a base document: the term, nil where there is none
)

// operand is a term of an expression.
type operand struct {
	kind   operandKind
	term   *ast.Term
	quoted []byte // the JSON of a constant
	given  value
	slot   int
	head   headKind // of a reference, which goes on by items
	rule   *virtual
	items  []*operand
	body   []step // of a comprehension

	parent, child *place // of a member by a constant, where the last one was
}

// known reports whether the operand stands for one value by now.
func (o *operand) known(vars []value) bool {
	switch o.kind {
	case operandConst, operandGiven, operandArrayOf, operandSetOf, operandObjectOf:
		return true
	case operandVar:
		return vars[o.slot].bound()
	case operandArray, operandSet, operandObject:
		return !slices.ContainsFunc(o.items, func(item *operand) bool { return !item.known(vars) })
	}
	return false
}

// constantKeys reports whether all keys of an object are written down.
func (o *operand) constantKeys() bool {
	for i := 0; i < len(o.items); i += 2 {
		if o.items[i].kind != operandConst {
			return false
		}
	}
	return true
}

// supported reports whether the operand is of what the fast path knows, as far as it is evaluated at once.
func (o *operand) supported() bool {
	switch o.kind {
	case operandArray, operandSet, operandObject:
		return !slices.ContainsFunc(o.items, func(item *operand) bool { return !item.supported() })
	}
	return o.kind != operandUnsupported
}

// sets returns the sets that a rule is asked for.
func (p *searchable) sets(r *rule) []*virtual {
	var sets []*virtual
	for _, name := range r.asked() {
		ref := r.pkg.Append(ast.StringTerm(name))
		node := p.compiler.RuleTree
		for _, t := range ref {
			node = node.Child(t.Value)
		}
		sets = append(sets, p.rule(ref, node))
	}
	return sets
}

// rule returns the rules at a node of the tree of rules.
func (p *searchable) rule(ref ast.Ref, node *ast.TreeNode) *virtual {
	name := ref.String()
	if have := p.rules[name]; have != nil {
		return have
	}
	v := &virtual{}
	p.rules[name] = v
	if node == nil || len(node.Values) == 0 || len(node.Children) > 0 || node.External != nil {
		v.unsupported = true
		return v
	}
	v.set = node.Values[0].Head.RuleKind() == ast.MultiValue
	for _, r := range node.Values {
		head := r.Ref()
		switch {
		case !p.files(r.Location.File) || !head.IsGround() || len(head) != len(ref) ||
			(r.Head.RuleKind() == ast.MultiValue) != v.set || v.set && r.Else != nil:
			v.unsupported = true
			return v
		case r.Default:
			v.standard = p.definition(r)
		default:
			v.definitions = append(v.definitions, p.definition(r))
		}
	}
	return v
}

func (p *searchable) definition(r *ast.Rule) *definition {
	d := &definition{}
	s := &naming{searchable: p, slots: map[ast.Var]int{}}
	for _, arg := range r.Head.Args {
		d.args = append(d.args, s.operand(arg))
	}
	d.body = s.body(r.Body)
	if d.head = s.operand(r.Head.Value); r.Head.RuleKind() == ast.MultiValue {
		d.head = s.operand(r.Head.Key)
	}
	if r.Else != nil {
		d.otherwise = p.definition(r.Else)
	}
	d.vars = len(s.slots)
	return d
}

// naming is the variables of one definition. The compiler has given each that it declares a name of its own.
type naming struct {
	*searchable
	slots map[ast.Var]int
}

func (s *naming) body(body ast.Body) []step {
	return audit.Map(body, s.step)
}

func (s *naming) step(x *ast.Expr) step {
	if len(x.With) > 0 {
		return step{}
	}
	if x.Negated {
		positive := *x
		positive.Negated = false
		return step{kind: stepNot, body: []step{s.step(&positive)}}
	}
	switch terms := x.Terms.(type) {
	case *ast.Term:
		return step{kind: stepHolds, a: s.operand(terms)}
	case *ast.Every:
		every := step{kind: stepEvery, a: s.operand(terms.Domain), args: s.operands(terms.Key, terms.Value), body: s.body(terms.Body)}
		if every.args[0].kind == operandVar && every.args[1].kind == operandVar {
			return every
		}
	case *ast.Not:
		return step{kind: stepNot, body: s.body(terms.Body)}
	case []*ast.Term:
		return s.call(terms)
	}
	return step{}
}

// call is an expression with an operator.
func (s *naming) call(terms []*ast.Term) step {
	ref, ok := terms[0].Value.(ast.Ref)
	if !ok {
		return step{}
	}
	args := s.operands(terms[1:]...)
	called, arity := step{args: args}, 0
	name := ref.String()
	switch {
	case name == ast.Equality.Name && len(args) == 2:
		if !args[0].supported() || !args[1].supported() {
			return step{} // OPA may evaluate it first
		}
		return step{kind: stepUnify, a: args[0], b: args[1]}
	case ref[0].Equal(ast.DefaultRootDocument):
		node := s.compiler.RuleTree
		for _, t := range ref {
			if node = node.Child(t.Value); node == nil {
				return step{}
			}
		}
		called.kind, called.rule = stepFunction, s.rule(ref, node)
		if called.rule.unsupported {
			return step{}
		}
		arity = len(node.Values[0].Head.Args)
	default:
		b := ast.BuiltinMap[name]
		if b == nil || !callable(name, terms) {
			return step{}
		}
		called.kind, called.call, arity = stepBuiltin, topdown.GetBuiltin(name), b.Decl.Arity()
		called.typed = strings.HasPrefix(name, "is_")
	}
	switch len(args) {
	case arity:
	case arity + 1:
		called.args, called.out = args[:arity], args[arity]
	default:
		return step{}
	}
	if name == ast.NotEqual.Name || name == ast.Equal.Name {
		called.kind, called.equal, called.a, called.b = stepSame, name == ast.Equal.Name, args[0], args[1]
	}
	return called
}

func (s *naming) operand(t *ast.Term) *operand {
	if t == nil {
		return &operand{}
	}
	switch v := t.Value.(type) {
	case ast.Var:
		if v.Equal(ast.InputRootDocument.Value) {
			return &operand{kind: operandRef, head: headInput}
		}
		if v.Equal(ast.DefaultRootDocument.Value) {
			return &operand{}
		}
		slot, ok := s.slots[v]
		if !ok {
			slot = len(s.slots)
			s.slots[v] = slot
		}
		return &operand{kind: operandVar, slot: slot}
	case ast.Ref:
		return s.ref(v)
	case *ast.ArrayComprehension:
		return &operand{kind: operandArrayOf, items: s.operands(v.Term), body: s.body(v.Body)}
	case *ast.SetComprehension:
		return &operand{kind: operandSetOf, items: s.operands(v.Term), body: s.body(v.Body)}
	case *ast.ObjectComprehension:
		return &operand{kind: operandObjectOf, items: s.operands(v.Key, v.Value), body: s.body(v.Body)}
	}
	if ast.IsConstant(t.Value) {
		return &operand{kind: operandConst, term: t, quoted: quoted(t.Value)}
	}
	o := &operand{}
	switch v := t.Value.(type) {
	case *ast.Array:
		o.kind = operandArray
		v.Foreach(func(item *ast.Term) { o.items = append(o.items, s.operand(item)) })
	case ast.Set:
		o.kind = operandSet
		v.Foreach(func(item *ast.Term) { o.items = append(o.items, s.operand(item)) })
	case ast.Object:
		o.kind = operandObject
		v.Foreach(func(key, member *ast.Term) { o.items = append(o.items, s.operand(key), s.operand(member)) })
	}
	return o
}

func (s *naming) operands(terms ...*ast.Term) []*operand {
	return audit.Map(terms, s.operand)
}

func (s *naming) ref(ref ast.Ref) *operand {
	o := &operand{kind: operandRef}
	rest := ref[1:]
	switch head := ref[0]; {
	case head.Equal(ast.InputRootDocument):
		o.head = headInput
	case head.Equal(ast.DefaultRootDocument):
		var ok bool
		if rest, ok = s.data(o, ref); !ok {
			return &operand{}
		}
	default:
		if _, ok := head.Value.(ast.Var); !ok {
			return &operand{}
		}
		o.head, o.slot = headVar, s.operand(head).slot
	}
	o.items = s.operands(rest...)
	return o
}

// data says what a reference into data begins with: a rule, or a base document. It returns what follows; false for anything else, such
// as a package.
func (s *naming) data(o *operand, ref ast.Ref) (rest ast.Ref, ok bool) {
	node := s.compiler.RuleTree.Child(ref[0].Value)
	var path storage.Path
	for i, t := range ref[1:] {
		name, ok := t.Value.(ast.String)
		if !ok {
			break
		}
		if node != nil {
			node = node.Child(name)
		}
		if node != nil && len(node.Values) > 0 {
			o.head, o.rule = headRule, s.rule(ref[:i+2], node)
			return ref[i+2:], !o.rule.unsupported && len(node.Values[0].Head.Args) == 0
		}
		path = append(path, string(name))
	}
	if node != nil || len(path) == 0 {
		return nil, false
	}
	o.head = headData
	v, err := s.store.Read(context.Background(), s.txn, path)
	if base, isValue := v.(ast.Value); err == nil && isValue {
		o.term = ast.NewTerm(base)
	} else if !storage.IsNotFound(err) {
		return nil, false
	}
	return ref[1+len(path):], true
}
