package audit

import (
	"cmp"
	"crypto/sha256"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// namedFindings is how many facts a first view names.
const namedFindings = 10

// Gravest are the critical and high findings that the first view of a report names: those of the first ten facts, in the order of
// compareGravity. Those of one resource that are due on one day are of one fact, and so are those that name one Cause. The zero value is
// empty.
type Gravest struct {
	Groups []FindingGroup   // one of each fact
	More   map[Severity]int // how many are critical or high and neither named nor said; nil: none
	Said   map[Severity]int // how many say what the nearest deadlines do; nil: none

	deadlines map[fact]*shownDeadline // of the view
}

// shownDeadline is one that the view shows, and how severe the gravest finding is that says the same; empty: none does.
type shownDeadline struct {
	*Deadline
	severity Severity
}

// FindingGroup is a finding, and the others that one fact gives.
type FindingGroup struct {
	Finding
	Also []string // the rules of those others, but for its own
	Row  int      // of Gravest: where the finding stands in the report's Findings, from 0

	fact     fact // of Gravest
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
	row                       int    // likewise: that of a finding without a date and a cause, which has nothing in common with others
}

func factOf(f *Finding, row int) fact {
	cause := f.Cause()
	switch {
	case cause != "":
		return fact{cause: cause}
	case f.Due == "":
		return fact{row: row}
	}
	return dated(&f.Resource, f.Due)
}

// dated is that of a resource, due on a day.
func dated(r *ResourceRef, due Optional) fact {
	return fact{kind: r.Kind, account: r.Account, region: r.Region, id: r.ID, due: due}
}

// compareGravity orders findings for a first view: the most severe first, then the nearest due, then the largest amount, whatever its sign
// and whether it is once or monthly; those without either come last.
func compareGravity(a, b *Finding) int {
	const none = "~" // behind every date
	return cmp.Or(cmp.Compare(a.Severity.Rank(), b.Severity.Rank()), cmp.Compare(cmp.Or(a.Due, none), cmp.Or(b.Due, none)),
		cmp.Compare(magnitude(b.Amount), magnitude(a.Amount)))
}

// magnitude is how large an amount is, in cents; -1 for nil.
func magnitude(m *Money) int64 {
	if m == nil {
		return -1
	}
	cents, _ := ParseCents(strings.TrimPrefix(m.Value, "-"))
	return cents
}

// says reports whether a deadline says what the finding does. Only rules are meant whose findings have no other content.
func (d *shownDeadline) says(f *Finding) bool {
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

// deadline returns that of a resource and a day; nil where the view shows none.
func (g *Gravest) deadline(r *ResourceRef, due Optional) *shownDeadline {
	return g.deadlines[dated(r, due)]
}

// Severity is that of the gravest finding that says the same as a deadline of the view; empty where no critical or high one does.
func (g *Gravest) Severity(d *Deadline) Severity {
	if s := g.deadline(&d.Resource, Optional(d.NoticeDeadline)); s != nil {
		return s.severity
	}
	return ""
}

// rank takes a finding, by its row, in among the ten, each the gravest of its fact, where it belongs there.
func (g *Gravest) rank(row int, f *Finding) {
	n := len(g.Groups)
	if n == namedFindings && compareGravity(f, &g.Groups[n-1].Finding) >= 0 || g.deadline(&f.Resource, f.Due).says(f) {
		return
	}
	at, of := n, factOf(f, row)
	for i := range g.Groups {
		if at == n && compareGravity(f, &g.Groups[i].Finding) < 0 {
			at = i
		}
		if g.Groups[i].fact == of {
			if at == n {
				return // the one that is there is as grave
			}
			g.Groups = slices.Delete(g.Groups, i, i+1)
			break
		}
	}
	g.Groups = slices.Insert(g.Groups, at, FindingGroup{Finding: *f, Row: row, fact: of})
	g.Groups = g.Groups[:min(len(g.Groups), namedFindings)]
}

// count takes a finding to the others of its fact; where that is not among the ten, it is counted.
func (g *Gravest) count(row int, f *Finding) {
	if d := g.deadline(&f.Resource, f.Due); d.says(f) {
		g.Said = plus(g.Said, f.Severity, 1)
		if d.severity == "" || d.severity.Rank() > f.Severity.Rank() {
			d.severity = f.Severity
		}
		return
	}
	of := factOf(f, row)
	for i := range g.Groups {
		if g.Groups[i].fact == of {
			g.Groups[i].Add(f)
			return
		}
	}
	g.More = plus(g.More, f.Severity, 1)
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

// Gravest reads the findings of the report as far as they are critical or high, twice: only then is it known which facts are the first ten,
// and none of the others is held. What the nearest deadlines of the report say, each with its date, what is recommended, what that comes
// to and whether it needs an approval, is counted and not named.
func (r *Report) Gravest() (*Gravest, error) {
	g := &Gravest{deadlines: map[fact]*shownDeadline{}}
	for i := range r.Summary.Deadlines {
		d := &r.Summary.Deadlines[i]
		g.deadlines[dated(&d.Resource, Optional(d.NoticeDeadline))] = &shownDeadline{Deadline: d}
	}
	for _, take := range [...]func(row int, f *Finding){g.rank, g.count} {
		row := 0
		for f, err := range r.Findings.All() {
			if err != nil {
				return nil, err
			}
			if f.Verdict != Fail || !f.Severity.AtLeast(High) { // the failing ones come first, the most severe before the others
				break
			}
			take(row, &f)
			row++
		}
	}
	return g, nil
}
