package policies

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// TestPrint has a user's rules print: what they say is whole, comes once for each resource, and changes no verdict, neither where what is
// printed is a gap nor where another resource has given the same answer before.
func TestPrint(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.rego": `package mine.a

deny contains {"msg": "m"} if {
	some item in input.spec.Items
	print("item", item, "of", input.spec.Number)
	item.s == "b"
}
`,
		"never.rego": `package mine.never

deny contains {"msg": "m"} if {
	_said(input.id)
	input.kind == "outposts.quote"
}

_said(id) if print("never: the body is not come to", id)
`,
		"gap.rego": `package mine.gap

deny contains {"msg": "m"} if {
	print("outpost", input.related.outpost, input.spec.Missing)
	input.spec.Status == "DELIVERED"
}
`,
		"many.rego": `package mine.many

deny contains {"msg": "m"} if {
	some n in numbers.range(1, 150)
	print(n)
	n > 1000
}
`,
		"still.rego": "package mine.still\n\ndeny contains {\"msg\": \"m\"} if input.spec.Status == \"ERROR\"\n",
		"found.rego": "package mine.found\n\ndeny contains {\"msg\": \"m\"} if input.spec.Status == \"NEW\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	eval := func(o Options, divide bool) (said []string, findings []audit.Finding) {
		o.Dirs = []string{dir}
		p, err := Load(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		e, err := p.NewEvaluator(TestTime())
		if err != nil {
			t.Fatal(err)
		}
		evaluators := []*Evaluator{e}
		if divide {
			other, err := p.NewEvaluator(TestTime())
			if err != nil {
				t.Fatal(err)
			}
			e.Divide("outpost", false)
			other.Divide("outpost", true)
			evaluators = append(evaluators, other)
		}
		for i := range 2 {
			var res audit.Resource
			text := fmt.Sprintf(`{"kind": "outposts.order", "id": "oo-%d", "account": "1", "region": "r", "spec": {"Status": "NEW", "Number": 7,
				"Items": [{"s": "a", "t": {"u": 1}}]}, "gaps": {"outpost": {"operation": "GetOutpost", "reason": "error", "message": "m"}}}`, i)
			if err := json.Unmarshal([]byte(text), &res); err != nil {
				t.Fatal(err)
			}
			for _, e := range evaluators {
				found, err := e.Eval(t.Context(), &res)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range found {
					if strings.HasPrefix(f.Rule, "mine.") {
						findings = append(findings, f)
					}
				}
			}
		}
		return said, findings
	}
	var said []string
	o := Options{Print: func(rule string, r *audit.Resource, lines []string) {
		lines = slices.Concat(lines[:min(len(lines), 2)], lines[min(len(lines), 100):])
		for _, line := range lines {
			said = append(said, rule+" "+r.ID+" "+strings.TrimPrefix(line, filepath.ToSlash(dir)+"/"))
		}
	}}
	var want []string
	for i := range 2 {
		want = append(want, strings.Split(fmt.Sprintf(`mine.a oo-%[1]d a.rego:5: item {"s": "a", "t": {"u": 1}} of 7
mine.gap oo-%[1]d gap.rego:4: outpost <undefined> <undefined>
mine.many oo-%[1]d many.rego:5: 1
mine.many oo-%[1]d many.rego:5: 2
mine.many oo-%[1]d many.rego:5: more than 100 lines are printed: the rest is left out`, i), "\n")...)
	}
	_, quiet := eval(Options{}, false)
	_, loud := eval(o, false)
	if d := cmp.Diff(want, said); d != "" {
		t.Errorf("printed (-want +got):\n%s", d)
	}
	if d := cmp.Diff(quiet, loud); d != "" || len(quiet) != 2 {
		t.Errorf("printing changes what is found, one finding of each resource: %d, %s", len(quiet), d)
	}
	said = nil
	_, divided := eval(o, true)
	if d := cmp.Diff(quiet, divided); d != "" {
		t.Error(d)
	}
	slices.Sort(want)
	slices.Sort(said)
	if d := cmp.Diff(want, said); d != "" {
		t.Errorf("printed in two turns (-want +got):\n%s", d)
	}

	p, err := Load(t.Context(), Options{Dirs: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	document := `{"kind": "outposts.order", "id": "oo-1", "account": "1", "region": "r", "spec": {"Status": "NEW", "Items": [{"s": "a", "t": 1}]},
		"gaps": {"outpost": {"operation": "GetOutpost", "reason": "error", "message": "m"}}}`
	if text := explain(t, p, "mine.gap", document); !strings.Contains(text, "verdict pass") || !strings.Contains(text, "outpost <undefined>") {
		t.Errorf("explained:\n%s", text)
	}
	if text := explain(t, p, "mine.a", document); !strings.Contains(text, `item {"s": "a", "t": 1} of <undefined>`) {
		t.Errorf("explained:\n%s", text)
	}
}
