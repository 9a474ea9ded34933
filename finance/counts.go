package finance

import "tenor/audit"

// Held reports whether an estate keeps more of a resource of the kind than a count: it has to be enriched where AddCounts does for
// the others.
func Held(kind string) bool { return kind == audit.KindOutpost || kind == audit.KindQuote }

// AddCounts adds what another estate has counted of an account: AccountFacts.Counts of the same account. Kinds that are Held are left
// out.
func (e *Estate) AddCounts(account string, counts map[string]audit.Count) {
	e.mu.Lock()
	defer e.mu.Unlock()
	acc := e.account(account)
	for kind, c := range counts {
		if Held(kind) {
			continue
		}
		t := acc.tally(kind)
		t.total += c.Total
		for status, n := range c.ByStatus {
			t.add([]byte(status), n)
		}
	}
}
