package finance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sort"

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
	return map[string]int{oneYear: 12, threeYears: 36, fiveYears: 60}[term]
}

// pricing is what finance reads of an entry of PricingOptions, in a renewal's prices or a quote.
type pricing struct {
	SubscriptionPricingDetails *pricingDetails
}

type pricingDetails struct {
	PaymentOption         string
	PaymentTerm           string
	Currency              string
	UpfrontPrice          json.Number // empty when missing, as is MonthlyRecurringPrice
	MonthlyRecurringPrice json.Number
}

// option is one way to pay, with the amounts that its facts are made from.
type option struct {
	audit.PricedOption
	upfront, monthly, tcv usd
}

// measured reports whether o has measures: its term is known and its price is whole, in US dollars.
func (o *option) measured() bool { return o.Months > 0 }

// overMonths returns what n months at the effective monthly price of o cost. It is exact when n is a multiple of o's.
func (o *option) overMonths(n int) usd { return o.tcv.times(n).over(o.Months).round(10) }

// readOptions returns the subscription prices in list, which was read from path, in its order and with the measures that
// an option has by itself.
func (a *Analyst) readOptions(list []pricing, path, quoteOption string) ([]*option, error) {
	options := make([]*option, 0, len(list))
	for i := range list {
		in := list[i].SubscriptionPricingDetails
		if in == nil { // a type of pricing newer than this program
			continue
		}
		o := &option{PricedOption: audit.PricedOption{
			QuoteOption: quoteOption, PaymentTerm: in.PaymentTerm, PaymentOption: in.PaymentOption, Currency: cmp.Or(in.Currency, currency),
			Allowed: slices.Contains(a.assumed.AllowedTerms, in.PaymentTerm) && slices.Contains(a.assumed.AllowedOptions, in.PaymentOption),
			Upfront: cmp.Or(in.UpfrontPrice.String(), "0"), Monthly: cmp.Or(in.MonthlyRecurringPrice.String(), "0"),
		}}
		var err error
		if o.upfront, err = readPrice(in.UpfrontPrice); err != nil {
			return nil, &UnreadableError{Path: fmt.Sprintf("%s[%d].SubscriptionPricingDetails.UpfrontPrice", path, i), Err: err}
		}
		if o.monthly, err = readPrice(in.MonthlyRecurringPrice); err != nil {
			return nil, &UnreadableError{Path: fmt.Sprintf("%s[%d].SubscriptionPricingDetails.MonthlyRecurringPrice", path, i), Err: err}
		}
		o.UpfrontCents, o.MonthlyCents = o.upfront.cents(), o.monthly.cents()
		// AWS may leave out the part of a price that is 0 by the option's own name, and no other.
		whole := (in.UpfrontPrice != "" || in.PaymentOption == noUpfront) && (in.MonthlyRecurringPrice != "" || in.PaymentOption == allUpfront)
		if n := termMonths(in.PaymentTerm); n > 0 && whole && o.Currency == currency {
			a.measure(o, n)
		}
		options = append(options, o)
	}
	return options, nil
}

// measure sets the measures of an option of n months that need no other.
func (a *Analyst) measure(o *option, n int) {
	o.Months = n
	o.tcv = o.upfront.add(o.monthly.times(n))
	o.TCV, o.TCVCents = optional(o.tcv)
	o.EffectiveMonthly, o.EffectiveMonthlyCents = quotient(o.tcv, n)
	o.NPV, o.NPVCents = optional(a.annuity[n].npv(o.upfront, o.monthly))
}

// compare sets the measures of options against one another, against today's monthly price, which is 0 when unknown, and against
// the month-to-month price, nil when unknown.
func compare(options []*option, today usd, monthToMonth *usd) {
	yearly := find(options, oneYear, noUpfront)
	for _, o := range options {
		if !o.measured() {
			continue
		}
		if all := find(options, o.PaymentTerm, allUpfront); all != nil && o.PaymentOption != allUpfront {
			o.ImpliedRatePercent = impliedPercent(o, all)
		}
		if yearly != nil {
			o.SavingVsOneYear, o.SavingVsOneYearCents = optional(yearly.overMonths(o.Months).sub(o.tcv))
		}
		if monthToMonth != nil {
			o.SavingVsMonthToMonth, o.SavingVsMonthToMonthCents = optional(monthToMonth.times(o.Months).sub(o.tcv))
			o.BreakEvenMonth = breakEven(o, *monthToMonth)
		}
		if today.sign() > 0 {
			o.PriceChangePercent = changePercent(o, today)
		}
	}
}

// find returns the first measured option of that term and option, or nil.
func find(options []*option, term, payment string) *option {
	for _, o := range options {
		if o.measured() && o.PaymentTerm == term && o.PaymentOption == payment {
			return o
		}
	}
	return nil
}

// monthToMonthPrice returns what a month without a contract is assumed to cost: the monthly price of NO_UPFRONT for the configured
// term, or the nearest longer one; nil when none is priced.
func (a *Analyst) monthToMonthPrice(options []*option) *usd {
	for _, term := range audit.PaymentTerms {
		if termMonths(term) < termMonths(a.assumed.MonthToMonthTerm) {
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
func breakEven(o *option, monthToMonth usd) *int {
	saved := monthToMonth.sub(o.monthly) // each month, to make up for the upfront
	month := 1 + sort.Search(o.Months, func(i int) bool { return saved.times(i+1).cmp(o.upfront) >= 0 })
	if saved.sign() < 0 || month > o.Months {
		return nil
	}
	return &month
}

// facts returns the options as facts hold them: a list, never nil.
func facts(options []*option) []audit.PricedOption {
	return audit.Map(options, func(o *option) audit.PricedOption { return o.PricedOption })
}
