package policies

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

var update = flag.Bool("update", false, "write the files that the tests compare with")

const pagesDir = "../docs/policies"

// docs/policies is what the METADATA says.
func TestPages(t *testing.T) {
	pages, err := Pages(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.RemoveAll(pagesDir); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(pagesDir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, b := range pages {
			if err := os.WriteFile(filepath.Join(pagesDir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	have := map[string][]byte{}
	files, err := os.ReadDir(pagesDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(pagesDir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		have[f.Name()] = b
	}
	if diff := cmp.Diff(pages, have); diff != "" {
		t.Errorf("docs/policies is not up to date, run go test ./policies -run Pages -update (-want +have):\n%s", diff)
	}
}

// Pages returns the documentation of our own rules, Markdown by file name: a page for each rule, and an index.
func Pages(ctx context.Context) (map[string][]byte, error) {
	p, err := Load(ctx, Options{})
	if err != nil {
		return nil, err
	}
	examples, err := examplesOf(ctx, Options{})
	if err != nil {
		return nil, err
	}
	pages := map[string][]byte{}
	for _, r := range p.rules {
		ex, ok := examples[r.ID]
		if !ok {
			return nil, fmt.Errorf("%s: its test has no example", r.ID)
		}
		source := p.files[slices.IndexFunc(p.files, func(s *source) bool { return s.own() && s.path == r.File })]
		if pages[r.ID+".md"], err = r.page(source, &ex); err != nil {
			return nil, fmt.Errorf("%s: %w", r.ID, err)
		}
	}
	pages["README.md"] = index(p.Rules())
	return pages, nil
}

const generated = "<!-- Generated from the METADATA of the policies. To change it, change those and run: go test ./policies -run Pages " +
	"-update -->\n\n"

func (r *rule) page(s *source, ex *Example) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(generated)
	fmt.Fprintf(&out, "# %s\n\n`%s` · %s · %s\n\n%s\n", r.Title, r.ID, r.Severity, codes(r.Kinds), r.Description)
	if len(r.Requires) > 0 {
		fmt.Fprintf(&out, "\nIt needs %s: where that could not be collected, the verdict is `unknown`.\n", codes(r.Requires))
	}
	if len(r.Optional) > 0 && r.aside == "" {
		fmt.Fprintf(&out, "\nIt reads %s for its words only: where that could not be collected, the verdict is the same.\n", codes(r.Optional))
	}
	if len(r.Params) > 0 {
		out.WriteString("\n## Parameters\n\n| name | default | meaning |\n|---|---|---|\n")
		for _, p := range r.Params {
			fmt.Fprintf(&out, "| `%s` | `%s` | %s |\n", p.Name, p.Default, strings.ReplaceAll(p.Description, "|", `\|`))
		}
		fmt.Fprintf(&out, "\n```yaml\npolicies:\n  params:\n    %s: {%s: %s}\n```\n", r.ID, r.Params[0].Name, r.Params[0].Default)
	}
	fmt.Fprintf(&out, "\n## Condition\n\n```rego\n%s```\n\n## Example\n\nAt %s, this document\n\n", body(s),
		TestTime().Format("2006-01-02T15:04:05Z07:00"))
	resource, err := audit.IndentedJSON(ex.Resource)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(&out, "```json\n%s```\n\n", resource)
	if values := ex.Params[r.ID]; values != nil {
		b, err := audit.EncodeJSON(values)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "with the parameters `%s` ", b)
	}
	out.WriteString("gives\n\n")
	for _, f := range ex.Findings {
		fmt.Fprintf(&out, "- **%s**: %s\n", f.Severity, f.Msg)
		if f.Command != "" {
			fmt.Fprintf(&out, "\n  ```sh\n  %s\n  ```\n", f.Command)
		}
	}
	fmt.Fprintf(&out, "\n## What to do\n\n%s\n", r.Remediation)
	if len(r.RelatedResources) > 0 {
		out.WriteString("\n## Further reading\n\n")
		for _, l := range r.RelatedResources {
			fmt.Fprintf(&out, "- [%s](%s)\n", l.Description, l.Ref)
		}
	}
	return out.Bytes(), nil
}

func codes(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

// index lists the rules by domain.
func index(rules []audit.Rule) []byte {
	var out bytes.Buffer
	out.WriteString(generated + "# The default policies\n\nHow to write another: [writing-policies.md](../writing-policies.md).\n")
	domain := ""
	for _, r := range rules {
		if d := audit.Domain(r.ID); d != domain {
			domain = d
			fmt.Fprintf(&out, "\n## %s\n\n| rule | severity | what it finds |\n|---|---|---|\n", domain)
		}
		fmt.Fprintf(&out, "| [`%s`](%s.md) | %s | %s |\n", r.ID, r.ID, r.Severity, r.Title)
	}
	return out.Bytes()
}

// examplesOf returns rule → example, of the rules whose test names one: the value `example` in the package of the test,
// which is that of the rule with _test behind it. `example_params`, of the rule's parameters, may stand beside it.
func examplesOf(ctx context.Context, o Options) (map[string]Example, error) {
	p, err := Load(ctx, o)
	if err != nil {
		return nil, err
	}
	tests, err := p.compileTests()
	if err != nil {
		return nil, err
	}
	out := map[string]Example{}
	for _, r := range p.rules {
		ex, err := p.example(ctx, tests, r, o)
		if err != nil {
			return nil, fmt.Errorf("example of %s: %w", r.ID, err)
		}
		if ex != nil {
			out[r.ID] = *ex
		}
	}
	return out, nil
}
