package policies

import (
	"bytes"
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var acme = map[string]string{
	"acme/late.rego": meta("#   params: {days: {default: 3, description: Days that are allowed}}\n") + `package tenor.acme.late

deny contains {"msg": "late"} if {
	input.kind == "outposts.order"
	data.tenor.params.acme.late.days < 4
}
`,
	"acme/late_test.rego": `package tenor.acme.late_test

import data.tenor.acme.late

example := {"kind": "outposts.order", "id": "oo-1", "account": "111122223333", "region": "eu-central-1"}

test_reports_late if {
	late.deny == {{"msg": "late"}} with input as example
}
`,
}

func TestWriteList(t *testing.T) {
	p := load(t, Options{Params: map[string]map[string]json.RawMessage{"acme.late": {"days": json.RawMessage("2")}}}, acme)
	var out bytes.Buffer
	if err := WriteList(&out, p.Rules()); err != nil {
		t.Fatal(err)
	}
	have := strings.Split(out.String(), "\n")
	for i := range have {
		have[i] = strings.Join(strings.Fields(have[i]), " ")
	}
	for _, want := range []string{
		"RULE SEVERITY KINDS PARAMETERS",
		"acme.late low outposts.order days=2 (config)",
		"general.tag_missing low outposts.outpost,service_catalog.provisioned_product required=[\"Owner\",\"CostCenter\"]",
		"service_catalog.product_error high service_catalog.provisioned_product",
	} {
		if !slices.Contains(have, want) {
			t.Errorf("no line %q in\n%s", want, out.String())
		}
	}
	if len(have) != len(p.Rules())+2 {
		t.Errorf("%d lines for %d rules", len(have), len(p.Rules()))
	}
}

func TestShow(t *testing.T) {
	dir := writeTree(t, acme)
	var out bytes.Buffer
	if err := Show(t.Context(), &out, "acme.late", Options{Dirs: []string{dir}}); err != nil {
		t.Fatal(err)
	}
	want := `acme.late: Acme

About orders.

Severity:    low
Kinds:       outposts.order
Origin:      DIR
Remediation: Call somebody.
Parameter:   days = 3 (default): Days that are allowed
See:         https://acme.example

Source: DIR/acme/late.rego:11

    package tenor.acme.late

    deny contains {"msg": "late"} if {
    	input.kind == "outposts.order"
    	data.tenor.params.acme.late.days < 4
    }

Example, at 2026-12-01T00:00:00Z:

    {
      "account": "111122223333",
      "id": "oo-1",
      "kind": "outposts.order",
      "region": "eu-central-1"
    }

gives

    low: late
`
	if diff := cmp.Diff(want, strings.ReplaceAll(out.String(), dir, "DIR")); diff != "" {
		t.Error(diff)
	}
	err := Show(t.Context(), &out, "order_stalled", Options{})
	if want := `there is no rule "order_stalled"; did you mean "outposts.order_stalled"?`; err == nil || err.Error() != want {
		t.Errorf("have %v, want %s", err, want)
	}
}

// A rule is shown whatever the tests of others hold, and one whose example is of no use without it.
func TestShowWithoutExample(t *testing.T) {
	slow := "example := {\"kind\": \"outposts.order\"} if {\n\tsome a in numbers.range(1, 4000)\n\tsome b in numbers.range(1, 4000)\n\ta * " +
		"b == -1\n}\n"
	rule := "\n\ndeny contains \"x\" if input.kind == \"outposts.order\"\n"
	dir := writeTree(t, map[string]string{
		"late.rego":      acme["acme/late.rego"],
		"late_test.rego": acme["acme/late_test.rego"],
		"text.rego":      "package text" + rule,
		"text_test.rego": "package text_test\n\nexample := \"x\"\n",
		"slow.rego":      "package slow" + rule,
		"slow_test.rego": "package slow_test\n\n" + slow,
		"runs.rego": "package runs\n\ndeny contains \"x\" if {\n\tsome a in numbers.range(1, 4000)\n\tsome b in numbers.range(1, 4000)\n" +
			"\ta * b == -1\n}\n",
		"runs_test.rego": "package runs_test\n\nexample := {\"kind\": \"outposts.order\"}\n",
		"none.rego":      "package none" + rule,
		"none_test.rego": "package none_test\n\nexample := {\"kind\": \"outposts.quote\"}\n\nexample_params := [1]\n",
		"cold.rego":      "package cold" + rule,
		"cold_test.rego": "package cold_test\n\nexample := {\"kind\": \"outposts.quote\"}\n",
		"off.rego":       "package a[\"b-c\"]" + rule,
		"off_test.rego":  "package a[\"b-c_test\"]\n\nexample := {\"kind\": \"outposts.order\"}\n",
	})
	for id, want := range map[string]string{
		"acme.late": "gives\n\n    low: late\n",
		"text":      "\n\nNo example: DIR/text_test.rego:3: example: it is of type string, want the document of a resource\n",
		"slow":      "\n\nNo example: DIR/slow_test.rego:3: timed out after 50ms\n",
		"runs":      "\n\nNo example: DIR/runs_test.rego:3: example: the rule failed: DIR/runs.rego:1: timed out after 50ms\n",
		"none":      "\n\nNo example: DIR/none_test.rego:3: example_params is of type array of number, want object\n",
		"cold":      "\n\nNo example: DIR/cold_test.rego:3: example: the rule does not fire on it\n",
		`a["b-c"]`:  "gives\n\n    high: x\n",
	} {
		var out bytes.Buffer
		if err := Show(t.Context(), &out, id, Options{Dirs: []string{dir}, Disable: []string{`a["b-c"]`},
			Timeout: 50 * time.Millisecond}); err != nil {
			t.Errorf("%s: %v", id, err)
		} else if have := strings.ReplaceAll(out.String(), dir, "DIR"); !strings.HasSuffix(have, want) {
			t.Errorf("%s: no %q at the end of\n%s", id, want, have)
		}
	}

	broken := writeTree(t, map[string]string{"text.rego": "package text" + rule,
		"b_test.rego": "package b_test\n\ntest_x if {\n\ty == 1\n\tz == 1\n}\n"})
	var out bytes.Buffer
	if err := Show(t.Context(), &out, "text", Options{Dirs: []string{broken}}); err != nil {
		t.Fatal(err)
	}
	want := "\nNo example: DIR/b_test.rego:4: var y is unsafe; DIR/b_test.rego:5: var z is unsafe\n"
	if have := strings.ReplaceAll(out.String(), broken, "DIR"); !strings.HasSuffix(have, want) {
		t.Errorf("no %q at the end of\n%s", want, have)
	}
}

// OPA stops between calls of built-ins; an example that sits in one holds nothing up.
func TestShowLeavesAnExampleBehind(t *testing.T) {
	dir := writeTree(t, map[string]string{
		"call.rego": "package call\n\ndeny contains \"x\" if input.id\n",
		"call_test.rego": "package call_test\n\nexample := strings.render_template(`{{range .a}}{{range $.a}}{{range " +
			"$.a}}{{end}}{{end}}{{end}}`, {\"a\": numbers.range(1, 700)})\n",
	})
	var out bytes.Buffer
	if err := Show(t.Context(), &out, "call", Options{Dirs: []string{dir}, Timeout: 50 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	stacks := make([]byte, 1<<20)
	if stacks = stacks[:runtime.Stack(stacks, true)]; !bytes.Contains(stacks, []byte("topdown.renderTemplate(")) {
		t.Error("the call has ended")
	}
	if want := "\nNo example: " + dir + "/call_test.rego:3: timed out after 50ms\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("no %q at the end of\n%s", want, out.String())
	}
}

func TestCheck(t *testing.T) {
	dir := writeTree(t, acme)
	var out bytes.Buffer
	if err := Check(t.Context(), &out, Options{Dirs: []string{dir}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("DIR/acme/late.rego: rule acme.late, low\nDIR/acme/late_test.rego: 1 test\n",
		strings.ReplaceAll(out.String(), dir, "DIR")); diff != "" {
		t.Error(diff)
	}
	broken := writeTree(t, map[string]string{"a.rego": acme["acme/late.rego"], "a_test.rego": "package a_test\n\ntest_x if { y == 1 }\n"})
	err := Check(t.Context(), &out, Options{Dirs: []string{broken}})
	if err == nil || strings.ReplaceAll(err.Error(), broken, "DIR") != "DIR/a_test.rego:3: var y is unsafe" {
		t.Errorf("a broken test: %v", err)
	}
}

// Whatever is not run is called what it is.
func TestCheckSaysWhatIsNotRun(t *testing.T) {
	dir := writeTree(t, map[string]string{
		"a/denied.rego":      "package a.denied\n\ndenied contains \"x\" if input.id\n",
		"a/more.rego":        "package b\n\nwarn contains \"y\" if input.id\n",
		"a/off.rego":         "package off\n\ndeny contains \"x\" if input.id\n",
		"a/rule_test.rego":   "package rule\n\ndeny contains \"x\" if input.id\n",
		"a/tests_test.rego":  "package b_test\n\ntest_a if true\n\ntest_a if true\n\ntodo_test_b if false\n",
		"data.yaml":          "word: x\n",
		"lib/functions.rego": "package tenor.lib.mine\n\nf(x) := x\n",
		"other.rego":         "package other\n\ndeny contains \"x\" if input.id\n",
	})
	var out bytes.Buffer
	if err := Check(t.Context(), &out, Options{Dirs: []string{dir}, Namespaces: []string{"b", "off", "a.denied"},
		Disable: []string{"off"}}); err != nil {
		t.Fatal(err)
	}
	want := `DIR/a/denied.rego: library a.denied: no rule, since it has no deny, violation or warn
DIR/a/more.rego: rule b, low
DIR/a/off.rego: rule off, high, switched off
DIR/a/rule_test.rego: no tests, and no rule either, since its name ends in _test.rego
DIR/a/tests_test.rego: 2 tests
DIR/data.yaml: data
DIR/lib/functions.rego: library tenor.lib.mine
DIR/other.rego: not run, since the package other is no namespace that was chosen
`
	if diff := cmp.Diff(want, strings.ReplaceAll(out.String(), dir, "DIR")); diff != "" {
		t.Error(diff)
	}
}

func TestTestReport(t *testing.T) {
	files := map[string]string{
		"a.rego": acme["acme/late.rego"],
		"a_test.rego": `package tenor.acme.late_test

import data.tenor.acme.late

test_fails if {
	print("looking")
	late.deny == set() with input as {"kind": "outposts.order"}
}

test_breaks if to_number("x") == 1

test_passes if true

todo_test_later if false
`,
	}
	dir := writeTree(t, files)
	report, err := Test(t.Context(), Options{Dirs: []string{dir}}, Tests{})
	if err != nil {
		t.Fatal(err)
	}
	if report.Passed() {
		t.Error("it passed")
	}
	var out bytes.Buffer
	if err := report.Write(&out, false); err != nil {
		t.Fatal(err)
	}
	have := strings.ReplaceAll(out.String(), dir, "DIR")
	for _, want := range []string{
		"FAIL data.tenor.acme.late_test.test_fails (DIR/a_test.rego:5)\n  DIR/a_test.rego:7: not true: late.deny == set() with input as " +
			"{\"kind\": \"outposts.order\"}\n    looking\n",
		"FAIL data.tenor.acme.late_test.test_breaks (DIR/a_test.rego:10)\n  DIR/a_test.rego:10: to_number: strconv.ParseFloat: parsing \"x\": " +
			"invalid syntax\n",
		"100.0%  DIR/a.rego\n",
		"1 skipped\n",
	} {
		if !strings.Contains(have, want) {
			t.Errorf("no %q in\n%s", want, have)
		}
	}
}

func TestTestIsStopped(t *testing.T) {
	dir := writeTree(t, map[string]string{"a_test.rego": "package a_test\n\ntest_runs if {\n\tsome a in numbers.range(1, 4000)\n\tsome b " +
		"in numbers.range(1, 4000)\n\ta * b == -1\n}\n", "a.rego": "package a\n"})
	report, err := Test(t.Context(), Options{Dirs: []string{dir}, Timeout: 200 * time.Millisecond}, Tests{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(report.Tests, func(r TestResult) bool { return r.Name == "test_runs" })
	if have, want := report.Tests[i].Problem, dir+"/a_test.rego:3: timed out after 200ms"; have != want {
		t.Errorf("have %q, want %q", have, want)
	}
}

func TestTestWithoutTests(t *testing.T) {
	if (&TestReport{}).Passed() {
		t.Error("no tests at all passed")
	}
}
