package tenor_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// may says which of our packages each package may import, in production code. What is not in the list may import nothing of ours.
var may = map[string][]string{
	"tenor/audit":                {"tenor/internal/rawjson"},
	"tenor/collector":            {"tenor/audit", "tenor/internal/rawjson"},
	"tenor/finance":              {"tenor/audit", "tenor/internal/rawjson"},
	"tenor/policies":             {"tenor/audit", "tenor/internal/rawjson"},
	"tenor/report":               {"tenor/audit", "tenor/report/workbook"},
	"tenor/report/workbook":      {"tenor/audit", "tenor/internal/rawjson", "tenor/report/workbook/xlsx"},
	"tenor/report/workbook/xlsx": {},
	"tenor/internal/awssim":      {"tenor/internal/rawjson"},
	"tenor/internal/rawjson":     {},
	"tenor/docs/schemas":         {},
	"tenor/internal/version":     {},
	"tenor/job":                  {"tenor/audit", "tenor/collector", "tenor/finance", "tenor/policies", "tenor/report"},
}

// only says who may depend, directly, on modules that belong to one package.
var only = map[string][]string{
	"github.com/open-policy-agent/opa/":                   {"tenor/policies"},
	"github.com/xuri/excelize/":                           {"tenor/report/workbook/xlsx"},
	"github.com/aws/aws-sdk-go-v2/service/outposts":       {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog": {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/organizations":  {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/sts":            {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/s3":             {"tenor/job"}, // delivery
	"github.com/aws/aws-sdk-go-v2/service/sns":            {"tenor/job"},
}

// mains are where programs stand, which may import everything.
var mains = []string{"tenor/cmd/", "tenor/bench/", "tenor/internal/schemagen", "tenor/policies/internal/"}

// audit is a leaf: the standard library, a decoder of JSON, and a compressor.
var auditMay = [...]string{"github.com/go-json-experiment/json", "github.com/klauspost/compress/"}

func TestArchitecture(t *testing.T) {
	for pkg, imports := range imports(t) {
		main := slices.ContainsFunc(mains, func(prefix string) bool { return strings.HasPrefix(pkg, prefix) })
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
			mayAudit := func(module string) bool { return strings.HasPrefix(imp, module) }
			if pkg == "tenor/audit" && strings.Contains(imp, ".") && !slices.ContainsFunc(auditMay[:], mayAudit) {
				t.Errorf("%s imports %s", pkg, imp)
			}
		}
	}
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
