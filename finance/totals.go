package finance

import (
	"fmt"
	"time"

	"tenor/audit"
)

// outpostTotals is what one Outpost adds to its account.
type outpostTotals struct {
	contract  *heldContract // nil when the Outpost does not count: another account owns it, or it has no billing
	remaining usd
	flows     flows
	gap       *audit.Gap // why its payments are not all known; nil when they are
}

// heldContract is a contract that counts, with what its facts say in the form that sums and comparisons need.
type heldContract struct {
	audit.Renewal
	end, notice time.Time           // zero when the contract end is unknown
	best        *audit.PricedOption // the recommended option; nil when there is none
	upfront     usd                 // of best, as are these
	monthly     usd
	tcv         usd
}

// outpostTotals returns what an Outpost, of which w was made, adds to its account.
func (a *Analyst) outpostTotals(r *audit.Resource, w *outpostWork) (*outpostTotals, error) {
	o := &outpostTotals{flows: flows{asOf: a.asOf}}
	if g, ok := r.Gaps[sectionBilling]; ok {
		o.gap = &g
	}
	c := w.contract
	if w.facts.Shared || !w.facts.HasBilling || c == nil {
		return o, nil
	}
	f := &heldContract{Renewal: audit.Renewal{Resource: r.Ref(), OutpostFacts: w.facts}}
	o.contract, o.remaining = f, c.remaining(a.asOf)
	for i := range c.subscriptions {
		s := &c.subscriptions[i]
		switch {
		case !s.runs():
		case s.dated() && s.priced:
			o.flows.subscription(s)
		default:
			o.gap = firstGap(o.gap, &audit.Gap{Operation: audit.KindOf(r.Kind).Operation(sectionBilling), Reason: audit.ReasonMalformed,
				Message: fmt.Sprintf("subscription %s of %s has no readable dates or prices", s.id, r.ID)})
		}
	}
	if end := c.end(); !end.IsZero() {
		f.end, f.notice = end, a.notice(end)
	}
	if err := f.readBest(); err != nil {
		return nil, err
	}
	if charged, start := a.renewalDates(c); f.best != nil && !start.IsZero() {
		o.flows.renewal(f.upfront, f.monthly, f.best.Months, charged, start)
	}
	return o, nil
}

// readBest finds the recommended option and reads its amounts.
func (f *heldContract) readBest() error {
	if f.best = f.Best(); f.best == nil {
		return nil
	}
	for _, read := range [...]struct {
		to   *usd
		from string
	}{{&f.upfront, f.best.Upfront}, {&f.monthly, f.best.Monthly}, {&f.tcv, f.best.TCV}} {
		var err error
		if *read.to, err = readAmount(read.from); err != nil {
			return fmt.Errorf("read facts: %w", err)
		}
	}
	return nil
}

// renewalDates returns when the upfront of a renewal is charged, and when its term starts; zero when a renewal is settled or
// the contract end unknown. The term starts the day after the contract ends, or the day after what runs now where that is
// past. Renewing charges at once, and the notice deadline is the latest that is safe: so the upfront is charged on it, or
// today when it has passed.
func (a *Analyst) renewalDates(c *contract) (charged, start time.Time) {
	last := c.end()
	if last.IsZero() || !c.open(a.asOf) {
		return time.Time{}, time.Time{}
	}
	if last.Before(a.asOf) {
		last = a.asOf
		if c.latestActiveEnd.After(last) {
			last = c.latestActiveEnd
		}
	}
	charged = a.notice(last)
	if today := dateOf(a.asOf); charged.Before(today) {
		charged = today
	}
	return charged, dateOf(last).Add(day)
}
