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

// Sorter puts records in the order of a report as they come, in a bounded memory. Findings stand in the total order of every report:
// failures before errors, unknowns and waived ones, then the most severe, then the nearest due (none last), then rule, account, region,
// kind, id, fingerprint and message; what was silenced in that of the findings; renewals by notice deadline (none last), account, region
// and id; days of the calendar by date, account, region, id and kind. Its methods may be called by several goroutines at once.
type Sorter[T any] struct {
	mu   sync.Mutex
	s    *extsort.Sorter
	key  func(*T) []byte // compares as the records stand
	name func(*T) string // what a record is of, for an error
}

// FindingSorter is one for findings.
type FindingSorter = Sorter[Finding]

// RenewalSorter is one for renewals.
type RenewalSorter = Sorter[Renewal]

// CalendarSorter is one for days of the calendar.
type CalendarSorter = Sorter[CalendarDay]

// ChangedSorter is one for what changed, in the order of the findings as they are now. It brings together what a finding was and what it
// is: two reports have them in orders of their own.
type ChangedSorter struct {
	halves *Sorter[Finding]
	whole  *Sorter[Changed]
}

// NewFindingSorter returns a sorter that spills, when it must, to an unnamed temporary file in dir.
func NewFindingSorter(dir string) *FindingSorter { return newSorter(dir, findingKey, findingName) }

// NewSilencedSorter returns one for what was silenced, that spills to dir too.
func NewSilencedSorter(dir string) *Sorter[Silenced] {
	return newSorter(dir,
		func(s *Silenced) []byte { return findingKey(&s.Finding) }, func(s *Silenced) string { return findingName(&s.Finding) })
}

// NewChangedSorter returns one that spills to dir too.
func NewChangedSorter(dir string) *ChangedSorter {
	return &ChangedSorter{NewFindingSorter(dir),
		newSorter(dir, func(c *Changed) []byte { return findingKey(&c.After) }, func(c *Changed) string { return findingName(&c.After) })}
}

// NewRenewalSorter returns one that spills to dir too.
func NewRenewalSorter(dir string) *RenewalSorter {
	return newSorter(dir, renewalKey, func(r *Renewal) string { return "renewal of " + r.Resource.ID })
}

// NewCalendarSorter returns one that spills to dir too.
func NewCalendarSorter(dir string) *CalendarSorter {
	return newSorter(dir, calendarKey, func(d *CalendarDay) string { return "calendar of " + d.Resource.ID })
}

func newSorter[T any](dir string, key func(*T) []byte, name func(*T) string) *Sorter[T] {
	return &Sorter[T]{s: extsort.New(dir, sortBudget), key: key, name: name}
}

func findingName(f *Finding) string { return "finding of " + f.Rule + " on " + f.Resource.ID }

// Add keeps a record.
func (s *Sorter[T]) Add(record *T) error { return s.addAt(s.key(record), record) }

func (s *Sorter[T]) addAt(key []byte, record *T) error {
	value, err := EncodeJSON(record)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		err = s.s.Add(key, value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.name(record), err)
	}
	return nil
}

// List returns the records in order. It is valid until Close, and none may be added once it was called. Several goroutines may range over
// it at once.
func (s *Sorter[T]) List() List[T] {
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
func (s *Sorter[T]) Close() error { return s.s.Close() }

// Before keeps what a finding was, once for a fingerprint.
func (cs *ChangedSorter) Before(f *Finding) error {
	return cs.halves.addAt([]byte(f.Fingerprint+"\x000"), f)
}

// After keeps what a finding is.
func (cs *ChangedSorter) After(f *Finding) error {
	return cs.halves.addAt([]byte(f.Fingerprint+"\x001"), f)
}

// List returns what changed in order, as Sorter does, and may be called once. A finding that was nothing before is in no list.
func (cs *ChangedSorter) List() (ChangedList, error) {
	var before *Finding
	for f, err := range cs.halves.List().All() { // those of a fingerprint together, what it was first
		switch {
		case err != nil:
			return ChangedList{}, err
		case before == nil || before.Fingerprint != f.Fingerprint:
			before = &f
			continue
		}
		c := Changed{Fingerprint: f.Fingerprint, Rule: f.Rule, Fields: differing(before, &f), Before: *before, After: f}
		if err := cs.whole.Add(&c); err != nil {
			return ChangedList{}, err
		}
	}
	return cs.whole.List(), nil
}

// differing names what is not the same of a finding.
func differing(before, after *Finding) []string {
	fields := []string{}
	for _, field := range [...]struct {
		name  string
		other bool
	}{{"severity", before.Severity != after.Severity}, {"verdict", before.Verdict != after.Verdict}, {"msg", before.Msg != after.Msg}} {
		if field.other {
			fields = append(fields, field.name)
		}
	}
	return fields
}

// Close gives the temporary files back.
func (cs *ChangedSorter) Close() error { return errors.Join(cs.halves.Close(), cs.whole.Close()) }

// findingKey returns bytes that compare as the findings of a report stand.
func findingKey(f *Finding) []byte {
	key := []byte{byte(slices.Index(Verdicts[:], f.Verdict)), byte(f.Severity.Rank())}
	if f.Due == "" {
		key = append(key, 0xff)
	}
	r := &f.Resource
	return append(ended(key, string(f.Due), f.Rule, r.Account, r.Region, r.Kind, r.ID, f.Fingerprint), f.Msg...)
}

// renewalKey returns bytes that compare as the renewals of a report stand.
func renewalKey(r *Renewal) []byte {
	var key []byte
	if r.NoticeDeadline == "" {
		key = append(key, 0xff)
	}
	return ended(key, string(r.NoticeDeadline), r.Resource.Account, r.Resource.Region, r.Resource.ID)
}

// calendarKey returns bytes that compare as the days of the calendar stand.
func calendarKey(d *CalendarDay) []byte {
	return ended(nil, d.Day, d.Resource.Account, d.Resource.Region, d.Resource.ID, d.Kind)
}

// ended appends texts to a key, each with its end: one that begins another comes before it.
func ended(key []byte, texts ...string) []byte {
	for _, s := range texts {
		key = append(append(key, s...), 0)
	}
	return key
}

// IndentedJSON is EncodeJSON for people: each level two spaces further in, and a line feed at the end.
func IndentedJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return buf.Bytes(), err
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
