package policies

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// schema is a policy with a schema of its own.
func schema(definition string) map[string]string {
	return map[string]string{"a.rego": "# METADATA\n# scope: package\n# schemas:\n# - input: " + definition +
		"\npackage a\n\ndeny contains \"x\" if input.a\n"}
}

// params are the parameters of a config with one value.
func params(rule, name, value string) map[string]map[string]json.RawMessage {
	return map[string]map[string]json.RawMessage{rule: {name: json.RawMessage(value)}}
}

// meta is the METADATA of a rule of orders, with more keys under custom.
func meta(more string) string {
	return `# METADATA
# scope: package
# title: Acme
# description: About orders.
# related_resources: [{ref: "https://acme.example"}]
# custom:
#   severity: low
#   kinds: [outposts.order]
#   remediation: Call somebody.
` + more
}

// writeTree writes files, by their paths, into a new directory.
func writeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func rule1(head, body string) map[string]string {
	return map[string]string{"a.rego": meta("") + "package tenor.acme.a\n\n" + head + " if {\n" + body + "\n}\n"}
}

func TestLoadRefuses(t *testing.T) {
	const deny = "package tenor.acme.a\n\ndeny contains {\"msg\": \"x\"} if input.kind == \"outposts.order\"\n"
	tests := []struct {
		name  string
		files map[string]string
		want  []string // of the lines of the error, DIR being the directory
	}{
		{"what does not parse", map[string]string{"a.rego": "package a\n\ndeny contains {"}, []string{`DIR/a.rego:3: unexpected eof token`}},
		{"Rego of version 0", map[string]string{"a.rego": "package a\n\ndeny[msg] { msg := \"x\" }\n"},
			[]string{"DIR/a.rego:3: it is in Rego v0: run `opa fmt --rego-v1 --write` on the policies"}},
		{"if without contains", rule1("deny", `input.kind == "outposts.order"`),
			[]string{"DIR/a.rego:12: deny must be a set: write `deny contains … if { … }`"}},
		{"a misspelt field of spec", rule1(`deny contains {"msg": "x"}`, `input.spec.Statuss == "ERROR"`),
			[]string{`DIR/a.rego:13: undefined ref: input.spec.Statuss; have: "Statuss"; want (one of): ["LineItems" "OrderFulfilledDate" ` +
				`"OrderId" "OrderSubmissionDate" "OrderType" "OutpostId" "PaymentOption" "PaymentTerm" "QuoteIdentifier" "QuoteOptionIdentifier" ` +
				`"Status"]`}},
		{"a misspelt section", rule1(`deny contains {"msg": "x"}`, `input.related.outposts`),
			[]string{`DIR/a.rego:13: undefined ref: input.related.outposts; have: "outposts"; want (one of): ["outpost" "quote_option"]`}},
		{"a misspelt fact in a head", rule1(`deny contains {"msg": input.facts.end}`, `input.kind == "outposts.order"`),
			[]string{`DIR/a.rego:12: undefined ref: input.facts.end; have: "end"; want (one of): ["outpost_contract_end" ` +
				`"outpost_contract_state" "quoted" "subscribed"]`}},
		{"a field of an element", rule1(`deny contains {"msg": "x"}`, "some item in input.spec.LineItems\nitem.State == \"ERROR\""),
			[]string{`DIR/a.rego:14: undefined ref: item.State; have: "State"; want (one of): ["AssetInformationList" "CatalogItemId" ` +
				`"LineItemId" "PreviousLineItemId" "PreviousOrderId" "Quantity" "ShipmentInformation" "Status"]`}},
		{"a parameter that nobody declared", rule1(`deny contains {"msg": "x"}`, "data.tenor.params.outposts.order_stalled.READY > 1"),
			[]string{`DIR/a.rego:13: undefined ref: data.tenor.params.outposts.order_stalled.READY; have: "READY"; want (one of): ["DELIVERED" ` +
				`"IN_PROGRESS" "PREPARING"]`}},
		{"a misspelt clock", rule1(`deny contains {"msg": "x"}`, "data.tenor.run.now > 1"),
			[]string{`DIR/a.rego:13: undefined ref: data.tenor.run.now; have: "now"; want (one of): ["as_of" "as_of_ns" "rules"]`}},
		{"chance", map[string]string{"a.rego": "package a\n\ndeny contains \"x\" if rand.intn(\"a\", 2) > 1\n"},
			[]string{"DIR/a.rego:3: undefined function rand.intn: a policy may use neither the machine's clock, the network, the " +
				"environment nor chance; the clock is time.now_ns"}},
		{"the clock by another way",
			map[string]string{"a.rego": "package a\n\ndeny contains \"x\" if crypto.x509.parse_and_verify_certificates(\"\")[0]\n"},
			[]string{"DIR/a.rego:3: undefined function crypto.x509.parse_and_verify_certificates: a policy may use neither the machine's " +
				"clock, the network, the environment nor chance; the clock is time.now_ns"}},
		{"all memory", map[string]string{"a.rego": "package a\n\ndeny contains \"x\" if bits.lsh(1, 100000000000) > 1\n"},
			[]string{"DIR/a.rego:3: undefined function bits.lsh: a policy may not use it, since one call of it can take all memory and cannot " +
				"be stopped"}},
		{"the network", map[string]string{"a.rego": "package a\n\ndeny contains \"x\" if http.send({\"url\": \"x\"})\n"},
			[]string{"DIR/a.rego:3: undefined function http.send: a policy may use neither the machine's clock, the network, the " +
				"environment nor chance; the clock is time.now_ns"}},
		{"an unused variable", map[string]string{"a.rego": "package a\n\ndeny contains \"x\" if { y := 1 }\n"},
			[]string{"DIR/a.rego:3: assigned var y unused"}},
		{"no METADATA in our namespace", map[string]string{"a.rego": deny},
			[]string{"DIR/a.rego:1: package tenor.acme.a has no METADATA with `scope: package`"}},
		{"no deny in our namespace", map[string]string{"a.rego": meta("") + "package tenor.acme.a\n\nallow := true\n"},
			[]string{"DIR/a.rego:10: package tenor.acme.a has no deny: write `deny contains {\"msg\": …} if { … }`"}},
		{"a key outside the closed set", map[string]string{"a.rego": meta("#   owner: me\n") + deny},
			[]string{"DIR/a.rego:10: METADATA: owner is no key of a rule"}},
		{"a key of OPA's outside the closed set",
			map[string]string{"a.rego": "# METADATA\n# authors: [me]\n" + meta("")[len("# METADATA\n"):] + deny},
			[]string{"DIR/a.rego:2: METADATA: authors is no key of a rule"}},
		{"a key of a parameter outside the closed set",
			map[string]string{"a.rego": meta("#   params: {days: {default: 1, description: d, unit: day}}\n") + deny},
			[]string{"DIR/a.rego:10: METADATA: unit is no key of a rule"}},
		{"a key of a framework outside the closed set", map[string]string{"a.rego": meta("#   frameworks: [{id: a, control: b, version: c}]\n") + deny},
			[]string{"DIR/a.rego:10: METADATA: version is no key of a rule"}},
		{"a framework without a control", map[string]string{"a.rego": meta("#   frameworks: [{id: a, control: b}, {id: a, control: ' '}]\n") + deny},
			[]string{"DIR/a.rego:10: METADATA: custom.frameworks: entry 2 lacks its id or its control"}},
		{"a framework twice", map[string]string{"a.rego": meta("#   frameworks: [{id: a, control: b}, {control: b, id: a}]\n") + deny},
			[]string{"DIR/a.rego:10: METADATA: custom.frameworks: a b is there twice"}},
		{"a control that is a number", map[string]string{"a.rego": meta("#   frameworks: [{id: a, control: 1.10}]\n") + deny},
			[]string{"DIR/a.rego:10: METADATA: custom.frameworks.control: it cannot be of type number"}},
		{"missing keys", map[string]string{"a.rego": "# METADATA\n# scope: package\n# title: x\n# custom: {severity: low}\n" + deny}, []string{
			"DIR/a.rego:1: METADATA: description is missing", "DIR/a.rego:1: METADATA: related_resources is missing",
			"DIR/a.rego:1: METADATA: custom.kinds is missing", "DIR/a.rego:1: METADATA: custom.remediation is missing"}},
		{"a severity that is none", map[string]string{"a.rego": strings.Replace(meta(""), "low", "urgent", 1) + deny},
			[]string{`DIR/a.rego:7: METADATA: severity "urgent": want critical, high, medium, low or info`}},
		{"a kind that is none", map[string]string{"a.rego": strings.Replace(meta(""), "outposts.order", "outposts.rack", 1) + deny},
			[]string{`DIR/a.rego:8: METADATA: there is no kind "outposts.rack"; the kinds are ` + strings.Join(Kinds(), ", ") + ``}},
		{"a section that its kinds do not have", map[string]string{"a.rego": meta("#   requires: [billing]\n") + deny},
			[]string{`DIR/a.rego:10: METADATA: its kinds have no section "billing"`}},
		{"a default that is null", map[string]string{"a.rego": meta("#   params: {days: {default: null, description: d}}\n") + deny},
			[]string{"DIR/a.rego:10: METADATA: params.days: the default is null, so it needs a type"}},
		{"one of our rules again", map[string]string{"a.rego": meta("") + strings.Replace(deny, "acme.a", "outposts.order_error", 1)},
			[]string{"DIR/a.rego:10: package tenor.outposts.order_error is already in outposts/order_error.rego"}},
		{"a rule twice", map[string]string{"a.rego": meta("") + deny, "b.rego": meta("") + deny},
			[]string{"DIR/b.rego:10: package tenor.acme.a is already in DIR/a.rego"}},
		{"other sets in a rule of tenor's kind", map[string]string{"a.rego": meta("") + deny +
			"\nviolation contains \"x\" if input.id\n\ndeny_more contains \"x\" if input.id\n\nexception contains [\"\"]\n"}, []string{
			"DIR/a.rego:14: violation is not evaluated: a rule in tenor has one set, deny",
			"DIR/a.rego:16: deny_more is not evaluated: a rule in tenor has one set, deny",
			"DIR/a.rego:18: exception is not evaluated: a rule in tenor has one set, deny",
		}},
		{"a rule in a library", map[string]string{"a.rego": "package tenor.lib.acme\n\ndeny contains \"x\" if input.id\n"},
			[]string{"DIR/a.rego:3: deny is not evaluated: a package in tenor.lib has functions for rules"}},
		{"a schema of another file", schema(`{"properties": {"a": [{"$ref": "file:///nowhere.json#/a"}]}}`),
			[]string{`DIR/a.rego:1: METADATA: schemas: $ref: "file:///nowhere.json#/a": a schema may refer to parts of itself alone, by a $ref ` +
				`that begins with #`}},
		{"a schema that calls itself a file", schema(`{"$id": "file:///nowhere.json", "$ref": "#/a"}`),
			[]string{`DIR/a.rego:1: METADATA: schemas: $id: "file:///nowhere.json": `}},
		{"a schema of the schema of a file", schema(`{"$schema": "file:///nowhere.json"}`),
			[]string{`DIR/a.rego:1: METADATA: schemas: $schema: "file:///nowhere.json": `}},
		{"a schema of a rule", map[string]string{"a.rego": "package a\n\n# METADATA\n# schemas:\n# - input.spec: {\"$ref\": " +
			"\"/nowhere.json\"}\ndeny contains \"x\" if input.spec.a\n"}, []string{`DIR/a.rego:3: METADATA: schemas: $ref: "/nowhere.json": `}},
		{"a library of ours changed", map[string]string{"a.rego": "package tenor.lib.clock\n\ndays(n) := n\n"},
			[]string{"DIR/a.rego:1: package tenor.lib.clock is already in lib/clock.rego"}},
		{"a package above ours", map[string]string{"a.rego": meta("") +
			"package tenor.outposts\n\ndeny contains {\"msg\": \"x\"} if input.id\n\norder_error.deny contains {\"msg\": \"x\"} if input.id\n"},
			[]string{"DIR/a.rego:10: package tenor.outposts overlaps tenor.outposts.billed_differs_from_contract, in outposts/billed_differs_from_contract.rego"}},
		{"a package below ours", map[string]string{"a.rego": meta("") + strings.Replace(deny, "acme.a", "outposts.order_error.more", 1)},
			[]string{"DIR/a.rego:10: package tenor.outposts.order_error.more overlaps tenor.outposts.order_error, in outposts/order_error.rego"}},
		{"a package in place of the clock", map[string]string{"a.rego": meta("") + strings.Replace(deny, "acme.a", "run", 1)},
			[]string{"DIR/a.rego:10: package tenor.run overlaps data.tenor.run"}},
		{"an id of the rules about waivers", map[string]string{"a.rego": "package waivers.expired\n\ndeny contains \"x\" if input.id\n"},
			[]string{"DIR/a.rego:1: the id waivers.expired is that of a rule about waivers"}},
		{"the id of one of our rules, from outside", map[string]string{"a.rego": "package outposts.order_error\n\ndeny contains \"x\" if " +
			"input.id\n"}, []string{"DIR/a.rego:1: the id outposts.order_error is already that of the package in outposts/order_error.rego"}},
		{"METADATA twice", map[string]string{"a.rego": "# METADATA\n# title: a\npackage a\n\ndeny contains \"x\" if input.id\n",
			"b.rego": "# METADATA\n# title: b\npackage a\n\ndeny contains \"y\" if input.id\n"},
			[]string{"DIR/b.rego:3: the METADATA of package a is already in DIR/a.rego"}},
		{"data in our place", map[string]string{"a.rego": "package a\n", "tenor/data.json": "{}"},
			[]string{"DIR/tenor/data.json:1: data.tenor is tenor's own"}},
		{"data that is no document", map[string]string{"a.rego": "package a\n", "data.json": "{\n["},
			[]string{"DIR/data.json:2: invalid character '['"}},
		{"data that is cut off", map[string]string{"a.rego": "package a\n", "data.json": "{\n"},
			[]string{"DIR/data.json:2: unexpected end of JSON input"}},
		{"data that is YAML by the name of JSON", map[string]string{"a.rego": "package a\n", "data.json": "{\"a\":\n  yes}"},
			[]string{"DIR/data.json:2: invalid character 'y'"}},
		{"data that is a list", map[string]string{"a.rego": "package a\n", "data.json": "[1,2]"},
			[]string{"DIR/data.json:1: want an object, whose members are those of data"}},
		{"YAML that is a list", map[string]string{"a.rego": "package a\n", "data.yaml": "- 1\n"},
			[]string{"DIR/data.yaml:1: want an object, whose members are those of data"}},
		{"YAML that is none", map[string]string{"a.rego": "package a\n", "data.yaml": "a: 1\nb: 2\n c: 3\n"},
			[]string{"DIR/data.yaml:3: mapping values are not allowed in this context"}},
		{"YAML with an unknown alias", map[string]string{"a.rego": "package a\n", "data.yaml": "a: *b\n"},
			[]string{"DIR/data.yaml:1: unknown anchor 'b' referenced"}},
		{"YAML with a number that JSON has not", map[string]string{"a.rego": "package a\n", "data.yml": "a: 1\nb: -.inf\n"},
			[]string{"DIR/data.yml:2: -.inf is no number in JSON"}},
		{"YAML with a key that is a list", map[string]string{"a.rego": "package a\n", "data.yml": "a: 1\n? [b, c]\n: 1\n"},
			[]string{"DIR/data.yml:2: a key must be a string"}},
		{"YAML whose aliases make it large", map[string]string{"a.rego": "package a\n",
			"data.yaml": "s: &s " + strings.Repeat("x", 1<<20) + "\na: [*s, *s, *s, *s]\n"},
			[]string{"DIR/data.yaml:1: with its aliases it is larger than 4096 KiB, the most that a file of data may have"}},
		{"YAML without end", map[string]string{"a.rego": "package a\n", "data.yaml": "a: &a [*a]\n"},
			[]string{"DIR/data.yaml:1: with its aliases it is larger than 4096 KiB"}},
		{"data that is too large", map[string]string{"a.rego": "package a\n",
			"data.json": `{"a":[0` + strings.Repeat(",0", maxData/2) + "]}"},
			[]string{"DIR/data.json:1: it is larger than 4096 KiB, the most that a file of data may have"}},
		{"a policy that is too large", map[string]string{"a.rego": "package a\n" + strings.Repeat("#", maxRego)},
			[]string{"DIR/a.rego:1: it is larger than 512 KiB, the most that a file of policies may have"}},
		{"an empty policy", map[string]string{"a.rego": ""}, []string{"DIR/a.rego:1: the file is empty: want a package and its rules"}},
		{"METADATA of another type", map[string]string{"a.rego": "# METADATA\n# custom: [a]\n" + deny},
			[]string{"DIR/a.rego:2: METADATA: a value of type seq does not fit here"}},
		{"METADATA whose aliases make it large", map[string]string{"a.rego": "# METADATA\n# custom: {x: &s " + strings.Repeat("x", 100<<10) +
			", y: [*s, *s, *s, *s, *s]}\npackage a\n\ndeny contains \"x\" if input.id\n"},
			[]string{"DIR/a.rego:2: METADATA: custom: with its aliases it is larger than 512 KiB"}},
		{"METADATA that is no YAML", map[string]string{"a.rego": "# METADATA\n# title: [a\n" + deny},
			[]string{"DIR/a.rego:2: METADATA: did not find expected ',' or ']'"}},
		{"a severity of another type", map[string]string{"a.rego": strings.Replace(meta(""), "severity: low", "severity: [a]", 1) + deny},
			[]string{"DIR/a.rego:7: METADATA: custom.severity: it cannot be of type array"}},
		{"rules in conflict", map[string]string{"a.rego": "package a\n\nb := 1\n\nb.c := 1\n\nb.d := 2\n"},
			[]string{"DIR/a.rego:3: rule data.a.b conflicts with: rule data.a.b.c at DIR/a.rego:5; rule data.a.b.d at DIR/a.rego:7"}},
		{"a package in our namespace that is no word", map[string]string{"a.rego": "package tenor[\"b-c\"]\n\ndeny contains \"x\" if " +
			"input.id\n"}, []string{`DIR/a.rego:1: package tenor["b-c"]: "b-c" cannot be part of a rule's id: in tenor, want words of letters, ` +
			`digits and _ that are no keywords`}},
		{"a package in our namespace with a dot in a word", map[string]string{"a.rego": meta("") +
			strings.Replace(deny, "acme.a", `acme["b-c.d"]`, 1)},
			[]string{`DIR/a.rego:10: package tenor.acme["b-c.d"]: "b-c.d" cannot be part of a rule's id`}},
		{"a package in our namespace that is a keyword", map[string]string{"a.rego": meta("") +
			strings.Replace(deny, "acme.a", `acme["if"]`, 1)}, []string{`DIR/a.rego:10: package tenor.acme["if"]: "if" cannot be part of a ` +
			`rule's id`}},
		{"a directory without policies", map[string]string{"README.md": ""}, []string{"read policies: there is no .rego file in DIR"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := writeTree(t, test.files)
			_, err := Load(t.Context(), Options{Dirs: []string{dir}})
			if err == nil {
				t.Fatal("it was loaded")
			}
			have := strings.Split(strings.ReplaceAll(err.Error(), dir, "DIR"), "\n")
			for i, want := range test.want {
				if !slices.ContainsFunc(have, func(line string) bool { return strings.HasPrefix(line, want) }) {
					t.Errorf("line %d: no %q in\n%s", i, want, strings.Join(have, "\n"))
				}
			}
		})
	}
}

func TestLoadRefusesOptions(t *testing.T) {
	raw := func(s string) map[string]json.RawMessage {
		return map[string]json.RawMessage{"days": json.RawMessage(s)}
	}
	user := writeTree(t, map[string]string{"a.rego": "package main\n\ndeny contains \"x\" if input.kind == \"y\"\n"})
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"an unknown rule switched off", Options{Disable: []string{"order_error"}},
			`policies.disable: there is no rule "order_error"; did you mean "outposts.order_error"?`},
		{"a severity for an unknown rule", Options{Severity: map[string]audit.Severity{"a.b": audit.Low}},
			`policies.severity: there is no rule "a.b"`},
		{"a severity that is none", Options{Severity: map[string]audit.Severity{"outposts.order_error": "bad"}},
			`policies.severity.outposts.order_error: severity "bad": want critical, high, medium, low or info`},
		{"parameters for an unknown rule", Options{Params: map[string]map[string]json.RawMessage{"outposts.quote": nil}},
			`policies.params: there is no rule "outposts.quote"`},
		{"an unknown parameter", Options{Params: map[string]map[string]json.RawMessage{"outposts.order_stalled": raw("1")}},
			`policies.params.outposts.order_stalled: there is no parameter "days"; it has DELIVERED, IN_PROGRESS, PREPARING`},
		{"a parameter of a rule that has none", Options{Params: map[string]map[string]json.RawMessage{"outposts.order_error": raw("1")}},
			`policies.params.outposts.order_error: there is no parameter "days"; it has none`},
		{"a value of another type", Options{Params: map[string]map[string]json.RawMessage{"outposts.quote_expiring": raw(`"7"`)}},
			`policies.params.outposts.quote_expiring.days: "7" is of type string, want number`},
		{"null where a number is due", Options{Params: map[string]map[string]json.RawMessage{"outposts.quote_expiring": raw("null")}},
			`policies.params.outposts.quote_expiring.days: null is of type null, want number`},
		{"a list of another type", Options{Params: params("general.tag_missing", "required", "[1]")},
			`policies.params.general.tag_missing.required: [1] is of type array of number, want array of string`},
		{"a list of several types", Options{Params: params("general.tag_missing", "required", `["a",1]`)},
			`policies.params.general.tag_missing.required: ["a",1] is of type array of mixed types, want array of string`},
		{"another type where null is the default", Options{Params: params("estate.commitment_over_limit", "limit_usd", `"1"`)},
			`policies.params.estate.commitment_over_limit.limit_usd: "1" is of type string, want number`},
		{"a value that is no JSON", Options{Params: map[string]map[string]json.RawMessage{"outposts.quote_expiring": raw("seven")}},
			`policies.params.outposts.quote_expiring.days: invalid character 's' looking for beginning of value`},
		{"a namespace that is not there", Options{Dirs: []string{user}, Namespaces: []string{"other"}},
			`namespace "other": no policy has this package`},
		{"a directory that is not there", Options{Dirs: []string{"no/such"}}, `read policies: stat no/such: no such file or directory`},
		{"a file for a directory", Options{Dirs: []string{filepath.Join(user, "a.rego")}},
			"read policies: " + filepath.Join(user, "a.rego") + " is no directory: want a folder of Rego policies, or an OPA bundle (.tar.gz)"},
		{"a bundle that is not there", Options{Bundles: []string{"no.tar.gz"}},
			`read bundle no.tar.gz: open no.tar.gz: no such file or directory`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load(t.Context(), test.o)
			if err == nil {
				t.Fatal("it was loaded")
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What the config says about a rule is what the rule then has.
func TestLoadConfigures(t *testing.T) {
	p, err := Load(t.Context(), Options{
		Disable:  []string{"outposts.payment_not_allowed"},
		Severity: map[string]audit.Severity{"outposts.quote_expired": audit.Info},
		Params: map[string]map[string]json.RawMessage{"outposts.quote_expired": {"lookback_days": json.RawMessage(" 7 ")},
			"estate.commitment_over_limit": {"limit_usd": json.RawMessage("null")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var have audit.Rule
	for _, r := range p.Rules() {
		if r.ID == "outposts.payment_not_allowed" {
			t.Error("the rule is on")
		}
		if r.ID == "outposts.quote_expired" {
			have = r
		}
	}
	want := audit.Rule{
		ID: "outposts.quote_expired", Title: "Outposts quote expired without an order", Severity: audit.Info,
		Kinds: []string{audit.KindQuote}, Requires: []string{}, Optional: []string{},
		Params: []audit.Param{{Name: "lookback_days", Description: "Days after the expiration for which it is reported",
			Default: json.RawMessage("30"), Value: json.RawMessage("7"), Source: "config"}},
		Description: have.Description,
		Remediation: "Request a new quote if the capacity is still needed; delete this one if not.",
		RelatedResources: []audit.RelatedResource{{Ref: "https://docs.aws.amazon.com/outposts/latest/APIReference/API_Quote.html",
			Description: "Quote"}},
		Frameworks: []audit.Framework{},
		File:       "outposts/quote_expired.rego", Line: 17, Origin: "tenor", Digest: have.Digest,
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
	params := p.Params()
	if _, ok := params["outposts.payment_not_allowed"]; !ok {
		t.Error("the parameters of a rule that is off are gone, though another rule reads them")
	}
	if have := string(params["outposts.quote_expired"]["lookback_days"]); have != "7" {
		t.Errorf("lookback_days is %s", have)
	}
	if !slices.IsSortedFunc(p.Rules(), func(a, b audit.Rule) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the rules are not in order")
	}
}

// A user's folder or bundle that is called as our pack, or as a part of it, changes nothing of ours.
func TestFolderCalledAsOurs(t *testing.T) {
	t.Chdir(t.TempDir())
	library := "package acme.lib.order\n\nknown := set()\n"
	policy := "package acme.mine\n\ndeny contains \"mine\" if input.kind == \"outposts.order\"\n"
	for name, text := range map[string]string{
		"tenor/lib/order.rego": library, "tenor/outposts/order_error.rego": policy,
		"outposts/order_error.rego": strings.Replace(policy, "mine", "theirs", 1),
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(writeBundle(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	ours := len(load(t, Options{}, nil).Rules())
	params := map[string]map[string]json.RawMessage{"outposts.payment_not_allowed": {"allowed_terms": json.RawMessage(`["ONE_YEAR"]`)}}
	fails := `outposts.order_payment_not_allowed medium fail: the payment term 5 years is not allowed {"faults":["the payment term ` +
		`5 years is not allowed"],"status":"COMPLETED"}`
	tests := []struct {
		name string
		o    Options
		want string // the origin of the first rule that is not ours
		more int
	}{
		{"tenor", Options{Dirs: []string{"tenor"}}, "./tenor", 1},
		{"tenor/", Options{Dirs: []string{"tenor/"}}, "tenor/", 1},
		{"tenor twice", Options{Dirs: []string{"tenor", "./tenor", "tenor/"}}, "./tenor", 1},
		{"outposts", Options{Dirs: []string{"outposts"}}, "outposts", 1},
		{"all of them", Options{Dirs: []string{"tenor", "outposts"}}, "./tenor", 2},
		{"a bundle", Options{Bundles: []string{"bundle/tenor"}}, "bundle/tenor", 1},
		{"a bundle called tenor", Options{Bundles: []string{"tenor"}}, "./tenor", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if len(test.o.Bundles) > 0 {
				t.Chdir(t.TempDir())
				if err := os.Mkdir("bundle", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(test.o.Bundles[0], b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			test.o.Params = params
			p := load(t, test.o, nil)
			rules := slices.DeleteFunc(p.Rules(), func(r audit.Rule) bool { return r.Origin == "tenor" })
			if len(rules) != test.more || len(p.Rules()) != ours+test.more || rules[0].Origin != test.want {
				t.Errorf("%d rules are the user's, of %d, the first from %q", len(rules), len(p.Rules()), rules[0].Origin)
			}
			if have := lines(eval(t, evaluator(t, p), order(`{"Status": "COMPLETED", "PaymentTerm": "FIVE_YEARS", `+
				`"PaymentOption": "NO_UPFRONT"}`))); !slices.Contains(have, fails) {
				t.Errorf("our rule says nothing: %q", have)
			}
			var out bytes.Buffer
			if err := Check(t.Context(), &out, test.o); err != nil {
				t.Fatal(err)
			}
			if strings.Count(out.String(), "rule acme") != test.more {
				t.Errorf("check says %q", out.String())
			}
		})
	}
}

// A file that may be meant as data is named, and not read.
func TestUnread(t *testing.T) {
	files := map[string]string{
		"a.rego": "package a\n\ndeny contains \"x\" if input.id in data.ids\n", "data.yaml": "ids: []\n", "deep/data.json": "{}",
		"exclusions.yaml": "{", "limits/more.json": "{", "limits/other.yml": "{", "README.md": "", ".hidden.json": "",
	}
	dir := writeTree(t, files)
	entries := map[string][]byte{}
	for name, text := range files {
		entries[name] = []byte(text)
	}
	for _, test := range []struct {
		name string
		o    Options
	}{
		{"a directory", Options{Dirs: []string{dir}}},
		{"a bundle", Options{Bundles: []string{archiveOf(t, entries)}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			at := strings.Join(append(test.o.Dirs, test.o.Bundles...), "")
			p := load(t, test.o, nil)
			want := []string{at + "/exclusions.yaml", at + "/limits/more.json", at + "/limits/other.yml"}
			if diff := cmp.Diff(want, p.Unread()); diff != "" {
				t.Error(diff)
			}
			var out bytes.Buffer
			if err := Check(t.Context(), &out, test.o); err != nil {
				t.Fatal(err)
			}
			if line := at + "/limits/more.json: not read: data is in data.json and data.yaml\n"; !strings.Contains(out.String(), line) {
				t.Errorf("no %q in %s", line, out.String())
			}
		})
	}
}

// A package outside our namespace may be called anything; its parameters are found by its parts.
func TestPackageOfAnyName(t *testing.T) {
	p := load(t, Options{}, map[string]string{"a.rego": `# METADATA
# custom: {params: {days: {default: 3, description: d}}}
package acme["b-c.d"]

deny contains "x" if data.tenor.params.acme["b-c.d"].days == 3
`})
	want := []string{`acme["b-c.d"] high fail: x`}
	if diff := cmp.Diff(want, lines(eval(t, evaluator(t, p), order(`{}`)))); diff != "" {
		t.Error(diff)
	}
}

// A link to a file is read; one to a directory is not, and says so.
func TestLinks(t *testing.T) {
	target := writeTree(t, map[string]string{"a.rego": "package a\n\ndeny contains \"x\" if input.id\n", "README": ""})
	tests := []struct {
		name, link, to string
		want           string // of the error, after the directory
	}{
		{"a policy", "a.rego", "a.rego", ""},
		{"another file", "README", "README", ""},
		{"a directory that is left out", "..data", ".", ""},
		{"a directory", "linked", ".", "linked is a link to a directory, which is not followed: name the directory itself"},
		{"a directory called as a policy", "dir.rego", ".", "read dir.rego: is a directory"},
		{"nothing", "gone", "gone", "stat gone: no such file or directory"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := writeTree(t, map[string]string{"b.rego": "package b\n"})
			if err := os.Symlink(filepath.Join(target, test.to), filepath.Join(dir, test.link)); err != nil {
				t.Fatal(err)
			}
			p, err := Load(t.Context(), Options{Dirs: []string{dir}})
			switch {
			case test.want != "":
				if want := "read policies in " + dir + ": " + test.want; err == nil || err.Error() != want {
					t.Errorf("have %v, want %s", err, want)
				}
			case err != nil:
				t.Error(err)
			case slices.ContainsFunc(p.Rules(), func(r audit.Rule) bool { return r.ID == "a" }) != (test.link == "a.rego"):
				t.Error("a policy that is a link is a rule, and nothing else")
			}
		})
	}
}

func TestFileReadTwice(t *testing.T) {
	dir := writeTree(t, map[string]string{"a/b/c.rego": "package c\n"})
	_, err := Load(t.Context(), Options{Dirs: []string{filepath.Join(dir, "a"), filepath.Join(dir, "a", "b")}})
	if want := filepath.Join(dir, "a/b/c.rego") + ":1: is read twice"; err == nil || err.Error() != want {
		t.Errorf("have %v, want %s", err, want)
	}
}

// The digest covers every policy and data file, and nothing else.
func TestDigest(t *testing.T) {
	digest := func(files map[string]string) string {
		p, err := Load(t.Context(), Options{Dirs: []string{writeTree(t, files)}})
		if err != nil {
			t.Fatal(err)
		}
		return p.Digest()
	}
	base := map[string]string{"a.rego": "package a\n\ndeny contains \"x\" if input.kind == data.kind\n", "data.json": `{"kind": "a"}`}
	first := digest(base)
	if again := digest(base); again != first {
		t.Errorf("another directory gives another digest: %s and %s", first, again)
	}
	for name, text := range map[string]string{"a.rego": base["a.rego"] + "\n", "data.json": `{"kind": "b"}`, "b.rego": "package b\n"} {
		changed := map[string]string{"a.rego": base["a.rego"], "data.json": base["data.json"]}
		changed[name] = text
		if digest(changed) == first {
			t.Errorf("a change of %s does not change the digest", name)
		}
	}
	tested := map[string]string{"a.rego": base["a.rego"], "data.json": base["data.json"], "a_test.rego": "package a_test\n"}
	if digest(tested) != first {
		t.Error("a test changes the digest")
	}
}
