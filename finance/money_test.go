package finance

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

func dollars(s string) usd {
	a, err := readAmount(s)
	if err != nil {
		panic(err)
	}
	return a
}

func TestMoney(t *testing.T) {
	for _, tc := range []struct {
		in, money string
		cents     int64
		prose     string
	}{
		{"0", "0.00", 0, "$0.00"},
		{"1", "1.00", 100, "$1.00"},
		{"1.5", "1.50", 150, "$1.50"},
		{"1e3", "1000.00", 100000, "$1,000.00"},
		{"131072.01", "131072.01", 13107201, "$131,072.01"},
		{"99999999.99", "99999999.99", 9999999999, "$99,999,999.99"},
		{"0.005", "0.005", 1, "$0.01"},
		{"-0.005", "-0.005", -1, "-$0.01"},
		{"0.00499999999999999999", "0.00499999999999999999", 0, "$0.00"},
		{"2.675", "2.675", 268, "$2.68"}, // 2.67 in a float64
		{"-1234567.894", "-1234567.894", -123456789, "-$1,234,567.89"},
		{"999999999999.99", "999999999999.99", 99999999999999, "$999,999,999,999.99"},
	} {
		a, d := dollars(tc.in), dec(tc.in)
		if a.String() != tc.money || money(d) != tc.money || a.cents() != tc.cents || a.prose() != tc.prose {
			t.Errorf("%s: got %s and %s, %d, %s; want %s, %d, %s", tc.in, a, money(d), a.cents(), a.prose(), tc.money, tc.cents, tc.prose)
		}
	}
}

func TestQuotient(t *testing.T) {
	for _, tc := range []struct {
		d     string
		n     int
		want  string
		cents int64
	}{
		{"300000", 36, "8333.3333333333", 833333},
		{"131072.01", 12, "10922.6675", 1092267},
		{"0.06", 12, "0.005", 1}, // exactly half a cent
		{"-0.06", 12, "-0.005", -1},
		{"0.0599999999999", 12, "0.005", 0}, // rounded to 10 places it would be half a cent
		{"120000", 12, "10000.00", 1000000},
	} {
		if s, c := quotient(dollars(tc.d), tc.n); string(s) != tc.want || *c != tc.cents {
			t.Errorf("%s/%d: got %s and %d cents, want %s and %d", tc.d, tc.n, s, c, tc.want, tc.cents)
		}
	}
}

func TestReadPrice(t *testing.T) {
	for _, in := range []string{"0", "0.0", "131072.01", "99999999.99", "1.2E+5", "-5", "0.000000000000000000000000000001", "1e-30",
		"999999999999.99"} {
		a, err := readPrice(json.Number(in))
		if want, _ := decimal.NewFromString(in); err != nil || !a.decimal().Equal(want) {
			t.Errorf("%s: got %s, %v", in, a, err)
		}
	}
	for in, want := range map[string]string{
		"1e12":                         "a price of 1e12 is out of range",
		"-1000000000000":               "a price of -1000000000000 is out of range",
		"1e9999":                       "a price of 1e9999 is out of range",
		"1e-31":                        "a price of 1e-31 is out of range",
		"0." + strings.Repeat("1", 99): "a price of 0." + strings.Repeat("1", 38) + " is out of range",
	} {
		if a, err := readPrice(json.Number(in)); err == nil || err.Error() != want {
			t.Errorf("%s: got %s, error %v; want %s", in, a, err, want)
		}
	}
}

// money writes an amount exactly, with two decimal places or as many as it needs.
func money(d decimal.Decimal) string {
	if s := d.String(); len(s)-strings.LastIndexByte(s, '.')-1 > 2 && strings.Contains(s, ".") {
		return s
	}
	return d.StringFixed(2)
}
