package xlsx

import "strings"

// Widths are in characters, heights in points. Programs do not fit columns and rows to what is in them when they open a
// workbook, so both are computed here, generously.

// headWidth is what a header needs, which may break between its words.
func headWidth(head string) float64 {
	longest := 0
	for _, word := range strings.Fields(head) {
		longest = max(longest, len(word))
	}
	const filterButton = 3
	return float64(max(longest, len(head)/2) + filterButton)
}

// maxWidth is the most; a text that is wider wraps.
func (k Kind) maxWidth() float64 {
	if k == Text {
		return 42
	}
	return maxWidth
}

// fits reports whether a text can be seen whole in a column.
func (c *Cell) fits(width float64) bool {
	if len(c.Value)*widest/4+cellMargin <= int(width) { // whatever its characters are, but for other scripts, which wrap well
		return true
	}
	return c.width() <= width
}

const cellMargin = 3

// pageWidth is how many characters of fontSize a printed line of A4 landscape has room for where they are at least 7 points high:
// 841.9 points less the margins, at 7/fontSize, with 5.25 points a character, and a little less for what programs round.
const pageWidth = 205

// printable returns how many of the first columns have room on a printed page, at least one.
func (l *layout) printable(most int) int {
	width := 0.0
	for i, w := range l.widths[:most] {
		if width += w; width > pageWidth {
			return max(i, 1)
		}
	}
	return most
}

// width is what a cell needs to be seen whole; one that wraps needs no more than its kind's least.
func (c *Cell) width() float64 {
	n := 0
	switch c.Kind {
	case Prose, Code, Date, Moment, Month:
		return 0
	case Money:
		whole, _, _ := strings.Cut(c.Value, ".")
		n = len(whole) + len(whole)/3 + len("$.00")
	case Percent, Rate:
		n = len("-100.00%")
	default:
		n = (c.textQuarters() + 3) / 4
	}
	return float64(n + cellMargin)
}

func (c *Cell) textQuarters() int {
	if c.quarters > 0 {
		return c.quarters
	}
	return TextQuarters(c.Value)
}

// lines is how many lines a cell that wraps takes in a column, generously.
func (c *Cell) lines(width float64) int {
	per := int(width) - 1
	if c.Kind == Code {
		per = per * 9 / 10
	}
	if len(c.Value)*widest/4 <= per {
		return 1 + strings.Count(c.Value, "\n")
	}
	return min(wrapped(c.Value, 4*per, c.Kind == Code), maxLines)
}

// wrapped is how many lines a text takes in a room of so many quarters of a digit: a line ends between words, and within one that is longer
// than a line. All characters of code are as wide as a digit.
func wrapped(s string, room int, code bool) int {
	lines, used, word := 1, 0, 0
	put := func() {
		if word == 0 {
			return
		}
		if used > 0 && used+word > room {
			lines, used = lines+1, 0
		}
		used += word
		lines, used = lines+max(0, used-1)/room, max(0, used-1)%room+1
		word = 0
	}
	for _, r := range s {
		width := quarters(r)
		if code {
			width = max(4, width&^3)
		}
		switch r {
		case ' ':
			put()
			used += width
		case '\n':
			put()
			lines, used = lines+1, 0
		default:
			word += width
		}
	}
	put()
	return lines
}

const maxLines = (maxHeight - rowPadding) / lineHeight // of a row

// rowHeight is the height of a row of so many lines, in points; 0 for the default.
func rowHeight(lines int) float64 {
	if lines <= 1 {
		return 0
	}
	return float64(lines*lineHeight + rowPadding)
}

// In points.
const (
	lineHeight = 13
	rowPadding = 3
)

// TextWidth is how many digits are as wide as the longest line of a string, generously.
func TextWidth(s string) int { return (TextQuarters(s) + 3) / 4 }

// TextQuarters is the same in quarters of a digit.
func TextQuarters(s string) int {
	longest, line := 0, 0
	for _, r := range s {
		line += quarters(r)
		if r == '\n' {
			line = 0
		}
		longest = max(longest, line)
	}
	return longest
}

// quarters is how many quarters of a digit are as wide as a character, in Arial and in DejaVu Sans, whichever has it wider.
func quarters(r rune) int {
	switch {
	case r < ' ':
		return 4
	case int(r) < ' '+len(asciiQuarters):
		return int(asciiQuarters[r-' '] - '0')
	case r < 0x1100:
		return 6
	}
	return 8 // scripts with characters twice as wide
}

// asciiQuarters are those of the characters from the space to the tilde, a digit each; widest is the greatest.
const (
	asciiQuarters = "23364752333623224444444444226664" +
		"85566556624546665665565755532364" +
		"3444443442242644443434464444246"
	widest = 8
)

// Clip cuts a line to at most so many digits' width, the last of which is then an ellipsis. It looks at no more of it.
func Clip(s string, width int) string {
	used, last := 0, 0
	for i, r := range s {
		if used <= 4*(width-1) {
			last = i
		}
		if used += quarters(r); used > 4*width {
			return s[:last] + cutMark
		}
	}
	return s
}
