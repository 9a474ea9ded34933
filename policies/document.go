package policies

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
)

// A document is the input of policies, a resource, read lazily: a part of it becomes a value when a rule asks for it, and
// what a rule asked for is written down. A rule that passes passes for every other document in which those parts are the
// same, so the record is what the verdicts of memo.go are remembered by.

// place is somewhere in a document: the members of input by name, to any depth. An evaluator has one tree of places, whose
// values are those of the resource that it judges.
type place struct {
	parent   *place
	name     string
	children map[string]*place
	nulls    bool // null is a value here; in what AWS sent it says the same as nothing

	turn    uint64 // of the resource for which what follows was found
	raw     json.RawMessage
	members []jsonMember // of raw, when indexed
	indexed bool
	term    *ast.Term // of raw, when asked for
	termFor *reads    // what term is good for
	answer  int32     // of raw in the memo, when asked for; unasked where it is not there
	asked   bool
	read    uint64 // the last evaluation that read it
}

// child returns the place of a member.
func (p *place) child(name string) *place {
	c := p.children[name]
	if c == nil {
		c = &place{parent: p, name: name, children: map[string]*place{}, nulls: p.nulls}
		if p.parent == nil {
			c.nulls = name != "spec" && name != "related"
		}
		p.children[name] = c
	}
	return c
}

// document is the resource under judgement.
type document struct {
	res   *audit.Resource
	root  *place
	turn  uint64   // counts resources
	eval  uint64   // counts evaluations
	trace []*place // what it read, in its order
	all   bool     // it read the document as one value
	err   error    // the first part of the resource that is no JSON
}

func newDocument() *document {
	return &document{root: &place{children: map[string]*place{}}}
}

// open turns to the next resource.
func (d *document) open(res *audit.Resource) {
	d.res, d.err = res, nil
	d.turn++
}

// begin turns to the next evaluation, for which nothing is read yet.
func (d *document) begin() {
	d.trace, d.all = d.trace[:0], false
	d.eval++
}

// note writes down that the evaluation depends on what stands at p.
func (d *document) note(p *place) {
	switch {
	case p == d.root:
		d.all = true
	case p.read != d.eval:
		p.read = d.eval
		d.trace = append(d.trace, p)
	}
}

// value returns what stands at p as JSON, nil for nothing.
func (d *document) value(p *place) json.RawMessage {
	if p.turn == d.turn {
		return p.raw
	}
	p.turn, p.indexed, p.term, p.asked = d.turn, false, nil, false
	p.raw = d.find(p)
	if !p.nulls && string(p.raw) == "null" {
		p.raw = nil
	}
	return p.raw
}

// answer returns what the memo calls the value at p, and whether it has it.
func (d *document) answer(m *memo, p *place) (int32, bool) {
	value := d.value(p)
	if !p.asked {
		answer, known := m.answers[string(value)]
		if !known {
			answer = unasked
		}
		p.answer, p.asked = answer, true
	}
	return p.answer, p.answer != unasked
}

func (d *document) find(p *place) json.RawMessage {
	switch {
	case p.parent == d.root:
		return d.section(p.name)
	case p.parent.parent == d.root && p.parent.name == "related":
		return d.res.Related[p.name]
	case p.parent.parent == d.root && p.parent.name == "tags":
		if v, ok := d.res.Tags[p.name]; ok {
			return quote(v)
		}
		return nil
	case p.parent.parent == d.root && p.parent.name == "gaps":
		if g, ok := d.res.Gaps[p.name]; ok {
			return d.encode(g)
		}
		return nil
	}
	return d.member(p)
}

// member finds p among the members of its parent, which it indexes once. Of several by one name the last counts, as it does
// for encoding/json.
func (d *document) member(p *place) json.RawMessage {
	if raw := d.value(p.parent); !p.parent.indexed {
		var ok bool
		if p.parent.members, ok = indexMembers(p.parent.members[:0], raw); !ok {
			d.fail(errJSON)
		}
		p.parent.indexed = true
	}
	for _, m := range slices.Backward(p.parent.members) {
		if m.is(p.name) {
			return m.value
		}
	}
	return nil
}

// section returns a member of the document itself.
func (d *document) section(name string) json.RawMessage {
	r := d.res
	switch name {
	case "kind":
		return quote(r.Kind)
	case "id":
		return quote(r.ID)
	case "arn":
		return quote(r.ARN)
	case "name":
		return quote(r.Name)
	case "account":
		return quote(r.Account)
	case "region":
		return quote(r.Region)
	case "spec":
		return r.Spec
	case "facts":
		return r.Facts
	case "related":
		return d.encode(r.Related)
	case "tags":
		return d.encode(r.Tags)
	case "gaps":
		return d.encode(r.Gaps)
	}
	return nil
}

func (d *document) encode(v any) json.RawMessage {
	b, err := audit.EncodeJSON(v)
	d.fail(err)
	return b
}

func (d *document) fail(err error) {
	if err != nil && d.err == nil {
		d.err = fmt.Errorf("%s %s: %w", d.res.Kind, d.res.ID, err)
	}
}

// isObject reports whether p has members, without making a value of what only needs looking into.
func (d *document) isObject(p *place) bool {
	switch {
	case p == d.root:
		return true
	case p.parent == d.root && p.name == "related":
		return d.res.Related != nil
	case p.parent == d.root && p.name == "tags":
		return d.res.Tags != nil
	case p.parent == d.root && p.name == "gaps":
		return d.res.Gaps != nil
	}
	raw := d.value(p)
	return len(raw) > 0 && raw[0] == '{'
}

// get returns the value at p for a rule that reads it as r says, and notes what the answer depends on. A part that is
// only looked into is not noted, for what is found in it is.
func (d *document) get(p *place, r *reads) *ast.Term {
	if r.navigated() && d.isObject(p) {
		return ast.NewTerm(&part{doc: d, at: p, reads: r})
	}
	d.note(p)
	return d.termAt(p, r)
}

// termAt returns what stands at p as a value, nil for nothing. Of the objects in lists, it need not have what r does not read.
func (d *document) termAt(p *place, r *reads) *ast.Term {
	if p == d.root {
		return d.whole()
	}
	raw := d.value(p)
	if raw == nil {
		return nil
	}
	if p.term == nil || p.termFor != r {
		t, err := decodeTerm(raw, p.nulls, r)
		d.fail(err)
		p.term, p.termFor = t, r
	}
	return p.term
}

// whole returns the document as one value.
func (d *document) whole() *ast.Term {
	var members [][2]*ast.Term
	for _, name := range [...]string{"kind", "id", "arn", "name", "account", "region", "tags", "spec", "related", "gaps", "facts"} {
		if t := d.termAt(d.root.child(name), nil); t != nil {
			members = append(members, [2]*ast.Term{ast.StringTerm(name), t})
		}
	}
	return ast.ObjectTerm(members...)
}
