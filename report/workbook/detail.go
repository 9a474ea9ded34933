package workbook

import (
	"iter"
	"sync"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// details are the sheets of the resources.
type details struct {
	list        []*detail          // a sheet for each kind, in the order of audit.Kinds
	given       bool               // the resources are at hand
	remaining   decimal.Decimal    // what is committed and not paid yet, over the Outposts
	outpostRows map[outpostKey]int // the row of Outposts that each is, from 0
	billed      map[outpostKey][]billedSubscription
	open        []*openOrder             // in the order of the sheet
	costly      map[string]costlyProduct // products that the bill names, by ARN
}

// outpostKey tells an Outpost as its owner sees it from the same one as those see it whom it is shared with.
type outpostKey struct{ account, region, id string }

func keyOf(r *audit.ResourceRef) outpostKey { return outpostKey{r.Account, r.Region, r.ID} }

// outpostPlace is where an Outpost stands; "" for one that is not in the snapshot.
func (d *details) outpostPlace(r *audit.ResourceRef) string {
	row, ok := d.outpostRows[keyOf(r)]
	if !ok {
		return ""
	}
	return d.of(audit.KindOutpost).Place(row)
}

// detail is the sheet of a kind of resource.
type detail struct {
	*xlsx.Pages
	kind      audit.Kind
	read      func(*audit.Resource) (record, error)
	resources int       // that were written
	once      [2]string // a column, and the formula over it that counts each resource once
}

// record is a resource that was read: it writes its rows.
type record func() error

// detailOf begins the sheet of a kind, whose resources are read by one function, in a goroutine of its own, and written by another.
func detailOf[R, T any](s *sheets, kind string, columns []xlsx.Column[T], read func(*audit.Resource) (R, error),
	write func(*xlsx.Table[T], R) error) *detail {
	d := &detail{kind: audit.KindOf(kind), once: [2]string{"Account", "COUNTA(%s)"}}
	t := xlsx.NewTable(s.Book, d.kind.Title(), d.kind.Plural, columns)
	t.Waits = true
	d.Pages, d.read = t.Pages, func(r *audit.Resource) (record, error) {
		v, err := read(r)
		return func() error {
			d.resources++
			return write(t, v)
		}, err
	}
	return d
}

// of returns the sheet of a kind; nil for one that has none.
func (d *details) of(kind string) *detail {
	for _, sheet := range d.list {
		if sheet.kind.Name == kind {
			return sheet
		}
	}
	return nil
}

// writeResources fills the sheets of the resources in one pass. Of the products there may be millions, so their rows go
// to the zip as they come; the rows of the others wait on disk, compressed.
func (s *sheets) writeResources(resources iter.Seq2[*audit.Resource, error]) error {
	d := &details{given: resources != nil, outpostRows: map[outpostKey]int{}, billed: map[outpostKey][]billedSubscription{},
		costly: map[string]costlyProduct{}}
	s.details = d
	d.list = []*detail{
		detailOf(s, audit.KindOutpost, outpostColumns(), newOutpost, d.writeOutpost),
		detailOf(s, audit.KindOrder, orderColumns(), newOrder, d.writeOrder),
		detailOf(s, audit.KindQuote, quoteColumns(), newQuote, writeQuote),
		detailOf(s, audit.KindCapacityTask, taskColumns(), newTask, (*xlsx.Table[*task]).Add),
		detailOf(s, audit.KindProvisionedProduct, productColumns(), productReader(s.r.Billing), d.writeProduct),
		detailOf(s, audit.KindPortfolio, portfolioColumns(), portfolioReader(s.r.Budgets), (*xlsx.Table[*portfolio]).Add),
		detailOf(s, audit.KindProduct, catalogueColumns(), newCatalogueProduct, (*xlsx.Table[*catalogueProduct]).Add),
	}
	d.of(audit.KindQuote).once = [2]string{"No.", "COUNTIF(%s,1)"}
	products := d.of(audit.KindProvisionedProduct)
	d.of(audit.KindOutpost).Total = "Total"
	products.Waits, products.Expect = false, s.r.Summary.Resources[audit.KindProvisionedProduct]
	if d.given {
		for batch, err := range d.readAhead(resources) {
			if err != nil {
				return err
			}
			for _, write := range batch {
				if err := write(); err != nil {
					return err
				}
			}
		}
	}
	if err := products.Close(); err != nil {
		return err
	}
	for _, sheet := range d.list {
		if sheet == products {
			continue
		}
		if err := sheet.Close(); err != nil {
			return err
		}
	}
	return nil
}

// readAhead reads the resources in a goroutine of its own, a few batches ahead of the one that writes. An error ends it.
func (d *details) readAhead(resources iter.Seq2[*audit.Resource, error]) iter.Seq2[[]record, error] {
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
					if sheet := d.of(r.Kind); sheet != nil {
						rec, err = sheet.read(r)
					}
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
