package finance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"tenor/audit"
)

// Estate adds up the resources of a run. What it says depends on which resources were added and not on their order. It
// keeps the end of each contract and the facts of each open quote, a bounded table of what the provisioned products have in common, and
// counts of everything else. Its methods may be called by several goroutines at once; what it answers covers what was added before.
type Estate struct {
	analyst *Analyst

	mu       sync.Mutex
	accounts map[string]*account
	sums     contractSums
	renewals *audit.RenewalSorter                                    // see Keep; nil: they are dropped
	unkept   error                                                   // the first that the sorter gave
	decided  map[string]*audit.DecisionResult                        // what became of the decisions on file, by the Outpost's id
	charges  func(account string) (audit.AccountCharges, *audit.Gap) // see Charge; nil: there is no bill
	home     string                                                  // the account on which stands what is found of the estate as a whole
	products products
	unlisted *audit.Gap // why AWS may have more provisioned products; nil when it has not
}

// account is what an Estate keeps of one account.
type account struct {
	id, name  string
	kinds     map[string]*tally
	outposts  int                 // with a contract that counts, as it is in the sums
	ends      []audit.ContractEnd // of the running and the renewed of these whose end is known
	unknown   int                 // Outposts of its own whose payments are not known, and are in none of the sums
	remaining usd
	flows     flows
	quotes    []audit.OpenQuote // for an Outpost
	gap       *audit.Gap        // why the commitments are not whole; nil when they are
	uncounted *audit.Gap        // why the counts are not; nil when they are
	unquoted  *audit.Gap        // why the open quotes are not; nil when they are
}

// tally counts the resources of one kind.
type tally struct {
	total    int
	byStatus map[string]*int
}

// tally returns that of a kind.
func (acc *account) tally(kind string) *tally {
	t := acc.kinds[kind]
	if t == nil {
		t = &tally{byStatus: map[string]*int{}}
		acc.kinds[kind] = t
	}
	return t
}

// add counts n resources to those of a status.
func (t *tally) add(status []byte, n int) {
	of := t.byStatus[string(status)]
	if of == nil {
		of = new(int)
		t.byStatus[string(status)] = of
	}
	*of += n
}

// NewEstate returns an empty estate of the accounts given. An account that only a resource names joins them without a
// name. What is found of the estate as a whole stands on the first account by id, or as Home says.
func (a *Analyst) NewEstate(accounts []audit.Account) *Estate {
	e := &Estate{analyst: a, accounts: map[string]*account{}, decided: map[string]*audit.DecisionResult{}}
	for _, acc := range accounts {
		e.account(acc.ID).name = acc.Name
	}
	return e
}

// Home sets the account of the estate, by its id, on which stands what is found of it as a whole. One that is none of its accounts
// changes nothing.
func (e *Estate) Home(account string) { e.home = account }

// Keep has the estate keep the renewals in a sorter, which is the caller's to close. Without one they are dropped.
func (e *Estate) Keep(renewals *audit.RenewalSorter) { e.renewals = renewals }

// Renewals returns the contract of each Outpost that counts, by notice deadline (none last), account, region and id. The list is that
// of the sorter; an error says that it could not keep them all.
func (e *Estate) Renewals() (audit.RenewalList, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.renewals == nil || e.unkept != nil {
		return audit.RenewalList{}, e.unkept
	}
	return e.renewals.List(), nil
}

// account returns the account called id; the caller holds the lock, or is alone.
func (e *Estate) account(id string) *account {
	acc := e.accounts[id]
	if acc == nil {
		acc = &account{id: id, kinds: map[string]*tally{}, flows: flows{asOf: e.analyst.asOf}}
		for _, kind := range audit.CollectedKinds() {
			acc.tally(kind.Name)
		}
		e.accounts[id] = acc
	}
	return acc
}

// Enrich sets the facts of a resource, as Analyst.Enrich does, and counts it. Enrich each once; an estate.account counts
// nothing. One that cannot be read, which is the error, is counted all the same: it has a kind and a
// status, and no contract where that cannot be read. Incomplete is to say so. It is safe for concurrent use.
func (e *Estate) Enrich(r *audit.Resource) error {
	d, unread, err := e.analyst.enrich(r)
	if err == nil {
		err = e.add(r, d)
	}
	if err != nil {
		var o *outpostTotals
		if r.Kind == audit.KindOutpost {
			_, gap := GapOf(r.Kind, err)
			o = &outpostTotals{gap: &gap}
		}
		e.take(r, o, derived{})
	}
	return cmp.Or(err, unread)
}

// add adds a resource, of which d was made.
func (e *Estate) add(r *audit.Resource, d derived) error {
	if r.Kind == audit.KindAccount {
		return nil
	}
	var o *outpostTotals
	if d.outpost != nil {
		var err error
		if o, err = e.analyst.outpostTotals(r, d.outpost); err != nil {
			return fmt.Errorf("add %s %s in %s/%s: %w", r.Kind, r.ID, r.Account, r.Region, err)
		}
	}
	e.take(r, o, d)
	return nil
}

// take counts a resource, and adds up the contract that it has when o is not nil. D is what was made of it.
func (e *Estate) take(r *audit.Resource, o *outpostTotals, d derived) {
	status := member(r.Spec, audit.KindOf(r.Kind).Status)
	quote, unquoted := e.analyst.openQuote(r)
	e.mu.Lock()
	defer e.mu.Unlock()
	acc := e.account(r.Account)
	acc.count(r.Kind, status)
	switch r.Kind {
	case audit.KindProvisionedProduct:
		e.products.addProduct(r, d.product, e.analyst.today)
	case audit.KindProduct:
		e.products.Budgets.add(r, d.catalogue)
	}
	acc.unquoted = firstGap(acc.unquoted, unquoted)
	if quote != nil {
		acc.quotes = append(acc.quotes, *quote)
	}
	if o == nil {
		return
	}
	if o.decision != nil {
		e.decided[r.ID] = &audit.DecisionResult{Decision: o.decision.Decision, Status: o.decision.Status,
			Name: r.Name, Account: r.Account, Region: r.Region, Note: o.decision.Note}
	}
	if o.gap != nil {
		acc.unknown++
	}
	acc.gap = firstGap(acc.gap, o.gap)
	if c := o.contract; c != nil {
		acc.outposts++
		acc.remaining = acc.remaining.add(o.remaining)
		acc.flows.addAll(&o.flows)
		if c.committed() {
			acc.ends = append(acc.ends, audit.ContractEnd{Outpost: c.Resource.ID, Name: c.Resource.Name, Region: c.Resource.Region,
				End: string(c.ContractEnd), Days: *c.DaysToEnd, State: string(c.ContractState)})
		}
		e.sums.add(c, e.analyst)
		if e.renewals != nil {
			e.unkept = cmp.Or(e.unkept, e.renewals.Add(&c.Renewal))
		}
	}
}

// count counts a resource; one without a status counts in the total alone.
func (acc *account) count(kind string, status []byte) {
	t := acc.tally(kind)
	t.total++
	if len(status) > 0 {
		t.add(status, 1)
	}
}

// Incomplete tells the estate that something of an account was not collected. The account's commitments become unknown
// if that may hide a contract: access to the account, a scope that was not asked at all (no operation), the list of
// Outposts, or their billing. Its open quotes do likewise, by the list of quotes. Its counts become unknown if that may hide a
// resource: anything but the details of one. The causes of the estate become unknown by the list of provisioned products.
func (e *Estate) Incomplete(account string, gap audit.Gap) {
	contracts := hides(audit.KindOutpost, gap.Operation) || gap.Operation == audit.KindOf(audit.KindOutpost).Operation(sectionBilling)
	details := isDetail(gap.Operation)
	if details && !contracts {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	acc := e.account(account)
	if contracts {
		acc.gap = firstGap(acc.gap, &gap)
	}
	if hides(audit.KindQuote, gap.Operation) {
		acc.unquoted = firstGap(acc.unquoted, &gap)
	}
	if hides(audit.KindProvisionedProduct, gap.Operation) {
		e.unlisted = firstGap(e.unlisted, &gap)
	}
	if !details {
		acc.uncounted = firstGap(acc.uncounted, &gap)
	}
}

// Uncounted tells the estate that an operation failed without which the run does. Where it lists a kind, the account has no count of it.
func (e *Estate) Uncounted(account, operation string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	acc := e.account(account)
	for _, kind := range audit.CollectedKinds() {
		if kind.List == operation {
			delete(acc.kinds, kind.Name)
		}
	}
}

// isDetail reports whether an operation tells of resources that another one finds: none of them is missing where it failed.
func isDetail(operation string) bool {
	if slices.ContainsFunc(audit.Kinds[:], func(k audit.Kind) bool { return k.List == operation }) {
		return false
	}
	return slices.ContainsFunc(audit.Kinds[:], func(k audit.Kind) bool {
		return slices.ContainsFunc(k.Sections, func(s audit.Section) bool { return s.Operation == operation })
	})
}

// hides reports whether resources of a kind may be missing where the operation failed.
func hides(kind, operation string) bool {
	switch operation {
	case "", "AssumeRole", "GetCallerIdentity", audit.KindOf(kind).List:
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
	return audit.Map(slices.Sorted(maps.Keys(e.accounts)), func(id string) *account { return e.accounts[id] })
}

// Accounts ranges over the estate.account resources with their facts, ordered by id, each made as it comes: its facts are as long as it
// has contracts. The section "commitments" of one whose contracts are not all known is a gap, and so is the section "counts" of one whose
// resources are not, and "quotes" of one whose open quotes are not. Of the one on which it stands, "causes" is a gap where it is not
// known why all products failed that did. An error ends it.
func (e *Estate) Accounts() iter.Seq2[*audit.Resource, error] {
	return func(yield func(*audit.Resource, error) bool) {
		e.mu.Lock()
		accounts, home := e.sorted(), e.home
		if e.accounts[home] == nil && len(accounts) > 0 {
			home = accounts[0].id
		}
		e.mu.Unlock()
		for _, acc := range accounts {
			r, err := e.resource(acc, acc.id == home)
			if err != nil {
				yield(nil, fmt.Errorf("account %s: %w", acc.id, err))
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// resource returns the resource of an account; home is that on which stands what is found of the estate as a whole.
func (e *Estate) resource(acc *account, home bool) (*audit.Resource, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	facts, gaps := acc.facts(), map[string]*audit.Gap{"commitments": acc.gap, "counts": acc.uncounted, "quotes": acc.unquoted}
	if home {
		facts.Causes, gaps["causes"] = e.products.causes(e.analyst.today), e.causesGap()
	}
	r := &audit.Resource{Kind: audit.KindAccount, ID: acc.id, Name: acc.name, Account: acc.id,
		Related: map[string]json.RawMessage{}, Gaps: map[string]audit.Gap{}}
	for section, gap := range gaps {
		if gap != nil {
			r.Gaps[section] = *gap
		}
	}
	var err error
	if r.Spec, err = audit.EncodeJSON(map[string]string{"AccountId": acc.id, "Name": acc.name}); err != nil {
		return nil, err
	}
	if err := e.charge(r, &facts); err != nil {
		return nil, err
	}
	r.Facts, err = audit.EncodeJSON(facts)
	return r, err
}

// facts returns the account's facts; the caller holds the lock.
func (acc *account) facts() audit.AccountFacts {
	f := audit.AccountFacts{Name: acc.name, RemainingCommitment: acc.remaining.String(), RemainingCommitmentCents: acc.remaining.cents(),
		ContractEnds: []audit.ContractEnd{}, OpenQuotes: quotesByOutpost(acc.quotes), Counts: map[string]audit.Count{}}
	slices.SortFunc(acc.ends, func(a, b audit.ContractEnd) int {
		return cmp.Or(cmp.Compare(a.Days, b.Days), cmp.Compare(a.Outpost, b.Outpost), cmp.Compare(a.Region, b.Region))
	})
	f.ContractEnds = append(f.ContractEnds, acc.ends...)
	for kind, t := range acc.kinds {
		byStatus := map[string]int{}
		for status, n := range t.byStatus {
			byStatus[status] = *n
		}
		f.Counts[kind] = audit.Count{Total: t.total, ByStatus: byStatus}
	}
	return f
}
