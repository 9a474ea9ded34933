package delivery

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"tenor/audit"
)

// GapNotice is gaps that have a reason, accounts and regions in common: an account that cannot be read is one, and so is an API that
// is denied everywhere. Each list is cut to a few names; the numbers are whole.
type GapNotice struct {
	Reason   audit.Reason `json:"reason"`
	APIs     []string     `json:"apis"`
	Accounts []string     `json:"accounts"`
	Regions  []string     `json:"regions"`
	Rows     int          `json:"rows"` // of the ledger

	apis, accounts, regions int
}

// set is a set of names.
type set map[string]bool

func (s set) sorted() []string { return slices.Sorted(maps.Keys(s)) }

func (s set) key() string { return strings.Join(s.sorted(), " ") }

// missing groups gaps, the largest group first, and returns a few: first the APIs of one reason in the same accounts and regions.
func missing(gaps iter.Seq[audit.Coverage]) []GapNotice {
	type reading struct {
		reason audit.Reason
		api    string
	}
	type place struct{ accounts, regions set }
	rows, places := map[reading]int{}, map[reading]place{}
	for c := range gaps {
		r := reading{c.Reason, word(c.API())}
		p, ok := places[r]
		if !ok {
			p = place{set{}, set{}}
			places[r] = p
		}
		p.accounts[c.Account] = true
		if c.Region != "" {
			p.regions[c.Region] = true
		}
		rows[r]++
	}
	groups := map[[3]string]*GapNotice{}
	for r, p := range places {
		key := [3]string{string(r.reason), p.accounts.key(), p.regions.key()}
		if groups[key] == nil {
			groups[key] = &GapNotice{Reason: r.reason, Accounts: few(p.accounts), Regions: few(p.regions),
				accounts: len(p.accounts), regions: len(p.regions)}
		}
		groups[key].APIs = append(groups[key].APIs, r.api)
		groups[key].Rows += rows[r]
	}
	list := []GapNotice{}
	for _, g := range groups {
		slices.Sort(g.APIs)
		g.apis, g.APIs = len(g.APIs), g.APIs[:min(len(g.APIs), noticeNames)]
		list = append(list, *g)
	}
	slices.SortFunc(list, func(a, b GapNotice) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.String(), b.String()))
	})
	return list[:min(len(list), noticeGaps)]
}

func few(s set) []string {
	names := s.sorted()
	names = names[:min(len(names), noticeNames)]
	for i := range names {
		names[i] = word(names[i])
	}
	return append([]string{}, names...)
}

func (g GapNotice) String() string {
	names := func(list []string, all int) string {
		s := strings.Join(list, ", ")
		if all > len(list) {
			s += fmt.Sprintf(" and %d more", all-len(list))
		}
		return s
	}
	in := names(g.Accounts, g.accounts)
	if g.regions > 0 {
		in += " (" + names(g.Regions, g.regions) + ")"
	}
	return fmt.Sprintf("%s in %s: %s, %s", names(g.APIs, g.apis), in, g.Reason, audit.Counted(g.Rows, "scope"))
}
