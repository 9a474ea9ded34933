package xlsx

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// BenchmarkRows writes 20,000 rows of texts, an amount and a date, as a workbook, by ours and by excelize's own writer of rows.
func BenchmarkRows(b *testing.B) {
	const rows = 20_000
	values := [][]string{}
	for i := range 1000 {
		values = append(values, []string{fmt.Sprint(111122223333 + i/100), "eu-central-1", fmt.Sprintf("pp-%012d", i), "A product & more",
			"AVAILABLE", fmt.Sprintf("%d.25", 1000+i), fmt.Sprintf("2026-12-%02d", 1+i%28), "", "", "platform"})
	}
	kinds := []Kind{Ident, Text, Ident, Text, Text, Money, Date, Text, Text, Text}
	b.Run("tenor", func(b *testing.B) {
		var cols []Column[[]string]
		for i, k := range kinds {
			cols = append(cols, Column[[]string]{Head: fmt.Sprint("Column ", i), Kind: k, Of: func(v []string) string { return v[i] }})
		}
		for b.Loop() {
			book, err := New(io.Discard, Design{Sheets: []Sheet{{Name: "Only"}}, MaxRows: MaxRows})
			if err != nil {
				b.Fatal(err)
			}
			table := NewTable(book, "Only", "rows", cols)
			for i := range rows {
				if err := table.Add(values[i%len(values)]); err != nil {
					b.Fatal(err)
				}
			}
			if err := errors.Join(table.Close(), book.Close()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("excelize", func(b *testing.B) {
		for b.Loop() {
			f := excelize.NewFile()
			w, err := f.NewStreamWriter("Sheet1")
			if err != nil {
				b.Fatal(err)
			}
			for i := range rows {
				cells := make([]any, len(kinds))
				for col, v := range values[i%len(values)] {
					switch kinds[col] {
					case Money:
						cells[col], err = strconv.ParseFloat(v, 64)
					case Date:
						cells[col], err = time.Parse(time.DateOnly, v)
					default:
						cells[col] = v
					}
					if err != nil {
						b.Fatal(err)
					}
				}
				if err := w.SetRow(At(0, i+1), cells); err != nil {
					b.Fatal(err)
				}
			}
			if err := errors.Join(w.Flush(), f.Write(io.Discard), f.Close()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
