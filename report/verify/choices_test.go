//go:build verify

package verify

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"tenor/audit"
	"tenor/report"
)

// choiceRow is a row of Decisions: the Outpost, what is preset, and what may be chosen.
type choiceRow struct {
	outpost, preset string
	choices         []string
}

// choiceRows returns the rows of Decisions.
func choiceRows(t *testing.T, workbook string) []choiceRow {
	t.Helper()
	rows, err := open(t, workbook).GetRows("Decisions", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	id, preset, first := slices.Index(rows[0], "Outpost ID"), slices.Index(rows[0], "Choice"), slices.Index(rows[0], "Choice 1")
	var list []choiceRow
	for _, row := range rows[1:] {
		if row[0] == "Total" {
			break
		}
		list = append(list, choiceRow{row[id], row[preset], slices.DeleteFunc(slices.Clone(row[first:]), func(s string) bool { return s == "" })})
	}
	return list
}

// choose copies a workbook with other choices: of each Outpost the one that pick returns.
func choose(t *testing.T, from, to string, rows []choiceRow, pick func(i int) string) {
	t.Helper()
	f := open(t, from)
	head, err := f.GetRows("Decisions")
	if err != nil {
		t.Fatal(err)
	}
	col := slices.Index(head[0], "Choice") + 1
	for i := range rows {
		cell, err := excelize.CoordinatesToCellName(col, i+2)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellValue("Decisions", cell, pick(i)); err != nil {
			t.Fatal(err)
		}
		if formula, err := f.GetCellFormula("Decisions", cell); err != nil || formula != "" {
			t.Fatalf("%s still has the formula %s, %v", cell, formula, err)
		}
	}
	if err := f.SaveAs(to); err != nil {
		t.Fatal(err)
	}
}

// onFile writes decisions.yaml with what was chosen.
func onFile(t *testing.T, path, on string, rows []choiceRow, pick func(i int) string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("decisions:\n")
	constant := func(s string, of []string, words func(string) string) string {
		return of[slices.IndexFunc(of, func(c string) bool { return words(c) == s })]
	}
	for i, row := range rows {
		action := "  - {outpost: " + row.outpost + ", owner: finance@example.com, reason: a test, decided_on: " + on + ", action: "
		switch choice := pick(i); choice {
		case "month-to-month":
			b.WriteString(action + "month_to_month}\n")
		case "return":
			b.WriteString(action + "return}\n")
		case "–":
		default:
			term, option, _ := strings.Cut(choice, ", ")
			b.WriteString(action + "renew, payment_term: " + constant(term, audit.PaymentTerms, audit.TermWords) +
				", payment_option: " + constant(option, audit.PaymentOptions, audit.OptionWords) + "}\n")
		}
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestChoices makes other choices on Decisions. What each program recalculates must be what tenor itself says with the same decisions on
// file: amounts, approvals, options and the cash flow by month and fiscal year.
func TestChoices(t *testing.T) {
	d := demo(t)
	rows := choiceRows(t, d.workbook)
	if len(rows) < 5 {
		t.Fatalf("%d decisions", len(rows))
	}
	for turn := range 4 {
		t.Run(strconv.Itoa(turn), func(t *testing.T) {
			changes := 0
			pick := func(i int) string { return rows[i].choices[(i*3+turn*5)%len(rows[i].choices)] }
			for i := range rows {
				if pick(i) != rows[i].preset {
					changes++
				}
			}
			if changes < 3 {
				t.Fatalf("%d choices are changed", changes)
			}
			dir := t.TempDir()
			changed, file := filepath.Join(dir, "changed.xlsx"), filepath.Join(dir, "decisions.yaml")
			choose(t, d.workbook, changed, rows, pick)
			onFile(t, file, d.asOf[:len(time.DateOnly)], rows, pick)
			out := filepath.Join(dir, "out")
			run(t, d.tenor, "evaluate", filepath.Join(d.out, "snapshot"), "--decisions", file, "--as-of", d.asOf, "--out", out, "--format",
				"json,xlsx", "--fail-on", "none", "--allow-incomplete")
			for program, recalculate := range programs {
				t.Run(program, func(t *testing.T) {
					got := recalculate(t, changed)
					compareSheets(t, filepath.Join(out, "report.xlsx"), got, map[string]bool{"Why": true},
						[]string{"Decisions", "Renewal options", "Cash flow"})
					byMonth(t, out, got)
					if agree, err := open(t, got).GetCellValue("Checks", "C3"); err != nil || agree != "TRUE" {
						t.Errorf("all agree is %q, %v", agree, err)
					}
					said, err := open(t, got).GetCellValue("Summary", "B4")
					if err != nil || !strings.HasPrefix(said, "Assumptions or choices were changed") {
						t.Errorf("Summary!B4 is %q, %v", said, err)
					}
				})
			}
		})
	}
}

// byMonth holds the cash flow by month against report.json of a run.
func byMonth(t *testing.T, out, workbook string) {
	t.Helper()
	r, closeFile, err := report.ReadJSON(filepath.Join(out, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer closeFile()
	cells, err := open(t, workbook).GetRows("Cash flow", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	first := slices.Index(cells[3], "Month")
	total := &r.Commitments.Total
	for i := range total.CashByMonth {
		row := cells[4+i][first:]
		for col, p := range map[int]audit.Period{4: total.CashByMonth[i], 8: total.AmortisedByMonth[min(i, len(total.AmortisedByMonth)-1)]} {
			if col == 8 && i >= len(total.AmortisedByMonth) {
				continue
			}
			if !same(row[col], p.WithRenewals) {
				t.Errorf("%s, %s: %s, the report has %s", p.Period, cells[3][first+col], row[col], p.WithRenewals)
			}
		}
	}
}

// TestNothingDone has every Outpost go on month-to-month: what is chosen comes to what there is if nothing is done.
func TestNothingDone(t *testing.T) {
	d := demo(t)
	rows := choiceRows(t, d.workbook)
	changed := filepath.Join(t.TempDir(), "changed.xlsx")
	choose(t, d.workbook, changed, rows, func(int) string { return "month-to-month" })
	cells, err := open(t, recalculate(t, changed)).GetRows("Cash flow", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	chosen, nothing, differ := slices.Index(cells[3], "Cash: as chosen"), slices.Index(cells[3], "Cash: if nothing is done, 12 months"), 0
	for i, row := range cells[2:] {
		for _, list := range [...]int{0, slices.Index(cells[3], "Month") + 1} {
			if i == 1 || len(row) <= nothing+list || row[chosen+list] == "" {
				continue
			}
			if !same(row[chosen+list], row[nothing+list]) {
				t.Errorf("row %d: as chosen %s, if nothing is done %s", i+3, row[chosen+list], row[nothing+list])
			}
			if row[chosen+list] != row[1+list] {
				differ++
			}
		}
	}
	if differ < 10 {
		t.Errorf("in %d rows it is more than what contracts come to", differ)
	}
}

// BenchmarkThousandOutposts opens and recalculates a workbook of 1,000 Outposts. LibreOffice writes its first sheet, which rests on all
// others; to save all of them, which nobody waits for, takes it as long again.
func BenchmarkThousandOutposts(b *testing.B) {
	d := demo(b)
	r, closeFile, err := report.ReadJSON(filepath.Join(d.out, "report.json"))
	if err != nil {
		b.Fatal(err)
	}
	defer closeFile()
	grow(&r, 100, 1000)
	path := filepath.Join(b.TempDir(), "report.xlsx")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if err := report.XLSX(f, r, resources(&r)); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		recalculateTo(b, path, "csv")
	}
}
