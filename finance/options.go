package finance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// AWS's payment terms and options.
const (
	oneYear    = "ONE_YEAR"
	threeYears = "THREE_YEARS"
	fiveYears  = "FIVE_YEARS"

	allUpfront     = "ALL_UPFRONT"
	partialUpfront = "PARTIAL_UPFRONT"
	noUpfront      = "NO_UPFRONT"
)

// termMonths returns the length of a term, and 0 for one this program does not know.
func termMonths(term string) int {
	switch term {
	case oneYear:
		return 12
	case threeYears:
		return 36
	case fiveYears:
		return 60
	}
	return 0
}

// pricing is what finance reads of an entry of PricingOptions, in a renewal's prices or a quote.
type pricing struct {
	SubscriptionPricingDetails *struct {
		PaymentOption         string
		PaymentTerm           string
		Currency              string
		UpfrontPrice          *json.Number
		MonthlyRecurringPrice *json.Number
	}
}

// option is one way to pay, with the amounts that its facts are made from.
type option struct {
	audit.PricedOption
	upfront, monthly, tcv decimal.Decimal
	level                 decimal.Decimal // the price at the start of each month that is worth as much: what compares terms
}

// measured reports whether o has measures: its term is known and its price is whole, in US dollars.
func (o *option) measured() bool { return o.Months > 0 }

// overMonths returns what n months at the effective monthly price of o cost. It is exact when n is a multiple of o's.
func (o *option) overMonths(n int) decimal.Decimal {
	return o.tcv.Mul(decimal.NewFromInt(int64(n))).DivRound(decimal.NewFromInt(int64(o.Months)), 10)
}

// readOptions returns the subscription prices in list, which was read from path, in its order and with the measures that
// an option has by itself.
func (a *Analyst) readOptions(list []pricing, path, quoteOption string) ([]option, error) {
	var options []option
	for i := range list {
		in := list[i].SubscriptionPricingDetails
		if in == nil { // a type of pricing newer than this program
			continue
		}
		at := fmt.Sprintf("%s[%d].SubscriptionPricingDetails", path, i)
		o := option{PricedOption: audit.PricedOption{
			QuoteOption: quoteOption, PaymentTerm: in.PaymentTerm, PaymentOption: in.PaymentOption, Currency: cmp.Or(in.Currency, currency),
			Allowed: slices.Contains(a.cfg.AllowedTerms, in.PaymentTerm) && slices.Contains(a.cfg.AllowedOptions, in.PaymentOption),
			Upfront: "0", Monthly: "0", TCV: "0.00", EffectiveMonthly: "0.00", NPV: "0.00",
		}}
		var err error
		if in.UpfrontPrice != nil {
			if o.upfront, err = readPrice(*in.UpfrontPrice, at+".UpfrontPrice"); err != nil {
				return nil, err
			}
			o.Upfront, o.UpfrontCents = in.UpfrontPrice.String(), cents(o.upfront)
		}
		if in.MonthlyRecurringPrice != nil {
			if o.monthly, err = readPrice(*in.MonthlyRecurringPrice, at+".MonthlyRecurringPrice"); err != nil {
				return nil, err
			}
			o.Monthly, o.MonthlyCents = in.MonthlyRecurringPrice.String(), cents(o.monthly)
		}
		// AWS may leave out the part of a price that is 0 by the option's own name, and no other.
		whole := (in.UpfrontPrice != nil || in.PaymentOption == noUpfront) && (in.MonthlyRecurringPrice != nil || in.PaymentOption == allUpfront)
		if n := termMonths(in.PaymentTerm); n > 0 && whole && o.Currency == currency {
			a.measure(&o, n)
		}
		options = append(options, o)
	}
	return options, nil
}

// measure sets the measures of an option of n months that need no other.
func (a *Analyst) measure(o *option, n int) {
	o.Months = n
	o.tcv = o.upfront.Add(o.monthly.Mul(decimal.NewFromInt(int64(n))))
	o.TCV, o.TCVCents = money(o.tcv), cents(o.tcv)
	o.EffectiveMonthly, o.EffectiveMonthlyCents = quotient(o.tcv, n)
	npv := o.upfront.Add(o.monthly.Mul(a.annuity[n]))
	o.NPV, o.NPVCents = money(npv.Round(2)), cents(npv)
	o.level = npv.DivRound(a.annuity[n], 10)
}

// compare sets the measures of options against one another and against today's monthly price, which is 0 when unknown.
// It returns the month-to-month price, nil when it is unknown.
func (a *Analyst) compare(options []option, today decimal.Decimal) *decimal.Decimal {
	hundred := decimal.NewFromInt(100)
	yearly := find(options, oneYear, noUpfront)
	monthToMonth := a.monthToMonthPrice(options)
	for i := range options {
		o := &options[i]
		if !o.measured() {
			continue
		}
		if all := find(options, o.PaymentTerm, allUpfront); all != nil && o.PaymentOption != allUpfront {
			if rate, ok := impliedRate(o.upfront, o.monthly, all.upfront, all.monthly, o.Months); ok {
				o.ImpliedRatePercent = percent(rate.Shift(2))
			}
		}
		if yearly != nil {
			o.SavingVsOneYear, o.SavingVsOneYearCents = optional(yearly.overMonths(o.Months).Sub(o.tcv))
		}
		if monthToMonth != nil {
			saving := monthToMonth.Mul(decimal.NewFromInt(int64(o.Months))).Sub(o.tcv)
			o.SavingVsMonthToMonth, o.SavingVsMonthToMonthCents = optional(saving)
			o.BreakEvenMonth = breakEven(o, *monthToMonth)
		}
		if today.IsPositive() {
			o.PriceChangePercent = percent(o.tcv.Shift(2).DivRound(today.Mul(decimal.NewFromInt(int64(o.Months))), solvePlaces).Sub(hundred))
		}
	}
	return monthToMonth
}

// find returns the first measured option of that term and option, or nil.
func find(options []option, term, payment string) *option {
	for i := range options {
		if o := &options[i]; o.measured() && o.PaymentTerm == term && o.PaymentOption == payment {
			return o
		}
	}
	return nil
}

// monthToMonthPrice returns what a month costs without a contract: the monthly price of NO_UPFRONT for the configured
// term, or the nearest longer one; nil when none is priced.
func (a *Analyst) monthToMonthPrice(options []option) *decimal.Decimal {
	for _, term := range [...]string{oneYear, threeYears, fiveYears} {
		if termMonths(term) < termMonths(a.cfg.MonthToMonthTerm) {
			continue
		}
		if o := find(options, term, noUpfront); o != nil {
			return &o.monthly
		}
	}
	return nil
}

// breakEven returns the first month of o's term by whose end it has cost no more than as many months at the
// month-to-month price; nil when there is none.
func breakEven(o *option, monthToMonth decimal.Decimal) *int {
	saved := monthToMonth.Sub(o.monthly) // each month, to make up for the upfront
	if saved.IsNegative() || saved.IsZero() && o.upfront.IsPositive() {
		return nil
	}
	month := 1
	if o.upfront.IsPositive() {
		n, rest := o.upfront.QuoRem(saved, 0)
		if !rest.IsZero() {
			n = n.Add(decimal.NewFromInt(1))
		}
		if n.GreaterThan(decimal.NewFromInt(int64(o.Months))) {
			return nil
		}
		month = int(n.IntPart())
	}
	return &month
}

// facts returns the options as facts hold them: a list, never nil.
func facts(options []option) []audit.PricedOption {
	list := make([]audit.PricedOption, len(options))
	for i := range options {
		list[i] = options[i].PricedOption
	}
	return list
}
