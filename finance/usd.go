package finance

import (
	"cmp"
	"math/big"
	"strconv"

	"github.com/shopspring/decimal"
)

// usd is an exact amount of US dollars: whole + hi·10⁻¹⁵ + lo·10⁻³⁰ with 0 ≤ hi, lo < 10¹⁵, so that -0.25 is -1 and 0.75.
// Every price that readPrice takes is one, and so is any sum of them below 9·10¹⁸. An estate computes with millions of
// amounts, and this one needs no memory but its own. The zero value is 0, and equal amounts are ==.
type usd struct{ whole, hi, lo int64 }

const (
	limb       = 1e15 // what hi and lo count to
	limbDigits = 15
)

func (a usd) add(b usd) usd {
	s := usd{a.whole + b.whole, a.hi + b.hi, a.lo + b.lo}
	if s.lo >= limb {
		s.lo, s.hi = s.lo-limb, s.hi+1
	}
	if s.hi >= limb {
		s.hi, s.whole = s.hi-limb, s.whole+1
	}
	return s
}

func (a usd) sub(b usd) usd {
	s := usd{a.whole - b.whole, a.hi - b.hi, a.lo - b.lo}
	if s.lo < 0 {
		s.lo, s.hi = s.lo+limb, s.hi-1
	}
	if s.hi < 0 {
		s.hi, s.whole = s.hi+limb, s.whole-1
	}
	return s
}

func (a usd) neg() usd { return usd{}.sub(a) }

// times returns a·n, for an n from 0 to 9,000, which is more months than there are here.
func (a usd) times(n int) usd {
	lo := a.lo * int64(n)
	hi := a.hi*int64(n) + lo/limb
	return usd{a.whole*int64(n) + hi/limb, hi % limb, lo % limb}
}

// over returns a/n to 30 decimal places, cut off, for an n from 1 to 9,000. Rounded, it is the quotient rounded.
func (a usd) over(n int) usd {
	if a.whole < 0 {
		return a.neg().over(n).neg()
	}
	by := int64(n)
	hi := a.whole%by*limb + a.hi
	lo := hi%by*limb + a.lo
	return usd{a.whole / by, hi / by, lo / by}
}

// round returns a rounded half away from zero to so many decimal places, 14 at the most: the next place says which way.
func (a usd) round(places int) usd {
	if a.whole < 0 {
		return a.neg().round(places).neg()
	}
	unit := tenTo(limbDigits - places)
	rest := a.hi % unit
	a.hi, a.lo = a.hi-rest, 0
	if rest >= unit/2 {
		a = a.add(usd{hi: unit})
	}
	return a
}

// tenTo returns 10ⁿ.
func tenTo(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// cents returns a in whole cents, rounded half away from zero.
func (a usd) cents() int64 {
	a = a.round(2)
	return a.whole*100 + a.hi/1e13
}

// wholeCents returns a in cents; ok is false where that is no whole number, or negative.
func (a usd) wholeCents() (n uint64, ok bool) {
	return uint64(a.whole*100 + a.hi/1e13), a.whole >= 0 && a.hi%1e13 == 0 && a.lo == 0
}

func fromCents(n uint64) usd { return usd{whole: int64(n / 100), hi: int64(n%100) * 1e13} }

func (a usd) cmp(b usd) int {
	return cmp.Or(cmp.Compare(a.whole, b.whole), cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo))
}

// sign returns -1, 0 or 1.
func (a usd) sign() int { return a.cmp(usd{}) }

// float returns a with a relative error of less than 10⁻¹⁵, for what is no money.
func (a usd) float() float64 {
	if a.whole < 0 {
		return -a.neg().float()
	}
	return float64(a.whole) + (float64(a.hi)+float64(a.lo)/limb)/limb
}

// units returns a in 10⁻³⁰ dollars.
func (a usd) units() *big.Int {
	n, l := big.NewInt(a.whole), big.NewInt(limb)
	n.Add(n.Mul(n, l), big.NewInt(a.hi))
	return n.Add(n.Mul(n, l), big.NewInt(a.lo))
}

func (a usd) decimal() decimal.Decimal { return decimal.NewFromBigInt(a.units(), -2*limbDigits) }

// fraction is num/den of 10⁻³⁰ dollars: an exact sum of quotients. den is positive.
type fraction struct{ num, den *big.Int }

// add adds a/n to f.
func (f fraction) add(a usd, n int) {
	by := big.NewInt(int64(n))
	part := a.units()
	f.num.Add(f.num.Mul(f.num, by), part.Mul(part, f.den))
	f.den.Mul(f.den, by)
}

// round returns f rounded half away from zero to so many decimal places, 18 at the most.
func (f fraction) round(places int) usd {
	if f.num.Sign() < 0 {
		return fraction{new(big.Int).Neg(f.num), f.den}.round(places).neg()
	}
	scale, dollar := big.NewInt(tenTo(places)), usd{whole: 1}.units()
	q := new(big.Int).Mul(f.num, scale)
	q, rest := q.QuoRem(q, dollar.Mul(dollar, f.den), new(big.Int))
	if rest.Lsh(rest, 1).Cmp(dollar) >= 0 {
		q.Add(q, big.NewInt(1))
	}
	q, rest = q.QuoRem(q, scale, rest)
	a := usd{whole: q.Int64()}
	if by := places - limbDigits; by > 0 {
		a.hi, a.lo = rest.Int64()/tenTo(by), rest.Int64()%tenTo(by)*tenTo(limbDigits-by)
	} else {
		a.hi = rest.Int64() * tenTo(-by)
	}
	return a
}

// String writes a exactly, with two decimal places or as many as it needs.
func (a usd) String() string {
	var buf [64]byte
	b := buf[:0]
	if a.whole < 0 {
		a, b = a.neg(), append(b, '-')
	}
	b = append(strconv.AppendInt(b, a.whole, 10), '.')
	point := len(b)
	b = appendLimb(b, a.hi)
	if a.lo != 0 {
		b = appendLimb(b, a.lo)
	}
	for len(b) > point+2 && b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	return string(b)
}

func appendLimb(b []byte, n int64) []byte {
	b = append(b, "000000000000000"...)
	for i := len(b) - 1; n > 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}
