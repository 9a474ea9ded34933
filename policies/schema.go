package policies

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
)

//go:embed schemas/*.json
var schemas embed.FS

// Schema returns the JSON Schema of the documents of a kind; ok is false for what is no kind.
func Schema(kind string) (_ []byte, ok bool) {
	b, err := schemas.ReadFile("schemas/" + kind + ".json")
	return b, err == nil
}

// Kinds returns the kinds of resource that a rule may evaluate, in the order of their names.
func Kinds() []string {
	names := audit.Map(audit.Kinds[:], func(k audit.Kind) string { return k.Name })
	slices.Sort(names)
	return names
}

type jsonSchema = map[string]any

// kindSchemas are the decoded schemas, by kind.
type kindSchemas map[string]jsonSchema

func readSchemas() (kindSchemas, error) {
	all := kindSchemas{}
	for _, kind := range Kinds() {
		b, _ := Schema(kind)
		var s jsonSchema
		if err := json.Unmarshal(b, &s); err != nil {
			return nil, fmt.Errorf("schema of %s: %w", kind, err)
		}
		delete(s, "$schema") // OPA's draft is an older one; the words used here mean the same in both
		all[kind] = s
	}
	return all, nil
}

// of returns the schema of a document of any of the kinds: what all of them together have.
func (all kindSchemas) of(kinds []string) jsonSchema {
	s := all[kinds[0]]
	for _, kind := range kinds[1:] {
		s = union(s, all[kind])
	}
	return s
}

// sections returns the sections of related that documents of the kinds have.
func (all kindSchemas) sections(kinds []string) []string {
	related := all.of(kinds)["properties"].(jsonSchema)["related"].(jsonSchema)["properties"].(jsonSchema)
	return slices.Sorted(maps.Keys(related))
}

// union returns a schema with the properties of both; where they differ in type, anything goes.
func union(a, b jsonSchema) jsonSchema {
	pa, ok1 := a["properties"].(jsonSchema)
	pb, ok2 := b["properties"].(jsonSchema)
	if !ok1 || !ok2 {
		if fmt.Sprint(a["type"]) == fmt.Sprint(b["type"]) {
			return a
		}
		return jsonSchema{}
	}
	properties := maps.Clone(pa)
	for name, s := range pb {
		if have, ok := properties[name].(jsonSchema); ok {
			properties[name] = union(have, s.(jsonSchema))
			continue
		}
		properties[name] = s
	}
	return jsonSchema{"type": a["type"], "properties": properties}
}

// checkSchemas refuses schemas of a user's policy that refer to something outside themselves: the compiler would read any file.
func (s *source) checkSchemas() error {
	var errs []error
	for _, a := range s.module.Annotations {
		for _, schema := range a.Schemas {
			if schema.Definition == nil {
				continue
			}
			if at := outside(*schema.Definition); at != "" {
				errs = append(errs, fmt.Errorf("%s:%d: METADATA: schemas: %s: a schema may refer to parts of itself alone, by a $ref that begins "+
					"with #", s.name, a.Location.Row, at))
			}
		}
	}
	return errors.Join(errs...)
}

// outside returns the first member of a schema that names another document, or says which document this one is; empty for none.
func outside(schema any) string {
	switch v := schema.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			text, ok := v[key].(string)
			known := strings.HasPrefix(text, "http://json-schema.org/") || strings.HasPrefix(text, "https://json-schema.org/")
			if ok && (key == "$ref" && !strings.HasPrefix(text, "#") || key == "$id" || key == "id" || key == "$schema" && !known) {
				return fmt.Sprintf("%s: %q", key, text)
			}
			if at := outside(v[key]); at != "" {
				return at
			}
		}
	case map[any]any:
		return "a member whose name is no text"
	case []any:
		for _, item := range v {
			if at := outside(item); at != "" {
				return at
			}
		}
	}
	return ""
}

// addTypes has the compiler check what the policies read: input against the schemas of the kinds that their METADATA
// names, data.tenor.params against the parameters there are, and data.tenor.run. It returns those schemas by name.
func (all kindSchemas) addTypes(sources []*source, rules []*rule) *ast.SchemaSet {
	set := ast.NewSchemaSet()
	data := []*ast.SchemaAnnotation{named(set, "data.tenor.params", "params", paramsSchema(rules)),
		named(set, "data.tenor.run", "run", runSchema())}
	inputs := map[string]*ast.SchemaAnnotation{}
	for _, s := range sources {
		a := packageAnnotations(s.module)
		if a == nil || len(a.Schemas) > 0 { // a user's policy may bring schemas of its own
			continue
		}
		a.Schemas = data
		if len(s.kinds) == 0 {
			continue
		}
		name := strings.Join(s.kinds, "+")
		if inputs[name] == nil {
			inputs[name] = named(set, "input", name, all.of(s.kinds))
		}
		a.Schemas = append(slices.Clone(data), inputs[name])
	}
	return set
}

// named puts a schema into the set and returns the annotation that applies it to path.
func named(set *ast.SchemaSet, path, name string, s jsonSchema) *ast.SchemaAnnotation {
	ref := ast.Ref{ast.SchemaRootDocument, ast.StringTerm(name)}
	set.Put(ref, s)
	return &ast.SchemaAnnotation{Path: ast.MustParseRef(path), Schema: ref}
}

// runSchema is the schema of data.tenor.run.
func runSchema() jsonSchema {
	return jsonSchema{"type": "object", "properties": jsonSchema{"as_of": jsonSchema{"type": "string"},
		"as_of_ns": jsonSchema{"type": "integer"}, "rules": jsonSchema{"type": "array", "items": jsonSchema{"type": "string"}}}}
}

// paramsSchema is the schema of data.tenor.params.
func paramsSchema(rules []*rule) jsonSchema {
	root := jsonSchema{"type": "object", "properties": jsonSchema{}}
	for _, r := range rules {
		if len(r.Params) == 0 {
			continue
		}
		at := root["properties"].(jsonSchema)
		for _, part := range r.path() {
			next, ok := at[part].(jsonSchema)
			if !ok {
				next = jsonSchema{"type": "object", "properties": jsonSchema{}}
				at[part] = next
			}
			at = next["properties"].(jsonSchema)
		}
		for _, p := range r.Params {
			at[p.Name] = typeSchema(typeOf(p.Default))
		}
	}
	return root
}

// typeSchema turns the name of a parameter's type into a schema; null may become anything.
func typeSchema(name string) jsonSchema {
	kind, elem, isArray := strings.Cut(name, " of ")
	switch {
	case kind == typeNull || strings.Contains(elem, "mixed"):
		return jsonSchema{}
	case isArray:
		return jsonSchema{"type": typeArray, "items": typeSchema(elem)}
	}
	return jsonSchema{"type": kind}
}
