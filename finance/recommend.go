package finance

import (
	"cmp"
	"math"
	"strconv"

	"tenor/audit"
)

// best returns the allowed option with the lowest level price, which is the price at the start of each month that is worth
// as much, and that price. Among equals it is the option with the lower upfront, then the shorter, then the first. It is
// nil when no allowed option has measures.
func (a *Analyst) best(options []*option) (best *option, level usd) {
	estimate := func(o *option) float64 { return o.upfront.float()/a.annuity[o.Months].float + o.monthly.float() }
	lowest := math.Inf(1)
	for _, o := range options {
		if o.measured() && o.Allowed {
			lowest = min(lowest, estimate(o))
		}
	}
	for _, o := range options {
		if !o.measured() || !o.Allowed || estimate(o) > lowest+math.Abs(lowest)*1e-9+1e-6 {
			continue // the exact price is dear to compute, and an estimate that much higher is enough to say no
		}
		l := a.annuity[o.Months].level(o.upfront, o.monthly)
		if best == nil || cmp.Or(l.cmp(level), o.upfront.cmp(best.upfront), cmp.Compare(o.Months, best.Months)) < 0 {
			best, level = o, l
		}
	}
	return best, level
}

// recommend says why best, which has that level price, is the best of options.
func (a *Analyst) recommend(best *option, level usd, options []*option, monthToMonth *usd) *audit.Recommendation {
	allowed := 0
	for _, o := range options {
		if o.measured() && o.Allowed {
			allowed++
		}
	}
	why := best.PaymentTerm + " " + best.PaymentOption
	if allowed == 1 {
		why += " is the only priced option that is allowed"
	} else {
		why += " costs least of the " + strconv.Itoa(allowed) + " allowed options"
	}
	why += ": at " + a.percent + "% a year it is worth " + level.prose() + " USD at the start of each month"
	if monthToMonth != nil {
		why += ", against " + monthToMonth.prose() + " month-to-month"
	}
	needs := best.upfront.cmp(a.limit) > 0
	if needs {
		why += "; its upfront of " + best.upfront.prose() + " USD is above the approval limit of " + a.limit.prose()
	}
	return &audit.Recommendation{PaymentTerm: best.PaymentTerm, PaymentOption: best.PaymentOption, Reason: why + ".", NeedsApproval: needs}
}

// prose writes an amount for a sentence: 1,234,567.89.
func (a usd) prose() string {
	if a.whole < 0 {
		return "-" + a.neg().prose()
	}
	s := a.round(2).String()
	for i := len(s) - len(".00") - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
