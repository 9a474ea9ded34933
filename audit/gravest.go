package audit

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// namedFindings is how many findings a first view names.
const namedFindings = 10

// Gravest are the critical and high findings that the first view of a report names: the first ten of them, and with each the others
// of one fact. Those of one resource that are due on one day are of one fact, and so are those that name one Cause, of which all
// count as one. The zero value is empty; NewGravest leaves out what the view says already.
type Gravest struct {
	Groups []FindingGroup
	More   map[Severity]int // how many are critical or high and neither named nor said; nil: none
	Said   map[Severity]int // how many say what the nearest deadlines do; nil: none

	named     int
	facts     map[fact]int       // where in Groups
	deadlines map[fact]*Deadline // of the view
}

// FindingGroup is a finding, and the others that one fact gives.
type FindingGroup struct {
	Finding
	Also []string // the rules of those others, but for its own

	findings map[Severity]int
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
	g.findings = plus(g.findings, f.Severity, 1)
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

// fact is what several rules may find.
type fact struct {
	kind, account, region, id string
	due                       Optional
	cause                     string // the others are empty
}

// factOf is that of a resource, due on a day.
func factOf(r *ResourceRef, due Optional) fact {
	return fact{kind: r.Kind, account: r.Account, region: r.Region, id: r.ID, due: due}
}

// NewGravest returns what names the findings of a view that shows the deadlines, each with its date, what is recommended, what that
// comes to and whether it needs an approval. Findings that say nothing beside that are counted and not named.
func NewGravest(shown []Deadline) *Gravest {
	g := &Gravest{deadlines: map[fact]*Deadline{}}
	for i := range shown {
		d := &shown[i]
		g.deadlines[factOf(&d.Resource, Optional(d.NoticeDeadline))] = d
	}
	return g
}

// says reports whether a deadline that is shown says what the finding does. Only rules are meant whose findings have no other content.
func (g *Gravest) says(f *Finding) bool {
	d := g.deadlines[factOf(&f.Resource, f.Due)]
	if d == nil {
		return false
	}
	switch f.Rule {
	case "outposts.notice_deadline", "outposts.contract_ending":
		return true
	case "outposts.renewal_approval_due":
		return d.NeedsApproval != nil && *d.NeedsApproval
	}
	return false
}

// Add takes the next finding of a report. It reports whether more may follow: the failing ones come first, the most severe before the
// others.
func (g *Gravest) Add(f *Finding) bool {
	if f.Verdict != Fail || !f.Severity.AtLeast(High) {
		return false
	}
	if g.says(f) {
		g.Said = plus(g.Said, f.Severity, 1)
		return true
	}
	at := factOf(&f.Resource, f.Due)
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
		g.More = plus(g.More, f.Severity, 1)
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

// First returns the first n groups, or as many as there are, and how many findings are then not named.
func (g *Gravest) First(n int) (groups []FindingGroup, more map[Severity]int) {
	n = min(n, len(g.Groups))
	more = maps.Clone(g.More)
	for i := range g.Groups[n:] {
		for severity, findings := range g.Groups[n+i].findings {
			more = plus(more, severity, findings)
		}
	}
	return g.Groups[:n], more
}

// LeftOut says how many findings are not named, and how many of them the decisions say; empty when there are none.
func (g *Gravest) LeftOut(more map[Severity]int) string {
	var left []string
	if words := severityCounts(more, "more "); words != "" {
		left = append(left, words)
	}
	if words := SeverityCounts(g.Said); words != "" {
		left = append(left, words+" on the decisions above")
	}
	words := strings.Join(left, "; ")
	if words == "" || len(g.Groups) == 0 { // nothing is named
		return words
	}
	return "and " + words
}

// SeverityCounts says how many there are of each severity, the most severe first: 2 critical, 5 high. It is empty for none.
func SeverityCounts(counts map[Severity]int) string { return severityCounts(counts, "") }

func severityCounts(counts map[Severity]int, before string) string {
	var parts []string
	for _, s := range Severities {
		if n := counts[s]; n > 0 {
			parts = append(parts, Thousands(strconv.Itoa(n))+" "+before+string(s))
		}
	}
	return strings.Join(parts, ", ")
}

// plus returns counts, which may be nil, with n more of a severity.
func plus(counts map[Severity]int, s Severity, n int) map[Severity]int {
	if counts == nil {
		counts = map[Severity]int{}
	}
	counts[s] += n
	return counts
}

// Gravest reads the findings of the report as far as they are critical or high. What its nearest deadlines say is not named.
func (r *Report) Gravest() (*Gravest, error) {
	g := NewGravest(r.Summary.Deadlines)
	for f, err := range r.Findings.All() {
		if err != nil {
			return nil, err
		}
		if !g.Add(&f) {
			break
		}
	}
	return g, nil
}
