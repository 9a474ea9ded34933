package workbook

import (
	"crypto/sha256"
	"iter"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/internal/scratch"
	"tenor/report/workbook/xlsx"
)

// details are the sheets of the resources.
type details struct {
	list      []*detail                // a sheet for each kind, in the order of audit.Kinds
	given     bool                     // the resources are at hand
	remaining decimal.Decimal          // what is committed and not paid yet, over the Outposts
	outposts  map[[16]byte]keptOutpost // by the digest of what each is known by: there may be very many
	billed    *scratch.File            // where the subscriptions of the Outposts lie, as JSON; nil before the first
	billedEnd int64                    // of what lies there
	unpriced  int                      // open orders
	costly    map[string]costlyProduct // products that the bill names, by ARN
}

// keptOutpost is what other sheets need of an Outpost.
type keptOutpost struct {
	row    int32 // of Outposts, from 0
	length int32 // of its subscriptions
	billed int64 // where they begin
}

// digestOf stands for a key.
func digestOf(k audit.ResourceKey) [16]byte {
	sum := sha256.Sum256([]byte(k.Account + "\x00" + k.Region + "\x00" + k.ID))
	return [16]byte(sum[:16])
}

// keepOutpost keeps where an Outpost stands, and its subscriptions.
func (d *details) keepOutpost(key audit.ResourceKey, row int, billed []billedSubscription) error {
	kept := keptOutpost{row: int32(row), billed: d.billedEnd}
	if len(billed) > 0 {
		text, err := json.Marshal(billed)
		if err != nil {
			return err
		}
		if d.billed == nil {
			if d.billed, err = scratch.New(""); err != nil {
				return err
			}
		}
		if _, err := d.billed.WriteAt(text, d.billedEnd); err != nil {
			return err
		}
		kept.length = int32(len(text))
		d.billedEnd += int64(len(text))
	}
	d.outposts[digestOf(key)] = kept
	return nil
}

// subscriptionsOf returns the subscriptions of an Outpost, as the section billing has them; none of one that is not in the snapshot.
func (d *details) subscriptionsOf(r *audit.ResourceRef) ([]billedSubscription, error) {
	kept := d.outposts[digestOf(r.Key())]
	if kept.length == 0 {
		return nil, nil
	}
	text := make([]byte, kept.length)
	if _, err := d.billed.ReadAt(text, kept.billed); err != nil {
		return nil, err
	}
	var billed []billedSubscription
	return billed, json.Unmarshal(text, &billed, lenient)
}

// close closes what lies on disk.
func (d *details) close() error {
	if d == nil || d.billed == nil {
		return nil
	}
	return d.billed.Close()
}

// outpostPlace is where an Outpost stands; "" for one that is not in the snapshot.
func (d *details) outpostPlace(r *audit.ResourceRef) string {
	kept, ok := d.outposts[digestOf(r.Key())]
	if !ok {
		return ""
	}
	return d.of(audit.KindOutpost).Place(int(kept.row))
}

// detail is the sheet of a kind of resource.
type detail struct {
	*xlsx.Pages
	kind      audit.Kind
	read      func(*audit.Resource, any) (any, error)
	write     func(any) error
	resources int       // that were written
	once      [2]string // a column, and the formula over it that counts each resource once
}

// record is a resource that was read, of the sheet that writes it.
type record struct {
	sheet *detail
	of    any
}

// fresh reads each resource into memory of its own.
func fresh[R any](read func(*audit.Resource) (R, error)) func(*audit.Resource, R) (R, error) {
	return func(r *audit.Resource, _ R) (R, error) { return read(r) }
}

// detailOf begins the sheet of a kind, whose resources are read by one function, in a goroutine of its own, and written by another.
// The one that reads may use the memory of a resource that was written; zero where there is none.
func detailOf[R, T any](s *sheets, kind string, columns []xlsx.Column[T], read func(*audit.Resource, R) (R, error),
	write func(*xlsx.Table[T], R) error) *detail {
	d := &detail{kind: audit.KindOf(kind), once: [2]string{"Account", "COUNTA(%s)"}}
	t := xlsx.NewTable(s.Book, d.kind.Title(), d.kind.Plural, columns)
	t.Waits = true
	d.Pages = t.Pages
	d.read = func(r *audit.Resource, written any) (any, error) {
		old, _ := written.(R)
		return read(r, old)
	}
	d.write = func(v any) error {
		d.resources++
		return write(t, v.(R))
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
	d := &details{given: resources != nil, outposts: map[[16]byte]keptOutpost{}, costly: map[string]costlyProduct{}}
	s.details = d
	s.newOpenOrders()
	d.list = []*detail{
		detailOf(s, audit.KindOutpost, outpostColumns(), fresh(newOutpost), d.writeOutpost),
		detailOf(s, audit.KindOrder, orderColumns(), fresh(newOrder), s.writeOrder),
		detailOf(s, audit.KindQuote, quoteColumns(), fresh(newQuote), writeQuote),
		detailOf(s, audit.KindCapacityTask, taskColumns(), fresh(newTask), (*xlsx.Table[*task]).Add),
		detailOf(s, audit.KindProvisionedProduct, productColumns(), productReader(s.r.Billing), d.writeProduct),
		detailOf(s, audit.KindPortfolio, portfolioColumns(), fresh(portfolioReader(s.r.Budgets)), (*xlsx.Table[*portfolio]).Add),
		detailOf(s, audit.KindProduct, catalogueColumns(), fresh(newCatalogueProduct), (*xlsx.Table[*catalogueProduct]).Add),
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
			for _, rec := range batch {
				if err := rec.sheet.write(rec.of); err != nil {
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

// readAhead reads the resources in a goroutine of its own, a few batches ahead of the one that writes. An error ends it. A batch that
// was written is filled again.
func (d *details) readAhead(resources iter.Seq2[*audit.Resource, error]) iter.Seq2[[]record, error] {
	const size, ahead = 256, 4
	type batch struct {
		records []record
		err     error
		broken  any // what a panic is about, which is one of whoever ranges
	}
	return func(yield func([]record, error) bool) {
		batches, written, stop := make(chan batch, ahead), make(chan []record, ahead+2), make(chan struct{}) // room for all that there are
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
			defer func() {
				if broken := recover(); broken != nil {
					send(batch{broken: broken})
				}
			}()
			next := func() []record {
				select {
				case records := <-written:
					return records[:0]
				default:
					return make([]record, 0, size)
				}
			}
			records := next()
			for r, err := range resources {
				if err != nil {
					send(batch{err: err})
					return
				}
				sheet := d.of(r.Kind)
				if sheet == nil {
					continue
				}
				records = records[:len(records)+1]
				rec := &records[len(records)-1]
				rec.sheet = sheet
				if rec.of, err = sheet.read(r, rec.of); err != nil {
					send(batch{err: err})
					return
				}
				if len(records) == size {
					if !send(batch{records: records}) {
						return
					}
					records = next()
				}
			}
			send(batch{records: records})
		})
		for b := range batches {
			if b.broken != nil {
				panic(b.broken)
			}
			if !yield(b.records, b.err) {
				return
			}
			select {
			case written <- b.records:
			default:
			}
		}
	}
}
