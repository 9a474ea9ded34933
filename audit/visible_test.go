package audit

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestVisible(t *testing.T) {
	for name, tt := range map[string]struct{ in, line, lines string }{
		"empty":                {"", "", ""},
		"plain":                {"fra-dc1 ~ 100 %", "fra-dc1 ~ 100 %", "fra-dc1 ~ 100 %"},
		"letters of all kinds": {"Müller & Söhne 火星 😀 é", "Müller & Söhne 火星 😀 é", "Müller & Söhne 火星 😀 é"},
		"U+FFFD itself":        {"a\ufffdb", "a\ufffdb", "a\ufffdb"},
		"line feed":            {"a\nb", "a b", "a\nb"},
		"CR LF":                {"a\r\nb\r\n", "a b ", "a\nb\n"},
		"CR alone":             {"a\rb\r", "a b ", "a\nb\n"},
		"tab":                  {"a\tb", "a b", "a\tb"},
		"line separators":      {"a\u2028b\u2029c", "a b c", "a\nb\nc"},
		"C0":                   {"a\x00b\x1b[31m\ac", "a\ufffdb\ufffd[31m\ufffdc", "a\ufffdb\ufffd[31m\ufffdc"},
		"DEL":                  {"a\x7fb", "a\ufffdb", "a\ufffdb"},
		"C1":                   {"a\u0080\u0085\u009b\u009fb\u00a0", "a\ufffd\ufffd\ufffd\ufffdb\u00a0", "a\ufffd\ufffd\ufffd\ufffdb\u00a0"},
		"soft hyphen":          {"a\u00adb", "a\ufffdb", "a\ufffdb"},
		"bidirectional": {"\u061c\u200e\u200f\u202a\u202eb\u2066\u2069", "\ufffd\ufffd\ufffd\ufffd\ufffdb\ufffd\ufffd",
			"\ufffd\ufffd\ufffd\ufffd\ufffdb\ufffd\ufffd"},
		"no width":       {"a\u200bb\u2060c\ufeff", "a\ufffdb\ufffdc\ufffd", "a\ufffdb\ufffdc\ufffd"},
		"joiners":        {"a\u200cb\u200dc", "a\u200cb\u200dc", "a\u200cb\u200dc"},
		"private use":    {"\ue000\uf8ff\U000f0000\U0010fffd", "\ufffd\ufffd\ufffd\ufffd", "\ufffd\ufffd\ufffd\ufffd"},
		"noncharacters":  {"\ufdd0\ufffe\uffff\U0001ffff", "\ufffd\ufffd\ufffd\ufffd", "\ufffd\ufffd\ufffd\ufffd"},
		"tags":           {"a\U000e0041", "a\ufffd", "a\ufffd"},
		"lone surrogate": {"a\xed\xa0\x80b", "a\ufffd\ufffd\ufffdb", "a\ufffd\ufffd\ufffdb"},
		"cut-off UTF-8":  {"a\xff\xe2\x82", "a\ufffd\ufffd\ufffd", "a\ufffd\ufffd\ufffd"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.line, Visible(tt.in)); diff != "" {
				t.Errorf("Visible (-want +have):\n%s", diff)
			}
			if diff := cmp.Diff(tt.lines, VisibleLines(tt.in)); diff != "" {
				t.Errorf("VisibleLines (-want +have):\n%s", diff)
			}
		})
	}
}

// FuzzVisible: what comes out is UTF-8 that holds still, has no less to see than what went in, and hides nothing.
func FuzzVisible(f *testing.F) {
	f.Add("a\r\n\x00\u202e\xff\u00ad\ue000火")
	f.Fuzz(func(t *testing.T, s string) {
		for name, visible := range map[string]func(string) string{"Visible": Visible, "VisibleLines": VisibleLines} {
			have := visible(s)
			if again := visible(have); again != have || !utf8.ValidString(have) {
				t.Errorf("%s(%q) is %q, and of that %q", name, s, have, again)
			}
			if want, n := utf8.RuneCountInString(s)-strings.Count(s, "\r\n"), utf8.RuneCountInString(have); n != want {
				t.Errorf("%s(%q) has %d characters, want %d", name, s, n, want)
			}
			if i := strings.IndexFunc(have, func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }); i >= 0 {
				t.Errorf("%s(%q) has a control character: %q", name, s, have)
			}
		}
	})
}
