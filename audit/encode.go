package audit

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"tenor/internal/rawjson"
)

// AppendResource appends what EncodeJSON makes of r without its facts, many times faster: Spec and Related are taken as
// they are, which must be valid JSON, and only lose their line breaks.
func AppendResource(b []byte, r *Resource) ([]byte, error) {
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
	appendMap(&e, r.Related, e.raw)
	e.b = append(e.b, `,"gaps":`...)
	appendMap(&e, r.Gaps, func(g Gap) { e.encode(g) })
	return append(e.b, '}'), e.err
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
	e.b = append(e.b, '{')
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.string(key)
		e.b = append(e.b, ':')
		value(m[key])
	}
	e.b = append(e.b, '}')
}
