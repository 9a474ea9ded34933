package workbook

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// The sheets of the bill.
const (
	billSheet        = "Bill"
	unexplainedSheet = "Unexplained charges"
	brokenSheet      = "Cost of broken products"
)

// billSheets are what other sheets know of those of the bill.
type billSheets struct {
	totals   *audit.BillTotals
	charges  *xlsx.Table[*charge]
	compared decimal.Decimal // the differences of the Outposts that count
	loose    *xlsx.Table[*looseCharge]
	noReason decimal.Decimal // the charges of these that count
	broken   *xlsx.Table[*brokenProduct]
	cost     decimal.Decimal // of the products that are broken, in the last final month
}

// charge is a row of Bill: a month of an Outpost or one of its subscriptions, or of several where only their sum can be told; or, below
// them, what the lines on an invoice come to.
type charge struct {
	*audit.OutpostBill
	lines       string // on the invoice; empty of another row
	name, place string // of its Outpost, and where that stands
	counts      bool   // the difference is one of those that the Outpost's own is made of
}

// looseCharge is a row of Unexplained charges.
type looseCharge struct {
	*audit.UnmatchedCharge
	counts bool // everything was read, and no contract is there for it
}

// brokenProduct is a row of Cost of broken products.
type brokenProduct struct {
	*audit.ProductCost
	month string              // the last final one
	facts *audit.ProductFacts // nil where the resources are not at hand, or it is not there
	place string
}

// The states of a product on its sheet, in their order.
const (
	productBroken  = "broken"
	productGone    = "gone"
	productUnknown = "not known"
)

func (p *brokenProduct) state() string {
	switch {
	case p.Why == audit.WhyGone:
		return productGone
	case p.Why != "":
		return productUnknown
	}
	return productBroken
}

// summand is the number that a cell of money shows: 0 for one that is empty or words.
func summand(amount string) decimal.Decimal {
	d, err := decimal.NewFromString(amount)
	if err != nil {
		return decimal.Zero
	}
	return d
}

// writeBill writes the sheets of the bill, where one was read.
func (s *sheets) writeBill() error {
	if s.r.Billing == nil {
		return nil
	}
	totals, err := s.r.Bill()
	if err != nil {
		return err
	}
	s.bill = &billSheets{totals: totals}
	return inTurn(s.writeCharges, s.writeLooseCharges, s.writeBrokenProducts)
}

func (s *sheets) writeCharges() error {
	type contract struct {
		label   string
		differs bool // the bill is held against it
	}
	known := map[audit.ResourceKey]contract{}
	err := s.eachRenewal(func(rn *audit.Renewal) error {
		known[rn.Resource.Key()] = contract{rn.Resource.Label(), rn.BilledDifference != ""}
		return nil
	})
	if err != nil {
		return err
	}
	open := map[audit.ResourceKey][]audit.OutpostBill{}
	for _, b := range s.r.Billing.Outposts {
		if !b.Final {
			key := audit.ResourceKey{Account: b.Account, Region: b.Region, ID: string(b.Outpost)}
			open[key] = append(open[key], b)
		}
	}
	var rows []*charge
	add := func(bills []audit.OutpostBill) error {
		for i := range bills {
			b := &bills[i]
			ref := audit.ResourceRef{Account: b.Account, Region: b.Region, ID: string(b.Outpost)}
			v := &charge{OutpostBill: b, name: cmp.Or(string(b.Outpost), "several, in "+b.Region), place: s.details.outpostPlace(&ref)}
			if c, ok := known[ref.Key()]; ok {
				v.name = c.label
				v.counts = b.Final && b.Difference != "" && c.differs && !b.EvensOut(open[ref.Key()])
			}
			if v.counts {
				difference, err := decimal.NewFromString(string(b.Difference))
				if err != nil {
					return fmt.Errorf("bill: difference of %s: %w", b.Period, err)
				}
				s.bill.compared = s.bill.compared.Add(difference)
			}
			rows = append(rows, v)
		}
		return nil
	}
	for _, bills := range [...][]audit.OutpostBill{s.r.Billing.Outposts, s.r.Billing.AccountRegions} {
		if err := add(bills); err != nil {
			return err
		}
	}
	for i := range s.r.Billing.Sources {
		rows = append(rows, invoiceRows(&s.r.Billing.Sources[i])...)
	}
	slices.SortStableFunc(rows, func(a, b *charge) int { return cmp.Compare(a.Period, b.Period) })
	s.bill.charges = xlsx.NewTable(s.Book, billSheet, "charges", chargeColumns())
	s.bill.charges.Total, s.bill.charges.TotalOf = "Total, of what counts", "Counts"
	return s.bill.charges.AddAll(rows)
}

// invoiceRows are the rows of a payer's month that an invoice can be held against.
func invoiceRows(source *audit.BillingSource) []*charge {
	var rows []*charge
	for i := range source.Invoices {
		t := &source.Invoices[i]
		name := "Invoice " + string(t.Invoice)
		if t.Invoice == "" {
			name = "No invoice id (" + source.Format + ")"
		}
		rows = append(rows, &charge{name: name, lines: strconv.FormatInt(t.Lines, 10), OutpostBill: &audit.OutpostBill{Period: source.Period,
			Final: source.Final, Account: source.Payer, Billed: t.Billed, Net: t.Net, Currency: t.Currency, Status: invoiced}})
	}
	return rows
}

// invoiced is the status of the rows of invoices.
const invoiced = "invoice total"

func chargeColumns() []xlsx.Column[*charge] {
	type row = *charge
	return []xlsx.Column[row]{
		{Head: "Month", Kind: xlsx.Month, Of: func(v row) string { return v.Period }},
		{Head: "Outpost", Of: func(v row) string { return v.name }, Link: func(v row) string { return v.place }},
		{Head: "Status", Of: func(v row) string { return ourWords(string(v.Status)) },
			Look: func(v row) xlsx.Look { return badIf(v.Status == audit.BillDiffers) }},
		{Head: "Why", Of: func(v row) string { return ourWords(string(v.Why)) }},
		{Head: "Expected", Kind: xlsx.Money, Of: func(v row) string { return string(v.Expected) }},
		{Head: "Billed", Kind: xlsx.Money, Of: func(v row) string { return audit.InCurrency(v.Billed, v.Currency) }},
		{Head: "Difference", Kind: xlsx.Money, When: func(v row) bool { return v.Difference != "" },
			Of: func(v row) string { return string(v.Difference) }, Live: func(row) string { return "{Billed}-{Expected}" }},
		{Head: "After discounts", Kind: xlsx.Money, Of: func(v row) string { return audit.InCurrency(v.Net, v.Currency) }},
		{Head: "Final", Of: func(v row) string { return yes(v.Final) }},
		{Head: "Counts", Of: func(v row) string { return yes(v.counts) }},
		{Head: "Matched by", Of: func(v row) string { return ourWords(string(v.MatchedBy)) }},
		{Head: "Account", Of: func(v row) string { return v.Account }},
		{Head: "Region", Of: func(v row) string { return v.Region }},
		{Head: "Lines", Kind: xlsx.Integer, Of: func(v row) string { return v.lines }},
		{Head: "Subscription ID", Kind: xlsx.Ident, Screen: true, Of: func(v row) string { return string(v.Subscription) }},
		{Head: "Outpost ID", Kind: xlsx.Ident, Of: func(v row) string { return string(v.Outpost) }},
	}
}

func (s *sheets) writeLooseCharges() error {
	var rows []*looseCharge
	for i := range s.r.Billing.Unmatched {
		u := &s.r.Billing.Unmatched[i]
		v := &looseCharge{u, u.Final && u.Why == audit.WhyNoContract && u.Currency == "USD"}
		if v.counts {
			s.bill.noReason = s.bill.noReason.Add(summand(string(u.Billed)))
		}
		rows = append(rows, v)
	}
	t := xlsx.NewTable(s.Book, unexplainedSheet, "unexplained charges", looseColumns())
	t.Total, t.TotalOf = "Total, without a contract", "Counts"
	s.bill.loose = t
	return t.AddAll(rows)
}

func looseColumns() []xlsx.Column[*looseCharge] {
	type row = *looseCharge
	return []xlsx.Column[row]{
		{Head: "Month", Kind: xlsx.Month, Of: func(v row) string { return v.Period }},
		{Head: "Why", Of: func(v row) string { return ourWords(v.Why) }, Look: func(v row) xlsx.Look { return badIf(v.counts) }},
		{Head: "Billed", Kind: xlsx.Money, Of: func(v row) string { return audit.InCurrency(v.Billed, v.Currency) }},
		{Head: "Final", Of: func(v row) string { return yes(v.Final) }},
		{Head: "Counts", Of: func(v row) string { return yes(v.counts) }},
		{Head: "Account", Of: func(v row) string { return v.Account }},
		{Head: "Region", Of: func(v row) string { return v.Region }},
		{Head: "Outpost, as the charge names it", Kind: xlsx.Ident, Of: func(v row) string { return string(v.Outpost) }},
	}
}

// writeBrokenProducts ranks the products that are broken by what they cost in the last final month, then those that are gone, then those
// of which it cannot be told.
func (s *sheets) writeBrokenProducts() error {
	rank := map[string]int{}
	for i, item := range s.bill.totals.Products {
		rank[item.Resource.ID] = i - len(s.bill.totals.Products) // those that cost nothing that month stand last
	}
	var rows []*brokenProduct
	for i := range s.r.Billing.Products {
		p := &s.r.Billing.Products[i]
		if p.Why == "" && !p.Broken() {
			continue
		}
		v := &brokenProduct{ProductCost: p, month: s.bill.totals.Month}
		if seen, ok := s.details.costly[p.ARN]; ok {
			v.facts, v.place = seen.facts, seen.place
		}
		if cost := summand(p.Periods[v.month]); v.state() == productBroken && p.Currency == "USD" && cost.IsPositive() {
			s.bill.cost = s.bill.cost.Add(cost)
		}
		rows = append(rows, v)
	}
	order := []string{productBroken, productGone, productUnknown}
	slices.SortStableFunc(rows, func(a, b *brokenProduct) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.state()), slices.Index(order, b.state())), cmp.Compare(rank[a.ARN], rank[b.ARN]))
	})
	t := xlsx.NewTable(s.Book, brokenSheet, "broken products in the bill", brokenColumns())
	t.Total = "Total"
	s.bill.broken = t
	return t.AddAll(rows)
}

func brokenColumns() []xlsx.Column[*brokenProduct] {
	type row = *brokenProduct
	fact := func(head string, k xlsx.Kind, of func(*audit.ProductFacts) audit.Optional) xlsx.Column[row] {
		return xlsx.Column[row]{Head: head, Kind: k, When: func(v row) bool { return v.facts != nil },
			Of: func(v row) string { return string(of(v.facts)) }}
	}
	return []xlsx.Column[row]{
		{Head: "Product", Of: func(v row) string { return v.Label() }, Link: func(v row) string { return v.place }},
		{Head: "State", Of: row.state, Look: func(v row) xlsx.Look { return badIf(v.state() == productBroken) }},
		{Head: "Status", Of: func(v row) string { return string(v.Status) }},
		{Head: "Month", Kind: xlsx.Month, Of: func(v row) string { return v.month }},
		{Head: costInMonth, Kind: xlsx.Money, Of: func(v row) string {
			return audit.InCurrency(v.Periods[v.month], v.Currency)
		}},
		fact("Broken since", xlsx.Date, func(f *audit.ProductFacts) audit.Optional { return f.BrokenSince }),
		fact("Cost since then, at least", xlsx.Money, func(f *audit.ProductFacts) audit.Optional { return f.CostSinceBroken }),
		{Head: "Cost of all months", Kind: xlsx.Money, Of: func(v row) string {
			sum := decimal.Zero
			for _, amount := range v.Periods {
				sum = sum.Add(summand(amount))
			}
			return audit.InCurrency(sum.StringFixed(2), v.Currency)
		}},
		{Head: "By month", Kind: xlsx.Prose, Of: func(v row) string {
			return lines(slices.Sorted(maps.Keys(v.Periods)), func(month string) string {
				if v.Periods[month] == "" {
					return month + ": not known"
				}
				return month + ": " + (&audit.Money{Value: v.Periods[month], Currency: v.Currency}).Text()
			})
		}},
		{Head: "Cannot be told for", When: func(v row) bool { return v.state() == productUnknown },
			Of: func(v row) string { return ourWords(string(v.Why)) }},
		{Head: "Services", Of: func(v row) string { return strings.Join(v.Services, ", ") }},
		{Head: "Account", Of: func(v row) string { return v.Account }},
		{Head: "ARN", Kind: xlsx.Ident, Screen: true, Of: func(v row) string { return v.ARN }},
	}
}

// sumIfs adds up a column of a table over the rows that have a text in another, and in this one what further criteria ask for.
func sumIfs(p *xlsx.Pages, head, of, text string, criteria ...string) string {
	parts, texts := p.Refs(head), p.Refs(of)
	for i, ref := range parts {
		parts[i] = "SUMIFS(" + ref + "," + texts[i] + `,"` + text + `"`
		for _, c := range criteria {
			parts[i] += "," + ref + "," + c
		}
		parts[i] += ")"
	}
	return strings.Join(parts, "+")
}

const costInMonth = "Cost in that month"

// billTiles are the figures of the bill, below those of every report, and returns the row after them.
func (s *sheets) billTiles(c *xlsx.Canvas, row int) int {
	if s.bill == nil {
		return row
	}
	b := s.bill.totals
	over, broken := 0, 0
	for _, item := range b.Differs {
		if item.What != audit.BillLess {
			over++
		}
	}
	for _, item := range b.Products {
		if item.What == audit.BillBroken {
			broken++
		}
	}
	until := "no month is final yet"
	if b.Month != "" {
		until = "up to " + b.Month
	}
	note := "for " + audit.Counted(over, "Outpost") + ", " + until
	if b.Unread > 0 {
		note += fmt.Sprintf("; of %d not known", b.Unread)
	}
	tile(c, row, nameCol, nameCol+1, "Billed more than the contract", xlsx.Cell{Value: note}, dollars(digits(b.Over), ""))
	note = "for " + audit.Counted(broken, "product")
	if b.Month != "" {
		note += ", in " + b.Month
	}
	if b.Untold > 0 {
		note += fmt.Sprintf("; of %d not known", b.Untold)
	}
	tile(c, row, nameCol+2, nameCol+4, "Broken products cost a month", xlsx.Cell{Value: note},
		dollars(digits(b.Broken), s.bill.costOfBroken()))
	tile(c, row, nameCol+5, nameCol+6, "Billed without a contract", xlsx.Cell{Value: until},
		dollars(digits(b.NoReason), s.bill.withoutContract()))
	return row + 4
}

// digits are those of a sum; "0" for nil.
func digits(m *audit.Money) string {
	if m == nil {
		return "0"
	}
	return m.Value
}

// costOfBroken is the formula of what broken products cost in the last final month; a credit is no cost.
func (b *billSheets) costOfBroken() string {
	return sumIfs(b.broken.Pages, costInMonth, "State", productBroken, `">0"`)
}

// withoutContract is the formula of what was charged without a contract.
func (b *billSheets) withoutContract() string {
	return sumIfs(b.loose.Pages, "Billed", "Counts", "yes")
}

// billChecks hold the sheets of the bill against the report.
func (s *sheets) billChecks() ([]check, error) {
	if s.bill == nil {
		return nil, nil
	}
	b := s.bill
	rows := len(s.r.Billing.Outposts) + len(s.r.Billing.AccountRegions)
	for i := range s.r.Billing.Sources {
		rows += len(s.r.Billing.Sources[i].Invoices)
	}
	differs := decimal.Zero
	err := s.eachRenewal(func(rn *audit.Renewal) error {
		if rn.BilledDifference == "" {
			return nil
		}
		amount, err := decimal.NewFromString(string(rn.BilledDifference))
		differs = differs.Add(amount)
		return err
	})
	if err != nil {
		return nil, err
	}
	return []check{
		counted("Charges and invoices of the bill", rows, b.charges.Rows, rowsOf(b.charges.Pages, "Status")),
		{what: "Billed less expected, by Outpost", kind: xlsx.Money, report: differs.StringFixed(2), sheets: b.compared.StringFixed(2),
			formula: sumIfs(b.charges.Pages, "Difference", "Counts", "yes")},
		counted("Unexplained charges", len(s.r.Billing.Unmatched), b.loose.Rows, rowsOf(b.loose.Pages, "Why")),
		{what: "Billed without a contract", kind: xlsx.Money, report: digits(b.totals.NoReason), sheets: b.noReason.StringFixed(2),
			formula: b.withoutContract()},
		{what: "Broken products cost a month", kind: xlsx.Money, report: digits(b.totals.Broken), sheets: b.cost.StringFixed(2),
			formula: b.costOfBroken()},
		errorsOn(billSheet, b.charges.Areas()...), errorsOn(unexplainedSheet, b.loose.Areas()...), errorsOn(brokenSheet, b.broken.Areas()...),
	}, nil
}
