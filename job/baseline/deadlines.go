package baseline

import (
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

// Deadlines returns the deadlines that an earlier report knew, itself or from the one before, and that a new one, whose renewals
// are given, could not read, in the order of CompareDeadlines. A report that has no account in common with the new one, accounts,
// is of another estate, and before may be nil: then there are none. One whose contract has ended is dropped, as if it were read.
func (s *Scopes) Deadlines(
	before *audit.Report, accounts []audit.Account, renewals []audit.Renewal, unread Unread, asOf time.Time,
) []audit.Deadline {
	if before == nil || !slices.ContainsFunc(accounts, func(a audit.Account) bool { return slices.Contains(ids(before.Run.Accounts), a.ID) }) {
		return nil
	}
	read := map[[3]string]bool{}
	for i := range renewals {
		r := &renewals[i]
		read[outpost(&r.Resource)] = r.ContractEnd != "" || !unread[outpost(&r.Resource)]
	}
	var carried []audit.Deadline
	for _, d := range known(before, asOf) {
		at := outpost(&d.Resource)
		gone := s.read(&d.Resource) && !unread[at] || s.left(d.Resource.Account)
		if later, ok := d.Later(asOf); ok && !read[at] && !gone {
			carried = append(carried, later)
		}
	}
	slices.SortFunc(carried, audit.CompareDeadlines)
	return carried
}

// known returns every deadline that a report knows, each with the as_of of its reading.
func known(r *audit.Report, asOf time.Time) []audit.Deadline {
	list := slices.Clone(r.Summary.Carried)
	for i := range r.Renewals {
		if d, ok := r.Renewals[i].Deadline(asOf); ok {
			d.AsOf = audit.Optional(r.Run.AsOf)
			list = append(list, d)
		}
	}
	return list
}

func ids(accounts []audit.Account) []string {
	var list []string
	for _, a := range accounts {
		list = append(list, a.ID)
	}
	return list
}
