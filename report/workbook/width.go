package workbook

import "strings"

// Widths are in characters, heights in points. Programs do not fit columns and rows to what is in them when they open a
// workbook, so both are reckoned here, generously.

// headWidth is what a header needs, which may break between its words.
func headWidth(head string) float64 {
	longest := 0
	for _, word := range strings.Fields(head) {
		longest = max(longest, len(word))
	}
	const filterButton = 3
	return float64(max(longest, len(head)/2) + filterButton)
}

// minWidth is the least width of a column of a kind. Numbers have room for what may come after the rows that a column is
// fitted to, since one that is too wide is not shown at all.
func (k kind) minWidth() float64 {
	switch k {
	case prose:
		return 44
	case code:
		return 64
	case date, month:
		return 12
	case money, moment:
		return 17
	}
	return 10
}

// maxWidth is the most; a text that is wider wraps.
func (k kind) maxWidth() float64 {
	if k == text {
		return 42
	}
	return 255
}

// fits reports whether a text can be seen whole in a column.
func (c *cell) fits(width float64) bool {
	if len(c.value)*5/4+cellMargin <= int(width) { // whatever its characters are, but for wide ones, which wrap well
		return true
	}
	return c.width() <= width
}

const cellMargin = 3

// width is what a cell needs to be seen whole; one that wraps needs no more than its kind's least.
func (c *cell) width() float64 {
	n := 0
	switch c.kind {
	case prose, code, date, moment, month:
		return 0
	case money:
		whole, _, _ := strings.Cut(c.value, ".")
		n = len(whole) + len(whole)/3 + len("$.00")
	case percent, rate:
		n = len("-100.00%")
	default:
		n = displayWidth(c.value)
	}
	return float64(n + cellMargin)
}

// lines is how many lines a cell that wraps takes in a column, generously.
func (c *cell) lines(width float64) int {
	per := int(width) - 1
	if c.kind == code {
		per = per * 9 / 10
	}
	if len(c.value) <= per {
		return 1 + strings.Count(c.value, "\n")
	}
	n := 0
	for line := range strings.SplitSeq(c.value, "\n") {
		n += max(1, (displayWidth(line)+per-1)/per)
		if n > maxLines {
			return maxLines
		}
	}
	return n
}

const maxLines = 30 // of a row, which can be no higher than 409 points

// rowHeight is the height of a row of so many lines, in points; 0 for the default.
func rowHeight(lines int) float64 {
	if lines <= 1 {
		return 0
	}
	return float64(lines)*13 + 3
}

// displayWidth is how many digits are as wide as the longest line of a string, generously.
func displayWidth(s string) int {
	longest, line := 0, 0 // in quarters of a digit
	for _, r := range s {
		switch {
		case r == '\n':
			line = 0
			continue
		case r >= 'A' && r <= 'Z':
			line += 5
		case r < 0x1100:
			line += 4
		default: // scripts with characters twice as wide
			line += 8
		}
		longest = max(longest, line)
	}
	return (longest + 3) / 4
}

// clip cuts a string to at most so many columns of a monospaced font.
func clip(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	runes := []rune(s)
	for displayWidth(string(runes)) >= width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
