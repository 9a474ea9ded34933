package finance

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"tenor/audit"
)

// The discount rates over which switches are looked for, as fractions a year: from 0 to maxSwitch, in steps that two switches of
// one estate's prices rarely share.
const (
	maxSwitch  = 0.30
	switchStep = 0.0025
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

// contest is what competes at each discount rate: the allowed options, and a month without a contract.
type contest struct {
	options []*option // measured and allowed, in the order in which the first of equals wins
	upfront []float64
	monthly []float64
	term    []int // index into floatAnnuities
	month   float64
	stays   bool // a month without a contract competes
	ties    bool // and wins where it costs as much
}

// newContest returns the contest between the options that can be recommended and month, if its price is known.
func newContest(options []*option, month monthPrice) *contest {
	c := &contest{}
	for _, o := range options {
		if o.measured() && o.Allowed {
			c.options = append(c.options, o)
		}
	}
	slices.SortStableFunc(c.options, func(x, y *option) int {
		return cmp.Or(x.upfront.cmp(y.upfront), cmp.Compare(x.Months, y.Months))
	})
	for _, o := range c.options {
		c.upfront, c.monthly = append(c.upfront, o.upfront.float()), append(c.monthly, o.monthly.float())
		c.term = append(c.term, (o.Months-12)/24)
	}
	if month.price != nil {
		c.month, c.stays, c.ties = month.price.float(), true, month.source == billed
	}
	return c
}

// stay stands for month-to-month where the index of an option is meant.
const stay = -1

// winner returns the index of the option with the lowest level price, or stay.
func (c *contest) winner(worth [3]float64) int {
	best, lowest := stay, math.Inf(1)
	for i, upfront := range c.upfront {
		if level := upfront/worth[c.term[i]] + c.monthly[i]; level < lowest {
			best, lowest = i, level
		}
	}
	if c.stays && (c.month < lowest || c.ties && c.month == lowest) {
		return stay
	}
	return best
}

// choice returns what a winner stands for.
func (c *contest) choice(winner int) audit.Choice {
	if winner == stay {
		return audit.Choice{Action: audit.ActionMonthToMonth}
	}
	o := c.options[winner]
	return audit.Choice{Action: audit.ActionRenew, PaymentTerm: audit.Optional(o.PaymentTerm), PaymentOption: audit.Optional(o.PaymentOption)}
}

// switchRates returns the discount rates from 0 to 30 % at which another choice than below becomes the cheapest, each right to
// 0.01 percentage points; never nil.
func (a *Analyst) switchRates(options []*option, month monthPrice) []audit.SwitchRate {
	c := newContest(options, month)
	list := []audit.SwitchRate{}
	if len(c.options) == 0 || len(c.options) == 1 && !c.stays {
		return list
	}
	before := c.winner(a.grid[0])
	for i := 1; i < len(a.grid); i++ {
		if at := c.winner(a.grid[i]); at != before {
			list = c.bisect(list, float64(i-1)*switchStep, before, float64(i)*switchStep, at)
			before = at
		}
	}
	return list
}

// bisect appends the switches between two rates, at which different choices win.
func (c *contest) bisect(list []audit.SwitchRate, low float64, below int, high float64, above int) []audit.SwitchRate {
	if high-low < 1e-7 {
		percent := strconv.FormatFloat((low+high)/2*100, 'f', 2, 64)
		return append(list, audit.SwitchRate{Percent: json.Number(percent), Below: c.choice(below), Above: c.choice(above)})
	}
	middle := (low + high) / 2
	at := c.winner(floatAnnuities(middle))
	if at != below {
		list = c.bisect(list, low, below, middle, at)
	}
	if at != above {
		list = c.bisect(list, middle, at, high, above)
	}
	return list
}
