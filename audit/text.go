package audit

import (
	"cmp"
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

// TermWords is a payment term in words: 3 years. One that is newer than this program stays as AWS sends it.
func TermWords(term string) string {
	return cmp.Or(map[string]string{"ONE_YEAR": "1 year", "THREE_YEARS": "3 years", "FIVE_YEARS": "5 years"}[term], term)
}

// OptionWords is a payment option in words, as TermWords: no upfront.
func OptionWords(option string) string {
	return cmp.Or(map[string]string{"ALL_UPFRONT": "all upfront", "PARTIAL_UPFRONT": "partial upfront", "NO_UPFRONT": "no upfront"}[option],
		option)
}

// PricedWords names an option of a renewal or a quote: 3 years, no upfront.
func PricedWords(term, option string) string { return TermWords(term) + ", " + OptionWords(option) }

// InDays says when a deadline is that is so many days away.
func InDays(n int) string {
	switch {
	case n == 0:
		return "today"
	case n < 0:
		return "overdue by " + Counted(-n, "day")
	}
	return "in " + Counted(n, "day")
}
