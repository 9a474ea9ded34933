package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tenor/audit"
	"tenor/job"
	"tenor/job/decisions"
)

// node is a JSON Schema, with the keywords that are used here.
type node struct {
	Schema               string   `json:"$schema,omitzero"`
	ID                   string   `json:"$id,omitzero"`
	Title                string   `json:"title,omitzero"`
	Description          string   `json:"description,omitzero"`
	Ref                  string   `json:"$ref,omitzero"`
	Type                 any      `json:"type,omitzero"` // a string, or a list of them
	Const                string   `json:"const,omitzero"`
	Format               string   `json:"format,omitzero"`
	Enum                 []string `json:"enum,omitzero"`
	Pattern              string   `json:"pattern,omitzero"`
	Items                *node    `json:"items,omitzero"`
	AnyOf                []*node  `json:"anyOf,omitzero"`
	Properties           members  `json:"properties,omitzero"`
	Required             []string `json:"required,omitzero"`
	PropertyNames        *node    `json:"propertyNames,omitzero"`
	AdditionalProperties any      `json:"additionalProperties,omitzero"` // a *node, or false
	Defs                 members  `json:"$defs,omitzero"`
}

// members are named schemas in an order.
type members []member

type member struct {
	name string
	node *node
}

func (m members) get(name string) *node {
	for _, member := range m {
		if member.name == name {
			return member.node
		}
	}
	return nil
}

func (m *members) add(name string, n *node) { *m = append(*m, member{name, n}) }

// MarshalJSONTo writes an object.
func (m members) MarshalJSONTo(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, member := range m {
		if err := e.WriteToken(jsontext.String(member.name)); err != nil {
			return err
		}
		if err := jsonv2.MarshalEncode(e, member.node); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

// generator makes the schema of one document.
type generator struct {
	src    *source
	closed bool // people write the document, in YAML: an unknown key is an error
	inline bool // a struct stands where it is used, and may be null
	defs   members
}

// object returns the schema of a struct.
func (g *generator) object(t reflect.Type) *node {
	if g.inline {
		var n node
		g.fields(&n, t)
		return inlined(n.Properties)
	}
	n := &node{Description: g.src.docs[key(t)], Type: "object"}
	if g.closed {
		n.AdditionalProperties = false
	}
	g.fields(n, t)
	return n
}

// authoredValues are what the program takes in a field of a document that people write, where the field's type does not say it.
var authoredValues = map[string][]string{
	"audit.Decision.Action":        decisions.Actions,
	"audit.Decision.PaymentTerm":   audit.PaymentTerms,
	"audit.Decision.PaymentOption": audit.PaymentOptions,
}

// fields adds the fields of a struct by their names in JSON; AWS's are those of the Go fields. What people write is YAML: there a
// field may be left out, or have no key at all.
func (g *generator) fields(n *node, t reflect.Type) {
	for f := range t.Fields() {
		tag, hasTag := f.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		if g.closed {
			key, more, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			options += more
			if key == "-" {
				name = key
			}
		}
		of := f.Type
		switch {
		case f.Anonymous && !hasTag: // its fields are the struct's own
			g.fields(n, of)
			continue
		case name == "-" || !f.IsExported() || g.inline && (f.Name == "ResultMetadata" || f.Name == "NextToken"):
			continue
		case name == "" && !g.inline:
			panic(fmt.Sprintf("%s.%s has no name in JSON", t, f.Name))
		case name == "":
			if name = f.Name; of.Kind() == reflect.Pointer { // AWS leaves out what is not set
				of = of.Elem()
			}
		}
		v := g.value(of)
		if doc := g.src.docs[key(t)+"."+f.Name]; doc != "" {
			v.Description = doc
		}
		if values := authoredValues[key(t)+"."+f.Name]; g.closed && values != nil {
			v.Enum = values
		}
		n.Properties.add(name, v)
		if !strings.Contains(options, "omit") {
			n.Required = append(n.Required, name)
		}
	}
}

// value returns the schema of a value of type t, as tenor writes it: a nil slice is an empty list. A new shape, of the SDK or of
// ours, ends the program: decide here what it looks like.
func (g *generator) value(t reflect.Type) *node {
	if all, ok := t.MethodByName("All"); ok { // a list that is not held in memory, by the values that it ranges over
		return g.value(reflect.SliceOf(all.Type.Out(0).In(0).In(0)))
	}
	switch t {
	case reflect.TypeFor[audit.Optional]():
		return g.nullable(&node{Type: "string"})
	case reflect.TypeFor[json.RawMessage]():
		return &node{}
	case reflect.TypeFor[json.Number]():
		return &node{Type: "number"}
	case reflect.TypeFor[time.Time]():
		return &node{Type: "string", Format: "date-time"}
	case reflect.TypeFor[time.Duration]():
		return &node{Type: "string", Pattern: `^([0-9.]+(ns|us|µs|ms|s|m|h))+$`}
	case reflect.TypeFor[job.Decimal]():
		return &node{Type: []string{"number", "string"}}
	}
	switch t.Kind() {
	case reflect.Struct:
		if g.inline {
			return g.object(t)
		}
		return g.reference(t)
	case reflect.Pointer:
		return g.nullable(g.value(t.Elem()))
	case reflect.Slice:
		return &node{Type: "array", Items: g.value(t.Elem())}
	case reflect.Map:
		return g.dictionary(t)
	case reflect.Interface:
		return &node{}
	case reflect.String:
		return &node{Type: "string", Enum: g.src.enums[key(t)]}
	case reflect.Bool:
		return &node{Type: "boolean"}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return &node{Type: "integer"}
	case reflect.Float32, reflect.Float64:
		return &node{Type: "number"}
	}
	panic(fmt.Sprintf("no schema for %s", t))
}

// reference puts a struct under $defs, once, and points there.
func (g *generator) reference(t reflect.Type) *node {
	if g.defs.get(t.Name()) == nil {
		slot := &node{}
		g.defs.add(t.Name(), slot) // before its fields, which may point back
		*slot = *g.object(t)
	}
	return &node{Ref: "#/$defs/" + t.Name()}
}

// nullable allows null, but in a file that a person writes, who leaves the key out.
func (g *generator) nullable(n *node) *node {
	one, _ := n.Type.(string)
	switch {
	case g.closed || g.inline && n.Properties != nil:
		return n
	case g.inline || n.Ref != "": // for OPA a value of any type, which a comparison with null needs
		return &node{AnyOf: []*node{n, {Type: "null"}}}
	}
	n.Type = []string{one, "null"}
	return n
}

func (g *generator) dictionary(t reflect.Type) *node {
	n := &node{Type: "object", AdditionalProperties: g.value(t.Elem())}
	if enum := g.src.enums[key(t.Key())]; len(enum) > 0 {
		n.PropertyNames = &node{Enum: enum}
	}
	if !g.closed && !g.inline && t == reflect.TypeFor[map[string]string]() { // the tags of a kind that has none
		n.Type = []string{"object", "null"}
	}
	return n
}
