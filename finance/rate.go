package finance

import (
	"encoding/json"
	"math"

	"github.com/shopspring/decimal"
)

// solvePlaces is how many decimal places there are in what is solved or divided for every option: more than are shown.
const solvePlaces = 18

// impliedPercent returns the implied rate of paying o instead of all, in percent; nil when there is none, as impliedRate
// says.
func impliedPercent(o, all *option) *json.Number {
	if p, ok := sixPlaces(estimateRate(all.upfront.sub(o.upfront).float(), o.monthly.sub(all.monthly).float(), o.Months)); ok {
		return &p
	}
	rate, ok := impliedRate(o.upfront.decimal(), o.monthly.decimal(), all.upfront.decimal(), all.monthly.decimal(), o.Months)
	if !ok {
		return nil
	}
	return percent(rate.Shift(2))
}

// estimateRate returns in percent what impliedRate does where putting off so much costs price more in each of n months,
// and NaN where that may be nothing. Its sums have no term below 0, so that rounding takes some n of their last digits at
// the most, and the rate is off by less than 1e-10.
func estimateRate(off, price float64, n int) float64 {
	q := off / price
	if !(off > 0 && price > 0 && q > 1 && q <= 10*float64(n)) {
		return math.NaN()
	}
	v := 1 - 2*(float64(n)-q)/float64(n*(n-1))
	for range 100 {
		sum, slope := 1.0, 0.0
		for range n - 1 {
			slope = slope*v + sum
			sum = sum*v + 1
		}
		step := (sum - q) / slope
		v -= step
		if math.Abs(step) < 1e-9 {
			v3 := v * v * v
			p := 100/(v3*v3*v3*v3) - 100
			if p < -49.999 || p > 999.999 { // near the limits of what is a rate, or beyond
				return math.NaN()
			}
			return p
		}
	}
	return math.NaN()
}

// maxRate, 1000 percent a year, stands for every rate above it too: whatever the digits, it is more expensive than anything.
var maxRate = decimal.NewFromInt(10)

// impliedRate returns the yearly rate at which paying upfront and monthly over n months is worth the same, at the first
// payment, as paying baseUpfront and baseMonthly. It is false where paying later is no loan (nothing is put off, or nothing
// is paid for it), and where the rate is below -50 percent: then a price is a mistake. A rate is at most maxRate, and it is that
// where no rate makes up for what is paid.
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
	if q.LessThanOrEqual(one) {
		return maxRate, true
	}
	if q.GreaterThan(months.Mul(decimal.NewFromInt(10))) {
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
			if year.Mul(maxRate.Add(one)).LessThan(one) {
				return maxRate, true
			}
			if year.GreaterThan(decimal.NewFromInt(2)) {
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
