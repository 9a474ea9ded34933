package audit

import (
	"encoding/json"
	"fmt"
	"slices"
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
			finding(High, "failed", "op-1", ""), finding(High, "other", "op-1", ""), finding(High, "quote", "op-1", "2026-12-02")},
			[]string{"ending op-1 []", "failed op-1 []", "other op-1 []", "quote op-1 []"}, ""},
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
	g := NewGravest([]Deadline{deadline("op-1", &yes), deadline("op-2", &no), deadline("op-3", nil)})
	critical := finding("notice_deadline", "op-1", "2026-12-01")
	critical.Severity = Critical
	for _, f := range []Finding{
		critical, finding("contract_ending", "op-2", "2026-12-01"), // said
		finding("renewal_approval_due", "op-1", "2026-12-01"), // said
		finding("renewal_approval_due", "op-2", "2026-12-01"), finding("renewal_approval_due", "op-3", "2026-12-01"),
		finding("contract_ending", "op-1", "2026-12-02"), finding("contract_ending", "op-4", "2026-12-01"), finding("other", "op-1", "2026-12-01"),
	} {
		if !g.Add(&f) {
			t.Fatal(f)
		}
	}
	var have []string
	groups, more := g.First(4)
	for _, group := range groups {
		have = append(have, group.Rule+" "+group.Resource.ID)
	}
	want := []string{"outposts.renewal_approval_due op-2", "outposts.renewal_approval_due op-3", "outposts.contract_ending op-1",
		"outposts.contract_ending op-4"}
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
