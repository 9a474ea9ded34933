package policies

import (
	"bytes"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"tenor/internal/rawjson"
)

// The fast path evaluates a rule without OPA: it searches every way through the rule's compiled bodies, as OPA does where it uses no
// index and does not leave off early. It calls OPA's own built-ins and compares values as OPA does; what it saves is OPA's bindings,
// queries and terms for what a rule only looks at.
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

// value is what a variable stands for: a value of OPA's, an object of the document that is looked into, or JSON below a part of the
// document that is noted. The zero value is that of a variable that stands for nothing yet.
type value struct {
	term *ast.Term
	at   *place
	json *fragment
}

func (v value) bound() bool { return v != value{} }

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

// checkKey gives up on keys of base documents that OPA's storage, which takes them for words, understands otherwise than values do.
func checkKey(v value, key *ast.Term) {
	switch v.term.Value.(type) {
	case ast.Object:
		if _, ok := key.Value.(ast.String); ok {
			return
		}
	case *ast.Array:
		n, ok := key.Value.(ast.Number)
		if ok && strings.Trim(string(n), "0123456789") == "" && (n == "0" || n[0] != '0') {
			return
		}
	default:
		return
	}
	panic(giveUp{})
}

// step returns the member or element of v by a key, which an operand says.
func (f *fastPath) step(v, key value, o *operand, base bool) (value, bool) {
	switch {
	case v.at != nil:
		name, ok := f.term(key).Value.(ast.String)
		if !ok {
			return value{}, false
		}
		if o.kind != operandConst {
			return f.part(f.doc.child(v.at, string(name)))
		}
		if o.parent != v.at { // which is of this document: it has places of its own
			o.parent, o.child = v.at, f.doc.child(v.at, string(name))
		}
		return f.part(o.child)
	case v.json != nil:
		return f.below(v.json, f.term(key))
	case base:
		checkKey(v, f.term(key))
	}
	switch of := v.term.Value.(type) {
	case ast.Object:
		t := of.Get(f.term(key))
		return value{term: t}, t != nil
	case *ast.Array:
		t := of.Get(f.term(key))
		return value{term: t}, t != nil
	case ast.Set:
		return key, of.Contains(f.term(key))
	}
	return value{}, false
}

// part returns what stands at a place: an object as what is looked into, anything else as what is noted.
func (f *fastPath) part(p *place) (value, bool) {
	if f.doc.isObject(p) {
		f.doc.enter(p)
		return value{at: p}, true
	}
	f.doc.note(p)
	raw := f.doc.value(p)
	if raw == nil {
		return value{}, false
	}
	if p.json == nil {
		p.json = &f.fragments(1)[0]
		*p.json = fragment{raw: raw, nulls: p.nulls}
	}
	return value{json: p.json}, true
}

// fragment is JSON below a part of the document.
type fragment struct {
	raw      []byte
	nulls    bool // null is a value here
	within   bool // its elements or members are found
	elements []fragment
	members  []rawjson.Member
	term     *ast.Term // once it was asked for

	asked *fragment // the member that was asked for last
	name  string    // of a member
	other *fragment // the one that was asked for before it
}

// fragments returns fragments that are good until the next resource.
func (f *fastPath) fragments(n int) []fragment {
	if f.used+n > len(f.chunk) {
		return make([]fragment, n)
	}
	f.used += n
	return f.chunk[f.used-n : f.used : f.used]
}

// elements returns the elements of a list.
func (f *fastPath) elements(n *fragment) []fragment {
	if !n.within {
		n.within = true
		f.raws = slices.AppendSeq(f.raws[:0], rawjson.Elements(n.raw))
		n.elements = f.fragments(len(f.raws))
		for i, raw := range f.raws {
			n.elements[i] = fragment{raw: raw, nulls: n.nulls}
		}
	}
	return n.elements
}

// member returns a member of an object, whose JSON is nil where there is none. Of several by one name the last counts.
func (f *fastPath) member(n *fragment, name string) *fragment {
	for m := n.asked; m != nil; m = m.other {
		if m.name == name {
			return m
		}
	}
	if !n.within {
		n.within = true
		var ok bool
		begin := len(f.members)
		if f.members, ok = rawjson.Index(f.members, n.raw); !ok {
			panic(giveUp{})
		}
		n.members = f.members[begin:]
	}
	m := &f.fragments(1)[0]
	*m = fragment{name: name, nulls: n.nulls, other: n.asked}
	n.asked = m
	for _, member := range slices.Backward(n.members) {
		if member.Is(n.raw, name) {
			if m.raw = member.Value(n.raw); !n.nulls && string(m.raw) == "null" {
				m.raw = nil
			}
			break
		}
	}
	return m
}

// below returns the member or element of n by a key.
func (f *fastPath) below(n *fragment, key *ast.Term) (value, bool) {
	switch key := key.Value.(type) {
	case ast.String:
		if n.raw[0] == '{' {
			m := f.member(n, string(key))
			return value{json: m}, m.raw != nil
		}
	case ast.Number:
		if n.raw[0] != '[' {
			break
		}
		elements := f.elements(n)
		if i, ok := key.Int(); ok && i >= 0 && i < len(elements) {
			return value{json: &elements[i]}, true
		}
	}
	return value{}, false
}

// each calls yield for the keys and elements of v, in OPA's order.
func (f *fastPath) each(v value, yield func(key, elem value)) {
	if v.json != nil && v.json.raw[0] == '[' {
		elements := f.elements(v.json)
		for i := range elements {
			yield(value{term: ast.InternedTerm(i)}, value{json: &elements[i]})
		}
		return
	}
	if v.json != nil && v.json.raw[0] != '{' {
		return
	}
	switch of := f.term(v).Value.(type) {
	case *ast.Array:
		for i := range of.Len() {
			yield(value{term: ast.InternedTerm(i)}, value{term: of.Elem(i)})
		}
	case ast.Object:
		of.Foreach(func(k, _ *ast.Term) {
			if e := of.Get(k); e != nil { // OPA may lose a member whose key came twice, and does not find it here either
				yield(value{term: k}, value{term: e})
			}
		})
	case ast.Set:
		for _, e := range of.Slice() {
			yield(value{term: e}, value{term: e})
		}
	}
}

// term returns v as a value of OPA's, and notes that it is read. It counts as many steps as what is done with a large one may take.
func (f *fastPath) term(v value) *ast.Term {
	var t *ast.Term
	switch {
	case v.term != nil:
		return v.term
	case v.at != nil:
		f.doc.note(v.at)
		t = f.doc.termAt(v.at, everything)
		f.spend(len(v.at.raw) / perStep)
	default:
		n := v.json
		f.spend(len(n.raw) / perStep)
		if n.term == nil {
			n.term, _ = decodeTerm(n.raw, n.nulls, everything)
		}
		t = n.term
	}
	if t == nil {
		panic(giveUp{}) // it is damaged
	}
	return t
}

// isFalse reports whether v is the word false.
func (v value) isFalse() bool {
	switch {
	case v.json != nil:
		return string(v.json.raw) == "false"
	case v.term != nil:
		b, ok := v.term.Value.(ast.Boolean)
		return ok && !bool(b)
	}
	return false
}

// stands returns a value of the type of v, which is v where that is no more to make.
func (f *fastPath) stands(v value) *ast.Term {
	switch {
	case v.at != nil:
		return ast.InternedEmptyObject
	case v.json == nil:
		return v.term
	}
	switch v.json.raw[0] {
	case '{':
		return ast.InternedEmptyObject
	case '[':
		return ast.InternedEmptyArray
	case '"':
		return ast.InternedEmptyString
	}
	return f.term(v)
}

// equal reports whether two values are the same. An object that is only looked into is no value of another type.
func (f *fastPath) equal(v, w value) bool {
	if v.at == nil && w.at == nil {
		return f.term(v).Equal(f.term(w))
	}
	if _, ok := f.stands(v).Value.(ast.Object); !ok {
		return false
	}
	_, ok := f.stands(w).Value.(ast.Object)
	return ok && f.term(v).Equal(f.term(w))
}

// same reports whether two operands are the same.
func (f *fastPath) same(vars []value, a, b *operand) bool {
	if !a.known(vars) || !b.known(vars) {
		panic(giveUp{})
	}
	switch {
	case a.kind == operandConst:
		return f.equalConst(f.value(vars, b), a)
	case b.kind == operandConst:
		return f.equalConst(f.value(vars, a), b)
	}
	return f.equal(f.value(vars, a), f.value(vars, b))
}

// equalConst is equal for a constant. It decodes JSON only where its bytes do not tell.
func (f *fastPath) equalConst(v value, o *operand) bool {
	if v.json == nil || o.quoted == nil {
		return f.equal(v, value{term: o.term})
	}
	raw := v.json.raw
	if o.quoted[0] != '"' || raw[0] != '"' {
		return bytes.Equal(raw, o.quoted)
	}
	return bytes.Equal(raw, o.quoted) || bytes.IndexByte(raw, '\\') >= 0 && f.equal(v, value{term: o.term})
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
	case operandArray:
		return value{term: ast.ArrayTerm(f.terms(vars, o.items)...)}
	case operandSet:
		return value{term: ast.SetTerm(f.terms(vars, o.items)...)}
	case operandObject:
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

// The bounds of what a built-in is given here. All that are called take time and memory that grow with their operands, and no faster.
const (
	maxWeight   = 1 << 14 // bytes, of all that it is given
	maxDigits   = 200     // of a number
	maxExponent = 2       // digits of its exponent
	perStep     = 32      // bytes of them are worth a step
)

// builtin returns what a call of a built-in comes to; nil for nothing.
func (f *fastPath) builtin(vars []value, s *step) *ast.Term {
	begin, weight := len(f.args), 0
	for _, arg := range s.args {
		if !arg.known(vars) {
			panic(giveUp{})
		}
		v := f.value(vars, arg)
		t := f.stands(v)
		if !s.typed {
			t = f.term(v)
		}
		weight = bytesOf(t.Value, weight)
		f.args = append(f.args, t)
	}
	f.spend(weight / perStep)
	f.out = nil
	err := s.call(topdown.BuiltinContext{}, f.args[begin:len(f.args):len(f.args)], f.take)
	if f.args = f.args[:begin]; err != nil {
		panic(giveUp{})
	}
	return f.out
}

// bytesOf adds to the weight that of a value, and gives up on what is more than a built-in is to be given.
func bytesOf(v ast.Value, weight int) int {
	weight++
	switch v := v.(type) {
	case ast.String:
		weight += len(v)
	case ast.Number:
		e := strings.IndexAny(string(v), "eE")
		if len(v) > maxDigits || e >= 0 && len(strings.TrimLeft(string(v[e+1:]), "+-")) > maxExponent {
			panic(giveUp{})
		}
	case *ast.Array:
		for i := range v.Len() {
			weight = bytesOf(v.Elem(i).Value, weight)
		}
	case ast.Object:
		weight = objectBytes(v, weight)
	case ast.Set:
		for _, elem := range v.Slice() {
			weight = bytesOf(elem.Value, weight)
		}
	}
	if weight > maxWeight {
		panic(giveUp{})
	}
	return weight
}

// objectBytes is bytesOf for an object. It is apart since its closure would make every call of bytesOf allocate.
func objectBytes(v ast.Object, weight int) int {
	v.Foreach(func(key, member *ast.Term) { weight = bytesOf(member.Value, bytesOf(key.Value, weight)) })
	return weight
}

// quoted returns a constant as its JSON is always written, or with escapes; nil where there are several ways without.
func quoted(v ast.Value) []byte {
	switch v := v.(type) {
	case ast.Null, ast.Boolean:
		return []byte(v.String())
	case ast.String:
		for _, c := range []byte(v) {
			if c < ' ' || c > '~' || c == '"' || c == '\\' {
				return nil
			}
		}
		return []byte(`"` + string(v) + `"`)
	}
	return nil
}
