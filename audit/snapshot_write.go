package audit

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
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// partBudget is how many bytes of a part are held in memory before they go to a temporary file. A hundred parts and more
// may be open at once.
const partBudget = 64 << 10

// SnapshotWriter writes a snapshot part by part: a part is one kind of one account and region. Its methods may be called
// by several goroutines at once.
type SnapshotWriter struct {
	dir     string
	mu      sync.Mutex
	scope   *Scope                // nil until Begin
	parts   map[string]PartRecord // by path
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

// CreateSnapshot begins a snapshot in dir. What stands there is put aside as dir.previous until Finish, so a run that
// fails does not cost the last good snapshot.
func CreateSnapshot(dir string) (*SnapshotWriter, error) {
	switch _, err := os.Stat(filepath.Join(dir, ManifestName)); {
	case err == nil:
		if err := os.RemoveAll(dir + ".previous"); err != nil {
			return nil, fmt.Errorf("create snapshot: %w", err)
		}
		if err := os.Rename(dir, dir+".previous"); err != nil {
			return nil, fmt.Errorf("create snapshot: %w", err)
		}
	case errors.Is(err, fs.ErrNotExist):
		for _, old := range []string{journalName, "resources"} { // of an unfinished snapshot, and nothing else that is there
			if err := os.RemoveAll(filepath.Join(dir, old)); err != nil {
				return nil, fmt.Errorf("create snapshot: %w", err)
			}
		}
	default:
		return nil, fmt.Errorf("create snapshot: %w", err)
	}
	return openWriter(dir, nil, map[string]PartRecord{})
}

// Done returns what an earlier run finished of a part, and whether it did.
func (w *SnapshotWriter) Done(account, region, kind string) (PartRecord, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, ok := w.parts[partPath(account, region, kind)]
	return p, ok
}

// ReadPart ranges over the resources of a part that Done has returned, as Snapshot.ReadFile does.
func (w *SnapshotWriter) ReadPart(p PartRecord) iter.Seq2[*Resource, error] {
	if p.File.Count == 0 {
		return func(func(*Resource, error) bool) {}
	}
	return (&Snapshot{Dir: w.dir}).ReadFile(p.File)
}

var pathPart = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// Part begins a part. The caller ends it with Commit or Discard.
func (w *SnapshotWriter) Part(account, region, kind string) (*PartWriter, error) {
	for _, s := range [...]string{account, region, kind} {
		if !pathPart.MatchString(s) {
			return nil, fmt.Errorf("snapshot: %q cannot be part of a path", s)
		}
	}
	f := File{Path: partPath(account, region, kind), Account: account, Region: region, Kind: kind}
	return &PartWriter{w: w, file: f, sorter: newSorter(w.dir, partBudget)}, nil
}

// PartWriter takes the resources of one part in any order.
type PartWriter struct {
	w      *SnapshotWriter
	file   File
	sorter *sorter

	scratch []byte // the last resource encoded
	settled bool   // the file is in its place
}

// Add keeps a resource, whose account, region and kind must be the part's. Facts are left out. Of those of one id, which
// come when a list changes between two pages, the one that was added last is kept.
func (p *PartWriter) Add(r *Resource) error { return p.AddAt(r, p.sorter.count) }

// AddAt is Add for resources that are not added in the order they were read in: of one id the one with the highest turn
// is kept. A part uses Add or AddAt, never both.
func (p *PartWriter) AddAt(r *Resource, turn int) error {
	if r.Account != p.file.Account || r.Region != p.file.Region || r.Kind != p.file.Kind || r.ID == "" {
		return fmt.Errorf("snapshot: %s %q of %s/%s does not belong into %s", r.Kind, r.ID, r.Account, r.Region, p.file.Path)
	}
	b := binary.BigEndian.AppendUint64(p.scratch[:0], ^uint64(turn)) // sorts the last turn first
	b, err := appendResource(b, r)
	if err != nil {
		return fmt.Errorf("snapshot: %s %s: %w", r.Kind, r.ID, err)
	}
	p.scratch = append(b, '\n')
	return p.sorter.add([]byte(r.ID), bytes.Clone(p.scratch))
}

// turnSize is what AddAt puts before each resource.
const turnSize = 8

// Len returns how many resources were added.
func (p *PartWriter) Len() int { return p.sorter.count }

// Discard drops the part, so that a later run asks for it again. After Commit it does nothing.
func (p *PartWriter) Discard() error { return p.sorter.close() }

// Settle puts the part's file in its place, if it has any resource, and hands to replaced those that another of the same
// id has replaced. No resource can be added after it.
func (p *PartWriter) Settle(replaced func(*Resource)) error {
	p.settled = true
	if err := p.w.alone(); err != nil {
		return err
	}
	if p.sorter.count == 0 {
		return nil
	}
	if err := p.writeFile(replaced); err != nil {
		return fmt.Errorf("snapshot %s: %w", p.file.Path, err)
	}
	return nil
}

// Commit notes the part and its coverage in the journal. It settles a part that is not settled.
func (p *PartWriter) Commit(coverage []Coverage) (err error) {
	defer func() { err = errors.Join(err, p.sorter.close()) }()
	if !p.settled {
		if err := p.Settle(func(*Resource) {}); err != nil {
			return err
		}
	}
	if coverage == nil {
		coverage = []Coverage{}
	}
	rec := PartRecord{File: p.file, Coverage: coverage}
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.w.parts[p.file.Path] = rec
	if err := writeLine(p.w.journal, rec); err != nil {
		return fmt.Errorf("snapshot %s: %w", p.file.Path, err)
	}
	return nil
}

func (p *PartWriter) writeFile(replaced func(*Resource)) (err error) {
	f, err := newTempFile(filepath.Join(p.w.dir, filepath.FromSlash(p.file.Path)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.discard()) }()
	sum := &digestWriter{w: f, sum: sha256.New()}
	buf := bufio.NewWriterSize(sum, 1<<16)
	gz := p.w.compressors.Get().(*gzip.Writer)
	defer p.w.compressors.Put(gz)
	gz.Reset(buf)
	var last []byte
	for r, err := range p.sorter.all() {
		if err != nil {
			return err
		}
		line := r.value[turnSize:]
		if bytes.Equal(r.key, last) { // no id is empty
			var old Resource
			if err := decodeResource(line, &old); err != nil {
				return err
			}
			replaced(&old)
			continue
		}
		last = append(last[:0], r.key...)
		if _, err := gz.Write(line); err != nil {
			return err
		}
		p.file.Count++
	}
	if err := gz.Close(); err != nil {
		return err
	}
	if err := buf.Flush(); err != nil {
		return err
	}
	p.file.SHA256 = hex.EncodeToString(sum.sum.Sum(nil))
	return f.commit()
}

// Finish writes the manifest, which makes the snapshot whole: Files, Counts and SchemaVersion are filled in, and the
// coverage of every part is added to m's. All parts must have ended.
func (w *SnapshotWriter) Finish(m Manifest) (*Snapshot, error) {
	if err := w.alone(); err != nil {
		return nil, fmt.Errorf("finish snapshot: %w", err)
	}
	m.SchemaVersion = SnapshotSchemaVersion
	m.Files, m.Counts = []File{}, map[string]int{}
	m.Coverage = append([]Coverage{}, m.Coverage...)
	for _, kind := range CollectedKinds {
		m.Counts[kind] = 0
	}
	for _, name := range sortedKeys(w.parts) {
		p := w.parts[name]
		m.Coverage = append(m.Coverage, p.Coverage...)
		if p.File.Count > 0 {
			m.Files = append(m.Files, p.File)
			m.Counts[p.File.Kind] += p.File.Count
		}
	}
	slices.SortFunc(m.Coverage, CompareCoverage)
	slices.SortFunc(m.Accounts, func(a, b ManifestAccount) int { return strings.Compare(a.ID, b.ID) })
	slices.Sort(m.Regions)
	b, err := EncodeJSON(m)
	if err != nil {
		return nil, fmt.Errorf("finish snapshot: %w", err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, b, "", " "); err != nil {
		return nil, fmt.Errorf("finish snapshot: %w", err)
	}
	err = WriteFile(filepath.Join(w.dir, ManifestName), func(out io.Writer) error {
		_, err := out.Write(append(indented.Bytes(), '\n'))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("finish snapshot: %w", err)
	}
	if err := errors.Join(w.Close(), os.Remove(filepath.Join(w.dir, journalName)), os.RemoveAll(w.dir+".previous")); err != nil {
		return nil, fmt.Errorf("finish snapshot: %w", err)
	}
	return OpenSnapshot(w.dir)
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
