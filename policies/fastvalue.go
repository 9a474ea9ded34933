package policies

import (
	"bytes"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/internal/rawjson"
)

// value is what a variable stands for: a value of OPA's, an object of the document that is looked into, or JSON below a part of the
// document that is noted. The zero value is that of a variable that stands for nothing yet.
type value struct {
	term *ast.Term
	at   *place
	json *fragment
}

func (v value) bound() bool { return v != value{} }

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
		t := f.term(key)
		if !of.Contains(t) {
			return value{}, false
		}
		same := func(e *ast.Term) bool { return e.Value == t.Value }
		if !ast.IsScalar(t.Value) || isNumber(t) && !slices.ContainsFunc(of.Slice(), same) {
			panic(giveUp{}) // it may be written otherwise in the set, as 1 is for 1.0
		}
		return key, true
	}
	return value{}, false
}

func isNumber(t *ast.Term) bool {
	_, ok := t.Value.(ast.Number)
	return ok
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
