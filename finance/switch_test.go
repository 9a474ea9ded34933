package finance

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// TestBend: a level price bends by no more than is said.
func TestBend(t *testing.T) {
	const h = 1e-3
	for rate := h; rate < maxSwitch; rate += h {
		below, at, above := floatAnnuities(rate-h), floatAnnuities(rate), floatAnnuities(rate+h)
		for i := range at {
			if got := math.Abs(1/below[i]-2/at[i]+1/above[i]) / h / h; got > bend {
				t.Fatalf("at %v the level price of 1 over %d months bends by %v", rate, 12+24*i, got)
			}
		}
	}
}

// TestFloatAnnuities compares with the sum of each month's worth.
func TestFloatAnnuities(t *testing.T) {
	for i := range 301 {
		rate := float64(i) / 1000
		for k, got := range floatAnnuities(rate) {
			want := 0.0
			for m := range 12 + 24*k {
				want += math.Pow(1+rate, -float64(m)/12)
			}
			if math.Abs(got-want) > want*1e-11 {
				t.Fatalf("%d months at %v are worth %v, want %v", 12+24*k, rate, got, want)
			}
		}
	}
}

// slowSwitches looks at every two hundredth of a percent, and knows nothing of how the program finds them.
func slowSwitches(options []*option, month monthPrice) []audit.SwitchRate {
	list := []audit.SwitchRate{}
	var before *audit.Choice
	for i := range 6001 {
		rate := float64(i) / 20000
		best, lowest, upfront, months := audit.Choice{}, math.Inf(1), usd{}, 0
		for _, o := range options {
			if !o.Allowed || o.Months == 0 {
				continue
			}
			level := o.monthly.float() + o.upfront.float()/slowAnnuity(rate, o.Months)
			if level < lowest || level == lowest && (o.upfront.cmp(upfront) < 0 || o.upfront == upfront && o.Months < months) {
				best, lowest, upfront, months = take(o.PaymentTerm, o.PaymentOption), level, o.upfront, o.Months
			}
		}
		if math.IsInf(lowest, 1) {
			return list
		}
		if month.price != nil && (month.price.float() < lowest || month.source == billed && month.price.float() == lowest) {
			best = stays
		}
		if before != nil && *before != best {
			list = append(list, switchAt(strconv.FormatFloat(rate*100, 'f', 3, 64), *before, best))
		}
		before = &best
	}
	return list
}

var slowWorth = map[[2]int]float64{}

func slowAnnuity(rate float64, months int) float64 {
	key := [2]int{int(math.Round(rate * 1e5)), months}
	if w, ok := slowWorth[key]; ok {
		return w
	}
	w := 0.0
	for m := range months {
		w += math.Pow(1+rate, -float64(m)/12)
	}
	slowWorth[key] = w
	return w
}

// sameSwitches compares, to 0.01 percentage points; the slow search says at which step it sees a switch.
func sameSwitches(got, slow []audit.SwitchRate) bool {
	return slices.EqualFunc(got, slow, func(g, s audit.SwitchRate) bool {
		x, err := g.Percent.Float64()
		y, again := s.Percent.Float64()
		return err == nil && again == nil && math.Abs(x-y) <= 0.01 && g.Below == s.Below && g.Above == s.Above
	})
}

func renewalOption(term, payment, upfront, monthly string) *option {
	return &option{PricedOption: audit.PricedOption{PaymentTerm: term, PaymentOption: payment, Months: termMonths(term), Allowed: true},
		upfront: dollars(upfront), monthly: dollars(monthly)}
}

// TestSwitchRates compares with a slow search, over prices that are near one another.
func TestSwitchRates(t *testing.T) {
	random := rand.New(rand.NewPCG(30, 25))
	a, found := newAnalyst(t), 0
	for range 150 {
		var options []*option
		base := 100000 + random.Int64N(1e7) // cents a month
		for _, term := range audit.PaymentTerms {
			for _, payment := range []string{allUpfront, partialUpfront, noUpfront} {
				if random.IntN(4) == 0 {
					continue
				}
				share := map[string]float64{allUpfront: 1, partialUpfront: 0.2 + 0.6*random.Float64()}[payment]
				worth := slowAnnuity(math.Round(random.Float64()*3e4)/1e5, termMonths(term)) // level with base at that rate
				o := renewalOption(term, payment, audit.CentsToMoney(int64(float64(base)*share*worth)).Value,
					audit.CentsToMoney(int64(float64(base)*(1-share))).Value)
				o.Allowed = random.IntN(6) > 0
				options = append(options, o)
			}
		}
		month := monthPrice{}
		if random.IntN(2) == 0 {
			month = monthPrice{ptr(dollars(audit.CentsToMoney(base - 1000 + random.Int64N(2000)).Value)), pick(random, billed, assumed)}
		}
		got, want := a.switchRates(options, month), slowSwitches(options, month)
		found += len(want)
		if !sameSwitches(got, want) {
			g, _ := json.Marshal(got)
			w, _ := json.Marshal(want)
			o, _ := json.Marshal(facts(options))
			t.Fatalf("%s\n%s\nwant\n%s", o, g, w)
		}
	}
	if found < 150 {
		t.Errorf("only %d switches", found)
	}
}

// TestSwitchBack: an option that is the cheapest over a twentieth of a percentage point, and not at either end of a step, is found.
func TestSwitchBack(t *testing.T) {
	// What is paid upfront for one year is such that at 10.125% its level price rises as that of five years does: so it is the
	// highest above it there, or the lowest.
	const rate, h, upfront = 0.10125, 1e-5, 1e7
	rise := func(months int) float64 {
		return (1/slowAnnuity(rate+h, months) - 1/slowAnnuity(rate-h, months)) / 2 / h
	}
	short := math.Round(upfront * rise(60) / rise(12))
	top := func(r float64) float64 { return short/slowAnnuity(r, 12) - upfront/slowAnnuity(r, 60) }
	for _, width := range []float64{0.0002, 0.0005, 0.002, 0.01} {
		level := math.Max(top(rate-width/2), top(rate+width/2))
		a := renewalOption(oneYear, allUpfront, strconv.FormatFloat(short, 'f', 2, 64), "100000")
		b := renewalOption(fiveYears, allUpfront, strconv.FormatFloat(upfront, 'f', 2, 64), strconv.FormatFloat(100000+level, 'f', 6, 64))
		got, want := newAnalyst(t).switchRates([]*option{a, b}, monthPrice{}), slowSwitches([]*option{a, b}, monthPrice{})
		if len(want) != 2 || !sameSwitches(got, want) {
			t.Errorf("over %v: got %v, want two: %v", width, got, want)
		}
	}
}

func TestNoSwitch(t *testing.T) {
	a := newAnalyst(t)
	for name, options := range map[string][]*option{
		"nothing":             nil,
		"one option":          {renewalOption(oneYear, allUpfront, "1200", "0")},
		"the same twice":      {renewalOption(oneYear, noUpfront, "0", "100"), renewalOption(threeYears, noUpfront, "0", "100")},
		"one that costs less": {renewalOption(oneYear, noUpfront, "0", "100"), renewalOption(threeYears, partialUpfront, "10", "100")},
	} {
		if diff := cmp.Diff([]audit.SwitchRate{}, a.switchRates(options, monthPrice{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
