package policies

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
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
