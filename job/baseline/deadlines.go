package baseline

import (
	"fmt"
	"slices"
	"time"

	"tenor/audit"
)

// An Outpost is named by its account, region and id.
func outpost(r *audit.ResourceRef) [3]string { return [3]string{r.Account, r.Region, r.ID} }

// Unread are Outposts that were listed and whose contract could not be read.
type Unread map[[3]string]bool

// Add notes an Outpost.
func (u Unread) Add(r audit.ResourceRef) { u[outpost(&r)] = true }

// A Memory is what an earlier report knew of contracts, held against what a new one read of them. The zero Memory knows nothing.
type Memory struct {
	before *audit.Report
	known  []audit.Deadline // of before: see known
	asOf   time.Time
	lost   func(*audit.ResourceRef) bool // the new report could not read the contract of the Outpost
}

// Remember holds an earlier report against a new one, whose accounts and renewals are given. A report that has no account in common
// with the new one is of another estate, and before may be nil: then nothing is remembered.
func (s *Scopes) Remember(
	before *audit.Report, accounts []audit.Account, renewals audit.RenewalList, unread Unread, asOf time.Time,
) (Memory, error) {
	if before == nil || !slices.ContainsFunc(accounts, func(a audit.Account) bool { return slices.Contains(ids(before.Run.Accounts), a.ID) }) {
		return Memory{}, nil
	}
	read := map[[3]string]bool{}
	for r, err := range renewals.All() {
		if err != nil {
			return Memory{}, fmt.Errorf("renewals: %w", err)
		}
		read[outpost(&r.Resource)] = r.ContractEnd != "" || !unread[outpost(&r.Resource)]
	}
	deadlines, err := known(before, asOf)
	if err != nil {
		return Memory{}, err
	}
	return Memory{before: before, known: deadlines, asOf: asOf, lost: func(r *audit.ResourceRef) bool {
		at := outpost(r)
		gone := s.read(r) && !unread[at] || s.left(r.Account)
		return !read[at] && !gone
	}}, nil
}

// Deadlines returns the deadlines that the earlier report knew, itself or from the one before, and that the new one could not read,
// in the order of CompareDeadlines. One whose contract has ended is dropped, as if it were read.
func (m Memory) Deadlines() []audit.Deadline {
	if m.before == nil {
		return nil
	}
	var carried []audit.Deadline
	for _, d := range m.known {
		if later, ok := d.Later(m.asOf); ok && m.lost(&d.Resource) {
			carried = append(carried, later)
		}
	}
	slices.SortFunc(carried, audit.CompareDeadlines)
	return carried
}

// Calendar returns the days of the calendar, in the order of CompareCalendarDays: those of the contracts that were read, and the
// earlier report's others, until their contract has ended. Such a one is settled, unless its contract could not be read.
func (m Memory) Calendar(renewals audit.RenewalList, asOf time.Time) ([]audit.CalendarDay, error) {
	type name struct {
		kind    string
		outpost [3]string
	}
	days, have := []audit.CalendarDay{}, map[name]bool{}
	for r, err := range renewals.All() {
		if err != nil {
			return nil, fmt.Errorf("renewals: %w", err)
		}
		days = append(days, r.CalendarDays(asOf)...)
	}
	for _, d := range days {
		have[name{d.Kind, outpost(&d.Resource)}] = true
	}
	for _, d := range m.days() {
		if have[name{d.Kind, outpost(&d.Resource)}] || day(d.ContractEnd) < asOf.UTC().Format(time.DateOnly) {
			continue
		}
		d.Settled = d.Settled || !m.lost(&d.Resource)
		days = append(days, d)
	}
	slices.SortFunc(days, audit.CompareCalendarDays)
	return days, nil
}

// days returns the calendar of the earlier report, each day with the as_of of its reading. One of a version that had none has the
// deadlines to make it from.
func (m Memory) days() []audit.CalendarDay {
	if m.before == nil {
		return nil
	}
	days := slices.Clone(m.before.Summary.Calendar)
	if days == nil {
		for _, d := range m.known {
			days = append(days, audit.CalendarDay{Kind: audit.CalendarNotice, Resource: d.Resource, Day: d.NoticeDeadline,
				ContractEnd: day(d.ContractEnd), AsOf: d.AsOf})
		}
	}
	for i := range days {
		if days[i].AsOf == "" {
			days[i].AsOf = audit.Optional(m.before.Run.AsOf)
		}
	}
	return days
}

// known returns every deadline that a report knows, each with the as_of of its reading.
func known(r *audit.Report, asOf time.Time) ([]audit.Deadline, error) {
	list := slices.Clone(r.Summary.Carried)
	for rn, err := range r.Renewals.All() {
		if err != nil {
			return nil, fmt.Errorf("renewals of the last report: %w", err)
		}
		if d, ok := rn.Deadline(asOf); ok {
			d.AsOf = audit.Optional(r.Run.AsOf)
			list = append(list, d)
		}
	}
	return list, nil
}

// day is the date of a date, or of a time in RFC 3339, which a report of 1.0 has.
func day(t string) string { return t[:min(len(t), len(time.DateOnly))] }

func ids(accounts []audit.Account) []string {
	var list []string
	for _, a := range accounts {
		list = append(list, a.ID)
	}
	return list
}
