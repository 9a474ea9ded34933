package policies

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/internal/rawjson"
)

// The fast path evaluates a rule without OPA: it searches every way through the rule's compiled bodies, as OPA does where it uses no
// index and does not leave off early. It calls OPA's own built-ins and compares values as OPA does; what it saves is OPA's bindings,
// queries and terms for what a rule only looks at.
//
// Only the pack's own rules are searched, which its tests hold to OPA's answers, and which take no more time than is known. What a user
// has written OPA evaluates, watched.
//
// It gives up, and OPA is asked, on an error, on two values for one rule, on a call that may take long, and on all of the language that
// it does not know. So it may know little, but what it knows it must know as OPA does, which the tests of programs and of OPA's own
// cases hold it to.

// maxSteps bounds a search. Ours take some hundreds of steps.
const maxSteps = 20_000

// maxKept is how many members and elements the memory of one document may have to be used for the next.
const maxKept = 1 << 16

// fastPath searches through the rules for the document.
type fastPath struct {
	doc     *document
	left    int // steps that it may take
	vars    []value
	args    []*ast.Term // of the calls of built-ins
	out     *ast.Term   // of the last call
	take    func(*ast.Term) error
	targets *target  // that are free
	givens  *operand // that is free

	turn    uint64 // of the resource whose fragments there are
	chunk   []fragment
	used    int // of the chunk
	members []rawjson.Member
	raws    [][]byte
}

func newFastPath() *fastPath {
	f := &fastPath{chunk: make([]fragment, 256)}
	f.take = func(t *ast.Term) error {
		if f.out != nil {
			panic(giveUp{})
		}
		f.out = t
		return nil
	}
	return f
}

// giveUp is what the search panics with where OPA has to be asked.
type giveUp struct{}

// answer returns the sets for the document that is open, as OPA has them; false where it gives up. What it asked of the document is noted.
func (f *fastPath) answer(d *document, sets []*virtual) (answer *ast.Array, ok bool) {
	defer func() {
		if recover() != nil { // giveUp, or a panic of a built-in: they have them for arguments that nobody thought of
			answer, ok = nil, false
		}
	}()
	d.begin()
	f.left, f.vars, f.args = maxSteps, f.vars[:0], f.args[:0]
	if f.doc != d || f.turn != d.turn {
		clear(f.chunk[:f.used])
		f.doc, f.turn, f.used, f.members = d, d.turn, 0, f.members[:0]
		if cap(f.members)+cap(f.raws) > maxKept {
			f.members, f.raws = nil, nil
		}
	}
	found := make([]*ast.Term, len(sets))
	for i, set := range sets {
		if set.unsupported || !set.set {
			return nil, false
		}
		v, _ := f.rule(set)
		found[i] = v.term
	}
	return ast.NewArray(found...), d.err == nil
}

// frame returns the variables of a definition, until they are freed.
func (f *fastPath) frame(d *definition) []value {
	begin := len(f.vars)
	for range d.vars {
		f.vars = append(f.vars, value{})
	}
	return f.vars[begin:len(f.vars):len(f.vars)]
}

func (f *fastPath) free(d *definition) { f.vars = f.vars[:len(f.vars)-d.vars] }

// target is what becomes of the ways in which a body holds.
type target struct {
	kind        targetKind
	head, value *operand
	found       bool
	one         value       // for targetValue
	terms       []*ast.Term // for targetSet and targetObject
	next        *target     // that is free too
}

type targetKind int

const (
	targetHolds  targetKind = iota // whether there is one
	targetValue                    // the one value that the head has
	targetSet                      // all that the head is
	targetObject                   // the keys and members that head and value are
)

// target returns a target, until it is released.
func (f *fastPath) target(kind targetKind, head, value *operand) *target {
	t := f.targets
	if t == nil {
		t = new(target)
	} else {
		f.targets = t.next
	}
	*t = target{kind: kind, head: head, value: value, terms: t.terms[:0]}
	return t
}

func (f *fastPath) release(t *target) { t.next, f.targets = f.targets, t }

// found takes note of a way in which a body holds.
func (f *fastPath) found(vars []value, t *target) {
	switch t.kind {
	case targetValue:
		v := f.value(vars, t.head)
		if !t.found {
			t.one = v
		} else if !f.equal(t.one, v) {
			panic(giveUp{})
		}
	case targetSet:
		t.terms = append(t.terms, f.term(f.value(vars, t.head)))
	case targetObject:
		t.terms = append(t.terms, f.term(f.value(vars, t.head)), f.term(f.value(vars, t.value)))
	}
	t.found = true
}

// holds reports whether the steps hold.
func (f *fastPath) holds(vars []value, body []step) bool {
	t := f.target(targetHolds, nil, nil)
	f.solve(vars, body, t)
	f.release(t)
	return t.found
}

// spend counts steps, and gives up where they are too many.
func (f *fastPath) spend(steps int) {
	if f.left -= steps; f.left < 0 {
		panic(giveUp{})
	}
}

// solve adds to found each way in which the steps hold.
func (f *fastPath) solve(vars []value, body []step, found *target) {
	f.spend(1)
	if len(body) == 0 {
		f.found(vars, found)
		return
	}
	s, rest := &body[0], body[1:]
	switch s.kind {
	case stepUnify:
		f.unify(vars, s.a, s.b, rest, found)
	case stepHolds:
		if s.a.kind == operandRef {
			f.follow(vars, s.a, nil, rest, found)
		} else if !f.value(vars, s.a).isFalse() {
			f.solve(vars, rest, found)
		}
	case stepNot:
		if !f.holds(vars, s.body) {
			f.solve(vars, rest, found)
		}
	case stepSame:
		f.result(vars, s, value{term: ast.InternedTerm(f.same(vars, s.a, s.b) == s.equal)}, rest, found)
	case stepEvery:
		if f.every(vars, s) {
			f.solve(vars, rest, found)
		}
	case stepBuiltin:
		if t := f.builtin(vars, s); t != nil {
			f.result(vars, s, value{term: t}, rest, found)
		}
	case stepFunction:
		if v, ok := f.function(vars, s); ok {
			f.result(vars, s, v, rest, found)
		}
	default:
		panic(giveUp{})
	}
}

// every reports whether the steps hold for each element of what there can be elements of.
func (f *fastPath) every(vars []value, s *step) bool {
	if !s.a.known(vars) {
		panic(giveUp{})
	}
	domain := f.value(vars, s.a)
	switch f.stands(domain).Value.(type) {
	case *ast.Array, ast.Object, ast.Set:
	default:
		return false
	}
	all := true
	f.each(domain, func(key, elem value) {
		if !all { // as OPA does, which asks no more
			return
		}
		vars[s.args[0].slot], vars[s.args[1].slot] = key, elem
		all = f.holds(vars, s.body)
		vars[s.args[0].slot], vars[s.args[1].slot] = value{}, value{}
	})
	return all
}

// result goes on with what a call came to. One whose result nobody takes holds unless it is false.
func (f *fastPath) result(vars []value, s *step, v value, rest []step, found *target) {
	if s.out != nil {
		f.match(vars, v, s.out, rest, found)
	} else if !v.isFalse() {
		f.solve(vars, rest, found)
	}
}

func (f *fastPath) unify(vars []value, a, b *operand, rest []step, found *target) {
	switch {
	case a.kind == operandRef:
		f.follow(vars, a, b, rest, found)
	case b.kind == operandRef:
		f.follow(vars, b, a, rest, found)
	case b.known(vars):
		f.match(vars, f.value(vars, b), a, rest, found)
	case a.known(vars):
		f.match(vars, f.value(vars, a), b, rest, found)
	default:
		panic(giveUp{})
	}
}

// match goes on where v is what the operand is, or may be by what its variables will stand for.
func (f *fastPath) match(vars []value, v value, o *operand, rest []step, found *target) {
	switch {
	case o.kind == operandVar && !vars[o.slot].bound():
		vars[o.slot] = v
		f.solve(vars, rest, found)
		vars[o.slot] = value{}
	case o.kind == operandConst:
		if f.equalConst(v, o) {
			f.solve(vars, rest, found)
		}
	case o.kind == operandRef:
		given := f.givens
		if given == nil {
			given = &operand{kind: operandGiven}
		}
		f.givens = nil
		given.given = v
		f.follow(vars, o, given, rest, found)
		f.givens = given
	case o.known(vars):
		if f.equal(f.value(vars, o), v) {
			f.solve(vars, rest, found)
		}
	default:
		var bound []int
		if f.fits(vars, v, o, &bound) {
			f.solve(vars, rest, found)
		}
		for _, slot := range bound {
			vars[slot] = value{}
		}
	}
}

// fits reports whether v is an array as the operand says, whose variables come to stand for its elements, or a value that it is. It
// appends the variables to bound, if that is not nil.
func (f *fastPath) fits(vars []value, v value, o *operand, bound *[]int) bool {
	switch {
	case o.known(vars):
		return f.equal(f.value(vars, o), v)
	case o.kind == operandVar:
		if vars[o.slot] = v; bound != nil {
			*bound = append(*bound, o.slot)
		}
		return true
	case o.kind != operandArray:
		panic(giveUp{})
	}
	list, ok := f.term(v).Value.(*ast.Array)
	if !ok || list.Len() != len(o.items) {
		return false
	}
	for i, item := range o.items {
		if !f.fits(vars, value{term: list.Elem(i)}, item, bound) {
			return false
		}
	}
	return true
}

// follow goes on with each value that a reference has and the other operand may be; without another, with each that is not false.
func (f *fastPath) follow(vars []value, r, other *operand, rest []step, found *target) {
	var v value
	switch r.head {
	case headInput:
		v.at = f.doc.root
	case headVar:
		if v = vars[r.slot]; !v.bound() {
			panic(giveUp{})
		}
	case headRule:
		var ok bool
		if v, ok = f.rule(r.rule); !ok {
			return
		}
	case headData:
		if r.term == nil {
			return
		}
		v.term = r.term
	}
	f.walk(vars, v, r, 0, other, rest, found)
}

// walk goes on from v by what follows in the reference from pos.
func (f *fastPath) walk(vars []value, v value, r *operand, pos int, other *operand, rest []step, found *target) {
	for ; pos < len(r.items); pos++ {
		key := r.items[pos]
		if key.kind == operandVar && !vars[key.slot].bound() {
			f.enumerate(vars, v, r, pos, other, rest, found)
			return
		}
		if !key.known(vars) {
			panic(giveUp{})
		}
		var ok bool
		if v, ok = f.step(v, f.value(vars, key), key, r.head == headData); !ok {
			return
		}
	}
	if other != nil {
		f.match(vars, v, other, rest, found)
	} else if !v.isFalse() {
		f.solve(vars, rest, found)
	}
}

// enumerate goes on from each element of v, whose key the variable at pos comes to stand for.
func (f *fastPath) enumerate(vars []value, v value, r *operand, pos int, other *operand, rest []step, found *target) {
	slot := r.items[pos].slot
	if v.json == nil || v.json.raw[0] != '[' {
		f.each(v, func(key, elem value) {
			f.spend(1)
			vars[slot] = key
			f.walk(vars, elem, r, pos+1, other, rest, found)
			vars[slot] = value{}
		})
		return
	}
	elements := f.elements(v.json) // as each does, which is most of what there is
	for i := range elements {
		f.spend(1)
		vars[slot] = value{term: ast.InternedTerm(i)}
		f.walk(vars, value{json: &elements[i]}, r, pos+1, other, rest, found)
		vars[slot] = value{}
	}
}

// value returns what an operand that is known stands for.
func (f *fastPath) value(vars []value, o *operand) value {
	switch o.kind {
	case operandConst:
		return value{term: o.term}
	case operandGiven:
		return o.given
	case operandVar:
		if v := vars[o.slot]; v.bound() {
			return v
		}
	default:
		v := f.build(vars, o)
		f.spend(bytesOf(v.term.Value, 0) / perStep) // what is made of one value again and again has no end, and is compared to it
		return v
	}
	panic(giveUp{})
}

// build returns the value that an operand makes of others.
func (f *fastPath) build(vars []value, o *operand) value {
	switch o.kind {
	case operandArray:
		return value{term: ast.ArrayTerm(f.terms(vars, o.items)...)}
	case operandSet:
		if len(o.items) > 1 { // OPA has its elements in the order of what is written, and two that are the same twice
			panic(giveUp{})
		}
		return value{term: ast.SetTerm(f.terms(vars, o.items)...)}
	case operandObject:
		if len(o.items) > 2 && !o.constantKeys() { // the same of its keys
			panic(giveUp{})
		}
		object := ast.NewObject()
		for i := 0; i < len(o.items); i += 2 {
			object.Insert(f.term(f.value(vars, o.items[i])), f.term(f.value(vars, o.items[i+1])))
		}
		return value{term: ast.NewTerm(object)}
	case operandArrayOf:
		t := f.target(targetSet, o.items[0], nil)
		f.solve(vars, o.body, t)
		list := ast.ArrayTerm(slices.Clone(t.terms)...)
		f.release(t)
		return value{term: list}
	case operandSetOf:
		t := f.target(targetSet, o.items[0], nil)
		f.solve(vars, o.body, t)
		set := ast.SetTerm(t.terms...)
		f.release(t)
		return value{term: set}
	case operandObjectOf:
		t := f.target(targetObject, o.items[0], o.items[1])
		f.solve(vars, o.body, t)
		object := ast.NewObject()
		for i := 0; i < len(t.terms); i += 2 {
			key, member := t.terms[i], t.terms[i+1]
			if have := object.Get(key); have != nil && !have.Equal(member) {
				panic(giveUp{})
			}
			object.Insert(key, member)
		}
		f.release(t)
		return value{term: ast.NewTerm(object)}
	}
	panic(giveUp{})
}

func (f *fastPath) terms(vars []value, items []*operand) []*ast.Term {
	terms := make([]*ast.Term, len(items))
	for i, item := range items {
		terms[i] = f.term(f.value(vars, item))
	}
	return terms
}

// rule returns the value of a rule, which it has once in an evaluation; false for none.
func (f *fastPath) rule(r *virtual) (value, bool) {
	switch {
	case r.unsupported:
		panic(giveUp{})
	case r.eval == f.doc.eval && r.of == f.doc:
		return r.value, r.value.bound()
	}
	var v value
	if r.set {
		v.term = ast.InternedEmptySet
		var set ast.Set
		for _, d := range r.definitions {
			t := f.target(targetSet, d.head, nil)
			f.solve(f.frame(d), d.body, t)
			f.free(d)
			for _, elem := range t.terms {
				if set == nil {
					set = ast.NewSet()
					v.term = ast.NewTerm(set)
				}
				set.Add(elem)
			}
			f.release(t)
		}
	} else {
		v, _ = f.one(r, nil)
	}
	r.eval, r.of, r.value = f.doc.eval, f.doc, v
	return v, v.bound()
}

// one returns the one value of a rule, or of a function for its arguments; false for none.
func (f *fastPath) one(r *virtual, args []value) (result value, ok bool) {
	for _, d := range r.definitions {
		for ; d != nil; d = d.otherwise {
			v, defined := f.define(d, args)
			if !defined {
				continue
			}
			if !ok {
				result, ok = v, true
			} else if !f.equal(result, v) {
				panic(giveUp{})
			}
			break
		}
	}
	if !ok && r.standard != nil {
		return f.define(r.standard, args)
	}
	return result, ok
}

// define returns the one value that a definition gives; false for none.
func (f *fastPath) define(d *definition, args []value) (result value, ok bool) {
	vars := f.frame(d)
	defer f.free(d)
	for i, arg := range d.args {
		if !f.fits(vars, args[i], arg, nil) {
			return value{}, false
		}
	}
	t := f.target(targetValue, d.head, nil)
	f.solve(vars, d.body, t)
	result, ok = t.one, t.found
	f.release(t)
	return result, ok
}

// function returns what a call of a function comes to; false for nothing.
func (f *fastPath) function(vars []value, s *step) (value, bool) {
	if s.rule.unsupported {
		panic(giveUp{})
	}
	begin := len(f.vars)
	for _, arg := range s.args {
		if !arg.known(vars) {
			panic(giveUp{})
		}
		f.vars = append(f.vars, f.value(vars, arg))
	}
	v, ok := f.one(s.rule, f.vars[begin:len(f.vars):len(f.vars)])
	f.vars = f.vars[:begin]
	return v, ok
}
