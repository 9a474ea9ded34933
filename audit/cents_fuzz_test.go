package audit

import (
	"regexp"
	"testing"

	"github.com/shopspring/decimal"
)

// FuzzParseCents takes what is written as an amount, in the cents that it says, and nothing else.
func FuzzParseCents(f *testing.F) {
	for _, s := range []string{"0", "1.5", "-0.05", "12345.67", "", ".", "-", "+1", "1.", ".5", "1.005", "1e2", "0x1", "1_0", "1.-5", "999999999999999999",
		"9999999999999999.99", "10000000000000000.00", "-9223372036854775808", "١"} {
		f.Add(s)
	}
	amount := regexp.MustCompile(`^-?[0-9]+(\.[0-9]{1,2})?$`)
	f.Fuzz(func(t *testing.T, s string) {
		cents, err := ParseCents(s)
		if err != nil {
			return
		}
		if !amount.MatchString(s) {
			t.Fatalf("%q is taken for %d cents", s, cents)
		}
		if want := decimal.RequireFromString(s).Shift(2); !want.Equal(decimal.NewFromInt(cents)) {
			t.Errorf("%q: %d cents, want %s", s, cents, want)
		}
		if again, err := ParseCents(CentsToMoney(cents).Value); err != nil || again != cents {
			t.Errorf("%d cents are written as %q: %d, %v", cents, CentsToMoney(cents).Value, again, err)
		}
	})
}
