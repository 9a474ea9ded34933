package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"

	"tenor/internal/extsort"
)

// findingsBudget is how many bytes of findings are held in memory before they go to a temporary file.
const findingsBudget = 8 << 20

// FindingSorter puts findings in the order of CompareFindings as they come, in a bounded memory. Its methods may be
// called by several goroutines at once.
type FindingSorter struct {
	mu sync.Mutex
	s  *extsort.Sorter
}

// NewFindingSorter returns a sorter that spills, when it must, to an unnamed temporary file in dir.
func NewFindingSorter(dir string) *FindingSorter {
	return &FindingSorter{s: extsort.New(dir, findingsBudget)}
}

// Add keeps a finding.
func (fs *FindingSorter) Add(f *Finding) error {
	value, err := EncodeJSON(f)
	if err != nil {
		return fmt.Errorf("finding of %s on %s: %w", f.Rule, f.Resource.ID, err)
	}
	key := findingKey(f)
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.s.Add(key, value)
}

// List returns the findings in order. It is valid until Close, and no finding may be added once it was called. Several
// goroutines may range over it at once.
func (fs *FindingSorter) List() FindingList {
	return FindingList{Len: fs.s.Len(), seq: func(yield func(Finding, error) bool) {
		for r, err := range fs.s.All() {
			var f Finding
			if err == nil {
				err = jsonv2.Unmarshal(r.Value, &f, lineOptions)
			}
			if err != nil {
				yield(Finding{}, err)
				return
			}
			if !yield(f, nil) {
				return
			}
		}
	}}
}

// Close gives the temporary file back.
func (fs *FindingSorter) Close() error { return fs.s.Close() }

// findingKey returns bytes that compare as CompareFindings does.
func findingKey(f *Finding) []byte {
	key := []byte{byte(slices.Index(Verdicts[:], f.Verdict)), byte(f.Severity.Rank())}
	if f.Due == "" {
		key = append(key, 0xff)
	}
	r := &f.Resource
	for _, s := range [...]string{string(f.Due), f.Rule, r.Account, r.Region, r.Kind, r.ID, f.Fingerprint} {
		key = append(append(key, s...), 0)
	}
	return append(key, f.Msg...)
}

// EncodeJSON returns v as compact JSON without the escapes that only HTML needs.
func EncodeJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
