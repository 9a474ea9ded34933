package finance

import (
	"fmt"
	"slices"
	"time"

	"tenor/audit"
)

// dueWithin are the days within which decisions that are due are counted.
var dueWithin = [...]int{30, 90, 180}

// contractSums are what the contracts of an estate come to.
type contractSums struct {
	nearest []audit.Deadline // the first audit.NearestDeadlines by CompareDeadlines
	due     [len(dueWithin)]struct {
		count, unpriced int
		amount          usd
	}
	months struct { // without a contract; the amounts are cents
		count, unpriced, compared int
		price, above              int64
	}
}

func (s *contractSums) add(c *heldContract, a *Analyst) {
	if d, ok := c.Deadline(a.asOf); ok {
		at, _ := slices.BinarySearchFunc(s.nearest, d, audit.CompareDeadlines)
		if at < audit.NearestDeadlines {
			s.nearest = slices.Insert(s.nearest, at, d)
			s.nearest = s.nearest[:min(len(s.nearest), audit.NearestDeadlines)]
		}
	}
	for i, days := range dueWithin {
		if !c.Due() || audit.DaysBetween(a.today, c.notice) > days {
			continue
		}
		due := &s.due[i]
		due.count++
		if c.Recommended == nil {
			due.unpriced++
		}
		due.amount = due.amount.add(c.tcv)
	}
	if !c.MonthToMonth() {
		return
	}
	m := &s.months
	m.count++
	if c.MonthToMonthPriceCents == nil {
		m.unpriced++
		return
	}
	m.price += *c.MonthToMonthPriceCents
	if c.CostOfInactionCents != nil {
		m.above += *c.CostOfInactionCents
		m.compared++
	}
}

// MonthToMonth returns what the Outposts without a contract come to, each amount to whole cents.
func (e *Estate) MonthToMonth() audit.MonthToMonth {
	e.mu.Lock()
	defer e.mu.Unlock()
	of := &e.sums.months
	m := audit.MonthToMonth{Count: of.count, Unpriced: of.unpriced}
	if of.count > of.unpriced {
		m.Price = audit.CentsToMoney(of.price).Monthly()
	}
	if of.compared > 0 {
		m.Above = audit.CentsToMoney(of.above).Monthly()
	}
	return m
}

// Deadlines returns the five decisions with the nearest notice deadlines, those that have passed before their contract's
// end first.
func (e *Estate) Deadlines() []audit.Deadline {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]audit.Deadline{}, e.sums.nearest...)
}

// DecisionsDue returns how many decisions have their notice deadline within 30, 90 and 180 days, and what the recommended
// options come to: their total contract values.
func (e *Estate) DecisionsDue() []audit.DecisionsDue {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := []audit.DecisionsDue{}
	for i, days := range dueWithin {
		due := &e.sums.due[i]
		list = append(list, audit.DecisionsDue{WithinDays: days, Count: due.count, Unpriced: due.unpriced,
			Amount: audit.CentsToMoney(due.amount.cents())})
	}
	return list
}

// Commitments returns what is committed, as a whole and for each account that has a contract, or an Outpost of which that is not known.
func (e *Estate) Commitments() audit.Commitments {
	e.mu.Lock()
	defer e.mu.Unlock()
	total := account{flows: flows{asOf: e.analyst.asOf}}
	list := audit.Commitments{Currency: currency, Accounts: []audit.AccountCommitment{}}
	for _, acc := range e.sorted() {
		total.gap = firstGap(total.gap, acc.gap)
		if acc.outposts+acc.unknown == 0 {
			continue
		}
		list.Accounts = append(list.Accounts, e.commitment(acc))
		total.outposts += acc.outposts
		total.ends = append(total.ends, acc.ends...)
		total.unknown += acc.unknown
		total.remaining = total.remaining.add(acc.remaining)
		total.flows.addAll(&acc.flows)
	}
	list.Total = e.commitment(&total)
	return list
}

func (e *Estate) commitment(acc *account) audit.AccountCommitment {
	first, start, f := audit.MonthOf(e.analyst.asOf), e.analyst.assumed.FiscalYearStart, &acc.flows
	return audit.AccountCommitment{
		Account: acc.id, Name: acc.name, Outposts: acc.outposts, Incomplete: acc.gap != nil, NotIncluded: acc.unknown,
		Remaining:   acc.remaining.String(),
		CashByMonth: byMonth(first, f.cash, f.renewalCash), CashByFiscalYear: byFiscalYear(first, f.cash, f.renewalCash, start),
		AmortisedByMonth:      byMonth(first, f.amortised, f.renewalAmortised),
		AmortisedByFiscalYear: byFiscalYear(first, f.amortised, f.renewalAmortised, start),
		ContractEnds:          e.quarters(acc.ends),
	}
}

// quarters counts the ends of running and renewed contracts that are ahead, from as_of's quarter to the last with one.
func (e *Estate) quarters(ends []audit.ContractEnd) []audit.Quarter {
	list := []audit.Quarter{}
	first := quarterOf(e.analyst.asOf)
	for _, c := range ends {
		if c.Days < 0 {
			continue
		}
		at := quarterOf(e.analyst.today.AddDate(0, 0, c.Days)) - first
		for q := len(list); q <= at; q++ {
			list = append(list, audit.Quarter{Quarter: fmt.Sprintf("%04d-Q%d", (first+q)/4, (first+q)%4+1)})
		}
		if c.State == audit.StateRenewed {
			list[at].Decided++
		} else {
			list[at].Undecided++
		}
	}
	return list
}

// quarterOf counts calendar quarters from year 0.
func quarterOf(t time.Time) int { return int(audit.MonthOf(t)) / 3 }
