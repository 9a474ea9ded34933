package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"

	"tenor/internal/extsort"
)

// sortBudget is how many bytes of records a sorter holds in memory before they go to a temporary file.
const sortBudget = 2 << 20

// FindingSorter puts findings in the total order of every report as they come, in a bounded memory: failures before errors, unknowns and
// waived ones, then the most severe, then the nearest due (none last), then rule, account, region, kind, id, fingerprint and message. Its
// methods may be called by several goroutines at once.
type FindingSorter struct{ sorter }

// SilencedSorter is one for what was silenced, in the order of the findings.
type SilencedSorter struct{ sorter }

// ChangedSorter is one for what changed, in the order of the findings as they are now. It brings together what a finding was and what it
// is: two reports have them in orders of their own.
type ChangedSorter struct{ halves, whole sorter }

// RenewalSorter is one for renewals: by notice deadline (none last), account, region and id.
type RenewalSorter struct{ sorter }

type sorter struct {
	mu sync.Mutex
	s  *extsort.Sorter
}

// NewFindingSorter returns a sorter that spills, when it must, to an unnamed temporary file in dir.
func NewFindingSorter(dir string) *FindingSorter {
	return &FindingSorter{sorter{s: extsort.New(dir, sortBudget)}}
}

// NewSilencedSorter returns one that spills to dir too.
func NewSilencedSorter(dir string) *SilencedSorter {
	return &SilencedSorter{sorter{s: extsort.New(dir, sortBudget)}}
}

// NewChangedSorter returns one that spills to dir too.
func NewChangedSorter(dir string) *ChangedSorter {
	return &ChangedSorter{sorter{s: extsort.New(dir, sortBudget)}, sorter{s: extsort.New(dir, sortBudget)}}
}

// NewRenewalSorter returns one that spills to dir too.
func NewRenewalSorter(dir string) *RenewalSorter {
	return &RenewalSorter{sorter{s: extsort.New(dir, sortBudget)}}
}

// Add keeps a finding.
func (fs *FindingSorter) Add(f *Finding) error { return fs.addAt(f, f) }

// Add keeps what was silenced.
func (ss *SilencedSorter) Add(s *Silenced) error { return ss.addAt(&s.Finding, s) }

// Before keeps what a finding was, once for a fingerprint.
func (cs *ChangedSorter) Before(f *Finding) error {
	return cs.halves.add([]byte(f.Fingerprint+"\x000"), f)
}

// After keeps what a finding is.
func (cs *ChangedSorter) After(f *Finding) error {
	return cs.halves.add([]byte(f.Fingerprint+"\x001"), f)
}

// Add keeps a renewal.
func (rs *RenewalSorter) Add(r *Renewal) error {
	if err := rs.add(renewalKey(r), r); err != nil {
		return fmt.Errorf("renewal of %s: %w", r.Resource.ID, err)
	}
	return nil
}

// addAt keeps a record at the place of a finding.
func (s *sorter) addAt(f *Finding, record any) error {
	if err := s.add(findingKey(f), record); err != nil {
		return fmt.Errorf("finding of %s on %s: %w", f.Rule, f.Resource.ID, err)
	}
	return nil
}

func (s *sorter) add(key []byte, record any) error {
	value, err := EncodeJSON(record)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.s.Add(key, value)
}

// List returns the findings in order. It is valid until Close, and no finding may be added once it was called. Several
// goroutines may range over it at once.
func (fs *FindingSorter) List() FindingList { return sorted[Finding](&fs.sorter) }

// List returns what was silenced in order, as FindingSorter does.
func (ss *SilencedSorter) List() SilencedList { return sorted[Silenced](&ss.sorter) }

// List returns what changed in order, as FindingSorter does, and may be called once. A finding that was nothing before is in no list.
func (cs *ChangedSorter) List() (ChangedList, error) {
	var before *Finding
	halves := sorted[Finding](&cs.halves)
	for f, err := range halves.All() { // those of a fingerprint together, what it was first
		switch {
		case err != nil:
			return ChangedList{}, err
		case before == nil || before.Fingerprint != f.Fingerprint:
			before = &f
			continue
		}
		c := Changed{Fingerprint: f.Fingerprint, Rule: f.Rule, Fields: differing(before, &f), Before: *before, After: f}
		if err := cs.whole.addAt(&f, &c); err != nil {
			return ChangedList{}, err
		}
	}
	return sorted[Changed](&cs.whole), nil
}

// differing names what is not the same of a finding.
func differing(before, after *Finding) []string {
	fields := []string{}
	if before.Severity != after.Severity {
		fields = append(fields, "severity")
	}
	if before.Verdict != after.Verdict {
		fields = append(fields, "verdict")
	}
	if before.Msg != after.Msg {
		fields = append(fields, "msg")
	}
	return fields
}

// Close gives the temporary files back.
func (cs *ChangedSorter) Close() error { return errors.Join(cs.halves.Close(), cs.whole.Close()) }

// List returns the renewals in order, as FindingSorter does.
func (rs *RenewalSorter) List() RenewalList { return sorted[Renewal](&rs.sorter) }

func sorted[T any](s *sorter) List[T] {
	options := jsonv2.JoinOptions(lineOptions, jsonv2.WithUnmarshalers(Readers()))
	return NewList(s.s.Len(), func(yield func(T, error) bool) {
		for r, err := range s.s.All() {
			var v, none T
			if err == nil {
				err = jsonv2.Unmarshal(r.Value, &v, options)
			}
			if err != nil {
				yield(none, err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	})
}

// Close gives the temporary file back.
func (s *sorter) Close() error { return s.s.Close() }

// findingKey returns bytes that compare as the findings of a report stand.
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

// renewalKey returns bytes that compare as the renewals of a report stand.
func renewalKey(r *Renewal) []byte {
	var key []byte
	if r.NoticeDeadline == "" {
		key = append(key, 0xff)
	}
	for _, s := range [...]string{string(r.NoticeDeadline), r.Resource.Account, r.Resource.Region, r.Resource.ID} {
		key = append(append(key, s...), 0)
	}
	return key
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
