package job

import (
	"tenor/audit"
	"tenor/job/baseline"
)

// Exit is the exit code of a run.
type Exit int

// The exit codes, which scripts rely on.
const (
	ExitClean       Exit = 0 // complete, nothing at or above the gate
	ExitFindings    Exit = 1 // findings at or above the gate
	ExitFailed      Exit = 2 // the run could not be done, or a rule failed while it ran
	ExitIncomplete  Exit = 3 // the report is written, its coverage is incomplete, nothing at or above the gate was found
	ExitUndelivered Exit = 4 // the report is written here, its delivery failed
)

// gate counts what decides the exit code, finding by finding.
type gate struct {
	failOn         audit.Severity // empty: nothing counts
	onlyNew        bool
	failed, errors int
}

func newGate(c *Config) gate {
	g := gate{onlyNew: c.FailOnNew}
	if c.FailOn != FailOnNone {
		g.failOn = audit.Severity(c.FailOn)
	}
	return g
}

// counts reports whether a finding is one that the gate stops.
func (g *gate) counts(verdict audit.Verdict, severity audit.Severity) bool {
	return verdict == audit.Fail && g.failOn != "" && severity.AtLeast(g.failOn)
}

// add counts a finding; before is the baseline's of the same fingerprint, nil when it has none. A finding that the
// baseline had below the gate is new to the gate.
func (g *gate) add(f *audit.Finding, before *baseline.Known) {
	if f.Verdict == audit.Error {
		g.errors++
	}
	known := before != nil && g.counts(before.Verdict, before.Severity)
	if g.counts(f.Verdict, f.Severity) && !(g.onlyNew && known) {
		g.failed++
	}
}

// exit returns the code for a report that was written.
func (g *gate) exit(incomplete, allowIncomplete bool) Exit {
	switch {
	case g.errors > 0:
		return ExitFailed
	case g.failed > 0:
		return ExitFindings
	case incomplete && !allowIncomplete:
		return ExitIncomplete
	}
	return ExitClean
}
