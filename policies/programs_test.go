package policies

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
)

var (
	programsFor  = flag.Duration("programs", 0, "how long to run fresh programs, or conformance cases on fresh documents; 0: a fixed set")
	programsSeed = flag.Uint64("programs.seed", 1, "the first seed of -programs")
)

// shrinkFor bounds the search for the smallest example of a difference.
const shrinkFor = 5 * time.Second

// programsUntil is when -programs ends, which has to be before the test is timed out.
func programsUntil(t *testing.T) time.Time {
	t.Helper()
	until := time.Now().Add(*programsFor)
	if deadline, ok := t.Deadline(); ok && deadline.Before(until) {
		t.Fatalf("-programs %s takes longer than the test may: add -timeout 0", *programsFor)
	}
	return until
}

// TestPrograms compares the engine with OPA on random rules and random resources.
func TestPrograms(t *testing.T) {
	var total tally
	var refusals, programs, differ int
	one := func(seed uint64) {
		programs++
		refused, found := tryProgram(t, seed, nil, differ < 3, &total)
		refusals += refused
		if found {
			differ++
		}
	}
	if *programsFor > 0 {
		until := programsUntil(t)
		for seed := *programsSeed; time.Now().Before(until) && differ == 0; seed++ {
			one(seed)
		}
		t.Logf("%d programs, %d refused by the compiler; rules on resources: %+v", programs, refusals, total)
		return
	}
	for seed := range uint64(200) {
		one(seed)
	}
	t.Logf("%d programs, %d refused by the compiler; rules on resources: %+v", programs, refusals, total)
	if refusals > programs/2 {
		t.Errorf("the compiler refuses %d programs beside %d that compile", refusals, programs)
	}
	total.atLeast(t, tally{Compared: 5000, Failed: 1500, Errors: 50, Remembered: 1000, Quick: 1500})
}

// tryProgram makes a program and resources of a seed, to which more may come, and compares. A program that does not compile is
// made anew.
func tryProgram(t *testing.T, seed uint64, more []*sample, shrink bool, total *tally) (refused int, found bool) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 2))
	var p program
	var s *subject
	samples := randomSamples(r)
	paths := pathsOf(slices.Concat(samples, more, more))
	focus := make([]string, 5)
	for i := range focus {
		focus[i] = paths[r.IntN(len(paths))]
	}
	for {
		p = newProgram(r, focus)
		modules, err := p.modules()
		if err == nil {
			s, err = newSubject(context.Background(), modules, baseData)
		}
		if err == nil {
			break
		}
		if refused++; refused == 100 {
			t.Fatalf("-programs.seed %d: no program compiles: %v\n%s", seed, err, p)
		}
	}
	samples = slices.Concat(mutants(r, samples, focus), more)
	r.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
	d, err := s.compare(context.Background(), resourcesOf(samples), total)
	if err != nil {
		t.Fatalf("-programs.seed %d: %v", seed, err)
	}
	if d == nil {
		return refused, false
	}
	if !shrink {
		t.Errorf("-programs.seed %d: %s", seed, d)
		return refused, true
	}
	p, samples = shrinkProgram(p, samples[:d.at+1])
	t.Errorf("-programs.seed %d: %s\n%s\n%s", seed, differenceOf(p, samples), p, documents(t, samples))
	return refused, true
}

func differenceOf(p program, samples []*sample) *difference {
	modules, err := p.modules()
	if err != nil {
		return nil
	}
	s, err := newSubject(context.Background(), modules, baseData)
	if err != nil {
		return nil
	}
	d, err := s.compare(context.Background(), resourcesOf(samples), new(tally))
	if err != nil {
		return nil
	}
	return d
}

// shrinkProgram leaves out clauses, lines and documents as long as a difference stays.
func shrinkProgram(p program, samples []*sample) (program, []*sample) {
	until := time.Now().Add(shrinkFor)
	documents := func() {
		samples = shrinkSamples(samples, until, func(less []*sample) bool { return differenceOf(p, less) != nil })
	}
	documents()
	for smaller := true; smaller && time.Now().Before(until); {
		smaller = false
		for i := len(p) - 1; i >= 0; i-- {
			for line := len(p[i].body) - 1; line >= -1; line-- {
				less := slices.Clone(p)
				if line < 0 {
					less = slices.Delete(less, i, i+1)
				} else {
					less[i].body = slices.Delete(slices.Clone(p[i].body), line, line+1)
				}
				if time.Now().Before(until) && differenceOf(less, samples) != nil {
					p, smaller = less, true
					if line < 0 {
						break
					}
				}
			}
		}
	}
	documents()
	return p, samples
}

// program is clauses of rules, in packages.
type program []clause

type clause struct {
	pkg  string
	head string
	body []string // lines; none: a head alone
	tail string   // else
}

// variable is a declaration by some or every.
var variable = regexp.MustCompile(`(?:some|every) (x\d+)(?:, (x\d+))? in`)

// String returns the clause with _ for the variables of some and every that nobody uses, which are errors.
func (c clause) String() string {
	if len(c.body) == 0 {
		return c.head + c.tail
	}
	text := c.head + " if {\n\t" + strings.Join(c.body, "\n\t") + "\n}" + c.tail
	for _, declared := range variable.FindAllStringSubmatch(text, -1) {
		for _, v := range declared[1:] {
			if word := regexp.MustCompile(`\b` + v + `\b`); v != "" && len(word.FindAllString(text, 2)) == 1 {
				text = word.ReplaceAllString(text, "_")
			}
		}
	}
	return text
}

func (p program) texts() map[string]string {
	texts := map[string]string{}
	for _, c := range p {
		if texts[c.pkg] == "" {
			texts[c.pkg] = "package " + c.pkg + "\n"
		}
		texts[c.pkg] += "\n" + c.String() + "\n"
	}
	return texts
}

func (p program) modules() (map[string]*ast.Module, error) {
	modules := map[string]*ast.Module{}
	for name, text := range p.texts() {
		m, err := ast.ParseModuleWithOpts(name+".rego", text, ast.ParserOptions{RegoVersion: ast.RegoV1})
		if err != nil {
			return nil, err
		}
		modules[name+".rego"] = m
	}
	return modules, nil
}

func (p program) String() string {
	var b strings.Builder
	texts := p.texts()
	for _, c := range p {
		b.WriteString(texts[c.pkg])
		delete(texts, c.pkg)
	}
	return b.String()
}

// baseData are the documents under data that programs read.
var baseData = map[string]any{"base": map[string]any{"a": "A", "list": []any{"a", "b", "A"},
	"deep": map[string]any{"a": map[string]any{"b": "B"}}}}

// words are in documents and rules. In documents some are written twice, with an escape, and in what is no UTF-8.
var words = vocabulary{
	names: []string{`"a"`, `"a"`, `"b"`, `"b"`, `"c"`, `"Key"`, `"Tags"`, `"x y"`, `""`, `"\u0061"`, `"\"q\""`, "\"\xff\"",
		`"\ud800"`, `"0"`},
	scalars: []string{`"A"`, `"A"`, `"B"`, `"a"`, `"b"`, `"Key"`, `"0"`, `""`, "0", "1", "1", "1.0", "2", "2.50", "1e2", "100", "-0",
		"1E400", "-7", "123456789012345678901234567890", strconv.FormatInt(TestTime().UnixNano(), 10),
		"0.1", "true", "false", "null", "[]", "{}", `"\u0041"`, `"é"`, "\"\xff\"", `"\ud800"`, `"` + strings.Repeat("long ", 60) + `"`},
}

// generator writes Rego. Variables are bound before they are used, loops are few, and the compiler knows no type of most of what
// is looked into or compared, so that most of it compiles, is quick and says something of the documents.
type generator struct {
	*rand.Rand
	program   program
	pkg       string
	names     int      // of variables and rules so far
	loops     int      // left in this clause
	paths     []string // to parts of the documents
	recent    []string // in this clause
	rules     []string // that may be anything
	typed     []string // rules whose type the compiler knows
	sets      []string
	objects   []string
	functions []string // of one argument
	pairs     []string // of two
}

// scope is the body of a rule, a comprehension or every.
type scope struct {
	vars  []string // that may be anything
	typed []string // whose type the compiler knows
	lines []string
}

func (s *scope) inner() *scope {
	return &scope{vars: slices.Clone(s.vars), typed: slices.Clone(s.typed)}
}

func (s *scope) line(format string, args ...any) {
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

func (g *generator) pick(values ...string) string { return values[g.IntN(len(values))] }

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *generator) fresh(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

// over writes a loop over something, and returns its key and its value.
func (g *generator) over(s *scope, of string) (k, v string) {
	k, v = g.fresh("x"), g.fresh("x")
	s.line("some %s, %s in %s", k, v, of)
	s.vars = append(s.vars, k, v)
	return k, v
}

// loop reports whether the clause may have another loop.
func (g *generator) loop() bool {
	g.loops--
	return g.loops >= 0
}

// newProgram writes a program; paths are references to parts of the documents that it will be given.
func newProgram(r *rand.Rand, paths []string) program {
	g := &generator{Rand: r, paths: paths}
	for i := range 1 + g.IntN(4) {
		g.pkg = fmt.Sprintf("r%d", i)
		for range g.IntN(4) {
			g.helper()
		}
		for range 1 + g.IntN(2) {
			g.deny("deny")
		}
		if g.chance(20) {
			g.deny("warn")
		}
	}
	return g.program
}

func (g *generator) add(head string, body []string, tail string) {
	g.program = append(g.program, clause{g.pkg, head, body, tail})
}

// deny writes a clause of a set that is reported.
func (g *generator) deny(set string) {
	s := g.begin()
	switch g.IntN(10) {
	case 0, 1: // something that half of all resources have
		v, inner := g.fresh("v"), s.inner()
		g.elements(inner)
		g.some(inner, 1)
		e := g.value(inner, 1)
		s.line("%s := {y | %s}", v, strings.Join(append(inner.lines, "y := "+e), "; "))
		g.add(set+` contains "half"`, append(s.lines, fmt.Sprintf(`crypto.md5(sprintf("%%v", [%s])) < "8"`, v)), "")
	case 2:
		v, inner := g.fresh("v"), s.inner()
		g.elements(inner)
		e := g.value(inner, 1)
		s.line("%s := {y | %s}", v, strings.Join(append(inner.lines, "y := "+e), "; "))
		g.add(set+` contains "odd"`, append(s.lines, fmt.Sprintf("count(%s) %% 2 == 1", v)), "")
	case 3, 4, 5:
		g.some(s, 3)
		e := g.value(s, 2)
		if g.chance(50) { // a section, a part of which is read by name too
			s.lines = append(s.lines, g.part(s))
			e = sectionOf.FindString(s.lines[len(s.lines)-1])
		}
		g.add(fmt.Sprintf(`%s contains {"msg": "m", "evidence": {"e": v}}`, set), append(s.lines, "v := "+e), "")
	case 6:
		g.some(s, 3)
		g.add(set+` contains "plain"`, s.lines, "")
	default:
		g.some(s, 3)
		e := g.value(s, 2)
		g.add(set+" contains v", append(s.lines, "v := "+e), "")
	}
}

// sectionOf matches the section at the beginning of a reference.
var sectionOf = regexp.MustCompile(`^input(\.related\.\w+|\.\w+)?`)

func (g *generator) begin(vars ...string) *scope {
	g.loops, g.recent = 3, nil
	return &scope{vars: vars}
}

// helper writes a rule or a function that later ones may use.
func (g *generator) helper() {
	name := g.fresh("h")
	full := "data." + g.pkg + "." + name
	s := g.begin()
	switch g.IntN(12) {
	case 0, 1: // a part of the document
		g.add(name+" := "+g.part(s), s.lines, "")
		g.rules = append(g.rules, full)
	case 2:
		g.condition(s)
		v := g.part(s)
		g.add(name+" := "+v, s.lines, g.otherwise())
		g.rules = append(g.rules, full)
	case 3:
		g.add("default "+name+" := "+g.pick(`"A"`, "1", "null", `{"a": "A"}`, "[]", "false"), nil, "")
		v := g.value(s, 2)
		g.condition(s)
		g.add(name+" := "+v, s.lines, "")
		g.typed = append(g.typed, full)
	case 4:
		v := g.elements(s)
		g.add(name+" contains "+v, s.lines, "")
		if g.chance(50) {
			s = g.begin()
			v = g.value(s, 1)
			g.add(name+" contains v", append(s.lines, "v := "+v), "")
		}
		g.sets = append(g.sets, full)
	case 5:
		k, v := g.over(s, g.part(s))
		g.add(fmt.Sprintf("%s[%s] := %s", name, k, v), s.lines, "")
		g.objects = append(g.objects, full)
	case 6:
		k, v := g.over(s, g.part(s))
		g.add(fmt.Sprintf("%s.a[%s] := %s", name, k, v), s.lines, "")
		g.objects = append(g.objects, full, full+".a")
	case 7:
		k, v := g.over(s, g.part(s))
		g.add(fmt.Sprintf("%s[%s].b contains %s", name, k, v), s.lines, "")
		g.objects = append(g.objects, full)
	case 8:
		if g.chance(40) {
			g.add("default "+name+"(_) := "+g.pick(`"A"`, "1", "{}", "false"), nil, "")
		}
		s = g.begin("x")
		v := g.value(s, 2)
		g.condition(s)
		g.add(name+"(x) := "+v, s.lines, g.otherwise())
		g.functions = append(g.functions, full)
	case 9:
		arg := g.pick("[x, _]", `{"a": x}`, `{"a": {"b": x}}`, `[{"a": x}]`, "[_, [x]]", "x")
		s = g.begin("x")
		v := g.value(s, 1)
		g.add(name+"("+arg+") := "+v, s.lines, "")
		g.functions = append(g.functions, full)
	case 10:
		g.add(name+`("A") := `+g.part(s), s.lines, "")
		s = g.begin("x")
		g.condition(s)
		g.add(name+"(x) := x.a", append(s.lines, `x != "A"`), "")
		g.functions = append(g.functions, full)
	case 11:
		s = g.begin("x", "y")
		v := g.value(s, 2)
		g.add(name+"(x, y) := "+v, append(s.lines, g.pick("x != y", "x.a == y.a", "is_object(x)", "true", "x[y]")), "")
		g.pairs = append(g.pairs, full)
	}
}

func (g *generator) otherwise() string {
	if g.chance(50) {
		return ""
	}
	s := &scope{}
	g.loops = 0
	v := g.part(s)
	return " else := " + v
}

// some writes up to n statements, mostly one: of many, the first that fails hides the others.
func (g *generator) some(s *scope, n int) {
	for range 1 + g.IntN(n)*g.IntN(2) {
		g.statement(s)
	}
}

// step writes what follows a reference.
func (g *generator) step(s *scope) string {
	switch k := g.IntN(20); {
	case k < 13:
		return g.pick(".a", ".a", ".b", ".b", ".c", ".Key", ".Tags", `["a"]`, `["x y"]`, `[""]`, "[\"\ufffd\"]", `["\"q\""]`, `["0"]`)
	case k < 15:
		return g.pick("[0]", "[1]", "[0]", "[-1]", "[65]")
	case k == 15:
		return g.pick("[1.5]", "[true]", "[null]", "[1.0]", "[[0]]", `[{"a": 1}]`, `["a"].b`, "[{1}]")
	case k == 16 && g.loop():
		return "[_]"
	case k == 17:
		return "[" + g.section() + g.pick(".a", ".b", ".Key") + "]"
	case len(s.vars) > 0:
		return "[" + g.pick(s.vars...) + "]"
	}
	return ".a"
}

func (g *generator) section() string {
	return g.pick("input.spec", "input.spec", "input.spec", "input.spec", "input.related.r", "input.related.r", "input.related.s",
		"input.related.t", "input.related",
		"input.facts", "input.facts", "input.tags", "input.gaps", "input.gaps.s", "input")
}

// part writes a reference to a part of the document: one that is there in a document, near one, near another in this clause,
// or any.
func (g *generator) part(s *scope) string {
	ref := ""
	switch k := g.IntN(20); {
	case k == 0:
		return g.pick("input", "input.spec", "input.kind", "input.id", "input.name", "input.tags", "input.gaps", "input.related",
			"input.arn", "input.nothing")
	case k < 11:
		ref = g.pick(g.paths...)
	case k < 16 && len(g.recent) > 0:
		ref = g.pick(g.recent...)
		if i := strings.LastIndexAny(ref, ".["); i > len("input") && g.chance(60) && strings.Count(ref[i:],
			"]") == strings.Count(ref[i:], "[") && !strings.Contains(ref[i:], `"`) {
			ref = ref[:i]
		}
		if g.chance(40) {
			ref += g.step(s)
		}
	default:
		ref = g.section()
		for range g.IntN(4) {
			ref += g.step(s)
		}
	}
	if g.chance(8) {
		ref += g.step(s)
	}
	if strings.Contains(ref, "[0]") && g.chance(50) && g.loop() {
		ref = strings.Replace(ref, "[0]", "[_]", 1)
	}
	if len(g.recent) < 20 && !strings.Contains(ref, "x") { // without variables, which belong to a scope
		g.recent = append(g.recent, ref)
	}
	return ref
}

// pathsOf returns references to everything in the documents.
func pathsOf(samples []*sample) []string {
	paths := []string{"input.spec", "input.tags", "input.gaps"}
	for _, s := range samples {
		for _, f := range s.found() {
			paths = append(paths, f.ref)
		}
		for _, k := range slices.Sorted(maps.Keys(s.tags)) {
			paths = append(paths, "input.tags"+memberOf(k))
		}
	}
	return paths
}

// found is a part of a document, and a reference to it.
type found struct {
	ref string
	*node
}

func (s *sample) found() (all []found) {
	var walk func(ref string, n *node)
	walk = func(ref string, n *node) {
		if n == nil {
			return
		}
		all = append(all, found{ref, n})
		for i, e := range n.elems {
			if !n.object {
				walk(fmt.Sprintf("%s[%d]", ref, i), e)
				continue
			}
			var name string
			if json.Unmarshal([]byte(n.names[i]), &name) == nil {
				walk(ref+memberOf(name), e)
			}
		}
	}
	walk("input.spec", s.spec)
	walk("input.facts", s.facts)
	for _, k := range slices.Sorted(maps.Keys(s.related)) {
		walk("input.related"+memberOf(k), s.related[k])
	}
	return all
}

func memberOf(name string) string {
	if identifier.MatchString(name) {
		return "." + name
	}
	return "[" + ast.StringTerm(name).String() + "]"
}

// anything writes something of which the compiler knows no type, mostly a part.
func (g *generator) anything(s *scope) string {
	ref := ""
	switch k := g.IntN(20); {
	case k < 6 && len(s.vars) > 0:
		ref = g.pick(s.vars...)
	case k < 9 && len(g.rules) > 0:
		ref = g.pick(g.rules...)
	default:
		return g.part(s)
	}
	for g.chance(35) {
		ref += g.step(s)
	}
	return ref
}

// operand writes something without a loop of its own.
func (g *generator) operand(s *scope) string {
	switch k := g.IntN(20); {
	case k == 0:
		return g.constant()
	case k == 1:
		return g.pick("data.base.a", "data.base.list", "data.base.deep", "data.base.deep.a", "data.base.list[_]")
	case k < 4 && len(g.functions) > 0:
		return g.pick(g.functions...) + "(" + g.part(s) + ")"
	case k == 4 && len(g.pairs) > 0:
		return g.pick(g.pairs...) + "(" + g.part(s) + ", " + g.part(s) + ")"
	case k < 7 && len(g.objects) > 0:
		return g.pick(g.objects...) + g.pick("", ".a", `["a"]`, ".b", "["+g.part(s)+"]")
	case k == 7 && len(s.typed) > 0:
		return g.pick(s.typed...)
	case k == 8 && len(g.typed) > 0:
		return g.pick(g.typed...)
	}
	return g.anything(s)
}

func (g *generator) constant() string {
	return g.pick(`"A"`, `"B"`, `"a"`, `""`, "0", "1", "2.5", "100", "true", "false", "null", "[]", "{}", "set()", `{"a": "A"}`,
		`["A"]`, `{"A"}`, `{"b": "B"}`, `[1, "A"]`, "time.now_ns()")
}

// guarded writes a variable of the type that a built-in wants, mostly.
func (g *generator) guarded(s *scope, check string) string {
	v, e := g.fresh("x"), g.anything(s)
	s.line("%s := %s", v, e)
	if g.chance(80) {
		s.line("%s(%s)", check, v)
	}
	s.vars = append(s.vars, v)
	return v
}

// value writes an expression, and before it what it needs.
func (g *generator) value(s *scope, depth int) string {
	if depth == 0 || g.chance(30) {
		return g.operand(s)
	}
	switch g.IntN(27) {
	case 0:
		return fmt.Sprintf("[%s, %s]", g.value(s, depth-1), g.value(s, depth-1))
	case 1:
		return fmt.Sprintf(`{"a": %s, "b": %s}`, g.value(s, depth-1), g.operand(s))
	case 2:
		return fmt.Sprintf("{%s, %s}", g.operand(s), g.operand(s))
	case 3:
		return fmt.Sprintf("{%s: %s}", g.operand(s), g.constant())
	case 4, 5:
		return g.comprehension(s, depth)
	case 6:
		return fmt.Sprintf("object.get(%s, %s, %s)", g.guarded(s, "is_object"), g.pick(`"a"`, `"b"`, `"c"`, `["a", "b"]`, `["a"]`,
			`["a", 0]`, "1", "[]", g.operand(s)), g.operand(s))
	case 7:
		return "object.keys(" + g.guarded(s, "is_object") + ")"
	case 8:
		return fmt.Sprintf("object.filter(%s, %s)", g.guarded(s, "is_object"), g.pick(`["a"]`, `{"a", "b"}`, `{"a": 1}`, g.guarded(s,
			"is_object")))
	case 9:
		return fmt.Sprintf("object.remove(%s, %s)", g.guarded(s, "is_object"), g.pick(`["a"]`, `{"a", "b"}`, `{"a": 1}`, g.guarded(s,
			"is_object")))
	case 10:
		return fmt.Sprintf("object.union(%s, %s)", g.guarded(s, "is_object"), g.pick(`{"a": "A"}`, `{"b": {"a": 1}}`, g.guarded(s,
			"is_object")))
	case 11:
		return fmt.Sprintf("object.union_n([%s, %s])", g.guarded(s, "is_object"), g.guarded(s, "is_object"))
	case 12:
		return fmt.Sprintf(`json.patch(%s, [{"op": "%s", "path": "%s", "value": %s}])`, g.guarded(s, "is_object"), g.pick("add", "add",
			"replace", "test", "remove"), g.pick("/a", "a", "/b", "/a/b"), g.operand(s))
	case 13:
		return fmt.Sprintf("json.filter(%s, %s)", g.guarded(s, "is_object"), g.pick(`["a"]`, `["a/b", "b"]`, `{"a/0", "Tags/1"}`,
			`[["a", "b"]]`))
	case 14:
		return fmt.Sprintf("json.remove(%s, %s)", g.guarded(s, "is_object"), g.pick(`["a"]`, `["a/b", "b"]`, `{"a/0", "Tags/1"}`,
			`[["a", "b"]]`))
	case 15:
		return "type_name(" + g.operand(s) + ")"
	case 16:
		return "count(" + g.guarded(s, g.pick("is_object", "is_array", "is_string")) + ")"
	case 17:
		return fmt.Sprintf(`sprintf("%s", [%s])`, g.pick("%v", "%s", "%d", "%v x"), g.operand(s))
	case 18:
		return "json.marshal(" + g.operand(s) + ")"
	case 19:
		return "json.unmarshal(json.marshal(" + g.operand(s) + "))"
	case 20:
		return fmt.Sprintf("array.concat(%s, %s)", g.guarded(s, "is_array"), g.guarded(s, "is_array"))
	case 21:
		return "array.slice(" + g.guarded(s, "is_array") + ", 0, 1)"
	case 22:
		return fmt.Sprintf("{%s} %s {%s, %s}", g.operand(s), g.pick("&", "|", "-"), g.operand(s), g.constant())
	case 23:
		return g.pick("sort", "max", "min") + "(" + g.guarded(s, "is_array") + ")"
	case 24:
		return fmt.Sprintf("(%s == %s)", g.operand(s), g.operand(s))
	case 25:
		if len(g.functions) > 0 {
			return g.pick(g.functions...) + "(" + g.value(s, depth-1) + ")"
		}
	}
	return g.operand(s)
}

func (g *generator) comprehension(s *scope, depth int) string {
	inner := s.inner()
	v := g.elements(inner)
	if g.chance(40) {
		g.condition(inner)
	}
	e := v
	if g.chance(40) {
		e = g.value(inner, depth-1)
	}
	body := strings.Join(inner.lines, "; ")
	switch g.IntN(3) {
	case 0:
		return fmt.Sprintf("[y | %s; y := %s]", body, e)
	case 1:
		return fmt.Sprintf("{y | %s; y := %s}", body, e)
	}
	return fmt.Sprintf("{%s: y | %s; y := %s}", v, body, e)
}

// elements loops over something and returns a variable that the loop binds.
func (g *generator) elements(s *scope) string {
	if !g.loop() {
		v, e := g.fresh("x"), g.anything(s)
		s.line("%s := %s", v, e)
		s.vars = append(s.vars, v)
		return v
	}
	of := g.anything(s)
	switch g.IntN(9) {
	case 0, 1:
		v := g.fresh("x")
		s.line("some %s in %s", v, of)
		s.vars = append(s.vars, v)
		return v
	case 2:
		k, v := g.over(s, of)
		return g.pick(k, v)
	case 3:
		v := g.fresh("x")
		s.line("%s := %s[_]%s", v, noLoops(g.part(s)), g.pick("", "", ".a", ".b", ".Key"))
		s.vars = append(s.vars, v)
		return v
	case 4:
		i, v, of := g.fresh("x"), g.fresh("x"), noLoops(g.part(s))
		s.line("some %s; %s := %s[%s]%s", i, v, of, i, g.pick("", ".a", ".b"))
		s.vars = append(s.vars, i, v)
		return v
	case 5:
		p, v := g.fresh("x"), g.fresh("x")
		s.line("walk(%s, [%s, %s])", of, p, v)
		s.vars = append(s.vars, v)
		s.typed = append(s.typed, p)
		return g.pick(p, v)
	case 6:
		v := g.fresh("x")
		s.line("walk(%s, [%s, %s])", of, g.pick("_", `["a", _]`, `["a", "b"]`, "[_]", `["a"]`), v)
		s.vars = append(s.vars, v)
		return v
	case 7:
		if len(g.sets)+len(g.objects) > 0 {
			_, v := g.over(s, g.pick(slices.Concat(g.sets, g.objects)...))
			return v
		}
	}
	v := g.fresh("x")
	s.line(`some %s in ["a", "b", "Key", 0]`, v)
	s.typed = append(s.typed, v)
	return v
}

// condition writes a statement that binds nothing.
func (g *generator) condition(s *scope) {
	c := g.test(s)
	if g.chance(15) {
		c += g.with()
	}
	s.line("%s", c)
}

func (g *generator) with() string {
	out := ""
	for range 1 + g.IntN(2) {
		e := noLoops(g.anything(&scope{}))
		if g.chance(30) {
			e = g.constant()
		}
		target := g.pick("input", "input.spec", "input.spec.a", "input.spec.a.b", "input.related.r", "input.related.s.a", "input.facts",
			"input.tags.a", "data.base", "data.base.a", "data.base.deep.a")
		if len(g.rules) > 0 && g.chance(20) {
			target = g.pick(g.rules...)
		}
		if target == "input" {
			e = g.pick("input.spec", `{"spec": input.related.r}`, `{"spec": {"a": "A"}}`, "{}",
				`object.union(input, {"spec": {"a": "A"}})`, "input.spec.a")
		}
		if strings.Contains(out, target) {
			break
		}
		out += " with " + target + " as " + e
	}
	return out
}

// test writes an expression that is true or not.
func (g *generator) test(s *scope) string {
	switch g.IntN(23) {
	case 22: // an error, for most of what it may be
		return fmt.Sprintf(g.pick(`startswith(%s, "A")`, "to_number(%s) > 0", "%s + 1 > 1", `upper(%s) != "B"`), g.anything(s))
	case 0, 1:
		return fmt.Sprintf("%s == %s", g.anything(s), g.constant())
	case 2:
		return fmt.Sprintf("%s == %s", g.anything(s), g.value(s, 2))
	case 3:
		return fmt.Sprintf("%s != %s", g.anything(s), g.operand(s))
	case 4:
		return fmt.Sprintf("%s == %s", g.anything(s), g.anything(s))
	case 5:
		return fmt.Sprintf("%s %s %s", g.anything(s), g.pick("<", "<=", ">", ">="), g.operand(s))
	case 6, 7:
		return fmt.Sprintf("%s in %s", g.operand(s), g.anything(s))
	case 8:
		return fmt.Sprintf("%s, %s in %s", g.pick(`"a"`, `"b"`, "0", "1"), g.anything(s), g.anything(s))
	case 9, 10:
		return "not " + noLoops(g.anything(s))
	case 11:
		return fmt.Sprintf("not %s == %s", noLoops(g.anything(s)), g.constant())
	case 12, 13:
		return g.pick("is_object", "is_array", "is_string", "is_number", "is_null", "is_boolean") + "(" + g.anything(s) + ")"
	case 14, 15:
		if len(g.sets) > 0 {
			return g.pick("", "not ") + g.pick(g.sets...) + "[" + noLoops(g.anything(s)) + "]"
		}
	case 16:
		if len(g.sets) > 0 {
			return g.anything(s) + " in " + g.pick(g.sets...)
		}
	case 17:
		return fmt.Sprintf("count(%s) %s %d", g.guarded(s, g.pick("is_object", "is_array")), g.pick(">", "<", "=="), g.IntN(4))
	case 18:
		return fmt.Sprintf("type_name(%s) %s type_name(%s)", g.anything(s), g.pick("==", "!="), g.anything(s))
	case 19:
		return fmt.Sprintf("{%s: 1}[%s]", g.anything(s), g.anything(s))
	case 20:
		return "not " + noLoops(g.operand(s))
	}
	return g.anything(s)
}

// noLoops makes a reference one without _, which may not stand in a negation.
func noLoops(e string) string { return strings.ReplaceAll(e, "[_]", "[0]") }

// statement writes a condition, or what binds a variable.
func (g *generator) statement(s *scope) {
	x, y := g.fresh("x"), g.fresh("x")
	switch g.IntN(20) {
	case 0, 1:
		e := g.anything(s)
		s.line("%s := %s", x, e)
		s.vars = append(s.vars, x)
	case 2:
		e := g.value(s, 2)
		s.line("%s := %s", x, e)
		s.typed = append(s.typed, x)
	case 3, 4, 5:
		g.elements(s)
	case 6:
		s.line("%s = %s", g.pick("["+x+", "+y+"]", "["+x+", "+y+", _]", "["+x+", ["+y+"]]", `{"a": `+x+`, "b": `+y+`}`,
			`{"a": {"b": `+x+`, "c": `+y+`}}`, `[{"a": `+x+`}, `+y+`]`), g.anything(s))
		s.vars = append(s.vars, x, y)
	case 7:
		s.line("%s = %s", g.pick(`{"a": `+x+`}`, `[`+x+`]`, `{"a": `+x+`, "b": "B"}`, `[`+x+`, "A"]`, x, `[`+x+`, `+x+`]`), g.anything(s))
		s.vars = append(s.vars, x)
	case 8:
		inner, vars := s.inner(), x
		inner.vars = append(inner.vars, x)
		if g.chance(40) {
			inner.vars = append(inner.vars, y)
			vars += ", " + y
		}
		of := noLoops(g.anything(s))
		if !g.loop() {
			of = `["a", "b"]`
		}
		for range 1 + g.IntN(2) {
			g.condition(inner)
		}
		s.line("every %s in %s { %s }", vars, of, strings.Join(inner.lines, "; "))
	case 9:
		e := g.anything(s)
		s.line("%s := %s%s", x, e, g.with())
		s.vars = append(s.vars, x)
	case 10:
		k := noLoops(g.anything(s))
		s.line("%s := %s[%s]", x, g.section(), k)
		s.vars = append(s.vars, x)
	case 11:
		s.line("%s := {%s, %s}", x, g.operand(s), g.operand(s))
		s.line("%s[%s]", x, noLoops(g.anything(s)))
		s.typed = append(s.typed, x)
	default:
		g.condition(s)
	}
}

func randomSamples(r *rand.Rand) []*sample {
	var out []*sample
	for range 3 {
		out = append(out, randomSample(r))
	}
	return out
}

// mutants adds resources that differ little from those that are there, mostly in what rules look at, and repeats some.
func mutants(r *rand.Rand, out []*sample, focus []string) []*sample {
	for range 11 {
		s := out[r.IntN(len(out))].clone()
		switch r.IntN(10) {
		case 0:
			delete(s.related, choose(r, "r", "s", "t"))
		case 1:
			s.tags = randomTags(r)
		case 2:
			s.related = map[string]*node{choose(r, "r", "s"): randomNode(r, 2)}
		case 3:
			s.facts = randomNode(r, 2)
		default:
			var nodes []*node
			for _, f := range s.found() {
				if slices.ContainsFunc(focus, func(ref string) bool { return strings.HasPrefix(ref, f.ref) || strings.HasPrefix(f.ref, ref) }) {
					nodes = append(nodes, f.node)
				}
			}
			if len(nodes) == 0 || r.IntN(4) == 0 {
				nodes = s.nodes()
			}
			if len(nodes) > 0 {
				words.mutate(r, nodes)
			}
		}
		out = append(out, s)
	}
	for _, ref := range focus { // the same but for a member more, which a loop meets and no name does
		s := out[r.IntN(len(out))].clone()
		for _, f := range s.found() {
			if f.ref == ref && f.text == "" {
				f.add(choose(r, words.names...), scalar(choose(r, words.scalars...)))
				out = append(out, s)
			}
		}
	}
	return append(out, out[:3]...)
}

func randomSample(r *rand.Rand) *sample {
	s := &sample{kind: choose(r, audit.KindOrder, audit.KindOutpost), id: choose(r, "a", "b"), name: choose(r, "", "A"),
		tags: randomTags(r), gaps: map[string]audit.Gap{}}
	if r.IntN(12) > 0 {
		s.spec = randomNode(r, 3+r.IntN(2))
	}
	if r.IntN(12) > 0 {
		s.related = map[string]*node{}
	}
	for _, section := range []string{"r", "s", "t", "x y"} {
		switch r.IntN(5) {
		case 0, 1, 2:
			if s.related != nil {
				s.related[section] = randomNode(r, 2)
			}
		case 3:
			s.gaps[section] = audit.Gap{Operation: "Get", Reason: choose(r, audit.ReasonError, audit.ReasonTimeout), Message: choose(r, "", "A")}
		}
	}
	if len(s.gaps) == 0 && r.IntN(2) == 0 {
		s.gaps = nil
	}
	if r.IntN(5) > 0 {
		s.facts = randomNode(r, 2)
	}
	return s
}

func randomTags(r *rand.Rand) map[string]string {
	if r.IntN(5) == 0 {
		return nil
	}
	tags := map[string]string{}
	for _, k := range []string{"a", "b", "Key", "x y", "", "é"} {
		if r.IntN(3) == 0 {
			tags[k] = choose(r, "A", "B", "a", "", `"q"\`)
		}
	}
	return tags
}

// randomNode makes JSON, mostly objects, of at most depth levels.
func randomNode(r *rand.Rand, depth int) *node {
	k := r.IntN(20)
	switch {
	case depth == 0 || k < 3:
		return scalar(choose(r, words.scalars...))
	case k < 7:
		n := &node{}
		for range r.IntN(4) {
			n.add("", randomNode(r, depth-1))
		}
		if k == 3 && r.IntN(6) == 0 {
			for range 70 {
				n.add("", scalar(choose(r, words.scalars[:10]...)))
			}
		}
		return n
	case k < 10: // a list of things that are alike, as AWS has them
		n := &node{}
		for range 1 + r.IntN(3) {
			n.add("", &node{object: true, names: []string{`"Key"`, `"a"`}, elems: []*node{scalar(choose(r, words.scalars...)),
				randomNode(r, depth-1)}})
		}
		return n
	}
	n := &node{object: true}
	for _, name := range []string{`"a"`, `"b"`, `"c"`, `"Key"`} {
		if r.IntN(2) == 0 {
			n.add(name, randomNode(r, depth-1))
		}
	}
	for range r.IntN(3) {
		n.add(choose(r, words.names...), randomNode(r, depth-1))
	}
	return n
}
