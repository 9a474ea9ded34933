package baseline

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"tenor/audit"
)

// outpost returns what an Outpost is known by: its account, region and id.
func outpost(r *audit.ResourceRef) digest { return digestOf(r.Account, r.Region, r.ID) }

// Unread are Outposts that were listed and whose contract could not be read.
type Unread map[digest]bool

// Add notes an Outpost.
func (u Unread) Add(r audit.ResourceRef) { u[outpost(&r)] = true }

// A Memory is what an earlier report knew of contracts, held against what a new one read of them. The zero Memory knows nothing. There
// may be very many contracts, so those of the earlier report are read again from it for each answer.
type Memory struct {
	before *audit.Report
	asOf   time.Time
	lost   func(*audit.ResourceRef) bool // the new report could not read the contract of the Outpost
}

// Remember holds an earlier report against a new one, whose accounts and renewals are given. A report that has no account in common
// with the new one is of another estate, and before may be nil: then nothing is remembered.
func (s *Scopes) Remember(
	before *audit.Report, accounts []audit.Account, renewals audit.RenewalList, unread Unread, asOf time.Time,
) (Memory, error) {
	if before == nil || !slices.ContainsFunc(accounts, func(a audit.Account) bool {
		return slices.ContainsFunc(before.Run.Accounts, func(b audit.Account) bool { return a.ID == b.ID })
	}) {
		return Memory{}, nil
	}
	read := map[digest]bool{}
	for r, err := range renewals.All() {
		if err != nil {
			return Memory{}, fmt.Errorf("renewals: %w", err)
		}
		at := outpost(&r.Resource)
		read[at] = r.ContractEnd != "" || !unread[at]
	}
	return Memory{before: before, asOf: asOf, lost: func(r *audit.ResourceRef) bool {
		at := outpost(r)
		gone := s.read(r) && !unread[at] || s.left(r.Account)
		return !read[at] && !gone
	}}, nil
}

// Deadlines returns the deadlines that the earlier report knew, itself or from the one before, and that the new one could not read,
// in the order of CompareDeadlines. One whose contract has ended is dropped, as if it were read.
func (m Memory) Deadlines() ([]audit.Deadline, error) {
	var carried []audit.Deadline
	for d, err := range m.known() {
		if err != nil {
			return nil, err
		}
		if later, ok := d.Later(m.asOf); ok && m.lost(&d.Resource) {
			carried = append(carried, later)
		}
	}
	slices.SortFunc(carried, audit.CompareDeadlines)
	return carried, nil
}

// Calendar puts the days of the calendar into a sorter, and returns its list: those of the contracts that were read, and the
// earlier report's others, until their contract has ended. Such a one is settled, unless its contract could not be read.
func (m Memory) Calendar(renewals audit.RenewalList, asOf time.Time, sorter *audit.CalendarSorter) (audit.CalendarList, error) {
	have := map[digest]bool{} // by Outpost and kind
	named := func(d *audit.CalendarDay) digest {
		return digestOf(d.Kind, d.Resource.Account, d.Resource.Region, d.Resource.ID)
	}
	for r, err := range renewals.All() {
		if err != nil {
			return audit.CalendarList{}, fmt.Errorf("renewals: %w", err)
		}
		for _, d := range r.CalendarDays(asOf) {
			if m.before != nil {
				have[named(&d)] = true
			}
			if err := sorter.Add(&d); err != nil {
				return audit.CalendarList{}, err
			}
		}
	}
	for d, err := range m.days() {
		if err != nil {
			return audit.CalendarList{}, err
		}
		if have[named(&d)] || audit.DayOf(d.ContractEnd) < asOf.UTC().Format(time.DateOnly) {
			continue
		}
		d.Settled = d.Settled || !m.lost(&d.Resource)
		if err := sorter.Add(&d); err != nil {
			return audit.CalendarList{}, err
		}
	}
	return sorter.List(), nil
}

// days ranges over the calendar of the earlier report, each day with the as_of of its reading. One of a version that had none has the
// deadlines to make it from.
func (m Memory) days() iter.Seq2[audit.CalendarDay, error] {
	return func(yield func(audit.CalendarDay, error) bool) {
		if m.before == nil {
			return
		}
		if m.before.Summary.Calendar.Len > 0 { // there is a day for each deadline that it knew
			for d, err := range m.before.Summary.Calendar.All() {
				if err != nil {
					err = fmt.Errorf("calendar of the last report: %w", err)
				}
				d.AsOf = cmp.Or(d.AsOf, audit.Optional(m.before.Run.AsOf))
				if !yield(d, err) || err != nil {
					return
				}
			}
			return
		}
		for d, err := range m.known() {
			if !yield(audit.CalendarDay{Kind: audit.CalendarNotice, Resource: d.Resource, Day: d.NoticeDeadline,
				ContractEnd: audit.DayOf(d.ContractEnd), AsOf: d.AsOf}, err) || err != nil {
				return
			}
		}
	}
}

// known ranges over every deadline that the earlier report knew, each with the as_of of its reading.
func (m Memory) known() iter.Seq2[audit.Deadline, error] {
	return func(yield func(audit.Deadline, error) bool) {
		if m.before == nil {
			return
		}
		for _, d := range m.before.Summary.Carried {
			if !yield(d, nil) {
				return
			}
		}
		for rn, err := range m.before.Renewals.All() {
			if err != nil {
				yield(audit.Deadline{}, fmt.Errorf("renewals of the last report: %w", err))
				return
			}
			if d, ok := rn.Deadline(m.asOf); ok {
				d.AsOf = audit.Optional(m.before.Run.AsOf)
				if !yield(d, nil) {
					return
				}
			}
		}
	}
}
