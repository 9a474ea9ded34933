package tenor_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// may says which of our packages each package may import, in production code. What is not in the list may import nothing of ours.
var may = map[string][]string{
	"tenor/audit":            {},
	"tenor/collector":        {"tenor/audit"},
	"tenor/finance":          {"tenor/audit"},
	"tenor/policies":         {"tenor/audit"},
	"tenor/report":           {"tenor/audit", "tenor/report/workbook"},
	"tenor/report/workbook":  {"tenor/audit"},
	"tenor/internal/awssim":  {},
	"tenor/docs/schemas":     {},
	"tenor/internal/version": {},
	"tenor/job":              {"tenor/audit", "tenor/collector", "tenor/finance", "tenor/policies", "tenor/report", "tenor/report/workbook"},
}

// only says who may depend, directly, on modules that belong to one package.
var only = map[string][]string{
	"github.com/open-policy-agent/opa/":                   {"tenor/policies"},
	"github.com/xuri/excelize/":                           {"tenor/report"},
	"github.com/aws/aws-sdk-go-v2/service/outposts":       {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog": {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/organizations":  {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/sts":            {"tenor/collector"},
	"github.com/aws/aws-sdk-go-v2/service/s3":             {"tenor/job"}, // delivery
	"github.com/aws/aws-sdk-go-v2/service/sns":            {"tenor/job"},
}

// audit is a leaf: the standard library, and a compressor.
const auditMay = "github.com/klauspost/compress/"

func TestArchitecture(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		pkg, imports := words[0], words[1:]
		main := strings.HasPrefix(pkg, "tenor/cmd/") || strings.HasPrefix(pkg, "tenor/bench/") || strings.HasPrefix(pkg, "tenor/internal/schemagen") || strings.HasPrefix(pkg, "tenor/policies/internal/")
		for _, imp := range imports {
			if strings.HasPrefix(imp, "tenor/") && !main && !slices.Contains(may[pkg], imp) {
				t.Errorf("%s imports %s", pkg, imp)
			}
			for module, owners := range only {
				if strings.HasPrefix(imp, module) && !main && !slices.ContainsFunc(owners, func(o string) bool { return pkg == o || strings.HasPrefix(pkg, o+"/") }) {
					t.Errorf("%s imports %s, which is for %s", pkg, imp, owners)
				}
			}
			if pkg == "tenor/audit" && strings.Contains(imp, ".") && !strings.HasPrefix(imp, auditMay) {
				t.Errorf("%s imports %s", pkg, imp)
			}
		}
	}
}
