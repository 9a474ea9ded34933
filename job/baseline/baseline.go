// Package baseline says what a report changes over an earlier one. Call New with the earlier report, Note with each finding of
// the new one, then Finish with the Scopes of the new one, which keep apart what is gone and what was not read. It imports no
// other part of the pipeline.
package baseline

import (
	"fmt"
	"slices"
	"sync"

	"tenor/audit"
)

// Baseline is what is known of an earlier report. A nil one knows nothing.
type Baseline struct {
	Report audit.Report

	known map[string]*Known // by fingerprint

	mu      sync.Mutex
	changes audit.Changes
	blind   map[blindSpot]bool // what the new report could not judge
}

// Known is what is kept of a finding of the baseline while the new report is made.
type Known struct {
	Severity audit.Severity
	Verdict  audit.Verdict

	msg       string
	firstSeen audit.Optional
	seen      bool
}

type blindSpot struct{ rule, account, region, kind, id string }

func blindSpotOf(f *audit.Finding) blindSpot {
	return blindSpot{f.Rule, f.Resource.Account, f.Resource.Region, f.Resource.Kind, f.Resource.ID}
}

// New reads the findings of a report, which Finish reads again.
func New(r audit.Report) (*Baseline, error) {
	b := &Baseline{Report: r, known: map[string]*Known{}, blind: map[blindSpot]bool{}}
	b.changes = audit.Changes{
		Baseline: audit.BaselineRef{ID: r.Run.ID, AsOf: r.Run.AsOf},
		Changed:  []audit.Changed{}, Resolved: []audit.Finding{}, NotReevaluated: []audit.Finding{},
	}
	for f, err := range r.Findings.All() {
		if err != nil {
			return nil, fmt.Errorf("baseline: %w", err)
		}
		b.known[f.Fingerprint] = &Known{Severity: f.Severity, Verdict: f.Verdict, msg: f.Msg, firstSeen: f.FirstSeen}
	}
	return b, nil
}

// Note sets what a finding of the new report says of the baseline, and returns the baseline's of the same fingerprint, nil
// when it had none. Several goroutines may call it at once.
func (b *Baseline) Note(f *audit.Finding, asOf string) *Known {
	f.FirstSeen = audit.Optional(asOf)
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if f.Verdict == audit.Unknown || f.Verdict == audit.Error {
		b.blind[blindSpotOf(f)] = true
	}
	k := b.known[f.Fingerprint]
	if k == nil {
		f.Change = audit.Optional(audit.ChangeNew)
		b.changes.New++
		return nil
	}
	k.seen = true
	if k.firstSeen != "" {
		f.FirstSeen = k.firstSeen
	}
	fields := k.differs(f)
	if len(fields) == 0 {
		f.Change = audit.Optional(audit.ChangePersisting)
		b.changes.Persisting++
		return k
	}
	f.Change = audit.Optional(audit.ChangeChanged)
	b.changes.Changed = append(b.changes.Changed, audit.Changed{Fingerprint: f.Fingerprint, Rule: f.Rule, Fields: fields, After: *f})
	return k
}

func (k *Known) differs(f *audit.Finding) []string {
	var fields []string
	if k.Severity != f.Severity {
		fields = append(fields, "severity")
	}
	if k.Verdict != f.Verdict {
		fields = append(fields, "verdict")
	}
	if k.msg != f.Msg {
		fields = append(fields, "msg")
	}
	return fields
}

// Finish goes through the baseline once more and returns what changed, nil of a nil baseline. The scopes are those of the new
// report.
func (b *Baseline) Finish(s *Scopes) (*audit.Changes, error) {
	if b == nil {
		return nil, nil
	}
	changed := map[string]int{}
	for i, c := range b.changes.Changed {
		changed[c.Fingerprint] = i
	}
	for f, err := range b.Report.Findings.All() {
		if err != nil {
			return nil, fmt.Errorf("baseline: %w", err)
		}
		k := b.known[f.Fingerprint]
		switch i, ok := changed[f.Fingerprint]; {
		case ok:
			b.changes.Changed[i].Before = f
		case k.seen:
		case b.blind[blindSpotOf(&f)] || s.hidden(&f):
			b.changes.NotReevaluated = append(b.changes.NotReevaluated, f)
		default:
			b.changes.Resolved = append(b.changes.Resolved, f)
		}
	}
	slices.SortFunc(b.changes.Changed, func(x, y audit.Changed) int { return audit.CompareFindings(&x.After, &y.After) })
	return &b.changes, nil
}
