package policies

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// described parses files and describes their rules, as Load does before it compiles. The rules are given as id, severity, title
// and kinds.
func described(t *testing.T, files map[string]string) (rules, warnings []string, err error) {
	t.Helper()
	schemas, err := readSchemas()
	if err != nil {
		t.Fatal(err)
	}
	p := &Pack{}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		s := &source{name: name, path: name, origin: "dir", text: []byte(files[name])}
		errs = append(errs, s.parse())
		p.files = append(p.files, s)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, nil, err
	}
	all, err := findRules(p.files, nil, schemas)
	for _, r := range all {
		rules = append(rules, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", r.ID, r.Severity, r.Title, strings.Join(r.Kinds, ","))))
		for _, set := range r.sets {
			if set.severity != "" {
				rules = append(rules, fmt.Sprintf("%s %s %s", r.ID, set.name, set.severity))
			}
		}
	}
	return rules, p.Warnings(), err
}

const (
	onDeny = "deny contains \"x\" if input.kind == \"outposts.order\"\n"
	low    = "# METADATA\n# title: T\n# custom:\n#   severity: low\n"
)

// METADATA is honoured, or named with its line; what OPA refuses is an error with its line.
func TestMetadata(t *testing.T) {
	const (
		endsHere = "METADATA: the block above ends here, and this is not read: begin the line with # in the first column"
		noHead   = "METADATA: it is not read: a block begins with a line `# METADATA`, in capitals and in the first column"
		noBlock  = "METADATA: it is not read: it is in no block, which begins with a line `# METADATA` and has no empty line in it"
	)
	honoured := []string{"p low T"}
	tests := []struct {
		name     string
		text     string // of a.rego
		rules    []string
		warnings []string
		err      string
	}{
		{"on the package", low + "package p\n\n" + onDeny, honoured, nil, ""},
		{"without a space", "#METADATA\n#title: T\n#custom:\n#  severity: low\npackage p\n\n" + onDeny, honoured, nil, ""},
		{"with a colon", strings.Replace(low, "METADATA", "METADATA:", 1) + "package p\n\n" + onDeny, honoured, nil, ""},
		{"after a tab", strings.Replace(low, " METADATA", "\tMETADATA", 1) + "package p\n\n" + onDeny, honoured, nil, ""},
		{"after a byte order mark", "\ufeff" + low + "package p\n\n" + onDeny, honoured, nil, ""},
		{"with the lines of Windows", strings.ReplaceAll(low+"package p\n\n"+onDeny, "\n", "\r\n"), honoured, nil, ""},
		{"above an empty line", low + "\n\npackage p\n\n" + onDeny, honoured, nil, ""},
		{"above another comment", low + "\n# About p.\n\npackage p\n\n" + onDeny, honoured, nil, ""},
		{"with a severity in capitals", strings.Replace(low, "low", "LOW", 1) + "package p\n\n" + onDeny, honoured, nil, ""},
		{"on the rule", "package p\n\n" + low + onDeny, honoured, nil, ""},
		{"on the document", "package p\n\n" + strings.Replace(low, "METADATA", "METADATA\n# scope: document", 1) + onDeny, honoured, nil, ""},
		{"on the rule, with kinds", "package p\n\n" + low + "#   kinds: [outposts.order]\n" + onDeny, []string{"p low T outposts.order"}, nil,
			""},
		{"on a rule that warns", "package p\n\n" + low + "warn contains \"x\" if input.id\n", honoured, nil, ""},
		{"on a rule that warns, of two sets", "package p\n\n" + onDeny + "\n" + strings.Replace(low, "low", "medium", 1) +
			"warn contains \"x\" if input.id\n", []string{"p medium T"}, nil, ""},
		{"on the package and those below", strings.Replace(low, "METADATA", "METADATA\n# scope: subpackages", 1) + "package p\n\n" + onDeny,
			honoured, []string{
				"a.rego:2: METADATA: it counts for its own package, not for those below it"}, ""},

		{"in small letters", strings.ToLower(low) + "package p\n\n" + onDeny, []string{"p high p"}, []string{"a.rego:1: " + noHead}, ""},
		{"with two signs", "#" + low + "package p\n\n" + onDeny, []string{"p high p"}, []string{"a.rego:1: " + noHead}, ""},
		{"indented", " " + low + "package p\n\n" + onDeny, []string{"p high p"}, []string{"a.rego:1: " + noHead}, ""},
		{"after another comment, in small letters", "# About p.\n" + strings.ToLower(low) + "package p\n\n" + onDeny, []string{"p high p"},
			[]string{"a.rego:2: " + noHead}, ""},
		{"with an indented line", strings.Replace(low, "# custom", " # description: d\n# custom", 1) + "package p\n\n" + onDeny,
			[]string{"p high T"}, []string{"a.rego:3: " + endsHere}, ""},
		{"with a line after a tab", strings.Replace(low, "# custom", "\t# more\n# custom", 1) + "package p\n\n" + onDeny,
			[]string{"p high T"}, []string{"a.rego:3: " + endsHere}, ""},
		{"with an empty line", strings.Replace(low, "# custom", "\n# custom", 1) + "package p\n\n" + onDeny, []string{"p high T"},
			[]string{"a.rego:4: " + noBlock}, ""},
		{"with an empty line, then a title", "# METADATA\n# custom: {severity: low}\n\n# title: T\npackage p\n\n" + onDeny,
			[]string{"p low p"}, []string{"a.rego:4: " + noBlock}, ""},
		{"without its first line", strings.TrimPrefix(low, "# METADATA\n") + "package p\n\n" + onDeny, []string{"p high p"},
			[]string{"a.rego:2: " + noBlock}, ""},
		{"with a first line misspelt", strings.Replace(low, "METADATA", "META DATA", 1) + "package p\n\n" + onDeny, []string{"p high p"},
			[]string{"a.rego:3: " + noBlock}, ""},
		{"with the severity on top", "# METADATA\n# title: T\n# severity: low\npackage p\n\n" + onDeny, []string{"p high T"}, []string{
			"a.rego:3: METADATA: severity is not read: it is no key of METADATA, but of custom"}, ""},
		{"with a key on top that is misspelt", "# METADATA\n# titel: T\n# custom: {severity: low}\npackage p\n\n" + onDeny,
			[]string{"p low p"}, []string{
				"a.rego:2: METADATA: titel is not read: it is no key of METADATA"}, ""},
		{"of two YAML documents", strings.Replace(low, "# custom", "# ---\n# custom", 1) + "package p\n\n" + onDeny, []string{"p high T"},
			[]string{
				"a.rego:4: METADATA: it is not read from here on: it has one YAML document, without --- or ..."}, ""},
		{"of a YAML document and what is none", strings.Replace(low, "# custom", "# ...\n# [a\n# custom", 1) + "package p\n\n" + onDeny,
			[]string{"p high T"}, []string{
				"a.rego:1: METADATA: what follows --- or ... in it is not read"}, ""},
		{"with lines around it", strings.Replace(low, "METADATA\n", "METADATA\n# ---\n", 1) + "# ---\npackage p\n\n" + onDeny, honoured, nil, ""},

		{"on another rule", "package p\n\n" + low + "helper if input.id\n\n" + onDeny, []string{"p high p"}, []string{
			"a.rego:6: METADATA: severity is not read: it is that of a rule other than deny, violation or warn"}, ""},
		{"on another rule, about it alone", "package p\n\n# METADATA\n# title: Helper\n# description: Helps.\nhelper if input.id\n\n" +
			onDeny, []string{"p high p"}, nil, ""},
		{"on a package without rules", low + "package p\n\ndenied contains \"x\" if input.id\n", nil, []string{
			"a.rego:4: METADATA: severity is not read: there is no deny, violation or warn in the package"}, ""},
		{"on the package and the rule", low + "package p\n\n# METADATA\n# title: U\n# custom: {severity: high, remediation: r}\n" + onDeny,
			honoured, []string{
				"a.rego:8: METADATA: title is not read: that in a.rego:2 counts",
				"a.rego:9: METADATA: severity is not read: that in a.rego:4 counts"}, ""},
		{"on the package and the rule, the same", low + "package p\n\n" + low + onDeny, honoured, nil, ""},
		{"on two rules", "package p\n\n" + low + onDeny + "\n# METADATA\n# custom: {severity: critical}\n" + onDeny, []string{"p critical T"},
			[]string{
				"a.rego:6: METADATA: severity is not read: that in a.rego:10 counts"}, ""},

		{"with a severity that is none", strings.Replace(low, "low", "blocker", 1) + "package p\n\n" + onDeny, []string{"p high T"}, []string{
			`a.rego:4: METADATA: severity "blocker": want critical, high, medium, low or info: it is taken as absent`}, ""},
		{"with a severity of another type", strings.Replace(low, "low", "[low]", 1) + "package p\n\n" + onDeny, []string{"p high T"}, []string{
			"a.rego:4: METADATA: custom.severity: it cannot be of type array: it is taken as absent"}, ""},
		{"with a kind that is none", low + "#   kinds: [ec2.instance, outposts.order]\npackage p\n\n" + onDeny,
			[]string{"p low T outposts.order"}, []string{
				`a.rego:5: METADATA: there is no kind "ec2.instance"; the kinds are ` + strings.Join(Kinds(), ", ") + `: it is taken as absent`}, ""},
		{"with parameters of another type", low + "#   params: [a]\npackage p\n\n" + onDeny, honoured, []string{
			"a.rego:5: METADATA: custom.params: it cannot be of type array: it is taken as absent"}, ""},
		{"with frameworks of its own", low + "#   frameworks: {cis: ['1.1']}\npackage p\n\n" + onDeny, honoured, []string{
			"a.rego:5: METADATA: custom.frameworks: it cannot be of type object: it is taken as absent"}, ""},
		{"with other keys of custom", low + "#   owner: me\n#   id: A-1\npackage p\n\n" + onDeny, honoured, []string{
			"a.rego:5: METADATA: of custom, tenor does not read id, owner"}, ""},
		{"with a schema by name", strings.Replace(low, "# custom",
			"# schemas:\n# - input: schema[\"cloud\"]\n# - input.a: {type: object}\n# custom", 1) + "package p\n\n" + onDeny, honoured, []string{
			"a.rego:1: METADATA: there is no schema schema.cloud: what the policy reads is not checked against it"}, ""},
		{"prose that names it", "# The metadata of p: severity and custom keys.\n# severity: see the wiki\npackage p\n\n# Metadata\n" +
			"x := 1\n\n" + onDeny, []string{"p high p"}, nil, ""},
		{"in a string, and behind a rule", "package p\n\nx := `\n# METADATA\n# custom:\n`\n\ny := 1 # severity: low\n\n" + onDeny,
			[]string{"p high p"}, nil, ""},

		{"below the package, of its scope", "package p\n\n" + strings.Replace(low, "METADATA", "METADATA\n# scope: package", 1) + onDeny, nil,
			nil,
			"a.rego:3: METADATA: its scope is the package, and it stands above a rule: put it above the package"},
		{"above an import", "package p\n\n" + low + "import data.x\n\n" + onDeny, nil, nil,
			"a.rego:3: METADATA: it stands above an import: put it above the package"},
		{"at the end", "package p\n\n" + onDeny + "\n" + low, nil, nil, "a.rego:5: METADATA: it stands above nothing: put it above the package"},
		{"without keys", "# METADATA\npackage p\n\n" + onDeny, nil, nil, "a.rego:1: expected METADATA block, found whitespace"},
		{"a list", "# METADATA\n# - title\n# - severity\npackage p\n\n" + onDeny, nil, nil,
			"a.rego:2: METADATA: a value of type seq does not fit here"},
		{"a string", "# METADATA\n# for orders\n# of Outposts\npackage p\n\n" + onDeny, nil, nil,
			"a.rego:2: METADATA: a value of type str does not fit here"},
		{"a key twice", low + "#   kinds: []\n#   severity: high\n# description: d\npackage p\n\n" + onDeny, nil, nil,
			`a.rego:6: METADATA: mapping key "severity" already defined at line 4`},
		{"custom twice", "# METADATA\n# title: T\n# custom: {severity: low}\n# custom: {kinds: []}\n# description: d\npackage p\n\n" + onDeny,
			nil, nil, `a.rego:4: METADATA: mapping key "custom" already defined at line 3`},
		{"tabs for spaces", strings.ReplaceAll(low, "#   ", "# \t") + "package p\n\n" + onDeny, nil, nil,
			"a.rego:4: METADATA: found character that cannot start any token"},
		{"a default that YAML reads as octal", low + "#   params:\n#     days: {default: 010, description: d}\npackage p\n\n" + onDeny, nil, nil,
			"a.rego:6: METADATA: params: YAML reads 010 as something else: write it in quotes, or a number without its leading zero"},
		{"a default that loses its zero", low + "#   params:\n#     accounts:\n#       default: [\"1\", 012345678901]\n#       description: " +
			"d\npackage p\n\n" + onDeny, nil, nil,
			"a.rego:7: METADATA: params: YAML reads 012345678901 as something else: write it in quotes, or a number without its leading zero"},
		{"a default by an alias", low + "#   zero: &z 010\n#   params: {days: {default: *z, description: d}}\npackage p\n\n" + onDeny, nil, nil,
			"a.rego:5: METADATA: params: YAML reads 010 as something else: write it in quotes, or a number without its leading zero"},
		{"a default that YAML reads as a time", low + "#   params: {day: {default: 2026-12-01, description: d}}\npackage p\n\n" + onDeny, nil,
			nil,
			"a.rego:5: METADATA: params: YAML reads 2026-12-01 as something else: write it in quotes, or a number without its leading zero"},
		{"defaults that YAML reads as they are", low + "#   params: {a: {default: \"010\", description: d}, b: {default: 0, description: d}, " +
			"c: {default: 0.50, description: d}, d: {default: -1, description: d}}\npackage p\n\n" + onDeny, honoured, nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rules, warnings, err := described(t, map[string]string{"a.rego": test.text})
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Errorf("have %v, want %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.rules, rules); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.warnings, warnings); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A package may be in several files: the METADATA of the package is in one of them, and that of its rules in any.
func TestMetadataOfSeveralFiles(t *testing.T) {
	rules, warnings, err := described(t, map[string]string{
		"a.rego":      "package p\n\n# METADATA\n# title: U\n# custom: {severity: high}\n" + onDeny,
		"b.rego":      low + "package p\n\n" + onDeny,
		"c.rego":      "package p\n\n# METADATA\n# custom: {remediation: r, severity: LOW}\n" + onDeny,
		"q.rego":      "package q\n\n" + low + onDeny,
		"q/b.rego":    "package q\n\n" + strings.Replace(low, "low", "critical", 1) + onDeny,
		"q/more.rego": "package q.more\n\n" + onDeny,
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"p low T", "q critical T", "q.more high q.more"}, rules); diff != "" {
		t.Error(diff)
	}
	want := []string{
		"a.rego:4: METADATA: title is not read: that in b.rego:2 counts", "a.rego:5: METADATA: severity is not read: that in b.rego:4 counts",
		"q.rego:6: METADATA: severity is not read: that in q/b.rego:6 counts",
	}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Error(diff)
	}
}

// What is a warning elsewhere is an error under tenor, severities in capitals apart.
func TestMetadataUnderTenor(t *testing.T) {
	const deny = "package tenor.acme.a\n\ndeny contains {\"msg\": \"x\"} if input.kind == \"outposts.order\"\n"
	tests := []struct{ name, text, want string }{
		{"a severity in capitals", strings.Replace(meta(""), "low", "LOW", 1) + deny, ""},
		{"a severity that is none", strings.Replace(meta(""), "low", "blocker", 1) + deny,
			`a.rego:7: METADATA: severity "blocker": want critical, high, medium, low or info`},
		{"a severity that is empty", strings.Replace(meta(""), "low", "", 1) + deny, "a.rego:1: METADATA: custom.severity is missing"},
		{"a severity in the description too", strings.Replace(meta(""), "About orders.", "\"severity: of orders\"", 1) + deny, ""},
		{"a key on top", meta("# severity: high\n") + deny, "a.rego:10: METADATA: severity is no key of a rule"},
		{"a severity on the rule", meta("") + strings.Replace(deny, "deny", "# METADATA\n# title: T\n# custom: {severity: high}\ndeny", 1),
			"a.rego:14: METADATA: severity is not read: in tenor, that of the package counts"},
		{"a second YAML document", meta("# ---\n# custom: {severity: high}\n") + deny,
			"a.rego:11: METADATA: it is not read from here on: it has one YAML document, without --- or ..."},
		{"scope subpackages", strings.Replace(meta(""), "scope: package", "scope: subpackages", 1) + deny,
			"a.rego:10: package tenor.acme.a has no METADATA with `scope: package`"},
		{"a default that YAML reads as octal", meta("#   params: {days: {default: 010, description: d}}\n") + deny,
			"a.rego:10: METADATA: params: YAML reads 010 as something else: write it in quotes, or a number without its leading zero"},
		{"a default that is no number in JSON", meta("#   params: {days: {default: .inf, description: d}}\n") + deny,
			"a.rego:10: METADATA: +Inf is no number in JSON"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rules, warnings, err := described(t, map[string]string{"a.rego": test.text})
			if test.want != "" {
				if err == nil || err.Error() != test.want {
					t.Errorf("have %v, want %s", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"acme.a low Acme outposts.order"}, rules); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string(nil), warnings); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// scanner is a folder of policies written for a scanner of cloud resources, with its libraries, schemas and keys of custom.
func scanner(result string) map[string]string {
	return map[string]string{
		"aws/s3/logging.rego": `# METADATA
# title: Bucket has no access log
# description: |
#   Without a log nobody knows who read it.
# scope: package
# schemas:
#   - input: schema["cloud"]
# related_resources:
#   - https://aws.example/s3/logs
# custom:
#   id: ACME-0001
#   avd_id: AVD-ACME-0001
#   provider: aws
#   service: s3
#   severity: MEDIUM
#   short_code: logging
#   recommended_action: Write one.
#   frameworks: {cis: ["1.1"]}
#   input:
#     selector:
#       - type: cloud
#         subtypes:
#           - {service: s3, provider: aws}
package builtin.acme.s3.logging

import rego.v1

import data.lib.cloud.value
` + result + `
deny contains res if {
	some bucket in input.aws.s3.buckets
	value.is_false(bucket.logging.enabled)
	res := result.new("The bucket has no log.", bucket)
}
`,
		"lib/value.rego": "# METADATA\n# custom:\n#   library: true\npackage lib.cloud.value\n\nimport rego.v1\n\nis_false(val) := val.value " +
			"== false\n",
	}
}

func TestPoliciesOfAScanner(t *testing.T) {
	files := scanner("import data.lib.result\n")
	files["lib/result.rego"] = "package lib.result\n\nnew(msg, _) := {\"msg\": msg}\n"
	const library = "DIR/lib/result.rego: library lib.result: no rule, since it has no deny, violation or warn\n"
	checkScanner(t, scanner(""), "")
	checkScanner(t, files, library)
}

func checkScanner(t *testing.T, files map[string]string, library string) {
	t.Helper()
	dir := writeTree(t, files)
	var out bytes.Buffer
	if err := Check(t.Context(), &out, Options{Dirs: []string{dir}}); err != nil {
		t.Fatal(err)
	}
	want := `DIR/aws/s3/logging.rego: rule builtin.acme.s3.logging, medium, for other documents: none here has input.aws
` + library + `DIR/lib/value.rego: library lib.cloud.value: no rule, since it has no deny, violation or warn
DIR/aws/s3/logging.rego:1: METADATA: there is no schema schema.cloud: what the policy reads is not checked against it
DIR/aws/s3/logging.rego:11: METADATA: of custom, tenor does not read avd_id, id, input, provider, ` +
		`recommended_action, service, short_code
DIR/aws/s3/logging.rego:18: METADATA: custom.frameworks: it cannot be of type object: it is taken as absent
`
	if diff := cmp.Diff(want, strings.ReplaceAll(out.String(), dir, "DIR")); diff != "" {
		t.Error(diff)
	}
}

// Functions that OPA does not have are a line for each file, however many there are.
func TestForeignFunctions(t *testing.T) {
	files := map[string]string{}
	for i := range 12 {
		files[fmt.Sprintf("%02d.rego", i)] = fmt.Sprintf("package p%d\n\ndeny contains \"x\" if a.b(input.id)\n\ndeny contains \"y\" if "+
			"c(input.id)\n\ndeny contains \"z\" if a.b(input.kind)\n", i)
	}
	dir := writeTree(t, files)
	_, err := Load(t.Context(), Options{Dirs: []string{dir}})
	if err == nil {
		t.Fatal("it was loaded")
	}
	var want []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		want = append(want, "DIR/"+name+":3: undefined function a.b, c: neither OPA nor a policy here has it: define it in Rego, or leave the "+
			"file out")
	}
	if diff := cmp.Diff(want, strings.Split(strings.ReplaceAll(err.Error(), dir, "DIR"), "\n")); diff != "" {
		t.Error(diff)
	}
}

// Rego v0 is one error, however many policies are in it, beside the others.
func TestOldRego(t *testing.T) {
	const old = "package %s\n\ndeny[msg] {\n\tmsg := \"x\"\n}\n"
	files := map[string]string{"a.rego": fmt.Sprintf(old, "a"), "b.rego": fmt.Sprintf(old, "b"), "c.rego": "package c\n\nx := {\n",
		"d.rego": fmt.Sprintf(old, "d")}
	dir, tests := writeTree(t, files), writeTree(t, map[string]string{"a.rego": "package a\n",
		"a_test.rego": "package a_test\n\ntest_a { true }\n", "b_test.rego": "package b_test\n\ntest_b { true }\n"})
	_, err := Load(t.Context(), Options{Dirs: []string{dir}})
	if err == nil {
		t.Fatal("it was loaded")
	}
	want := "DIR/a.rego:3: it and 2 more are in Rego v0: run `opa fmt --rego-v1 --write` on the policies\nDIR/c.rego:4: unexpected eof " +
		"token: expected rule value term (e.g., x := <VALUE> { ... })"
	if diff := cmp.Diff(want, strings.ReplaceAll(err.Error(), dir, "DIR")); diff != "" {
		t.Error(diff)
	}
	err = Check(t.Context(), &bytes.Buffer{}, Options{Dirs: []string{tests}})
	want = "DIR/a_test.rego:3: it and 1 more are in Rego v0: run `opa fmt --rego-v1 --write` on the policies"
	if err == nil || strings.ReplaceAll(err.Error(), tests, "DIR") != want {
		t.Errorf("have %v, want %s", err, want)
	}
}

// A number in data that YAML reads as another is named, and our own policies give no reason for a warning.
func TestWarnings(t *testing.T) {
	if diff := cmp.Diff([]string(nil), load(t, Options{}, nil).Warnings()); diff != "" {
		t.Error(diff)
	}
	files := map[string]string{"a.rego": "package a\n\n" + onDeny,
		"data.yaml": "accounts:\n- 012345670123\n- \"012345670123\"\nzero: 0\nday: 010\n", "a/data.json": `{"x": 10}`}
	entries := map[string][]byte{}
	for name, text := range files {
		entries[name] = []byte(text)
	}
	dir, archive := writeTree(t, files), archiveOf(t, entries)
	for _, test := range []struct {
		name, at string
		o        Options
	}{
		{"a directory", dir, Options{Dirs: []string{dir}}},
		{"a bundle", archive, Options{Bundles: []string{archive}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := []string{
				test.at + "/data.yaml:2: 012345670123 is not the number that YAML reads: write it in quotes, or without the leading zero",
				test.at + "/data.yaml:5: 010 is not the number that YAML reads: write it in quotes, or without the leading zero",
			}
			if diff := cmp.Diff(want, load(t, test.o, nil).Warnings()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The severity in METADATA on a rule is that of its findings.
func TestMetadataOnTheRule(t *testing.T) {
	p := load(t, Options{}, map[string]string{"a.rego": "package p\n\n" + low + onDeny})
	have := eval(t, evaluator(t, p), order(`{}`))
	if len(have) != 1 || have[0].Severity != audit.Low || have[0].Msg != "x" {
		t.Errorf("have %+v", have)
	}
}

// Whatever METADATA says, it is described or refused, and warnings are about lines that there are.
func FuzzMetadata(f *testing.F) {
	f.Add(low + "package p\n\n" + onDeny)
	f.Add("package p\n\n" + low + "# ---\n# a: [\n" + onDeny + "\n # severity: low\n")
	f.Add("# METADATA\n# custom: &a {<<: *a, params: {x: {default: 010}}}\n# schemas: [input: schema.a]\npackage tenor.p\n" + onDeny)
	f.Add(scanner("")["aws/s3/logging.rego"])
	schemas, err := readSchemas()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := &source{name: "a.rego", path: "a.rego", origin: "dir", text: []byte(text)}
		if s.parse() != nil {
			return
		}
		_, _ = findRules([]*source{s}, nil, schemas)
		for _, w := range s.warnings {
			if w.line < 1 || w.line > strings.Count(text, "\n")+1 {
				t.Errorf("line %d: %s", w.line, w.text)
			}
		}
	})
}

// TestFrameworks: the controls that METADATA names are those of the rule, in their order.
func TestFrameworks(t *testing.T) {
	dir := writeTree(t, map[string]string{"a.rego": meta("#   frameworks:\n#     - {id: \"ISO/IEC 27001:2022\", control: A.5.9}\n#     - {id: Ours, control: \"1.10\"}\n") +
		"package tenor.acme.a\n\ndeny contains {\"msg\": \"x\"} if input.id\n"})
	p, err := Load(t.Context(), Options{Dirs: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Rules() {
		want := []audit.Framework{}
		if r.ID == "acme.a" {
			want = []audit.Framework{{ID: "ISO/IEC 27001:2022", Control: "A.5.9"}, {ID: "Ours", Control: "1.10"}}
		}
		if d := cmp.Diff(want, r.Frameworks); d != "" {
			t.Errorf("%s: %s", r.ID, d)
		}
	}
}
