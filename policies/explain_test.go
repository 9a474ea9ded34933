package policies

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// explainAll explains rules, each of the text below its package, on a document of its own.
func explainAll(t *testing.T, cases []explainCase) []string {
	t.Helper()
	dir := t.TempDir()
	o := Options{Dirs: []string{dir}}
	for i, c := range cases {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("r%d.rego", i)), fmt.Appendf(nil, "package mine.r%d\n%s", i, c.rego), 0o600); err != nil {
			t.Fatal(err)
		}
		if c.off {
			o.Disable = append(o.Disable, fmt.Sprintf("mine.r%d", i))
		}
	}
	p, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	said := make([]string, len(cases))
	for i, c := range cases {
		said[i] = strings.ReplaceAll(explain(t, p, fmt.Sprintf("mine.r%d", i), c.document), filepath.ToSlash(dir)+"/", "")
		said[i] = strings.ReplaceAll(said[i], fmt.Sprintf("r%d.rego:", i), "r.rego:")
		said[i] = strings.ReplaceAll(said[i], fmt.Sprintf("mine.r%d: ", i), "")
	}
	return said
}

func explain(t *testing.T, p *Pack, id, document string) string {
	t.Helper()
	var res audit.Resource
	if err := json.Unmarshal([]byte(cmp.Or(document, explainedOrder)), &res); err != nil {
		t.Fatal(err)
	}
	ex, err := p.Explain(t.Context(), id, TestTime(), &res)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := ex.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

type explainCase struct {
	name, rego, document, want string
	off                        bool
}

const explainedOrder = `{"kind": "outposts.order", "id": "oo-1", "account": "1", "region": "r", "spec": {"Status": "ERROR", "N": 2, "Items": [{"s": "a"}, {"s": "b"}]}}`

func TestExplain(t *testing.T) {
	cases := []explainCase{
		{name: "a body that held, with its values", rego: `
deny contains {"msg": "m"} if {
	input.spec.Status == "ERROR"
	n := input.spec.N
	n > 1
}`, want: `verdict fail
  high: m

r.rego:3: deny held
  line 4: input.spec.Status == "ERROR"
    input.spec.Status = "ERROR"
  line 5: n := input.spec.N
    n = 2
    input.spec.N = 2
  line 6: n > 1
    n = 2
`},
		{name: "of each body the first expression that did not hold", rego: `
deny contains {"msg": "m"} if {
	input.kind == "outposts.order"
	input.spec.Status == "DELIVERED"
	input.spec.N > 1
}

deny contains {"msg": "n"} if input.spec.Missing.Deep > 3`, want: `verdict pass

r.rego:3: deny did not hold
  line 5: input.spec.Status == "DELIVERED"
    input.spec.Status = "ERROR"

r.rego:9: deny did not hold
  line 9: input.spec.Missing.Deep > 3
    input.spec.Missing.Deep is not there
`},
		{name: "the rules on which it rests", rego: `
deny contains {"msg": "m"} if _late

deny contains {"msg": "n"} if not _known

_late if input.spec.N > _limit

_limit := 7

_known if input.spec.Status in {"ERROR"}`, want: `verdict pass

r.rego:3: deny did not hold
  line 3: _late
    r.rego:7: _late did not hold
      line 7: input.spec.N > _limit
        input.spec.N = 2
        _limit = 7

r.rego:5: deny did not hold
  line 5: not _known
    _known = true
    r.rego:11: _known held
      line 11: input.spec.Status in {"ERROR"}
        input.spec.Status = "ERROR"
`},
		{name: "a function that was called", rego: `
deny contains {"msg": "m"} if _big(input.spec.N)

_big(n) if n > 5`, want: `verdict pass

r.rego:3: deny did not hold
  line 3: _big(input.spec.N)
    input.spec.N = 2
    r.rego:5: _big did not hold
      line 5: n > 5
        n = 2
`},
		{name: "the furthest that any iteration came", rego: `
deny contains {"msg": "m"} if {
	some item in input.spec.Items
	item.s != "a"
	item.s == "c"
}`, want: `verdict pass

r.rego:3: deny did not hold
  line 6: item.s == "c"
    item.s = "b"
`},
		{name: "several times", rego: `
deny contains {"msg": item.s} if {
	some item in input.spec.Items
	item.s
}`, want: `verdict fail
  high: a
  high: b

r.rego:3: deny held 2 times, the first with
  line 4: some item in input.spec.Items
    item = {"s": "a"}
  line 5: item.s
`},
		{name: "print", rego: `
deny contains {"msg": "m"} if {
	print("status:", input.spec.Status)
	input.spec.N > 5
}`, want: `verdict pass

r.rego:3: deny did not hold
  line 5: input.spec.N > 5
    input.spec.N = 2

printed:
  r.rego:4: status: ERROR
`},
		{name: "a rule that fails while it runs", rego: `
deny contains {"msg": "m"} if to_number(input.spec.Status) > 1`, want: `verdict error
  high: the rule failed: r.rego:3: to_number: strconv.ParseFloat: parsing "ERROR": invalid syntax

r.rego:3: deny did not hold
  line 3: to_number(input.spec.Status) > 1
    input.spec.Status = "ERROR"
`},
		{name: "switched off", rego: `
deny contains {"msg": "m"} if input.spec.N > 5`, off: true, want: `verdict pass (the rule is switched off)

r.rego:3: deny did not hold
  line 3: input.spec.N > 5
    input.spec.N = 2
`},
		{name: "a gap that it touched", rego: `
deny contains {"msg": "m"} if input.related.outpost.state == "x"`,
			document: `{"kind": "outposts.order", "id": "oo-1", "account": "1", "region": "r", "spec": {},
				"gaps": {"outpost": {"operation": "GetOutpost", "reason": "access_denied", "message": "no"}, "other": {"operation": "O", "reason": "r"}}}`,
			want: `verdict unknown
  high: cannot tell: outpost is missing: GetOutpost: access_denied: no
  gap: outpost is missing: GetOutpost: access_denied: no

r.rego:3: deny did not hold
  line 3: input.related.outpost.state == "x"
    input.related.outpost.state is not there
`},
		{name: "hostile values", rego: `
deny contains {"msg": "m"} if input.spec.Status == "x"`,
			document: `{"kind": "outposts.order", "id": "oo-1", "account": "1", "region": "r", "spec": {"Status": "a\u2028gap: forged\u202e"}}`,
			want: `verdict pass

r.rego:3: deny did not hold
  line 3: input.spec.Status == "x"
    input.spec.Status = "a\u2028gap: forged\u202e"
`},
	}
	for i, said := range explainAll(t, cases) {
		if diff := gocmp.Diff(cases[i].want, said); diff != "" {
			t.Errorf("%s: %s", cases[i].name, diff)
		}
	}
}

func TestExplainRequired(t *testing.T) {
	p, err := Load(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	of := func(id, document string) string { return explain(t, p, id, document) }
	got := of("outposts.notice_deadline", `{"kind": "outposts.outpost", "id": "op-1", "account": "1", "region": "r", "spec": {},
		"gaps": {"billing": {"operation": "GetOutpostBillingInformation", "reason": "throttled"},
			"tags": {"operation": "ListOutposts", "reason": "throttled"}}}`)
	for _, want := range []string{"verdict unknown\n  it was not asked: it requires billing, which is a gap\n",
		"\n  gap: billing is missing: GetOutpostBillingInformation: throttled\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "tags is missing") {
		t.Errorf("a gap of which the rule learns nothing in\n%s", got)
	}
	if got := of("outposts.order_error", explainedOrder); !strings.Contains(got, "deny held") {
		t.Errorf("a rule of the pack is not shown:\n%s", got)
	}
	got = of("outposts.notice_deadline", explainedOrder)
	if want := "outposts.notice_deadline: verdict none\n  it does not apply: it evaluates outposts.outpost, and this is outposts.order\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = of("outposts.notice_deadline", `{"kind": "outposts.outpost", "id": "op-1", "account": "1", "region": "r", "spec": {}}`)
	if want := "outposts.notice_deadline: verdict none\n  it does not apply: the resource has no billing\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := p.Explain(t.Context(), "outposts.notice_deadlin", TestTime(), &audit.Resource{}); err == nil {
		t.Error("a rule that is not there is explained")
	}
}

// An explanation is bounded, whatever the policy does and the document holds.
func TestExplainIsBounded(t *testing.T) {
	long := fmt.Sprintf(`{"kind": "outposts.order", "id": "oo-1", "account": "1", "region": "r", "spec": {"Status": %q}}`, strings.Repeat("x", 1<<12))
	got := explainAll(t, []explainCase{{document: long, rego: `
deny contains {"msg": "m"} if {
	some i in numbers.range(1, 30000)
	_f(i)
	print(input.spec.Status)
	input.spec.Status == "y"
}

_f(i) if i > 0`}})[0]
	if len(got) > 64<<10 {
		t.Errorf("%d bytes were shown", len(got))
	}
	for _, want := range []string{": more than 100 lines are printed: the rest is left out\n", "\nthe evaluation is too long to be shown as a whole\n", strings.Repeat("x", 100) + "…"} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in what was explained", want)
		}
	}
}
