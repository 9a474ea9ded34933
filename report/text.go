package report

import (
	"io"
	"strconv"
	"strings"

	"tenor/audit"
)

// Text writes text of several lines, such as the source of a policy, to a terminal.
func Text(w io.Writer, s string) error { return printed(w, audit.VisibleLines(s)) }

// money shows an amount with its thousands set apart: $1,234,567.89, and "" for nil.
func money(m *audit.Money) string { return m.Text() }

// recommendedText says which option is recommended for a contract, without its action where that is to renew.
func recommendedText(d *audit.Deadline) string {
	switch {
	case d.Recommended == nil && d.Amount != nil: // of a report that did not say which
		return "option not on record"
	case d.Recommended == nil:
		return "no price known"
	}
	return strings.TrimPrefix(d.Recommended.Words(), "renew, ")
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
func number(n int) string { return audit.Thousands(strconv.Itoa(n)) }

// label names a resource for a reader: its name with its id behind it, or the id alone.
func label(r audit.ResourceRef) string {
	name, id := audit.Visible(r.Label()), audit.Visible(r.ID)
	if name == id {
		return id
	}
	return name + " (" + id + ")"
}
