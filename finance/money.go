package finance

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/internal/rawjson"
)

// currency is the only one AWS Outposts bills in; older answers do not name it.
const currency = "USD"

// maxPrice is what no price comes to: one that does is damage.
const maxPrice = 1e12

// readPrice returns the price in n, exactly, and 0 when it is empty.
func readPrice(n json.Number) (usd, error) {
	if n == "" {
		return usd{}, nil
	}
	a, err := readAmount(string(n))
	if err == nil && a.whole < maxPrice && a.neg().whole < maxPrice {
		return a, nil
	}
	if err == nil || errors.Is(err, errRange) {
		err = fmt.Errorf("a price of %.40s is out of range", n)
	}
	return usd{}, err
}

// sentPrice is a price in a section. One that cannot be read is an error of its own, which costs nothing but what rests on it.
type sentPrice struct {
	usd
	sent bool  // it is there; else it is 0
	err  error // why it is no price; nil: it is one
}

func (p *sentPrice) UnmarshalJSON(b []byte) error {
	digits := b
	if s, ok := rawjson.Text(b); ok {
		digits = s
	}
	switch {
	case string(b) == "null":
		*p = sentPrice{}
	case len(digits) == 0 || strings.IndexByte("-0123456789", digits[0]) < 0:
		*p = sentPrice{sent: true, err: fmt.Errorf("want a number, and %.40s came", b)}
	default:
		a, err := readPrice(json.Number(digits))
		*p = sentPrice{a, true, err}
	}
	return nil
}

var errRange = errors.New("it is out of range")

// readAmount returns the amount in s, which may have an exponent.
func readAmount(s string) (usd, error) {
	if a, ok := parseAmount(s); ok {
		return a, nil
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return usd{}, err
	}
	if e := d.Exponent(); e <= wholeDigits && e >= -2*limbDigits { // beyond, it would take a lot of time and memory to write
		if a, ok := parseAmount(d.String()); ok {
			return a, nil
		}
	}
	return usd{}, errRange
}

const wholeDigits = 18 // before the point, which fit whole

// parseAmount reads an amount without an exponent. It is false for anything else.
func parseAmount(s string) (usd, bool) {
	s, negative := strings.CutPrefix(s, "-")
	whole, fraction, _ := strings.Cut(s, ".")
	hi, lo := fraction, ""
	if len(fraction) > limbDigits {
		hi, lo = fraction[:limbDigits], fraction[limbDigits:]
	}
	var a usd
	var ok [3]bool
	a.whole, ok[0] = digits(whole, wholeDigits)
	a.hi, ok[1] = parseLimb(hi)
	a.lo, ok[2] = parseLimb(lo)
	if negative {
		a = a.neg()
	}
	return a, ok == [3]bool{true, true, true}
}

// parseLimb reads up to 15 decimal places.
func parseLimb(s string) (int64, bool) {
	if s == "" {
		return 0, true
	}
	n, ok := digits(s, limbDigits)
	for range limbDigits - len(s) {
		n *= 10
	}
	return n, ok
}

// optional returns both forms of an amount that may be unknown elsewhere.
func optional(a usd) (audit.Optional, *int64) {
	return audit.Optional(a.String()), new(a.cents())
}

// quotient returns a/n to 10 decimal places and in whole cents, each rounded half away from zero from the exact value.
func quotient(a usd, n int) (audit.Optional, *int64) {
	q := a.over(n)
	return audit.Optional(q.round(10).String()), new(q.cents())
}
