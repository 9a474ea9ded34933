package finance

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// currency is the only one AWS Outposts bills in; older answers do not name it.
const currency = "USD"

// A price beyond these bounds is damage, and would cost time and memory to compute with.
const (
	maxPriceExponent = 12
	minPriceExponent = -30
	maxPriceDigits   = 42
)

// readPrice returns the price in n, exactly.
func readPrice(n json.Number, path string) (decimal.Decimal, error) {
	d, err := decimal.NewFromString(string(n))
	if err != nil {
		return d, fmt.Errorf("read %s: %w", path, err)
	}
	if e := d.Exponent(); e > maxPriceExponent || e < minPriceExponent || d.NumDigits() > maxPriceDigits ||
		d.Abs().GreaterThanOrEqual(decimal.New(1, maxPriceExponent)) {
		return d, fmt.Errorf("read %s: a price of %.40s is out of range", path, n)
	}
	return d, nil
}

// money writes an amount exactly, with two decimal places or as many as it needs.
func money(d decimal.Decimal) string {
	if s := d.String(); len(s)-strings.LastIndexByte(s, '.')-1 > 2 && strings.Contains(s, ".") {
		return s
	}
	return d.StringFixed(2)
}

// cents returns an amount in whole cents, rounded half away from zero.
func cents(d decimal.Decimal) int64 { return d.Shift(2).Round(0).IntPart() }

// optional returns both forms of an amount that may be unknown elsewhere.
func optional(d decimal.Decimal) (audit.Optional, *int64) {
	c := cents(d)
	return audit.Optional(money(d)), &c
}

// quotient returns d/n to 10 decimal places and in whole cents, each rounded half away from zero from the exact value.
func quotient(d decimal.Decimal, n int) (string, int64) {
	by := decimal.NewFromInt(int64(n))
	return money(d.DivRound(by, 10)), cents(d.DivRound(by, 2))
}

// ratDecimal rounds r half away from zero.
func ratDecimal(r *big.Rat, places int) decimal.Decimal {
	return decimal.RequireFromString(r.FloatString(places)) // always a decimal number
}

// percent writes a rate of so many percent to 6 decimal places, as a JSON number.
func percent(d decimal.Decimal) *json.Number {
	n := json.Number(d.Round(6).String())
	return &n
}
