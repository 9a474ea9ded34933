package finance

import (
	"cmp"
	"fmt"
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
			continue // the exact price is expensive to compute, and an estimate that much higher is enough to say no
		}
		l := a.annuity[o.Months].level(o.upfront, o.monthly)
		if best == nil || cmp.Or(l.cmp(level), o.upfront.cmp(best.upfront), cmp.Compare(o.Months, best.Months)) < 0 {
			best, level = o, l
		}
	}
	return best, level
}

// monthPrice is what a month without a contract costs.
type monthPrice struct {
	price  *usd   // nil when unknown
	source string // billed or assumed
}

// Where a month-to-month price is from.
const (
	billed  = "billed"
	assumed = "assumed"
)

// beats reports whether a month without a contract is to be preferred to an option of that level price: where it costs less, and
// where AWS bills no more for it, since it binds nobody.
func (m monthPrice) beats(level usd) bool {
	return m.price != nil && (level.cmp(*m.price) > 0 || m.source == billed && level.cmp(*m.price) == 0)
}

// choice is what is recommended, with the level price that its facts are made from.
type choice struct {
	facts *audit.Recommendation
	level usd
}

// recommend returns the one thing to do, and nil when no allowed option has measures.
func (a *Analyst) recommend(options []*option, month monthPrice) *choice {
	best, level := a.best(options)
	if best == nil {
		return nil
	}
	c := &choice{&audit.Recommendation{SwitchRates: a.switchRates(options, month)}, level}
	if month.beats(level) {
		c.facts.Action, c.level = audit.ActionMonthToMonth, *month.price
		c.facts.Reason = fmt.Sprintf("No allowed option costs less than %s a month, %s: the cheapest, %s, is worth %s at the start of "+
			"each month at %s%% a year. Month-to-month the Outpost cannot be scaled, and its price may change.",
			month.price.prose(), sourceWords[month.source], audit.PricedWords(best.PaymentTerm, best.PaymentOption), level.prose(), a.percent)
	} else {
		c.facts.Action = audit.ActionRenew
		c.facts.PaymentTerm, c.facts.PaymentOption = audit.Optional(best.PaymentTerm), audit.Optional(best.PaymentOption)
		c.facts.NeedsApproval = a.approvable(best).cmp(a.limit) > 0
		c.facts.Reason = a.whyRenew(best, level, options, month)
	}
	c.facts.LevelPrice, c.facts.LevelPriceCents = c.level.String(), c.level.cents()
	return c
}

// sourceWords says where a month-to-month price is from.
var sourceWords = map[string]string{billed: "as billed month-to-month", assumed: "as assumed month-to-month"}

// approvable returns the amount of an option that is held against the approval limit.
func (a *Analyst) approvable(o *option) usd {
	if a.assumed.ApprovalBasis == BasisUpfront {
		return o.upfront
	}
	return o.tcv
}

// whyRenew says in one sentence why best, which has that level price, is the best of options.
func (a *Analyst) whyRenew(best *option, level usd, options []*option, month monthPrice) string {
	allowed := 0
	for _, o := range options {
		if o.measured() && o.Allowed {
			allowed++
		}
	}
	why := audit.PricedWords(best.PaymentTerm, best.PaymentOption)
	if allowed == 1 {
		why += " is the only priced option that is allowed"
	} else {
		why += " costs least of the " + strconv.Itoa(allowed) + " allowed options"
	}
	why += ": at " + a.percent + "% a year it is worth " + level.prose() + " at the start of each month"
	if month.price != nil {
		why += ", against " + month.price.prose() + " " + sourceWords[month.source]
		if level.cmp(*month.price) == 0 {
			why += ": nothing allowed is cheaper than that"
		}
	}
	if amount := a.approvable(best); amount.cmp(a.limit) > 0 {
		what := "total contract value"
		if a.assumed.ApprovalBasis == BasisUpfront {
			what = "upfront"
		}
		why += "; its " + what + " of " + amount.prose() + " is above the approval limit of " + a.limit.prose()
	}
	return why + "."
}

// prose writes an amount for a sentence: $1,234,567.89.
func (a usd) prose() string { return audit.CentsToMoney(a.cents()).Text() }
