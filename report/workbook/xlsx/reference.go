package xlsx

import (
	"strconv"
	"strings"
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

// Quote returns a string as a formula writes it, in pieces, since a formula's literal holds 255 characters.
func Quote(s string) string {
	const most = 250
	var pieces []string
	for rs := []rune(s); ; rs = rs[most:] {
		piece := rs[:min(most, len(rs))]
		pieces = append(pieces, `"`+strings.ReplaceAll(string(piece), `"`, `""`)+`"`)
		if len(rs) <= most {
			return strings.Join(pieces, "&")
		}
	}
}
