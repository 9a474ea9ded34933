package audit

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Figure is a number to see first: what it is of, the number, and what there is to add. The note is empty where that is nothing; it may
// name what others wrote.
type Figure struct {
	Name, Value, Note string
	// Says is all of it in words, for a line of text.
	Says string
}

// figure returns a Figure that says no more than name, value and note in their order.
func figure(name, value, note string) Figure {
	f := Figure{Name: name, Value: value, Note: note, Says: strings.ToLower(name[:1]) + name[1:] + " " + value}
	if note != "" {
		f.Says += ", " + note
	}
	return f
}

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
	list := []Figure{p.broken()}
	b, err := r.Bill()
	if err != nil {
		return nil, err
	}
	if b != nil {
		list = append(list, b.cost())
	}
	list = append(list, p.causes())
	if o := p.Oldest; o != nil {
		if since, err := time.Parse(time.RFC3339Nano, string(o.Since)); err == nil {
			days, name := Counted(max(-DaysBetween(asOf, since), 0), "day"), cmp.Or(o.Name, o.ID)
			if o.Before {
				days = "over " + days
			}
			list = append(list, Figure{"Oldest", days, name, "the oldest for " + days + ": " + name})
		}
	}
	if p.MedianRepairDays != nil {
		list = append(list, figure("Median time to repair", p.MedianRepairDays.String()+" days", "of "+Counted(len(p.Repairs), "repair")))
	}
	if s := p.Since; s != nil {
		list = append(list, figure("Since the last run", fmt.Sprintf("%d new, %d mended", s.New, s.Mended),
			"as of "+DayOf(s.Baseline)))
	}
	return list, nil
}

// broken is how many are broken, and of how many.
func (p *Products) broken() Figure {
	n, of, unread := Thousands(fmt.Sprint(p.Broken)), "of "+Counted(p.Total, "product"), ""
	if p.Incomplete {
		unread = ", not all of them read"
	}
	are := " are broken now"
	if p.Broken == 1 || p.Total == 1 {
		are = " is broken now"
	}
	return Figure{"Broken now", n, of + unread, n + " " + of + are + unread}
}

// causes is how many there are: of the products of which a request failed, or may have, broken or not.
func (p *Products) causes() Figure {
	var notes []string
	if len(p.Causes) > 0 {
		notes = append(notes, "the largest of "+Counted(p.Causes[0].Products, "product"))
	}
	if p.Unlisted.Causes > 0 {
		notes = append(notes, fmt.Sprintf("and those of %s more", Counted(p.Unlisted.Causes, "product")))
	}
	if p.Unexplained > 0 {
		notes = append(notes, "not known for "+Counted(p.Unexplained, "possible failure"))
	}
	f := Figure{Name: "Causes", Value: Thousands(fmt.Sprint(len(p.Causes))), Note: strings.Join(notes, ", ")}
	f.Says = strings.Join(append([]string{Counted(len(p.Causes), "cause")}, notes...), ", ")
	return f
}

// cost is what the broken products cost.
func (t *BillTotals) cost() Figure {
	if t.Month == "" {
		return Figure{"Their cost", "not known", "no month is final yet", "what the broken ones cost is not known: no month is final yet"}
	}
	f := Figure{Name: "Their cost in " + t.Month, Value: cmp.Or(t.Broken, CentsToMoney(0)).Text()}
	f.Says = "the broken ones cost " + f.Value + " in " + t.Month
	switch {
	case t.Untold > 0 && t.Broken == nil:
		f.Value, f.Note = "not known", "of "+Counted(t.Untold, "product")
		f.Says = "what the broken ones cost in " + t.Month + " is not known"
	case t.Untold > 0:
		f.Note = fmt.Sprintf("not known for %d", t.Untold)
		f.Says += ", not known for " + fmt.Sprint(t.Untold)
	}
	return f
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
