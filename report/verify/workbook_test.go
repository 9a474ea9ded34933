//go:build verify

// These tests open the workbook in the programs that its readers use.
package verify

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// programs are those that recalculate workbooks.
var programs = map[string]func(t *testing.T, workbook string) string{"LibreOffice": recalculate, "Gnumeric": gnumeric}

// TestRecalculation has each program recalculate every formula of the demo's workbook: each must come to its cached value.
func TestRecalculation(t *testing.T) {
	d := demo(t)
	for program, recalculate := range programs {
		t.Run(program, func(t *testing.T) { compare(t, d.workbook, recalculate(t, d.workbook), nil) })
	}
}

// TestComparison has other choices on file, and the report without them as baseline: what LibreOffice recalculates of Comparison is what
// tenor wrote.
func TestComparison(t *testing.T) {
	d := demo(t)
	rows := choiceRows(t, d.workbook)
	file, out := filepath.Join(t.TempDir(), "decisions.yaml"), filepath.Join(t.TempDir(), "out")
	onFile(t, file, d.asOf[:len("2006-01-02")], rows, func(i int) string { return rows[i].choices[i%len(rows[i].choices)] })
	run(t, d.tenor, "evaluate", filepath.Join(d.out, "snapshot"), "--decisions", file, "--as-of", d.asOf, "--out", out, "--format", "json,xlsx",
		"--baseline", filepath.Join(d.out, "report.json"), "--fail-on", "none", "--allow-incomplete")
	workbook := filepath.Join(out, "report.xlsx")
	compare(t, workbook, recalculate(t, workbook), nil)
}

// TestDiscountRate changes the discount rate in the Assumptions. What LibreOffice recalculates must be what tenor itself
// writes at that rate: present values, recommendations, decisions, cash flow.
func TestDiscountRate(t *testing.T) {
	d := demo(t)
	const rate = "0.37"
	changed := filepath.Join(t.TempDir(), "changed.xlsx")
	setRate(t, d.workbook, changed, rate)
	config := filepath.Join(t.TempDir(), "tenor.yaml")
	if err := os.WriteFile(config, []byte("finance: {discount_rate: "+rate+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	run(t, d.tenor, "evaluate", filepath.Join(d.out, "snapshot"), "--config", config, "--as-of", d.asOf, "--out", out, "--format",
		"json,xlsx", "--fail-on", "none", "--allow-incomplete")
	got := recalculate(t, changed)
	// On these sheets all follows the rate; what rules found of it stands on others, and does not.
	compareSheets(t, filepath.Join(out, "report.xlsx"), got, map[string]bool{
		"Why": true, // it says that an assumption is not the report's
	}, []string{"Decisions", "Renewal options", "Cash flow", "Quotes"})
	before, after := recommendations(t, d.workbook), recommendations(t, got)
	if before == after {
		t.Errorf("the recommendations do not follow the discount rate: %s", after)
	}
}

// TestChecksSeeErrors recalculates workbooks with a cell that is an error: the checks do not agree any more, also where the assumptions
// are not the report's. Gnumeric sees each sheet, in a fraction of LibreOffice's time.
func TestChecksSeeErrors(t *testing.T) {
	d := demo(t)
	for sheet, cell := range map[string]string{
		"Outposts": "L2", "Orders": "B2", "Quotes": "A2", "Renewal options": "F3", "Decisions": "H2", "Cash flow": "C7",
		"Subscriptions": "K2", "Capacity": "J2", "Causes": "B2", "Versions": "D2", "Owners": "E2", "Bill": "G2", "Unexplained charges": "C2",
		"Cost of broken products": "E2", "Provisioned products": "B2", "Portfolios": "E2", "Products of the catalogue": "B2", "Findings": "F2",
		"": "",
	} {
		rates, recalculated := []string{"0.09"}, gnumeric
		switch sheet {
		case "Decisions":
			rates, recalculated = []string{"0.08", "0.09"}, recalculate
		case "":
			rates = []string{"0.08", "0.09"}
		}
		for _, rate := range rates {
			changed := filepath.Join(t.TempDir(), "changed.xlsx")
			setRate(t, d.workbook, changed, rate)
			if sheet != "" {
				f := open(t, changed)
				if err := f.SetCellFormula(sheet, cell, "1/0"); err != nil {
					t.Fatal(err)
				}
				if err := f.Save(); err != nil {
					t.Fatal(err)
				}
			}
			agree, err := open(t, recalculated(t, changed)).GetCellValue("Checks", "C3")
			if err != nil || agree != map[bool]string{true: "TRUE", false: "FALSE"}[sheet == ""] {
				t.Errorf("%s!%s at %s: all agree is %q, %v", sheet, cell, rate, agree, err)
			}
		}
	}
}

// demoRun is a run of the demo.
type demoRun struct{ tenor, out, workbook, asOf string }

// demo builds tenor and runs its demo.
func demo(t testing.TB) demoRun {
	t.Helper()
	dir := t.TempDir()
	d := demoRun{tenor: filepath.Join(dir, "tenor"), out: filepath.Join(dir, "out")}
	d.workbook = filepath.Join(d.out, "report.xlsx")
	run(t, "go", "build", "-o", d.tenor, "tenor/cmd/tenor")
	run(t, d.tenor, "run", "--demo", "--out", d.out, "--quiet")
	b, err := os.ReadFile(filepath.Join(d.out, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Run struct {
			AsOf string `json:"as_of"`
		} `json:"run"`
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	d.asOf = r.Run.AsOf
	return d
}

func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return string(out)
}

// python returns a Python that has the module; the system's may have what the first in the path has not.
func python(t *testing.T, module string) string {
	t.Helper()
	for _, p := range [...]string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), p, "-c", "import "+module).Run() == nil {
			return p
		}
	}
	t.Skip("no Python with " + module)
	return ""
}

// always makes LibreOffice recalculate what it opens; by itself it trusts cached values.
const always = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>`

// recalculate returns the workbook as LibreOffice writes it after a full recalculation.
func recalculate(t *testing.T, workbook string) string {
	t.Helper()
	return recalculateTo(t, workbook, "xlsx:Calc MS Excel 2007 XML")
}

// recalculateTo does that, and returns what LibreOffice writes with one of its filters.
func recalculateTo(t testing.TB, workbook, filter string) string {
	t.Helper()
	soffice := need(t, "soffice", "libreoffice-calc")
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "profile", "user"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "profile", "user", "registrymodifications.xcu"), []byte(always), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, soffice, "--headless", "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--convert-to",
		filter, "--outdir", dir, workbook)
	suffix, _, _ := strings.Cut(filter, ":")
	return filepath.Join(dir, strings.TrimSuffix(filepath.Base(workbook), "xlsx")+suffix)
}

// gnumeric returns the workbook as Gnumeric writes it after a full recalculation.
func gnumeric(t *testing.T, workbook string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(workbook))
	run(t, need(t, "ssconvert", "gnumeric"), "--recalc", workbook, to)
	return to
}

// compare holds the value of every formula of a workbook against the same cell of another. Cells below a header that is excused may
// differ.
func compare(t *testing.T, want, got string, excused map[string]bool) {
	t.Helper()
	compareSheets(t, want, got, excused, open(t, want).GetSheetList())
}

// compareSheets does that for some sheets.
func compareSheets(t *testing.T, want, got string, excused map[string]bool, sheets []string) {
	t.Helper()
	a, b := open(t, want), open(t, got)
	formulas, differ := 0, 0
	for _, sheet := range sheets {
		rows, err := a.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			for j := range row {
				cell, err := excelize.CoordinatesToCellName(j+1, i+1)
				if err != nil {
					t.Fatal(err)
				}
				formula, err := a.GetCellFormula(sheet, cell)
				if err != nil {
					t.Fatal(err)
				}
				if formula == "" {
					continue
				}
				formulas++
				if j < len(rows[0]) && excused[rows[0][j]] {
					continue
				}
				values := [2]string{}
				for k, f := range [...]*excelize.File{a, b} {
					if values[k], err = f.GetCellValue(sheet, cell, excelize.Options{RawCellValue: true}); err != nil {
						t.Fatal(err)
					}
				}
				if !same(values[0], values[1]) {
					if differ++; differ <= 20 {
						t.Errorf("%s!%s: %q, recalculated %q: =%s", sheet, cell, values[0], values[1], formula)
					}
				}
			}
		}
	}
	if formulas < 1000 {
		t.Errorf("only %d formulas", formulas)
	}
	t.Logf("%d formulas, %d differ", formulas, differ)
}

// same compares numbers to half a cent, and anything else as text.
func same(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return math.Abs(x-y) <= 0.005+1e-9*math.Abs(x)
	}
	return a == b || strings.EqualFold(a, "true") && b == "1" || strings.EqualFold(a, "false") && b == "0"
}

func open(t *testing.T, path string) *excelize.File {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// recommendations returns the recommended ways to pay as Decisions lists them.
func recommendations(t *testing.T, path string) string {
	t.Helper()
	rows, err := open(t, path).GetRows("Decisions")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, row := range rows[1:] {
		list = append(list, fmt.Sprint(row[0], row[5]))
	}
	return strings.Join(list, "; ")
}

// setRate copies a workbook with another value in the cell that is named DiscountRate.
func setRate(t *testing.T, from, to, rate string) {
	t.Helper()
	f := open(t, from)
	ref := ""
	for _, n := range f.GetDefinedName() {
		if n.Name == "DiscountRate" {
			ref = n.RefersTo
		}
	}
	sheet, cell, ok := strings.Cut(strings.NewReplacer("'", "", "$", "").Replace(ref), "!")
	if !ok {
		t.Fatalf("DiscountRate is %q", ref)
	}
	part := ""
	for id, name := range f.GetSheetMap() {
		if name == sheet {
			part = fmt.Sprintf("xl/worksheets/sheet%d.xml", id)
		}
	}
	in, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var buf bytes.Buffer
	out := zip.NewWriter(&buf)
	value := regexp.MustCompile(`(<c r="` + cell + `"[^>]*><v>)[^<]*`)
	changed := false
	for _, entry := range in.File {
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if entry.Name == part {
			was := len(b)
			b = value.ReplaceAll(b, []byte("${1}"+rate))
			changed = was > 0 && bytes.Contains(b, []byte("<v>"+rate+"<"))
		}
		w, err := out.Create(entry.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if !changed {
		t.Fatalf("no %s in %s", cell, part)
	}
	if err := os.WriteFile(to, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
