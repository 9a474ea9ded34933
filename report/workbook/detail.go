package workbook

import (
	"fmt"
	"iter"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// details are the sheets of the resources.
type details struct {
	outposts *table[*outpost]
	orders   *table[*order]
	quotes   *table[*quotedOption]
	tasks    *table[*task]
	products *table[*product]

	given       bool // the resources are at hand
	quoteCount  int
	stillToPay  decimal.Decimal   // over the Outposts
	outpostRows map[string]string // Outpost id → where it stands
}

// writeResources fills the sheets of the resources in one pass. Of the products there may be millions, so their rows go
// to the zip as they come; the rows of the others wait in memory, compressed.
func writeResources(b *book, r *audit.Report, resources iter.Seq2[*audit.Resource, error]) (*details, error) {
	d := &details{
		outposts: newTable(b, "Outposts", "Outposts", outpostColumns()),
		orders:   newTable(b, "Orders", "orders", orderColumns()),
		quotes:   newTable(b, "Quotes", "quotes", quoteColumns()),
		tasks:    newTable(b, "Capacity tasks", "capacity tasks", taskColumns()),
		products: newTable(b, "Provisioned products", "provisioned products", productColumns()),
	}
	d.outposts.waits, d.orders.waits, d.quotes.waits, d.tasks.waits = true, true, true, true
	d.given, d.outpostRows = resources != nil, map[string]string{}
	d.products.expect = r.Summary.Resources[audit.KindProvisionedProduct]
	if resources == nil {
		resources = func(func(*audit.Resource, error) bool) {}
	}
	for res, err := range resources {
		if err != nil {
			return nil, err
		}
		if err := d.add(res); err != nil {
			return nil, err
		}
	}
	for _, t := range [...]interface{ close() error }{d.products, d.outposts, d.orders, d.quotes, d.tasks} {
		if err := t.close(); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// add writes the rows of one resource; the kinds that have no sheet have none.
func (d *details) add(r *audit.Resource) error {
	switch r.Kind {
	case audit.KindOutpost:
		o, err := newOutpost(r)
		if err != nil {
			return err
		}
		return d.addOutpost(o)
	case audit.KindOrder:
		return addTo(d.orders, r, newOrder)
	case audit.KindCapacityTask:
		return addTo(d.tasks, r, newTask)
	case audit.KindProvisionedProduct:
		return addTo(d.products, r, newProduct)
	case audit.KindQuote:
		rows, err := newQuotes(r)
		if err != nil {
			return err
		}
		d.quoteCount++
		for _, q := range rows {
			if err := d.quotes.add(q); err != nil {
				return err
			}
		}
	}
	return nil
}

func addTo[T any](t *table[T], r *audit.Resource, read func(*audit.Resource) (T, error)) error {
	v, err := read(r)
	if err != nil {
		return err
	}
	return t.add(v)
}

func (d *details) addOutpost(o *outpost) error {
	if err := d.outposts.add(o); err != nil {
		return err
	}
	d.outpostRows[o.ID] = quoted(d.outposts.last().name) + "!" + at(0, d.outposts.last().row)
	if !o.facts.HasBilling || o.facts.Shared {
		return nil
	}
	amount, err := decimal.NewFromString(o.facts.RemainingCommitment)
	if err != nil {
		return fmt.Errorf("%s %s in %s/%s: remaining commitment: %w", o.Kind, o.ID, o.Account, o.Region, err)
	}
	d.stillToPay = d.stillToPay.Add(amount)
	return nil
}
