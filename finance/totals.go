package finance

import (
	"fmt"
	"time"

	"tenor/audit"
)

// monthsStayed is for how many months an Outpost that stays month-to-month is in the cash flow.
const monthsStayed = 12

// outpostTotals is what one Outpost adds to its account.
type outpostTotals struct {
	contract  *heldContract // nil when the Outpost does not count: another account owns it, or it has no billing
	remaining usd           // 0 when there is a gap, as are the flows of the contract as it stands
	flows     flows
	gap       *audit.Gap // why its payments are not all known; nil when they are
	decision  *audit.DecisionFacts
}

// heldContract is a contract that counts, with what its facts say in the form that sums and comparisons need.
type heldContract struct {
	audit.Renewal
	end, notice time.Time           // the start of each day; zero when the contract end is unknown
	best        *audit.PricedOption // the option decided on, else the one recommended; nil when there is none
	upfront     usd                 // of best, as are these
	monthly     usd
	tcv         usd
}

// committed reports whether the contract has an end that counts.
func (f *heldContract) committed() bool {
	return !f.end.IsZero() && (f.ContractState == audit.StateRunning || f.ContractState == audit.StateRenewed)
}

// outpostTotals returns what an Outpost, of which w was made, adds to its account.
func (a *Analyst) outpostTotals(r *audit.Resource, w *outpostWork) (*outpostTotals, error) {
	o := &outpostTotals{flows: flows{asOf: a.asOf}, decision: w.facts.Decision}
	c := w.contract
	if g, ok := r.Gaps[sectionBilling]; ok && !w.facts.Shared {
		o.gap = &g
	}
	if w.facts.Shared || c == nil {
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
	if end := w.state.end; !end.IsZero() {
		f.end, f.notice = end, a.notice(end)
	}
	if err := f.readBest(); err != nil {
		return nil, err
	}
	charged, start := a.renewalDates(c, &w.state)
	switch {
	case start.IsZero():
	case f.best != nil:
		o.flows.renewal(f.upfront, f.monthly, f.best.Months, charged, start)
	case f.Chosen() != nil && f.Chosen().Action == audit.ActionMonthToMonth && f.MonthToMonthPrice != "":
		month, err := readAmount(string(f.MonthToMonthPrice))
		if err != nil {
			return nil, fmt.Errorf("read facts: %w", err)
		}
		o.flows.renewal(usd{}, month, monthsStayed, start, start)
	}
	return o, nil
}

// readBest finds the option decided on or recommended and reads its amounts.
func (f *heldContract) readBest() error {
	if f.best = f.Option(f.Chosen()); f.best == nil {
		return nil
	}
	for _, read := range [...]struct {
		to   *usd
		from string
	}{{&f.upfront, f.best.Upfront}, {&f.monthly, f.best.Monthly}, {&f.tcv, string(f.best.TCV)}} {
		var err error
		if *read.to, err = readAmount(read.from); err != nil {
			return fmt.Errorf("read facts: %w", err)
		}
	}
	return nil
}

// renewalDates returns when the upfront of a renewal is charged, and when its term starts; zero unless the contract runs or is
// month-to-month, and where its end is unknown. The term starts the day after the contract ends, or the day after what runs now where
// that is past. Renewing charges at once, and the notice deadline is the latest that is safe: so the upfront is charged on it, or
// today when it has passed.
func (a *Analyst) renewalDates(c *contract, st *contractState) (charged, start time.Time) {
	var last time.Time
	switch st.name {
	case audit.StateRunning:
		last = st.end
	case audit.StateMonthToMonth:
		last = a.today
		for i := range c.subscriptions {
			if s := &c.subscriptions[i]; s.active() {
				last = later(last, s.end)
			}
		}
	default:
		return time.Time{}, time.Time{}
	}
	return later(a.notice(last), a.today), last.Add(day)
}
