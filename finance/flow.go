package finance

import (
	"fmt"
	"time"

	"tenor/audit"
)

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
func (f *flows) index(m audit.Month) int { return int(m - audit.MonthOf(f.asOf)) }

func (f *flows) addAll(g *flows) {
	f.cash.addAll(g.cash)
	f.amortised.addAll(g.amortised)
	f.renewalCash.addAll(g.renewalCash)
	f.renewalAmortised.addAll(g.renewalAmortised)
}

// subscription adds what is still to be paid on s after as_of, and what the months from as_of's on use up.
func (f *flows) subscription(s *subscription) {
	n, begin, charged := s.months(), f.index(audit.MonthOf(s.begin)), s.charged(f.asOf)
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
	paid, begin := f.index(audit.MonthOf(charged)), f.index(audit.MonthOf(start))
	f.renewalCash.reach(max(paid+1, begin+n))
	f.renewalAmortised.reach(begin + n)
	f.renewalCash.add(paid, upfront)
	for k := range n {
		f.renewalCash.add(begin+k, monthly)
		f.renewalAmortised.add(begin+k, monthly.add(share(upfront, k, n)))
	}
}

// share returns the part of an upfront that is amortised in the k-th of n months: what is amortised to its end, rounded to cents,
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
func byMonth(first audit.Month, committed, renewals series) []audit.Period {
	return periods(first, committed, renewals, audit.Month.String)
}

// byFiscalYear returns the same money as byMonth by the fiscal year that begins with start.
func byFiscalYear(first audit.Month, committed, renewals series, start int) []audit.Period {
	return periods(first, committed, renewals, func(m audit.Month) string { return fmt.Sprintf("FY%04d", m.FiscalYear(start)) })
}

// periods adds up consecutive months that have the same name.
func periods(first audit.Month, committed, renewals series, name func(audit.Month) string) []audit.Period {
	n := max(committed.months(), renewals.months())
	ends := func(i int) bool { return i == n-1 || name(first+audit.Month(i)) != name(first+audit.Month(i+1)) }
	count := 0
	for i := range n {
		if ends(i) {
			count++
		}
	}
	list := make([]audit.Period, 0, count) // there are as many for each account, and they stay
	var c, with usd
	for i := range n {
		c = c.add(committed.at(i))
		with = with.add(committed.at(i)).add(renewals.at(i))
		if !ends(i) {
			continue
		}
		p := audit.Period{Period: name(first + audit.Month(i)), Committed: c.String()}
		if p.WithRenewals = p.Committed; with != c {
			p.WithRenewals = with.String()
		}
		list = append(list, p)
		c, with = usd{}, usd{}
	}
	return list
}
