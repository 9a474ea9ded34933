package finance

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tenor/audit"
)

// contracts returns every contract that counts, by notice deadline (none last), account, region and id; the caller holds
// the lock.
func (e *Estate) contracts() []*heldContract {
	list := []*heldContract{}
	for _, acc := range e.accounts {
		list = append(list, acc.contracts...)
	}
	slices.SortFunc(list, func(a, b *heldContract) int {
		return cmp.Or(compareDates(a.notice, b.notice), cmp.Compare(a.Resource.Account, b.Resource.Account),
			cmp.Compare(a.Resource.Region, b.Resource.Region), cmp.Compare(a.Resource.ID, b.Resource.ID))
	})
	return list
}

// compareDates puts a date that is not known last.
func compareDates(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		return b.Compare(a)
	}
	return a.Compare(b)
}

// Renewals returns the contract of each Outpost that counts, by notice deadline (none last), account, region and id.
func (e *Estate) Renewals() []audit.Renewal {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := []audit.Renewal{}
	for _, c := range e.contracts() {
		list = append(list, c.Renewal)
	}
	return list
}

// MonthToMonth returns what the Outposts without a contract come to, each amount to whole cents.
func (e *Estate) MonthToMonth() audit.MonthToMonth {
	e.mu.Lock()
	defer e.mu.Unlock()
	var m audit.MonthToMonth
	var price, above int64
	costs := 0
	for _, c := range e.contracts() {
		if !c.MonthToMonth() {
			continue
		}
		m.Count++
		if c.MonthToMonthPriceCents == nil {
			m.Unpriced++
			continue
		}
		price += *c.MonthToMonthPriceCents
		if c.CostOfInactionCents != nil {
			above += *c.CostOfInactionCents
			costs++
		}
	}
	if m.Count > m.Unpriced {
		m.Price = audit.CentsToMoney(price).Monthly()
	}
	if costs > 0 {
		m.Above = audit.CentsToMoney(above).Monthly()
	}
	return m
}

// Deadlines returns the five decisions with the nearest notice deadlines, those that have passed before their contract's
// end first.
func (e *Estate) Deadlines() []audit.Deadline {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := []audit.Deadline{}
	for _, c := range e.contracts() {
		d, ok := c.Deadline(e.analyst.asOf)
		if !ok {
			continue
		}
		if list = append(list, d); len(list) == audit.NearestDeadlines {
			break
		}
	}
	return list
}

// DecisionsDue returns how many decisions have their notice deadline within 30, 90 and 180 days, and what the recommended
// options come to: their total contract values.
func (e *Estate) DecisionsDue() []audit.DecisionsDue {
	e.mu.Lock()
	defer e.mu.Unlock()
	list, contracts := []audit.DecisionsDue{}, e.contracts()
	for _, days := range [...]int{30, 90, 180} {
		d, sum := audit.DecisionsDue{WithinDays: days}, usd{}
		for _, c := range contracts {
			if !c.Due() || daysBetween(e.analyst.today, c.notice) > days {
				continue
			}
			d.Count++
			if c.Recommended == nil {
				d.Unpriced++
			}
			sum = sum.add(c.tcv)
		}
		d.Amount = audit.CentsToMoney(sum.cents())
		list = append(list, d)
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
		if len(acc.contracts)+acc.unknown == 0 {
			continue
		}
		list.Accounts = append(list.Accounts, e.commitment(acc))
		total.contracts = append(total.contracts, acc.contracts...)
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
		Account: acc.id, Name: acc.name, Outposts: len(acc.contracts), Incomplete: acc.gap != nil, NotIncluded: acc.unknown,
		Remaining:   acc.remaining.String(),
		CashByMonth: byMonth(first, f.cash, f.renewalCash), CashByFiscalYear: byFiscalYear(first, f.cash, f.renewalCash, start),
		AmortisedByMonth:      byMonth(first, f.amortised, f.renewalAmortised),
		AmortisedByFiscalYear: byFiscalYear(first, f.amortised, f.renewalAmortised, start),
		ContractEnds:          e.quarters(acc.contracts),
	}
}

// quarters counts the ends of running and renewed contracts that are ahead, from as_of's quarter to the last with one.
func (e *Estate) quarters(contracts []*heldContract) []audit.Quarter {
	list := []audit.Quarter{}
	first := quarterOf(e.analyst.asOf)
	for _, c := range contracts {
		if !c.committed() || daysBetween(e.analyst.today, c.end) < 0 {
			continue
		}
		at := quarterOf(c.end) - first
		for q := len(list); q <= at; q++ {
			list = append(list, audit.Quarter{Quarter: fmt.Sprintf("%04d-Q%d", (first+q)/4, (first+q)%4+1)})
		}
		if c.ContractState == audit.StateRenewed {
			list[at].Decided++
		} else {
			list[at].Undecided++
		}
	}
	return list
}

// quarterOf counts calendar quarters from year 0.
func quarterOf(t time.Time) int { return int(audit.MonthOf(t)) / 3 }
