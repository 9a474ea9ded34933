package policies

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
)

// TestFastPathKnowsThePack holds the fast path to the pack: of what the demo has, it evaluates every rule that no gap concerns, with the
// answer that OPA gives.
func TestFastPathKnowsThePack(t *testing.T) {
	p := load(t, Options{Params: map[string]map[string]json.RawMessage{
		"service_catalog.version_behind": {"enabled": json.RawMessage("true")}, // which is off by default
	}}, nil)
	e := evaluator(t, p)
	answered, fired := map[string]int{}, 0
	for _, r := range enrichedDemo(t) {
		e.doc.open(r)
		for _, pr := range e.byKind[r.Kind] {
			if missing, applies := pr.sections(r); !applies || len(missing) > 0 {
				continue
			}
			if undeclared, optional := pr.gaps(r); len(undeclared)+len(optional) > 0 {
				continue
			}
			have, known := e.fast.answer(e.doc, pr.asks)
			want, err := e.ask(t.Context(), pr)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case !known && pr.ID == "estate.same_cause": // a range of numbers may be of any length
				continue
			case !known:
				t.Errorf("%s: the fast path gives up on %s %s", pr.ID, r.Kind, r.ID)
			case have.String() != want.String():
				t.Errorf("%s on %s %s: have %s, want %s", pr.ID, r.Kind, r.ID, have, want)
			}
			answered[pr.ID]++
			if strings.Trim(want.String(), "[], set()") != "" {
				fired++
			}
		}
	}
	if len(answered) < 40 || fired < 50 {
		t.Errorf("only %d rules were evaluated, and %d times one fired", len(answered), fired)
	}
}

// doubling are variables each of which is twice the one before.
func doubling(name string, n int) string {
	text := name + "0 := input.spec.A\n"
	for i := range n {
		text += fmt.Sprintf("%[1]s%[2]d := dup(%[1]s%[3]d)\n", name, i+1, i)
	}
	return text
}

// TestFastPathIsOurs: what a user has written, OPA evaluates.
func TestFastPathIsOurs(t *testing.T) {
	dir := writeTree(t, map[string]string{"acme.rego": meta("") + "package tenor.acme.late\n\ndeny contains {\"msg\": \"late\"} if input.kind == \"outposts.order\"\n"})
	p := load(t, Options{Dirs: []string{dir}}, nil)
	searched := 0
	for _, pr := range evaluator(t, p).all {
		unsupported := slices.ContainsFunc(pr.asks, func(v *virtual) bool { return v.unsupported })
		if !unsupported {
			searched++
		}
		if own := pr.Origin == ownOrigin; !own && !unsupported {
			t.Errorf("%s is searched", pr.ID)
		}
	}
	if searched < 40 {
		t.Errorf("only %d rules are searched", searched)
	}
}

func TestFastPathGivesUp(t *testing.T) {
	digits := strings.Repeat("9", maxDigits)
	for _, test := range []struct {
		name, rule, spec string
		known            bool
	}{
		{"a rule that fires", `deny contains input.spec.A if input.spec.A == "x"`, `{"A":"x"}`, true},
		{"a rule that passes", `deny contains input.spec.A if input.spec.A == "y"`, `{"A":"x"}`, true},
		{"what is not come to", `deny contains "x" if { input.spec.A == "y"; walk(input.spec, [["A"], _]) }`, `{"A":"x"}`, true},
		{"a built-in that it does not call", `deny contains "x" if walk(input.spec, [["A"], _])`, `{"A":"x"}`, false},
		{"another input", `deny contains "x" if { input.spec.A == "y" with input.spec.A as "y" }`, `{"A":"x"}`, false},
		{"an error", `deny contains "x" if to_number(input.spec.A) > 1`, `{"A":"x"}`, false},
		{"no error", `deny contains "x" if to_number(input.spec.A) > 1`, `{"A":"2"}`, true},
		{"two values for a rule", `a := input.spec.A
a := 2
deny contains "x" if a == 3`, `{"A":1}`, false},
		{"one value twice", `a := input.spec.A
a := 2
deny contains "x" if a == 3`, `{"A":2}`, true},
		{"two values for a function", `a(_) := input.spec.A
a(_) := 2
deny contains "x" if a(1) == 3`, `{"A":1}`, false},
		{"two values in a comprehension", `deny contains "x" if count({k: v | some v in input.spec.A; k := 1}) > 0`, `{"A":[1,2]}`, false},
		{"a package, which OPA evaluates before what it is compared with", `deny contains "x" if data.q == input.spec.A`, `{}`, false},
		{"any width", `deny contains sprintf("%99999999d", [input.spec.A])`, `{"A":1}`, false},
		{"a format that is not written down", `deny contains sprintf(input.spec.A, [1])`, `{"A":"%d"}`, false},
		{"a number with as many digits as it counts with", `deny contains "x" if input.spec.A > 0`, `{"A":` + digits + `}`, true},
		{"a longer number", `deny contains "x" if input.spec.A > 0`, `{"A":9` + digits + `}`, false},
		{"a number with an exponent", `deny contains "x" if input.spec.A + 1 > 0`, `{"A":-1.5E+07}`, true},
		{"a number with a long exponent", `deny contains "x" if input.spec.A + 1 > 0`, `{"A":1e999999999}`, false},
		{"a long string", `deny contains "x" if lower(input.spec.A) == "y"`, `{"A":"` + strings.Repeat("x", maxWeight) + `"}`, false},
		{"a long list", `deny contains "x" if count(input.spec.A) == 0`, `{"A":[` + strings.Repeat("1,", maxWeight) + `1]}`, false},
		{"many steps", `deny contains "x" if { some a in input.spec.A; some b in input.spec.A; a + b == 9 }`,
			`{"A":[` + strings.Repeat("1,", 100) + `1]}`, false},
		{"many elements that are nothing", `deny contains "x" if { some a in input.spec.A; not b(a) }
b(_) if input.spec.A[_].B`, `{"A":[` + strings.Repeat("1,", 200) + `1]}`, false},
		{"a large value again and again", `deny contains "x" if { some a in input.spec.A; input.spec.B == {"a": a} }`,
			`{"A":[` + strings.Repeat("1,", 200) + `1],"B":["` + strings.Repeat("x", maxWeight) + `"]}`, false},
		{"a set of what the document has, which OPA has in another order and twice", `deny contains count([1 | some x in {input.spec.A, input.spec.B}])`,
			`{"A":{"x":1,"y":2},"B":{"y":2,"x":1.0}}`, false},
		{"an object whose keys the document has", `deny contains x if { s := {input.spec.A: 1, input.spec.B: 2}; x := s[1.0] }`, `{"A":1,"B":1}`, false},
		{"an element of a set in another spelling", `p contains 1
p contains 2 if input.spec.A
deny contains x if x := p[1.0]`, `{}`, false},
		{"keys beyond what numbers are compared by", `deny contains "x" if { x := {input.spec.A: 1}; y := {input.spec.B: 1}; x == y }`,
			`{"A":1e400,"B":10e399}`, false},
		{"a value that doubles", "dup(x) := [x, x]\ndeny contains \"x\" if {" + doubling("a", 40) + doubling("b", 40) + "a40 == b40 }", `{"A":1}`, false},
		{"damage", `deny contains "x" if input.spec.A.B == 1`, `{"A":{"B":1 2}}`, false},
		{"damage in a list", `deny contains "x" if input.spec.A[_].B == 1`, `{"A":[{"B":1 2}]}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			module := ast.MustParseModuleWithOpts("package p\n\n"+test.rule, ast.ParserOptions{RegoVersion: ast.RegoV1})
			p, err := packOf(map[string]*ast.Module{"p.rego": module, "q.rego": ast.MustParseModule("package q\n\na := 1")}, map[string]any{})
			if err != nil {
				t.Fatal(err)
			}
			e := evaluator(t, p)
			e.doc.open(&audit.Resource{Kind: audit.KindOrder, ID: "oo-1", Spec: json.RawMessage(test.spec)})
			have, known := e.fast.answer(e.doc, e.all[0].asks)
			if known != test.known {
				t.Fatalf("known: %v, want %v", known, test.known)
			}
			if !known {
				return
			}
			if want, err := e.ask(t.Context(), e.all[0]); err != nil || have.String() != want.String() {
				t.Errorf("have %s, want %s, %v", have, want, err)
			}
		})
	}
}
