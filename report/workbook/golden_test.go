package workbook

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"tenor/audit"
	"tenor/internal/inline"
	"tenor/report/workbook/xlsx"
)

var update = flag.Bool("update", false, "write the golden files anew")

// gapsReport could read next to nothing.
func gapsReport() (audit.Report, []*audit.Resource) {
	r := emptyReport()
	r.Status = audit.Incomplete
	r.Coverage = inline.Into(&audit.Ledger{}, []audit.Coverage{
		{Account: "111122223333", Service: "sts", Operation: "AssumeRole", Status: audit.StatusGap, Reason: audit.ReasonAccessDenied,
			Message: "not authorized to perform sts:AssumeRole"},
		{Account: "222233334444", Region: "us-east-1", Service: "outposts", Operation: "ListQuotes", Status: audit.StatusGap,
			Reason: audit.ReasonThrottled, Count: 100},
	}...)
	r.Summary.Coverage = audit.CoverageSummary{Gaps: 2}
	ref := audit.ResourceRef{Kind: audit.KindOutpost, ID: "op-00000000000000001", Name: "fra-dc1", Account: "111122223333",
		Region: "eu-central-1"}
	r.Findings = audit.NewList(inline.Of(fixtureFinding("outposts.contract_ending", audit.Low, audit.Unknown, ref, "billing was not collected")))
	r.Summary.Verdicts[audit.Unknown] = 1
	r.Summary.Carry([]audit.Deadline{{Resource: ref, NoticeDeadline: "2026-12-02", ContractEnd: "2026-12-10T00:00:00Z", DaysLeft: 12,
		Amount: audit.CentsToMoney(144_000_00), AsOf: "2026-11-18T06:00:00Z"}}, asOf)
	return r, nil
}

// TestGolden compares the values of every cell, and the first formula of every column.
func TestGolden(t *testing.T) {
	full, fullResources := fullReport(8)
	gaps, gapsResources := gapsReport()
	bill, billResources := billReport(t)
	for name, tt := range map[string]struct {
		report    audit.Report
		resources []*audit.Resource
	}{"full": {full, fullResources}, "empty": {emptyReport(), nil}, "gaps": {gaps, gapsResources}, "bill": {bill, billResources}} {
		t.Run(name, func(t *testing.T) {
			got := dump(t, written(t, tt.report, tt.resources))
			if strings.Contains(strings.ToLower(got), "month to month") { // formulas compare it with the one constant
				t.Error("a cell or a formula says month to month, and not month-to-month")
			}
			path := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// dump writes a workbook as text: for each sheet its rows, as the number formats show them, and its formulas.
func dump(t *testing.T, f *excelize.File) string {
	t.Helper()
	var b strings.Builder
	for _, sheet := range f.GetSheetList() {
		fmt.Fprintf(&b, "# %s\n", sheet)
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		formulas := map[int]string{}
		var columns []int
		for i, row := range rows {
			for j := range row {
				row[j] = strings.ReplaceAll(row[j], "\n", "⏎")
				formula, err := f.GetCellFormula(sheet, xlsx.At(j, i+1))
				if err != nil {
					t.Fatal(err)
				}
				if formula != "" && formulas[j] == "" {
					formulas[j] = xlsx.At(j, i+1) + " =" + formula
					columns = append(columns, j)
				}
			}
			fmt.Fprintln(&b, strings.TrimRight(strings.Join(row, " | "), " |"))
		}
		for _, j := range columns {
			fmt.Fprintln(&b, formulas[j])
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}
