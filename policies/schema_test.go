package policies

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/format"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The example of every rule is a document of its kind, and has no field that such a document does not have.
func TestExamplesAreDocuments(t *testing.T) {
	examples, err := examplesOf(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(load(t, Options{}, nil).Rules()); len(examples) != n {
		t.Errorf("%d rules have %d examples", n, len(examples))
	}
	for id, ex := range examples {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(ex.Resource))
		if err != nil {
			t.Fatal(err)
		}
		if err := closedSchema(t, doc.(map[string]any)["kind"].(string)).Validate(doc); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// TestPackFitsItsSchemas compiles our own rules against the schemas of their kinds, which Load leaves out.
func TestPackFitsItsSchemas(t *testing.T) {
	for old, want := range map[string]string{
		"":                         "",
		"input.facts.contract_end": "undefined ref: input.facts.x_contract_end",
		"input.related.":           "undefined ref: input.related.x_",
		"run.as_of_ns":             "undefined ref: data.tenor.run.x_as_of_ns",
		"params.low_days":          "undefined ref: data.tenor.params.outposts.contract_ending.x_low_days",
	} {
		err := compileOwn(t, old, regexp.MustCompile(`\w*$`).ReplaceAllString(old, "x_$0"))
		if want == "" && err != nil || want != "" && !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("with another name for %q: %v", old, err)
		}
	}
}

// compileOwn compiles our own pack with its types, and another text for old.
func compileOwn(t *testing.T, old, other string) error {
	t.Helper()
	files, err := readTree(pack, ownOrigin, ".") // modules of its own, whose annotations are changed
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(s *source) bool { return s.module == nil })
	for _, s := range files {
		if old != "" && bytes.Contains(s.text, []byte(old)) {
			s.text = bytes.ReplaceAll(s.text, []byte(old), []byte(other))
			if err := s.parse(); err != nil {
				t.Fatal(err)
			}
		}
	}
	schemas, err := readSchemas()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := findRules(files, nil, schemas)
	if err != nil {
		t.Fatal(err)
	}
	compiler := newCompiler(nil, schemas.addTypes(files, rules)).SetErrorLimit(0)
	if compiler.Compile(modulesOf(files)); compiler.Failed() {
		return astError(compiler.Errors)
	}
	return nil
}

// closedSchema is the schema of a kind that allows no field it does not name.
func closedSchema(t *testing.T, kind string) *jsonschema.Schema {
	t.Helper()
	b, ok := Schema(kind)
	if !ok {
		t.Fatalf("there is no schema of %s", kind)
	}
	var s map[string]any
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	closeSchema(s)
	c := jsonschema.NewCompiler()
	if err := c.AddResource("kind.json", s); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("kind.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func closeSchema(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["properties"]; ok {
			v["additionalProperties"] = false
		}
		for _, sub := range v {
			closeSchema(sub)
		}
	case []any:
		for _, sub := range v {
			closeSchema(sub)
		}
	}
}

// Documents as AWS sends them fit their schemas, which leave room for what is newer.
func TestSchemasAreOpen(t *testing.T) {
	for _, kind := range Kinds() {
		b, _ := Schema(kind)
		s, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource("kind.json", s); err != nil {
			t.Fatal(err)
		}
		compiled, err := c.Compile("kind.json")
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"kind": "` + kind +
			`", "id": "x", "account": "111122223333", "tags": null, "spec": {"NewerThanUs": 1}, "related": {"newer": {}}, "gaps": {}, "facts": ` +
			`{"newer_than_us": true}, "newer": []}`))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(doc); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if _, ok := Schema("outposts.rack"); ok {
		t.Error("there is a schema of what is no kind")
	}
}

// The policies are formatted as `opa fmt` does.
func TestFormat(t *testing.T) {
	files, err := filepath.Glob("*/*.rego")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := format.Source(name, b)
		if err != nil {
			t.Fatal(err)
		}
		if *update && !bytes.Equal(want, b) {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		} else if !bytes.Equal(want, b) {
			t.Errorf("%s is not formatted, run go test ./policies -run Format -update", name)
		}
	}
}
