package xlsx

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// colName returns the letters of a column, from 0.
func colName(col int) string {
	if col < len(letters) {
		return letters[col : col+1]
	}
	return colName(col/len(letters)-1) + letters[col%len(letters):][:1]
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// At returns the name of a cell: column from 0, row from 1.
func At(col, row int) string { return colName(col) + strconv.Itoa(row) }

// quoted returns a sheet's name as formulas and links write it.
func quoted(sheet string) string { return "'" + strings.ReplaceAll(sheet, "'", "''") + "'" }

// Span returns the cells of a column as a formula of the same sheet names them.
func Span(col, first, last int) string {
	l := colName(col)
	return "$" + l + "$" + strconv.Itoa(first) + ":$" + l + "$" + strconv.Itoa(last)
}

// Abs returns a cell as a formula names it that may be copied: $A$1.
func Abs(col, row int) string { return "$" + colName(col) + "$" + strconv.Itoa(row) }

// Quote returns a string as a formula writes it, in pieces that a literal holds.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	units := 0
	for _, r := range s {
		if units += utf16.RuneLen(r); units > maxLiteral {
			b.WriteString(`"&"`)
			units = utf16.RuneLen(r)
		}
		if r == '"' {
			b.WriteByte('"')
		}
		b.WriteRune(r)
		if b.Len() > utf8.UTFMax*maxFormula { // no formula holds it
			break
		}
	}
	b.WriteByte('"')
	return b.String()
}
