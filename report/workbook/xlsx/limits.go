package xlsx

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// What Excel takes. A workbook that has more it repairs, and loses what is beyond, or does not open at all.
// https://support.microsoft.com/en-us/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
// What data cannot pass is not here: the 31 characters of a sheet's name and the 64,000 styles are those of the Design, and a
// validation takes numbers and no list.
const (
	MaxRows = 1 << 20 // of a sheet, its header included; a table that needs more goes on in "… (2)"

	maxLinks   = 65490 // of a sheet; the cells after it are plain
	maxHeight  = 409   // of a row, in points
	maxWidth   = 255   // of a column, in characters
	maxText    = 32767 // of a cell, in UTF-16 code units, as all that follow; a longer text is cut
	maxBreaks  = 253   // line breaks of a cell; those after it are spaces
	maxFormula = 8192  // a longer formula is left out, and its value stays
	maxLiteral = 255   // of a text in a formula
	maxFooter  = 255
	maxNumber  = 9.99999999999999e307 // a number beyond is text

	cutMark = "…" // the end of what is cut
)

// admit has a cell hold what Excel takes and people can see.
func (b *Book) admit(c *Cell) {
	if c.quarters = 0; len(c.Value) <= maxText {
		c.quarters = plainQuarters(c.Value)
	}
	if c.quarters == 0 && c.Value != "" {
		c.Value = b.text(c.Value)
	}
	if c.Formula == "" {
		return
	}
	if c.Formula = b.visible(c.Formula); !within(c.Formula, maxFormula) {
		c.Formula = ""
	}
}

// text returns as much of a string as a cell holds, and looks at no more of it.
func (b *Book) text(s string) string {
	if enough := utf8.UTFMax * (maxText + 1); len(s) > enough { // whatever its characters are
		s = s[:enough]
	}
	s = cut(b.visible(s), maxText)
	if strings.Count(s, "\n") <= maxBreaks {
		return s
	}
	lines := strings.SplitAfterN(s, "\n", maxBreaks+1)
	lines[maxBreaks] = strings.ReplaceAll(lines[maxBreaks], "\n", " ")
	return strings.Join(lines, "")
}

func (b *Book) visible(s string) string {
	if b.design.Visible == nil {
		return s
	}
	return b.design.Visible(s)
}

// cut returns a string of at most so many UTF-16 code units, the last of which is a cutMark when more of it was given.
func cut(s string, most int) string {
	units, last := 0, 0
	for i, r := range s {
		if units < most {
			last = i
		}
		if units += utf16.RuneLen(r); units > most {
			return s[:last] + cutMark
		}
	}
	return s
}

// within reports whether a string has at most so many UTF-16 code units.
func within(s string, most int) bool { return len(s) <= most || cut(s, most) == s }

// isNumber reports whether a string is a number as JSON and XML Schema both write it, and Excel has it.
func isNumber(s string) bool {
	rest, ok := cutDigits(strings.TrimPrefix(s, "-"))
	if ok && strings.HasPrefix(rest, ".") {
		rest, ok = cutDigits(rest[1:])
	}
	if !ok {
		return false
	}
	if rest == "" && len(s) < 300 { // less than maxNumber
		return true
	}
	if rest != "" {
		if rest[0] != 'e' && rest[0] != 'E' {
			return false
		}
		if rest = rest[1:]; rest != "" && (rest[0] == '+' || rest[0] == '-') {
			rest = rest[1:]
		}
		if rest, ok = cutDigits(rest); !ok || rest != "" {
			return false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	return err == nil && math.Abs(f) <= maxNumber
}

// cutDigits returns what comes after the digits that a string begins with, and false when it begins with none.
func cutDigits(s string) (rest string, ok bool) {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return s[i:], i > 0
}
