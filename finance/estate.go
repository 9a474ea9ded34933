package finance

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// Estate adds up the resources of a run. What it says depends on which resources were added and not on their order. It
// keeps the facts of each Outpost, and counts of everything else. Its methods may be called by several goroutines at
// once; what it answers covers what was added before.
type Estate struct {
	analyst *Analyst

	mu       sync.Mutex
	accounts map[string]*account
}

// account is what an Estate keeps of one account.
type account struct {
	id, name  string
	kinds     map[string]*tally
	contracts []heldContract
	remaining decimal.Decimal
	flows     flows
	gap       *audit.Gap // why the commitments are not whole; nil when they are
}

// tally counts the resources of one kind.
type tally struct {
	total    int
	byStatus map[string]*int
}

// NewEstate returns an empty estate of the accounts given. An account that only a resource names joins them without a
// name.
func (a *Analyst) NewEstate(accounts []audit.Account) *Estate {
	e := &Estate{analyst: a, accounts: map[string]*account{}}
	for _, acc := range accounts {
		e.account(acc.ID).name = acc.Name
	}
	return e
}

// account returns the account called id; the caller holds the lock, or is alone.
func (e *Estate) account(id string) *account {
	acc := e.accounts[id]
	if acc == nil {
		acc = &account{id: id, kinds: map[string]*tally{}, flows: newFlows()}
		for _, kind := range audit.CollectedKinds {
			acc.kinds[kind] = &tally{byStatus: map[string]*int{}}
		}
		e.accounts[id] = acc
	}
	return acc
}

// Add counts a resource for which Enrich has been called. Add each once. An estate.account adds nothing.
func (e *Estate) Add(r *audit.Resource) error {
	if r.Kind == audit.KindAccount {
		return nil
	}
	var o *outpostTotals
	if r.Kind == audit.KindOutpost {
		var err error
		if o, err = e.analyst.outpostTotals(r); err != nil {
			return fmt.Errorf("add %s %s in %s/%s: %w", r.Kind, r.ID, r.Account, r.Region, err)
		}
	}
	status := stringMember(r.Spec, statusMember(r.Kind))
	e.mu.Lock()
	defer e.mu.Unlock()
	acc := e.account(r.Account)
	acc.count(r.Kind, status)
	if o == nil {
		return nil
	}
	acc.gap = firstGap(acc.gap, o.gap)
	if o.contract != nil {
		acc.contracts = append(acc.contracts, *o.contract)
		acc.remaining = acc.remaining.Add(o.remaining)
		acc.flows.addAll(o.flows)
	}
	return nil
}

// count counts a resource; one without a status counts in the total alone.
func (acc *account) count(kind string, status []byte) {
	t := acc.kinds[kind]
	if t == nil {
		t = &tally{byStatus: map[string]*int{}}
		acc.kinds[kind] = t
	}
	t.total++
	if len(status) == 0 {
		return
	}
	n := t.byStatus[string(status)]
	if n == nil {
		n = new(int)
		t.byStatus[string(status)] = n
	}
	*n++
}

// outpostTotals is what one Outpost adds to its account.
type outpostTotals struct {
	contract  *heldContract // nil when the Outpost does not count: another account owns it, or it has no billing
	remaining decimal.Decimal
	flows     flows
	gap       *audit.Gap // why its payments are not all known; nil when they are
}

// heldContract is a contract that counts, with what its facts say in the form that sums and comparisons need.
type heldContract struct {
	audit.Renewal
	end, notice time.Time           // zero when the contract end is unknown
	best        *audit.PricedOption // the recommended option; nil when there is none
	upfront     decimal.Decimal     // of best, as are these
	monthly     decimal.Decimal
	tcv         decimal.Decimal
}

// outpostTotals returns what an enriched Outpost adds to its account.
func (a *Analyst) outpostTotals(r *audit.Resource) (*outpostTotals, error) {
	o := &outpostTotals{flows: newFlows()}
	if g, ok := r.Gaps["billing"]; ok {
		o.gap = &g
	}
	if r.Facts == nil {
		return nil, errors.New("it has no facts: Enrich comes first")
	}
	f := &heldContract{Renewal: audit.Renewal{Resource: r.Ref()}}
	if err := json.Unmarshal(r.Facts, &f.OutpostFacts); err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	if f.Shared || !f.HasBilling {
		return o, nil
	}
	c, err := readContract(r.Related["billing"], "related.billing")
	if err != nil || c == nil {
		return o, err
	}
	o.contract, o.remaining = f, c.remaining(a.cfg.AsOf)
	for i := range c.subscriptions {
		s := &c.subscriptions[i]
		switch {
		case !s.runs():
		case s.dated() && s.priced:
			o.flows.subscription(s, a.cfg.AsOf)
		default:
			o.gap = firstGap(o.gap, &audit.Gap{Operation: operationBilling, Reason: audit.ReasonMalformed,
				Message: fmt.Sprintf("subscription %s of %s has no readable dates or prices", s.id, r.ID)})
		}
	}
	if end := c.end(); !end.IsZero() {
		f.end, f.notice = end, a.notice(end)
	}
	if err := f.readBest(); err != nil {
		return nil, err
	}
	if f.best != nil && !f.Decided && !f.end.IsZero() {
		charged, start := a.renewalDates(c, f.notice)
		o.flows.renewal(f.upfront, f.monthly, f.best.Months, charged, start)
	}
	return o, nil
}

// readBest finds the recommended option and reads its amounts.
func (f *heldContract) readBest() error {
	if f.Recommended == nil {
		return nil
	}
	for i := range f.Options {
		o := &f.Options[i]
		if o.Months == 0 || o.PaymentTerm != f.Recommended.PaymentTerm || o.PaymentOption != f.Recommended.PaymentOption {
			continue
		}
		f.best = o
		for _, amount := range [...]struct {
			to   *decimal.Decimal
			from string
		}{{&f.upfront, o.Upfront}, {&f.monthly, o.Monthly}, {&f.tcv, o.TCV}} {
			var err error
			if *amount.to, err = decimal.NewFromString(amount.from); err != nil {
				return fmt.Errorf("read facts: %w", err)
			}
		}
		return nil
	}
	return nil
}

// renewalDates returns when the upfront of the recommended renewal is charged, and when its term starts. Renewing charges
// at once, so waiting until the notice deadline is the latest that is safe: that is the date, or today when it has
// passed. The term starts the day after the contract end; when that has passed, the day after what runs now.
func (a *Analyst) renewalDates(c *contract, notice time.Time) (charged, start time.Time) {
	charged, last := notice, c.end()
	if charged.Before(dateOf(a.cfg.AsOf)) {
		charged = dateOf(a.cfg.AsOf)
	}
	if last.Before(a.cfg.AsOf) {
		last = a.cfg.AsOf
		if c.latestActiveEnd.After(last) {
			last = c.latestActiveEnd
		}
	}
	return charged, dateOf(last).Add(day)
}

// The operations that what an account has committed to rests on.
const (
	operationOutposts = "ListOutposts"
	operationBilling  = "GetOutpostBillingInformation"
)

// Incomplete tells the estate that something of an account was not collected. The account's commitments become unknown
// if that may hide a contract: access to the account, a scope that was not asked at all (no operation), the list of
// Outposts, or their billing. Any other gap changes nothing.
func (e *Estate) Incomplete(account string, gap audit.Gap) {
	if !hidesContracts(gap.Operation) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	acc := e.account(account)
	acc.gap = firstGap(acc.gap, &gap)
}

// hidesContracts reports whether contracts may be missing where the operation failed.
func hidesContracts(operation string) bool {
	switch operation {
	case "", "AssumeRole", "GetCallerIdentity", operationOutposts, operationBilling:
		return true
	}
	return false
}

// firstGap returns the one of two gaps, each of which may be nil, that comes first whichever was met first.
func firstGap(a, b *audit.Gap) *audit.Gap {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	if cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Message, b.Message)) <= 0 {
		return a
	}
	return b
}

// sorted returns the accounts by id; the caller holds the lock.
func (e *Estate) sorted() []*account {
	list := make([]*account, 0, len(e.accounts))
	for _, id := range slices.Sorted(maps.Keys(e.accounts)) {
		list = append(list, e.accounts[id])
	}
	return list
}

// Accounts returns the estate.account resources with their facts, ordered by id. The section "commitments" of one whose
// contracts are not all known is a gap.
func (e *Estate) Accounts() ([]audit.Resource, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := []audit.Resource{}
	for _, acc := range e.sorted() {
		r := audit.Resource{Kind: audit.KindAccount, ID: acc.id, Name: acc.name, Account: acc.id,
			Related: map[string]json.RawMessage{}, Gaps: map[string]audit.Gap{}}
		if acc.gap != nil {
			r.Gaps["commitments"] = *acc.gap
		}
		var err error
		if r.Spec, err = audit.EncodeJSON(struct{ AccountId, Name string }{acc.id, acc.name}); err != nil {
			return nil, fmt.Errorf("account %s: %w", acc.id, err)
		}
		if r.Facts, err = audit.EncodeJSON(acc.facts()); err != nil {
			return nil, fmt.Errorf("account %s: %w", acc.id, err)
		}
		list = append(list, r)
	}
	return list, nil
}

// facts returns the account's facts; the caller holds the lock.
func (acc *account) facts() audit.AccountFacts {
	f := audit.AccountFacts{Name: acc.name, RemainingCommitment: money(acc.remaining), RemainingCommitmentCents: cents(acc.remaining),
		ContractEnds: []audit.ContractEnd{}, Counts: map[string]audit.Count{}}
	contracts := []*heldContract{}
	for i := range acc.contracts {
		if c := &acc.contracts[i]; !c.end.IsZero() && !c.MonthToMonth {
			contracts = append(contracts, c)
		}
	}
	slices.SortFunc(contracts, func(a, b *heldContract) int {
		return cmp.Or(a.end.Compare(b.end), cmp.Compare(a.Resource.ID, b.Resource.ID), cmp.Compare(a.Resource.Region, b.Resource.Region))
	})
	for _, c := range contracts {
		f.ContractEnds = append(f.ContractEnds, audit.ContractEnd{Outpost: c.Resource.ID, Name: c.Resource.Name, Region: c.Resource.Region,
			End: string(c.ContractEnd), Decided: c.Decided})
	}
	for kind, t := range acc.kinds {
		byStatus := map[string]int{}
		for status, n := range t.byStatus {
			byStatus[status] = *n
		}
		f.Counts[kind] = audit.Count{Total: t.total, ByStatus: byStatus}
	}
	return f
}
