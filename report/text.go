package report

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tenor/audit"
)

// plain returns a string from AWS as one line of what can be seen: line breaks and tabs become a space, and what could
// steer a terminal, a parser or the direction of the text around it (control and format characters, invalid UTF-8)
// becomes U+FFFD, so that nothing is hidden. Every format but JSON, which is the record, passes strings through it.
func plain(s string) string {
	if strings.IndexFunc(s, changes) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case breaks(r):
			b.WriteByte(' ')
		case r == '\r':
		case steers(r):
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Text writes text of several lines, such as the source of a policy, to a terminal: each line as plain has it, but for its
// tabs, which stay.
func Text(w io.Writer, s string) error {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		cells := strings.Split(line, "\t")
		for j, cell := range cells {
			cells[j] = plain(cell)
		}
		lines[i] = strings.Join(cells, "\t")
	}
	return printed(w, strings.Join(lines, "\n"))
}

func changes(r rune) bool { return breaks(r) || steers(r) }

// breaks reports whether r ends a line or is a tab.
func breaks(r rune) bool {
	return r == '\n' || r == '\t' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// steers reports whether r acts on its surroundings instead of being seen. The joiners that some scripts need are let
// through.
func steers(r rune) bool {
	const softHyphen, firstFormat, zeroWidthNonJoiner, zeroWidthJoiner = '\u00ad', '\u0600', '\u200c', '\u200d'
	switch {
	case r < firstFormat:
		return r < ' ' || r >= 0x7f && r < 0xa0 || r == softHyphen
	case r == zeroWidthNonJoiner || r == zeroWidthJoiner:
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Co, unicode.Noncharacter_Code_Point)
}

// clip cuts a string to at most n runes, the last of which is then an ellipsis.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// money shows an amount with its thousands set apart: $1,234,567.89, and "" for nil.
func money(m *audit.Money) string {
	if m == nil {
		return ""
	}
	sign, digits := "", m.Value
	if rest, ok := strings.CutPrefix(digits, "-"); ok {
		sign, digits = "-", rest
	}
	if whole, fraction, ok := strings.Cut(digits, "."); ok {
		digits = thousands(whole) + "." + fraction
	} else {
		digits = thousands(whole)
	}
	if m.Currency == "USD" {
		return sign + "$" + digits
	}
	return sign + digits + " " + m.Currency
}

// total adds up counts.
func total[K comparable](counts map[K]int) int {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum
}

// dollars shows an amount of US dollars as money does.
func dollars(digits string) string { return money(&audit.Money{Value: digits, Currency: "USD"}) }

// number shows n with its thousands set apart.
func number(n int) string { return thousands(strconv.Itoa(n)) }

func thousands(digits string) string {
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Counted is a number and its noun, which takes an s for any number but one.
func Counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return number(n) + " " + noun
}

// day is the date of an RFC 3339 time, or of a date.
func day(t string) string { return t[:min(len(t), len("2006-01-02"))] }

// label names a resource for a reader: its name with its id behind it, or the id alone.
func label(r audit.ResourceRef) string {
	name, id := plain(r.Name), plain(r.ID)
	if name == "" || name == id {
		return id
	}
	return name + " (" + id + ")"
}
