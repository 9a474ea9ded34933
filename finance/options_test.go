package finance

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// worked is an option with its measures, in the order in which they are defined.
type worked audit.PricedOption

func workedOption(term, option string, months int, upfront string, upfrontCents int64, monthly string, monthlyCents int64) worked {
	return worked{PaymentTerm: term, PaymentOption: option, Months: months, Currency: "USD", Allowed: term != fiveYears,
		Upfront: upfront, UpfrontCents: upfrontCents, Monthly: monthly, MonthlyCents: monthlyCents}
}

func (w worked) tcv(tcv string, cents int64, effective string, effectiveCents int64) worked {
	w.TCV, w.TCVCents, w.EffectiveMonthly, w.EffectiveMonthlyCents = audit.Optional(tcv), &cents, audit.Optional(effective), &effectiveCents
	return w
}

func (w worked) npv(npv string, cents int64, implied string) worked {
	w.NPV, w.NPVCents = audit.Optional(npv), &cents
	if implied != "" {
		w.ImpliedRatePercent = ptr(json.Number(implied))
	}
	return w
}

func (w worked) saving(oneYear string, oneYearCents int64, monthToMonth string, monthToMonthCents int64, breakEven int,
	change string) audit.PricedOption {
	w.SavingVsOneYear, w.SavingVsOneYearCents = audit.Optional(oneYear), &oneYearCents
	w.SavingVsMonthToMonth, w.SavingVsMonthToMonthCents = audit.Optional(monthToMonth), &monthToMonthCents
	if breakEven != 0 {
		w.BreakEvenMonth = &breakEven
	}
	if change != "" {
		w.PriceChangePercent = ptr(json.Number(change))
	}
	return audit.PricedOption(w)
}

// TestOptionProperties holds the measures of many options, whose prices come from a fixed seed, against fractions.
func TestOptionProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	at8, at0 := newAnalyst(t), newAnalyst(t, func(c *config) { c.DiscountRate = "0" })
	for range 500 {
		billing := `{"ContractEndDate":"2027-01-31","Subscriptions":[
			{"SubscriptionStatus":"ACTIVE","BeginDate":"2024-02-01","EndDate":"2027-01-31","UpfrontPrice":` + amount(random, 1e9) + `},
			{"SubscriptionStatus":"ACTIVE","BeginDate":"2025-08-15","EndDate":"2027-01-31","MonthlyRecurringPrice":` + amount(random, 1e7) + `}]}`
		prices := priced(
			price(oneYear, allUpfront, amount(random, 1e9), "0"), price(oneYear, partialUpfront, amount(random, 1e9), amount(random, 1e8)),
			price(oneYear, noUpfront, "0", amount(random, 1e8)),
			price(threeYears, allUpfront, amount(random, 1e10), "0"), price(threeYears, noUpfront, "0", amount(random, 1e8)),
			price(fiveYears, partialUpfront, amount(random, 1e10), amount(random, 1e8)))
		f := enrich[audit.OutpostFacts](t, at8, outpost("op-1", billing, prices))
		atZero := enrich[audit.OutpostFacts](t, at0, outpost("op-1", billing, prices))
		monthToMonth := rat(string(f.MonthToMonthPrice))
		today := rat(string(f.CurrentMonthly))
		for i, o := range f.Options {
			months := big.NewRat(int64(o.Months), 1)
			tcv := new(big.Rat).Mul(rat(o.Monthly), months)
			tcv.Add(tcv, rat(o.Upfront))
			saving := new(big.Rat).Mul(monthToMonth, months)
			saving.Sub(saving, tcv)
			effective := new(big.Rat).Quo(tcv, months)
			for name, pair := range map[string][2]*big.Rat{
				"tcv": {rat(string(o.TCV)), tcv}, "saving against month-to-month": {rat(string(o.SavingVsMonthToMonth)), saving},
				"saving against one year": {rat(string(o.SavingVsOneYear)), saving}, // the same, as ONE_YEAR is month-to-month's
			} {
				if pair[0].Cmp(pair[1]) != 0 {
					t.Fatalf("%s of %+v: want %s", name, o, pair[1].FloatString(4))
				}
			}
			if want := rat(effective.FloatString(10)); rat(string(o.EffectiveMonthly)).Cmp(want) != 0 {
				t.Fatalf("effective monthly of %+v: want %s", o, want.FloatString(10))
			}
			if want := effective.FloatString(2); audit.CentsToMoney(*o.EffectiveMonthlyCents).Value != want {
				t.Fatalf("effective monthly cents of %+v: want %s", o, want)
			}
			if *o.TCVCents != dollars(string(o.TCV)).cents() || *o.NPVCents != dollars(string(o.NPV)).cents() {
				t.Fatalf("cents of %+v", o)
			}
			change := new(big.Rat).Quo(effective, today)
			change.Mul(change.Sub(change, big.NewRat(1, 1)), big.NewRat(100, 1))
			if !closeTo(rat(o.PriceChangePercent.String()), change, 6) {
				t.Fatalf("price change of %+v: want %s", o, change.FloatString(8))
			}
			checkBreakEven(t, o, monthToMonth)
			if zero := atZero.Options[i]; *zero.NPVCents != *o.TCVCents {
				t.Fatalf("NPV at rate 0 of %+v is %s", o, zero.NPV)
			}
			if *o.NPVCents > *o.TCVCents || *o.NPVCents < o.UpfrontCents {
				t.Fatalf("NPV of %+v is not between its upfront and its TCV", o)
			}
		}
	}
}

// amount returns a price of up to limit cents.
func amount(r *rand.Rand, limit int64) string { return audit.CentsToMoney(1 + r.Int64N(limit)).Value }

// checkBreakEven counts the months one by one.
func checkBreakEven(t *testing.T, o audit.PricedOption, monthToMonth *big.Rat) {
	t.Helper()
	var want *int
	for n := 1; n <= o.Months && want == nil; n++ {
		paid := new(big.Rat).Add(rat(o.Upfront), new(big.Rat).Mul(rat(o.Monthly), big.NewRat(int64(n), 1)))
		if paid.Cmp(new(big.Rat).Mul(monthToMonth, big.NewRat(int64(n), 1))) <= 0 {
			want = &n
		}
	}
	if diff := cmp.Diff(want, o.BreakEvenMonth); diff != "" {
		t.Fatalf("break-even month of %+v: %s", o, diff)
	}
}

func TestBreakEven(t *testing.T) {
	for _, tc := range []struct {
		name, upfront, monthly, monthToMonth string
		want                                 *int
	}{
		{"no upfront, the same price", "0", "100", "100", ptr(1)},
		{"no upfront, a cent more", "0", "100.01", "100", nil},
		{"an upfront and the same price", "1", "100", "100", nil},
		{"exactly at the end of a month", "300", "0", "100", ptr(3)},
		{"a cent later", "300.01", "0", "100", ptr(4)},
		{"exactly at the end of the term", "1200", "0", "100", ptr(12)},
		{"a cent after the term", "1200.01", "0", "100", nil},
		{"in the first month", "0.01", "99", "100", ptr(1)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := option{upfront: dollars(tc.upfront), monthly: dollars(tc.monthly), PricedOption: audit.PricedOption{Months: 12}}
			if diff := cmp.Diff(tc.want, breakEven(&o, dollars(tc.monthToMonth))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMonthToMonthPrice(t *testing.T) {
	all := []string{price(fiveYears, noUpfront, "0", "500"), price(threeYears, noUpfront, "0", "300"),
		price(oneYear, noUpfront, "0", "100"), price(oneYear, allUpfront, "1200", "0")}
	for _, tc := range []struct {
		name, term string
		prices     []string
		want       audit.Optional
	}{
		{"one year", oneYear, all, "100.00"},
		{"three years", threeYears, all, "300.00"},
		{"five years", fiveYears, all, "500.00"},
		{"the nearest longer", oneYear, all[:2], "300.00"},
		{"the next longer", oneYear, all[:1], "500.00"},
		{"never a shorter", fiveYears, all[1:], ""},
		{"never another option", oneYear, all[3:], ""},
		{"nothing priced", oneYear, nil, ""},
		{"no monthly price", oneYear, []string{price(oneYear, noUpfront, "0", "")}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAnalyst(t, func(c *config) { c.MonthToMonthTerm = tc.term })
			f := enrich[audit.OutpostFacts](t, a, outpost("op-1", `{}`, priced(tc.prices...)))
			if f.MonthToMonthPrice != tc.want || (f.MonthToMonthPriceCents != nil) != (tc.want != "") {
				t.Errorf("got %q, want %q", f.MonthToMonthPrice, tc.want)
			}
		})
	}
}

// TestOptionsWithoutMeasures: what cannot be measured is listed as AWS sent it, with no months, and compared with nothing.
func TestOptionsWithoutMeasures(t *testing.T) {
	bare := func(term, option, currency, upfront string, upfrontCents int64, monthly string, monthlyCents int64) audit.PricedOption {
		return audit.PricedOption{PaymentTerm: term, PaymentOption: option, Currency: currency, Allowed: term != "SIX_YEARS",
			Upfront: upfront, UpfrontCents: upfrontCents,
			Monthly: monthly, MonthlyCents: monthlyCents}
	}
	for _, tc := range []struct {
		name, prices string
		want         []audit.PricedOption
	}{
		{"a newer term", price("SIX_YEARS", noUpfront, "0", "100"),
			[]audit.PricedOption{bare("SIX_YEARS", noUpfront, "USD", "0", 0, "100", 10000)}},
		{"no term", `{"SubscriptionPricingDetails":{"PaymentOption":"NO_UPFRONT","MonthlyRecurringPrice":5}}`, []audit.PricedOption{
			{PaymentOption: noUpfront, Currency: "USD", Upfront: "0", Monthly: "5", MonthlyCents: 500}}},
		{"another currency", `{"SubscriptionPricingDetails":{"PaymentTerm":"ONE_YEAR","PaymentOption":"ALL_UPFRONT","UpfrontPrice":7,` +
			`"Currency":"EUR"}}`,
			[]audit.PricedOption{bare(oneYear, allUpfront, "EUR", "7", 700, "0", 0)}},
		{"all upfront without it", price(oneYear, allUpfront, "", "0"), []audit.PricedOption{bare(oneYear, allUpfront, "USD", "0", 0, "0", 0)}},
		{"no upfront without a month", price(oneYear, noUpfront, "0", ""), []audit.PricedOption{bare(oneYear, noUpfront, "USD", "0", 0, "0", 0)}},
		{"half a partial upfront", price(oneYear, partialUpfront, "", "9"),
			[]audit.PricedOption{bare(oneYear, partialUpfront, "USD", "0", 0, "9", 900)}},
		{"the other half", price(oneYear, partialUpfront, "9", ""), []audit.PricedOption{bare(oneYear, partialUpfront, "USD", "9", 900, "0", 0)}},
		{"nulls", `{"SubscriptionPricingDetails":{"PaymentTerm":"ONE_YEAR","PaymentOption":"ALL_UPFRONT","UpfrontPrice":null,` +
			`"MonthlyRecurringPrice":null,"Currency":null}}`,
			[]audit.PricedOption{bare(oneYear, allUpfront, "USD", "0", 0, "0", 0)}},
		{"a newer type of pricing", `{"PricingType":"USAGE","UsagePricingDetails":{}}`, []audit.PricedOption{}},
		{"null", `null`, []audit.PricedOption{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := enrich[audit.OutpostFacts](t, newAnalyst(t), outpost("op-1", threeYearContract, priced(tc.prices)))
			if diff := cmp.Diff(tc.want, f.Options); diff != "" {
				t.Error(diff)
			}
			if f.Recommended != nil || f.MonthToMonthPrice != "" || f.CostOfInaction != "" {
				t.Errorf("got recommended %v, month-to-month %q, cost of inaction %q", f.Recommended, f.MonthToMonthPrice, f.CostOfInaction)
			}
		})
	}
}

// TestOptionsKeepDigits: what AWS sent is what stands in the facts.
func TestOptionsKeepDigits(t *testing.T) {
	f := enrich[audit.OutpostFacts](t, newAnalyst(t), outpost("op-1", `{}`, priced(price(oneYear, partialUpfront, "131072.010", "1.5E+3"))))
	if o := f.Options[0]; o.Upfront != "131072.010" || o.UpfrontCents != 13107201 || o.Monthly != "1.5E+3" || o.MonthlyCents != 150000 ||
		o.TCV != "149072.01" {
		t.Errorf("got %+v", o)
	}
}

// TestOptionOrder: term, then ALL, PARTIAL, NO_UPFRONT, and what is newer last by name.
func TestOptionOrder(t *testing.T) {
	want := [][2]string{{oneYear, allUpfront}, {oneYear, noUpfront}, {threeYears, allUpfront}, {threeYears, partialUpfront},
		{threeYears, noUpfront}, {threeYears, "MOST_UPFRONT"},
		{fiveYears, noUpfront}, {"EIGHT_YEARS", allUpfront}, {"TEN_YEARS", allUpfront}}
	for shift := range want {
		var prices []string
		for i := range want {
			o := want[(i*5+shift)%len(want)] // 5 and 9 have no common divisor
			prices = append(prices, price(o[0], o[1], "1", "1"))
		}
		var got [][2]string
		for _, o := range enrich[audit.OutpostFacts](t, newAnalyst(t), outpost("op-1", `{}`, priced(prices...))).Options {
			got = append(got, [2]string{o.PaymentTerm, o.PaymentOption})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
}
