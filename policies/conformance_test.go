package policies

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/test/cases"
	"github.com/open-policy-agent/opa/v1/test/cases/testdata"
	"github.com/open-policy-agent/opa/v1/util"

	"tenor/audit"
)

// placing says what of a case becomes a part of a resource, and where it goes; nil stays.
type placing struct {
	name        string
	input, data []string
	constants   []string // the operands of calls that are JSON
}

// The same case four times: with its input where null is absent, where it is a value, with its data as the document, and with
// its constants, which nearly every case has.
var placings = []placing{
	{name: "input in spec", input: []string{"spec", "doc"}},
	{name: "input in facts", input: []string{"facts", "doc"}},
	{name: "data in spec", input: []string{"related", "doc"}, data: []string{"spec", "doc"}},
	{name: "constants in spec", input: []string{"related", "doc"}, constants: []string{"spec", "doc"}},
}

// conforming is a case of OPA's, rewritten to ask for a part of a resource.
type conforming struct {
	modules map[string]*ast.Module
	data    map[string]any
	sample  *sample
}

// TestConformance runs OPA's own cases on a resource: what a case asks of input, a rule asks of a part of the resource, with
// the answer that OPA gives on its own, for the case's document and for changed ones. Each case runs in one way; for as long as
// -programs says, in all of them, on fresh documents.
func TestConformance(t *testing.T) {
	all := conformanceCases(t)
	var total tally
	if *programsFor > 0 {
		until := programsUntil(t)
		for seed := *programsSeed; time.Now().Before(until) && !t.Failed(); seed++ {
			for _, tc := range all {
				for _, at := range placings {
					if c, why := conform(tc, at); why == "" && time.Now().Before(until) {
						c.run(t, fmt.Sprintf("%s, %s, -programs.seed %d", tc.Note, at.name, seed), seed, 30, &total)
					}
				}
			}
		}
		t.Logf("compared %+v", total)
		return
	}
	count := map[string]int{}
	for i, tc := range all {
		outcome := ""
		for j := range placings { // the first that applies
			at := placings[(i+j)%len(placings)]
			c, why := conform(tc, at)
			if outcome = why; why == "" {
				outcome = c.run(t, tc.Note+", "+at.name, uint64(i), 1, &total)
			}
			if outcome == ran {
				count[at.name]++
				break
			}
		}
		count[outcome]++
	}
	t.Logf("cases: %v; rules on resources: %+v", count, total)
	for what, least := range map[string]int{ran: 1600, placings[0].name: 150, placings[1].name: 80, placings[2].name: 150,
		placings[3].name: 1000} {
		if count[what] < least {
			t.Errorf("%d cases %s, want %d", count[what], what, least)
		}
	}
	total.atLeast(t, tally{Compared: 14000, Failed: 7000, Errors: 400, Remembered: 2500, Quick: 5000})
}

// What became of a case. Those that do not compile use a built-in that is refused, or want an error of the compiler.
const (
	ran         = "ran"
	noPart      = "ask for no part of the document"
	unparsable  = "do not parse"
	refusedCase = "do not compile"
)

func conformanceCases(t *testing.T) []cases.TestCase {
	t.Helper()
	var set cases.Set
	err := fs.WalkDir(testdata.V1, "v1", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".yaml" {
			return err
		}
		b, err := testdata.V1.ReadFile(name)
		if err != nil {
			return err
		}
		var one cases.Set
		if err := util.Unmarshal(b, &one); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		set.Cases = append(set.Cases, one.Cases...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return set.Sorted().Cases
}

// conform rewrites a case; why says why it does not apply.
func conform(tc cases.TestCase, at placing) (c *conforming, why string) {
	options := ast.ParserOptions{RegoVersion: ast.RegoV1, ProcessAnnotation: true,
		Capabilities: ast.CapabilitiesForThisVersion(ast.CapabilitiesExperimentalKeywords(tc.ExperimentalKeywords))}
	c = &conforming{modules: map[string]*ast.Module{}, data: map[string]any{}}
	if tc.Data != nil {
		c.data = *tc.Data
	}
	var modules []*ast.Module
	taken := map[string]bool{} // by packages: no base documents
	for i, text := range tc.Modules {
		m, err := ast.ParseModuleWithOpts(fmt.Sprintf("case%d.rego", i), text, options)
		if err != nil {
			return nil, unparsable
		}
		if len(m.Package.Path) > 1 {
			taken[string(m.Package.Path[1].Value.(ast.String))] = true
		}
		modules = append(modules, m)
	}
	query, err := ast.ParseBodyWithOpts(tc.Query, options)
	if err != nil {
		return nil, unparsable
	}
	report, rest := queryModules(query, at)
	modules = append(modules, report)
	constants := &node{object: true}
	if at.constants != nil {
		for _, m := range modules {
			moveConstants(m, at.constants, constants)
		}
	}
	moved := len(constants.elems)
	to := func(ref ast.Ref) (ast.Value, error) {
		switch {
		case ref[0].Equal(ast.InputRootDocument):
			if at.data == nil && at.constants == nil {
				moved++
			}
			return below(at.input, ref[1:]), nil
		case at.data != nil && len(ref) > 1 && ref[0].Equal(ast.DefaultRootDocument):
			name, ok := ref[1].Value.(ast.String)
			if _, base := c.data[string(name)]; ok && base && !taken[string(name)] {
				moved++
				return below(at.data, ref[1:]), nil
			}
		}
		return ref, nil
	}
	for i, m := range modules {
		pkg := m.Package
		x, err := ast.TransformRefs(m, to)
		if err != nil {
			return nil, unparsable
		}
		m = x.(*ast.Module)
		m.Package = pkg
		c.modules[fmt.Sprintf("case%d.rego", i)] = m
	}
	if moved == 0 {
		return nil, noPart
	}
	c.modules["rest.rego"] = rest
	c.sample, err = at.sample(tc, constants)
	if err != nil {
		return nil, unparsable
	}
	return c, ""
}

func below(place []string, rest []*ast.Term) ast.Ref {
	ref := ast.Ref{ast.InputRootDocument}
	for _, name := range place {
		ref = append(ref, ast.StringTerm(name))
	}
	return append(ref, rest...)
}

// queryModules makes two packages of a query. The first has a rule that reports what the query binds. The rules of the second
// pass for half of all results, whatever they are, so that there is something to remember; and report the whole document when
// there is a result, which is how findings have their evidence.
func queryModules(query ast.Body, at placing) (report, rest *ast.Module) {
	report = ast.MustParseModule("package conformance.query\n\ndeny contains {} if true")
	vars := query.Vars(ast.VarVisitorParams{SkipRefCallHead: true, SkipClosures: true})
	bindings := [][2]*ast.Term{{ast.StringTerm("msg"), ast.StringTerm("query")}}
	for _, v := range slices.Sorted(maps.Keys(vars)) {
		if !v.IsWildcard() && !v.IsGenerated() && !ast.RootDocumentNames.Contains(ast.NewTerm(v)) {
			bindings = append(bindings, [2]*ast.Term{ast.StringTerm("_" + string(v)), ast.NewTerm(v)})
		}
	}
	report.Rules[0].Head.Key = ast.ObjectTerm(bindings...)
	report.Rules[0].Body = query
	whole := at.input
	if at.data != nil {
		whole = at.data
	}
	if at.constants != nil {
		whole = at.constants
	}
	rest = ast.MustParseModule(fmt.Sprintf(`package conformance.rest

deny contains "odd" if crypto.md5(sprintf("%%v", [data.conformance.query.deny])) < "8"

warn contains {"msg": "whole", "evidence": input.%s} if count(data.conformance.query.deny) > 0`, strings.Join(whole, ".")))
	return report, rest
}

// moveConstants puts the operands of calls that are JSON into a document, and references to them in their place. Those of heads
// stay.
func moveConstants(m *ast.Module, place []string, doc *node) {
	move := func(terms []*ast.Term) {
		for i, term := range terms[1:] {
			if raw, ok := constant(term.Value); ok {
				name := fmt.Sprintf("c%d", len(doc.elems))
				doc.add(`"`+name+`"`, raw)
				terms[i+1] = ast.NewTerm(below(place, []*ast.Term{ast.StringTerm(name)})).SetLocation(term.Location)
			}
		}
	}
	calls := ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.Expr:
			if terms, ok := x.Terms.([]*ast.Term); ok {
				move(terms)
			}
		case ast.Call:
			move(x)
		case *ast.Head:
			return true
		}
		return false
	})
	for _, r := range m.Rules {
		if !r.Default {
			calls.Walk(r)
		}
	}
}

// constant returns a value as JSON when it is that: no set, no variable, and no key but strings.
func constant(v ast.Value) (*node, bool) {
	switch v.(type) {
	case ast.Null, ast.Boolean, ast.Number, ast.String, *ast.Array, ast.Object:
	default:
		return nil, false
	}
	json := true
	ast.WalkTerms(ast.NewTerm(v), func(t *ast.Term) bool {
		switch t := t.Value.(type) {
		case ast.Null, ast.Boolean, ast.Number, ast.String, *ast.Array:
		case ast.Object:
			t.Foreach(func(k, _ *ast.Term) {
				_, ok := k.Value.(ast.String)
				json = json && ok
			})
		default:
			json = false
		}
		return !json
	})
	if !json {
		return nil, false
	}
	n, err := parseNode([]byte(v.String()))
	return n, err == nil
}

// sample puts a case's documents in their places.
func (at placing) sample(tc cases.TestCase, constants *node) (*sample, error) {
	var input any = map[string]any{}
	switch {
	case tc.InputTerm != nil:
		term, err := ast.ParseTerm(*tc.InputTerm)
		if err != nil {
			return nil, err
		}
		if input, err = ast.JSON(term.Value); err != nil { // sets become arrays: a resource has none
			return nil, err
		}
	case tc.Input != nil:
		input = *tc.Input
	}
	s := &sample{kind: audit.KindOrder, id: "oo-1", related: map[string]*node{}}
	put := func(place []string, n *node) {
		section := &node{object: true, names: []string{`"doc"`}, elems: []*node{n}}
		switch place[0] {
		case "spec":
			s.spec = section
		case "facts":
			s.facts = section
		default:
			s.related["doc"] = n
		}
	}
	if at.data != nil {
		n, err := nodeOf(*tc.Data)
		if err != nil {
			return nil, err
		}
		put(at.data, n)
	}
	if at.constants != nil {
		put(at.constants, constants)
	}
	n, err := nodeOf(input)
	if err != nil {
		return nil, err
	}
	put(at.input, n)
	return s, nil
}

func nodeOf(v any) (*node, error) {
	b, err := audit.EncodeJSON(v)
	if err != nil {
		return nil, err
	}
	return parseNode(b)
}

// run compares the case on its own document and on mutants of it.
func (c *conforming) run(t *testing.T, name string, seed uint64, mutants int, total *tally) (outcome string) {
	s, err := newSubject(t.Context(), c.modules, c.data)
	if err != nil {
		return refusedCase
	}
	r := rand.New(rand.NewPCG(seed, 1))
	samples := []*sample{c.sample}
	words := vocabulary{names: []string{`"new"`, `""`}, scalars: []string{`"a"`, `""`, "0", "1", "1.0", "2", "-1", "1e1", "2.50",
		"true", "false", "null", "[]", "{}"}}
	for _, n := range c.sample.nodes() {
		words.names = append(words.names, n.names...)
		if n.text != "" && len(n.text) < 40 {
			words.scalars = append(words.scalars, n.text)
		}
	}
	more := c.sample.clone() // one member more in every object, which nobody asks for by name
	for _, n := range more.nodes() {
		if n.object {
			n.add(`"more"`, scalar(`{"of":"it"}`))
		}
	}
	samples = append(samples, more)
	for range mutants {
		m := samples[r.IntN(len(samples))].clone()
		words.mutate(r, m.nodes())
		samples = append(samples, m)
	}
	samples = append(samples, samples[:1+len(samples)/2]...)
	r.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
	reportDifference(t, name, s, samples, total, func() string {
		var b strings.Builder
		for _, file := range slices.Sorted(maps.Keys(c.modules)) {
			fmt.Fprintf(&b, "%s\n", c.modules[file])
		}
		return b.String()
	})
	return ran
}

// reportDifference compares, and on a difference shrinks the samples and reports them.
func reportDifference(t *testing.T, name string, s *subject, samples []*sample, total *tally, program func() string) {
	t.Helper()
	ctx := context.Background()
	d, err := s.compare(ctx, resourcesOf(samples), total)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if d == nil {
		return
	}
	samples = shrinkSamples(samples[:d.at+1], time.Now().Add(shrinkFor), func(less []*sample) bool {
		d, err := s.compare(ctx, resourcesOf(less), new(tally))
		return err == nil && d != nil
	})
	if d, err = s.compare(ctx, resourcesOf(samples), new(tally)); err != nil || d == nil {
		t.Errorf("%s: a difference that does not stay: %v", name, err)
		return
	}
	t.Errorf("%s: %s\n%s\n%s", name, d, program(), documents(t, samples))
}

func documents(t *testing.T, samples []*sample) string {
	var b strings.Builder
	for _, s := range samples {
		fmt.Fprintf(&b, "%s\n", doc(t, s.resource()))
	}
	return b.String()
}
