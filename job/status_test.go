package job

import (
	"testing"

	"tenor/audit"
)

// An unknown verdict makes a report incomplete, but for that of a rule which needs only what a run does without.
func TestStatusOfUnknownVerdicts(t *testing.T) {
	for _, c := range []struct {
		name     string
		requires []string
		fails    int
		want     audit.Status
	}{
		{"needs billing", []string{"billing"}, 1, audit.Incomplete},
		{"needs nothing", nil, 0, audit.Incomplete},
		{"needs stacks", []string{"stacks"}, 0, audit.Clean},
		{"needs stacks, and another fails", []string{"stacks"}, 1, audit.HasFindings},
		{"needs stack_instances", []string{"stack_instances"}, 0, audit.Clean},
		{"needs account_state", []string{"account_state"}, 0, audit.Clean},
		{"needs stacks and failure", []string{"stacks", "failure"}, 0, audit.Incomplete},
	} {
		t.Run(c.name, func(t *testing.T) {
			verdicts := map[audit.Verdict]int{audit.Unknown: 2, audit.Fail: c.fails}
			s := audit.Summary{Verdicts: verdicts, Coverage: audit.CoverageSummary{Collected: 1, Optional: 1}}
			rules := []audit.RuleResult{{Rule: audit.Rule{ID: "r", Requires: c.requires}, Verdicts: verdicts}}
			if got := status(&s, rules); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
