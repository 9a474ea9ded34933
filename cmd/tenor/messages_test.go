package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tenor/job"
)

// inside are words of how tenor is built, which no message may have, and what a line gets that was several.
var inside = regexp.MustCompile(`strconv|(^| )(yaml|json|time): |[Uu]nmarshal|[Cc]ontext (canceled|deadline)|%!|` +
	`Go (struct|value|type)|goroutine|runtime error|nil pointer|interface ?\{|\bmap\[|\[\]\w|\*\w+\.|\b[a-z]+\.[A-Z][a-z]+[A-Z]?\w*|` +
	`cobra|pflag|arg\(s\)|flag\(s\)|\t|   `)

// ours begins each line of stderr: an error, or a line of the log.
var ours = regexp.MustCompile(`^(tenor: \S|\d\d:\d\d:\d\d (WRN|ERR|INF) )`)

// away is a folder for the test to stand in, in which there is no AWS.
func away(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "TENOR_") {
			t.Setenv(name, "") // which puts it back
			_ = os.Unsetenv(name)
		}
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Chdir(dir)
}

// said runs the program and returns what is wrong with what it says of its end: nothing, for plain lines and a known code.
func said(args ...string) (exit job.Exit, stderr, wrong string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if args[0] == "simulate" {
		time.AfterFunc(100*time.Millisecond, cancel)
	}
	var out, errs bytes.Buffer
	exit = run(ctx, args, &out, &errs)
	stderr = errs.String()
	for line := range strings.Lines(stderr) {
		if !ours.MatchString(line) {
			wrong = fmt.Sprintf("has the line %q", line)
		}
	}
	switch bad := inside.FindString(stderr); {
	case bad != "":
		wrong = fmt.Sprintf("says %q", bad)
	case exit == job.ExitFailed && !strings.Contains(stderr, "tenor: "):
		wrong = "fails without a word"
	}
	return exit, stderr, wrong
}

// TestMessagesOfFlags gives every flag of every command values that it cannot take.
func TestMessagesOfFlags(t *testing.T) {
	away(t)
	if err := os.WriteFile("bad.yaml", []byte("a: [b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	files := []string{"", "nope", "bad.yaml", ".", "s3://b/c", "https://example.com/x", "\x01\n\x1b[31m"}
	values := map[string][]string{
		"bool": {"maybe", ""}, "int": {"x", "", "-1", "1.5", "99999999999999999999"}, "duration": {"x", "", "-5m", "5"},
		"stringSlice": {"", `a"b`, "nope", ","}, "stringArray": files, "string": files, "moment": {"", "x", "2026-13-01"},
		"word": {"", "x"}, "words": {"", "x", "json,,"}, "folder": files, "destination": files,
	}
	n := 0
	var each func(cmd *cobra.Command)
	each = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			each(sub)
		}
		words := strings.Fields(cmd.CommandPath())[1:]
		if len(words) == 0 || words[0] == "completion" || words[0] == "help" {
			return
		}
		for _, name := range strings.Fields(cmd.Use)[1:] {
			words = append(words, "no-"+strings.ToLower(strings.Trim(name, "[].")))
		}
		cmd.InheritedFlags() // which are among its flags then
		cmd.Flags().VisitAll(func(fl *pflag.Flag) {
			known, ok := values[fl.Value.Type()]
			if !ok {
				t.Errorf("--%s of %s is of the type %s, which the test has no values for", fl.Name, cmd.CommandPath(), fl.Value.Type())
			}
			for _, value := range known {
				args := append(words[:len(words):len(words)], "--"+fl.Name+"="+value)
				exit, stderr, wrong := said(args...)
				n++
				if wrong != "" {
					t.Errorf("%q: exit %d, %s:\n%.300s", args, exit, wrong, stderr)
				}
			}
		})
	}
	each((&cli{}).root())
	if n < 500 {
		t.Errorf("only %d command lines were tried", n)
	}
}

// TestMessagesOfFiles gives commands files that are damaged, of another kind, or of another type further in.
func TestMessagesOfFiles(t *testing.T) {
	away(t)
	if code, stderr, _ := said("run", "--demo", "--quiet", "--format", "json", "--out", "run"); code != job.ExitClean {
		t.Fatal(stderr)
	}
	record, err := os.ReadFile("run/report.json")
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile("run/snapshot/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	yamls := []string{
		"", "x", "[1]", "a: [b", "\tx: 1", "a: b: c", "x: 1\nx: 2", "? {a: b}\n: c", "&a [*a]", "<<: 1", "<<: [x]", "a: *b",
		"--- a\n--- b", "\xff\xfe", "a: !!binary x",
		"regions: x", "regions: {a: b}", "regions: [[a]]", "concurrency: x", "concurrency: 1.5", "concurrency: 99999999999999999999",
		"rate: x", "organization: x",
		"organization: [a]", "policies: {timeout: x}", "policies: {timeout: 5}", "policies: {dirs: x}", "policies: {severity: [a]}",
		"policies: {params: {a: b}}",
		"policies: {params: {outposts.order_error: {a: {? {b: c} : d}}}}", "policies: {params: {outposts.contract_ending: {low_days: .inf}}}",
		"policies: {params: {outposts.contract_ending: {low_days: 010}}}", "policies: {params: {outposts.contract_ending: {low_days: {1: 2}}}}",
		"policies: {max_findings: -1}", "policies: {dirs: [nope]}", "policies: {bundles: [nope.tar.gz]}",
		"policies: {key: nope, bundles: [nope.tar.gz]}",
		"finance: {discount_rate: x}", "finance: {discount_rate: [1]}", "finance: {discount_rate: 1e999999999}",
		"finance: {fiscal_year_start: 010}", "finance: {holidays: [x]}", "finance: {holidays: [2026-13-45]}",
		"output: {formats: [pdf]}", "output: {dir: s3://a/b}", "output: {s3: x}", "output: {sns_topic: x}", "output: {webhook: ':'}",
		"notify: {on: x}", "notify: {deadline_days: [x]}",
		"fail_on: 7", "waivers: nope", "waivers: [a]", "waivers_max_days: 0", "waivers_max_days: x",
		"policies: {signed_only: true}", "policies: {signed_only: true, key: nope, bundles: [nope.tar.gz], disable: [a]}",
		"policies: {signed_only: true, key: nope, bundles: [nope.tar.gz]}",
	}
	soon := time.Now().AddDate(0, 6, 0).Format(time.DateOnly)
	waiver := "waivers:\n  - {rule: outposts.order_error, resource: x, reason: r, owner: o, expires: " + soon
	waivers := append(yamls[:15:15], "waivers: x", "waivers: [a]", "waivers: {a: b}", "waivers: [{rule: [a]}]",
		waiver+", account: 012345678901}", waiver+", account: 12}", waiver+", finding: x}",
		waiver+", expires: 2026-12-31}", strings.Replace(waiver, soon, "soon", 1)+"}", strings.Replace(waiver, soon, "2999-12-31", 1)+"}",
		strings.Replace(waiver, "resource: x", `resource: "[a"`, 1)+"}",
		strings.Replace(waiver, "order_error", "order_eror", 1)+"}")
	jsons := []string{
		"", "x", "[1]", "{", `{"schema_version": 1}`, `{"schema_version": "7.0"}`, `{"schema_version": "1.0"}`,
		`{"schema_version": "1.0", "shards": "x", "files": "x", "run": 7}`,
		`{"schema_version": "1.0", "accounts": {}, "coverage": [7]}`,
		`{"schema_version": "1.0", "files": [{"path": "x.gz"}], "counts": {}}`, `{"schema_version": "1.0", "files": [{"path": "../x"}]}`,
		`[{"kind": 7}]`,
		`[{"kind": "throttle", "delay": "x"}]`, `[{"after": "x"}]`, `{"role": 7}`, string(record[:len(record)/2]),
		string(manifest[:len(manifest)/2]), string(manifest),
	}
	for _, member := range []string{"run", "findings", "rules", "coverage", "summary", "renewals"} {
		jsons = append(jsons, regexp.MustCompile(`(?m)^ ?"`+member+`": ?`).ReplaceAllString(string(record), `"`+member+`": 7, "was": `))
	}
	regos := []string{
		"", "x", "package", "package a\ndeny contains 1", "package a\ndeny := 1 if {", "package a\ndeny[x] { x := 1 }",
		"package a\ndeny contains http.send({}) if 1", "package tenor.a\ndeny contains \"x\"",
		"# METADATA\n# scope: package\n# custom: [\npackage a",
		"# METADATA\n# custom: {severity: 7}\npackage a\n\ndeny contains \"x\" if input.id",
		"package a\nimport data.nope\ndeny contains \"x\"", "\xff",
	}
	for _, of := range []struct {
		file  string
		texts []string
		args  []string
	}{
		{"c.yaml", yamls, []string{"evaluate", "run", "--out", "again", "--format", "json", "--config", "c.yaml"}},
		{"c.yaml", yamls, []string{"plan", "--out", "plan.json", "--config", "c.yaml"}},
		{"w.yaml", waivers, []string{"waivers", "check", "w.yaml"}},
		{"w.yaml", waivers, []string{"evaluate", "run", "--out", "again", "--format", "json", "--waivers", "w.yaml"}},
		{"j.json", jsons, []string{"run", "--shard", "j.json#0"}},
		{"snap/manifest.json", jsons, []string{"evaluate", "snap", "--out", "again"}},
		{"j.json", jsons, []string{"report", "j.json", "--format", "csv,html,xlsx"}},
		{"j.json", jsons, []string{"diff", "run", "j.json"}},
		{"j.json", jsons, []string{"evaluate", "run", "--out", "again", "--format", "json", "--baseline", "j.json"}},
		{"part/partial.json", jsons, []string{"merge", "part", "--out", "again"}},
		{"j.json", jsons, []string{"simulate", "--faults", "j.json"}},
		{"j.json", jsons, []string{"simulate", "--estate", "j.json"}},
		{"p/a.rego", regos, []string{"policies", "check", "p"}},
		{"p/data.json", jsons[:16], []string{"policies", "check", "p"}},
		{"p/data.yaml", yamls, []string{"policies", "check", "p"}},
		{"b.tar.gz", append(regos[:2:2], jsons[:4]...), []string{"policies", "check", "--policy", "b.tar.gz"}},
	} {
		t.Run(strings.Join(of.args, " "), func(t *testing.T) {
			if dir := filepath.Dir(of.file); dir != "." {
				if err := os.MkdirAll(dir, 0o700); err != nil {
					t.Fatal(err)
				}
				defer os.RemoveAll(dir)
			}
			failed := 0
			for _, text := range of.texts {
				if err := os.WriteFile(of.file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				exit, stderr, wrong := said(of.args...)
				if wrong != "" {
					t.Errorf("%.80q: exit %d, %s:\n%.300s", text, exit, wrong, stderr)
				}
				if exit == job.ExitFailed {
					failed++
				}
			}
			if failed < len(of.texts)/3 {
				t.Errorf("of %d files that are wrong %d were found out", len(of.texts), failed)
			}
		})
	}
}
