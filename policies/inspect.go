package policies

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
)

// WriteList writes a table of the rules in force: severity, kinds, and each parameter with its value, marked where the
// config gave it.
func WriteList(w io.Writer, rules []audit.Rule) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RULE\tSEVERITY\tKINDS\tPARAMETERS")
	for _, r := range rules {
		kinds := cmp.Or(strings.Join(r.Kinds, ","), "any")
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.ID, r.Severity, kinds, paramList(r.Params))
	}
	return t.Flush()
}

func paramList(params []audit.Param) string {
	list := make([]string, len(params))
	for i, p := range params {
		list[i] = p.Name + "=" + string(p.Value)
		if p.Source != "default" {
			list[i] += " (" + p.Source + ")"
		}
	}
	return strings.Join(list, " ")
}

// Show writes what there is to know of one rule: its METADATA, its source, and an example on which it fires.
func Show(ctx context.Context, w io.Writer, id string, o Options) error {
	p, err := Load(ctx, o)
	if err != nil {
		return err
	}
	if err := p.CheckRule(id); err != nil {
		return err
	}
	r := p.all[slices.IndexFunc(p.all, func(r *rule) bool { return r.ID == id })]
	source := slices.IndexFunc(p.files, func(s *source) bool { return s.origin == r.Origin && s.path == r.File })
	var out bytes.Buffer
	r.describeTo(&out)
	fmt.Fprintf(&out, "\nSource: %s:%d\n\n%s", p.files[source].name, r.Line, indent(body(p.files[source])))
	var ex *Example
	tests, err := p.compileTests()
	if err == nil {
		ex, err = p.example(ctx, tests, r, o)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		fmt.Fprintf(&out, "\nNo example: %s\n", audit.Joined(err.Error()))
	case ex != nil:
		if err := ex.writeTo(&out); err != nil {
			return err
		}
	}
	_, err = out.WriteTo(w)
	return err
}

// describeTo writes a rule's METADATA as text.
func (r *rule) describeTo(w io.Writer) {
	fmt.Fprintf(w, "%s: %s\n", r.ID, r.Title)
	if r.Description != "" {
		fmt.Fprintf(w, "\n%s\n", r.Description)
	}
	fmt.Fprintln(w)
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-12s %s\n", name+":", value)
		}
	}
	line("Severity", string(r.Severity))
	line("Kinds", strings.Join(r.Kinds, ", "))
	line("Requires", strings.Join(r.Requires, ", "))
	line("Origin", r.Origin)
	line("Remediation", r.Remediation)
	for _, f := range r.Frameworks {
		line("Framework", f.String())
	}
	for _, p := range r.Params {
		line("Parameter", fmt.Sprintf("%s = %s (%s): %s", p.Name, p.Value, p.Source, p.Description))
	}
	for _, l := range r.RelatedResources {
		line("See", l.Ref)
	}
}

// body returns a policy's source from its package clause on.
func body(s *source) string {
	return string(s.text[s.module.Package.Location.Offset:])
}

func indent(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			out.WriteString("    ")
		}
		out.WriteString(line)
	}
	return out.String()
}

// writeTo writes the example and its findings as text.
func (ex *Example) writeTo(w io.Writer) error {
	fmt.Fprintf(w, "\nExample, at %s:\n\n", TestTime().Format("2006-01-02T15:04:05Z07:00"))
	resource, err := audit.IndentedJSON(ex.Resource)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s\ngives\n\n", indent(string(resource)))
	for _, f := range ex.Findings {
		fmt.Fprintf(w, "    %s: %s\n", f.Severity, f.Msg)
		if f.Due != "" {
			fmt.Fprintf(w, "    due %s\n", f.Due)
		}
		if f.Command != "" {
			fmt.Fprintf(w, "    %s\n", f.Command)
		}
	}
	return nil
}

// Check compiles the policies and their tests, types and METADATA included, and writes a line for each file of the user's,
// what it is, one for each warning, and where there is no file of the user's one that says what was checked.
func Check(ctx context.Context, w io.Writer, o Options) error {
	p, err := Load(ctx, o)
	if err != nil {
		return err
	}
	if _, err := p.compileTests(); err != nil {
		return oneOldRego(err)
	}
	var out bytes.Buffer
	for _, s := range p.files {
		if !s.own() {
			fmt.Fprintf(&out, "%s: %s\n", s.name, p.whatIs(s, o))
		}
	}
	for _, name := range p.unread {
		fmt.Fprintf(&out, "%s: not read: data is in data.json and data.yaml\n", name)
	}
	for _, line := range slices.Concat(p.Warnings(), p.lacking) {
		fmt.Fprintln(&out, line)
	}
	if !slices.ContainsFunc(p.files, func(s *source) bool { return !s.own() }) {
		fmt.Fprintf(&out, "tenor's own %d rules and their tests compile; name a folder to check yours: tenor policies check DIR\n", len(p.all))
	}
	_, err = out.WriteTo(w)
	return err
}

// whatIs says of a file what it is to tenor, so that nobody takes for a rule what is never run.
func (p *Pack) whatIs(s *source, o Options) string {
	if s.module == nil {
		return "data"
	}
	name := packageName(s.module)
	if s.test() {
		return testsIn(s.module)
	}
	i := slices.IndexFunc(p.all, func(r *rule) bool { return r.pkg.Equal(s.module.Package.Path) })
	switch {
	case i < 0 && !inTenor(name) && len(o.Namespaces) > 0 && !slices.Contains(o.Namespaces, name):
		return fmt.Sprintf("not run, since the package %s is no namespace that was chosen", name)
	case i < 0 && isLibrary(name):
		return "library " + name
	case i < 0:
		return fmt.Sprintf("library %s: no rule, since it has no deny, violation or warn", name)
	}
	r := p.all[i]
	text := fmt.Sprintf("rule %s, %s", r.ID, r.Severity)
	if names := p.reads[r.ID].strange(); len(names) > 0 {
		text += ", for other documents: none here has input." + strings.Join(names, ", input.")
	}
	if !slices.Contains(p.rules, r) {
		text += ", switched off"
	}
	return text
}

// testsIn counts the tests in a file whose name says that it holds tests.
func testsIn(m *ast.Module) string {
	tests := map[string]bool{}
	for _, r := range m.Rules {
		name := setName(r)
		if strings.HasPrefix(name, "test_") || strings.HasPrefix(name, "todo_test_") {
			tests[name] = true
		}
	}
	switch len(tests) {
	case 0:
		return "no tests, and no rule either, since its name ends in _test.rego"
	case 1:
		return "1 test"
	}
	return fmt.Sprintf("%d tests", len(tests))
}

// Write writes the tests that did not pass, each with its reason, the coverage of each policy, and a last line that counts. With every
// it writes those that passed or were skipped too, with how long they took and what they printed.
func (r *TestReport) Write(w io.Writer, every bool) error {
	var out bytes.Buffer
	passed, skipped := 0, 0
	for _, t := range r.Tests {
		said := ""
		switch {
		case t.Passed:
			passed++
			said = "pass"
		case t.Skipped:
			skipped++
			said = "skip"
		}
		switch {
		case said != "" && every:
			fmt.Fprintf(&out, "%s %s.%s (%s:%d) %s\n%s", said, t.Package, t.Name, t.File, t.Line, t.Took.Round(time.Microsecond), indent(t.Output))
		case said == "":
			fmt.Fprintf(&out, "FAIL %s.%s (%s:%d)\n  %s\n%s", t.Package, t.Name, t.File, t.Line, t.Problem, indent(t.Output))
		}
	}
	for _, c := range r.Coverage {
		fmt.Fprintf(&out, "%6.1f%%  %s", c.Percent, c.File)
		if len(c.Missed) > 0 {
			fmt.Fprintf(&out, "  (not reached: lines %s)", strings.Trim(fmt.Sprint(c.Missed), "[]"))
		}
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "%d of %d tests passed, %d skipped\n", passed, len(r.Tests), skipped)
	_, err := out.WriteTo(w)
	return err
}
