package finance

import "tenor/audit"

// AddCounts adds what another estate has counted of an account: AccountFacts.Counts of the same account. Outposts are left
// out, whose contracts a count does not hold: they are for Add.
func (e *Estate) AddCounts(account string, counts map[string]audit.Count) {
	e.mu.Lock()
	defer e.mu.Unlock()
	acc := e.account(account)
	for kind, c := range counts {
		if kind == audit.KindOutpost {
			continue
		}
		t := acc.kinds[kind]
		if t == nil {
			t = &tally{byStatus: map[string]*int{}}
			acc.kinds[kind] = t
		}
		t.total += c.Total
		for status, n := range c.ByStatus {
			if t.byStatus[status] == nil {
				t.byStatus[status] = new(int)
			}
			*t.byStatus[status] += n
		}
	}
}
