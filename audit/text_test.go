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
