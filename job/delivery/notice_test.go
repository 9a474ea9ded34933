package delivery

import (
	"strings"
	"testing"

	"tenor/audit"
	"tenor/internal/inline"
)

// TestNoticeSaysTheBill: what a bill comes to, and the largest of it; nothing without one.
func TestNoticeSaysTheBill(t *testing.T) {
	cents := int64(123456)
	r := audit.Report{Renewals: audit.NewList(inline.Of(audit.Renewal{Resource: audit.ResourceRef{ID: "op-1", Name: "fra\u202edc1", Account: "111122223333"},
		OutpostFacts: audit.OutpostFacts{BilledDifferenceCents: &cents}}))}
	said := func() string {
		n, err := NewNotice(&r, nil, Outcome{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return n.text(10_000, func(s string) string { return s })
	}
	if s := said(); strings.Contains(s, "illed") {
		t.Errorf("without a bill: %s", s)
	}
	r.Billing = &audit.Billing{Sources: []audit.BillingSource{{Period: "2026-10", Final: true}}}
	want := "Billed for Outposts up to 2026-10: $1,234.56 more than the contract\nBilled in 2026-10: nothing for broken products\n" +
		"$1,234.56 more than the contract: fra\ufffddc1 in 111122223333\n"
	if s := said(); !strings.Contains(s, want) {
		t.Errorf("it has no %q: %s", want, s)
	}
}

// TestNoticeComparesOnlyWhatWasCompared: a first run, or one whose last report is left out, has no word of what is new.
func TestNoticeComparesOnlyWhatWasCompared(t *testing.T) {
	for _, tt := range []struct {
		name    string
		changes *audit.Changes
		before  *audit.Report
		want    string
	}{
		{"first run", nil, nil, "Findings: none\nCoverage: 1 scope could not be read\n"},
		{"without a baseline", nil, &audit.Report{}, "Findings: none\nCoverage: 1 scope could not be read, 1 for the first time\n"},
		{"compared", &audit.Changes{}, &audit.Report{},
			"Findings: none (0 new, 0 changed, 0 resolved)\nCoverage: 1 scope could not be read, 1 for the first time\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := audit.Report{Changes: tt.changes, Coverage: &audit.Ledger{}}
			r.Coverage.Add(audit.Coverage{Account: "111122223333", Service: "outposts", Operation: "ListOutposts", Status: audit.StatusGap})
			r.Summary.Coverage.Gaps = 1
			n, err := NewNotice(&r, tt.before, Outcome{}, 3)
			if err != nil {
				t.Fatal(err)
			}
			if text := n.text(10_000, plain); !strings.HasPrefix(text, tt.want) {
				t.Errorf("got %q, want it to begin with %q", text, tt.want)
			}
		})
	}
}
