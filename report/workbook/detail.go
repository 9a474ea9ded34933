package workbook

import (
	"fmt"
	"iter"
	"sync"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// details are the sheets of the resources.
type details struct {
	outposts *xlsx.Table[*outpost]
	orders   *xlsx.Table[*order]
	quotes   *xlsx.Table[*quotedOption]
	tasks    *xlsx.Table[*task]
	products *xlsx.Table[*product]

	given       bool // the resources are at hand
	quoteCount  int
	stillToPay  decimal.Decimal       // over the Outposts
	outpostRows map[outpostKey]string // where each Outpost stands
}

// writeResources fills the sheets of the resources in one pass. Of the products there may be millions, so their rows go
// to the zip as they come; the rows of the others wait in memory, compressed.
func (s *sheets) writeResources(resources iter.Seq2[*audit.Resource, error]) error {
	s.details = &details{
		outposts: xlsx.NewTable(s.Book, "Outposts", "Outposts", outpostColumns()),
		orders:   xlsx.NewTable(s.Book, "Orders", "orders", orderColumns()),
		quotes:   xlsx.NewTable(s.Book, "Quotes", "quotes", quoteColumns()),
		tasks:    xlsx.NewTable(s.Book, "Capacity tasks", "capacity tasks", taskColumns()),
		products: xlsx.NewTable(s.Book, "Provisioned products", "provisioned products", productColumns()),
		given:    resources != nil, outpostRows: map[outpostKey]string{},
	}
	d := s.details
	d.outposts.Waits, d.orders.Waits, d.quotes.Waits, d.tasks.Waits = true, true, true, true
	d.products.Expect = s.r.Summary.Resources[audit.KindProvisionedProduct]
	if d.given {
		for batch, err := range readAhead(resources) {
			if err != nil {
				return err
			}
			for _, rec := range batch {
				if err := rec.write(d); err != nil {
					return err
				}
			}
		}
	}
	for _, t := range [...]interface{ Close() error }{d.products, d.outposts, d.orders, d.quotes, d.tasks} {
		if err := t.Close(); err != nil {
			return err
		}
	}
	return nil
}

// outpostKey tells an Outpost as its owner sees it from the same one as those see it whom it is shared with.
type outpostKey struct{ account, region, id string }

// record is a resource as it is read, which knows its sheet.
type record interface{ write(d *details) error }

func (p *product) write(d *details) error { return d.products.Add(p) }

func (o *order) write(d *details) error { return d.orders.Add(o) }

func (t *task) write(d *details) error { return d.tasks.Add(t) }

func (q *quote) write(d *details) error {
	d.quoteCount++
	for _, row := range q.rows() {
		if err := d.quotes.Add(row); err != nil {
			return err
		}
	}
	return nil
}

func (o *outpost) write(d *details) error {
	if err := d.outposts.Add(o); err != nil {
		return err
	}
	d.outpostRows[outpostKey{o.Account, o.Region, o.ID}] = d.outposts.Place(d.outposts.Rows - 1)
	if !o.facts.HasBilling || o.facts.Shared || o.facts.RemainingCommitment == "" {
		return nil
	}
	amount, err := decimal.NewFromString(string(o.facts.RemainingCommitment))
	if err != nil {
		return fmt.Errorf("outpost %s in %s/%s: remaining commitment: %w", o.ID, o.Account, o.Region, err)
	}
	d.stillToPay = d.stillToPay.Add(amount)
	return nil
}

// readRecord reads a resource; nil for a kind that has no sheet.
func readRecord(r *audit.Resource) (record, error) {
	switch r.Kind {
	case audit.KindOutpost:
		return newOutpost(r)
	case audit.KindOrder:
		return newOrder(r)
	case audit.KindQuote:
		return newQuote(r)
	case audit.KindCapacityTask:
		return newTask(r), nil
	case audit.KindProvisionedProduct:
		return newProduct(r), nil
	}
	return nil, nil
}

// readAhead reads the resources in a goroutine of its own, a few batches ahead of the one that writes. An error ends it.
func readAhead(resources iter.Seq2[*audit.Resource, error]) iter.Seq2[[]record, error] {
	const size, ahead = 256, 4
	type batch struct {
		records []record
		err     error
	}
	return func(yield func([]record, error) bool) {
		batches, stop := make(chan batch, ahead), make(chan struct{})
		var reading sync.WaitGroup
		defer reading.Wait()
		defer close(stop)
		reading.Go(func() {
			defer close(batches)
			send := func(b batch) bool {
				select {
				case batches <- b:
					return true
				case <-stop:
					return false
				}
			}
			var b batch
			for r, err := range resources {
				var rec record
				if err == nil {
					rec, err = readRecord(r)
				}
				if err != nil {
					send(batch{err: err})
					return
				}
				if rec != nil {
					b.records = append(b.records, rec)
				}
				if len(b.records) == size {
					if !send(b) {
						return
					}
					b = batch{records: make([]record, 0, size)}
				}
			}
			send(b)
		})
		for b := range batches {
			if !yield(b.records, b.err) {
				return
			}
		}
	}
}
