package audit

import "testing"

func TestCounted(t *testing.T) {
	for _, c := range []struct {
		n    int
		want string
	}{
		{0, "0 gaps"}, {1, "1 gap"}, {2, "2 gaps"}, {999, "999 gaps"}, {1000, "1,000 gaps"}, {1234567, "1,234,567 gaps"},
	} {
		if have := Counted(c.n, "gap"); have != c.want {
			t.Errorf("%d: %s, want %s", c.n, have, c.want)
		}
	}
}

func TestPricedWords(t *testing.T) {
	for _, c := range []struct{ term, option, want string }{
		{"ONE_YEAR", "NO_UPFRONT", "1 year, no upfront"}, {"THREE_YEARS", "PARTIAL_UPFRONT", "3 years, partial upfront"},
		{"FIVE_YEARS", "ALL_UPFRONT", "5 years, all upfront"}, {"TEN_YEARS", "HALF_UPFRONT", "TEN_YEARS, HALF_UPFRONT"},
	} {
		if have := PricedWords(c.term, c.option); have != c.want {
			t.Errorf("%s %s: %q, want %q", c.term, c.option, have, c.want)
		}
	}
}
