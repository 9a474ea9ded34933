package job

import (
	"testing"

	"tenor/audit"
)

func TestExit(t *testing.T) {
	fail := func(s audit.Severity) audit.Finding { return audit.Finding{Verdict: audit.Fail, Severity: s} }
	with := func(v audit.Verdict) audit.Finding { return audit.Finding{Verdict: v, Severity: audit.Critical} }
	for _, tt := range []struct {
		name       string
		failOn     string
		onlyNew    bool
		finding    *audit.Finding
		before     *known
		incomplete bool
		allow      bool
		want       Exit
	}{
		{name: "clean", failOn: "high", want: ExitClean},
		{name: "below the gate", failOn: "high", finding: new(fail(audit.Medium)), want: ExitClean},
		{name: "at the gate", failOn: "high", finding: new(fail(audit.High)), want: ExitFindings},
		{name: "above the gate", failOn: "high", finding: new(fail(audit.Critical)), want: ExitFindings},
		{name: "no gate", failOn: "none", finding: new(fail(audit.Critical)), want: ExitClean},
		{name: "waived", failOn: "info", finding: new(with(audit.Waived)), want: ExitClean},
		{name: "unknown", failOn: "info", finding: new(with(audit.Unknown)), incomplete: true, want: ExitIncomplete},
		{name: "a rule failed", failOn: "none", finding: new(with(audit.Error)), incomplete: true, allow: true, want: ExitFailed},
		{name: "incomplete", failOn: "high", incomplete: true, want: ExitIncomplete},
		{name: "incomplete, allowed", failOn: "high", incomplete: true, allow: true, want: ExitClean},
		{name: "findings beat incomplete", failOn: "high", finding: new(fail(audit.High)), incomplete: true, want: ExitFindings},
		{name: "only new, new", failOn: "high", onlyNew: true, finding: new(fail(audit.High)), want: ExitFindings},
		{name: "only new, known", failOn: "high", onlyNew: true, finding: new(fail(audit.High)), before: &known{severity: audit.High, verdict: audit.Fail}, want: ExitClean},
		{name: "only new, was below the gate", failOn: "high", onlyNew: true, finding: new(fail(audit.High)), before: &known{severity: audit.Low, verdict: audit.Fail}, want: ExitFindings},
		{name: "only new, was waived", failOn: "high", onlyNew: true, finding: new(fail(audit.High)), before: &known{severity: audit.High, verdict: audit.Waived}, want: ExitFindings},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newGate(&Config{FailOn: tt.failOn, FailOnNew: tt.onlyNew})
			if tt.finding != nil {
				g.add(tt.finding, tt.before)
			}
			if got := g.exit(tt.incomplete, tt.allow); got != tt.want {
				t.Errorf("exit %d, want %d", got, tt.want)
			}
		})
	}
}
