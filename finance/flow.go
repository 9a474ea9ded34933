package finance

import (
	"fmt"
	"time"

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

// series is an amount for each month from that of as_of on; a month beyond its end is 0.
type series []usd

// reach makes room for n months.
func (s *series) reach(n int) {
	if n > len(*s) {
		*s = append(*s, make(series, n-len(*s))...)
	}
}

func (s series) add(i int, a usd) { s[i] = s[i].add(a) }

func (s *series) addAll(t series) {
	s.reach(len(t))
	for i, a := range t {
		s.add(i, a)
	}
}

func (s series) at(i int) usd {
	if i < len(s) {
		return s[i]
	}
	return usd{}
}

// months returns how many months there are up to the last with an amount.
func (s series) months() int {
	n := len(s)
	for n > 0 && s[n-1] == (usd{}) {
		n--
	}
	return n
}

// flows are the payments of an account, and what its months use up.
type flows struct {
	asOf                          time.Time
	cash, amortised               series // on contracts as they stand
	renewalCash, renewalAmortised series // on the recommended renewals
}

// index returns the place of a month in the series.
func (f *flows) index(m month) int { return int(m - monthOf(f.asOf)) }

func (f *flows) addAll(g *flows) {
	f.cash.addAll(g.cash)
	f.amortised.addAll(g.amortised)
	f.renewalCash.addAll(g.renewalCash)
	f.renewalAmortised.addAll(g.renewalAmortised)
}

// subscription adds what is still to be paid on s after as_of, and what the months from as_of's on use up.
func (f *flows) subscription(s *subscription) {
	n, begin, charged := s.months(), f.index(monthOf(s.begin)), s.charged(f.asOf)
	f.cash.reach(begin + n)
	f.amortised.reach(begin + n)
	for k := max(0, -begin); k < n; k++ {
		if k >= charged {
			f.cash.add(begin+k, s.monthly)
		}
		f.amortised.add(begin+k, s.monthly.add(share(s.upfront, k, n)))
	}
}

// renewal adds a renewal of n months: the upfront on the day it is charged, the monthly price at the start of each month
// from start on.
func (f *flows) renewal(upfront, monthly usd, n int, charged, start time.Time) {
	paid, begin := f.index(monthOf(charged)), f.index(monthOf(start))
	f.renewalCash.reach(max(paid+1, begin+n))
	f.renewalAmortised.reach(begin + n)
	f.renewalCash.add(paid, upfront)
	for k := range n {
		f.renewalCash.add(begin+k, monthly)
		f.renewalAmortised.add(begin+k, monthly.add(share(upfront, k, n)))
	}
}

// share returns the part of an upfront that the k-th of n months uses up: what is used up to its end, rounded to cents,
// less the same for the month before. So the months' parts add up to the upfront exactly.
func share(upfront usd, k, n int) usd {
	if upfront == (usd{}) {
		return upfront
	}
	used := func(months int) usd {
		if months == n {
			return upfront
		}
		return upfront.times(months).over(n).round(2)
	}
	return used(k + 1).sub(used(k))
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
	n := max(committed.months(), renewals.months())
	var c, with usd
	for i := range n {
		c = c.add(committed.at(i))
		with = with.add(committed.at(i)).add(renewals.at(i))
		if m := first + month(i); i == n-1 || name(m) != name(m+1) {
			list = append(list, audit.Period{Period: name(m), Committed: c.String(), WithRenewals: with.String()})
			c, with = usd{}, usd{}
		}
	}
	return list
}
