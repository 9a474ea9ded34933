package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/rego"

	"tenor/audit"
	"tenor/internal/atomicfile"
)

// What is exported gives OPA, on its own, the failures that the evaluator finds.
func TestExport(t *testing.T) {
	examples, err := examplesOf(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := load(t, Options{
		Disable: []string{"general.tag_missing"},
		Params: map[string]map[string]json.RawMessage{"estate.commitment_over_limit": {"limit_usd": json.RawMessage("1")},
			"outposts.order_stalled": {"PREPARING": json.RawMessage("61")}},
	}, map[string]string{"own.rego": "package own\n\ndeny contains data.word if input.kind == \"outposts.quote\"\n",
		"data.json": `{"word": "mine"}`, "own_test.rego": "package own_test\n"})
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
			if info.Mode() != atomicfile.FileMode {
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
	for _, want := range []string{"tests/data.json", "tests/tenor/outposts/order_error_test.rego", "schemas/outposts.order.json",
		"policy/tenor/outposts/order_error.rego", "policy/tenor/lib/clock.rego", "policy/user1/own.rego", ".regal/config.yaml",
		"data/data.json", "resources/estate.account_111122223333__2e2e2f2e2e2f6574632f706173737764.json"} {
		if !slices.Contains(files, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.rego") && !strings.HasPrefix(f, "tests/") || strings.HasSuffix(f,
			"tag_missing_test.rego") || strings.Contains(f, "tag_missing.rego") {
			t.Errorf("there is %s", f)
		}
	}

	e := evaluator(t, p)
	q, err := rego.New(rego.Query(`[[rule, d.msg] | some domain, rule; some d in data.tenor[domain][rule].deny] ; [d | some d in `+
		`data.own.deny]`),
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
	if err := p.Export(dir, TestTime(), nil); err == nil || err.Error() != "export policies: "+filepath.Join(dir, "policy")+
		" is there already" {
		t.Errorf("a second export: %v", err)
	}

	// Regal's configuration is the pack's, in place of none.
	config := filepath.Join(dir, ".regal", "config.yaml")
	if b, err := os.ReadFile(config); err != nil || !bytes.Equal(b, regal) {
		t.Errorf("Regal's configuration: %v, %s", err, b)
	}
	own := filepath.Join(t.TempDir(), "own")
	config = filepath.Join(own, ".regal", "config.yaml")
	if err := writeFile(config, []byte("rules: {}\n")); err != nil {
		t.Fatal(err)
	}
	if err := p.Export(own, TestTime(), nil); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(config); err != nil || string(b) != "rules: {}\n" {
		t.Errorf("the user's own configuration of Regal: %v, %s", err, b)
	}
}

// fired returns what conftest would say of the document by the policies in the folder: every set that goes by one of its
// names, in every package.
func fired(t *testing.T, dir string, input any) []string {
	t.Helper()
	var files []string
	for _, sub := range [...]string{"policy", "data"} {
		files = append(files, filepath.Join(dir, sub))
	}
	r := rego.New(rego.Query("data"), rego.Load(files, nil), rego.Strict(true), rego.Input(input))
	rs, err := r.Eval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, v := range v {
				walk(at+"."+k, v)
			}
		case []any:
			set := at[strings.LastIndex(at, ".")+1:]
			for _, elem := range v {
				if conftestSet.MatchString(set) {
					out = append(out, fmt.Sprintf("%s: %v", at[1:], elem))
				}
			}
		}
	}
	walk("", rs[0].Expressions[0].Value)
	slices.Sort(out)
	return out
}

// What is off does not fire from an export, and what uses a part of it works on.
func TestExportOfWhatIsOff(t *testing.T) {
	base := `# METADATA
# scope: package
# title: Base
package acme.base

import data.limits
import data.words

# The state that is wrong.
default wrong := false

# Only the name of this rule has words.
names.of[words.base] := 1

wrong if bad(input.spec.Status)

bad(status) := true if {
	status in limits.bad
} else := true if {
	status == "LOST"
}

unused if {
	count(deny) > 0
}

deny contains words.base if wrong

violation_too contains "base violates" if wrong

warn contains "base warns" if wrong

exception contains ["too"]
`
	files := map[string]string{
		"base.rego": base,
		"more.rego": "package acme.more\n\nimport data.acme.base\n\n" +
			"deny contains \"more\" if {\n\tbase.wrong\n\tbase.names.of[\"base denies\"]\n}\n",
		"alone.rego":   "package alone\n\ndeny contains \"alone\"\n",
		"library.rego": "package library\n\nword := \"w\"\n",
		"own.rego": meta("") + "package tenor.acme.own\n\ndeny contains {\"msg\": text} if input.kind == \"outposts.order\"\n\ntext := " +
			"\"own\"\n",
		"lib/mine.rego": "package tenor.lib.mine\n\nword := \"w\"\n",
		"data.json":     `{"limits": {"bad": ["ERROR"]}, "words": {"base": "base denies"}}`,
	}
	uses := map[string]string{"use.rego": "package use\n\ndeny contains \"use\" if count(data.acme.base.deny) > 0\n"}
	maps.Copy(uses, files)
	all := map[string]string{"use.rego": "package use\n\ndeny contains \"use\" if {\n\tsome name\n\tdata.acme[name].deny\n}\n"}
	maps.Copy(all, files)
	tests := []struct {
		name  string
		o     Options
		files map[string]string
		want  []string
		err   string
	}{
		{"all are in force", Options{}, files, []string{"acme.base.deny: base denies", "acme.base.violation_too: base violates",
			"acme.base.warn: base warns", "acme.more.deny: more", "alone.deny: alone", "tenor.acme.own.deny: map[msg:own]"}, ""},
		{"one that is used is off", Options{Disable: []string{"acme.base"}}, files,
			[]string{"acme.more.deny: more", "alone.deny: alone", "tenor.acme.own.deny: map[msg:own]"}, ""},
		{"one that is used was not chosen", Options{Namespaces: []string{"acme.more"}}, files,
			[]string{"acme.more.deny: more", "tenor.acme.own.deny: map[msg:own]"}, ""},
		{"what uses it was not chosen either", Options{Namespaces: []string{"alone"}}, files,
			[]string{"alone.deny: alone", "tenor.acme.own.deny: map[msg:own]"}, ""},
		{"the set itself is used", Options{Disable: []string{"acme.base"}}, uses, nil,
			"DIR/use.rego:3: use uses data.acme.base.deny, which is off: move what both need to a name of its own"},
		{"the set may be meant", Options{Disable: []string{"acme.base"}}, all, nil,
			"DIR/use.rego:3: use uses data.acme.base.deny, which is off: move what both need to a name of its own"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from, dir := writeTree(t, tt.files), filepath.Join(t.TempDir(), "out")
			tt.o.Dirs = []string{from}
			err := load(t, tt.o, nil).Export(dir, TestTime(), nil)
			if tt.err != "" {
				if err == nil || strings.ReplaceAll(err.Error(), from, "DIR") != tt.err {
					t.Errorf("have %v, want %s", err, tt.err)
				}
				if _, err := os.Stat(dir); err == nil {
					t.Error("it wrote something")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			input := map[string]any{"kind": "outposts.order", "spec": map[string]any{"Status": "ERROR"}}
			if diff := cmp.Diff(tt.want, fired(t, dir, input)); diff != "" {
				t.Error(diff)
			}
		})
	}

	dir := filepath.Join(t.TempDir(), "out")
	if err := load(t, Options{Namespaces: []string{"acme.more"}}, files).Export(dir, TestTime(), nil); err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for name := range files {
		b, _ := os.ReadFile(filepath.Join(dir, "policy", "user1", name))
		have[name] = string(b)
	}
	const head = "# What tenor does not run of this package is left out.\n"
	want := map[string]string{
		"base.rego": head + "package acme.base\n\nimport data.limits\nimport data.words\n\ndefault wrong := false\n\n" +
			"names.of[words.base] := 1\n\nwrong if bad(input.spec.Status)\n\n" +
			"bad(status) if {\n\tstatus in limits.bad\n} else if {\n\tstatus == \"LOST\"\n}\n",
		"more.rego":     files["more.rego"],
		"alone.rego":    "",
		"library.rego":  files["library.rego"],
		"own.rego":      files["own.rego"],
		"lib/mine.rego": files["lib/mine.rego"],
		"data.json":     "",
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

// TestExportThatFailsLeavesNothing: half an export would be run as if it were one.
func TestExportThatFailsLeavesNothing(t *testing.T) {
	p := load(t, Options{}, nil)
	broken := errors.New("the snapshot is damaged")
	for _, tt := range []struct {
		name   string
		before string                 // a file that is there; empty: there is not even the folder
		during func(dir string) error // once there are resources to write
		want   string
		left   []string
	}{
		{"resources that cannot be read", "", func(string) error { return broken }, "export resources: the snapshot is damaged", nil},
		{"in a folder with something in it", "mine/x", func(string) error { return broken }, "export resources: the snapshot is damaged",
			[]string{"mine/x"}},
		{"a folder that appears meanwhile", "mine/x", func(dir string) error { return writeFile(filepath.Join(dir, "schemas", "x"), nil) },
			"export policies: DIR/schemas is there already", []string{"mine/x", "schemas/x"}},
		{"Regal's folder is a file", ".regal", func(string) error { return nil }, "export policies: mkdir DIR/.regal: not a directory",
			[]string{".regal"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			if tt.before != "" {
				if err := writeFile(filepath.Join(dir, tt.before), nil); err != nil {
					t.Fatal(err)
				}
			}
			err := p.Export(dir, TestTime(), func(yield func(*audit.Resource, error) bool) {
				more := yield(&audit.Resource{Kind: audit.KindOrder, ID: "oo-1"}, nil)
				if err := tt.during(dir); err != nil && more {
					yield(nil, err)
				}
			})
			if err == nil || strings.ReplaceAll(err.Error(), dir, "DIR") != tt.want {
				t.Errorf("have %v, want %s", err, tt.want)
			}
			var left []string
			_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					left = append(left, filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator))))
				}
				return err
			})
			if _, err := os.Stat(dir); err == nil && tt.left == nil {
				t.Error("the folder is there")
			}
			if diff := cmp.Diff(tt.left, left); diff != "" {
				t.Error(diff)
			}
		})
	}
}
