package workbook

import (
	"bytes"
	"os"
	"testing"
)

func TestWritesSame(t *testing.T) {
	r, rs := fullReport(200)
	var first, second bytes.Buffer
	if err := Write(&first, r, sequence(rs)); err != nil {
		t.Fatal(err)
	}
	if err := Write(&second, r, sequence(rs)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two workbooks of one report differ")
	}
	if p := os.Getenv("TENOR_WORKBOOK_OUT"); p != "" {
		os.WriteFile(p, first.Bytes(), 0o600)
	}
}
