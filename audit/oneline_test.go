package audit_test

import (
	"testing"

	"tenor/audit"
	"tenor/internal/foreign"
)

// TestOneLine: of what others wrote nothing is dropped but line breaks, tabs and spaces.
func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"a\n  b\r\nc\td\u2028e ": "a b c d e",
		"a\v\fb\u0085c\u00a0d":   "a\v\fb\u0085c\u00a0d",
		"":                       "",
	} {
		if have := audit.OneLine(in); have != want {
			t.Errorf("%q: %q, want %q", in, have, want)
		}
	}
	for _, s := range foreign.Strings() {
		if have := audit.Visible(audit.OneLine(s.In)); have != s.Want {
			t.Errorf("%s: %q, want %q", s.Name, have, s.Want)
		}
	}
}

// TestJoined: each line of a message is apart from the next, and what a colon announces follows it.
func TestJoined(t *testing.T) {
	for in, want := range map[string]string{
		"a: no\nb: no\n":             "a: no; b: no",
		"one error occurred:\r\n  a": "one error occurred: a",
		" a ":                        "a",
		"a\n\nb;\nc:\n\n\td\n":       "a; b; c: d",
		"":                           "",
	} {
		if have := audit.Joined(in); have != want {
			t.Errorf("%q: %q, want %q", in, have, want)
		}
	}
}
