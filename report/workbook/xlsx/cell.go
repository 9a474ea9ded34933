package xlsx

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind says how a value is shown and how it stands in the file.
type Kind uint8

// The kinds, and what a Cell of each has for its value. A value that is not of its kind is shown as text.
const (
	Text    Kind = iota // a string, which wraps when it is long
	Ident               // a string that never wraps
	Prose               // a string that wraps
	Code                // a command to copy
	Badge               // one of the words of the Design, in its colours
	Date                // YYYY-MM-DD or RFC 3339, whose day it shows
	Month               // YYYY-MM, as the first day of the month
	Moment              // RFC 3339
	Money               // decimal digits, US dollars
	Percent             // a decimal fraction: 0.085 is 8.50 %
	Rate                // the same, to more places
	Integer             // decimal digits
	Boolean             // "1" or "0"
	kinds
)

// shown says of a kind how its values are shown: their number format, whether they stand to the right, so that their digits
// are below one another, and how wide a column of them is at least, in characters. Excel shows the dollar sign whatever the
// reader's own currency is. The space at the right of numbers, as wide as a parenthesis, keeps them off the text beside them,
// where an indent would not in every program. A column of numbers has room for what may come after the rows that it is fitted
// to, since one that is too wide is not shown at all.
var shown = [kinds]struct {
	format   string
	right    bool
	minWidth float64
}{
	Text:    {minWidth: 10},
	Ident:   {minWidth: 10},
	Prose:   {minWidth: 44},
	Code:    {minWidth: 64},
	Badge:   {minWidth: 10},
	Date:    {`yyyy-mm-dd`, false, 12},
	Month:   {`yyyy-mm`, false, 12},
	Moment:  {`yyyy-mm-dd hh:mm`, false, 17},
	Money:   {`[$$-409]#,##0.00_);[Red]-[$$-409]#,##0.00_);"–"_);@_)`, true, 17},
	Percent: {`0.00%_);-0.00%_);0.00%_);@_)`, true, 10},
	Rate:    {`0.000000%_)`, true, 10},
	Integer: {`#,##0_);-#,##0_);0_);@_)`, true, 10},
	Boolean: {minWidth: 10},
}

// Look is how a cell stands out from its kind.
type Look uint8

// The looks.
const (
	Plain  Look = iota
	marked      // as a row that is marked
	Total       // a sum
	Input       // what a reader may change
	Bad         // what is wrong
	Muted       // of less weight than its neighbours
	looks
)

// Cell is one cell. The zero value is an empty one.
type Cell struct {
	Kind    Kind
	Look    Look
	Style   Style  // overrides kind and look unless 0
	Value   string // empty leaves the cell empty unless it has a formula
	Formula string // without the equals sign; value is then its cached value
	Link    string // where a click leads, such as "Findings!A12"; empty for nowhere
}

// appendCell writes a cell at the column, from 0, and row, from 1. A value that is not of its kind is written as text.
func appendCell(b []byte, col, row, style int, c *Cell) []byte {
	b = append(b, `<c r="`...)
	b = append(b, colName(col)...)
	b = strconv.AppendInt(b, int64(row), 10)
	b = append(b, `" s="`...)
	b = strconv.AppendInt(b, int64(style), 10)
	if c.Value == "" && c.Formula == "" {
		return append(b, `"/>`...)
	}
	digits, numeric := c.digits()
	switch {
	case c.Formula != "" && !numeric:
		b = append(b, `" t="str"><f>`...)
	case numeric && c.Kind == Boolean:
		b = append(b, `" t="b">`...)
	case numeric:
		b = append(b, `">`...)
	default:
		b = append(b, `" t="inlineStr"><is><t xml:space="preserve">`...)
		return append(appendText(b, c.Value), `</t></is></c>`...)
	}
	if c.Formula != "" {
		if numeric {
			b = append(b, `<f>`...)
		}
		b = append(appendText(b, c.Formula), `</f>`...)
	}
	b = append(b, `<v>`...)
	if numeric {
		b = append(b, digits...)
	} else {
		b = appendText(b, c.Value)
	}
	return append(b, `</v></c>`...)
}

// digits returns what stands in the file for a value that is no text.
func (c *Cell) digits() (string, bool) {
	switch c.Kind {
	case Date, Moment:
		return serial(c.Value, c.Kind == Date)
	case Month:
		return serial(c.Value+"-01", true)
	case Money, Percent, Rate, Integer:
		return c.Value, number.MatchString(c.Value)
	case Boolean:
		return c.Value, c.Value == "0" || c.Value == "1"
	default:
		return "", false
	}
}

// serial returns the days since Excel's day 0, 1899-12-30, of a date or an RFC 3339 time in UTC. Excel has no days
// before 1900 and none after 9999.
func serial(s string, wholeDay bool) (string, bool) {
	const unixEpoch, secondsADay = 25569, 24 * 60 * 60
	layout := time.RFC3339
	if len(s) == len(time.DateOnly) {
		layout = time.DateOnly
	}
	t, err := time.Parse(layout, s)
	if err != nil {
		return "", false
	}
	t = t.UTC()
	if t.Year() <= 1900 || t.Year() > 9999 {
		return "", false
	}
	seconds := t.Unix() + unixEpoch*secondsADay
	days := strconv.FormatInt(seconds/secondsADay, 10)
	if rest := seconds % secondsADay; rest != 0 && !wholeDay {
		days += strconv.FormatFloat(float64(rest)/secondsADay, 'f', 10, 64)[1:]
	}
	return days, true
}

// number is a number as JSON and XML Schema both write it.
var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// maxText is how many UTF-16 code units a cell holds; a longer text is cut and ends in cutMark.
const (
	maxText = 32767
	cutMark = "…"
)

// appendText writes a string as XML text that Excel shows as it is: line ends are line feeds, what XML cannot hold and
// what acts on its surroundings instead of being seen is left out, and what Excel would take for an escape, such as
// _x0041_, is escaped.
func appendText(b []byte, s string) []byte {
	if isSimple(s) {
		return append(b, s...)
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	units := utf16Len(s)
	room := units
	if units > maxText {
		room = maxText - utf16Len(cutMark)
	}
	for i, r := range s {
		if r == '\r' {
			r = '\n'
		}
		if !isShown(r) {
			continue
		}
		if room -= utf16.RuneLen(r); room < 0 {
			return append(b, cutMark...)
		}
		switch {
		case r == '&':
			b = append(b, "&amp;"...)
		case r == '<':
			b = append(b, "&lt;"...)
		case r == '>':
			b = append(b, "&gt;"...)
		case r == '_' && escape.MatchString(s[i:]):
			b = append(b, "_x005F_"...)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

// simple are the bytes that stand for themselves.
var simple = func() (t [256]bool) {
	for c := ' '; c <= '~'; c++ {
		t[c] = true
	}
	t['&'], t['<'], t['>'] = false, false, false
	return t
}()

func isSimple(s string) bool {
	if len(s) > maxText {
		return false
	}
	for i := range len(s) {
		if !simple[s[i]] || s[i] == '_' && i+1 < len(s) && s[i+1] == 'x' {
			return false
		}
	}
	return true
}

func isShown(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	switch r {
	case '\n', '\t', zeroWidthNonJoiner, zeroWidthJoiner:
		return true
	}
	return !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Noncharacter_Code_Point)
}

// escape is what spreadsheets take for an escape of a UTF-16 code unit.
var escape = regexp.MustCompile(`^_x[0-9A-Fa-f]{4}_`)

func utf16Len(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
