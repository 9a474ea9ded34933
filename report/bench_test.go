package report

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"tenor/internal/atomicfile"
)

// A report of 100,000 findings in each format, written to nowhere.
func BenchmarkFormats(b *testing.B) {
	formats := streams()
	formats["html"] = HTML
	r := manyFindings(100_000)
	for name, format := range formats {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := format(io.Discard, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Reading it back: once to find the findings, and once through them.
func BenchmarkReadJSON(b *testing.B) {
	var out bytes.Buffer
	if err := JSON(&out, manyFindings(100_000)); err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "report.json")
	if err := os.WriteFile(path, out.Bytes(), atomicfile.FileMode); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(out.Len()))
	b.ReportAllocs()
	for b.Loop() {
		r, closeFile, err := ReadJSON(path)
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range r.Findings.All() {
			if err != nil {
				b.Fatal(err)
			}
		}
		if err := closeFile(); err != nil {
			b.Fatal(err)
		}
	}
}
