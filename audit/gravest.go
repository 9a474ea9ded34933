package audit

import "slices"

// namedFindings is how many findings a first view names.
const namedFindings = 10

// Gravest are the critical and high findings that the first view of a report names: the first ten of them, and with each the others
// of one fact, which are the findings of one resource that are due on one day. The zero value is empty.
type Gravest struct {
	Groups []FindingGroup
	More   int // how many are critical or high and not named

	named int
	facts map[fact]int // where in Groups
}

// FindingGroup is a finding, and the rules of the others that one fact gives.
type FindingGroup struct {
	Finding
	Also []string
}

// fact is what several rules may find.
type fact struct {
	resource ResourceRef
	due      Optional
}

// Add takes the next finding of a report. It reports whether more may follow: the failing ones come first, the most severe before the
// others.
func (g *Gravest) Add(f *Finding) bool {
	if f.Verdict != Fail || !f.Severity.AtLeast(High) {
		return false
	}
	at := fact{f.Resource, f.Due}
	if i, ok := g.facts[at]; ok {
		if group := &g.Groups[i]; f.Rule != group.Rule && !slices.Contains(group.Also, f.Rule) {
			group.Also = append(group.Also, f.Rule)
		}
		g.named++
		return true
	}
	if g.named >= namedFindings {
		g.More++
		return true
	}
	if g.facts == nil {
		g.facts = map[fact]int{}
	}
	if f.Due != "" { // what has no date has nothing in common with the others
		g.facts[at] = len(g.Groups)
	}
	g.Groups = append(g.Groups, FindingGroup{Finding: *f})
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
