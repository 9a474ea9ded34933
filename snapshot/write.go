package snapshot

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"

	"tenor/audit"
	"tenor/internal/atomicfile"
	"tenor/internal/extsort"
	"tenor/internal/rawjson"
)

// partBudget is how many bytes of a part are held in memory before they go to a temporary file. A hundred parts and more
// may be open at once.
const partBudget = 64 << 10

// sideBudget is the same of what Sorter returns.
const sideBudget = 16 << 10

// Writer writes a snapshot part by part: a part is one kind of one account and region. Its methods may be called
// by several goroutines at once.
type Writer struct {
	dir     string
	mu      sync.Mutex
	scope   *Scope            // nil until Begin
	earlier map[partKey]int64 // the parts that an earlier run has finished → the byte of the journal at which the line begins
	files   []File            // of the parts, those with a resource
	ledger  audit.Ledger      // of the parts
	charges *chargesPart      // nil: none were read
	journal *os.File

	compressors sync.Pool // of *gzip.Writer, each of which holds more than a megabyte
}

func newCompressor() any {
	gz, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return gz
}

// Create begins a snapshot in dir. A finished one that stands there is put aside as dir.previous until Finish, so a run that
// fails does not cost the last good snapshot. The error is that of CheckOwn where something else stands there.
func Create(dir string) (*Writer, error) {
	if err := CheckOwn(dir); err != nil {
		return nil, fmt.Errorf("create snapshot: %w", err)
	}
	var err error
	if _, serr := os.Stat(filepath.Join(dir, ManifestName)); serr == nil {
		if err = removePrevious(dir); err == nil {
			err = os.Rename(dir, previous(dir))
		}
	} else {
		err = remove(dir) // an unfinished one
	}
	if err != nil {
		return nil, fmt.Errorf("create snapshot: %w", err)
	}
	w := &Writer{dir: dir}
	if err := w.open(func(io.Writer) error { return nil }); err != nil {
		return nil, fmt.Errorf("create snapshot: %w", err)
	}
	return w, nil
}

// Done returns what an earlier run finished of a part; nil when it did not.
func (w *Writer) Done(account, region, kind string) (*PartRecord, error) {
	at, ok := w.earlier[keyOf(partPath(account, region, kind))]
	if !ok {
		return nil, nil
	}
	line, err := bufio.NewReader(io.NewSectionReader(w.journal, at, math.MaxInt64-at)).ReadBytes('\n')
	var p PartRecord
	if err == nil {
		err = json.Unmarshal(line, &p)
	}
	if err != nil {
		return nil, fmt.Errorf("resume snapshot: %s: %w", filepath.Join(w.dir, journalName), err)
	}
	return &p, nil
}

// ReadPart ranges over the resources of a part that Done has returned, as Snapshot.ReadFile does.
func (w *Writer) ReadPart(p *PartRecord) iter.Seq2[*audit.Resource, error] {
	if p.File.Count == 0 {
		return func(func(*audit.Resource, error) bool) {}
	}
	return (&Snapshot{Dir: w.dir}).ReadFile(p.File)
}

// Part begins a part. The caller ends it with Commit or Discard.
func (w *Writer) Part(account, region, kind string) (*PartWriter, error) {
	f := File{Path: partPath(account, region, kind), Account: account, Region: region, Kind: kind}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	return &PartWriter{w: w, file: f, sorter: extsort.New(w.dir, partBudget)}, nil
}

// Sorter returns a sorter for what is to be looked up when a part is settled, of which little is held in memory. The caller closes it.
func (w *Writer) Sorter() *extsort.Sorter { return extsort.New(w.dir, sideBudget) }

// PartWriter takes the resources of one part in any order.
type PartWriter struct {
	w      *Writer
	file   File
	sorter *extsort.Sorter

	scratch []byte // the last resource encoded
	settled bool   // the file is in its place
}

// Add keeps a resource, whose account, region and kind must be the part's. Facts are left out. Of those of one id, which
// come when a list changes between two pages, the one that was added last is kept.
func (p *PartWriter) Add(r *audit.Resource) error { return p.AddAt(r, p.sorter.Len(), nil) }

// AddAt is Add for resources that are not added in the order they were read in: of one id the one with the highest turn
// is kept. A part uses Add or AddAt, never both. With a note the resource lacks a section, for which Settle asks by the note.
func (p *PartWriter) AddAt(r *audit.Resource, turn int, note []byte) error {
	if r.Account != p.file.Account || r.Region != p.file.Region || r.Kind != p.file.Kind || r.ID == "" {
		return fmt.Errorf("snapshot: %s %q of %s/%s does not belong in %s", r.Kind, r.ID, r.Account, r.Region, p.file.Path)
	}
	b := binary.BigEndian.AppendUint64(p.scratch[:0], ^uint64(turn)) // sorts the last turn first
	b = append(binary.AppendUvarint(b, uint64(len(note))), note...)
	b = append(b, make([]byte, 2*placeSize)...)
	start := len(b)
	b, sections, gaps, err := audit.AppendResource(b, r)
	if err != nil {
		return fmt.Errorf("snapshot: %s %s: %w", r.Kind, r.ID, err)
	}
	binary.BigEndian.PutUint64(b[start-2*placeSize:], uint64(sections-start))
	binary.BigEndian.PutUint64(b[start-placeSize:], uint64(gaps-start))
	p.scratch = append(b, '\n')
	return p.sorter.Add([]byte(r.ID), p.scratch)
}

// What AddAt puts before each resource: its turn, the note with its length, and where its sections and its gaps begin.
const turnSize, placeSize = 8, 8

// uncoded takes apart what AddAt has put together.
func uncoded(value []byte) (note, line []byte, sections, gaps int) {
	n, size := binary.Uvarint(value[turnSize:])
	note, line = value[turnSize+size:][:n], value[turnSize+size:][n:]
	return note, line[2*placeSize:], int(binary.BigEndian.Uint64(line)), int(binary.BigEndian.Uint64(line[placeSize:]))
}

// Late is a section that was not known when its resource was added: a document, or where that is nil a gap.
type Late struct {
	Section string
	Doc     json.RawMessage
	Gap     audit.Gap
}

// Discard drops the part, so that a later run asks for it again. After Commit it does nothing.
func (p *PartWriter) Discard() error { return p.sorter.Close() }

// Settle puts the part's file in its place, if it has any resource, and hands to replaced those that another of the same
// id has replaced, without what is late. It asks late for the section of each resource that was added with a note, in the order of
// their ids; late is nil where none was. No resource can be added after it.
func (p *PartWriter) Settle(late func(note []byte) (Late, error), replaced func(*audit.Resource)) error {
	p.settled = true
	if err := p.w.alone(); err != nil {
		return err
	}
	if p.sorter.Len() == 0 {
		return nil
	}
	if err := p.writeFile(late, replaced); err != nil {
		return fmt.Errorf("snapshot %s: %w", p.file.Path, err)
	}
	return nil
}

// Commit notes the part and its coverage in the journal. It settles a part that is not settled.
func (p *PartWriter) Commit(coverage []audit.Coverage) (err error) {
	defer func() { err = errors.Join(err, p.sorter.Close()) }()
	if !p.settled {
		if err := p.Settle(nil, func(*audit.Resource) {}); err != nil {
			return err
		}
	}
	if coverage == nil {
		coverage = []audit.Coverage{}
	}
	rec := PartRecord{File: p.file, Coverage: coverage}
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.w.keep(rec)
	if err := writeLine(p.w.journal, rec); err != nil {
		return fmt.Errorf("snapshot %s: %w", p.file.Path, err)
	}
	return nil
}

// keep notes a part for Finish. The caller holds the lock.
func (w *Writer) keep(p PartRecord) {
	if p.File.Count > 0 {
		w.files = append(w.files, p.File)
	}
	w.ledger.Add(p.Coverage...)
}

func (p *PartWriter) writeFile(late func(note []byte) (Late, error), replaced func(*audit.Resource)) error {
	sum := sha256.New()
	err := atomicfile.Write(filepath.Join(p.w.dir, filepath.FromSlash(p.file.Path)), atomicfile.FileMode, func(out io.Writer) error {
		gz := p.w.compressors.Get().(*gzip.Writer)
		defer p.w.compressors.Put(gz)
		gz.Reset(io.MultiWriter(out, sum))
		var last, whole []byte
		for r, err := range p.sorter.All() {
			if err != nil {
				return err
			}
			note, line, sections, gaps := uncoded(r.Value)
			if bytes.Equal(r.Key, last) { // no id is empty
				var old audit.Resource
				if err := audit.DecodeResource(bytes.Clone(line), &old); err != nil {
					return err
				}
				replaced(&old)
				continue
			}
			last = append(last[:0], r.Key...)
			if len(note) > 0 {
				l, err := late(note)
				if err != nil {
					return err
				}
				whole, err = audit.AppendSection(whole[:0], line[:len(line)-1], sections, gaps, l.Section, l.Doc, l.Gap)
				if err != nil {
					return fmt.Errorf("%s: %w", r.Key, err)
				}
				whole = append(whole, '\n')
				line = whole
			}
			if _, err := gz.Write(line); err != nil {
				return err
			}
			p.file.Count++
		}
		return gz.Close()
	})
	p.file.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return err
}

// once makes one row of those of several parts that are of one operation, as IAM's are: counts add up, and what failed stands. Rows of no
// region are of no part, and each stands for itself, such as the months of a bill. The ledger is in order.
func once(ledger *audit.Ledger) *audit.Ledger {
	out := &audit.Ledger{}
	for rows := range ledger.Scopes() {
		if rows[0].Region == "" || rows[0].Operation == "" {
			out.Add(rows...)
			continue
		}
		one := rows[0]
		for _, row := range rows[1:] {
			count := one.Count + row.Count
			if one.Reason == "" {
				one = row
			}
			one.Count = count
		}
		out.Add(one)
	}
	return out
}

// Finish writes the manifest, which makes the snapshot whole: Files, Counts and SchemaVersion are filled in, and the
// coverage of every part is added to m's. All parts must have ended.
func (w *Writer) Finish(m Manifest) (*Snapshot, error) {
	if err := w.alone(); err != nil {
		return nil, fmt.Errorf("finish snapshot: %w", err)
	}
	m.SchemaVersion = SchemaVersion
	m.Files, m.Counts = []File{}, map[string]int{}
	c := &m.Chosen
	for _, list := range [...]*[]string{&c.Excluded, &c.Regions, &c.Accounts, &c.Units, &c.ExcludeAccounts} {
		*list = append([]string{}, *list...)
	}
	for _, kind := range audit.CollectedKinds() {
		m.Counts[kind.Name] = 0
	}
	for row := range m.Coverage.All() {
		w.ledger.Add(row)
	}
	for _, f := range w.files {
		m.Files = append(m.Files, f)
		m.Counts[f.Kind] += f.Count
	}
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	m.Coverage = once(w.ledger.Sorted())
	if m.Charges = nil; w.charges != nil { // each month of which has a row of its own
		m.Charges = &w.charges.File
		m.Coverage.Add(w.charges.Coverage...)
		m.Coverage = m.Coverage.Sorted()
	}
	slices.SortFunc(m.Accounts, func(a, b ManifestAccount) int { return strings.Compare(a.ID, b.ID) })
	slices.Sort(m.Regions)
	if err := atomicfile.Write(filepath.Join(w.dir, ManifestName), atomicfile.FileMode, m.write); err != nil {
		return nil, fmt.Errorf("finish snapshot: %w", err)
	}
	w.ledger, w.files = audit.Ledger{}, nil
	if err := errors.Join(w.Close(), os.Remove(filepath.Join(w.dir, journalName)), removePrevious(w.dir)); err != nil {
		return nil, fmt.Errorf("finish snapshot: %w", err)
	}
	return Open(w.dir)
}

// write writes the manifest as indented JSON. Of its long lists no more than a row is held as text.
func (m *Manifest) write(w io.Writer) error {
	short := *m
	short.Coverage, short.Calls = nil, nil
	b, err := audit.EncodeJSON(short)
	if err != nil {
		return err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, b, "", " "); err != nil {
		return err
	}
	indented.WriteByte('\n')
	out := bufio.NewWriterSize(w, 1<<16)
	rest := indented.Bytes()
	rest, err = writeRows(out, rest, "coverage", m.Coverage.All(), func(c audit.Coverage, b []byte) []byte {
		return c.Append(b, "  ", rawjson.AppendQuote)
	})
	if err == nil && m.Calls != nil {
		rest, err = writeRows(out, rest, "calls", m.Calls.All(), CallMetrics.append)
	}
	if err == nil {
		_, err = out.Write(rest)
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// writeRows writes a manifest as far as its list of a name, which is null, with all in its stead, and returns the rest.
func writeRows[T any](out io.Writer, manifest []byte, name string, all iter.Seq[T], row func(T, []byte) []byte) (rest []byte, err error) {
	member := []byte("\n \"" + name + "\": ") // on a line of its own, which no text has
	before, rest, found := bytes.Cut(manifest, append(member, "null"...))
	if !found {
		return nil, fmt.Errorf("the manifest has no %s", name)
	}
	b := append(append(bytes.Clone(before), member...), '[')
	sep, end := "\n  ", "]"
	for v := range all {
		b = row(v, append(b, sep...))
		if _, err := out.Write(b); err != nil {
			return nil, err
		}
		b, sep, end = b[:0], ",\n  ", "\n ]"
	}
	_, err = out.Write(append(b, end...))
	return rest, err
}
