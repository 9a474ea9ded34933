package finance

import (
	"slices"
	"strings"
	"time"

	"tenor/audit"
)

// decision returns the decision on file about the Outpost id, held against its contract; nil when there is none, or the Outpost is
// another account's. A nil contract is one that was not read.
func (a *Analyst) decision(f *audit.OutpostFacts, c *contract, id string) *audit.DecisionFacts {
	on := a.decisions[id]
	if on == nil || f.Shared {
		return nil
	}
	d := &audit.DecisionFacts{Decision: *on, Status: a.decisionStatus(string(f.ContractState), c, on)}
	if end, err := time.Parse(time.DateOnly, string(f.ContractEnd)); err == nil && d.Action != audit.ActionMonthToMonth {
		notice := a.notice(end)
		if d.Action == audit.ActionReturn {
			notice = notice.AddDate(0, 0, -a.assumed.ReturnLeadDays)
		}
		left := a.days.until(a.today, notice)
		d.Deadline, d.BusinessDays = dateString(notice), &left
	}
	return d
}

// decidedLevel returns the level price of what was decided about a contract with these options, in cents; nil where it has none.
func (a *Analyst) decidedLevel(f *audit.OutpostFacts, options []*option) *int64 {
	if f.Decision.Action == audit.ActionMonthToMonth {
		return f.MonthToMonthPriceCents
	}
	o := find(options, string(f.Decision.PaymentTerm), string(f.Decision.PaymentOption))
	if f.Decision.Action != audit.ActionRenew || o == nil || !o.measured() {
		return nil
	}
	return new(a.annuity[o.Months].level(o.upfront, o.monthly).cents())
}

// decisionNote says what keeps an open decision from being carried out as it stands; empty where nothing does. Nil prices are those that
// were not read.
func (a *Analyst) decisionNote(d *audit.DecisionFacts, prices *renewalPricing, options []*option) string {
	if d.Status != audit.DecisionOpen {
		return ""
	}
	var notes []string
	if d.Action == audit.ActionRenew && prices != nil && d.LevelPriceCents == nil {
		term, payment := string(d.PaymentTerm), string(d.PaymentOption)
		listed := slices.ContainsFunc(options, func(o *option) bool { return o.PaymentTerm == term && o.PaymentOption == payment })
		switch {
		case listed:
			notes = append(notes, "AWS's price for "+audit.PricedWords(term, payment)+" is not one in US dollars")
		case prices.PricingResult == "UNABLE_TO_PRICE":
			notes = append(notes, "AWS could not price the renewal")
		default:
			notes = append(notes, "AWS has no price for "+audit.PricedWords(term, payment))
		}
	}
	if d.DecidedOn > audit.LatestToday(a.asOf) {
		notes = append(notes, "its date is ahead, and no renewal that begins by "+d.DecidedOn+" is counted as what was decided")
	}
	return strings.Join(notes, "; ")
}

// decisionStatus says whether AWS shows what was decided about a contract in that state.
func (a *Analyst) decisionStatus(state string, c *contract, d *audit.Decision) string {
	if state == audit.StateRetired {
		return doneIf(d.Action == audit.ActionReturn)
	}
	if state == audit.StateUnknown || c == nil {
		return audit.DecisionUnknown
	}
	taken := c.renewalsSince(d.DecidedOn, a.today)
	switch {
	case len(taken) == 0 && state == audit.StateRenewed:
		return doneIf(d.Action == audit.ActionRenew) // it was renewed before the decision was written down
	case len(taken) > 0:
		done := false
		for _, s := range taken {
			done = done || d.Action == audit.ActionRenew && s.fits(string(d.PaymentTerm), string(d.PaymentOption))
		}
		return doneIf(done)
	case state == audit.StateMonthToMonth && d.Action == audit.ActionMonthToMonth:
		return audit.DecisionDone
	}
	return audit.DecisionOpen
}

func doneIf(done bool) string {
	if done {
		return audit.DecisionDone
	}
	return audit.DecisionContradicted
}

// renewalsSince returns the renewals that run or are to run and begin after a day, YYYY-MM-DD; one whose begin is unknown is among
// them while it is PENDING and longer than a month.
func (c *contract) renewalsSince(day string, today time.Time) []*subscription {
	after, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil
	}
	var list []*subscription
	for i := range c.subscriptions {
		s := &c.subscriptions[i]
		unknown := s.begin.IsZero() && s.status == statusPending && !s.endsSoon(today)
		if s.kind == typeRenewal && s.term() && s.runs() && (unknown || dateOf(s.begin).After(after)) {
			list = append(list, s)
		}
	}
	return list
}

// fits reports whether a renewal may be one of that term and option, which AWS names on no subscription: its length is right to a
// month, and it has the prices that the option has. What is unknown fits.
func (s *subscription) fits(term, option string) bool {
	if n := termMonths(term); n > 0 && s.dated() && (s.months() < n-1 || s.months() > n+1) {
		return false
	}
	if !s.priced {
		return true
	}
	upfront, monthly := s.upfront.sign() > 0, s.monthly.sign() > 0
	switch option {
	case allUpfront:
		return !monthly
	case noUpfront:
		return !upfront
	case partialUpfront:
		return upfront == monthly // both, or nothing at all
	}
	return true
}

// Decisions returns the decisions on file and what became of each, in the order of the file. One whose Outpost was not added, or is
// another account's, is DecisionUnused.
func (e *Estate) Decisions() []audit.DecisionResult {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := []audit.DecisionResult{}
	for _, d := range e.analyst.assumed.Decisions {
		r := audit.DecisionResult{Decision: d, Status: audit.DecisionUnused}
		if found := e.decided[audit.OutpostID(d.Outpost)]; found != nil {
			r.Status, r.Name, r.Account, r.Region, r.Note = found.Status, found.Name, found.Account, found.Region, found.Note
		}
		list = append(list, r)
	}
	return list
}
