package audit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible returns a string that others wrote, such as a name in AWS, as one line of what can be seen: a line break or a tab is
// a space, and what could steer a terminal, a parser or the direction of the text around it becomes U+FFFD, so that nothing
// is hidden and nothing is dropped: control characters (C0, DEL, C1), format characters (bidirectional controls, the soft
// hyphen), private use, noncharacters, and each byte that is no UTF-8. The joiners that some scripts need stay. Whatever shows
// a string to people passes it through Visible or VisibleLines first, and escapes it after; report.json has the string itself.
func Visible(s string) string {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return visible(s, " ", " ")
		}
	}
	return s
}

// VisibleLines is Visible for a text of several lines: each line break is a line feed, and tabs stay.
func VisibleLines(s string) string { return visible(s, "\n", "\t") }

// OneLine returns a text on one line: what stands between line breaks, tabs and spaces, with single spaces. Nothing else is left out:
// strings.Fields would drop control characters too.
func OneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || breaks(r) }), " ")
}

// Joined returns a message of several lines, such as that of errors.Join, on one: a semicolon stands for each break, but for one behind a
// colon or another. Blank lines are left out.
func Joined(msg string) string {
	var out strings.Builder
	var last byte
	for line := range strings.Lines(msg) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		switch last {
		case 0:
		case ':', ';':
			out.WriteByte(' ')
		default:
			out.WriteString("; ")
		}
		out.WriteString(line)
		last = line[len(line)-1]
	}
	return out.String()
}

func visible(s, lineBreak, tab string) string {
	change := func(r rune) bool { return r == '\t' || r == utf8.RuneError || breaks(r) || steers(r) }
	if strings.IndexFunc(s, change) < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		switch {
		case r == '\r' && i+1 < len(s) && s[i+1] == '\n': // both are one line break
		case r == '\t':
			b.WriteString(tab)
		case breaks(r):
			b.WriteString(lineBreak)
		case steers(r):
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func breaks(r rune) bool {
	const lineSeparator, paragraphSeparator = '\u2028', '\u2029'
	return r == '\n' || r == '\r' || r == lineSeparator || r == paragraphSeparator
}

// steers reports whether r acts on its surroundings instead of being seen.
func steers(r rune) bool {
	const softHyphen, firstFormat, zeroWidthNonJoiner, zeroWidthJoiner = '\u00ad', '\u0600', '\u200c', '\u200d'
	switch {
	case r < firstFormat:
		return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == softHyphen
	case r == zeroWidthNonJoiner || r == zeroWidthJoiner:
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Co, unicode.Noncharacter_Code_Point)
}
