package waivers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var day = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func TestAdd(t *testing.T) {
	w := Waiver{Rule: "a.b", Resource: "op-1", Account: "111122223333", Reason: "it's: fine", Owner: "ops", Expires: "2027-01-31"}
	item := "- rule: a.b\n  resource: op-1\n  account: \"111122223333\"\n  reason: 'it''s: fine'\n  owner: ops\n  expires: \"2027-01-31\"\n"
	indented := func(n int) string {
		return strings.Repeat(" ", n) + strings.ReplaceAll(strings.TrimSuffix(item, "\n"), "\n", "\n"+strings.Repeat(" ", n)) + "\n"
	}
	first := "{rule: a.b, resource: x, reason: r, owner: o, expires: 2026-12-31}"
	for _, tt := range []struct{ name, text, want string }{
		{"no file", "", "waivers:\n" + indented(2)},
		{"comments only", "# why\n", "# why\nwaivers:\n" + indented(2)},
		{"empty list", "# why\nwaivers: []\n", "# why\nwaivers:\n" + indented(2)},
		{"nothing", "waivers:\n", "waivers:\n" + indented(2)},
		{"a list", "# why\nwaivers:\n  - " + first + " # because\n  # the end\n",
			"# why\nwaivers:\n  - " + first + " # because\n  # the end\n" + indented(2)},
		{"a list without indentation", "waivers:\n- " + first, "waivers:\n- " + first + "\n" + indented(0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "waivers.yaml")
			if tt.text != "" {
				if err := os.WriteFile(path, []byte(tt.text), 0o640); err != nil {
					t.Fatal(err)
				}
			}
			if err := Add(path, w, Limit{From: day}); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, string(got)); d != "" {
				t.Error(d)
			}
			if err := Add(path, w, Limit{From: day}); err == nil || !strings.Contains(err.Error(), "stands in line") {
				t.Errorf("the same waiver twice: %v", err)
			}
		})
	}
	t.Run("one that has expired", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "waivers.yaml")
		end := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
		if err := Add(path, w, Limit{From: end}); err == nil || err.Error() != "expires: 2027-01-31 has passed" {
			t.Error(err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("the file is there")
		}
		if err := Add(path, w, Limit{From: end.Add(-time.Second)}); err != nil {
			t.Error(err)
		}
	})
	t.Run("a file that is wrong is not touched", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "waivers.yaml")
		for _, text := range []string{"waivers: [" + first + "]\n", "nonsense: 1\n"} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := Add(path, w, Limit{From: day}); err == nil {
				t.Errorf("%q: no error", text)
			}
			if got, _ := os.ReadFile(path); string(got) != text {
				t.Errorf("%q became %q", text, got)
			}
		}
		bad := w
		bad.Expires = "soon"
		if err := Add(filepath.Join(t.TempDir(), "w.yaml"), bad, Limit{From: day}); err == nil {
			t.Error("an unreadable date was added")
		}
	})
}
