package finance

import (
	"slices"
	"time"

	"tenor/audit"
)

// contractState is what is known of a contract on a day: its dates, and which one of audit.States it is in. docs/finance.md
// defines both.
type contractState struct {
	name          string
	end           time.Time // the contract end; zero when no date is known
	endSource     string    // "contract_end_date" or "subscriptions"; empty when end is zero
	running       time.Time // the end of the term that runs; zero when no date is known
	latestTermEnd time.Time // of the ACTIVE terms that have begun; zero when none has a known end
}

// state returns the state of c today, of an Outpost whose LifeCycleStatus is lifecycle.
func (a *Analyst) state(c *contract, lifecycle string) contractState {
	st := c.dates(a.today)
	switch {
	case slices.Contains(a.assumed.RetiredStatuses, lifecycle), c.retired(st.end, a.today):
		st.name = audit.StateRetired
	case c.renewed(st.running, a.today):
		st.name = audit.StateRenewed
	case c.undated(st.end, a.today):
		st.name = audit.StateUnknown
	case c.rolls(a.today), !st.end.IsZero() && st.end.Before(a.today):
		st.name = audit.StateMonthToMonth
	case st.end.IsZero():
		st.name = audit.StateUnknown
	default:
		st.name = audit.StateRunning
	}
	return st
}

// dates returns what the dates of c say on the day today.
func (c *contract) dates(today time.Time) contractState {
	var st contractState
	var ends, running []time.Time
	var undated time.Time // the latest end of the ACTIVE terms whose begin is unknown
	for i := range c.subscriptions {
		s := &c.subscriptions[i]
		if !s.term() || !s.active() || s.end.IsZero() {
			continue
		}
		ends = append(ends, s.end)
		if s.begun(today) {
			running = append(running, s.end)
			st.latestTermEnd = later(st.latestTermEnd, s.end)
		} else if s.begin.IsZero() {
			undated = later(undated, s.end)
		}
	}
	st.end, st.endSource = nextEnd(ends, today), "subscriptions"
	if !c.endDate.IsZero() {
		if st.end = nextEnd(append(ends, c.endDate), today); st.end.Equal(c.endDate) {
			st.endSource = "contract_end_date"
		}
	}
	if st.end.IsZero() {
		for i := range c.subscriptions {
			if s := &c.subscriptions[i]; s.term() && s.status != statusCancelled && !(s.unsure() && s.over()) {
				st.end = later(st.end, s.end)
			}
		}
	}
	if st.end.IsZero() {
		st.endSource = ""
	}
	if st.running = nextEnd(running, today); st.running.Before(today) {
		if st.running = undated; undated.Before(today) {
			st.running = st.end
		}
	}
	return st
}

// nextEnd returns the first of ends that is today or later, else the latest; zero when there is none.
func nextEnd(ends []time.Time, today time.Time) time.Time {
	var next, last time.Time
	for _, end := range ends {
		last = later(last, end)
		if !end.Before(today) && (next.IsZero() || end.Before(next)) {
			next = end
		}
	}
	if next.IsZero() {
		return last
	}
	return next
}

// later returns the later of two dates; one that is unknown is zero, and the earlier.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// retired reports whether the terms say that the Outpost is returned: all were cancelled, or ended before their time. A renewal
// whose length is unknown may have been a month: it proves neither.
func (c *contract) retired(end, today time.Time) bool {
	terms, cancelled, over, early := 0, 0, 0, false
	for i := range c.subscriptions {
		s := &c.subscriptions[i]
		month := s.unsure()
		if !s.term() || month && s.status == statusCancelled {
			continue
		}
		terms++
		if s.over() {
			over++
		}
		if s.status == statusCancelled {
			cancelled++
		}
		early = early || !month && !s.end.Before(today)
	}
	if terms == 0 {
		return false
	}
	return cancelled == terms || over == terms && early && !end.Before(today)
}

// renewed reports whether a renewal follows the term that ends at running.
func (c *contract) renewed(running, today time.Time) bool {
	if running.IsZero() {
		return false
	}
	return slices.ContainsFunc(c.subscriptions, func(s subscription) bool {
		pending := s.status == statusPending
		switch {
		case s.kind != typeRenewal || !s.term() || !s.runs(), s.end.IsZero():
			return false
		case s.begin.IsZero():
			if !pending || s.endsSoon(today) {
				return false
			}
		case audit.DaysBetween(s.begin, running) > rollingDays, pending && audit.DaysBetween(s.begin, today) > rollingDays:
			return false
		}
		return audit.DaysBetween(running, s.end) > rollingDays && !s.end.Before(today)
	})
}

// undated reports whether an ACTIVE term ends on a day that cannot be read, while no contract end is known to be ahead.
func (c *contract) undated(end, today time.Time) bool {
	return end.Before(today) && slices.ContainsFunc(c.subscriptions,
		func(s subscription) bool { return s.term() && s.active() && s.end.IsZero() })
}

// rolls reports whether only months without a contract are left: no term runs or is to run, and such a month has begun.
func (c *contract) rolls(today time.Time) bool {
	begun := false
	for i := range c.subscriptions {
		s := &c.subscriptions[i]
		switch {
		case s.rolling():
			begun = begun || s.status != statusCancelled && s.begun(today)
		case s.term() && !s.over():
			return false
		}
	}
	return begun
}

// billedMonth returns what AWS bills for a month without a contract: the sum of the monthly prices of the ACTIVE rolling
// subscriptions that run. One that has ended while another runs does not, nor does one that another follows within a day. It is
// nil when one of them has no price in US dollars, and when the sum is not above 0.
func (c *contract) billedMonth(today time.Time) (price *usd, known bool) {
	var months []*subscription
	for i := range c.subscriptions {
		if s := &c.subscriptions[i]; s.rolling() && s.active() && s.begun(today) {
			months = append(months, s)
		}
	}
	over := func(s *subscription) bool { return s.end.Before(today) }
	anyRuns := slices.ContainsFunc(months, func(s *subscription) bool { return !over(s) })
	var sum usd
	for _, s := range months {
		followed := slices.ContainsFunc(months, func(t *subscription) bool {
			apart := audit.DaysBetween(s.end, t.begin)
			return t != s && -1 <= apart && apart <= 1
		})
		if over(s) && anyRuns || followed {
			continue
		}
		if s.damaged {
			return nil, false
		}
		if !s.priced {
			return nil, true
		}
		sum = sum.add(s.monthly)
	}
	if sum.sign() <= 0 {
		return nil, true
	}
	return &sum, true
}
