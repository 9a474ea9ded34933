// Package packed keeps many small records of names and numbers in little memory: a name that comes again takes a byte or two, and so
// does a small number. Add each record, and range over All.
package packed

import (
	"encoding/binary"
	"iter"
	"slices"
)

// Rows are records of as many fields each as the first has, in the order in which they were added. The zero value has none. Only readers
// may use them at once.
type Rows struct {
	fields int
	count  int
	blocks [][]byte // whole records
	names  []string
	ids    map[string]uint64
}

// blockSize is how many bytes are taken at a time: so much, and no more, may be in vain.
const blockSize = 16 << 10

// ID returns the number that stands for a name.
func (r *Rows) ID(name string) uint64 {
	id, ok := r.ids[name]
	if !ok {
		if r.ids == nil {
			r.ids = map[string]uint64{}
		}
		id = uint64(len(r.names))
		r.names, r.ids[name] = append(r.names, name), id
	}
	return id
}

// Name returns the name that a number stands for.
func (r *Rows) Name(id uint64) string { return r.names[id] }

// Len returns how many records there are.
func (r *Rows) Len() int { return r.count }

// Add adds a record.
func (r *Rows) Add(fields ...uint64) {
	if r.count == 0 {
		r.fields = len(fields)
	}
	if len(fields) != r.fields {
		panic("packed: a record of another length")
	}
	last := len(r.blocks) - 1
	if last < 0 || cap(r.blocks[last])-len(r.blocks[last]) < r.fields*binary.MaxVarintLen64 {
		r.blocks = append(r.blocks, make([]byte, 0, max(blockSize, r.fields*binary.MaxVarintLen64)))
		last++
	}
	b := r.blocks[last]
	for _, f := range fields {
		b = binary.AppendUvarint(b, f)
	}
	r.blocks[last] = b
	r.count++
}

// read decodes the record at the beginning of b and returns how long it is.
func read(b []byte, into []uint64) (n int) {
	for i := range into {
		v, size := binary.Uvarint(b[n:])
		into[i] = v
		n += size
	}
	return n
}

// All ranges over the records. Each is valid until the next.
func (r *Rows) All() iter.Seq[[]uint64] {
	return func(yield func([]uint64) bool) {
		record := make([]uint64, r.fields)
		for _, b := range r.blocks {
			for len(b) > 0 {
				b = b[read(b, record):]
				if !yield(record) {
					return
				}
			}
		}
	}
}

// Sort puts the records in an order; those that compare as equal stay as they stood.
func (r *Rows) Sort(compare func(a, b []uint64) int) {
	type place struct{ block, at uint32 }
	places := make([]place, 0, r.count)
	x, y := make([]uint64, r.fields), make([]uint64, r.fields)
	for i, b := range r.blocks {
		for at := 0; at < len(b); at += read(b[at:], x) {
			places = append(places, place{uint32(i), uint32(at)})
		}
	}
	slices.SortStableFunc(places, func(a, b place) int {
		read(r.blocks[a.block][a.at:], x)
		read(r.blocks[b.block][b.at:], y)
		return compare(x, y)
	})
	unsorted := r.blocks
	r.blocks, r.count = nil, 0
	for _, p := range places {
		read(unsorted[p.block][p.at:], x)
		r.Add(x...)
	}
}
