package yamlfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type entry struct {
	Name string `yaml:"name"`
	Note string `yaml:"note"`
}

type entries struct {
	Items []entry `yaml:"items"`
}

// FuzzAppend adds an entry to files that people have written: what stood in the file stands in it afterwards, comments included, and the
// entry behind it; a file to which it cannot be added is as it was.
func FuzzAppend(f *testing.F) {
	for _, text := range []string{
		"", "\n\n", "# none\n", "items:\n", "items: []\n", "items: [] # none yet\n", "items: null # none yet\n", "items: ~",
		"items: [\n  # none\n]\n", "{items: []}\n", "items:\n- name: a\n", "items:\n  - name: a # why\n  # the end\n",
		"items:\n  -\n    name: a", "items: [{name: a}]\n", "{items: [{name: a}]}",
		"items:\n  - {name: a}\n  - name: b\n    note: |+\n      two\n\n\n", "items:\n  - name: a\n    note: |\n      # no comment\n",
		"items:\n- name: a\n  note: b\n   c\n", "---\nitems:\n- name: a\n...\n", "--- {items: []}\n", "items: !!seq\n    - name: a\n",
		"items: &x\n    - name: a\n", "\ufeffitems:\n- name: a\n", "items:\r\n  - name: a\r\n", "'items': []\n",
		"? items\n: - name: a\n", "? items\n:\n", "\"items\" :\n  - name: é", "items:\n  - &x {name: a}\n  - *x\n",
		"%YAML 1.1\n---\nitems:\n", "items:\n# a\n\n- name: a\n\n# b\n", "items:\n- name: a\n  note: >-\n    x\n\n", "null\n",
		"--- # why\n", "... # why\n", "items: []\n---\n",
	} {
		f.Add(text, "it's: fine")
	}
	f.Add("items:\n- name: a\n", "two\nlines\n")
	f.Fuzz(func(t *testing.T, text, name string) {
		path := filepath.Join(t.TempDir(), "f.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		read := func(text []byte) (list entries, err error) {
			_, err = Decode("f.yaml", text, &list)
			return list, err
		}
		before, invalid := read([]byte(text))
		added := entry{Name: name, Note: "n"}
		err := Append(path, "items", added, func(text []byte) error {
			_, err := read(text)
			return err
		})
		now, rerr := os.ReadFile(path)
		if rerr != nil {
			t.Fatal(rerr)
		}
		if err != nil {
			if string(now) != text || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q became %q: %v", text, now, err)
			}
			return
		}
		after, err := read(now)
		if invalid != nil || err != nil {
			t.Fatalf("%q, which reads %v, became %q, which reads %v", text, invalid, now, err)
		}
		if d := cmp.Diff(append(before.Items, added), after.Items); d != "" {
			t.Errorf("%q became %q: %s", text, now, d)
		}
		for line := range strings.Lines(text) {
			if _, comment, ok := strings.Cut(line, "#"); ok && !strings.Contains(string(now), strings.TrimSpace(comment)) {
				t.Errorf("%q became %q: where is %q?", text, now, comment)
			}
		}
	})
}
