package audit

import (
	"crypto/sha256"
	"fmt"
	"slices"
)

// namedFindings is how many findings a first view names.
const namedFindings = 10

// Gravest are the critical and high findings that the first view of a report names: the first ten of them, and with each the others
// of one fact. Those of one resource that are due on one day are of one fact, and so are those that name one Cause, of which all
// count as one. The zero value is empty.
type Gravest struct {
	Groups []FindingGroup
	More   int // how many are critical or high and not named

	named int
	facts map[fact]int // where in Groups
}

// FindingGroup is a finding, and the others that one fact gives.
type FindingGroup struct {
	Finding
	Also []string // the rules of those others, but for its own

	products map[[16]byte]bool // that fail by the cause which is named, its own among them
}

// NewFindingGroup returns the group of a finding.
func NewFindingGroup(f *Finding) FindingGroup {
	g := FindingGroup{Finding: *f}
	g.Add(f)
	return g
}

// Add takes another finding of the same fact. It reports whether that is on a product on which the group had none.
func (g *FindingGroup) Add(f *Finding) bool {
	if f.Rule != g.Rule && !slices.Contains(g.Also, f.Rule) {
		g.Also = append(g.Also, f.Rule)
	}
	if f.Resource.Kind != KindProvisionedProduct || f.Cause() == "" {
		return false
	}
	if g.products == nil {
		g.products = map[[16]byte]bool{}
	}
	r := &f.Resource // there may be as many as the estate has products: none is held
	id := sha256.Sum256([]byte(r.Account + "\x00" + r.Region + "\x00" + r.ID))
	known := len(g.products)
	g.products[[16]byte(id[:])] = true
	return len(g.products) > known
}

// Others is how many provisioned products fail by the same cause as the one that the finding is on. It is 0 where that names none, and
// where it is on something else, such as the account of estate.same_cause, which counts the products itself.
func (g *FindingGroup) Others() int {
	if g.Resource.Kind != KindProvisionedProduct || len(g.products) == 0 {
		return 0
	}
	return len(g.products) - 1
}

// Rest says in a few words what the group has beside its finding: other products, else other rules; empty for nothing.
func (g *FindingGroup) Rest() string {
	if n := g.Others(); n > 0 {
		return "and " + Counted(n, "more product")
	}
	if n := len(g.Also); n > 0 {
		return fmt.Sprintf("and %d more", n)
	}
	return ""
}

// fact is what several rules may find.
type fact struct {
	resource ResourceRef
	due      Optional
	cause    string // the others are empty
}

// Add takes the next finding of a report. It reports whether more may follow: the failing ones come first, the most severe before the
// others.
func (g *Gravest) Add(f *Finding) bool {
	if f.Verdict != Fail || !f.Severity.AtLeast(High) {
		return false
	}
	at := fact{resource: f.Resource, due: f.Due}
	if cause := f.Cause(); cause != "" {
		at = fact{cause: cause}
	}
	if i, ok := g.facts[at]; ok {
		g.Groups[i].Add(f)
		if at.cause == "" {
			g.named++
		}
		return true
	}
	if g.named >= namedFindings {
		g.More++
		return true
	}
	if g.facts == nil {
		g.facts = map[fact]int{}
	}
	if f.Due != "" || at.cause != "" { // what has no date and no cause has nothing in common with the others
		g.facts[at] = len(g.Groups)
	}
	g.Groups = append(g.Groups, NewFindingGroup(f))
	g.named++
	return true
}

// Gravest reads the findings of the report as far as they are critical or high.
func (r *Report) Gravest() (Gravest, error) {
	var g Gravest
	for f, err := range r.Findings.All() {
		if err != nil {
			return Gravest{}, err
		}
		if !g.Add(&f) {
			break
		}
	}
	return g, nil
}
