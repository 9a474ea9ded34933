package policies

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"tenor/audit"
)

// odd are rules that read a document in every way that Rego has, whole and in part, by names known and not.
var odd = []string{
	`deny contains ["whole", count(input)] if input.spec == {"Status": "A"}`,
	`deny contains "function" if _status(input.spec) == "A"

_status(spec) := spec.Status`,
	`deny contains ["walk", n] if {
	n := count([1 | walk(input.related, [_, v]); v == "A"])
	n > 1
}`,
	`deny contains ["tag", k] if { some k, v in input.tags; v == "A" }`,
	`deny contains ["named tag", k] if { some k in ["x", "y"]; input.tags[k] == "B" }`,
	`deny contains ["dynamic", k] if { some k in ["a", "b"]; input.related[k].Status == "A" }`,
	`deny contains ["missing", k] if { some k in ["a", "b"]; not input.related[k].Status }`,
	`deny contains ["both", k] if { some k in ["a", "b"]; input.related[k].Status == input.related.a.Status }`,
	`deny contains "get" if object.get(input, ["spec", "N"], 0) > 1`,
	`deny contains "get of part" if object.get(input.spec, "Status", "B") == "B"`,
	`deny contains "absent" if not input.spec`,
	`deny contains "null" if input.facts.n == null`,
	`deny contains ["keys", object.keys(input.spec)] if input.spec.N == 1`,
	`deny contains "with" if { x := true with input.spec as {"Status": "C"}; x; input.spec.Status == "A" }`,
	`deny contains "with below" if { _a with input.spec.Status as "A" }

_a if input.spec.Status == "A"`,
	`deny contains "nested" if input.spec.Deep.er.Status == "A"`,
	`deny contains "nested whole" if input.spec.Deep.er == {"Status": "B"}`,
	`deny contains "scalar entered" if not input.name.of.something`,
	`deny contains "gap" if input.gaps.a.reason == "error"`,
	`deny contains "any gap" if count(input.gaps) > 1`,
	`deny contains ["list", x.Status] if some x in input.spec.List`,
	`deny contains "first" if input.spec.List[0].Status == "A"`,
	`deny contains ["elements", x.Status] if { some x in input.spec.List; x.N > 1 }`,
	`deny contains ["element and index", i] if { some i, x in input.spec.List; x.Deep.Status == "A" }`,
	`deny contains ["element whole", x] if { some x in input.spec.List; x.N == 1 }`,
	`deny contains ["elements of elements", y.Status] if { some x in input.spec.List; some y in x.List; y.N != 7 }`,
	`deny contains ["part of element", d.Status] if { some x in input.spec.List; d := x.Deep; d.N != 7 }`,
	`deny contains ["two lists", x.N] if { some x in input.spec.List; some y in input.related.a.List; x.Status == y.Status }`,
	`deny contains ["one name for two", n] if { xs := [input.spec.List, input.related.a.List]; some l in xs; some x in l; n := x.N }`,
	`deny contains ["element to function", _f(x)] if some x in input.spec.List

_f(x) := x.Status`,
	`deny contains ["elements in comprehension", s] if s := {x.Name | some x in input.spec.List; not x.Status}`,
	`deny contains ["dynamic of element", k] if { some x in input.spec.List; some k in ["N", "Name"]; x[k] == x.Status }`,
	`deny contains ["number of element", x.N] if { x := input.spec.List[1]; x.Status == "A" }`,
	`deny contains ["values of an object", v.Status] if { some v in input.related; v.Status == "A" }`,
	`deny contains ["keys of element", k] if { some x in input.spec.List; some k, _ in x }`,
	`deny contains ["negated element", i] if { some i, x in input.spec.List; not x.Deep.Status == "A" }`,
	`deny contains "by its own field" if input.spec[input.spec.Name] == "A"`,
	`deny contains "by a field that may be no string" if input.spec[input.spec.N]`,
	`deny contains "comprehension" if { s := {v | some v in input.spec}; "A" in s }`,
	`deny contains "every" if { every x in input.spec.List { x.Status == "A" } }`,
	`deny contains "merged" if object.union(input.spec, {"Status": "A"}).Status == input.spec.Status`,
	`deny contains "compared" if input.spec.Deep == input.spec.Other`,
	`deny contains "variable" if { s := input.spec; s.Status == "A"; s.Deep.Status == "B" }`,
	`deny contains "all of it" if { i := input; i.spec.Status == "A" }`,
	`deny contains "else" if _else == 2

_else := 1 if input.spec.Status == "A"

else := 2 if input.related.a.Status == "B"`,
	`deny contains "dated" if input.spec.Status != input.facts.s`,
	`deny contains "fails" if to_number(input.spec.Name) > 1`,
	`deny contains "set" if {input.spec.Status, input.name} & {"A", "n"} == {"A", "n"}`,
	`deny contains "printed" if sprintf("%v", [input.spec.Deep]) == "{}"`,
	`deny contains "json" if json.marshal(input.related) == "{}"`,
	`deny contains "removed" if json.remove(input, ["spec/Status"]) == input`,
	`deny contains "constant" if 1 < 2`,
	`warn contains "either" if input.spec.Status == "A"

violation contains "other" if input.spec.Status == "B"`,
}

// random makes documents out of few values, so that many are alike in part.
type random struct{ *rand.Rand }

func (r random) pick(values ...string) string { return values[r.IntN(len(values))] }

func (r random) object(depth int) string {
	var members []string
	for _, name := range []string{"Status", "N", "Name", "Deep", "Other", "List", "er"} {
		if r.IntN(3) > 0 {
			continue
		}
		var v string
		switch {
		case name == "List":
			v = "[" + strings.Join([]string{r.object(0), r.object(0)}[:r.IntN(3)], ",") + "]"
		case depth > 0 && (name == "Deep" || name == "Other" || name == "er"):
			v = r.object(depth - 1)
		default:
			v = r.pick(`"A"`, `"B"`, "1", "2.50", "null", "true", `"Status"`, `"é\n\u0041"`, "[]", `{"Status":"B"}`)
		}
		members = append(members, fmt.Sprintf("%q:%s%s", name, r.pick("", " "), v))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (r random) resource(kind string) *audit.Resource {
	res := &audit.Resource{
		Kind: kind, ID: r.pick("i1", "i2"), Name: r.pick("", "n"), Account: "111122223333", Region: "eu-central-1",
		Spec: json.RawMessage(r.pick("null", r.object(2), r.object(2), `{"Status":"A"}`)), Related: map[string]json.RawMessage{},
		Gaps: map[string]audit.Gap{},
	}
	if r.IntN(4) > 0 {
		res.Tags = map[string]string{}
		for _, k := range []string{"x", "y", "Owner", "CostCenter"} {
			if r.IntN(2) > 0 {
				res.Tags[k] = r.pick("A", "B", "", `"q"`)
			}
		}
	}
	for _, section := range []string{"a", "b", "records", "artifact"} {
		switch r.IntN(4) {
		case 0:
			res.Gaps[section] = audit.Gap{Operation: "Get", Reason: audit.Reason(r.pick("error", "timeout"))}
		case 1, 2:
			res.Related[section] = json.RawMessage(r.pick(r.object(1), `"A"`, "null", "[]", `{"Status":"FAILED"}`))
		}
	}
	if r.IntN(3) > 0 {
		res.Facts = json.RawMessage(`{"n":` + r.pick("null", "1") + `,"s":` + r.pick(`"A"`, "null") + `}`)
	}
	return res
}

// products makes documents that the rules of provisioned products say something of.
func (r random) product() *audit.Resource {
	res := r.resource(audit.KindProvisionedProduct)
	date := func() string { return r.pick(`"2026-11-30T23:00:00Z"`, `"2026-01-01T00:00:00Z"`, "null") }
	res.Spec = fmt.Appendf(nil, `{"Status":%s,"Type":%s,"CreatedTime":%s,"LastRecordId":"r1","LastSuccessfulProvisioningRecordId":%s,`+
		`"ProductId":"p"}`,
		r.pick(`"AVAILABLE"`, `"AVAILABLE"`, `"ERROR"`, `"TAINTED"`, `"UNDER_CHANGE"`, "null"),
		r.pick(`"CFN_STACK"`, `"CONTROL_TOWER_ACCOUNT"`), date(), r.pick(`"r1"`, `"r2"`))
	if r.IntN(2) > 0 {
		res.Related["artifact"] = fmt.Appendf(nil, `{"Active":%s,"Guidance":%s,"NewestActive":%s}`, r.pick("true", "false"),
			r.pick(`"DEFAULT"`, `"DEPRECATED"`), r.pick("null", `{"Id":"pa"}`))
	}
	if r.IntN(2) > 0 {
		res.Related["records"] = json.RawMessage(`{"RecordDetails":[]}`)
		res.Facts = fmt.Appendf(nil, `{"last_status":%s,"last_created":%s,"broken_since":%s,"broken_before":%s,"succeeded":%s,"errors":%s,`+
			`"request_type":%s,"attempts":%s}`, r.pick(`"FAILED"`, `"SUCCEEDED"`, `"IN_PROGRESS"`, "null"), date(), date(),
			r.pick("true", "false"), r.pick("true", "false"), r.pick("[]", "null", `["c"]`),
			r.pick(`"PROVISION_PRODUCT"`, `"TERMINATE_PROVISIONED_PRODUCT"`, "null"), r.pick("1", "2"))
	}
	return res
}

// plain evaluates rules with OPA alone, on the document as one value: nothing is read lazily, nothing remembered.
type plain map[*rule]rego.PreparedEvalQuery

func newPlain(t *testing.T, p *Pack) plain {
	t.Helper()
	queries := plain{}
	for _, r := range p.rules {
		q, err := rego.New(rego.Compiler(p.compiler), rego.Store(p.store(TestTime())), rego.ParsedQuery(r.query()),
			rego.StrictBuiltinErrors(true), rego.GenerateJSON(keepTerm)).PrepareForEval(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		queries[r] = q
	}
	return queries
}

func (q plain) ask(t *testing.T, r *rule, input ast.Value) string {
	t.Helper()
	rs, err := q[r].Eval(t.Context(), rego.EvalParsedInput(input))
	if err != nil {
		return evalError(err).Error()
	}
	return rs[0].Expressions[0].Value.(*ast.Term).String()
}

// plainDocument decodes the document with encoding/json, and leaves out the nulls of what AWS sent.
func plainDocument(t *testing.T, r *audit.Resource) map[string]any {
	t.Helper()
	b, err := audit.EncodeJSON(r)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"spec", "related"} {
		if doc[name] == nil {
			delete(doc, name)
			continue
		}
		dropNulls(doc[name])
	}
	if related, ok := doc["related"].(map[string]any); ok {
		for section := range r.Gaps { // what there is of it is not all
			delete(related, section)
		}
	}
	return doc
}

func dropNulls(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, m := range v {
			if m == nil {
				delete(v, k)
			}
			dropNulls(m)
		}
	case []any:
		for _, e := range v {
			dropNulls(e)
		}
	}
}

// What an evaluator says of a document that it reads lazily, having seen thousands before, is what OPA says of the same
// document on its own.
func TestEvaluatorSaysWhatOPASays(t *testing.T) {
	files := map[string]string{}
	for i, clause := range odd {
		files[fmt.Sprintf("odd%d.rego", i)] = fmt.Sprintf("package odd%d\n\n%s\n", i, clause)
	}
	p := load(t, Options{}, files)
	e, opa := evaluator(t, p), newPlain(t, p)
	e.memo.limit = 2000 // so that it forgets now and then
	forgotten := 0
	r := random{rand.New(rand.NewPCG(1, 2))}
	remembered := map[string]int{}
	for i := range 700 {
		res := r.resource(r.pick(audit.KindProvisionedProduct, audit.KindOrder, audit.KindOutpost))
		if i%2 == 0 {
			res = r.product()
		}
		input, err := ast.InterfaceToValue(plainDocument(t, res))
		if err != nil {
			t.Fatal(err)
		}
		e.doc.open(res)
		for _, pr := range e.byKind[res.Kind] {
			if missing, applies := pr.sections(res); !applies || len(missing) > 0 {
				continue
			}
			want := opa.ask(t, pr.rule, input)
			if e.memo.passes(pr.known, e.doc) {
				remembered[pr.ID]++
				if strings.Trim(want, "[], set()") != "" {
					t.Fatalf("%s is remembered to pass; OPA says %s of\n%s", pr.ID, want, doc(t, res))
				}
				continue
			}
			answer, err := e.ask(t.Context(), pr)
			have := ""
			if err != nil {
				have = evalError(err).Error()
			} else {
				have = answer.String()
			}
			if have != want {
				t.Fatalf("%s: have %s, want %s, of\n%s", pr.ID, have, want, doc(t, res))
			}
			if quick, known := e.fast.answer(e.doc, pr.asks); known && quick.String() != want {
				t.Fatalf("%s, by the fast path: have %s, want %s, of\n%s", pr.ID, quick, want, doc(t, res))
			}
		}
		before := e.memo
		eval(t, e, res)
		if e.memo != before {
			forgotten++
		}
	}
	if forgotten == 0 {
		t.Error("nothing was ever forgotten")
	}
	for id, n := range map[string]int{"service_catalog.product_error": 50, "general.tag_missing": 10, "odd3": 2, "odd4": 50, "odd5": 50,
		"odd15": 50, "odd18": 50} {
		if remembered[id] < n {
			t.Errorf("%s: only %d verdicts were remembered, want %d", id, remembered[id], n)
		}
	}
}

func doc(t *testing.T, r *audit.Resource) string {
	t.Helper()
	b, err := audit.EncodeJSON(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A part with too many values is no longer remembered, and everything is forgotten when it is too much.
func TestMemoIsBounded(t *testing.T) {
	p := load(t, Options{}, nil)
	e := evaluator(t, p)
	for i := range 2 * maxBranches {
		r := &audit.Resource{Kind: audit.KindProvisionedProduct, ID: "x",
			Tags: map[string]string{"Owner": fmt.Sprint("o", i), "CostCenter": "1"}, Spec: json.RawMessage(`{"Status":"AVAILABLE"}`)}
		if found := eval(t, e, r); len(found) != 0 {
			t.Fatal(lines(found))
		}
	}
	if n := e.Verdicts()["service_catalog.product_error"][audit.Pass]; n != 2*maxBranches {
		t.Errorf("%d resources pass, want %d", n, 2*maxBranches)
	}
	if n := len(e.memo.branches); n > 3*maxBranches {
		t.Errorf("%d branches are remembered", n)
	}
	if !slices.ContainsFunc(e.memo.forks, func(q fork) bool { return q.at.name == "Owner" && q.closed }) {
		t.Error("the tag with a value of its own for each resource is still remembered")
	}
	for i := range maxAnswers {
		e.memo.answers[fmt.Sprint("other ", i)] = int32(len(e.memo.answers))
	}
	eval(t, e, order(`{"Status":"COMPLETED"}`))
	if n := len(e.memo.answers); n > 10 {
		t.Errorf("%d answers are left", n)
	}
	if found := eval(t, e, order(`{"Status":"ERROR"}`)); len(found) != 1 {
		t.Errorf("have %v", lines(found))
	}
}

// A rule that asks for members by names that it finds does not make the places of the document grow with every resource.
func TestPlacesAreBounded(t *testing.T) {
	e := evaluator(t, load(t, Options{}, map[string]string{"a.rego": "package a\n\ndeny contains \"x\" if {\n\tsome name in input.spec.Names\n\t" +
		"input.facts[name]\n}\n"}).only("a"))
	names := make([]string, maxPlaces+1)
	for i := range names {
		names[i] = fmt.Sprint("n", i)
	}
	b, err := json.Marshal(map[string]any{"Names": names})
	if err != nil {
		t.Fatal(err)
	}
	r := order(string(b))
	r.Facts = json.RawMessage(`{"n1": true}`)
	for range 2 {
		if found := eval(t, e, r); len(found) != 1 {
			t.Errorf("have %v", lines(found))
		}
	}
	eval(t, e, order("{}"))
	if n := e.doc.places; n > 100 {
		t.Errorf("%d places are left", n)
	}
}

// A damaged document is an error of the rules that look into it, remembered or not.
func TestDamagedDocument(t *testing.T) {
	e := evaluator(t, load(t, Options{}, nil))
	eval(t, e, order(`{"Status": "COMPLETED", "PaymentTerm": "ONE_YEAR", "PaymentOption": "NO_UPFRONT"}`))
	for _, spec := range []string{`{"Status": "COMPLETED", "PaymentTerm": "ONE_YEAR", "PaymentOption": "NO_UPFRONT"`,
		`{"Status": "COMPLETED", "LineItems": [`, `{"Status"`, `{"Status": }`} {
		found := eval(t, e, order(spec))
		if len(found) == 0 {
			t.Errorf("%s passes", spec)
		}
		for _, f := range found {
			if f.Verdict != audit.Error || f.Msg != "the rule failed: outposts.order oo-1: malformed JSON" {
				t.Errorf("%s: %s %s", spec, f.Verdict, f.Msg)
			}
		}
	}
}

func FuzzDecodeTerm(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.50,-3e9,null,true,"x\"\\é"],"b":{}}`, `[]`, ` { "a" : 1 , "b" : [ ] } `, `"\ud800"`, `{"a":`,
		`[1,`, `"`, `{"a" 1}`, "\"\xff\"", `nul`, `{"a":1,"b":{"c":2,"c":3},"a":2}`, `{"a":1}x`, `{"a":}`, `{"a"}`, `{,}`, `{"a":1,}`, `{"`,
		`{"b":`, `{"b":}`, `{"b":"`, `{"b":[1`, `{"a":1,"b":[2,3],"c":4}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		have, err := decodeTerm(b, true, everything)
		only := &reads{members: map[string]*reads{"a": everything}} // the others are stepped over
		if _, stepErr := decodeTerm(b, true, only); stepErr != nil && err == nil {
			t.Errorf("%q: %v when it is not read", b, stepErr)
		}
		if !json.Valid(b) {
			return // it must not panic, and may say anything
		}
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		d := json.NewDecoder(strings.NewReader(string(b)))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		want, err := ast.InterfaceToValue(v)
		if err != nil {
			t.Fatal(err)
		}
		if have.Value.Compare(want) != 0 {
			t.Errorf("%q: have %s, want %s", b, have, want)
		}
	})
}
