package billing

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// Known is what a run read that charges are held against.
type Known struct {
	Contracts []audit.ContractSchedule
	Products  []Product
	Coverage  *audit.Ledger // of the run: says where all Outposts and products are known
	// DiscountPercent is what AWS takes off the price of contracts, where a charge shows that its price was negotiated.
	DiscountPercent decimal.Decimal
}

// Product is a provisioned product.
type Product struct{ ARN, Account, Status string }

// finalAfter is how long after its end AWS still changes a month.
const finalAfter = 14 * 24 * time.Hour

// LastFinal returns the last month, YYYY-MM, that AWS changes no more at a time, as far as its date says.
func LastFinal(at time.Time) string { return (audit.MonthOf(at.UTC().Add(-finalAfter)) - 1).String() }

const usDollar = "USD"

// Reconcile holds charges against contracts, as things stood at asOf.
func Reconcile(c *audit.Charges, known Known, asOf time.Time) *audit.Billing {
	r := &reconciler{Charges: c, contracts: newContracts(known.Contracts), bill: newBill(c, asOf),
		share: decimal.NewFromInt(1).Sub(known.DiscountPercent.Shift(-2)), read: readScopes(known.Coverage, audit.ServiceOutposts),
		byScope: map[scope]*placed{}, unmatched: map[unmatchedKey]*decimal.NullDecimal{},
		strays: map[[2]string]bool{}}
	out := &audit.Billing{Sources: []audit.BillingSource{}, Outposts: []audit.OutpostBill{}, AccountRegions: []audit.OutpostBill{},
		Unmatched: []audit.UnmatchedCharge{}}
	for i := range c.Sources {
		s := &c.Sources[i]
		out.Sources = append(out.Sources, audit.BillingSource{Payer: s.Payer, Period: s.Period, Format: s.Format,
			Final: final(s, asOf), Lines: s.Lines, Manifest: s.Manifest, Invoices: inCents(s.Invoices)})
	}
	for i := range c.Rows {
		if row := &c.Rows[i]; row.Code == outpostsCode && contract(row.Class) {
			r.place(row)
		}
	}
	for at := range r.scopes {
		r.at(at)
	}
	for _, at := range slices.SortedFunc(maps.Keys(r.byScope), func(a, b scope) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region))
	}) {
		r.reconcile(at, out)
	}
	out.Unmatched = r.unmatchedCharges()
	order := func(a, b audit.OutpostBill) int {
		return cmp.Or(cmp.Compare(a.Period, b.Period), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region),
			cmp.Compare(a.Outpost, b.Outpost), cmp.Compare(a.Subscription, b.Subscription))
	}
	slices.SortFunc(out.Outposts, order)
	slices.SortFunc(out.AccountRegions, order)
	out.Products = productCosts(c, known, r.bill)
	return out
}

// inCents rounds what invoices come to.
func inCents(exact []audit.InvoiceTotal) []audit.InvoiceTotal {
	out := append([]audit.InvoiceTotal{}, exact...)
	for i := range out {
		out[i].Billed, out[i].Net = cents(amountIn(out[i].Billed)), cents(amountIn(out[i].Net))
	}
	return out
}

// final reports whether AWS changes a month no more.
func final(s *audit.ChargeSource, asOf time.Time) bool {
	month, err := audit.ParseMonth(s.Period)
	return err == nil && !asOf.Before((month + 1).Start().Add(finalAfter)) && s.NotInvoiced == 0
}

// readScopes returns where everything of a service is known: it was listed, or there is nothing. A gap wins.
func readScopes(ledger *audit.Ledger, service string) map[scope]bool {
	list := ""
	for _, k := range audit.Kinds {
		if k.Service == service && list == "" {
			list = k.List // of the first of the service's kinds, on which its others hang
		}
	}
	read := map[scope]bool{}
	for c := range ledger.All() {
		if c.Service != service && c.Service != "" || c.Operation != list && c.Operation != "" {
			continue
		}
		at := scope{c.Account, c.Region}
		there := c.Status == audit.StatusCollected || c.Status == audit.StatusNotEnabled || c.Status == audit.StatusNotOffered
		if before, seen := read[at]; seen {
			there = there && before
		}
		read[at] = there
	}
	return read
}

// bill is which months there are, and of whom.
type bill struct {
	asOf    time.Time
	periods []string
	sources map[[2]string]*audit.ChargeSource // by payer and period
	gaps    map[[2]string]bool
	payers  map[string]map[string]bool // by account
	blind   map[string]bool            // periods of which a source does not say whose accounts it has
}

func newBill(c *audit.Charges, asOf time.Time) *bill {
	b := &bill{asOf: asOf, sources: map[[2]string]*audit.ChargeSource{}, gaps: map[[2]string]bool{}, payers: map[string]map[string]bool{},
		blind: map[string]bool{}}
	periods := map[string]bool{}
	for i := range c.Sources {
		s := &c.Sources[i]
		periods[s.Period], b.sources[[2]string{s.Payer, s.Period}] = true, s
		if slices.Contains(s.Missing, MissingAccount) {
			b.blind[s.Period] = true
		}
		for _, a := range s.Accounts {
			if b.payers[a] == nil {
				b.payers[a] = map[string]bool{}
			}
			b.payers[a][s.Payer] = true
		}
	}
	for _, g := range c.Gaps {
		if g.Period != "" {
			periods[g.Period], b.gaps[[2]string{g.Payer, g.Period}] = true, true
		}
	}
	b.periods = slices.Sorted(maps.Keys(periods))
	return b
}

// standing is what is known of an account's month.
type standing struct {
	there   bool // some export has, or should have, the month
	why     string
	final   bool
	missing map[string]bool
}

// standing returns what is known of a month of an account. Of an account that no export has, nothing is.
func (b *bill) standing(account, period string) standing {
	s := standing{final: true, missing: map[string]bool{}}
	for payer := range b.payers[account] {
		source := b.sources[[2]string{payer, period}]
		if source == nil {
			if s.there = s.there || b.gaps[[2]string{payer, period}] || b.gaps[[2]string{"", period}]; s.there {
				s.why = audit.WhyNotCollected
			}
			continue
		}
		s.there, s.final = true, s.final && final(source, b.asOf)
		for _, m := range source.Missing {
			s.missing[m] = true
		}
	}
	if len(b.payers[account]) == 0 {
		s = standing{there: true, why: audit.WhyNotCollected}
		if b.blind[period] {
			s.why = audit.WhyMissingColumn
		}
	}
	return s
}

// nothing reports whether a column is missing without which no charge of a contract can be told.
func (s *standing) nothing() bool {
	return s.missing[MissingService] || s.missing[MissingCategory] || s.missing[MissingContracted]
}

// found is a charge and of whom it is.
type found struct {
	*audit.Charge
	match
}

// placed are the charges of an account and region.
type placed struct {
	byPeriod map[string][]found
	summed   map[string]bool // periods of which only the sum of several Outposts can be told
	named    map[string]bool // ids of the Outposts whose subscriptions charges tell apart
}

type unmatchedKey struct{ period, account, region, outpost, currency, why string }

// reconciler holds what Reconcile works on.
type reconciler struct {
	*audit.Charges
	*contracts
	*bill
	share     decimal.Decimal // of a contract's price that is left of it where it was negotiated: 1 where the discount is not known
	read      map[scope]bool
	byScope   map[scope]*placed
	unmatched map[unmatchedKey]*decimal.NullDecimal
	strays    map[[2]string]bool // accounts and periods with charges that a column which is missing might have matched
}

// price is what is charged of a contract's price.
func (r *reconciler) price(contract decimal.Decimal, negotiated bool) decimal.Decimal {
	if !negotiated {
		return contract
	}
	return contract.Mul(r.share)
}

func (r *reconciler) at(at scope) *placed {
	if r.byScope[at] == nil {
		r.byScope[at] = &placed{byPeriod: map[string][]found{}, summed: map[string]bool{}, named: map[string]bool{}}
	}
	return r.byScope[at]
}

// place puts a charge to the Outpost that it is of, to several of which it may be, or to what is unmatched.
func (r *reconciler) place(c *audit.Charge) {
	m := r.match(c)
	at := scope{c.Account, c.Region}
	if m.outpost == nil {
		candidates := r.scopes[at]
		missing := r.standing(c.Account, c.Period).missing
		blind := missing[missingCommitment] || missing[missingDescription] || missing[missingResource] || missing[missingRegion]
		why := ""
		switch {
		case m.named != "" && r.read[at] || r.read[at] && len(candidates) == 0:
			if why = audit.WhyNoContract; blind && m.named == "" {
				why = audit.WhyMissingColumn
			}
		case !r.read[at]:
			if why = audit.WhyNotCollected; missing[missingRegion] {
				why = audit.WhyMissingColumn
			}
		}
		if why != "" {
			if why == audit.WhyMissingColumn {
				r.strays[[2]string{c.Account, c.Period}] = true
			}
			k := unmatchedKey{c.Period, c.Account, c.Region, m.named, c.Currency, why}
			amount := amountIn(c.Contracted)
			if have := r.unmatched[k]; have != nil {
				amount = decimal.NullDecimal{Decimal: have.Decimal.Add(amount.Decimal), Valid: have.Valid && amount.Valid}
			}
			r.unmatched[k] = &amount
			return
		}
		m.by = byAccountRegion
		if len(candidates) == 1 {
			m.outpost = candidates[0]
		} else {
			r.at(at).summed[c.Period] = true
		}
	}
	if m.outpost != nil {
		at = scope{m.outpost.Account, m.outpost.Region}
	}
	p := r.at(at)
	p.byPeriod[c.Period] = append(p.byPeriod[c.Period], found{c, m})
	if m.subscription != nil {
		p.named[m.outpost.Outpost] = true
	}
}

// reconcile writes the rows of an account and region.
func (r *reconciler) reconcile(at scope, out *audit.Billing) {
	p := r.byScope[at]
	outposts := slices.Clone(r.scopes[at])
	for _, list := range p.byPeriod { // an Outpost without a contract that is charged nevertheless
		for _, f := range list {
			if f.outpost != nil && !slices.Contains(outposts, f.outpost) {
				outposts = append(outposts, f.outpost)
			}
		}
	}
	due := r.dues(outposts, p)
	for _, period := range r.periods {
		charges := p.byPeriod[period]
		if p.summed[period] || len(charges) == 0 && len(p.summed) > 0 {
			all := &row{found: charges, by: byAccountRegion}
			for _, o := range outposts {
				all.take(o)
			}
			if b, ok := r.compare(at, period, all, due); ok {
				out.AccountRegions = append(out.AccountRegions, b)
			}
			continue
		}
		for _, o := range outposts {
			for _, row := range rowsOf(o, charges, p.named[o.Outpost]) {
				if b, ok := r.compare(at, period, row, due); ok {
					b.Outpost, b.Subscription = audit.Optional(o.Outpost), audit.Optional(row.subscription)
					out.Outposts = append(out.Outposts, b)
				}
			}
		}
	}
}

// row is what one row of a bill is about.
type row struct {
	found         []found
	subscriptions []*audit.SubscriptionSchedule
	unread        bool
	subscription  string
	by            string
}

func (w *row) take(o *audit.ContractSchedule) {
	w.unread = w.unread || o.Unread
	for i := range o.Subscriptions {
		w.subscriptions = append(w.subscriptions, &o.Subscriptions[i])
	}
}

// rowsOf returns the rows of an Outpost in a month: one for each subscription where every charge names one, else one for all.
func rowsOf(o *audit.ContractSchedule, charges []found, apart bool) []*row {
	all := &row{}
	all.take(o)
	each := map[*audit.SubscriptionSchedule]*row{}
	var rows []*row
	for i := range o.Subscriptions {
		s := &o.Subscriptions[i]
		w := &row{subscriptions: []*audit.SubscriptionSchedule{s}, subscription: s.ID}
		each[s], rows = w, append(rows, w)
		apart = apart && s.ID != ""
	}
	for _, f := range charges {
		if f.outpost != o {
			continue
		}
		all.found = append(all.found, f)
		if f.subscription == nil {
			apart = false
		} else {
			w := each[f.subscription]
			w.found = append(w.found, f)
		}
	}
	if !apart || o.Unread {
		return []*row{all}
	}
	return rows
}

func (r *reconciler) unmatchedCharges() []audit.UnmatchedCharge {
	out := make([]audit.UnmatchedCharge, 0, len(r.unmatched))
	for k, amount := range r.unmatched {
		stands := r.standing(k.account, k.period)
		out = append(out, audit.UnmatchedCharge{Period: k.period, Final: stands.final, Account: k.account, Region: k.region,
			Outpost: audit.Optional(k.outpost), Billed: cents(*amount), Currency: k.currency, Why: k.why})
	}
	slices.SortFunc(out, func(a, b audit.UnmatchedCharge) int {
		return cmp.Or(cmp.Compare(a.Period, b.Period), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region),
			cmp.Compare(a.Outpost, b.Outpost), cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Why, b.Why))
	})
	return out
}

// amountIn reads an exact sum of a Charge; one that is null, or none, is not valid.
func amountIn(s audit.Optional) decimal.NullDecimal {
	d, err := decimal.NewFromString(string(s))
	return decimal.NullDecimal{Decimal: d, Valid: err == nil && s != ""}
}

// cents writes an amount with two decimals, rounded half away from zero; null for one that is not known.
func cents(d decimal.NullDecimal) audit.Optional {
	if !d.Valid {
		return ""
	}
	return audit.Optional(d.Decimal.StringFixed(2))
}
