package audit

import (
	stdcmp "cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/internal/inline"
)

func TestGravest(t *testing.T) {
	finding := func(severity Severity, rule, outpost, due string) Finding {
		return Finding{Rule: rule, Severity: severity, Verdict: Fail, Resource: ResourceRef{ID: outpost}, Due: Optional(due)}
	}
	failing := func(severity Severity, rule, product, cause string) Finding {
		return Finding{Rule: rule, Severity: severity, Verdict: Fail, Resource: ResourceRef{Kind: KindProvisionedProduct, ID: product},
			Evidence: json.RawMessage(fmt.Sprintf(`{"a":{"cause":"x"},"cause":%q}`, cause))}
	}
	same := failing(High, "same_cause", "111122223333", "denied")
	same.Resource.Kind = KindAccount
	alike := []Finding{failing(High, "broken_long", "pp-x", "quota"), failing(High, "broken_long", "pp-y", ""), failing(High, "broken_long", "pp-z", "")}
	for i := range 40 {
		alike = append(alike, failing(High, "product_error", fmt.Sprintf("pp-%02d", i), "denied"))
	}
	alike = append(alike, failing(High, "terminate_failed", "pp-39", "denied"), failing(High, "terminate_failed", "pp-40", "denied"),
		failing(Medium, "tainted", "pp-41", "denied"))
	var many, rest []Finding
	for i := range 12 {
		many = append(many, finding(Critical, "notice", fmt.Sprintf("op-%02d", i), "2026-12-01"))
		rest = append(rest, finding(High, "ending", fmt.Sprintf("op-%02d", i), "2026-12-01"))
	}
	for name, tt := range map[string]struct {
		findings []Finding
		want     []string
		more     string
	}{
		"none": {},
		"one fact is one group": {[]Finding{finding(Critical, "notice", "op-1", "2026-12-01"), finding(High, "ending", "op-1", "2026-12-01"),
			finding(High, "ending", "op-2", "2026-12-01"), finding(High, "approval", "op-1", "2026-12-01"),
			finding(Medium, "price", "op-1", "2026-12-01")}, []string{"notice op-1 [ending approval]", "ending op-2 []"}, ""},
		"another day, or none, is another fact": {[]Finding{finding(High, "ending", "op-1", "2026-12-01"),
			finding(High, "quote", "op-1", "2026-12-02"), finding(High, "failed", "op-1", ""), finding(High, "other", "op-1", "")},
			[]string{"ending op-1 []", "quote op-1 []", "failed op-1 []", "other op-1 []"}, ""},
		"what is not high is not named": {[]Finding{finding(Medium, "price", "op-1", ""), finding(High, "ending", "op-1", "")}, nil, ""},
		"ten, and all of their facts": {append(many, rest...), []string{"notice op-00 [ending]", "notice op-01 [ending]",
			"notice op-02 [ending]", "notice op-03 [ending]", "notice op-04 [ending]", "notice op-05 [ending]", "notice op-06 [ending]",
			"notice op-07 [ending]", "notice op-08 [ending]", "notice op-09 [ending]"}, "2 critical, 2 high"},
		"one cause is one group, and counts as one": {alike, []string{"broken_long pp-x []", "broken_long pp-y []", "broken_long pp-z []",
			"product_error pp-00 [terminate_failed] and 40 more products"}, ""},
		"the products of a cause that the account names": {append([]Finding{same}, alike...), []string{
			"same_cause 111122223333 [product_error terminate_failed]", "broken_long pp-x []", "broken_long pp-y []",
			"broken_long pp-z []"}, ""},
		"what another kind calls a cause": {[]Finding{{Rule: "a", Severity: High, Verdict: Fail, Evidence: json.RawMessage(`{"cause":"denied"}`)},
			{Rule: "b", Severity: High, Verdict: Fail, Evidence: json.RawMessage(`{"cause":"denied"}`)}}, []string{"a  []", "b  []"}, ""},
		"room is counted by causes": {append(slices.Clone(many[:9]), alike[2:]...), []string{"notice op-00 []", "notice op-01 []",
			"notice op-02 []", "notice op-03 []", "notice op-04 []", "notice op-05 []", "notice op-06 []", "notice op-07 []", "notice op-08 []",
			"broken_long pp-z []"}, "42 high"},
	} {
		t.Run(name, func(t *testing.T) {
			r := Report{Findings: NewList(inline.Of(tt.findings...))}
			g, err := r.Gravest()
			if err != nil {
				t.Fatal(err)
			}
			var have []string
			for _, group := range g.Groups {
				said := fmt.Sprint(group.Rule, " ", group.Resource.ID, " ", group.Also)
				if n := group.Others(); n > 0 {
					said += fmt.Sprintf(" and %d more products", n)
				}
				have = append(have, said)
			}
			if diff := cmp.Diff(tt.want, have); diff != "" || SeverityCounts(g.More) != tt.more {
				t.Errorf("%v more, want %s (-want +have):\n%s", g.More, tt.more, diff)
			}
		})
	}
}

// TestGravestLeavesOutWhatIsSaid: a finding that says what a deadline does is counted; what says more, or is of another day, is named.
func TestGravestLeavesOutWhatIsSaid(t *testing.T) {
	yes, no := true, false
	deadline := func(outpost string, approval *bool) Deadline {
		return Deadline{Resource: ResourceRef{Kind: KindOutpost, ID: outpost, Name: "as it was called then"}, NoticeDeadline: "2026-12-01",
			NeedsApproval: approval}
	}
	finding := func(rule, outpost, due string) Finding {
		return Finding{Rule: "outposts." + rule, Severity: High, Verdict: Fail, Resource: ResourceRef{Kind: KindOutpost, ID: outpost}, Due: Optional(due)}
	}
	critical := finding("notice_deadline", "op-1", "2026-12-01")
	critical.Severity = Critical
	r := Report{Summary: Summary{Deadlines: []Deadline{deadline("op-1", &yes), deadline("op-2", &no), deadline("op-3", nil)}}}
	r.Findings = NewList(inline.Of(
		critical, finding("contract_ending", "op-2", "2026-12-01"), // said
		finding("renewal_approval_due", "op-1", "2026-12-01"), // said
		finding("renewal_approval_due", "op-2", "2026-12-01"), finding("renewal_approval_due", "op-3", "2026-12-01"),
		finding("contract_ending", "op-4", "2026-12-01"), finding("other", "op-1", "2026-12-01"), finding("contract_ending", "op-1", "2026-12-02")))
	g, err := r.Gravest()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Severity{Critical, High, ""} {
		if have := g.Severity(&r.Summary.Deadlines[i]); have != want {
			t.Errorf("%q on deadline %d, want %q", have, i, want)
		}
	}
	var have []string
	groups, more := g.First(4)
	for _, group := range groups {
		have = append(have, group.Rule+" "+group.Resource.ID)
	}
	want := []string{"outposts.renewal_approval_due op-2", "outposts.renewal_approval_due op-3", "outposts.contract_ending op-4",
		"outposts.other op-1"}
	if diff := cmp.Diff(want, have); diff != "" || SeverityCounts(g.Said) != "1 critical, 2 high" || SeverityCounts(more) != "1 high" {
		t.Errorf("%v said, %v more (-want +have):\n%s", g.Said, more, diff)
	}
	for _, tt := range []struct {
		g    *Gravest
		more map[Severity]int
		want string
	}{
		{g, more, "and 1 more high; 1 critical, 2 high on the decisions above"},
		{g, nil, "and 1 critical, 2 high on the decisions above"},
		{&Gravest{Groups: groups}, map[Severity]int{High: 1012, Critical: 1}, "and 1 more critical, 1,012 more high"},
		{&Gravest{Said: map[Severity]int{Critical: 2}}, nil, "2 critical on the decisions above"},
		{&Gravest{}, map[Severity]int{}, ""},
	} {
		if have := tt.g.LeftOut(tt.more); have != tt.want {
			t.Errorf("%q, want %q", have, tt.want)
		}
	}
}

// TestGravestOrder: of findings of one severity the nearest due comes first, then the largest amount, then as the report has them. Those
// that are due on one day, or on none, are reordered by amount; one that stands far behind is named before the first ten.
func TestGravestOrder(t *testing.T) {
	finding := func(id, due, value string) Finding {
		f := Finding{Rule: "a", Severity: High, Verdict: Fail, Resource: ResourceRef{ID: id}, Due: Optional(due)}
		if value != "" {
			f.Amount = &Money{Value: value, Currency: "USD", Per: PerOnce}
		}
		return f
	}
	list := []Finding{finding("soon", "2026-12-01", ""), finding("late", "2027-01-01", "1.00"), finding("first without", "", ""),
		finding("3037", "", "-3037.15"), finding("1250", "", "1250.00"), finding("zero", "", "0.00"), finding("unreadable", "", "much")}
	for i := range 20 {
		list = append(list, finding(fmt.Sprint("none", i), "", ""))
	}
	list = append(list, finding("6608", "", "6608.39"), finding("late and more", "2027-01-01", "2.00"))
	r := Report{Findings: NewList(inline.Of(list...))}
	g, err := r.Gravest()
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for i := range g.Groups {
		have = append(have, g.Groups[i].Resource.ID)
	}
	want := []string{"soon", "late and more", "late", "6608", "3037", "1250", "zero", "unreadable", "first without", "none0"}
	if diff := cmp.Diff(want, have); diff != "" || SeverityCounts(g.More) != "19 high" {
		t.Errorf("%v more (-want +have):\n%s", g.More, diff)
	}
}

// TestGravestIsTheFirstTen compares with all findings sorted and brought together: the same ten facts, each with the same first finding,
// the same others and its row, and the same counts.
func TestGravestIsTheFirstTen(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[rnd.IntN(len(list))] }
	for range 2000 {
		var list []Finding
		for i := range rnd.IntN(60) {
			f := Finding{Rule: "outposts." + pick("notice_deadline", "contract_ending", "a", "b"), Severity: Severity(pick("critical", "high", "high", "medium")),
				Verdict: Fail, Msg: fmt.Sprint(i), Resource: ResourceRef{Kind: pick(KindOutpost, KindProvisionedProduct), ID: fmt.Sprint("r", rnd.IntN(20))},
				Due: Optional(pick("", "", "2026-12-01", "2026-12-02"))}
			if f.Resource.Kind == KindProvisionedProduct {
				f.Evidence = json.RawMessage(pick(`{}`, `{"cause":"x"}`, fmt.Sprintf(`{"cause":"%d"}`, rnd.IntN(15))))
			}
			if n := rnd.IntN(8) - 4; n != 0 {
				f.Amount = CentsToMoney(int64(100 * n))
			}
			list = append(list, f)
		}
		slices.SortStableFunc(list, func(a, b Finding) int { return stdcmp.Compare(a.Severity.Rank(), b.Severity.Rank()) })
		r := Report{Findings: NewList(inline.Of(list...)), Summary: Summary{Deadlines: []Deadline{
			{Resource: ResourceRef{Kind: KindOutpost, ID: "r1"}, NoticeDeadline: "2026-12-01"},
			{Resource: ResourceRef{Kind: KindOutpost, ID: "r2"}, NoticeDeadline: "2026-12-02"}}}}
		g, err := r.Gravest()
		if err != nil {
			t.Fatal(err)
		}
		have := gravestWords{Facts: []string{}, More: SeverityCounts(g.More), Said: SeverityCounts(g.Said)}
		for i := range g.Groups {
			group := &g.Groups[i]
			slices.Sort(group.Also)
			have.Facts = append(have.Facts, fmt.Sprint(group.Msg, " in row ", list[group.Row].Msg, group.Also, group.findings, group.Others()))
		}
		if diff := cmp.Diff(firstTen(&r, list), have); diff != "" {
			t.Fatalf("(-want +have):\n%s", diff)
		}
	}
}

// gravestWords is a Gravest in words.
type gravestWords struct {
	Facts      []string
	More, Said string
}

// firstTen holds every finding, sorts them and brings them together.
func firstTen(r *Report, list []Finding) gravestWords {
	said, more := map[Severity]int{}, map[Severity]int{}
	var rest []Finding
	for _, f := range list {
		deadline := slices.ContainsFunc(r.Summary.Deadlines, func(d Deadline) bool { return d.Resource == f.Resource && d.NoticeDeadline == string(f.Due) })
		switch {
		case f.Severity == Medium:
		case deadline && (f.Rule == "outposts.notice_deadline" || f.Rule == "outposts.contract_ending"):
			said[f.Severity]++
		default:
			rest = append(rest, f)
		}
	}
	magnitude := func(f *Finding) float64 {
		if f.Amount == nil {
			return -1
		}
		n, _ := strconv.ParseFloat(f.Amount.Value, 64)
		return math.Abs(n)
	}
	slices.SortStableFunc(rest, func(a, b Finding) int {
		switch {
		case a.Severity != b.Severity:
			return map[bool]int{true: -1, false: 1}[a.Severity == Critical]
		case a.Due != b.Due:
			return map[bool]int{true: -1, false: 1}[a.Due != "" && (b.Due == "" || a.Due < b.Due)]
		}
		return stdcmp.Compare(magnitude(&b), magnitude(&a))
	})
	groups, names := map[string][]Finding{}, []string{}
	for i, f := range rest {
		name := fmt.Sprint("its own ", i)
		switch cause := f.Cause(); {
		case cause != "":
			name = "cause " + cause
		case f.Due != "":
			name = fmt.Sprint(f.Resource, f.Due)
		}
		if groups[name] == nil {
			names = append(names, name)
		}
		groups[name] = append(groups[name], f)
	}
	words := gravestWords{Facts: []string{}}
	for i, name := range names {
		first := groups[name][0]
		also, findings, products := []string{}, map[Severity]int{}, map[string]bool{}
		for _, f := range groups[name] {
			if i >= 10 {
				more[f.Severity]++
			}
			findings[f.Severity]++
			if f.Rule != first.Rule {
				also = append(also, f.Rule)
			}
			if f.Cause() != "" {
				products[f.Resource.ID] = true
			}
		}
		slices.Sort(also)
		if i < 10 {
			words.Facts = append(words.Facts, fmt.Sprint(first.Msg, " in row ", first.Msg, slices.Compact(also), findings, max(0, len(products)-1)))
		}
	}
	words.More, words.Said = SeverityCounts(more), SeverityCounts(said)
	return words
}
