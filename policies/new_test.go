package policies

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What New writes passes as it is, for every kind, with an example on which it fires.
func TestNewRulePasses(t *testing.T) {
	dir := t.TempDir()
	for _, kind := range Kinds() {
		if _, err := New(dir, "acme."+strings.ReplaceAll(kind, ".", "_"), kind); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Test(t.Context(), Options{Dirs: []string{dir}}, Tests{})
	if err != nil {
		t.Fatal(err)
	}
	if want := 4 * len(Kinds()); len(r.Tests) != want || !r.Passed() {
		t.Errorf("%d tests, want %d: %+v", len(r.Tests), want, r.Tests)
	}
	for _, c := range r.Coverage {
		if c.Percent != 100 {
			t.Errorf("%s: %v%% covered", c.File, c.Percent)
		}
	}
	if len(r.Coverage) != len(Kinds()) {
		t.Errorf("coverage of %d files", len(r.Coverage))
	}
	var out bytes.Buffer
	if err := Show(t.Context(), &out, "acme.outposts_order", Options{Dirs: []string{dir}}); err != nil || !strings.Contains(out.String(), "begins with tmp-") {
		t.Errorf("%v\n%s", err, &out)
	}
}

func TestNewRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "taken_test.rego"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "acme"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "acme", "taken_test.rego"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][3]string{
		{"one", "outposts.order", "want an id such as"},
		{"tenor.acme.x", "outposts.order", "want an id such as"},
		{"acme.../../x", "outposts.order", "cannot be part of an id"},
		{"acme.if", "outposts.order", "cannot be part of an id"},
		{"acme.x", "outposts.rack", "there is no kind"},
		{"acme.taken", "outposts.order", "is there already"},
	} {
		if _, err := New(dir, c[0], c[1]); err == nil || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%s: %v, want %q", c[0], err, c[2])
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "acme", "taken.rego")); err == nil {
		t.Error("a rule was written without its test")
	}
}

func TestTestChoosesByName(t *testing.T) {
	dir := t.TempDir()
	for _, id := range []string{"acme.a", "acme.b"} {
		if _, err := New(dir, id, "outposts.order"); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Test(t.Context(), Options{Dirs: []string{dir}}, Tests{Run: regexp.MustCompile(`acme\.a_test\.test_ignores`)})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Tests) != 2 || len(r.Coverage) != 1 || !strings.HasSuffix(r.Coverage[0].File, "acme/a.rego") {
		t.Errorf("%+v", r)
	}
}
