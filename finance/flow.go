package finance

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// month counts calendar months from year 0, so that months of different years compare and add.
type month int

func monthOf(t time.Time) month { return month(t.Year()*12 + int(t.Month()) - 1) }

func (m month) String() string { return fmt.Sprintf("%04d-%02d", int(m)/12, int(m)%12+1) }

// fiscalYear names the fiscal year of m after the year in which it ends.
func (m month) fiscalYear(start time.Month) string {
	year := int(m) / 12
	if start > time.January && m%12 >= month(start-1) {
		year++
	}
	return fmt.Sprintf("FY%04d", year)
}

// series is an amount for each month; a month it does not have is 0.
type series map[month]decimal.Decimal

func (s series) add(m month, d decimal.Decimal) {
	if !d.IsZero() {
		s[m] = s[m].Add(d)
	}
}

func (s series) addAll(t series) {
	for m, d := range t {
		s.add(m, d)
	}
}

// last returns the last month with an amount; ok is false when there is none.
func (s series) last() (last month, ok bool) {
	for m, d := range s {
		if !d.IsZero() && (!ok || m > last) {
			last, ok = m, true
		}
	}
	return last, ok
}

// flows are the payments of an account, and what its months use up.
type flows struct {
	cash, amortised               series // on contracts as they stand
	renewalCash, renewalAmortised series // on the recommended renewals
}

func newFlows() flows { return flows{series{}, series{}, series{}, series{}} }

func (f flows) addAll(g flows) {
	f.cash.addAll(g.cash)
	f.amortised.addAll(g.amortised)
	f.renewalCash.addAll(g.renewalCash)
	f.renewalAmortised.addAll(g.renewalAmortised)
}

// subscription adds what is still to be paid on s after asOf, and what the months from asOf's on use up.
func (f flows) subscription(s *subscription, asOf time.Time) {
	n := s.months()
	for k := range n {
		at := addMonths(s.begin, k)
		if at.After(asOf) {
			f.cash.add(monthOf(at), s.monthly)
		}
		if monthOf(at) >= monthOf(asOf) {
			f.amortised.add(monthOf(at), s.monthly.Add(share(s.upfront, k, n)))
		}
	}
}

// renewal adds a renewal of n months: the upfront on the day it is charged, the monthly price at the start of each month
// from start on.
func (f flows) renewal(upfront, monthly decimal.Decimal, n int, charged, start time.Time) {
	f.renewalCash.add(monthOf(charged), upfront)
	for k := range n {
		m := monthOf(addMonths(start, k))
		f.renewalCash.add(m, monthly)
		f.renewalAmortised.add(m, monthly.Add(share(upfront, k, n)))
	}
}

// share returns the part of an upfront that the k-th of n months uses up: what is used up to its end, rounded to cents,
// less the same for the month before. So the months' parts add up to the upfront exactly.
func share(upfront decimal.Decimal, k, n int) decimal.Decimal {
	if upfront.IsZero() {
		return upfront
	}
	used := func(months int) decimal.Decimal {
		if months == n {
			return upfront
		}
		return upfront.Mul(decimal.NewFromInt(int64(months))).DivRound(decimal.NewFromInt(int64(n)), 2)
	}
	return used(k + 1).Sub(used(k))
}

// byMonth returns both amounts of each month, from first to the last that has one, without a gap.
func byMonth(first month, committed, renewals series) []audit.Period {
	return periods(first, committed, renewals, month.String)
}

// byFiscalYear returns the same money as byMonth by the fiscal year that begins with start.
func byFiscalYear(first month, committed, renewals series, start time.Month) []audit.Period {
	return periods(first, committed, renewals, func(m month) string { return m.fiscalYear(start) })
}

// periods adds up consecutive months that have the same name.
func periods(first month, committed, renewals series, name func(month) string) []audit.Period {
	list := []audit.Period{}
	last, ok := committed.last()
	if m, some := renewals.last(); some && (!ok || m > last) {
		last, ok = m, true
	}
	if !ok {
		return list
	}
	var c, with decimal.Decimal
	for m := first; m <= last; m++ {
		c = c.Add(committed[m])
		with = with.Add(committed[m]).Add(renewals[m])
		if m == last || name(m) != name(m+1) {
			list = append(list, audit.Period{Period: name(m), Committed: money(c), WithRenewals: money(with)})
			c, with = decimal.Zero, decimal.Zero
		}
	}
	return list
}
