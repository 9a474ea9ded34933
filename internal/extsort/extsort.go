// Package extsort sorts more than fits the memory. It knows nothing of what it sorts: a record is two runs of bytes, the key by
// which it is ordered and the value. Make a Sorter with New, Add every record, range over All, and Close it.
package extsort

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"

	"tenor/internal/scratch"
)

// Sorter puts any number of records in the order of their keys within a bounded memory: what is over budget goes, sorted,
// to one unnamed temporary file, and comes back by a merge.
type Sorter struct {
	dir    string // of the temporary file
	budget int    // bytes of keys and records held in memory
	held   []Record
	size   int
	count  int
	file   *scratch.File
	runs   []run
	at     int64
	last   sync.Once // sorts what is held, once every record is added
}

// Record is what is sorted: by Key, and records of one key by Value.
type Record struct{ Key, Value []byte }

type run struct{ off, end int64 }

// manyRuns is after how many runs each the next ones are made twice as long.
const manyRuns = 512

// recordOverhead is what a held record costs beside its bytes: two slice headers.
const recordOverhead = 48

// New returns a sorter that holds about budget bytes in memory, and the rest in dir.
func New(dir string, budget int) *Sorter { return &Sorter{dir: dir, budget: budget} }

// Add keeps a record; it takes over both slices.
func (s *Sorter) Add(key, value []byte) error {
	s.held = append(s.held, Record{key, value})
	s.size += len(key) + len(value) + recordOverhead
	s.count++
	if s.size < s.budget {
		return nil
	}
	return s.spill()
}

// Len returns how many records were added.
func (s *Sorter) Len() int { return s.count }

func compareRecords(a, b Record) int {
	return cmp.Or(bytes.Compare(a.Key, b.Key), bytes.Compare(a.Value, b.Value))
}

func (s *Sorter) spill() error {
	if s.file == nil {
		var err error
		if s.file, err = scratch.New(s.dir); err != nil {
			return err
		}
	}
	slices.SortFunc(s.held, compareRecords)
	w := bufio.NewWriterSize(io.NewOffsetWriter(s.file, s.at), 1<<14)
	var n int64
	var head [2 * binary.MaxVarintLen64]byte
	for _, r := range s.held {
		h := binary.AppendUvarint(binary.AppendUvarint(head[:0], uint64(len(r.Key))), uint64(len(r.Value)))
		for _, b := range [...][]byte{h, r.Key, r.Value} {
			if _, err := w.Write(b); err != nil {
				return fmt.Errorf("spill to %s: %w", s.dir, err)
			}
			n += int64(len(b))
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("spill to %s: %w", s.dir, err)
	}
	s.runs = append(s.runs, run{s.at, s.at + n})
	s.at += n
	clear(s.held)
	s.held, s.size = s.held[:0], 0
	if len(s.runs)%manyRuns == 0 { // the merge holds a buffer for each run, so there must not be too many
		s.budget *= 2
	}
	return nil
}

// All ranges over the records in order, as often as wanted and by several goroutines at once, once every one is added. A
// record is valid until the next.
func (s *Sorter) All() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		s.last.Do(func() { slices.SortFunc(s.held, compareRecords) })
		if len(s.runs) == 0 {
			for _, r := range s.held {
				if !yield(r, nil) {
					return
				}
			}
			return
		}
		var m merge
		per := max(4<<10, s.budget/(len(s.runs)+1)/2)
		for _, r := range s.runs {
			m = append(m, &source{r: bufio.NewReaderSize(io.NewSectionReader(s.file, r.off, r.end-r.off), per)})
		}
		m = append(m, &source{held: s.held})
		live := m[:0]
		for _, src := range m {
			switch err := src.next(); {
			case err == nil:
				live = append(live, src)
			case !errors.Is(err, io.EOF):
				yield(Record{}, err)
				return
			}
		}
		m = live
		heap.Init(&m)
		for len(m) > 0 {
			if !yield(m[0].rec, nil) {
				return
			}
			switch err := m[0].next(); {
			case err == nil:
				heap.Fix(&m, 0)
			case errors.Is(err, io.EOF):
				heap.Pop(&m)
			default:
				yield(Record{}, err)
				return
			}
		}
	}
}

// Close gives the temporary file back. It may be called more than once.
func (s *Sorter) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// source is one run of the merge: on disk, or the records still held.
type source struct {
	r    *bufio.Reader
	held []Record
	rec  Record
}

func (s *source) next() error {
	if s.r == nil {
		if len(s.held) == 0 {
			return io.EOF
		}
		s.rec, s.held = s.held[0], s.held[1:]
		return nil
	}
	k, err := binary.ReadUvarint(s.r)
	if err != nil {
		return err // io.EOF at the end of the run
	}
	v, err := binary.ReadUvarint(s.r)
	if err != nil {
		return fmt.Errorf("read back a sorted run: %w", noEOF(err))
	}
	s.rec = Record{Key: resize(s.rec.Key, int(k)), Value: resize(s.rec.Value, int(v))}
	for _, b := range [...][]byte{s.rec.Key, s.rec.Value} {
		if _, err := io.ReadFull(s.r, b); err != nil {
			return fmt.Errorf("read back a sorted run: %w", noEOF(err))
		}
	}
	return nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func resize(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// merge is a heap of sources by their current record.
type merge []*source

func (m merge) Len() int           { return len(m) }
func (m merge) Less(i, j int) bool { return compareRecords(m[i].rec, m[j].rec) < 0 }
func (m merge) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)        { *m = append(*m, x.(*source)) }
func (m *merge) Pop() any {
	old := *m
	x := old[len(old)-1]
	*m = old[:len(old)-1]
	return x
}
