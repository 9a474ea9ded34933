package audit

import (
	"cmp"
	"fmt"
	"slices"
)

// ContractChange is what a report and its baseline say of one Outpost's contract.
type ContractChange struct {
	Resource ResourceRef `json:"resource"`
	// Before and After are null where the report has no contract of the Outpost: it was not read, or is not there.
	Before *ContractStand `json:"before"`
	After  *ContractStand `json:"after"`
}

// ContractStand is how a contract stands: what is chosen is the decision on file, or else what is recommended.
type ContractStand struct {
	State      string   `json:"state"`       // one of the States; empty where it is not known
	Choice     *Choice  `json:"choice"`      // nil when there is none
	OnFile     bool     `json:"on_file"`     // it is a decision on file
	LevelPrice *Money   `json:"level_price"` // a month, of the choice; nil when it has no price
	Total      *Money   `json:"total"`       // total contract value of the choice; nil when it is no renewal or has no price
	Due        Optional `json:"due"`         // YYYY-MM-DD, the notice deadline while it is to be decided; null else
}

// CashChange is the cash of a fiscal year, as chosen, in a report and in its baseline; "0.00" where one does not reach the year.
type CashChange struct {
	Period string `json:"period"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Compare sets what r changes over the baseline about contracts and cash. The contracts stand in the order of r's renewals, those that
// only the baseline has after them; the fiscal years in their order. An error is that of reading the renewals.
func (c *Changes) Compare(before, r *Report) error {
	c.Contracts, c.Cash = []ContractChange{}, []CashChange{}
	type name [3]string
	at := map[name]int{}
	for rn, err := range r.Renewals.All() {
		if err != nil {
			return fmt.Errorf("renewals: %w", err)
		}
		if !rn.Shared {
			at[name{rn.Resource.Account, rn.Resource.Region, rn.Resource.ID}] = len(c.Contracts)
			c.Contracts = append(c.Contracts, ContractChange{Resource: rn.Resource, After: rn.stand()})
		}
	}
	for rn, err := range before.Renewals.All() {
		if err != nil {
			return fmt.Errorf("renewals of the baseline: %w", err)
		}
		if rn.Shared {
			continue
		}
		if j, ok := at[name{rn.Resource.Account, rn.Resource.Region, rn.Resource.ID}]; ok {
			c.Contracts[j].Before = rn.stand()
			continue
		}
		c.Contracts = append(c.Contracts, ContractChange{Resource: rn.Resource, Before: rn.stand()})
	}
	amounts := map[string][2]string{}
	for side, periods := range [...][]Period{before.Commitments.Total.CashByFiscalYear, r.Commitments.Total.CashByFiscalYear} {
		for _, p := range periods {
			v := amounts[p.Period]
			v[side] = p.WithRenewals
			amounts[p.Period] = v
		}
	}
	for period, v := range amounts {
		c.Cash = append(c.Cash, CashChange{period, cmp.Or(v[0], "0.00"), cmp.Or(v[1], "0.00")})
	}
	slices.SortFunc(c.Cash, func(x, y CashChange) int { return cmp.Compare(x.Period, y.Period) })
	return nil
}

// stand returns how the contract stands. What is settled, and what is not known, has no choice.
func (r *Renewal) stand() *ContractStand {
	s := &ContractStand{State: string(r.ContractState)}
	if s.State != StateRunning && s.State != StateMonthToMonth {
		return s
	}
	s.Choice, s.OnFile = r.Chosen(), r.OnFile()
	switch {
	case s.OnFile:
		if level := r.Decision.LevelPriceCents; level != nil {
			s.LevelPrice = CentsToMoney(*level).Monthly()
		}
	case r.Recommended != nil:
		s.LevelPrice = CentsToMoney(r.Recommended.LevelPriceCents).Monthly()
	}
	if option := r.Option(s.Choice); option != nil {
		s.Total = moneyOf(option.TCVCents)
	}
	if r.Due() {
		s.Due = r.NoticeDeadline
	}
	return s
}
