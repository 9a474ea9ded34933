package finance

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

// amounts are those in which a limb is empty, full or next to it, of either sign, and some at random from a fixed seed.
func amounts() []usd {
	list := []usd{}
	limbs := []int64{0, 1, 4, 5, 9, 4e14 + 9, 5e14 - 1, 5e14, 5e12 - 1, 5e12, 1e13, 99e13, limb - 1}
	for _, whole := range []int64{0, 1, 7, 999999999999, -1, -2, -999999999999} {
		for _, hi := range limbs {
			for _, lo := range limbs {
				list = append(list, usd{whole, hi, lo})
			}
		}
	}
	random := rand.New(rand.NewPCG(7, 8))
	for range 1000 {
		list = append(list, usd{random.Int64N(2e6) - 1e6, random.Int64N(limb), random.Int64N(limb)}, dollars(amount(random, 1e10)))
	}
	return list
}

// TestAmounts holds each operation against decimals.
func TestAmounts(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	list := amounts()
	for _, a := range list {
		b, n := list[random.IntN(len(list))], 1+random.IntN(1200)
		da, db, dn := a.decimal(), b.decimal(), decimal.NewFromInt(int64(n))
		if want := decimal.NewFromInt(a.whole).Add(decimal.New(a.hi, -15)).Add(decimal.New(a.lo, -30)); !da.Equal(want) {
			t.Fatalf("%v is %s, want %s", a, da, want)
		}
		for _, tc := range []struct {
			name string
			got  usd
			want decimal.Decimal
		}{
			{"add", a.add(b), da.Add(db)},
			{"sub", a.sub(b), da.Sub(db)},
			{"neg", a.neg(), da.Neg()},
			{"times", a.times(n), da.Mul(dn)},
			{"times 0", a.times(0), decimal.Zero},
			{"over", a.over(n), truncated(da, n)},
			{"over, rounded to 10 places", a.over(n).round(10), da.DivRound(dn, 10)},
			{"over, rounded to 2 places", a.over(n).round(2), da.DivRound(dn, 2)},
			{"round to 14", a.round(14), da.Round(14)},
			{"round to 2", a.round(2), da.Round(2)},
			{"round to 0", a.round(0), da.Round(0)},
		} {
			if !tc.got.decimal().Equal(tc.want) || tc.got.hi < 0 || tc.got.hi >= limb || tc.got.lo < 0 || tc.got.lo >= limb {
				t.Fatalf("%s of %s and %s or %d: got %v, want %s", tc.name, a, b, n, tc.got, tc.want)
			}
		}
		if a.cents() != da.Shift(2).Round(0).IntPart() || a.cmp(b) != da.Cmp(db) || a.sign() != da.Sign() {
			t.Fatalf("%s against %s: got %d cents, order %d, sign %d", a, b, a.cents(), a.cmp(b), a.sign())
		}
		if a.String() != money(da) {
			t.Fatalf("got %s, want %s", a, money(da))
		}
		if again, err := readAmount(a.String()); err != nil || again != a {
			t.Fatalf("%s is read as %v, %v", a, again, err)
		}
		if c, ok := a.wholeCents(); ok != (a.sign() >= 0 && da.Equal(da.Round(2))) || ok && fromCents(c) != a {
			t.Fatalf("%s is %d cents, %t", a, c, ok)
		}
		f := new(big.Rat)
		if a.sign() == 0 {
			continue
		}
		f.SetFloat64(a.float())
		if off := f.Quo(f, da.Rat()); !closeTo(off, big.NewRat(1, 1), 15) {
			t.Fatalf("%s as a float64 is %v", a, a.float())
		}
	}
}

// truncated returns d/n cut off after 30 places.
func truncated(d decimal.Decimal, n int) decimal.Decimal {
	q, _ := d.QuoRem(decimal.NewFromInt(int64(n)), 30)
	return q
}

func TestReadAmount(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "can't convert  to decimal",
		"-":                            "can't convert - to decimal",
		"1.2.3":                        "can't convert 1.2.3 to decimal: too many .s",
		"1,5":                          "can't convert 1,5 to decimal",
		"1e9999":                       "it is out of range",
		"1000000000000000000":          "it is out of range",
		"1." + strings.Repeat("1", 31): "it is out of range",
	} {
		if a, err := readAmount(in); err == nil || err.Error() != want {
			t.Errorf("%q: got %s, error %v; want %s", in, a, err, want)
		}
	}
}

// TestFraction adds up quotients and rounds the sum, in exact fractions of another kind.
func TestFraction(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	for range 2000 {
		sum, want := fraction{new(big.Int), big.NewInt(1)}, new(big.Rat)
		for range 1 + random.IntN(4) {
			a, n := dollars(amount(random, 1e9)), 1+random.IntN(60)
			if random.IntN(4) == 0 {
				a = a.neg()
			}
			sum.add(a, n)
			want.Add(want, new(big.Rat).Quo(a.decimal().Rat(), big.NewRat(int64(n), 1)))
		}
		for _, places := range []int{0, 2, 10, 15, 16, 18} {
			if got := sum.round(places).decimal(); !got.Equal(ratDecimal(want, places)) {
				t.Fatalf("%s to %d places: got %s", want, places, got)
			}
		}
	}
}

// BenchmarkAmounts computes what an estate computes with amounts of two places, by ours and by decimals: a renewal by month, which is
// added to a sum, and the saving over another, rounded.
func BenchmarkAmounts(b *testing.B) {
	const months, places = 36, 10
	random := rand.New(rand.NewPCG(13, 14))
	ours, theirs := make([]usd, 1000), make([]decimal.Decimal, 1000)
	for i := range ours {
		ours[i] = dollars(amount(random, 1e9))
		theirs[i] = ours[i].decimal()
	}
	b.Run("usd", func(b *testing.B) {
		for b.Loop() {
			var sum, most usd
			for _, a := range ours {
				sum = sum.add(a.over(months).round(places))
				if saving := a.times(months).sub(sum).round(2); saving.cmp(most) > 0 {
					most = saving
				}
			}
		}
	})
	b.Run("decimal", func(b *testing.B) {
		n := decimal.NewFromInt(months)
		for b.Loop() {
			var sum, most decimal.Decimal
			for _, a := range theirs {
				sum = sum.Add(a.DivRound(n, places))
				if saving := a.Mul(n).Sub(sum).Round(2); saving.Cmp(most) > 0 {
					most = saving
				}
			}
		}
	})
}
