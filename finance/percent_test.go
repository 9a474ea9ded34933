package finance

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
)

func TestSixPlaces(t *testing.T) {
	for _, tc := range []struct {
		in   float64
		want json.Number // empty when it is not certain
	}{
		{0, "0"}, {math.Copysign(0, -1), "0"}, {-4.9e-7, "0"}, {1e-6, "0.000001"}, {-1e-6, "-0.000001"}, {6.87515, "6.87515"},
		{45.5555555555, "45.555556"}, {-12.5, "-12.5"},
		{100, "100"}, {34622.222167, "34622.222167"}, {99999.999999, "99999.999999"},
		{1e5, ""}, {-1e5, ""}, {math.NaN(), ""}, {math.Inf(1), ""},
		{0.0000005, ""}, {1.2345675, ""}, {1.2345675 + 1.9e-9, ""}, {1.2345675 - 1.9e-9, ""}, {1.2345675 + 2.1e-9, "1.234568"},
		{1.2345675 - 2.1e-9, "1.234567"},
		{-1.2345675 - 1.9e-9, ""}, {-1.2345675 - 2.1e-9, "-1.234568"}, {-1.2345675 + 2.1e-9, "-1.234567"},
	} {
		if got, ok := sixPlaces(tc.in); got != tc.want || ok != (tc.want != "") {
			t.Errorf("%v: got %q, %t, want %q", tc.in, got, ok, tc.want)
		}
	}
}

// TestEstimates: over rates and changes of every size, an estimate is off by less than a tenth of percentError, and what
// is published is what decimals give.
func TestEstimates(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	const limit = percentError / 10
	rates := 0
	for range 3000 {
		n := []int{12, 36, 60}[random.IntN(3)]
		monthly := dollars(amount(random, 1e8))
		// All upfront is worth anything from a tenth of a month to twelve times all months.
		all := decimal.NewFromFloat(math.Exp(random.Float64()*math.Log(120*float64(n))) / 10).Mul(monthly.decimal()).Round(2)
		if random.IntN(2) == 0 { // most loans are sane
			all = decimal.NewFromFloat(float64(n) * (0.7 + 0.4*random.Float64())).Mul(monthly.decimal()).Round(2)
		}
		a, o := option{upfront: dollars(all.String())}, option{monthly: monthly}
		a.Months, o.Months = n, n
		o.tcv = monthly.times(n)

		rate, ok := impliedRate(decimal.Zero, monthly.decimal(), all, decimal.Zero, n)
		estimate := estimateRate(a.upfront.float(), monthly.float(), n)
		if !math.IsNaN(estimate) {
			rates++
			if want := rate.Shift(2); !ok || decimal.NewFromFloat(estimate).Sub(want).Abs().GreaterThan(decimal.NewFromFloat(limit)) {
				t.Fatalf("%s for %d × %s: estimate %v, want %s, %t", all, n, monthly, estimate, want, ok)
			}
		}
		got := impliedPercent(&o, &a)
		if (got != nil) != ok || ok && *got != *percent(rate.Shift(2)) {
			t.Fatalf("%s for %d × %s: got %v, want %s, %t", all, n, monthly, got, rate.Shift(2), ok)
		}

		today := usd{whole: random.Int64N(1e6), hi: random.Int64N(limb), lo: random.Int64N(1000) * 1e12}
		change := o.tcv.decimal().Shift(2).DivRound(today.times(n).decimal(), solvePlaces).Sub(decimal.NewFromInt(100))
		if got := changePercent(&o, today); *got != *percent(change) {
			t.Fatalf("%s over %s: got %s, want %s", o.tcv, today, *got, change)
		}
	}
	if rates < 1000 {
		t.Errorf("%d estimates of rates are too few to say anything", rates)
	}
}

// TestChangeNextToATie: halves of the sixth place, and amounts that a float64 cannot hold, are worked out in decimals.
func TestChangeNextToATie(t *testing.T) {
	for _, tc := range []struct{ tcv, today, want string }{
		{"120000000.6", "10000000", "0.000001"}, // 0.0000005
		{"120000000.5999999999", "10000000", "0"},
		{"119999999.4", "10000000", "-0.000001"},
		{"119999999.4000000001", "10000000", "0"},
		{"999999999999.99", "0.000000000000000001", "8333333333333249999999999999900"},
		{"-120", "10", "-200"},
		{"66000.0733333333333332", "5000.005555555555555555", "10"}, // a year at 10 percent more, but for the last digits
		{"0", "0.01", "-100"},
	} {
		o := option{tcv: dollars(tc.tcv)}
		o.Months = 12
		if got := changePercent(&o, dollars(tc.today)); got.String() != tc.want {
			t.Errorf("%s over 12 × %s: got %s, want %s", tc.tcv, tc.today, got, tc.want)
		}
	}
}
