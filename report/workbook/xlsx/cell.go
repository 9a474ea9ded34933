package xlsx

import (
	"regexp"
	"strconv"
	"time"
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
	Percent             // a decimal fraction: 0.085 is 8.50%
	Rate                // the same, to more places
	Integer             // decimal digits; in red below 0
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
	Integer: {`#,##0_);[Red]-#,##0_);0_);@_)`, true, 10},
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
	Array   bool   // the formula computes with many cells at once, which not every program does unless it is told
	Link    string // where a click leads, such as "Findings!A12"; empty for nowhere

	quarters int // those of a value that is plain, once it is admitted: see plainQuarters
}

// appendCell writes a cell at the column, from 0; the row and the style as they are written. A value that is not of its kind is
// written as text.
func appendCell(b []byte, col int, row []byte, style string, c *Cell) []byte {
	b = append(b, `<c r="`...)
	b = append(b, colName(col)...)
	b = append(b, row...)
	b = append(b, `" s="`...)
	b = append(b, style...)
	if c.Value == "" && c.Formula == "" {
		return append(b, `"/>`...)
	}
	var room [24]byte
	digits := c.appendDigits(room[:0])
	numeric := len(digits) > 0
	switch {
	case c.Formula != "" && !numeric:
		b = append(b, `" t="str">`...)
	case numeric && c.Kind == Boolean:
		b = append(b, `" t="b">`...)
	case numeric:
		b = append(b, `">`...)
	default:
		b = append(b, `" t="inlineStr"><is><t xml:space="preserve">`...)
		return append(c.appendValue(b), `</t></is></c>`...)
	}
	if c.Formula != "" {
		b = append(b, `<f`...)
		if c.Array {
			b = append(b, ` t="array" ref="`+colName(col)+string(row)+`"`...)
		}
		b = append(appendText(append(b, '>'), c.Formula), `</f>`...)
	}
	b = append(b, `<v>`...)
	if numeric {
		b = append(b, digits...)
	} else {
		b = c.appendValue(b)
	}
	return append(b, `</v></c>`...)
}

// appendValue writes a value that is text.
func (c *Cell) appendValue(b []byte) []byte {
	if c.quarters > 0 {
		return append(b, c.Value...)
	}
	return appendText(b, c.Value)
}

// appendDigits writes what stands in the file for a value that is no text; nothing for text.
func (c *Cell) appendDigits(b []byte) []byte {
	switch c.Kind {
	case Date, Moment:
		return appendSerial(b, c.Value, c.Kind == Date)
	case Month:
		return appendSerial(b, c.Value+"-01", true)
	case Money, Percent, Rate, Integer:
		if isNumber(c.Value) {
			return append(b, c.Value...)
		}
	case Boolean:
		if c.Value == "0" || c.Value == "1" {
			return append(b, c.Value...)
		}
	}
	return b
}

// appendSerial writes the days since Excel's day 0, 1899-12-30, of a date or an RFC 3339 time in UTC; nothing for what is
// neither. Excel has no days before 1900 and none after 9999.
func appendSerial(b []byte, s string, wholeDay bool) []byte {
	const unixEpoch, secondsADay = 25569, 24 * 60 * 60
	layout := time.RFC3339
	if len(s) == len(time.DateOnly) {
		layout = time.DateOnly
	}
	t, err := time.Parse(layout, s)
	if err != nil {
		return b
	}
	t = t.UTC()
	if t.Year() <= 1900 || t.Year() > 9999 {
		return b
	}
	seconds := t.Unix() + unixEpoch*secondsADay
	b = strconv.AppendInt(b, seconds/secondsADay, 10)
	if rest := seconds % secondsADay; rest != 0 && !wholeDay {
		end := len(b)
		b = strconv.AppendFloat(b, float64(rest)/secondsADay, 'f', 10, 64)
		b = append(b[:end], b[end+len("0"):]...)
	}
	return b
}

// appendText writes a string as XML text that Excel shows as it is: what Excel would take for an escape, such as _x0041_, is
// escaped, and what XML cannot hold is U+FFFD.
func appendText(b []byte, s string) []byte {
	if plainQuarters(s) > 0 {
		return append(b, s...)
	}
	for i, r := range s {
		switch {
		case r == '&':
			b = append(b, "&amp;"...)
		case r == '<':
			b = append(b, "&lt;"...)
		case r == '>':
			b = append(b, "&gt;"...)
		case r == '_' && escape.MatchString(s[i:min(i+escapeLen, len(s))]):
			b = append(b, "_x005F_"...)
		case r < ' ' && r != '\n' && r != '\t' || r == '\ufffe' || r == '\uffff':
			b = utf8.AppendRune(b, utf8.RuneError)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

// plainQuarters returns the TextQuarters of a string that is plain: of ASCII that people see and XML has as it is, without what may
// be an escape. It is 0 for any other.
func plainQuarters(s string) int {
	n := 0
	for i := range len(s) {
		q := int(plain[s[i]])
		if q == 0 {
			if s[i] != '_' || i+1 < len(s) && s[i+1] == 'x' {
				return 0
			}
			q = quarters('_')
		}
		n += q
	}
	return n
}

// plain are the quarters of the bytes that stand for themselves, whatever is beside them.
var plain = func() (t [256]uint8) {
	for c := ' '; c <= '~'; c++ {
		t[c] = uint8(quarters(c))
	}
	t['&'], t['<'], t['>'], t['_'] = 0, 0, 0, 0
	return t
}()

// escape is what spreadsheets take for an escape of a UTF-16 code unit.
var escape = regexp.MustCompile(`^_x[0-9A-Fa-f]{4}_`)

const escapeLen = len("_x0041_")
