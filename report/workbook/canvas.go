package workbook

import (
	"cmp"
	"fmt"

	"github.com/xuri/excelize/v2"
)

// defaultHeight is that of a row in points. It is written out, since charts stand on rows and programs make those that
// have no height as high as their own font.
const defaultHeight = 15

// canvas is a sheet whose cells are set in any order: one that is designed, not a list.
type canvas struct {
	*sheet
	book  *book
	cells [][]*cell // by row, then column; nil where nothing is
	high  map[int]float64
}

func newCanvas(b *book, name string, widths ...float64) *canvas {
	s := b.sheet(name)
	s.widths = widths
	return &canvas{sheet: s, book: b, high: map[int]float64{}}
}

// set puts a cell at a column, from 0, and a row, from 1.
func (c *canvas) set(col, row int, v cell) {
	for len(c.cells) < row {
		c.cells = append(c.cells, nil)
	}
	for len(c.cells[row-1]) <= col {
		c.cells[row-1] = append(c.cells[row-1], nil)
	}
	c.cells[row-1][col] = &v
}

// across merges a cell with those right of it, to the column last.
func (c *canvas) across(col, row, last int, v cell) {
	c.set(col, row, v)
	for i := col + 1; i <= last; i++ {
		c.set(i, row, cell{kind: v.kind, look: v.look, style: v.style})
	}
	if last > col {
		c.merges = append(c.merges, at(col, row)+":"+at(last, row))
	}
}

// list puts a table on the canvas, its header at (col, row), and returns the row after it. Rows may be empty: then
// there is one that says nothing.
func (c *canvas) list(name string, col, row int, heads []string, rows [][]cell) (int, error) {
	for i, h := range heads {
		k := text
		if len(rows) > 0 {
			k = rows[0][i].kind
		}
		c.set(col+i, row, cell{style: Header, kind: k, value: h})
	}
	c.high[row] = 30
	for i, r := range rows {
		for j := range r {
			c.set(col+j, row+1+i, r[j])
		}
	}
	if len(rows) == 0 {
		c.set(col, row+1, cell{look: muted, kind: ident, value: "None."})
	}
	c.tables++
	return row + 1 + max(len(rows), 1), c.book.addTable(c.name, name, heads, col, row, len(rows))
}

// name gives a name to a cell or a range of the sheet, for formulas anywhere in the workbook.
func (c *canvas) define(name, ref string) error {
	if err := c.book.xl.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: quoted(c.name) + "!" + ref}); err != nil {
		return fmt.Errorf("name %s: %w", name, err)
	}
	return nil
}

// freeze keeps the first rows in view.
func (c *canvas) freeze(rows int) { c.freezeRows = rows }

// pageBreak ends a printed page after a row.
func (c *canvas) pageBreak(row int) { c.breaks = append(c.breaks, row) }

// alarm shows the cells of ranges, such as "C3 E6:E9", in white on red when they are FALSE.
func (c *canvas) alarm(ranges string) {
	c.highlight = fmt.Sprintf(`<conditionalFormatting sqref="%s"><cfRule type="cellIs" dxfId="%d" priority="1" operator="equal">`+
		`<formula>FALSE</formula></cfRule></conditionalFormatting>`, ranges, c.book.styles.alarm)
}

// limit has a cell take only a number between two, whole unless it is a percentage. Another is refused with a message
// under its title.
func (c *canvas) limit(col, row int, k kind, low, high int, title, message string) {
	of := "whole"
	if k == percent {
		of = "decimal"
	}
	c.validations = append(c.validations, fmt.Sprintf(`<dataValidation type="%s" operator="between" allowBlank="0" showErrorMessage="1" `+
		`errorTitle="%s" error="%s" sqref="%s"><formula1>%d</formula1><formula2>%d</formula2></dataValidation>`, of, title, message, at(col, row), low, high))
}

// height sets a row's height in points.
func (c *canvas) height(row int, points float64) { c.high[row] = points }

// close writes the sheet.
func (c *canvas) close(titles, area string) error {
	for i, row := range c.cells {
		lines := 1
		for col, v := range row {
			if v != nil && v.kind == prose && v.style == 0 {
				lines = max(lines, v.lines(c.widths[col]))
			}
		}
		c.begin(cmp.Or(c.high[i+1], rowHeight(lines), defaultHeight))
		for _, v := range row {
			if v == nil {
				c.skip(1)
				continue
			}
			c.add(v)
		}
		if err := c.end(); err != nil {
			return fmt.Errorf("sheet %s: %w", c.name, err)
		}
	}
	c.book.print(c.name, titles, area)
	if err := c.sheet.close(); err != nil {
		return fmt.Errorf("sheet %s: %w", c.name, err)
	}
	return nil
}

// column returns the cells of a column as a formula of any sheet names them.
func (c *canvas) column(col, first, last int) string {
	return quoted(c.name) + "!" + span(col, first, last)
}

// cell returns a cell as a formula of any sheet names it.
func (c *canvas) cell(col, row int) string { return quoted(c.name) + "!" + abs(col, row) }
