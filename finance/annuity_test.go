package finance

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// TestPresentValues holds the NPV and the level price of many prices against decimals: of cents, where the short product
// mostly does, and of everything else. At rate 0 every third of them is exactly half a cent.
func TestPresentValues(t *testing.T) {
	random := rand.New(rand.NewPCG(15, 16))
	for _, yearly := range []string{"0", "0.000001", "0.08", "1"} {
		v := discountFactor(dec(yearly))
		for _, n := range []int{12, 36, 60} {
			a, worth := newAnnuity(v, n), annuityDue(v, n)
			prices := append(amounts(), usd{whole: 999999999999, hi: 99e13})
			for range 1000 {
				prices = append(prices, usd{hi: 5e12}.over(n), usd{whole: random.Int64N(1e4), hi: 5e12}.over(12))
			}
			for _, monthly := range prices {
				upfront := prices[random.IntN(len(prices))]
				want := upfront.decimal().Add(monthly.decimal().Mul(worth))
				if got := a.npv(upfront, monthly).decimal(); !got.Equal(want.Round(2)) {
					t.Fatalf("%s and %d × %s at %s are worth %s, want %s", upfront, n, monthly, yearly, got, want)
				}
				if got := a.level(upfront, monthly).decimal(); !got.Equal(want.DivRound(worth, 10)) {
					t.Fatalf("%s and %d × %s at %s are level at %s, want %s", upfront, n, monthly, yearly, got, want.DivRound(worth, 10))
				}
			}
		}
	}
}

// TestShortProductSettlesCents stands on either side of half a cent, where what the short product lacks decides.
func TestShortProductSettlesCents(t *testing.T) {
	for _, tc := range []struct{ worth, monthly, want string }{
		{"11.5", "0.01", "0.12"}, // a tie
		{"11.49999999999999999999", "0.01", "0.11"},
		{"11.4999999999999999", "0.01", "0.11"},
		{"11.50000000000000000001", "0.01", "0.12"},
		{"11.99999999999999999999", "0.01", "0.12"},
		{"11.999999999999999999", "999999999999.99", "11999999999999.88"},
		{"11.1666666666666666666666666666666666666667", "0.03", "0.34"}, // half a cent that the short product does not see
		{"11.1666666666666666666666666666666666666666", "0.03", "0.33"},
		{"11.9999999999999999999999999999999999999999", "0.02", "0.24"}, // the next cent
		{"12", "999999999999.99", "11999999999999.88"},
		{"59.4999999999999999999999", "1000000000.01", "59500000000.59"},
		{"59.50000000000000000000001", "1000000000.01", "59500000000.60"},
	} {
		worth := dec(tc.worth)
		a := annuity{worth.Shift(factorPlaces).BigInt(), decimal.New(1, factorPlaces).BigInt(), worth.Shift(17).BigInt().Uint64(), 0}
		got, exact := a.npv(usd{}, dollars(tc.monthly)), worth.Mul(dec(tc.monthly))
		if got.String() != tc.want || !got.decimal().Equal(exact.Round(2)) {
			t.Errorf("%s × %s: got %s, want %s (%s)", tc.worth, tc.monthly, got, tc.want, exact)
		}
	}
}

// TestBest compares with the exact price of every option.
func TestBest(t *testing.T) {
	random := rand.New(rand.NewPCG(17, 18))
	a := newAnalyst(t)
	for range 2000 {
		options, base := []*option{}, amount(random, 1e8)
		for range 1 + random.IntN(9) {
			o := &option{PricedOption: audit.PricedOption{Months: []int{12, 36, 60, 0}[random.IntN(4)], Allowed: random.IntN(5) > 0},
				monthly: dollars(base)}
			switch random.IntN(4) { // often the same price, or nearly
			case 0:
				o.monthly = dollars(amount(random, 1e8))
			case 1:
				o.monthly = o.monthly.add(usd{lo: random.Int64N(3) * 1e10})
			case 2:
				if w, ok := a.annuity[o.Months]; ok {
					o.upfront, o.monthly = fraction{new(big.Int).Mul(o.monthly.units(), w.worth), w.one}.round(18), usd{lo: random.Int64N(2)}
				}
			}
			options = append(options, o)
		}
		var want *option
		var lowest usd
		for _, o := range options {
			if o.Months == 0 || !o.Allowed {
				continue
			}
			level := a.annuity[o.Months].level(o.upfront, o.monthly)
			if want == nil || level.cmp(lowest) < 0 || level == lowest &&
				(o.upfront.cmp(want.upfront) < 0 || o.upfront == want.upfront && o.Months < want.Months) {
				want, lowest = o, level
			}
		}
		if got, level := a.best(options); got != want || level != lowest {
			t.Fatalf("got %+v at %s, want %+v at %s", got, level, want, lowest)
		}
	}
}
