package job

import (
	"errors"
	"fmt"
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
func (m malformed) on(ledger []audit.Coverage) []audit.Coverage {
	ledger = slices.Clone(ledger)
	for s, u := range m {
		msg := u.first
		if u.n > 1 {
			msg += fmt.Sprintf(" (and %d more)", u.n-1)
		}
		status := audit.StatusGap
		if audit.IsOptional(s.Operation) {
			status = audit.StatusOptional
		}
		i := slices.IndexFunc(ledger, func(c audit.Coverage) bool { return c.Scope() == s })
		switch {
		case i < 0:
			ledger = append(ledger, audit.Coverage{Account: s.Account, Region: s.Region, Service: s.Service, Operation: s.Operation,
				Status: status, Reason: audit.ReasonMalformed, Message: msg})
		case ledger[i].Status == status:
			ledger[i].Message += "; " + msg
		default:
			ledger[i].Status, ledger[i].Reason, ledger[i].Message = status, audit.ReasonMalformed, msg
		}
	}
	slices.SortFunc(ledger, audit.CompareCoverage)
	return ledger
}

// logMalformed says what was collected and could not be read: the gaps of a report that its snapshot has not.
func (j *Job) logMalformed(r *audit.Report, s *snapshot.Snapshot) {
	for _, c := range r.Coverage {
		if c.Reason != "" && !slices.Contains(s.Manifest.Coverage, c) {
			j.Log.Warn("not readable", "account", c.Account, "region", c.Region, "api", c.Service+":"+c.Operation,
				"reason", c.Reason, "message", c.Message)
		}
	}
}
