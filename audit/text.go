package audit

import (
	"strconv"
	"strings"
)

// Counted is a number and its noun, which takes an s for any number but one: 1,234 findings.
func Counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Thousands(strconv.Itoa(n)) + " " + noun
}

// Thousands sets the thousands of a whole number of 0 or more apart: 1234567 is 1,234,567.
func Thousands(digits string) string {
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Title writes a word or several, which are not empty, with a capital.
func Title(words string) string { return strings.ToUpper(words[:1]) + words[1:] }
