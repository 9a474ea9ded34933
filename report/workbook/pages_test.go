package workbook

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"tenor/audit"
	"tenor/internal/inline"
	"tenor/report/workbook/xlsx"
)

// TestSummaryPages: on paper, Summary has no list that a page cuts in two, no page that holds more than its paper, and none of a few lines.
func TestSummaryPages(t *testing.T) {
	full, fullResources := fullReport(8)
	gaps, gapsResources := gapsReport()
	bill, billResources := billReport(t)
	long := bill // contracts that end in each quarter of the next five years
	long.Commitments.Total.ContractEnds = nil
	for i := range 21 {
		long.Commitments.Total.ContractEnds = append(long.Commitments.Total.ContractEnds,
			audit.Quarter{Quarter: fmt.Sprintf("%d-Q%d", 2026+i/4, i%4+1), Undecided: i})
	}
	begins := []string{"Nearest decisions", "Critical and high findings", "Provisioned products", "Findings",
		"Contracts, cash and findings", "Account", "About this report", "Contents"}
	for name, tt := range map[string]struct {
		report    audit.Report
		resources []*audit.Resource
	}{"full": {full, fullResources}, "empty": {emptyReport(), nil}, "gaps": {gaps, gapsResources}, "bill": {bill, billResources},
		"long": {long, billResources}} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := Write(&buf, tt.report, sequence(tt.resources)); err != nil {
				t.Fatal(err)
			}
			f := opened(t, buf.Bytes())
			rows, err := f.GetRows("Summary")
			if err != nil {
				t.Fatal(err)
			}
			points := 0.0 // of the columns, as Excel has them
			for col := range lastCol + 1 {
				w, err := f.GetColWidth("Summary", xlsx.At(col, 1)[:1])
				if err != nil {
					t.Fatal(err)
				}
				points += (w*7 + 5) * 0.75
			}
			room := (595.3 - 1.1*72) * max(1, points/(841.9-0.8*72))
			ends := append(breaks(t, buf.Bytes()), len(rows))
			from := 0
			for _, end := range ends {
				if value := rawValue(t, f, "Summary", xlsx.At(nameCol, from+1)); from > 0 && !slices.Contains(begins, value) {
					t.Errorf("a page begins at row %d, %q", from+1, value)
				}
				high := 0.0
				for row := from + 1; row <= end; row++ {
					h, err := f.GetRowHeight("Summary", row)
					if err != nil {
						t.Fatal(err)
					}
					high += h
				}
				if len(ends) > 1 && high < room/4 || high > room+defaultRow {
					t.Errorf("rows %d to %d are %.0f points high, a page %.0f", from+1, end, high, room)
				}
				from = end
			}
		})
	}
}

// defaultRow is how high an empty row is, in points: one at the end of a page may be on the next.
const defaultRow = 15

// breaks are the rows of the first sheet after which a page ends.
func breaks(t *testing.T, book []byte) []int {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	part, err := z.Open("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(part)
	if err != nil {
		t.Fatal(err)
	}
	var list []int
	for _, m := range regexp.MustCompile(`<brk id="(\d+)"`).FindAllSubmatch(text, -1) {
		n, err := strconv.Atoi(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, n)
	}
	return list
}

// TestEvidenceLeavesNoPaperEmpty: what is not printed and only looked up makes no row of Findings higher.
func TestEvidenceLeavesNoPaperEmpty(t *testing.T) {
	heights := func(evidence string) []float64 {
		r, rs := fullReport(8)
		var list []audit.Finding
		for f, err := range r.Findings.All() {
			if err != nil {
				t.Fatal(err)
			}
			f.Evidence = []byte(evidence)
			list = append(list, f)
		}
		r.Findings = audit.NewList(inline.Of(list...))
		f := written(t, r, rs)
		var all []float64
		for i := range list {
			h, err := f.GetRowHeight("Findings", i+2)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, h)
		}
		return all
	}
	long := `"` + string(bytes.Repeat([]byte("word "), 900)) + `"`
	if short, long := heights(`{"a": 1}`), heights(long); !slices.Equal(short, long) || len(short) == 0 {
		t.Errorf("rows are %v points high, and %v with long evidence", short, long)
	}
}
