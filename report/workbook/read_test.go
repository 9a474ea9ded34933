package workbook

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenor/audit"
)

var rawOptions = excelize.Options{RawCellValue: true}

// written writes a workbook and opens it.
func written(t *testing.T, r audit.Report, rs []*audit.Resource) *excelize.File {
	t.Helper()
	var buf bytes.Buffer
	if err := Write(&buf, r, sequence(rs)); err != nil {
		t.Fatal(err)
	}
	return opened(t, buf.Bytes())
}

func opened(t *testing.T, b []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// rawValue returns what stands in a cell.
func rawValue(t *testing.T, f *excelize.File, sheet, cell string) string {
	t.Helper()
	v, err := f.GetCellValue(sheet, cell, rawOptions)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sheetNames are the sheets in their order, Comparison among them, and without a bill.
var sheetNames = func() []string {
	var names []string
	for _, e := range contents(&audit.Report{Changes: &audit.Changes{}}) {
		names = append(names, e.name)
	}
	return names
}()
