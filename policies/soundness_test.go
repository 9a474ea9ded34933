package policies

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
)

// Rules, and resources one after another by their specs, on which one engine or another said something else than OPA: each is
// the smallest of its kind.
func TestSaysWhatOPASays(t *testing.T) {
	for _, test := range []struct {
		name, rules string
		specs       []string
	}{
		{"to be an object is an answer", `deny contains "x" if input.spec.Tags[0].Key`,
			[]string{`{"Tags":{}}`, `{"Tags":[{"Key":"a"}]}`}},
		{"so is what a missing member is missing from", `deny contains "x" if input.spec.Tags.Name

deny contains "y" if input.spec.Tags[0].Key`,
			[]string{`{"Tags":{}}`, `{"Tags":[{"Key":"a"}]}`, `{"Tags":"a"}`, `{}`}},
		{"a value keeps its members when one is read by name",
			`deny contains {"msg": "x", "evidence": input.spec} if input.spec.Failed.Type == "T"`,
			[]string{`{"Failed":{"Type":"T","Reason":"R"}}`}},
		{"a value is whole for walk", `deny contains "x" if {
	some s in [input.spec.Site]
	"RACK" in {v | walk(s, [_, v])}
}

deny contains "y" if input.spec.Site.Address.Code == "C"`,
			[]string{`{"Site":{"Address":{"Code":"D","Kind":"RACK"}}}`}},
		{"two elements by one name are compared whole", `deny contains "x" if {
	e = input.spec.List[i]
	e = input.spec.List[j]
	i != j
	e.N == 1
}`, []string{`{"List":[{"N":1,"M":1},{"N":1,"M":2}]}`, `{"List":[{"N":1,"M":1},{"N":1,"M":1}]}`}},
		{"two values for one rule", `limit["a"] := 1

limit["a"] := 2

deny contains "x" if sum([n | n := limit[_]]) > 1`, []string{`{}`}},
		{"two values of one body", `first := n if some n in input.spec.List

deny contains "x" if first == 1`, []string{`{"List":[1]}`, `{"List":[1,2]}`, `{"List":[1,1]}`}},
		{"what the index prunes does not fail", `deny contains "x" if {
	to_number(input.spec.Name) > 1
	input.spec.Status == "A"
}`, []string{`{"Name":"n","Status":"B"}`, `{"Name":"n","Status":"A"}`, `{"Name":"2","Status":"A"}`, `{"Name":"n","Status":"B"}`}},
		{"what comes after the first value does not fail", `_is if input.spec.Status == "A"

_is if to_number(input.spec.Name) > 1

deny contains "x" if not _is`, []string{`{"Name":"n","Status":"A"}`, `{"Name":"n","Status":"B"}`}},
		{"a name in invalid UTF-8", `deny contains "x" if input.spec["a\uFFFDb"]`, []string{`{}`, "{\"a\xffb\":1}"}},
		{"a name that looks like another's escape", `deny contains "x" if input.spec["a\\u0062"]`,
			[]string{`{}`, `{"a\u0062":1}`, `{"a\\u0062":1}`}},
		{"a list whose elements are read by name is whole by a name that is found", `deny contains json.marshal(y) if {
	input.spec.Tags[_].Key == "Owner"
	some x in [substring("Tags_", 0, 4)]
	y := input.spec[x]
}`, []string{`{"Tags":[{"Key":"Owner","Value":"v"}]}`}},
		{"an element is whole in the name of a rule", `_by.all[t] := i if some i, t in input.spec.Tags

_of[t].all contains i if some i, t in input.spec.List

deny contains {"msg": "x", "evidence": [[t, i] | some t, i in _by.all]} if count(_by.all) > 0

deny contains {"msg": "y", "evidence": [[t, i] | some t, i in _of]} if count(_of) > 0`, []string{
			`{"Tags":[{"Key":"Owner","Value":"v"}],"List":[{"N":1}]}`, `{"Tags":[{"Key":"Owner","Value":"w"}],"List":[{"N":2}]}`}},
		{"what one rule leaves out of a list, another has", `deny contains "x" if { some t in input.spec.Tags; t.Key == "nope" }
---
deny contains json.marshal(t) if some t in input.spec.Tags
---
deny contains t.Value if some t in input.spec.Tags`, []string{`{"Tags":[{"Key":"Owner","Value":"v"}]}`}},
		{"the names that there are", `deny contains k if { some k; input.spec.Has[k] == 1 }`,
			[]string{`{"Has":{"A":2}}`, `{"Has":{"A":2,"B":1}}`, `{"Has":{}}`}},
		{"the names that there are, of what is looked into too", `deny contains k if { input.spec.A != 3; some k; input.spec[k] == 1 }`,
			[]string{`{"A":2}`, `{"A":2,"B":1}`, `{"A":2,"C":2}`}},
		{"null last of two", `deny contains "x" if input.spec.A

deny contains "y" if input.spec.List[_].A`, []string{`{"A":1,"A":null,"List":[{"A":1,"A":null}]}`,
			`{"A":null,"A":1,"List":[{"A":null,"A":1}]}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			modules := map[string]*ast.Module{}
			for i, rules := range strings.Split(test.rules, "\n---\n") { // a package each
				name := fmt.Sprint("p", i)
				modules[name+".rego"] = ast.MustParseModuleWithOpts("package "+name+"\n\n"+rules, ast.ParserOptions{RegoVersion: ast.RegoV1})
			}
			s, err := newSubject(t.Context(), modules, map[string]any{})
			if err != nil {
				t.Fatal(err)
			}
			var resources []*audit.Resource
			for range 2 { // the second time with all of the first in the memo
				for i, spec := range test.specs {
					resources = append(resources, &audit.Resource{Kind: audit.KindOrder, ID: fmt.Sprint("oo-", i), Spec: json.RawMessage(spec)})
				}
			}
			var count tally
			d, err := s.compare(t.Context(), resources, &count)
			if err != nil || d != nil {
				t.Errorf("%v %v", err, d)
			}
		})
	}
}
