package policies

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/format"
)

// The policy of docs/writing-policies.md is written as it says, and its tests pass.
func TestWritingPolicies(t *testing.T) {
	text, err := os.ReadFile("../docs/writing-policies.md")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)```rego file=(\\S+)\n(.*?)```").FindAllSubmatch(text, -1) {
		files[string(m[1])] = string(m[2])
		if want, err := format.Source(string(m[1]), m[2]); err != nil || !bytes.Equal(want, m[2]) {
			t.Errorf("%s is not formatted: %v\n%s", m[1], err, cmp.Diff(string(want), string(m[2])))
		}
	}
	if len(files) != 2 {
		t.Fatalf("it has %d files", len(files))
	}
	o := Options{Dirs: []string{writeTree(t, files)}}
	report, err := Test(t.Context(), o, Tests{})
	if err != nil {
		t.Fatal(err)
	}
	own := 0
	for _, r := range report.Tests {
		if strings.Contains(r.Package, "acme") {
			own++
			if !r.Passed {
				t.Errorf("%s: %s", r.Name, r.Problem)
			}
		}
	}
	if own != 5 {
		t.Errorf("%d tests were run", own)
	}
	for _, c := range report.Coverage {
		if len(c.Missed) > 0 {
			t.Errorf("%s: lines %v are not tested", c.File, c.Missed)
		}
	}
	examples, err := examplesOf(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`acme.order_waiting medium fail: the order of 2026-11-23T23:59:59Z is DELIVERED and not installed ` +
		`{"status":"DELIVERED","submitted":"2026-11-23T23:59:59Z"}`}, lines(examples["acme.order_waiting"].Findings)); diff != "" {
		t.Error(diff)
	}

	misspelt := map[string]string{"a.rego": strings.Replace(files["acme/order_waiting.rego"], "input.spec.Status ==",
		"input.spec.State ==", 1)}
	if _, err := Load(t.Context(), Options{Dirs: []string{writeTree(t, misspelt)}}); err == nil ||
		!strings.Contains(err.Error(), "undefined ref: input.spec.State") {
		t.Errorf("the misspelt field: %v", err)
	}
}
