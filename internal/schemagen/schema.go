package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"tenor/audit"
	"tenor/job"
)

// node is a JSON Schema, with the keywords that are used here.
type node struct {
	Schema               string   `json:"$schema,omitempty"`
	ID                   string   `json:"$id,omitempty"`
	Title                string   `json:"title,omitempty"`
	Description          string   `json:"description,omitempty"`
	Ref                  string   `json:"$ref,omitempty"`
	Type                 types    `json:"type,omitempty"`
	Enum                 []string `json:"enum,omitempty"`
	Pattern              string   `json:"pattern,omitempty"`
	Items                *node    `json:"items,omitempty"`
	AnyOf                []*node  `json:"anyOf,omitempty"`
	Properties           *members `json:"properties,omitempty"`
	Required             []string `json:"required,omitempty"`
	PropertyNames        *node    `json:"propertyNames,omitempty"`
	AdditionalProperties *node    `json:"additionalProperties,omitempty"`
	Defs                 *members `json:"$defs,omitempty"`

	never bool // the schema false
}

// MarshalJSON writes the schema, or false.
func (n *node) MarshalJSON() ([]byte, error) {
	if n.never {
		return []byte("false"), nil
	}
	type plain node
	return encode((*plain)(n))
}

// types is one type as a string, or several as a list.
type types []string

// MarshalJSON writes the one, or all.
func (t types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return encode(t[0])
	}
	return encode([]string(t))
}

// members are named schemas in an order.
type members struct {
	names []string
	nodes []*node
}

func (m *members) get(name string) *node {
	if m == nil {
		return nil
	}
	for i, n := range m.names {
		if n == name {
			return m.nodes[i]
		}
	}
	return nil
}

func (m *members) add(name string, n *node) {
	m.names, m.nodes = append(m.names, name), append(m.nodes, n)
}

// MarshalJSON writes an object.
func (m *members) MarshalJSON() ([]byte, error) {
	b := []byte("{")
	for i, name := range m.names {
		k, err := encode(name)
		if err != nil {
			return nil, err
		}
		v, err := encode(m.nodes[i])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, k...), ':'), v...)
	}
	return append(b, '}'), nil
}

// encode is json.Marshal without the escapes that only HTML needs.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(buf.Bytes()), err
}

// generator makes the schema of one document.
type generator struct {
	src    *source
	closed bool // an unknown key is an error
	defs   *members
}

// object returns the schema of a struct.
func (g *generator) object(t reflect.Type) (*node, error) {
	n := &node{Description: g.src.docs[key(t)], Type: types{"object"}, Properties: &members{}}
	if g.closed {
		n.AdditionalProperties = &node{never: true}
	}
	return n, g.fields(n, t)
}

func (g *generator) fields(n *node, t reflect.Type) error {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, hasTag := f.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case name == "-" || !f.IsExported():
			continue
		case f.Anonymous && !hasTag: // its fields are the struct's own
			if err := g.fields(n, f.Type); err != nil {
				return err
			}
			continue
		case name == "":
			return fmt.Errorf("%s.%s has no name in JSON", t, f.Name)
		}
		v, err := g.value(f.Type)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", t, f.Name, err)
		}
		if doc := g.src.docs[key(t)+"."+f.Name]; doc != "" {
			v.Description = doc
		}
		n.Properties.add(name, v)
		if !strings.Contains(options, "omit") {
			n.Required = append(n.Required, name)
		}
	}
	return nil
}

// value returns the schema of a value of type t, as tenor writes it: a nil slice is an empty list.
func (g *generator) value(t reflect.Type) (*node, error) {
	switch t {
	case reflect.TypeFor[audit.Optional]():
		return &node{Type: types{"string", "null"}}, nil
	case reflect.TypeFor[audit.FindingList]():
		return g.value(reflect.TypeFor[[]audit.Finding]())
	case reflect.TypeFor[json.RawMessage]():
		return &node{}, nil
	case reflect.TypeFor[json.Number]():
		return &node{Type: types{"number"}}, nil
	case reflect.TypeFor[time.Duration]():
		return &node{Type: types{"string"}, Pattern: `^([0-9.]+(ns|us|µs|ms|s|m|h))+$`}, nil
	case reflect.TypeFor[job.Decimal]():
		return &node{Type: types{"number", "string"}}, nil
	}
	switch t.Kind() {
	case reflect.Struct:
		return g.reference(t)
	case reflect.Pointer:
		return g.nullable(t.Elem())
	case reflect.Slice:
		items, err := g.value(t.Elem())
		return &node{Type: types{"array"}, Items: items}, err
	case reflect.Map:
		return g.dictionary(t)
	case reflect.Interface:
		return &node{}, nil
	case reflect.String:
		return &node{Type: types{"string"}, Enum: g.src.enums[key(t)]}, nil
	case reflect.Bool:
		return &node{Type: types{"boolean"}}, nil
	case reflect.Int, reflect.Int64:
		return &node{Type: types{"integer"}}, nil
	case reflect.Float64:
		return &node{Type: types{"number"}}, nil
	}
	return nil, fmt.Errorf("no schema for %s", t)
}

// reference puts a struct under $defs, once, and points there.
func (g *generator) reference(t reflect.Type) (*node, error) {
	ref := &node{Ref: "#/$defs/" + t.Name()}
	if g.defs.get(t.Name()) != nil {
		return ref, nil
	}
	slot := &node{}
	g.defs.add(t.Name(), slot) // before its fields, which may point back
	n, err := g.object(t)
	if err != nil {
		return nil, err
	}
	*slot = *n
	return ref, nil
}

func (g *generator) nullable(t reflect.Type) (*node, error) {
	n, err := g.value(t)
	if err != nil {
		return nil, err
	}
	if g.closed { // a person leaves the key out
		return n, nil
	}
	if n.Ref != "" {
		return &node{AnyOf: []*node{n, {Type: types{"null"}}}}, nil
	}
	n.Type = append(n.Type, "null")
	return n, nil
}

func (g *generator) dictionary(t reflect.Type) (*node, error) {
	v, err := g.value(t.Elem())
	if err != nil {
		return nil, err
	}
	n := &node{Type: types{"object"}, AdditionalProperties: v}
	if enum := g.src.enums[key(t.Key())]; len(enum) > 0 {
		n.PropertyNames = &node{Enum: enum}
	}
	if !g.closed && t == reflect.TypeFor[map[string]string]() { // the tags of a kind that has none
		n.Type = types{"object", "null"}
	}
	return n, nil
}
