package baseline

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/inline"
)

// world is what is true on a night: the findings that there would be if all were read.
type world struct {
	rnd      *rand.Rand
	accounts map[string]bool // of the organization
	rulesOff map[string]bool
	findings map[string]audit.Finding // by fingerprint
}

var (
	allAccounts = []string{"111122223333", "222233334444", "333344445555"}
	allRegions  = []string{"eu-central-1", "us-east-1"}
	allKinds    = []string{audit.KindOrder, audit.KindQuote, audit.KindProvisionedProduct, audit.KindAccount}
	allRules    = []string{"a.one", "a.two", "a.several"}
	severities  = []audit.Severity{audit.High, audit.Low}
)

func oneOf[T any](rnd *rand.Rand, list []T) T { return list[rnd.IntN(len(list))] }

// finding is any of those that there can be.
func (w *world) finding() audit.Finding {
	r := audit.ResourceRef{Kind: oneOf(w.rnd, allKinds), Account: oneOf(w.rnd, allAccounts), Region: oneOf(w.rnd, allRegions),
		ID: fmt.Sprint(w.rnd.IntN(2))}
	if r.Kind == audit.KindAccount {
		r.Region, r.ID = "", r.Account
	}
	f := audit.Finding{Rule: oneOf(w.rnd, allRules), Severity: oneOf(w.rnd, severities),
		Verdict: oneOf(w.rnd, []audit.Verdict{audit.Fail, audit.Fail, audit.Waived}), Resource: r, Msg: "m"}
	key := ""
	if f.Rule == "a.several" {
		key = fmt.Sprint(w.rnd.IntN(3))
	}
	f.Fingerprint = audit.Fingerprint(f.Rule, r, key)
	return f
}

// goOn changes some of the world.
func (w *world) goOn() {
	for range w.rnd.IntN(8) {
		if f := w.finding(); w.rnd.IntN(2) == 0 {
			w.findings[f.Fingerprint] = f
		} else {
			delete(w.findings, f.Fingerprint)
		}
	}
	if w.rnd.IntN(6) == 0 {
		a := oneOf(w.rnd, allAccounts)
		w.accounts[a] = !w.accounts[a]
	}
	if w.rnd.IntN(6) == 0 {
		rule := oneOf(w.rnd, allRules)
		w.rulesOff[rule] = !w.rulesOff[rule]
	}
}

// reading is what a night reads of the world.
type reading struct {
	ledger   []audit.Coverage
	rules    []audit.RuleResult
	findings []audit.Finding
	whole    bool // the organization was listed and not narrowed
	narrow   bool // to some regions
	regions  []string
	lists    map[string]bool // account, region and kind whose list was read
	unread   map[string]bool // rule and resource without a verdict
	members  map[string]bool
}

func resource(r *audit.ResourceRef) string {
	return fmt.Sprint(r.Account, " ", r.Region, " ", r.Kind, " ", r.ID)
}

func (w *world) read() reading {
	n := reading{lists: map[string]bool{}, unread: map[string]bool{}, members: map[string]bool{}}
	accounts, regions := allAccounts, allRegions
	if w.rnd.IntN(5) == 0 {
		accounts = []string{oneOf(w.rnd, allAccounts)} // --account
	} else {
		n.whole = true
	}
	if w.rnd.IntN(5) == 0 {
		regions, n.narrow = []string{oneOf(w.rnd, allRegions)}, true // --region
	}
	n.regions = regions
	bad := w.rnd.IntN(3) // in how many of ten something cannot be read
	fails := func() bool { return w.rnd.IntN(10) < bad }
	for _, a := range accounts {
		if !w.accounts[a] {
			continue
		}
		n.members[a] = true
		if fails() {
			n.ledger = append(n.ledger, audit.Coverage{Account: a, Service: "sts", Operation: "AssumeRole", Status: audit.StatusGap})
			continue
		}
		n.lists[a] = true
		n.ledger = append(n.ledger, audit.Coverage{Account: a, Service: "sts", Operation: "AssumeRole", Status: audit.StatusCollected})
		for _, r := range regions {
			for _, k := range allKinds[:3] {
				kind := audit.KindOf(k)
				row := audit.Coverage{Account: a, Region: r, Service: kind.Service, Operation: kind.List, Status: audit.StatusCollected}
				if fails() {
					row.Status = audit.StatusGap
				} else {
					n.lists[fmt.Sprint(a, " ", r, " ", k)] = true
				}
				n.ledger = append(n.ledger, row)
			}
			if w.rnd.IntN(2) == 0 { // the details of one resource, which hide nothing else
				n.ledger = append(n.ledger, audit.Coverage{Account: a, Region: r, Service: "outposts", Operation: "GetOrder", Status: audit.StatusGap})
			}
		}
	}
	for _, rule := range allRules {
		if !w.rulesOff[rule] {
			n.rules = append(n.rules, audit.RuleResult{Rule: audit.Rule{ID: rule}})
		}
	}
	// a resource is evaluated when its list was read: one that is not there any more has no verdict at all
	for _, fp := range slices.Sorted(maps.Keys(w.findings)) {
		f := w.findings[fp]
		at := f.Rule + " " + resource(&f.Resource)
		if !n.evaluates(w, &f) || n.unread[at] {
			continue
		}
		if f.Rule == "a.two" && fails() {
			n.unread[at] = true
			f.Verdict, f.Fingerprint = oneOf(w.rnd, []audit.Verdict{audit.Unknown, audit.Error}), audit.Fingerprint(f.Rule, f.Resource, "")
		}
		n.findings = append(n.findings, f)
	}
	// and a rule may be unable to evaluate what would pass
	if f := w.finding(); n.evaluates(w, &f) {
		at := f.Rule + " " + resource(&f.Resource)
		n.unread[at] = true
		n.findings = slices.DeleteFunc(n.findings, func(g audit.Finding) bool { return g.Rule+" "+resource(&g.Resource) == at })
		f.Verdict, f.Fingerprint = audit.Unknown, audit.Fingerprint(f.Rule, f.Resource, "")
		n.findings = append(n.findings, f)
	}
	n.findings = inOrder(n.findings)
	return n
}

// evaluates reports whether the night asks the rule of a finding about its resource.
func (n *reading) evaluates(w *world, f *audit.Finding) bool {
	r := &f.Resource
	if w.rulesOff[f.Rule] {
		return false
	}
	if r.Kind == audit.KindAccount {
		return n.lists[r.Account] && !n.narrow
	}
	return n.lists[fmt.Sprint(r.Account, " ", r.Region, " ", r.Kind)]
}

// memory is the plain model: what is known, since when, and how it was when it was last seen.
type memory map[string]audit.Finding

// expect moves the memory on by a night, and returns what is to be said of each finding: its change and first_seen.
func (m memory) expect(w *world, n *reading, asOf string) map[string]string {
	said := map[string]string{}
	present := map[string]audit.Finding{}
	for _, f := range n.findings {
		if f.Verdict.Given() {
			present[f.Fingerprint] = f
		}
	}
	for fp, f := range present {
		before, ok := m[fp]
		f.FirstSeen = before.FirstSeen
		switch {
		case !ok:
			f.FirstSeen = audit.Optional(asOf)
			said[fp] = "new"
		case before.Verdict == audit.Fail && f.Verdict == audit.Waived:
			said[fp] = "waived"
		case before.Severity != f.Severity || before.Verdict != f.Verdict:
			said[fp] = "changed"
		default:
			said[fp] = "persisting"
		}
		m[fp] = f
		said[fp] += " " + string(f.FirstSeen)
	}
	for fp, f := range m {
		if _, ok := present[fp]; ok {
			continue
		}
		what := "not_reevaluated"
		switch {
		case w.rulesOff[f.Rule]:
			what = "silenced"
		case n.whole && !w.accounts[f.Resource.Account]:
			what = "account_gone"
		case n.evaluates(w, &f) && !n.unread[f.Rule+" "+resource(&f.Resource)]:
			what = "resolved"
		}
		said[fp] = what + " " + string(f.FirstSeen)
		if what != "not_reevaluated" {
			delete(m, fp)
		}
	}
	return said
}

// TestMemory runs random nights over a random world and holds each report to the plain model.
func TestMemory(t *testing.T) {
	outcomes := map[string]int{}
	for seed := range uint64(60) {
		w := &world{rnd: rand.New(rand.NewPCG(4, seed)), accounts: map[string]bool{}, rulesOff: map[string]bool{},
			findings: map[string]audit.Finding{}}
		for _, a := range allAccounts {
			w.accounts[a] = true
		}
		for range 25 {
			f := w.finding()
			w.findings[f.Fingerprint] = f
		}
		known := memory{}
		alive, since := map[string]bool{}, map[string]string{} // by what the reports say alone
		last := audit.Report{Run: audit.Run{AsOf: "2026-01-01T00:00:00Z"}}
		for night := range 30 {
			w.goOn()
			if w.rnd.IntN(8) == 0 {
				continue // a run that failed: it leaves the last report as it is
			}
			n := w.read()
			asOf := fmt.Sprintf("2026-%02d-%02dT05:00:00Z", 2+night/28, 1+night%28)
			report, c := next(t, last, &n, asOf)
			want := known.expect(w, &n, asOf)
			have, here := map[string]string{}, map[string]bool{}
			for _, f := range n.findings {
				here[f.Fingerprint] = f.Verdict.Given()
			}
			say := func(list audit.FindingList) {
				for f, err := range list.All() {
					if err != nil {
						t.Fatal(err)
					}
					if !f.Verdict.Given() {
						if f.Change != "" {
							t.Errorf("an %s finding is %s", f.Verdict, f.Change)
						}
						continue
					}
					if strings.HasPrefix(have[f.Fingerprint], "waived") && f.Change == audit.Optional(audit.ChangeSilenced) {
						continue // it is in the report, and in the list of what was silenced
					}
					if _, twice := have[f.Fingerprint]; twice {
						t.Errorf("seed %d, night %d: %s stands twice", seed, night, f.Fingerprint)
					}
					change := string(f.Change)
					if f.Change == audit.Optional(audit.ChangeSilenced) && f.Verdict == audit.Waived && here[f.Fingerprint] {
						change = "waived"
					}
					have[f.Fingerprint] = change + " " + string(f.FirstSeen)
					outcomes[string(f.Change)]++
					switch audit.Change(f.Change) {
					case audit.ChangeNew:
						if alive[f.Fingerprint] {
							t.Errorf("seed %d, night %d: new twice", seed, night)
						}
						alive[f.Fingerprint], since[f.Fingerprint] = true, string(f.FirstSeen)
					case audit.ChangeResolved, audit.ChangeAccountGone, audit.ChangeSilenced:
						alive[f.Fingerprint] = change == "waived"
					}
					if since[f.Fingerprint] != string(f.FirstSeen) {
						t.Errorf("seed %d, night %d: first_seen moved from %s to %s", seed, night, since[f.Fingerprint], f.FirstSeen)
					}
				}
			}
			for _, list := range []audit.FindingList{report.Findings, c.Resolved, c.NotReevaluated, silencedIn(t, c)} {
				say(list)
			}
			if d := cmp.Diff(want, have); d != "" {
				t.Fatalf("seed %d, night %d (-model +report): %s", seed, night, d)
			}
			for fp, is := range alive {
				if _, said := have[fp]; is && !said {
					t.Fatalf("seed %d, night %d: %s vanished", seed, night, fp)
				}
			}
			last = report
		}
	}
	for _, c := range []audit.Change{audit.ChangeNew, audit.ChangePersisting, audit.ChangeChanged, audit.ChangeResolved,
		audit.ChangeAccountGone, audit.ChangeNotReevaluated, audit.ChangeSilenced} {
		if outcomes[string(c)] < 50 {
			t.Errorf("%s came %d times: the test shows nothing of it", c, outcomes[string(c)])
		}
	}
}

func silencedIn(t *testing.T, c *audit.Changes) audit.FindingList {
	t.Helper()
	var list []audit.Finding
	for s, err := range c.Silenced.All() {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s.Finding)
	}
	return audit.NewList(inline.Of(list...))
}

// next makes the report of a night, compared with the last, as a run does.
func next(t *testing.T, last audit.Report, n *reading, asOf string) (audit.Report, *audit.Changes) {
	t.Helper()
	b, err := New(last)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	b.Against(&audit.Report{Rules: n.rules})
	findings := slices.Clone(n.findings)
	for i := range findings {
		b.Note(&findings[i], asOf)
	}
	scopes := NewScopes(inline.Into(&audit.Ledger{}, n.ledger...), n.rules)
	scopes.NarrowRegions, scopes.Regions = n.narrow, n.regions
	if n.whole {
		scopes.Members = n.members
	}
	c, err := b.Finish(scopes, audit.NewList(inline.Of(findings...)), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return audit.Report{Run: audit.Run{AsOf: asOf, Regions: n.regions}, Coverage: inline.Into(&audit.Ledger{}, n.ledger...),
		Rules: n.rules, Findings: audit.NewList(inline.Of(findings...)), Changes: c}, c
}

// inOrder returns the findings as a report has them.
func inOrder(fs []audit.Finding) []audit.Finding {
	sorter := audit.NewFindingSorter("")
	for i := range fs {
		_ = sorter.Add(&fs[i]) // which are few, and stay in memory
	}
	sorted, _ := sorter.List().First(len(fs))
	return sorted
}
