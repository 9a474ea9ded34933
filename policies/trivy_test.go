package policies

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// trivyOrders are checks in the way of Trivy's, over orders.
func trivyOrders() map[string]string {
	return map[string]string{
		"stale.rego": `package builtin.acme.stale

import data.lib.cloud.datetime

deny contains res if {
	datetime.days_since(input.spec.OrderSubmissionDate) > 30
	isManaged(input.spec)
	res := result.new("The order is old.", input.spec)
}
`,
		"secret.rego": `package builtin.acme.secret

deny contains res if {
	scan := squealer.scan_string(input.spec.Note)
	scan.transgressionFound
	res := result.new(sprintf("A secret: %s", [scan.description]), input.spec)
}

deny contains "unsafe" if {
	input.spec.Safe
	not squealer.scan_string(input.spec.Safe).transgressionFound
}
`,
		"shell.rego": `package builtin.acme.shell

deny contains "sudo" if {
	some command in sh.parse_commands(input.spec.Script)
	command[0] == "sudo"
}
`,
		"lib/datetime.rego": `package lib.cloud.datetime

days_since(date) := (time.now_ns() - time.parse_rfc3339_ns(date)) / 86400000000000
`,
		"stale_test.rego": `package builtin.acme.stale_test

import data.builtin.acme.stale

old := {"spec": {"OrderSubmissionDate": "2026-10-31T23:59:59Z"}}

test_now := time.now_ns() == data.tenor.run.as_of_ns

test_reports_old_order if count(stale.deny) == 1 with input as old

test_ignores_order_on_the_limit if stale.deny == set() with input.spec.OrderSubmissionDate as "2026-11-01T00:00:00Z"

test_ignores_order_of_another_time if stale.deny == set() with input as old with time.now_ns as 1793000000000000000
`,
	}
}

// TestTrivy loads checks that call Trivy's functions. Those that tenor does not have make an error of a rule where they are called, also
// under not, and nothing where they are not.
func TestTrivy(t *testing.T) {
	dir := writeTree(t, trivyOrders())
	var out bytes.Buffer
	if err := Check(t.Context(), &out, Options{Dirs: []string{dir}}); err != nil {
		t.Fatal(err)
	}
	const (
		lack    = ", which Trivy has and tenor does not: a rule that calls it is an error\n"
		scanner = "squealer.scan_string needs a scanner for secrets" + lack
		shell   = "sh.parse_commands needs a parser of shell commands" + lack
	)
	want := "DIR/lib/datetime.rego: library lib.cloud.datetime: no rule, since it has no deny, violation or warn\n" +
		"DIR/secret.rego: rule builtin.acme.secret, high\nDIR/shell.rego: rule builtin.acme.shell, high\n" +
		"DIR/stale.rego: rule builtin.acme.stale, high\nDIR/stale_test.rego: 4 tests\nDIR/secret.rego:4: " +
		scanner + "DIR/shell.rego:4: " + shell
	if diff := cmp.Diff(want, strings.ReplaceAll(out.String(), dir, "DIR")); diff != "" {
		t.Error(diff)
	}
	report, err := Test(t.Context(), Options{Dirs: []string{dir}}, Tests{})
	if err != nil || !report.Passed() || len(report.Tests) != 4 {
		t.Errorf("the tests: %v, %+v", err, report)
	}

	p := load(t, Options{Dirs: []string{dir}}, nil)
	e := evaluator(t, p)
	const noScanner, noShell = "squealer.scan_string: it needs a scanner for secrets, which Trivy has and tenor does not",
		"sh.parse_commands: it needs a parser of shell commands, which Trivy has and tenor does not"
	for _, test := range []struct {
		spec string
		want map[string]string // rule → verdict and message
	}{
		{`{"OrderSubmissionDate":"2026-11-30T00:00:00Z"}`, map[string]string{}},
		{`{"OrderSubmissionDate":"2026-10-31T23:59:59Z","resource":"r","startline":7}`,
			map[string]string{"stale": "fail The order is old. {}"}},
		{`{"OrderSubmissionDate":"2026-10-31T23:59:59Z","managed":false}`, map[string]string{}},
		{`{"Note":"x"}`, map[string]string{"secret": "error the rule failed: DIR/secret.rego:4: " + noScanner + " {}"}},
		{`{"Safe":"x"}`, map[string]string{"secret": "error the rule failed: DIR/secret.rego:11: " + noScanner + " {}"}},
		{`{"Script":"ls"}`, map[string]string{"shell": "error the rule failed: DIR/shell.rego:4: " + noShell + " {}"}},
		{`{}`, map[string]string{}},
		{`{"Script":"ls"}`, map[string]string{"shell": "error the rule failed: DIR/shell.rego:4: " + noShell + " {}"}}, // not remembered
	} {
		found, err := e.Eval(t.Context(), &audit.Resource{Kind: audit.KindOrder, ID: "oo-1", Spec: json.RawMessage(test.spec)})
		if err != nil {
			t.Fatal(err)
		}
		have := map[string]string{}
		for _, f := range found {
			if rule, ok := strings.CutPrefix(f.Rule, "builtin.acme."); ok {
				said := fmt.Sprintf("%s %s {%s}", f.Verdict, f.Msg, strings.Trim(string(f.Evidence), "{}"))
				have[rule] = strings.ReplaceAll(said, dir, "DIR")
			}
		}
		if diff := cmp.Diff(test.want, have); diff != "" {
			t.Errorf("%s: %s", test.spec, diff)
		}
	}
}

// TestClockOfARun: time.now_ns is the instant of the run, whenever it is evaluated.
func TestClockOfARun(t *testing.T) {
	p := load(t, Options{}, map[string]string{"a.rego": "package a\n\ndeny contains sprintf(\"%d\", [time.now_ns()]) if input.kind\n\n" +
		"deny contains \"differ\" if time.now_ns() != data.tenor.run.as_of_ns\n"})
	for _, asOf := range []time.Time{TestTime(), time.Date(2031, 2, 3, 4, 5, 6, 7, time.UTC)} {
		e, err := p.NewEvaluator(asOf)
		if err != nil {
			t.Fatal(err)
		}
		found, err := e.Eval(t.Context(), &audit.Resource{Kind: audit.KindQuote, ID: "q"})
		if want := fmt.Sprint(asOf.UnixNano()); err != nil || len(found) != 1 || found[0].Rule != "a" || found[0].Msg != want {
			t.Errorf("at %s: %v, %+v", asOf, err, found)
		}
	}
}

// What Trivy says of addresses, by its documentation.
func TestTrivyAddresses(t *testing.T) {
	const most = 1<<64 - 1
	for _, test := range []struct {
		text   string
		public bool
		count  uint64
	}{
		{"*", true, most}, {"Internet", true, most}, {"ANY", true, most}, {"", false, 0}, {"nonsense", false, 0}, {"1.2.3.4/33", false, 0},
		{"1.2.3.4", true, 1}, {"9.255.255.255", true, 1}, {"10.0.0.0", false, 1}, {"10.255.255.255", false, 1}, {"11.0.0.0", true, 1},
		{"100.63.255.255", true, 1}, {"100.64.0.0", false, 1}, {"169.254.1.1", false, 1}, {"172.31.255.255", false, 1},
		{"172.32.0.0", true, 1},
		{"192.168.0.1/16", false, 1 << 16}, {"192.168.0.1/15", true, 1 << 17}, {"10.0.0.0/8", false, 1 << 24},
		{"10.0.0.0/7", true, 1 << 25},
		{"0.0.0.0/0", true, 1 << 32}, {"127.0.0.1/0", true, 1 << 32}, {"1.2.3.4/32", true, 1},
		{"::1", false, 1}, {"::2", true, 1}, {"fe80::/10", false, most}, {"fe80::/9", true, most}, {"fd00::1", false, 1},
		{"::/0", true, most},
		{"::/65", true, most}, {"2001:db8::/66", true, 1 << 62}, {"::ffff:10.0.0.1", false, 1},
		{"10.0.0.1-10.0.0.9", false, 0}, {"10.0.0.1 - 11.0.0.1", true, 0}, {"9.0.0.1-10.0.0.1", true, 0}, {"10.0.0.1-x", true, 0},
		{"1.1.1.1-2.2.2.2-3.3.3.3", false, 0},
	} {
		if public, count := isPublic(test.text), countAddresses(test.text); public != test.public || count != test.count {
			t.Errorf("%q: public %t, %d addresses; want %t, %d", test.text, public, count, test.public, test.count)
		}
	}
	p := load(t, Options{}, map[string]string{"a.rego": "package a\n\ndeny contains \"most\" if " +
		"cidr.count_addresses(\"*\") == 18446744073709551615\n\ndeny contains \"public\" if not cidr.is_public(\"10.0.0.1\")\n"})
	found, err := evaluator(t, p).Eval(t.Context(), &audit.Resource{Kind: audit.KindQuote, ID: "q"})
	if err != nil || len(found) != 2 || found[0].Msg != "most" || found[1].Msg != "public" {
		t.Errorf("%v, %+v", err, found)
	}
}

// A result says where its cause stands, by the names that Trivy has for it, up to whatever holds it.
func TestTrivyResult(t *testing.T) {
	p := load(t, Options{}, map[string]string{"a.rego": `package a

place(cause) := object.remove(result.new("m", cause), ["msg"])

none := {"endline": 0, "explicit": false, "filepath": "", "fskey": "", "managed": true, "parent": null, "resource": "", "sourceprefix": "",
	"startline": 0}

deny contains "nothing" if every cause in [{}, "x", 1, null, [], {"msg": "n"}] { place(cause) == none }

deny contains "metadata" if {
	place({"value": 1, "startline": 1, "__defsec_metadata": {"startline": 7, "resource": "r", "managed": false,
		"parent": {"filepath": "f"}}}) == object.union(none, {"startline": 7, "resource": "r", "managed": false,
		"parent": object.union(none, {"filepath": "f"})})
}

deny contains "file" if {
	place({"startline": 1, "StartLine": 3, "EndLine": 4, "Path": "p"}) == object.union(none, {"startline": 3, "endline": 4,
		"filepath": "p"})
}

deny contains object.union(result.new("more", input.spec), {"evidence": {"id": input.id}, "severity": "LOW"}) if isManaged(input.spec)

deny contains {"msg": "a resource of its own", "resource": "r", "managed": true}
`})
	found, err := evaluator(t, p).Eval(t.Context(), &audit.Resource{Kind: audit.KindQuote, ID: "q", Spec: json.RawMessage(`{"a":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, f := range found {
		have = append(have, fmt.Sprintf("%s %s %s", f.Severity, f.Msg, f.Evidence))
	}
	want := []string{"high file ", "high metadata ", "high nothing ", `low more {"id":"q"}`,
		`high a resource of its own {"managed":true,"resource":"r"}`}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

// A rule that reads of a document only what none has is named.
func TestRulesForOtherDocuments(t *testing.T) {
	files := map[string]string{
		"a.rego": "package a\n\ndeny contains \"x\" if input.aws.s3.buckets\n",
		"b.rego": "package b\n\ndeny contains \"x\" if not input.aws.s3\n\ndeny contains \"y\" if input.kubernetes\n",
		"c.rego": "package c\n\ndeny contains \"x\" if input.aws == input.id\n",
		"d.rego": "package d\n\ndeny contains \"x\" if input[_] == \"aws\"\n",
		"e.rego": "package e\n\ndeny contains \"x\" if data.x\n",
		"f.rego": "package f\n\ndeny contains \"x\" if object.get(input, \"aws\", 0) == 1\n",
	}
	dir := writeTree(t, files)
	p := load(t, Options{Dirs: []string{dir}}, nil)
	if diff := cmp.Diff([]string{"a", "b"}, p.Elsewhere()); diff != "" {
		t.Error(diff)
	}
	var out bytes.Buffer
	if err := Check(t.Context(), &out, Options{Dirs: []string{dir}}); err != nil {
		t.Fatal(err)
	}
	const want = "b.rego: rule b, high, for other documents: none here has input.aws, input.kubernetes\n"
	if !strings.Contains(out.String(), want) {
		t.Errorf("%s\nhas no %s", &out, want)
	}
}
