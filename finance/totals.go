package finance

import (
	"fmt"
	"time"

	"tenor/audit"
)

// The operations that what an account has committed to rests on.
const (
	operationOutposts = "ListOutposts"
	operationBilling  = "GetOutpostBillingInformation"
	operationPricing  = "GetRenewalPricing"
	operationQuote    = "GetQuote"
)

// outpostTotals is what one Outpost adds to its account.
type outpostTotals struct {
	contract  *heldContract // nil when the Outpost does not count: another account owns it, or it has no billing
	remaining usd           // 0 when there is a gap, as are the flows of the contract as it stands
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
	c := w.contract
	if g, ok := r.Gaps[sectionBilling]; ok && !w.facts.Shared {
		o.gap = &g
	}
	if w.facts.Shared || !w.facts.HasBilling || c == nil {
		return o, nil
	}
	f := &heldContract{Renewal: audit.Renewal{Resource: r.Ref(), OutpostFacts: w.facts}}
	o.contract = f
	if o.gap = w.prices; o.gap == nil {
		o.remaining, _ = c.remaining(a.asOf)
		for i := range c.subscriptions {
			if s := &c.subscriptions[i]; s.runs() {
				o.flows.subscription(s)
			}
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
