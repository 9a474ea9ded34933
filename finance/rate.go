package finance

import "github.com/shopspring/decimal"

// Decimal places beyond what is shown, so that rounding does not show: of the discount rate's factors, which are
// computed once, and of what is computed for every option.
const (
	factorPlaces = 40
	solvePlaces  = 18
)

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

// impliedRate returns the yearly rate at which paying upfront and monthly over n months is worth the same, at the first
// payment, as paying baseUpfront and baseMonthly. It is false where paying later is no loan (nothing is put off, or nothing
// is paid for it), and where the rate is not between -50 and 1000 percent: then a price is a mistake.
//
// Putting off baseUpfront-upfront costs monthly-baseMonthly at the start of each month, so the rate is that at which an
// annuity of 1 is worth their quotient q. The sum 1+v+…+v^(n-1) is increasing and convex in v, so Newton's method finds
// its one v. A step turns an error of e into one of about n·e²/3, so a step below 1e-9 leaves one of less than 1e-16.
func impliedRate(upfront, monthly, baseUpfront, baseMonthly decimal.Decimal, n int) (decimal.Decimal, bool) {
	one := decimal.NewFromInt(1)
	off, price := baseUpfront.Sub(upfront), monthly.Sub(baseMonthly)
	if n < 2 || !off.IsPositive() || !price.IsPositive() {
		return decimal.Zero, false
	}
	q := off.DivRound(price, solvePlaces)
	months := decimal.NewFromInt(int64(n))
	if q.LessThanOrEqual(one) || q.GreaterThan(months.Mul(decimal.NewFromInt(10))) {
		return decimal.Zero, false
	}
	// At v = 1, the sum is n and its slope n(n-1)/2: the first step.
	v := one.Sub(months.Sub(q).DivRound(months.Mul(months.Sub(one)), solvePlaces).Mul(decimal.NewFromInt(2)))
	for range 100 {
		sum, slope := annuitySlope(v, n)
		step := sum.Sub(q).DivRound(slope, solvePlaces)
		v = v.Sub(step)
		if step.Abs().LessThan(decimal.New(1, -9)) {
			year := power(v, 12, solvePlaces)
			if year.Mul(decimal.NewFromInt(11)).LessThan(one) || year.GreaterThan(decimal.NewFromInt(2)) {
				return decimal.Zero, false
			}
			return one.DivRound(year, solvePlaces).Sub(one), true
		}
	}
	return decimal.Zero, false
}

// annuitySlope returns the sum 1+v+…+v^(n-1) and its slope in v.
func annuitySlope(v decimal.Decimal, n int) (sum, slope decimal.Decimal) {
	one, months := decimal.NewFromInt(1), decimal.NewFromInt(int64(n))
	d := one.Sub(v)
	if d.Abs().LessThan(decimal.New(1, -6)) { // the closed form would divide by next to nothing
		for range n {
			slope = slope.Mul(v).Add(sum).Round(solvePlaces)
			sum = sum.Mul(v).Add(one).Round(solvePlaces)
		}
		return sum, slope
	}
	p := power(v, n-1, solvePlaces)
	sum = one.Sub(p.Mul(v)).DivRound(d, solvePlaces)
	return sum, sum.Sub(months.Mul(p)).DivRound(d, solvePlaces)
}
