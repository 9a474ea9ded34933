package policies

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
	"tenor/internal/rawjson"
)

// A document is the input of policies, a resource, read lazily: a part of it becomes a value when a rule asks for it, and
// whatever the rule learns of it is written down as a question. A rule that passes passes for every other document that gives
// the same answers, so the record is what the verdicts of memo.go are remembered by.
//
// A part is either a value, whole and an ordinary one of OPA's, or it is looked into: then it is an object, of which the rule
// sees the members that it asks for and nothing else. There are two questions, therefore: what stands at a place, and whether
// there is an object. See question.

// place is somewhere in a document: the members of input by name, to any depth. An evaluator has one tree of places, whose
// values are those of the resource that it evaluates.
type place struct {
	parent   *place
	name     string
	children map[string]*place
	nulls    bool // null is a value here; in what AWS sent it says the same as nothing

	turn    uint64 // of the resource for which what follows was found
	raw     json.RawMessage
	absent  []byte           // what is said where nothing stands here
	members []rawjson.Member // of raw, when indexed
	indexed bool
	json    *fragment   // of raw, when the fast path looked into it
	term    *ast.Term   // of raw, when asked for
	termFor *reads      // what term is good for
	answers [2]numbered // of the memo, to the questions about this place

	read    uint64 // the last evaluation that asked what stands here
	entered uint64 // the last evaluation that looked into it
	implied uint64 // the last evaluation that asked something below, the answer to which says whether this is an object
}

// numbered is the number of an answer in the memo, unasked where the memo does not have it, once that was looked up.
type numbered struct {
	number int32
	known  bool
}

// question is what an evaluation asks of a document: what stands at a place, or, where object holds, no more than whether an
// object does.
//
// The answer to what stands at a place is its JSON. Where there is nothing it says how far the way there goes and what ends
// it, so that it tells as well of every place on the way whether there is an object: to find a member missing is to learn that
// what should hold it is an object, or is none.
type question struct {
	at     *place
	object bool
}

// document is the resource under evaluation.
type document struct {
	res     *audit.Resource
	root    *place
	places  int      // below root
	turn    uint64   // counts resources
	eval    uint64   // counts evaluations
	trace   []*place // whose values it read, in its order
	entered []*place // that it looked into, in its order
	all     bool     // it read the document as one value
	err     error    // the first part of the resource that is no JSON
}

func newDocument() *document {
	return &document{root: &place{children: map[string]*place{}}}
}

// child returns the place of a member.
func (d *document) child(p *place, name string) *place {
	c := p.children[name]
	if c == nil {
		c = &place{parent: p, name: name, children: map[string]*place{}, nulls: p.nulls}
		if p == d.root {
			c.nulls = name != "spec" && name != "related"
		}
		p.children[name] = c
		d.places++
	}
	return c
}

// open turns to the next resource.
func (d *document) open(res *audit.Resource) {
	d.res, d.err = res, nil
	d.turn++
}

// begin turns to the next evaluation, for which nothing is read yet.
func (d *document) begin() {
	d.trace, d.entered, d.all = d.trace[:0], d.entered[:0], false
	d.eval++
}

// note writes down that the evaluation depends on what stands at p.
func (d *document) note(p *place) {
	switch {
	case p == d.root:
		d.all = true
	case p.read != d.eval:
		p.read, p.parent.implied = d.eval, d.eval
		d.trace = append(d.trace, p)
	}
}

// enter writes down that the evaluation depends on p being an object. The document itself always is.
func (d *document) enter(p *place) {
	if p != d.root && p.entered != d.eval {
		p.entered, p.parent.implied = d.eval, d.eval
		d.entered = append(d.entered, p)
	}
}

// questions returns what the evaluation asked: the values first, then which of the objects it looked into the values do not
// tell of.
func (d *document) questions() []question {
	var asked []question
	for _, p := range d.trace {
		asked = append(asked, question{at: p})
	}
	for _, p := range d.entered {
		if p.implied != d.eval && p.read != d.eval {
			asked = append(asked, question{at: p, object: true})
		}
	}
	return asked
}

// said returns the answer to a question.
func (d *document) said(q question) []byte {
	if q.object && d.isObject(q.at) {
		return []byte("{")
	}
	if value := d.value(q.at); value != nil {
		return value
	}
	return q.at.absent
}

// answer returns the number of the answer to a question, and whether the memo has it.
func (d *document) answer(m *memo, q question) (int32, bool) {
	if q.at.turn != d.turn {
		d.value(q.at)
	}
	a := &q.at.answers[q.index()]
	if !a.known {
		*a = numbered{unasked, true}
		if said := d.said(q); len(said) <= maxRemember {
			if number, known := m.answers[string(said)]; known {
				a.number = number
			}
		}
	}
	return a.number, a.number != unasked
}

// learned takes note of the number that the memo gave an answer.
func (d *document) learned(q question, number int32) {
	q.at.answers[q.index()] = numbered{number, true}
}

func (q question) index() int {
	if q.object {
		return 1
	}
	return 0
}

// value returns what stands at p as JSON, nil for nothing.
func (d *document) value(p *place) json.RawMessage {
	if p.turn == d.turn {
		return p.raw
	}
	p.turn, p.indexed, p.json, p.term, p.answers = d.turn, false, nil, nil, [2]numbered{}
	p.raw = d.find(p)
	if !p.nulls && string(p.raw) == "null" {
		p.raw = nil
	}
	if p.raw == nil {
		p.absent = d.absence(p)
	}
	return p.raw
}

// absence says of a place where nothing stands how many steps of the way there lead somewhere, and what begins there: the
// object that has no such member, or something that has no members.
func (d *document) absence(p *place) []byte {
	if p.parent == d.root {
		return absences[0][0]
	}
	kind := 0
	if !d.isObject(p.parent) {
		if kind = 1; d.value(p.parent) == nil {
			return p.parent.absent
		}
	}
	depth := 0
	for q := p.parent; q != d.root; q = q.parent {
		depth++
	}
	if depth < len(absences) {
		return absences[depth][kind]
	}
	return absentAt(depth, kind)
}

// absences are those of the depths that there are. None is JSON.
var absences = func() (all [16][2][]byte) {
	for depth := range all {
		all[depth] = [2][]byte{absentAt(depth, 0), absentAt(depth, 1)}
	}
	return all
}()

func absentAt(depth, kind int) []byte { return fmt.Appendf(nil, "nothing %d %d", depth, kind) }

func (d *document) find(p *place) json.RawMessage {
	switch {
	case p.parent == d.root:
		return d.section(p.name)
	case p.parent.parent == d.root && p.parent.name == "related":
		return d.related(p.name)
	case p.parent.parent == d.root && p.parent.name == "tags":
		if v, ok := d.res.Tags[p.name]; ok {
			return rawjson.AppendQuote(nil, v)
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

// related returns a section of related, nil for one with a gap: what there is of it, such as the first of two pages, is not to
// be taken for all.
func (d *document) related(section string) json.RawMessage {
	if _, gap := d.res.Gaps[section]; gap {
		return nil
	}
	return d.res.Related[section]
}

// member finds p among the members of its parent, which it indexes once. Of several by one name the last counts, as it does
// for encoding/json.
func (d *document) member(p *place) json.RawMessage {
	raw := d.value(p.parent)
	if !p.parent.indexed {
		var ok bool
		if p.parent.members, ok = rawjson.Index(p.parent.members[:0], raw); !ok {
			d.fail(errJSON)
		}
		p.parent.indexed = true
	}
	for _, m := range slices.Backward(p.parent.members) {
		if m.Is(raw, p.name) {
			return m.Value(raw)
		}
	}
	return nil
}

// section returns a member of the document itself.
func (d *document) section(name string) json.RawMessage {
	r := d.res
	switch name {
	case "kind":
		return rawjson.AppendQuote(nil, r.Kind)
	case "id":
		return rawjson.AppendQuote(nil, r.ID)
	case "arn":
		return rawjson.AppendQuote(nil, r.ARN)
	case "name":
		return rawjson.AppendQuote(nil, r.Name)
	case "account":
		return rawjson.AppendQuote(nil, r.Account)
	case "region":
		return rawjson.AppendQuote(nil, r.Region)
	case "spec":
		return r.Spec
	case "facts":
		return r.Facts
	case "related":
		return d.allRelated()
	case "tags":
		return d.encode(r.Tags)
	case "gaps":
		return d.encode(r.Gaps)
	}
	return nil
}

func (d *document) allRelated() json.RawMessage {
	if d.res.Related == nil {
		return nil
	}
	sections := map[string]json.RawMessage{}
	for name := range d.res.Related {
		if raw := d.related(name); raw != nil {
			sections[name] = raw
		}
	}
	return d.encode(sections)
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

// isObject reports whether p has members, without making JSON of what is not JSON yet.
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

// get returns what stands at p for a rule that reads it as r says, nil for nothing: an object that is only looked into as such,
// anything else as a value.
func (d *document) get(p *place, r *reads) *ast.Term {
	if !r.value && d.isObject(p) {
		d.enter(p)
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

// documentMembers are the members that a document may have.
var documentMembers = [...]string{"kind", "id", "arn", "name", "account", "region", "tags", "spec", "related", "gaps", "facts"}

// whole returns the document as one value.
func (d *document) whole() *ast.Term {
	var members [][2]*ast.Term
	for _, name := range documentMembers {
		if t := d.termAt(d.child(d.root, name), everything); t != nil {
			members = append(members, [2]*ast.Term{ast.StringTerm(name), t})
		}
	}
	return ast.ObjectTerm(members...)
}
