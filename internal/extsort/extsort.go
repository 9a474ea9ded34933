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
	blocks []*block // in which what is held lies
	room   []byte   // that the last of them has left
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

// block is what held records lie in. Sorters share them, since many may be open: what one has spilled is room for another.
type block [8 << 10]byte

var blocks = sync.Pool{New: func() any { return new(block) }}

// Add keeps a copy of a record.
func (s *Sorter) Add(key, value []byte) error {
	s.held = append(s.held, s.hold(key, value))
	s.size += len(key) + len(value) + recordOverhead
	s.count++
	if s.size < s.budget {
		return nil
	}
	return s.spill()
}

// hold copies a record into the last block, into a new one where that has no room, or into one of its own that is too long for any.
func (s *Sorter) hold(key, value []byte) Record {
	n := len(key) + len(value)
	switch {
	case n <= len(s.room):
	case n <= len(block{}):
		b := blocks.Get().(*block)
		s.blocks, s.room = append(s.blocks, b), b[:]
	default:
		return Record{bytes.Clone(key), bytes.Clone(value)}
	}
	b := append(append(s.room[:0], key...), value...)
	s.room = s.room[n:]
	return Record{b[:len(key):len(key)], b[len(key):n:n]}
}

// Len returns how many records were added.
func (s *Sorter) Len() int { return s.count }

func compareRecords(a, b Record) int {
	return cmp.Or(bytes.Compare(a.Key, b.Key), bytes.Compare(a.Value, b.Value))
}

// writers are those of runs, each of which is a few pages long.
var writers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 1<<16) }}

func (s *Sorter) spill() error {
	if s.file == nil {
		var err error
		if s.file, err = scratch.New(s.dir); err != nil {
			return err
		}
	}
	slices.SortFunc(s.held, compareRecords)
	w := writers.Get().(*bufio.Writer)
	defer writers.Put(w)
	w.Reset(io.NewOffsetWriter(s.file, s.at))
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
	for _, b := range s.blocks {
		blocks.Put(b)
	}
	clear(s.blocks)
	s.blocks, s.room = s.blocks[:0], nil
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
	lent int    // bytes of the reader's buffer that are the record
	long []byte // the record, where it is longer than that buffer
}

func (s *source) next() error {
	if s.r == nil {
		if len(s.held) == 0 {
			return io.EOF
		}
		s.rec, s.held = s.held[0], s.held[1:]
		return nil
	}
	if _, err := s.r.Discard(s.lent); err != nil {
		return fmt.Errorf("read back a sorted run: %w", noEOF(err))
	}
	s.lent = 0
	k, err := binary.ReadUvarint(s.r)
	if err != nil {
		return err // io.EOF at the end of the run
	}
	v, err := binary.ReadUvarint(s.r)
	var b []byte
	switch n := int(k + v); {
	case err != nil:
	case n <= s.r.Size(): // it stays in the buffer: hundreds of runs are merged at once, and a copy for each is as much again
		b, err = s.r.Peek(n)
		s.lent = n
	default:
		s.long = slices.Grow(s.long[:0], n)
		b = s.long[:n]
		_, err = io.ReadFull(s.r, b)
	}
	if err != nil {
		return fmt.Errorf("read back a sorted run: %w", noEOF(err))
	}
	s.rec = Record{b[:k:k], b[k:]}
	return nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
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
