// Package baseline is the memory of a run: what a report changes over an earlier one, and what the earlier one knew that this one
// could not read. Call New with the earlier report, Against with how the new one is evaluated, Note with each of its findings,
// then Finish with its Scopes, which keep apart what is gone and what was not read; Remember carries the deadlines of contracts. It imports
// no other part of the pipeline.
package baseline

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"

	"tenor/audit"
)

// Baseline is what is known of an earlier report: its findings, and those that it could not evaluate itself but knew from the one
// before. A nil one knows nothing. It keeps a few words of each finding in memory, and reads the rest again from the report.
type Baseline struct {
	Report audit.Report

	known map[digest]*Known
	blind map[digest]bool // the rules and resources of what is known: whether the new report could say nothing there

	settings settings

	mu      sync.Mutex
	changes audit.Changes
	lists   []io.Closer
}

// Known is what is kept of a finding of the baseline while the new report is made.
type Known struct {
	Severity audit.Severity
	Verdict  audit.Verdict

	firstSeen audit.Optional
	msg       digest
	own       bool // of the baseline's own run, and not carried by it
	seen      bool // in the new report
	changed   bool // there it is not the same
	done      bool // Finish has met it

	by *audit.Setting // that silenced it though it is in the new report; nil: none
}

// digest stands for a text: there may be millions, and most are long.
type digest [16]byte

func digestOf(parts ...string) digest {
	var b []byte
	for _, p := range parts {
		b = append(append(b, p...), 0)
	}
	sum := sha256.Sum256(b)
	return digest(sum[:16])
}

// identity is by which a finding is known. What is unknown or an error is not the finding that has its fingerprint.
func identity(f *audit.Finding) digest {
	if f.Verdict.Given() {
		return digestOf(f.Fingerprint)
	}
	return digestOf(f.Fingerprint, "not given")
}

// spot is where a rule may be blind: a resource.
func spot(f *audit.Finding) digest {
	r := &f.Resource
	return digestOf(f.Rule, r.Account, r.Region, r.Kind, r.ID)
}

// New reads the findings of a report, which Finish reads again.
func New(r audit.Report) (*Baseline, error) {
	b := &Baseline{Report: r, known: map[digest]*Known{}, blind: map[digest]bool{}}
	b.changes = audit.Changes{Baseline: audit.BaselineRef{ID: r.Run.ID, AsOf: r.Run.AsOf}, Settings: []audit.Setting{}}
	words := map[string]string{} // few, and each kept once
	word := func(s string) string {
		if _, ok := words[s]; !ok {
			words[s] = s
		}
		return words[s]
	}
	left := r.Findings.Len
	for f, err := range b.all() {
		if err != nil {
			return nil, fmt.Errorf("baseline: %w", err)
		}
		left--
		id := identity(&f)
		if b.known[id] != nil { // the report's own finding comes before one that it carries
			continue
		}
		b.known[id] = &Known{
			Severity: audit.Severity(word(string(f.Severity))), Verdict: audit.Verdict(word(string(f.Verdict))),
			firstSeen: audit.Optional(word(cmp.Or(string(f.FirstSeen), r.Run.AsOf))), msg: digestOf(f.Msg), own: left >= 0,
		}
		if f.Verdict.Given() {
			b.blind[spot(&f)] = false
		}
	}
	return b, nil
}

// all ranges over the findings of the report, then over those that it carries.
func (b *Baseline) all() iter.Seq2[audit.Finding, error] {
	return func(yield func(audit.Finding, error) bool) {
		lists := []audit.FindingList{b.Report.Findings}
		if c := b.Report.Changes; c != nil {
			lists = append(lists, c.NotReevaluated)
		}
		for _, list := range lists {
			for f, err := range list.All() {
				if !yield(f, err) || err != nil {
					return
				}
			}
		}
	}
}

// Note sets what a finding of the new report says of the baseline, and returns the baseline's of the same fingerprint, nil
// when it had none. A finding that is unknown or an error is compared with nothing. Several goroutines may call it at once.
func (b *Baseline) Note(f *audit.Finding, asOf string) *Known {
	f.FirstSeen, f.Change = audit.Optional(asOf), "" // which a report that is read may have from its own run
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.known[identity(f)]
	if k != nil {
		f.FirstSeen = k.firstSeen
	}
	if !f.Verdict.Given() {
		if _, ok := b.blind[spot(f)]; ok {
			b.blind[spot(f)] = true
		}
		return nil
	}
	if k == nil {
		f.Change = audit.Optional(audit.ChangeNew)
		b.changes.New++
		return nil
	}
	k.seen = true
	if !k.differs(f) {
		f.Change = audit.Optional(audit.ChangePersisting)
		b.changes.Persisting++
		return k
	}
	if k.by = b.settings.present(k, f); k.by != nil {
		f.Change = audit.Optional(audit.ChangeSilenced)
		return k
	}
	f.Change, k.changed = audit.Optional(audit.ChangeChanged), true
	return k
}

// differs reports whether a finding of the same fingerprint has another severity, verdict or message.
func (k *Known) differs(f *audit.Finding) bool {
	return k.Severity != f.Severity || k.Verdict != f.Verdict || k.msg != digestOf(f.Msg)
}

// Finish goes through the baseline once more and returns what changed, nil of a nil baseline. The scopes and the findings, all of which
// were noted, are those of the new report. The lists spill into dir, and are valid until Close.
func (b *Baseline) Finish(s *Scopes, findings audit.FindingList, dir string) (*audit.Changes, error) {
	if b == nil {
		return nil, nil
	}
	changed := audit.NewChangedSorter(dir)
	b.lists = append(b.lists, changed)
	lists := map[audit.Change]*audit.FindingSorter{}
	list := func(changes ...audit.Change) func() audit.FindingList {
		sorter := audit.NewFindingSorter(dir)
		b.lists = append(b.lists, sorter)
		for _, c := range changes {
			lists[c] = sorter
		}
		return sorter.List
	}
	resolved, carried := list(audit.ChangeResolved, audit.ChangeAccountGone), list(audit.ChangeNotReevaluated)
	silenced := audit.NewSilencedSorter(dir)
	b.lists = append(b.lists, silenced)
	silence := func(f *audit.Finding, by *audit.Setting) error {
		f.Change = audit.Optional(audit.ChangeSilenced)
		return silenced.Add(&audit.Silenced{Finding: *f, By: by.Kind, Name: by.Name, Before: by.Before, After: by.After})
	}
	var err error
	for f, rerr := range b.all() {
		if rerr != nil {
			return nil, fmt.Errorf("baseline: %w", rerr)
		}
		if !f.Verdict.Given() {
			continue
		}
		k := b.known[identity(&f)]
		if k == nil {
			return nil, errors.New("baseline: the report changed while it was compared with: run again")
		}
		if k.done {
			continue
		}
		k.done = true
		if k.by != nil {
			f.FirstSeen = k.firstSeen
			if err := silence(&f, k.by); err != nil {
				return nil, fmt.Errorf("baseline: %w", err)
			}
			continue
		}
		if k.changed {
			if err := changed.Before(&f); err != nil {
				return nil, fmt.Errorf("baseline: %w", err)
			}
		}
		if k.seen {
			continue
		}
		f.FirstSeen = k.firstSeen
		change, by := b.became(s, &f, k.own && s.covers(b.Report.Run.Regions))
		f.Change = audit.Optional(change)
		if by != nil {
			err = silence(&f, by)
		} else {
			err = lists[change].Add(&f)
		}
		if err != nil {
			return nil, fmt.Errorf("baseline: %w", err)
		}
	}
	for f, err := range findings.All() {
		if err != nil {
			return nil, fmt.Errorf("findings: %w", err)
		}
		k := b.known[identity(&f)]
		if k == nil || !k.changed || !k.differs(&f) {
			continue
		}
		f.FirstSeen, f.Change = k.firstSeen, audit.Optional(audit.ChangeChanged)
		if err := changed.After(&f); err != nil {
			return nil, fmt.Errorf("baseline: %w", err)
		}
	}
	if b.changes.Changed, err = changed.List(); err != nil {
		return nil, fmt.Errorf("baseline: %w", err)
	}
	b.changes.Resolved, b.changes.NotReevaluated, b.changes.Silenced = resolved(), carried(), silenced.List()
	return &b.changes, nil
}

// Close gives the temporary files of the lists back.
func (b *Baseline) Close() error {
	if b == nil {
		return nil
	}
	var err error
	for _, l := range b.lists {
		err = errors.Join(err, l.Close())
	}
	return err
}
