package finance

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"tenor/audit"
)

// The discount rates over which switches are looked for, as fractions a year: from 0 to maxSwitch, first at switchStep from one
// another. What is the cheapest over less than shortest, and neither below nor above, is not looked for.
const (
	maxSwitch  = 0.30
	switchStep = 0.0025
	shortest   = 0.0001
	precision  = 1e-7
)

// floatAnnuities returns what 1 at the start of each of 12, 36 and 60 months is worth at a yearly rate.
func floatAnnuities(rate float64) [3]float64 {
	if rate == 0 {
		return [3]float64{12, 36, 60}
	}
	year := 1 / (1 + rate)
	v := math.Pow(year, 1.0/12)
	return [3]float64{(1 - year) / (1 - v), (1 - year*year*year) / (1 - v), (1 - year*year*year*year*year) / (1 - v)}
}

// annuityGrid returns the annuities at each step from 0 to maxSwitch.
func annuityGrid() [][3]float64 {
	grid := make([][3]float64, 1+int(math.Round(maxSwitch/switchStep)))
	for i := range grid {
		grid[i] = floatAnnuities(float64(i) * switchStep)
	}
	return grid
}

// bend is above what the level price of 1 upfront bends by: the second derivative, by the rate, of 1 over each annuity.
const bend = 0.03

// contest is what competes at each discount rate: the allowed options and a month without a contract, less those that never win.
type contest struct {
	choices []audit.Choice // in the order in which the first of equals wins
	upfront []float64
	monthly []float64
	term    []int   // index into floatAnnuities
	bend    float64 // what the difference of two level prices bends by at the most
}

// newContest returns the contest between the options that can be recommended and month, if its price is known.
func newContest(options []*option, month monthPrice) *contest {
	list := make([]*option, 0, len(options)+1)
	for _, o := range options {
		if o.measured() && o.Allowed {
			list = append(list, o)
		}
	}
	c := &contest{}
	if len(list) == 0 {
		return c
	}
	slices.SortStableFunc(list, func(x, y *option) int {
		return cmp.Or(x.upfront.cmp(y.upfront), cmp.Compare(x.Months, y.Months))
	})
	var stay *option
	if month.price != nil {
		stay = &option{monthly: *month.price}
		stay.Months = termMonths(oneYear) // or any: nothing is upfront
		if month.source == billed {
			list = slices.Insert(list, 0, stay) // it wins where it costs as much
		} else {
			list = append(list, stay)
		}
	}
	for i, o := range list {
		if slices.ContainsFunc(list[:i], func(p *option) bool { return p.undercuts(o) }) ||
			slices.ContainsFunc(list[i+1:], func(p *option) bool { return p.undercuts(o) && !o.undercuts(p) }) {
			continue
		}
		choice := audit.Choice{Action: audit.ActionMonthToMonth}
		if o != stay {
			choice = audit.Choice{Action: audit.ActionRenew, PaymentTerm: audit.Optional(o.PaymentTerm),
				PaymentOption: audit.Optional(o.PaymentOption)}
		}
		upfront := o.upfront.float()
		c.choices, c.term = append(c.choices, choice), append(c.term, (o.Months-12)/24)
		c.upfront, c.monthly = append(c.upfront, upfront), append(c.monthly, o.monthly.float())
		c.bend = max(c.bend, 2*bend*math.Abs(upfront))
	}
	return c
}

// undercuts reports whether o costs no more than p at any discount rate.
func (o *option) undercuts(p *option) bool {
	return o.monthly.cmp(p.monthly) <= 0 &&
		(o.upfront == usd{} && p.upfront.sign() >= 0 || o.Months == p.Months && o.upfront.cmp(p.upfront) <= 0)
}

// position is a discount rate, the index of the choice with the lowest level price there, and how much lower it is than any other.
type position struct {
	rate   float64
	winner int
	lead   float64
}

// at returns the position at a rate, at which 1 a month is worth so much.
func (c *contest) at(rate float64, worth [3]float64) position {
	winner, lowest, next := 0, math.Inf(1), math.Inf(1)
	for i, upfront := range c.upfront {
		level := upfront/worth[c.term[i]] + c.monthly[i]
		if level < lowest {
			winner, lowest, next = i, level, lowest
		} else if level < next {
			next = level
		}
	}
	return position{rate, winner, next - lowest}
}

// switchRates returns the discount rates from 0 to 30% at which another choice than below becomes the cheapest, each right to
// 0.01 percentage points; never nil.
func (a *Analyst) switchRates(options []*option, month monthPrice) []audit.SwitchRate {
	c, list := newContest(options, month), []audit.SwitchRate{}
	if len(c.choices) < 2 {
		return list
	}
	low := c.at(0, a.grid[0])
	for i := 1; i < len(a.grid); i++ {
		high := c.at(float64(i)*switchStep, a.grid[i])
		list = c.bisect(list, low, high)
		low = high
	}
	return list
}

// bisect appends the switches between two positions. Where one choice wins at both, another can win between them only if it comes
// so near at one of them that the difference of their level prices, which bends by no more than c.bend, can change its sign.
func (c *contest) bisect(list []audit.SwitchRate, low, high position) []audit.SwitchRate {
	width := high.rate - low.rate
	switch {
	case low.winner == high.winner && (width <= shortest || min(low.lead, high.lead) > c.bend*width*width/8):
		return list
	case width < precision:
		percent := strconv.FormatFloat((low.rate+high.rate)/2*100, 'f', 2, 64)
		return append(list, audit.SwitchRate{Percent: json.Number(percent), Below: c.choices[low.winner], Above: c.choices[high.winner]})
	}
	rate := low.rate + width/2
	middle := c.at(rate, floatAnnuities(rate))
	return c.bisect(c.bisect(list, low, middle), middle, high)
}
