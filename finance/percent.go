package finance

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// A percentage is no money, and decimals are expensive to divide. So it is estimated in floating point, and the estimate is
// published wherever an error of percentError cannot change its six places: those are then the same on every machine. One
// that is so near to the middle between two is worked out in decimals.
const (
	percentError = 2e-9 // estimates are off by less than a tenth of it
	maxPercent   = 1e5  // beyond, they may be off by more
)

// changePercent returns by how many percent the effective monthly price of o is above today's, which is positive.
func changePercent(o *option, today usd) *json.Number {
	was := today.times(o.Months)
	if p, ok := sixPlaces(100*(o.tcv.float()/was.float()) - 100); ok {
		return &p
	}
	return percent(o.tcv.decimal().Shift(2).DivRound(was.decimal(), solvePlaces).Sub(decimal.NewFromInt(100)))
}

// sixPlaces writes an estimate to 6 decimal places; ok is false where it is NaN, or an error of percentError may change
// them.
func sixPlaces(estimate float64) (n json.Number, ok bool) {
	rounded := math.Round(estimate * 1e6)
	if !(math.Abs(estimate) < maxPercent && math.Abs(estimate*1e6-rounded) < 0.5-percentError*1e6) {
		return "", false
	}
	s := strconv.FormatInt(int64(math.Abs(rounded)), 10)
	if len(s) < 7 {
		s = "0000000"[len(s):] + s
	}
	s = strings.TrimSuffix(strings.TrimRight(s[:len(s)-6]+"."+s[len(s)-6:], "0"), ".")
	if rounded < 0 {
		s = "-" + s
	}
	return json.Number(s), true
}

// percent writes a rate of so many percent to 6 decimal places, as a JSON number.
func percent(d decimal.Decimal) *json.Number {
	return new(json.Number(d.Round(6).String()))
}
