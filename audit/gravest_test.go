package audit

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGravest(t *testing.T) {
	finding := func(severity Severity, rule, outpost, due string) Finding {
		return Finding{Rule: rule, Severity: severity, Verdict: Fail, Resource: ResourceRef{ID: outpost}, Due: Optional(due)}
	}
	var many, rest []Finding
	for i := range 12 {
		many = append(many, finding(Critical, "notice", fmt.Sprintf("op-%02d", i), "2026-12-01"))
		rest = append(rest, finding(High, "ending", fmt.Sprintf("op-%02d", i), "2026-12-01"))
	}
	for name, tt := range map[string]struct {
		findings []Finding
		want     []string
		more     int
	}{
		"none": {},
		"one fact is one group": {[]Finding{finding(Critical, "notice", "op-1", "2026-12-01"), finding(High, "ending", "op-1", "2026-12-01"),
			finding(High, "ending", "op-2", "2026-12-01"), finding(High, "approval", "op-1", "2026-12-01"),
			finding(Medium, "price", "op-1", "2026-12-01")}, []string{"notice op-1 [ending approval]", "ending op-2 []"}, 0},
		"another day, or none, is another fact": {[]Finding{finding(High, "ending", "op-1", "2026-12-01"),
			finding(High, "failed", "op-1", ""), finding(High, "other", "op-1", ""), finding(High, "quote", "op-1", "2026-12-02")},
			[]string{"ending op-1 []", "failed op-1 []", "other op-1 []", "quote op-1 []"}, 0},
		"what is not high is not named": {[]Finding{finding(Medium, "price", "op-1", ""), finding(High, "ending", "op-1", "")}, nil, 0},
		"ten, and all of their facts": {append(many, rest...), []string{"notice op-00 [ending]", "notice op-01 [ending]",
			"notice op-02 [ending]", "notice op-03 [ending]", "notice op-04 [ending]", "notice op-05 [ending]", "notice op-06 [ending]",
			"notice op-07 [ending]", "notice op-08 [ending]", "notice op-09 [ending]"}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			r := Report{Findings: FindingsOf(tt.findings...)}
			g, err := r.Gravest()
			if err != nil {
				t.Fatal(err)
			}
			var have []string
			for _, group := range g.Groups {
				have = append(have, fmt.Sprint(group.Rule, " ", group.Resource.ID, " ", group.Also))
			}
			if diff := cmp.Diff(tt.want, have); diff != "" || g.More != tt.more {
				t.Errorf("%d more, want %d (-want +have):\n%s", g.More, tt.more, diff)
			}
		})
	}
}
