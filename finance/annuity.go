package finance

import (
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"
)

// factorPlaces is how many decimal places the discount rate's factors have, which are computed once: so many that rounding
// does not show.
const factorPlaces = 40

// discountFactor returns v = (1+yearly)^(-1/12), what 1 a month from now is worth today, to factorPlaces.
func discountFactor(yearly decimal.Decimal) decimal.Decimal {
	one, eleven, twelve := decimal.NewFromInt(1), decimal.NewFromInt(11), decimal.NewFromInt(12)
	c := one.DivRound(one.Add(yearly), factorPlaces+5)
	x := one
	for range 100 { // Newton's method for the twelfth root of c: from above it falls to the root and stays
		next := eleven.Mul(x).Add(c.DivRound(power(x, 11, factorPlaces+5), factorPlaces+5)).DivRound(twelve, factorPlaces+5)
		if next.Sub(x).Abs().LessThan(decimal.New(1, -factorPlaces-2)) {
			return next.Round(factorPlaces)
		}
		x = next
	}
	return x.Round(factorPlaces)
}

// annuity is what 1 at the start of each of some months is worth.
type annuity struct {
	worth *big.Int // in units of 10^-factorPlaces
	one   *big.Int // 1 in the same
	short uint64   // cut off after 17 places
	float float64
}

func newAnnuity(v decimal.Decimal, months int) annuity {
	worth := annuityDue(v, months)
	return annuity{worth.Shift(factorPlaces).BigInt(), decimal.New(1, factorPlaces).BigInt(), worth.Shift(17).BigInt().Uint64(),
		worth.InexactFloat64()}
}

// npv returns what upfront and monthly are worth at the first payment, to whole cents.
func (a annuity) npv(upfront, monthly usd) usd {
	u, uok := upfront.wholeCents()
	m, mok := monthly.wholeCents()
	if uok && mok {
		// What short lacks makes the product less than m of its units too small, which mostly makes no difference.
		const cent, half = 1e17, 5e16
		hi, lo := bits.Mul64(m, a.short)
		n, rest := bits.Div64(hi, lo, cent)
		if rest+m < half || rest >= half { // m is below half
			return fromCents(u + n + rest/half)
		}
	}
	return fraction{a.sum(upfront, monthly), a.one}.round(2)
}

// level returns the price at the start of each month that is worth as much as upfront and monthly, to 10 decimal places.
func (a annuity) level(upfront, monthly usd) usd {
	return fraction{a.sum(upfront, monthly), a.worth}.round(10)
}

// sum returns what both are worth at the first payment, exactly: in 10^-factorPlaces of 10⁻³⁰ dollars.
func (a annuity) sum(upfront, monthly usd) *big.Int {
	u, m := upfront.units(), monthly.units()
	return u.Add(u.Mul(u, a.one), m.Mul(m, a.worth))
}

// annuityDue returns 1 + v + … + v^(n-1): what a price of 1 at the start of each of n months is worth at the first.
func annuityDue(v decimal.Decimal, n int) decimal.Decimal {
	one := decimal.NewFromInt(1)
	s := decimal.Zero
	for range n {
		s = s.Mul(v).Add(one).Round(factorPlaces)
	}
	return s
}

// power returns x^n, rounding each product.
func power(x decimal.Decimal, n int, places int32) decimal.Decimal {
	r := decimal.NewFromInt(1)
	for {
		if n&1 == 1 {
			r = r.Mul(x).Round(places)
		}
		if n >>= 1; n == 0 {
			return r
		}
		x = x.Mul(x).Round(places)
	}
}
