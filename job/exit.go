package job

import (
	"errors"
	"fmt"

	"tenor/audit"
	"tenor/job/baseline"
	"tenor/snapshot"
)

// Exit is the exit code of a run.
type Exit int

// The exit codes, which scripts rely on.
const (
	ExitClean       Exit = 0 // complete, nothing at or above the gate
	ExitFindings    Exit = 1 // findings at or above the gate
	ExitFailed      Exit = 2 // the run could not be done, or a rule failed while it ran
	ExitIncomplete  Exit = 3 // the report is written, its coverage is incomplete, nothing at or above the gate was found
	ExitUndelivered Exit = 4 // report.json is written, and a format, a delivery or a metric is missing
)

// Err returns the code as an error, nil when it is 0.
func (e Exit) Err() error {
	if e == ExitClean {
		return nil
	}
	return &ExitError{Exit: e}
}

// ExitError ends a command that did its work with a code that is not 0. What there is to say of it has been said.
type ExitError struct{ Exit Exit }

func (e *ExitError) Error() string { return fmt.Sprintf("exit code %d", e.Exit) }

// EventError is an event, or what it names, a config, policies, waivers or decisions, that cannot be: trying again does not help.
type EventError struct{ Err error }

func (e *EventError) Error() string { return e.Err.Error() }
func (e *EventError) Unwrap() error { return e.Err }

// UndeliveredError is what was made and did not arrive.
type UndeliveredError struct{ Err error }

func (e *UndeliveredError) Error() string { return e.Err.Error() }
func (e *UndeliveredError) Unwrap() error { return e.Err }

// ExitOf returns the exit code of a command that ended with err, and what is still to be said of it, each a line of its own.
func ExitOf(err error) (exit Exit, say []error) {
	if err == nil {
		return ExitClean, nil
	}
	if e, ok := err.(*EventError); ok { //nolint:errorlint // one that others are joined to is taken apart below
		return ExitOf(e.Err)
	}
	if list, ok := err.(interface{ Unwrap() []error }); ok && errors.Join(list.Unwrap()...).Error() == err.Error() { // errors.Join made it
		for _, e := range list.Unwrap() {
			code, more := ExitOf(e)
			if say = append(say, more...); exit != ExitFailed {
				exit = code
			}
		}
		return exit, say
	}
	if code, ok := errors.AsType[*ExitError](err); ok {
		return code.Exit, nil
	}
	return ExitFailed, []error{err}
}

// gate counts what decides the exit code, finding by finding.
type gate struct {
	failOn          audit.Severity // empty: nothing counts
	onlyNew         bool
	allowIncomplete bool
	strictCoverage  bool // incomplete counts before findings
	failed, errors  int
	unknown         int // but for those that rest on nothing but what the run does without
}

func newGate(c *Config) gate {
	g := gate{onlyNew: c.FailOnNew, allowIncomplete: c.AllowIncomplete, strictCoverage: c.StrictCoverage}
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
	switch {
	case f.Verdict == audit.Error:
		g.errors++
	case f.Verdict == audit.Unknown && !f.Optional:
		g.unknown++
	}
	known := before != nil && g.counts(before.Verdict, before.Severity)
	if g.counts(f.Verdict, f.Severity) && !(g.onlyNew && known) {
		g.failed++
	}
}

// exit returns the code for a report that was written: the first that holds.
func (g *gate) exit(incomplete, undelivered bool) Exit {
	switch {
	case g.errors > 0:
		return ExitFailed
	case undelivered:
		return ExitUndelivered
	case g.failed > 0 && !(g.strictCoverage && incomplete && !g.allowIncomplete):
		return ExitFindings
	case incomplete && !g.allowIncomplete:
		return ExitIncomplete
	}
	return ExitClean
}

// exit returns the code as things stand.
func (r *Result) exit() Exit {
	return r.gate.exit(r.Report.Status == audit.Incomplete, len(r.Report.Undelivered) > 0)
}

// CollectExit is the exit code of collecting alone.
func (j *Job) CollectExit(s *snapshot.Snapshot) Exit {
	g := newGate(&j.Config)
	return g.exit(incomplete(audit.SummariseCoverage(s.Manifest.Coverage)), false)
}
