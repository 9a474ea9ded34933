package tenor_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// may says which of our packages each package may import, in production code. Programs may import everything.
// docs/architecture.md names the packages.
var may = map[string][]string{
	"tenor/audit":               {"tenor/internal/extsort", "tenor/internal/packed", "tenor/internal/rawjson"},
	"tenor/billing":             {"tenor/audit", "tenor/internal/awsread"},
	"tenor/collector":           {"tenor/audit", "tenor/internal/awsread", "tenor/internal/extsort", "tenor/internal/rawjson", "tenor/snapshot"},
	"tenor/docs":                {},
	"tenor/docs/schemas":        {},
	"tenor/finance":             {"tenor/audit", "tenor/internal/rawjson"},
	"tenor/internal/atomicfile": {},
	"tenor/internal/awsread":    {"tenor/audit", "tenor/internal/rawjson"},
	"tenor/internal/awssim":     {"tenor/internal/rawjson"},
	"tenor/internal/extsort":    {"tenor/internal/scratch"},
	"tenor/internal/scratch":    {"tenor/internal/atomicfile"},
	"tenor/internal/foreign":    {"tenor/audit", "tenor/internal/awssim"},
	"tenor/internal/inline":     {},
	"tenor/internal/lambdasim":  {},
	"tenor/internal/memory":     {},
	"tenor/internal/packed":     {},
	"tenor/internal/rawjson":    {},
	"tenor/internal/s3sim":      {},
	"tenor/internal/smtpsim":    {},
	"tenor/internal/version":    {},
	"tenor/internal/wholefile":  {},
	"tenor/internal/yamlfile":   {"tenor/internal/atomicfile", "tenor/internal/wholefile"},
	"tenor/job": {
		"tenor/audit", "tenor/billing", "tenor/collector", "tenor/finance", "tenor/policies", "tenor/report", "tenor/snapshot",
		"tenor/job/baseline", "tenor/job/decisions", "tenor/job/delivery", "tenor/job/waivers", "tenor/internal/atomicfile",
		"tenor/internal/awsread", "tenor/internal/rawjson", "tenor/internal/wholefile", "tenor/internal/yamlfile",
	},
	"tenor/job/baseline":  {"tenor/audit"},
	"tenor/job/delivery":  {"tenor/audit", "tenor/internal/atomicfile", "tenor/internal/awsread", "tenor/internal/wholefile"},
	"tenor/job/decisions": {"tenor/audit", "tenor/internal/yamlfile"},
	"tenor/job/waivers":   {"tenor/audit", "tenor/internal/yamlfile"},
	"tenor/policies": {
		"tenor/audit", "tenor/internal/atomicfile", "tenor/internal/memory", "tenor/internal/rawjson", "tenor/internal/wholefile",
	},
	"tenor/report":        {"tenor/audit", "tenor/report/workbook"},
	"tenor/report/verify": {},
	"tenor/report/workbook": {
		"tenor/audit", "tenor/docs", "tenor/internal/rawjson", "tenor/internal/scratch", "tenor/report/workbook/xlsx",
	},
	"tenor/report/workbook/xlsx": {"tenor/internal/scratch"},
	"tenor/snapshot": {
		"tenor/audit", "tenor/internal/atomicfile", "tenor/internal/extsort", "tenor/internal/packed", "tenor/internal/rawjson",
		"tenor/internal/wholefile",
	},
}

// programs begin the paths of packages that are run: the commands, the benchmarks, and the generators.
var programs = [...]string{"tenor/cmd/", "tenor/bench/", "tenor/deploy/", "tenor/internal/schemagen"}

// only says who may depend, directly, on modules that belong to one package.
var only = map[string][]string{
	"github.com/open-policy-agent/opa/":                   {"tenor/policies"},
	"github.com/xuri/excelize/":                           {"tenor/report/workbook/xlsx", "tenor/internal/foreign"},
	"github.com/parquet-go/parquet-go":                    {"tenor/billing", "tenor/report", "tenor/internal/foreign"},
	"github.com/aws/aws-sdk-go-v2/service/outposts":       {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog": {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/cloudformation": {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/budgets":        {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/organizations":  {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/sts":            {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/account":        {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/s3":             {"tenor/billing", "tenor/internal/awsread", "tenor/job/delivery"},
	"github.com/aws/aws-sdk-go-v2/service/costexplorer":   {"tenor/billing"},
	"github.com/aws/aws-sdk-go-v2/service/sns":            {"tenor/job/delivery"},
	"github.com/aws/aws-sdk-go-v2/service/sesv2":          {"tenor/job/delivery"},
	"github.com/wneessen/go-mail":                         {"tenor/job/delivery"},
}

// audit is a leaf: the standard library, and a decoder of JSON.
const auditMay = "github.com/go-json-experiment/json"

func TestArchitecture(t *testing.T) {
	for pkg, imports := range imports(t) {
		main := slices.ContainsFunc(programs[:], func(prefix string) bool { return strings.HasPrefix(pkg, prefix) })
		if may[pkg] == nil && !main {
			t.Errorf("%s is not in the table: add it here and to docs/architecture.md", pkg)
		}
		for imp := range imports {
			if strings.HasPrefix(imp, "tenor/") && !main && !slices.Contains(may[pkg], imp) {
				t.Errorf("%s imports %s", pkg, imp)
			}
			for module, owners := range only {
				owns := func(o string) bool { return pkg == o || strings.HasPrefix(pkg, o+"/") }
				if strings.HasPrefix(imp, module) && !main && !slices.ContainsFunc(owners, owns) {
					t.Errorf("%s imports %s, which is for %s", pkg, imp, owners)
				}
			}
			if pkg == "tenor/audit" && strings.Contains(imp, ".") && !strings.HasPrefix(imp, auditMay) {
				t.Errorf("%s imports %s", pkg, imp)
			}
		}
	}
}

// TestArchitectureTable holds the table of docs/architecture.md to the packages: it names each one, alone or with others.
func TestArchitectureTable(t *testing.T) {
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| Package | What it does |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	have := []string{}
	for line := range strings.Lines(table) {
		for _, m := range regexp.MustCompile("`([a-z0-9/-]+)`").FindAllStringSubmatch(strings.Split(line, "|")[1], -1) {
			have = append(have, "tenor/"+m[1])
		}
	}
	slices.Sort(have)
	want := []string{"tenor/cmd/tenor", "tenor/cmd/tenor-lambda"}
	if want = slices.Sorted(slices.Values(slices.AppendSeq(want, maps.Keys(may)))); !slices.Equal(want, have) {
		t.Errorf("the packages (-) and docs/architecture.md (+):\n%s", cmp.Diff(want, have))
	}
}

// TestArchitectureFiles: every file and folder that docs/architecture.md names is there, so that each change it lists finds its place.
func TestArchitectureFiles(t *testing.T) {
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z-]+/[a-z0-9_/.-]*)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 20 {
		t.Fatalf("%d files and folders are named", len(named))
	}
	for _, m := range named {
		if _, err := os.Stat(m[1]); err != nil {
			t.Error(err)
		}
	}
}

// TestKindsInTheDocs holds the tables of kinds of the docs to audit.Kinds: a row for each, which names its sections of related.
func TestKindsInTheDocs(t *testing.T) {
	name := regexp.MustCompile("`([a-z_.]+)`")
	want := map[string][]string{}
	for _, kind := range audit.Kinds {
		want[kind.Name] = []string{}
		for _, s := range kind.Sections {
			if s.Name != "spec" && s.Operation != "" {
				want[kind.Name] = append(want[kind.Name], s.Name)
			}
		}
		slices.Sort(want[kind.Name])
	}
	for _, doc := range []string{"docs/collecting.md", "docs/writing-policies.md"} {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		_, table, _ := strings.Cut(string(text), "\n| kind |")
		_, table, _ = strings.Cut(table, "\n") // behind the header
		table, _, _ = strings.Cut(table, "\n\n")
		have := map[string][]string{}
		for line := range strings.Lines(table) {
			cells := strings.Split(line, "|")
			kind := name.FindStringSubmatch(cells[1])
			if kind == nil {
				continue
			}
			have[kind[1]] = []string{}
			for _, m := range name.FindAllStringSubmatch(cells[3], -1) {
				have[kind[1]] = append(have[kind[1]], m[1])
			}
			slices.Sort(have[kind[1]])
		}
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("audit.Kinds (-) and %s (+):\n%s", doc, d)
		}
	}
}

// plain has words that the documents do not use, and the one that they use instead, which docs/glossary.md or a search engine knows.
var plain = map[string]string{
	`judge[sd]?|judging`: "evaluate", `dear(er|est)?`: "expensive", `given up( on)?`: "skipped, timed out", `belongs? into`: "belong in",
	`elder`: "deprecated", `used up|uses up`: "amortised", `still to pay`: "remaining commitment", `month to month`: "month-to-month",
	`given back|gives back`: "returned",
}

// TestPlainWords holds the documents, the rules, the templates, and the program's texts and comments to one word for a thing. What is
// code in a document is not held to it.
func TestPlainWords(t *testing.T) {
	code := regexp.MustCompile("(?s)```.*?```|`[^`]*`")
	words := regexp.MustCompile(`(?i)\b(` + strings.Join(slices.Sorted(maps.Keys(plain)), "|") + `)\b`)
	read := map[string]int{}
	for name, text := range texts(t, ".go", ".md", ".rego", ".yaml", ".yml", ".tf", ".json", ".tmpl", ".gohtml", ".js") {
		if read[path.Ext(name)]++; path.Ext(name) == ".md" {
			text = code.ReplaceAllString(text, "")
		}
		for _, at := range words.FindAllString(text, -1) {
			t.Errorf("%s: %q: say what plain has in its place", name, at)
		}
	}
	if read[".md"] < 10 || read[".go"] < 100 || read[".rego"] < 50 {
		t.Fatalf("%v were read", read)
	}
}

// TestLinesAreShort holds what a person edits to lines of at most 140 characters, a tab being four, so that they can be read and
// compared side by side. The linter holds Go to it, but for tests, and counts a tab as one; documents, which have tables, and JSON are
// not held.
func TestLinesAreShort(t *testing.T) {
	read := map[string]int{}
	for name, text := range texts(t, "Makefile", ".gohtml", ".css", ".js", ".cjs", ".tmpl", ".tf", ".yaml", ".yml", ".rego", ".service",
		".timer", ".conf", ".sh", ".sql", ".py", ".c") {
		read[path.Ext(name)]++
		for i, line := range strings.Split(text, "\n") {
			if n := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    ")); n > 140 && !strings.HasSuffix(name, "_test.rego") {
				t.Errorf("%s:%d: %d characters", name, i+1, n)
			}
		}
	}
	if read[""] != 1 || read[".gohtml"] == 0 || read[".css"] == 0 || read[".tf"] < 10 || read[".yaml"] < 5 || read[".tmpl"] < 3 {
		t.Fatalf("%v were read", read)
	}
}

// texts returns the files of these names or endings, by path, that are no Go test, nobody's output, and not of a folder that is hidden.
func texts(t *testing.T, endings ...string) map[string]string {
	t.Helper()
	read := map[string]string{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (slices.Contains([]string{"testdata", "out", "bin", "dist"}, name) || d.Name() == "testdata" ||
			name != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || strings.HasSuffix(name, "_test.go") || !slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(name, e) }):
			return nil
		}
		b, err := os.ReadFile(name)
		read[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// imports returns what each package imports in production code. It reads the files itself, so that a cached result of the
// test does not outlive a change to them.
func imports(t *testing.T) map[string]map[string]bool {
	t.Helper()
	packages := map[string]map[string]bool{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "tools" || name != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Join("tenor", filepath.ToSlash(filepath.Dir(name)))
		if packages[pkg] == nil {
			packages[pkg] = map[string]bool{}
		}
		for _, spec := range file.Imports {
			packages[pkg][strings.Trim(spec.Path.Value, `"`)] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(packages["tenor/job"]) == 0 {
		t.Fatal("no imports were found")
	}
	return packages
}

// unbounded reads a file or a stream for as long as it goes on.
var unbounded = regexp.MustCompile(`\bos\.ReadFile\(|\bio\.ReadAll\((?:[^i]|i[^o]|io[^.]|io\.[^L])`)

// TestFilesAreReadWithinBounds: what a user names may be a device that never ends. Whoever holds a file in memory says how much of it.
func TestFilesAreReadWithinBounds(t *testing.T) {
	may := map[string]string{
		"job/delivery/mail.go": "it has asked how large the file is",
		"policies/bundle.go":   "the entry of an archive, whose size it has counted",
		"billing/read.go":      "a manifest, whose stream is limited",
	}
	for _, dir := range []string{"audit", "billing", "cmd/tenor", "collector", "docs", "finance", "job", "policies", "report", "snapshot", "internal"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			sim := strings.Contains(path, "sim/") || strings.Contains(path, "/foreign/") || strings.Contains(path, "/schemagen/") // for tests, and generators
			if err != nil || sim || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if found := unbounded.Find(text); found != nil && may[filepath.ToSlash(path)] == "" {
				t.Errorf("%s: %s…: use internal/wholefile, or say here why it ends", path, found)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
