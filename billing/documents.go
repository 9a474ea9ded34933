package billing

import (
	"time"

	"tenor/audit"
)

// Documents is a bill as the documents of a run have it: the section charges of each, and why it is not whole. Several goroutines may read
// it at once.
type Documents struct {
	Billing *audit.Billing // the part of the report

	*bill
	charges  *audit.Charges
	active   map[string]bool // payers of which a line has the tag of provisioned products
	outposts map[string][]audit.OutpostBill
	products map[string][]audit.ProductCost
	accounts map[string]*audit.AccountCharges
}

// Join holds charges against contracts, as Reconcile does, and makes the sections of documents from it.
func Join(c *audit.Charges, known Known, asOf time.Time) *Documents {
	d := &Documents{Billing: Reconcile(c, known, asOf), bill: newBill(c, asOf), charges: c, active: map[string]bool{},
		outposts: map[string][]audit.OutpostBill{}, products: map[string][]audit.ProductCost{}, accounts: map[string]*audit.AccountCharges{}}
	for i := range c.Rows {
		if r := &c.Rows[i]; r.Product != "" {
			d.active[r.Payer] = true
		}
	}
	for _, o := range d.Billing.Outposts {
		d.outposts[string(o.Outpost)] = append(d.outposts[string(o.Outpost)], o)
	}
	edit := func(id string) *audit.AccountCharges {
		d.accounts[id] = d.account(id)
		return d.accounts[id]
	}
	for _, o := range d.Billing.AccountRegions {
		a := edit(o.Account)
		a.AccountRegions = append(a.AccountRegions, o)
	}
	for _, u := range d.Billing.Unmatched {
		a := edit(u.Account)
		a.Unmatched = append(a.Unmatched, u)
	}
	for _, p := range d.Billing.Products {
		if p.Why == audit.WhyGone || p.Why == audit.WhyNotCollected && p.Status == "" {
			a := edit(p.Account)
			a.Products = append(a.Products, p)
			continue
		}
		d.products[p.ARN] = append(d.products[p.ARN], p)
	}
	return d
}

// account returns what stands on the document of an account alone: of one without a charge, empty lists.
func (d *Documents) account(id string) *audit.AccountCharges {
	if a := d.accounts[id]; a != nil {
		return a
	}
	return &audit.AccountCharges{AccountRegions: []audit.OutpostBill{}, Unmatched: []audit.UnmatchedCharge{}, Products: []audit.ProductCost{}}
}

// Outpost returns what was charged for an Outpost of an account's own, and why that is not all; nil where it is.
func (d *Documents) Outpost(account, region, id string) (audit.OutpostCharges, *audit.Gap) {
	c := audit.OutpostCharges{Final: d.finalMonths(account), Rows: append([]audit.OutpostBill{}, d.outposts[id]...)}
	gap := d.unread(account)
	for _, o := range c.Rows {
		if gap == nil && o.Status == audit.BillCannotTell && o.Why != audit.WhyNotFinal && d.past(o.Period) {
			gap = d.gapFor(o.Period, string(o.Why))
		}
	}
	for _, o := range d.account(account).AccountRegions {
		if gap == nil && o.Region == region && d.past(o.Period) {
			gap = d.gapFor(o.Period, audit.WhyWhichOutpost)
		}
	}
	return c, gap
}

// Product returns what a provisioned product that was read cost, and why that is not all; nil where it is.
func (d *Documents) Product(account, arn string) (audit.ProductCharges, *audit.Gap) {
	c := audit.ProductCharges{Final: d.finalMonths(account), Costs: append([]audit.ProductCost{}, d.products[arn]...)}
	gap := d.unread(account)
	why := ""
	for _, p := range c.Costs {
		why = string(p.Why)
	}
	if why == "" && len(c.Costs) == 0 {
		why = d.untold(account, d.active)
	}
	if gap == nil && why != "" {
		gap = d.gapFor("", why)
	}
	return c, gap
}

// Account returns what stands on no other document of an account, and why that is not all; nil where it is.
func (d *Documents) Account(id string) (audit.AccountCharges, *audit.Gap) {
	c := *d.account(id)
	c.Final, c.TagInactive = d.finalMonths(id), d.untold(id, d.active) == audit.WhyTagInactive
	gap := d.unread(id)
	for _, u := range c.Unmatched {
		if gap == nil && u.Why != audit.WhyNoContract && d.past(u.Period) {
			gap = d.gapFor(u.Period, u.Why)
		}
	}
	for _, p := range c.Products {
		if gap == nil && p.Why == audit.WhyNotCollected {
			gap = d.gapFor("", string(p.Why))
		}
	}
	return c, gap
}

// past reports whether a month is one that AWS has closed, as far as its date says.
func (b *bill) past(period string) bool { return final(&audit.ChargeSource{Period: period}, b.asOf) }

// finalMonths returns the months of an account that were read and are final.
func (b *bill) finalMonths(account string) []string {
	months := []string{}
	for _, period := range b.periods {
		if s := b.standing(account, period); s.there && s.why == "" && s.final {
			months = append(months, period)
		}
	}
	return months
}

// unread returns why nothing is known of a whole account, or of one of its months that AWS has closed; nil where all was read.
func (d *Documents) unread(account string) *audit.Gap {
	payers := d.payers[account]
	for _, g := range d.charges.Gaps {
		ours := g.Payer == "" || len(payers) == 0 || payers[g.Payer]
		if ours && (g.Period == "" || d.past(g.Period)) && d.sources[[2]string{g.Payer, g.Period}] == nil {
			return &audit.Gap{Operation: audit.BillOperation(g.Export), Reason: g.Reason, Message: g.Text()}
		}
	}
	for _, period := range d.periods {
		s := d.standing(account, period)
		switch {
		case s.there && s.why != "" && len(payers) == 0:
			return d.gapFor("", s.why)
		case s.there && s.nothing() && d.past(period):
			return d.gapFor(period, audit.WhyMissingColumn)
		}
	}
	return nil
}

// reasons are those for which something cannot be told, in words.
var reasons = map[string]string{
	audit.WhyNotCollected:   "no bill that was read has the account, or the run did not read what was charged",
	audit.WhyMissingColumn:  "the bill does not say something that it rests on: docs/bill.md lists the columns of an export",
	audit.WhyTagInactive:    "no line has the tag of provisioned products: activate it as a cost allocation tag",
	audit.WhyContractUnread: "the contract, or a price or date of it, was not read",
	audit.WhyCurrency:       "it was charged in another currency than US dollars",
	audit.WhyDiscount:       "the price was negotiated, and how is not known: set billing.discount_percent",
	audit.WhyWhichOutpost:   "the bill does not say of which of several Outposts a charge is",
}

// from is what the bill was read from: the first of several exports.
func (d *Documents) from() string {
	for _, s := range d.charges.Sources {
		return s.Export
	}
	for _, g := range d.charges.Gaps {
		return g.Export
	}
	return ""
}

// gapFor is the gap for one of the reasons, in a month or, where it is empty, in all.
func (d *Documents) gapFor(period, why string) *audit.Gap {
	g := &audit.Gap{Operation: audit.BillOperation(d.from()), Reason: audit.ReasonError, Message: why + ": " + reasons[why]}
	if period != "" {
		g.Message = period + ": " + g.Message
	}
	return g
}
