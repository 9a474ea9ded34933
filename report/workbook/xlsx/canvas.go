package xlsx

import (
	"cmp"
	"fmt"

	"github.com/xuri/excelize/v2"
)

// defaultHeight is that of a row in points. It is written out, since charts stand on rows and programs make those that
// have no height as high as their own font.
const defaultHeight = 15

// Canvas is a sheet whose cells are set in any order: one that is designed, not a list. What fails before Close, Close
// returns.
type Canvas struct {
	*sheet
	book  *Book
	cells [][]*Cell // by row, then column; nil where nothing is
	high  map[int]float64
	kept  [][2]int // rows that are printed on one page: the first and the last, in their order
	err   error    // the first
}

// NewCanvas begins a sheet that the Design names. Widths are those of its columns, in characters: no cell may stand right of
// them.
func NewCanvas(b *Book, name string, widths ...float64) *Canvas {
	s := b.sheet(name, name)
	s.widths = widths
	return &Canvas{sheet: s, book: b, high: map[int]float64{}}
}

// Set puts a cell at a column, from 0, and a row, from 1. Below the last row of a sheet there is none.
func (c *Canvas) Set(col, row int, v Cell) {
	if row > MaxRows {
		return
	}
	c.book.admit(&v)
	for len(c.cells) < row {
		c.cells = append(c.cells, nil)
	}
	for len(c.cells[row-1]) <= col {
		c.cells[row-1] = append(c.cells[row-1], nil)
	}
	c.cells[row-1][col] = &v
}

// Row puts cells side by side, from a column on.
func (c *Canvas) Row(col, row int, cells ...Cell) {
	for i, v := range cells {
		c.Set(col+i, row, v)
	}
}

// Across merges a cell with those right of it, to the column last.
func (c *Canvas) Across(col, row, last int, v Cell) {
	c.Set(col, row, v)
	for i := col + 1; i <= last; i++ {
		c.Set(i, row, Cell{Kind: v.Kind, Look: v.Look, Style: v.Style})
	}
	if last > col {
		c.merges = append(c.merges, At(col, row)+":"+At(last, row))
	}
}

// List makes a table of that name, which is unique in the workbook, with its header at (col, row), and returns the row
// after it. Every row has as many cells as there are heads. Rows may be empty: then there is one that says so.
func (c *Canvas) List(name string, col, row int, heads []string, rows [][]Cell) int {
	for i, h := range heads {
		k := Text
		if len(rows) > 0 {
			k = rows[0][i].Kind
		}
		c.Set(col+i, row, Cell{Style: Header, Kind: k, Value: h})
	}
	c.high[row] = 30
	rows = rows[:min(len(rows), MaxRows-row)]
	for i, r := range rows {
		c.Row(col, row+1+i, r...)
	}
	if len(rows) == 0 {
		c.Set(col, row+1, Cell{Look: Muted, Kind: Ident, Value: "None."})
	}
	c.tables++
	c.failed(c.book.addTable(c.name, name, heads, col, row, len(rows)))
	return row + 1 + max(len(rows), 1)
}

func (c *Canvas) failed(err error) {
	if c.err == nil {
		c.err = err
	}
}

// Name gives a name to a cell or a range of the sheet, as Abs and Span return them, for formulas anywhere in the workbook.
func (c *Canvas) Name(name, ref string) {
	if err := c.book.xl.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: quoted(c.name) + "!" + ref}); err != nil {
		c.failed(fmt.Errorf("name %s: %w", name, err))
	}
}

// Freeze keeps the first rows in view.
func (c *Canvas) Freeze(rows int) { c.freezeRows = rows }

// Keep has the rows from first to last printed on one page where a page has room for them. It is called from the top down.
func (c *Canvas) Keep(first, last int) { c.kept = append(c.kept, [2]int{first, last}) }

// What is printed on a page of A4 landscape, in points, where nothing is scaled: the paper less the margins.
const (
	paperWidth  = 841.9 - (0.4+0.4)*72
	paperHeight = 595.3 - (0.5+0.6)*72
)

// room is how many points of rows a printed page holds, on which the sheet is as wide as the paper at the most.
func (l *layout) room() float64 {
	width := 0.0
	for _, w := range l.widths { // as Excel has them: 7 pixels a character and 5 beside
		width += (7*w + 5) * 72 / 96
	}
	return paperHeight * max(1, width/paperWidth)
}

// paged returns the rows after which a page ends so that what is kept together is, where rows have those heights. Programs differ in how
// much a page holds: what follows more than that begins a page, wherever the one before ended.
func (c *Canvas) paged(heights []float64) []int {
	var breaks []int
	used, kept, room := 0.0, c.kept, c.room()
	for i, h := range heights {
		block := h
		if len(kept) > 0 && kept[0][0] == i+1 {
			for _, more := range heights[i+1 : min(kept[0][1], len(heights))] {
				block += more
			}
			kept = kept[1:]
			if used > 0 && used+block > room {
				breaks, used = append(breaks, i), 0
			}
		}
		used += h
	}
	return breaks
}

// Alarm shows the cells of ranges, such as "C3 E6:E9", in white on red when they are FALSE.
func (c *Canvas) Alarm(ranges string) {
	c.highlight = fmt.Sprintf(`<conditionalFormatting sqref="%s"><cfRule type="cellIs" dxfId="%d" priority="1" operator="equal">`+
		`<formula>FALSE</formula></cfRule></conditionalFormatting>`, ranges, c.book.styles.alarm)
}

// Limit has a cell take only a number from low to high, whole unless its kind is Percent. Another is refused with a message
// under its title; both stand in the file as they are.
func (c *Canvas) Limit(col, row int, k Kind, low, high int, title, message string) {
	of := "whole"
	if k == Percent {
		of = "decimal"
	}
	c.validations = append(c.validations, fmt.Sprintf(`<dataValidation type="%s" operator="between" allowBlank="0" showErrorMessage="1" `+
		`errorTitle="%s" error="%s" sqref="%s"><formula1>%d</formula1><formula2>%d</formula2></dataValidation>`,
		of, title, message, At(col, row), low, high))
}

// Height sets a row's height in points.
func (c *Canvas) Height(row int, points float64) { c.high[row] = min(points, maxHeight) }

// Close writes the sheet. Titles are the rows that every printed page repeats, such as "$1:$4", and area the ranges that are
// printed, with commas between, each on pages of its own; empty for none and all.
func (c *Canvas) Close(titles, area string) error {
	if c.err != nil {
		return fmt.Errorf("sheet %s: %w", c.name, c.err)
	}
	c.expect = len(c.cells)
	for _, row := range c.cells {
		c.cols = max(c.cols, len(row))
	}
	heights := make([]float64, len(c.cells))
	for i, row := range c.cells {
		lines := 1
		for col, v := range row {
			if v != nil && v.Kind == Prose && v.Style == 0 {
				lines = max(lines, v.lines(c.widths[col]))
			}
		}
		heights[i] = cmp.Or(c.high[i+1], rowHeight(lines), defaultHeight)
	}
	c.breaks = c.paged(heights)
	for i, row := range c.cells {
		c.begin(heights[i])
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

// Column returns the cells of a column as a formula of any sheet names them.
func (c *Canvas) Column(col, first, last int) string {
	return quoted(c.name) + "!" + Span(col, first, last)
}

// Area returns all cells that were set so far as a formula of any sheet names them.
func (c *Canvas) Area() string {
	last := 0
	for _, row := range c.cells {
		last = max(last, len(row)-1)
	}
	return quoted(c.name) + "!" + Abs(0, 1) + ":" + Abs(last, max(len(c.cells), 1))
}

// Ref returns a cell as a formula of any sheet names it.
func (c *Canvas) Ref(col, row int) string { return quoted(c.name) + "!" + Abs(col, row) }
