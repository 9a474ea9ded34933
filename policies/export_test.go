package policies

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/rego"

	"tenor/audit"
)

// What is exported gives OPA, on its own, the failures that the evaluator finds.
func TestExport(t *testing.T) {
	examples, err := Examples(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := load(t, Options{
		Disable: []string{"general.tag_missing"},
		Params:  map[string]map[string]json.RawMessage{"estate.commitment_over_limit": {"limit_usd": json.RawMessage("1")}, "outposts.order_stalled": {"PREPARING": json.RawMessage("61")}},
	}, map[string]string{"own.rego": "package own\n\ndeny contains data.word if input.kind == \"outposts.quote\"\n", "data.json": `{"word": "mine"}`, "own_test.rego": "package own_test\n"})
	var resources []*audit.Resource
	for _, id := range slices.Sorted(func(yield func(string) bool) {
		for id := range examples {
			if !yield(id) {
				return
			}
		}
	}) {
		var r audit.Resource
		if err := json.Unmarshal(examples[id].Resource, &r); err != nil {
			t.Fatal(err)
		}
		r.ID += "-" + id
		resources = append(resources, &r)
	}
	resources[0].ID = "../../etc/passwd"
	dir := filepath.Join(t.TempDir(), "out")
	seq := func(yield func(*audit.Resource, error) bool) {
		for _, r := range resources {
			if !yield(r, nil) {
				return
			}
		}
	}
	if err := p.Export(dir, TestTime(), seq); err != nil {
		t.Fatal(err)
	}

	var files []string
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			info, err := d.Info()
			if err != nil {
				return err
			}
			if info.Mode() != audit.FileMode {
				t.Errorf("%s has mode %o", path, info.Mode())
			}
			rel, _ := filepath.Rel(dir, path)
			files = append(files, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"policy/tenor/outposts/order_error.rego", "policy/tenor/lib/clock.rego", "policy/user1/own.rego", "data/data.json", "resources/estate.account_111122223333__2e2e2f2e2e2f6574632f706173737764.json"} {
		if !slices.Contains(files, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.rego") || strings.Contains(f, "tag_missing.rego") {
			t.Errorf("there is %s", f)
		}
	}

	e := evaluator(t, p)
	q, err := rego.New(rego.Query(`[[rule, d.msg] | some domain, rule; some d in data.tenor[domain][rule].deny] ; [d | some d in data.own.deny]`),
		rego.Load([]string{filepath.Join(dir, "policy"), filepath.Join(dir, "data", "data.json")}, nil)).PrepareForEval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range resources {
		b, err := os.ReadFile(filepath.Join(dir, "resources", r.Kind+"_"+r.Account+"_"+r.Region+"_"+safeName(r.ID)+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var input any
		if err := json.Unmarshal(b, &input); err != nil {
			t.Fatal(err)
		}
		rs, err := q.Eval(t.Context(), rego.EvalInput(input))
		if err != nil {
			t.Fatal(err)
		}
		have := []string{}
		for _, pair := range rs[0].Expressions[0].Value.([]any) {
			have = append(have, pair.([]any)[0].(string)+" "+pair.([]any)[1].(string))
		}
		for _, msg := range rs[0].Expressions[1].Value.([]any) {
			have = append(have, "own "+msg.(string))
		}
		want := []string{}
		for _, f := range eval(t, e, r) {
			want = append(want, f.Rule[strings.Index(f.Rule, ".")+1:]+" "+f.Msg)
		}
		slices.Sort(have)
		slices.Sort(want)
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s (-tenor +OPA):\n%s", r.ID, diff)
		}
	}
	if err := p.Export(dir, TestTime(), nil); err == nil || err.Error() != "export policies: "+filepath.Join(dir, "policy")+" is there already" {
		t.Errorf("a second export: %v", err)
	}
}
