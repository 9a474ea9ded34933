package audit

import (
	"cmp"
	"fmt"
	"time"
)

// Figure is a number to see first: what it is of, the number, and what there is to add. The note is empty where that is nothing; it may
// name what others wrote.
type Figure struct{ Name, Value, Note string }

// ProductFigures are what there is to see first of the provisioned products, in their order; nil without any. Where a bill was read, what
// the broken ones cost is among them. An error is that of reading the renewals.
func (r *Report) ProductFigures() ([]Figure, error) {
	p := r.Products
	if p == nil || p.Total == 0 && !p.Incomplete {
		return nil, nil
	}
	asOf, err := time.Parse(time.RFC3339, r.Run.AsOf)
	if err != nil {
		return nil, fmt.Errorf("as_of: %w", err)
	}
	note := "of " + Counted(p.Total, "product")
	if p.Incomplete {
		note += ", not all of them read"
	}
	list := []Figure{{"Broken now", Thousands(fmt.Sprint(p.Broken)), note}}
	b, err := r.Bill()
	if err != nil {
		return nil, err
	}
	if b != nil {
		list = append(list, b.cost())
	}
	causes := Figure{Name: "Causes", Value: Thousands(fmt.Sprint(len(p.Causes)))}
	if len(p.Causes) > 0 {
		causes.Note = "the largest of " + Counted(p.Causes[0].Products, "product")
	}
	if p.Unlisted.Causes > 0 {
		causes.Note += fmt.Sprintf(", and those of %s more", Counted(p.Unlisted.Causes, "product"))
	}
	if p.Unexplained > 0 {
		if causes.Note += fmt.Sprintf(", not known for %d", p.Unexplained); len(p.Causes) == 0 {
			causes.Note = causes.Note[2:]
		}
	}
	list = append(list, causes)
	if o := p.Oldest; o != nil {
		if since, err := time.Parse(time.RFC3339Nano, string(o.Since)); err == nil {
			value := Counted(max(-daysBetween(asOf, since), 0), "day")
			if o.Before {
				value = "over " + value
			}
			f := Figure{"Oldest", value, o.Name}
			if f.Note == "" {
				f.Note = o.ID
			}
			list = append(list, f)
		}
	}
	if p.MedianRepairDays != nil {
		list = append(list, Figure{"Median time to repair", p.MedianRepairDays.String() + " days", "of " + Counted(len(p.Repairs), "repair")})
	}
	if s := p.Since; s != nil {
		list = append(list, Figure{"Since the last run", fmt.Sprintf("%d new, %d mended", s.New, s.Mended),
			"as of " + s.Baseline[:min(len(s.Baseline), len(time.DateOnly))]})
	}
	return list, nil
}

// cost is what the broken products cost.
func (t *BillTotals) cost() Figure {
	switch {
	case t.Month == "":
		return Figure{"Their cost", "not known", "no month is final yet"}
	case t.Untold == 0:
		return Figure{"Their cost", cmp.Or(t.Broken, CentsToMoney(0)).Text(), "a month, in " + t.Month}
	}
	return Figure{"Their cost", cmp.Or(t.Broken.Text(), "not known"), fmt.Sprintf("a month, in %s, not known for %d", t.Month, t.Untold)}
}

// NoRoom says of how many products a list of Products has no group; empty for none.
func NoRoom(products int) string {
	if products == 0 {
		return ""
	}
	return fmt.Sprintf("%s more are in none of them: there was no room to tell them apart.", Counted(products, "product"))
}

// Says is the owner in words.
func (o *ProductOwner) Says() string {
	if o.By == OwnerNobody {
		return "nobody"
	}
	return o.Owner
}

// CountOf is a number of a cause's, which may be larger than could be counted: 12, or 100 or more.
func CountOf(n int, atLeast bool) string {
	if atLeast {
		return Thousands(fmt.Sprint(n)) + " or more"
	}
	return Thousands(fmt.Sprint(n))
}
