package audit

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"tenor/internal/rawjson"
)

// AppendResource appends what EncodeJSON makes of r without its facts, many times faster: Spec and Related are taken as they are, which
// must be valid JSON, and only lose their line breaks. For AppendSection, it says at which bytes of b the sections and the gaps begin.
func AppendResource(b []byte, r *Resource) (_ []byte, sections, gaps int, _ error) {
	e := resourceEncoder{b: b}
	e.member(`{"kind":`, r.Kind)
	e.member(`,"id":`, r.ID)
	e.member(`,"arn":`, r.ARN)
	e.member(`,"name":`, r.Name)
	e.member(`,"account":`, r.Account)
	e.member(`,"region":`, r.Region)
	e.b = append(e.b, `,"tags":`...)
	appendMap(&e, r.Tags, e.string)
	e.b = append(e.b, `,"spec":`...)
	e.raw(r.Spec)
	e.b = append(e.b, `,"related":`...)
	sections = len(e.b)
	appendMap(&e, r.Related, e.raw)
	e.b = append(e.b, beforeGaps...)
	gaps = len(e.b)
	appendMap(&e, r.Gaps, func(g Gap) { e.encode(g) })
	return append(e.b, '}'), sections, gaps, e.err
}

const beforeGaps = `,"gaps":`

// AppendSection appends to b the line of a resource, as AppendResource has made it, with one section more: a document of Related or,
// where doc is nil, the gap that it is. The sections and the gaps of the line begin at those bytes of it.
func AppendSection(b, line []byte, sections, gaps int, name string, doc json.RawMessage, gap Gap) ([]byte, error) {
	e := resourceEncoder{b: b}
	if doc != nil {
		e.b = append(e.b, line[:sections]...)
		e.between(line[sections:gaps-len(beforeGaps)], name, func() { e.raw(doc) })
		return append(e.b, line[gaps-len(beforeGaps):]...), e.err
	}
	e.b = append(e.b, line[:gaps]...)
	e.between(line[gaps:len(line)-1], name, func() { e.encode(gap) })
	return append(e.b, '}'), e.err
}

// between appends an object, null for an empty one, whose members are in order, with one more of them.
func (e *resourceEncoder) between(object []byte, name string, value func()) {
	open, set := byte('{'), false
	add := func() {
		e.b = append(e.b, open)
		open, set = ',', true
		e.string(name)
		e.b = append(e.b, ':')
		value()
	}
	for k, v := range rawjson.Members(object) {
		if !set && string(k) > name {
			add()
		}
		e.b = append(append(append(e.b, open, '"'), k...), '"', ':')
		e.b = append(e.b, v...)
		open = ','
	}
	if !set {
		add()
	}
	e.b = append(e.b, '}')
}

type resourceEncoder struct {
	b   []byte
	err error // the first
}

func (e *resourceEncoder) member(name, value string) {
	e.b = append(e.b, name...)
	e.string(value)
}

func (e *resourceEncoder) string(s string) { e.b = rawjson.AppendQuote(e.b, s) }

func (e *resourceEncoder) raw(value json.RawMessage) {
	switch {
	case value == nil:
		e.b = append(e.b, "null"...)
	case bytes.IndexByte(value, '\n') >= 0:
		e.encode(value)
	default:
		e.b = append(e.b, value...)
	}
}

func (e *resourceEncoder) encode(v any) {
	b, err := EncodeJSON(v)
	if e.err == nil {
		e.err = err
	}
	e.b = append(e.b, b...)
}

func appendMap[V any](e *resourceEncoder, m map[string]V, value func(V)) {
	if m == nil {
		e.b = append(e.b, "null"...)
		return
	}
	var few [16]string // on the stack, which most maps of a resource fit
	keys := slices.AppendSeq(few[:0], maps.Keys(m))
	slices.Sort(keys)
	e.b = append(e.b, '{')
	for i, key := range keys {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.string(key)
		e.b = append(e.b, ':')
		value(m[key])
	}
	e.b = append(e.b, '}')
}
