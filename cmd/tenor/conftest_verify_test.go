//go:build verify

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/report"
)

// TestConftestFindsTheSame exports the policies and documents of the demo, and has conftest evaluate them: for each rule and resource it
// has the findings that tenor has. It needs conftest, in CONFTEST or on the PATH.
func TestConftestFindsTheSame(t *testing.T) {
	conftest := os.Getenv("CONFTEST")
	if conftest == "" {
		conftest = "conftest"
	}
	out, export := filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "export")
	for _, args := range [][]string{
		{"run", "--demo", "--quiet", "--format", "json", "--fail-on", "none", "--out", out},
		{"policies", "export", "--out", export, "--run", out},
	} {
		if code := run(t.Context(), args, io.Discard, os.Stderr); code != 0 {
			t.Fatalf("tenor %s: exit %d", strings.Join(args, " "), code)
		}
	}
	cmd := exec.CommandContext(t.Context(), conftest, "test", "--policy", filepath.Join(export, "policy"), "--data", filepath.Join(export, "data"),
		"--all-namespaces", "--output", "json", "--no-fail", filepath.Join(export, "resources"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if err != nil {
		t.Fatalf("conftest: %v: %s", err, stderr.String())
	}
	var results []struct {
		Filename  string
		Namespace string
		Failures  []struct{ Msg string }
	}
	if err := json.Unmarshal(stdout, &results); err != nil {
		t.Fatal(err)
	}
	have := map[string]int{} // rule and resource → findings
	for _, r := range results {
		if len(r.Failures) > 0 {
			id := strings.TrimSuffix(filepath.Base(r.Filename), ".json")
			have[strings.TrimPrefix(r.Namespace, "tenor.")+" "+id[strings.LastIndex(id, "_")+1:]] += len(r.Failures)
		}
	}
	want := map[string]int{}
	r, closeReport, err := report.ReadJSON(filepath.Join(out, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer closeReport() //nolint:errcheck // it was only read
	for f, err := range r.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		if f.Verdict == audit.Fail {
			want[f.Rule+" "+f.Resource.ID]++
		}
	}
	if diff := cmp.Diff(want, have); diff != "" || len(want) < 40 {
		t.Errorf("%d findings (-tenor +conftest):\n%s", len(want), diff)
	}
}
