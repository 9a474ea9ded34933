package workbook

import (
	"cmp"
	"fmt"
	"strconv"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// used is a row of Capacity: an Outpost of this estate, what it holds and what runs on it.
type used struct {
	*audit.Renewal
	outpost string // where its Outpost stands; "" when it is not in the snapshot
}

// writeCapacity writes Capacity.
func (s *sheets) writeCapacity() error {
	t := xlsx.NewTable(s.Book, "Capacity", "Outposts", capacityColumns())
	t.Total = "Total"
	t.Expect = s.renewals.capacity
	s.capacity = t
	err := s.eachRenewal(func(rn *audit.Renewal) error {
		if rn.Shared {
			return nil
		}
		return t.Add(&used{rn, s.details.outpostPlace(&rn.Resource)})
	})
	if err != nil {
		return err
	}
	return t.Close()
}

// idleShare is the fraction of the slots that is idle; "" where it is not known.
func (v *used) idleShare() string {
	if v.Capacity == nil {
		return ""
	}
	return fraction(v.Capacity.IdlePercent)
}

func (v *used) families() string {
	if v.Capacity == nil {
		return ""
	}
	return list(v.Capacity.Families, func(f audit.FamilyCapacity) string {
		s := fmt.Sprintf("%s %d of %d idle", f.Family, f.Idle, f.Slots)
		if f.Peak != nil {
			s += fmt.Sprintf(", at most %d used", *f.Peak)
		}
		return s
	})
}

// mostUsed is the most that was used of each instance type, added up; "" where that of one is not known, or of none.
func (v *used) mostUsed() string {
	if v.Capacity == nil || v.Capacity.History == nil {
		return ""
	}
	sum := 0
	for _, f := range v.Capacity.Families {
		if f.Peak == nil {
			return ""
		}
		sum += *f.Peak
	}
	return strconv.Itoa(sum)
}

// idleOver says of what time it is that slots are idle.
func (v *used) idleOver() string {
	if v.Capacity == nil {
		return ""
	}
	h := v.Capacity.History
	switch {
	case h == nil:
		return "the snapshot"
	case h.Days == 0:
		return "CloudWatch was not read"
	case h.Days == 1:
		return "1 day"
	}
	return strconv.Itoa(h.Days) + " days"
}

// known says how much is known of the capacity.
func (v *used) known() string {
	switch {
	case v.Capacity == nil:
		return "not read"
	case v.Capacity.Unknown > 0 || v.Capacity.History != nil && v.Capacity.History.Unknown > 0:
		return "known in part"
	}
	return "read"
}

func capacityColumns() []xlsx.Column[*used] {
	type row = *used
	count := func(head string, get func(c *audit.Capacity) int) xlsx.Column[row] {
		return xlsx.Column[row]{Head: head, Kind: xlsx.Integer, When: func(v row) bool { return v.Capacity != nil },
			Of: func(v row) string { return strconv.Itoa(get(v.Capacity)) }}
	}
	return []xlsx.Column[row]{
		{Head: "Outpost", Of: func(v row) string { return v.Resource.Label() }, Link: func(v row) string { return v.outpost }},
		{Head: "Contract", Of: func(v row) string { return contract(&v.OutpostFacts) }},
		{Head: "Contract end", Kind: xlsx.Date, Of: func(v row) string { return string(v.ContractEnd) }},
		{Head: "Capacity is", Of: row.known},
		count("Slots", func(c *audit.Capacity) int { return c.Slots }),
		count("Used", func(c *audit.Capacity) int { return c.Used }),
		{Head: "Most used", Kind: xlsx.Integer, Of: row.mostUsed},
		count("Idle", func(c *audit.Capacity) int { return c.Idle }),
		{Head: "Idle in", Of: row.idleOver},
		{Head: "Perhaps idle", Kind: xlsx.Integer, Of: func(v row) string {
			if v.Capacity == nil || v.Capacity.History == nil {
				return ""
			}
			return strconv.Itoa(v.Capacity.History.Unknown)
		}},
		{Head: "Idle share", Kind: xlsx.Percent, Of: row.idleShare},
		{Head: "Per month today", Kind: xlsx.Money, Of: func(v row) string { return string(v.CurrentMonthly) }},
		{Head: "Idle share per month", Kind: xlsx.Money, Of: func(v row) string { return string(v.IdleMonthly) }},
		{Head: "By instance family", Kind: xlsx.Prose, Of: row.families},
		count("Hosts", func(c *audit.Capacity) int { return c.Hosts }),
		count("Not in use", func(c *audit.Capacity) int { return c.NotInUse }),
		count("Dedicated Hosts", func(c *audit.Capacity) int { return c.Dedicated }),
		count("Without known slots", func(c *audit.Capacity) int { return c.Unknown + c.Unmatched }),
		count("Instances", func(c *audit.Capacity) int { return c.Instances }),
		count("Accounts that use it", func(c *audit.Capacity) int { return c.Accounts }),
		{Head: "Account", Screen: true, Of: func(v row) string { return v.Resource.Account }},
		{Head: "Region", Of: func(v row) string { return v.Resource.Region }},
		{Head: "Outpost ID", Kind: xlsx.Ident, Of: func(v row) string { return v.Resource.ID }},
	}
}

// idleMonthly is what a decision says of the idle slots; a dash where it is not known.
func idleMonthly(v *decision) string { return cmp.Or(string(v.IdleMonthly), none) }
