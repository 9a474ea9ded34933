package finance

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// ratDecimal rounds r half away from zero.
func ratDecimal(r *big.Rat, places int) decimal.Decimal { return dec(r.FloatString(places)) }

func rat(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic("no number: " + s)
	}
	return r
}

// closeTo reports whether two numbers differ by no more than 10^-places.
func closeTo(a, b *big.Rat, places int64) bool {
	limit := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(places), nil))
	return new(big.Rat).Abs(new(big.Rat).Sub(a, b)).Cmp(limit) <= 0
}

func ratPower(x *big.Rat, n int) *big.Rat {
	r := big.NewRat(1, 1)
	for range n {
		r.Mul(r, x)
	}
	return r
}

// TestDiscountFactor: the factor of a month, twelve times over, is that of a year.
func TestDiscountFactor(t *testing.T) {
	for _, yearly := range []string{"0", "0.0001", "0.05", "0.08", "0.1234567", "0.5", "1"} {
		year := ratPower(discountFactor(dec(yearly)).Rat(), 12)
		year.Mul(year, new(big.Rat).Add(big.NewRat(1, 1), rat(yearly)))
		if !closeTo(year, big.NewRat(1, 1), 38) {
			t.Errorf("at %s: (1+r)·v^12 = %s", yearly, year.FloatString(42))
		}
	}
}

// TestAnnuityDue compares the sum with its closed form (1-v^n)/(1-v), in exact fractions.
func TestAnnuityDue(t *testing.T) {
	for _, yearly := range []string{"0.0001", "0.08", "1"} {
		for _, n := range []int{12, 36, 60} {
			v := discountFactor(dec(yearly))
			one := big.NewRat(1, 1)
			want := new(big.Rat).Sub(one, ratPower(v.Rat(), n))
			want.Quo(want, new(big.Rat).Sub(one, v.Rat()))
			if got := annuityDue(v, n); !closeTo(got.Rat(), want, 37) {
				t.Errorf("%d months at %s: got %s, want %s", n, yearly, got, want.FloatString(42))
			}
		}
	}
	if got := annuityDue(discountFactor(decimal.Zero), 36); !got.Equal(dec("36")) {
		t.Errorf("at rate 0: got %s, want 36", got)
	}
}

// TestImpliedRateOfAKnownLoan makes the prices of a known rate: v is a fraction, so that everything is exact, and the
// rate is v^-12-1.
func TestImpliedRateOfAKnownLoan(t *testing.T) {
	for _, v := range []string{"0.993", "0.9926", "0.999", "0.999999", "0.99999999", "0.999999999999", "1", "1.0000001", "1.001", "0.95",
		"0.85", "1.05"} {
		for _, n := range []int{12, 36, 60} {
			monthly := dec("9512.34")
			worth := new(big.Rat)
			for k := range n {
				worth.Add(worth, ratPower(rat(v), k))
			}
			worth.Mul(worth, monthly.Rat())
			want := new(big.Rat).Inv(ratPower(rat(v), 12))
			want.Sub(want, big.NewRat(1, 1))
			got, ok := impliedRate(decimal.Zero, monthly, ratDecimal(worth, 30), decimal.Zero, n)
			if !ok || !closeTo(got.Rat(), want, 11) {
				t.Errorf("v = %s, %d months: got %s, %t, want %s", v, n, got, ok, want.FloatString(14))
			}
		}
	}
}

// TestImpliedRateMakesNPVsEqual: at the implied rate, either way of paying is worth the same, to a cent in ten million.
func TestImpliedRateMakesNPVsEqual(t *testing.T) {
	for _, tc := range []struct {
		upfront, monthly, allUpfront, allMonthly string
		months                                   int
	}{
		{"0", "9512.34", "300000.00", "0", 36},
		{"156000.00", "4400.0", "300000.00", "0", 36},
		{"0", "11500.34", "131072.01", "0", 12},
		{"0", "2700.34", "131072.01", "0", 60},
		{"0", "9722.22", "350000.00", "0", 36},       // next to no interest
		{"0", "8000.00", "300000.00", "0", 36},       // cheaper than all upfront
		{"0", "3333333.33", "99999999.99", "0", 36},  // what float32 cannot hold
		{"0.01", "9512.34", "300000.00", "12.5", 36}, // nothing is 0
		{"0", "40000", "300000.00", "0", 36},         // usury
	} {
		t.Run(fmt.Sprintf("%s+%s over %d for %s", tc.upfront, tc.monthly, tc.months, tc.allUpfront), func(t *testing.T) {
			rate, ok := impliedRate(dec(tc.upfront), dec(tc.monthly), dec(tc.allUpfront), dec(tc.allMonthly), tc.months)
			if !ok {
				t.Fatal("no rate")
			}
			annuity := annuityDue(discountFactor(rate), tc.months)
			got, want := dec(tc.upfront).Add(dec(tc.monthly).Mul(annuity)), dec(tc.allUpfront).Add(dec(tc.allMonthly).Mul(annuity))
			if off := got.Sub(want).Abs(); off.GreaterThan(want.Shift(-9)) {
				t.Errorf("at %s: %s and %s differ by %s", rate, got, want, off)
			}
		})
	}
}

func TestNoImpliedRate(t *testing.T) {
	for _, tc := range []struct {
		name                                     string
		upfront, monthly, allUpfront, allMonthly string
		months                                   int
	}{
		{"nothing is put off", "300000", "100", "300000", "0", 36},
		{"more upfront than all", "300001", "100", "300000", "0", 36},
		{"nothing is paid for it", "0", "0", "300000", "0", 36},
		{"a lower monthly price too", "0", "90", "300000", "100", 36},
		{"below -50 percent", "0", "1000", "300000", "0", 36},
		{"far below", "0", "0.01", "300000", "0", 36},
		{"one month", "0", "100", "99", "0", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if rate, ok := impliedRate(dec(tc.upfront), dec(tc.monthly), dec(tc.allUpfront), dec(tc.allMonthly), tc.months); ok {
				t.Errorf("got %s, want none", rate)
			}
		})
	}
}

// TestDearCreditHasARate: what is dearer than 1000 percent a year is not silent.
func TestDearCreditHasARate(t *testing.T) {
	for _, tc := range []struct {
		name                         string
		upfront, monthly, allUpfront string
		months                       int
	}{
		{"the first month costs as much as all", "0", "300000", "300000", 36},
		{"the first month costs more than all", "0", "300001", "300000", 12},
		{"above 1000 percent", "0", "60000", "300000", 36},
		{"so far above that nothing is left of a year", "4426300.43", "572556.02", "5011217.14", 12},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o, all := option{upfront: dollars(tc.upfront), monthly: dollars(tc.monthly)}, option{upfront: dollars(tc.allUpfront)}
			o.Months, all.Months = tc.months, tc.months
			if p := impliedPercent(&o, &all); p == nil || *p != "1000" {
				t.Errorf("got %v, want 1000", p)
			}
		})
	}
}

func BenchmarkImpliedRate(b *testing.B) {
	all, monthly := dec("300000.00"), dec("9512.34")
	for b.Loop() {
		if _, ok := impliedRate(decimal.Zero, monthly, all, decimal.Zero, 36); !ok {
			b.Fatal("no rate")
		}
	}
}
