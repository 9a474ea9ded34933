package workbook

import (
	"strconv"

	"github.com/shopspring/decimal"

	"tenor/report/workbook/xlsx"
)

// count is a cell with a whole number; the formula may be empty.
func count(n int, formula string) xlsx.Cell {
	return xlsx.Cell{Kind: xlsx.Integer, Value: strconv.Itoa(n), Formula: formula}
}

// dollars is a cell with an amount; the formula may be empty.
func dollars(digits, formula string) xlsx.Cell {
	return xlsx.Cell{Kind: xlsx.Money, Value: digits, Formula: formula}
}

// truth is a cell that is TRUE or FALSE.
func truth(v bool, formula string) xlsx.Cell {
	c := xlsx.Cell{Kind: xlsx.Boolean, Value: "0", Formula: formula}
	if v {
		c.Value = "1"
	}
	return c
}

// sumOf is the formula of the sum of some cells of a column.
func sumOf(col, first, last int) string {
	return "SUM(" + xlsx.At(col, first) + ":" + xlsx.At(col, last) + ")"
}

// A sheet with lists side by side has their headers in one row, which stays in view for all, and their totals above it.
const (
	listHead  = 4
	listFirst = listHead + 1
)

// sumAbove puts the sum of a column of amounts, which is the i-th of the rows of a list, above its header.
func sumAbove(c *xlsx.Canvas, col int, rows [][]xlsx.Cell, i int) {
	sum := decimal.Zero
	for _, row := range rows {
		sum = sum.Add(summand(row[i].Value))
	}
	v := dollars(sum.String(), "SUM("+xlsx.Span(col, listFirst, listHead+max(len(rows), 1))+")")
	v.Look = xlsx.Total
	c.Set(col, listHead-1, v)
}

// titled begins a sheet with its title and what it is about.
func titled(c *xlsx.Canvas, title, about string) {
	c.Set(1, 1, xlsx.Cell{Style: xlsx.Title, Value: title})
	c.Height(1, 28)
	c.Set(1, 2, xlsx.Cell{Style: xlsx.Subtitle, Value: about})
}

// headers puts column headers from the second column on.
func headers(c *xlsx.Canvas, row int, heads ...xlsx.Cell) {
	for i, h := range heads {
		h.Style = xlsx.Header
		c.Set(1+i, row, h)
	}
	c.Height(row, 30)
}

// badIf is the look of what may be wrong.
func badIf(wrong bool) xlsx.Look {
	if wrong {
		return xlsx.Bad
	}
	return xlsx.Plain
}

// shown is a column of what a record has, as it is.
func shown[T any, S ~string](head string, k xlsx.Kind, of func(T) S) xlsx.Column[T] {
	return xlsx.Column[T]{Head: head, Kind: k, Of: func(v T) string { return string(of(v)) }}
}
