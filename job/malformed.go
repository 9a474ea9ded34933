package job

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"tenor/audit"
	"tenor/finance"
	"tenor/snapshot"
)

// malformed are the resources that finance could not read, by what they came with. It is a ledger and no list: there may be
// as many as there are resources.
type malformed map[audit.Scope]*unread

type unread struct {
	first string // of the messages, in their order
	n     int
}

// enrich sets the facts of a resource. The section that finance cannot read is a gap, which it returns; where there are no facts
// then, they are one too.
func enrich(r *audit.Resource, derive func(*audit.Resource) error) *audit.Gap {
	err := derive(r)
	if err == nil {
		return nil
	}
	if inner := errors.Unwrap(err); inner != nil {
		err = inner // without the name of the resource, which stands beside it
	}
	if r.Gaps == nil {
		r.Gaps = map[string]audit.Gap{}
	}
	section, gap := finance.GapOf(r.Kind, err)
	if section != "" {
		r.Gaps[section] = gap
	}
	if r.Facts == nil {
		r.Gaps["facts"] = gap
	}
	return &gap
}

// add notes a resource that could not be read.
func (m malformed) add(r *audit.Resource, gap *audit.Gap) {
	s := audit.Scope{Account: r.Account, Region: r.Region, Service: audit.KindOf(r.Kind).Service, Operation: gap.Operation}
	msg := r.ID + ": " + gap.Message
	u := m[s]
	if u == nil {
		u = &unread{first: msg}
		m[s] = u
	}
	u.first = min(u.first, msg)
	u.n++
}

// on returns the ledger with a gap wherever something could not be read. What a row counted stays, and so does a gap that
// was there before.
func (m malformed) on(ledger *audit.Ledger) *audit.Ledger {
	ledger = ledger.Sorted()
	if len(m) == 0 {
		return ledger
	}
	scopes := slices.SortedFunc(maps.Keys(m), audit.CompareScopes)
	out := &audit.Ledger{}
	note := func(rows []audit.Coverage) {
		slices.SortFunc(rows, audit.CompareCoverage)
		out.Add(rows...)
	}
	for rows := range ledger.Scopes() {
		at := rows[0].Scope()
		for len(scopes) > 0 && audit.CompareScopes(scopes[0], at) < 0 {
			note([]audit.Coverage{m.gap(scopes[0])})
			scopes = scopes[1:]
		}
		if len(scopes) > 0 && scopes[0] == at {
			gap := m.gap(at)
			if rows[0].Status == gap.Status {
				rows[0].Message += "; " + gap.Message
			} else {
				rows[0].Status, rows[0].Reason, rows[0].Message = gap.Status, gap.Reason, gap.Message
			}
			scopes = scopes[1:]
		}
		note(rows)
	}
	for _, s := range scopes {
		note([]audit.Coverage{m.gap(s)})
	}
	return out
}

// gap returns the row of a scope in which something could not be read.
func (m malformed) gap(s audit.Scope) audit.Coverage {
	u := m[s]
	msg := u.first
	if u.n > 1 {
		msg += fmt.Sprintf(" (and %d more)", u.n-1)
	}
	status := audit.StatusGap
	if audit.IsOptional(s.Operation) {
		status = audit.StatusOptional
	}
	return audit.Coverage{Account: s.Account, Region: s.Region, Service: s.Service, Operation: s.Operation, Status: status,
		Reason: audit.ReasonMalformed, Message: msg}
}

// logMalformed says what was collected and could not be read: the gaps of a report that its snapshot has not.
func (j *Job) logMalformed(r *audit.Report, s *snapshot.Snapshot) {
	next, stop := iter.Pull(s.Manifest.Coverage.Sorted().All())
	defer stop()
	had, ok := next()
	for c := range r.Coverage.All() {
		for ok && audit.CompareCoverage(had, c) < 0 {
			had, ok = next()
		}
		if c.Reason != "" && !(ok && had == c) {
			j.Log.Warn("not readable", "account", c.Account, "region", c.Region, "api", c.API(),
				"reason", c.Reason, "message", c.Message)
		}
	}
}
