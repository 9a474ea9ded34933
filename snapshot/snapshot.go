// Package snapshot is the snapshot on disk: the resource documents and the coverage ledger of one collection, a folder that
// can be kept and evaluated again. Collecting calls Create or Resume, then Part for each kind of each account and region, and
// Finish; evaluating calls Open. It takes the records from audit and imports nothing else of the pipeline.
package snapshot

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/gzip"

	"tenor/audit"
)

// SchemaVersion is the version of a snapshot's manifest and resource documents.
const SchemaVersion = "1.0"

// ManifestName is the file that is written last: a directory without it is an unfinished snapshot.
const ManifestName = "manifest.json"

// Manifest describes a snapshot.
type Manifest struct {
	SchemaVersion string `json:"schema_version"`
	ToolVersion   string `json:"tool_version"`
	TakenAt       string `json:"taken_at"`  // RFC 3339 UTC: when collecting began
	Partition     string `json:"partition"` // aws, aws-us-gov or aws-cn
	// Account is the one whose credentials collected it; empty in a snapshot of an earlier version.
	Account  string            `json:"account"`
	Accounts []ManifestAccount `json:"accounts"` // ordered by id
	Regions  []string          `json:"regions"`  // ordered
	Chosen   Chosen            `json:"chosen"`
	Coverage *audit.Ledger     `json:"coverage"`          // ordered by CompareCoverage
	Files    []File            `json:"files"`             // ordered by path
	Charges  *Charges          `json:"charges,omitempty"` // what AWS charged; nil, and left out, where no bill was asked for
	// CloudWatch is what was asked of CloudWatch, which AWS charges; nil, and left out, where nothing was.
	CloudWatch *CloudWatch    `json:"cloudwatch,omitempty"`
	Counts     map[string]int `json:"counts"` // kind → resources
	Calls      *Calls         `json:"calls"`  // ordered by account, region, service, operation
}

// CloudWatch is how CloudWatch was asked about Outposts.
type CloudWatch struct {
	Days    int   `json:"days"`    // for how many it was asked how much of each Outpost was used
	Metrics int64 `json:"metrics"` // that it was asked for by the run that finished the snapshot
}

// Chosen says how the accounts and regions came about: what is not among them may be gone, or may only not have been asked for.
type Chosen struct {
	WholeOrganization bool     `json:"whole_organization"` // the accounts are all that the organization listed, but Excluded
	Excluded          []string `json:"excluded"`           // accounts that it listed and the config excludes; ordered
	AccountsNarrowed  bool     `json:"accounts_narrowed"`  // some of the organization's accounts were named
	RegionsNarrowed   bool     `json:"regions_narrowed"`   // some of the regions were named for this run alone
	AccountsChosen    bool     `json:"accounts_chosen"`    // the accounts were named for this run alone
	Regions           []string `json:"regions"`            // that were named; ordered, empty: all
	Accounts          []string `json:"accounts"`           // that were named; ordered, empty: all
	Units             []string `json:"units"`              // organizational units that were named; ordered, empty: all
	ExcludeAccounts   []string `json:"exclude_accounts"`   // that the config excludes, whether they were listed or not; ordered
}

// Members returns all accounts of the organization, of which accounts are those that were not excluded; those that were have no
// Status. It is nil where the organization was not listed completely.
func (c *Chosen) Members(accounts []ManifestAccount) []ManifestAccount {
	if !c.WholeOrganization {
		return nil
	}
	all := slices.Clone(accounts)
	for _, id := range c.Excluded {
		all = append(all, ManifestAccount{ID: id})
	}
	return all
}

// ManifestAccount is an account that was asked, or would have been.
type ManifestAccount struct {
	ID     string `json:"id"`
	Name   string `json:"name"`   // from Organizations; empty where it is not known
	Status string `json:"status"` // Organizations' State, such as ACTIVE or SUSPENDED; empty where it is not known
}

// File is one file of resources: one kind of one account and region.
type File struct {
	Path    string `json:"path"` // slashes, relative to the snapshot
	Account string `json:"account"`
	Region  string `json:"region"`
	Kind    string `json:"kind"`
	Count   int    `json:"count"`
	SHA256  string `json:"sha256"` // of the file as it is on disk, hex
}

// Total adds up the calls.
func (m *Manifest) Total() CallMetrics {
	var total CallMetrics
	for c := range m.Calls.All() {
		total.Add(c)
	}
	return total
}

// Snapshot is a finished snapshot on disk, open for reading.
type Snapshot struct {
	Dir      string
	Manifest Manifest
	Digest   string // hex SHA-256 of the manifest, which has the digest of every file
}

// Open reads the manifest in dir. The files are read, and their digests checked, only by Resources.
func Open(dir string) (*Snapshot, error) {
	name := filepath.Join(dir, ManifestName)
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		if _, jerr := os.Stat(filepath.Join(dir, journalName)); jerr == nil {
			return nil, fmt.Errorf("snapshot %s is unfinished: it has no %s; complete it with --resume", dir, ManifestName)
		}
		return nil, fmt.Errorf("%s is no snapshot: it has no %s", dir, ManifestName)
	}
	if err != nil {
		return nil, fmt.Errorf("open snapshot: %w", err)
	}
	defer f.Close()
	again := func() io.Reader { return io.NewSectionReader(f, 0, math.MaxInt64) }
	var m Manifest
	sum := sha256.New()
	if err := audit.DecodeJSONFrom(name, bufio.NewReaderSize(io.TeeReader(again(), sum), 1<<16), again, &m); err != nil {
		if _, ok := errors.AsType[*fs.PathError](err); ok {
			err = fmt.Errorf("open snapshot: %w", err)
		}
		return nil, err
	}
	if err := audit.CheckSchemaVersion(m.SchemaVersion, SchemaVersion); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m.Coverage = known(m.Coverage)
	return &Snapshot{Dir: dir, Manifest: m, Digest: hex.EncodeToString(sum.Sum(nil))}, nil
}

// Resources ranges over every resource in the order of the files and of the ids within them. It streams: the memory it
// takes does not grow with the snapshot. An error names the file and the line, and ends it.
func (s *Snapshot) Resources() iter.Seq2[*audit.Resource, error] {
	return func(yield func(*audit.Resource, error) bool) {
		for _, f := range s.Manifest.Files {
			for r, err := range s.ReadFile(f) {
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}

// ReadFile ranges over the resources of one file, as Resources does.
func (s *Snapshot) ReadFile(f File) iter.Seq2[*audit.Resource, error] {
	return func(yield func(*audit.Resource, error) bool) {
		last := ""
		for line, err := range s.Lines(f) {
			if err != nil {
				yield(nil, err)
				return
			}
			r, err := line.Resource(f)
			if err != nil {
				yield(nil, err)
				return
			}
			if line.Number > 1 && r.ID <= last {
				yield(nil, line.errorf("id %q is not after %q", r.ID, last))
				return
			}
			last = r.ID
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Line is one line of a file of resources.
type Line struct {
	Path   string
	Number int    // from 1
	JSON   []byte // valid until the next line
}

// Resource decodes the line, which is one of f. It keeps nothing of the line.
func (l Line) Resource(f File) (*audit.Resource, error) {
	r := new(audit.Resource)
	if err := audit.DecodeResource(l.JSON, r); err != nil {
		return nil, l.errorf("%w", err)
	}
	if r.Kind != f.Kind || r.Account != f.Account || r.Region != f.Region || r.ID == "" {
		return nil, l.errorf("%s %q of %s/%s does not belong in this file", r.Kind, r.ID, r.Account, r.Region)
	}
	return r, nil
}

func (l Line) errorf(format string, args ...any) error {
	return fmt.Errorf("snapshot %s:%d: %w", l.Path, l.Number, fmt.Errorf(format, args...))
}

// maxLine bounds a line, so that a damaged file cannot take all the memory. AWS's largest documents are below 1 MiB.
const maxLine = 64 << 20

// Lines ranges over the lines of one file without decoding them. After the last line the file's digest and count are
// held against the manifest.
func (s *Snapshot) Lines(f File) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		line := Line{Path: filepath.Join(s.Dir, filepath.FromSlash(f.Path))}
		fail := func(err error) { yield(Line{}, fmt.Errorf("snapshot %s:%d: %w", line.Path, line.Number+1, err)) }
		file, err := os.Open(line.Path)
		if err != nil {
			yield(Line{}, fmt.Errorf("snapshot: %w", err))
			return
		}
		defer file.Close()
		sum := sha256.New()
		raw := bufio.NewReaderSize(io.TeeReader(file, sum), 1<<16)
		gz, err := gzip.NewReader(raw)
		if err != nil {
			fail(audit.CutOff(err))
			return
		}
		r := bufio.NewReaderSize(gz, 1<<16)
		var long []byte
		for {
			b, err := r.ReadSlice('\n')
			if errors.Is(err, bufio.ErrBufferFull) {
				if long = append(long, b...); len(long) > maxLine {
					fail(fmt.Errorf("a line of more than %d bytes", maxLine))
					return
				}
				continue
			}
			if err == nil || errors.Is(err, io.EOF) && len(b)+len(long) > 0 {
				if long != nil {
					b, long = append(long, b...), nil
				}
				line.Number++
				line.JSON = b
				if !yield(line, nil) {
					return
				}
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				fail(audit.CutOff(err))
				return
			}
		}
		if _, err := io.Copy(io.Discard, raw); err != nil { // what follows the compressed stream is part of the digest
			fail(err)
			return
		}
		switch have := hex.EncodeToString(sum.Sum(nil)); {
		case have != f.SHA256:
			yield(Line{}, fmt.Errorf("snapshot %s:%d: the file is not the one in the manifest: SHA-256 %s, want %s",
				line.Path, max(line.Number, 1), have, f.SHA256))
		case line.Number != f.Count:
			yield(Line{}, fmt.Errorf("snapshot %s:%d: %d resources, want %d", line.Path, max(line.Number, 1), line.Number, f.Count))
		}
	}
}
