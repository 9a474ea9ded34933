package collector

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/internal/awsread"
)

// TestRegionsAreTheSDKs holds the table of regions against the SDK's own endpoint data, which is in internal packages of
// the service modules and can only be read as source.
func TestRegionsAreTheSDKs(t *testing.T) {
	regions := endpointData(t, "sts") // which is in every region
	outposts := endpointData(t, "outposts")
	catalog := endpointData(t, "servicecatalog")
	var want []partition
	for _, p := range regions {
		out := partition{id: p.id, pattern: p.pattern}
		for _, r := range p.regions {
			var services []string
			if has(outposts, p.id, r.name) {
				services = append(services, awsread.Outposts)
			}
			if has(catalog, p.id, r.name) {
				services = append(services, awsread.ServiceCatalog)
			}
			out.regions = append(out.regions, region{r.name, strings.Join(services, " ")})
		}
		want = append(want, out)
	}
	if *update {
		writeTable(t, want)
		return
	}
	if diff := cmp.Diff(want, partitions, cmp.AllowUnexported(partition{}, region{})); diff != "" {
		t.Errorf("regions_table.go is not the SDK's; write it anew with -update (-want +got):\n%s", diff)
	}
}

func has(ps []partition, id, name string) bool {
	return slices.ContainsFunc(ps, func(p partition) bool {
		return p.id == id && slices.ContainsFunc(p.regions, func(r region) bool { return r.name == name })
	})
}

// endpointData reads the partitions of a service from the SDK's source.
func endpointData(t *testing.T, service string) []partition {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/"+service).Output()
	if err != nil {
		t.Fatalf("find the SDK's source: %v", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "internal/endpoints/endpoints.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	patterns := map[string]string{} // name of the regular expression → its source
	var found []partition
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		switch v.Names[0].Name {
		case "partitionRegexp":
			for _, e := range v.Values[0].(*ast.CompositeLit).Elts {
				kv := e.(*ast.KeyValueExpr)
				patterns[kv.Key.(*ast.Ident).Name] = literal(t, kv.Value.(*ast.CallExpr).Args[0])
			}
		case "defaultPartitions":
			for _, e := range v.Values[0].(*ast.CompositeLit).Elts {
				found = append(found, partitionFrom(t, e.(*ast.CompositeLit), patterns))
			}
		}
		return false
	})
	if len(found) == 0 {
		t.Fatalf("no partitions in the endpoint data of %s", service)
	}
	return found
}

func partitionFrom(t *testing.T, lit *ast.CompositeLit, patterns map[string]string) partition {
	t.Helper()
	var p partition
	var names []string
	for _, e := range lit.Elts {
		kv := e.(*ast.KeyValueExpr)
		switch kv.Key.(*ast.Ident).Name {
		case "ID":
			p.id = literal(t, kv.Value)
		case "RegionRegex":
			p.pattern = patterns[kv.Value.(*ast.SelectorExpr).Sel.Name]
		case "Endpoints":
			for _, e := range kv.Value.(*ast.CompositeLit).Elts {
				for _, f := range e.(*ast.KeyValueExpr).Key.(*ast.CompositeLit).Elts {
					if f := f.(*ast.KeyValueExpr); f.Key.(*ast.Ident).Name == "Region" {
						names = append(names, literal(t, f.Value))
					}
				}
			}
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if regexp.MustCompile(p.pattern).MatchString(name) { // and not a name that only stands for an endpoint, such as us-east-1-fips
			p.regions = append(p.regions, region{name: name})
		}
	}
	return p
}

func literal(t *testing.T, e ast.Expr) string {
	t.Helper()
	s, err := strconv.Unquote(e.(*ast.BasicLit).Value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func writeTable(t *testing.T, ps []partition) {
	t.Helper()
	var b strings.Builder
	b.WriteString("// Code generated from the SDK's endpoint data by go test ./collector -run TestRegionsAreTheSDKs -update; DO NOT EDIT.\n\npackage collector\n\n")
	b.WriteString("// partitions are the SDK's, with the services in each of their regions.\nvar partitions = []partition{\n")
	for _, p := range ps {
		fmt.Fprintf(&b, "{id: %q, pattern: %s, regions: []region{\n", p.id, "`"+p.pattern+"`")
		for _, r := range p.regions {
			fmt.Fprintf(&b, "{%q, %q},\n", r.name, r.services)
		}
		b.WriteString("}},\n")
	}
	b.WriteString("}\n")
	src, err := format.Source([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("regions_table.go", src, 0o644); err != nil {
		t.Fatal(err)
	}
}
