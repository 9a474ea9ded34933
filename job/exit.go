package job

import (
	"errors"
	"fmt"
	"slices"

	"tenor/audit"
	"tenor/job/baseline"
	"tenor/policies"
	"tenor/snapshot"
)

// Exit is the exit code of a command. As an error it ends one that did its work, and what there is to say of it has been said.
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
	return e
}

func (e Exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// first returns the one of the codes that hold which a command ends with: docs/ci.md has the order.
func first(holds map[Exit]bool) Exit {
	for _, e := range [...]Exit{ExitFailed, ExitUndelivered, ExitFindings, ExitIncomplete} {
		if holds[e] {
			return e
		}
	}
	return ExitClean
}

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
	switch e := err.(type) { //nolint:errorlint // one that others are joined to is taken apart
	case nil:
		return ExitClean, nil
	case Exit:
		return e, nil
	case *EventError:
		return ExitOf(e.Err)
	case interface{ Unwrap() []error }:
		if errors.Join(e.Unwrap()...).Error() != err.Error() { // errors.Join did not make it
			break
		}
		holds := map[Exit]bool{}
		for _, one := range e.Unwrap() {
			code, more := ExitOf(one)
			holds[code], say = true, append(say, more...)
		}
		return first(holds), say
	}
	if code, ok := errors.AsType[Exit](err); ok {
		return code, []error{err}
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

// exit returns the code for a report that was written.
func (g *gate) exit(incomplete, undelivered bool) Exit {
	incomplete = incomplete && !g.allowIncomplete
	return first(map[Exit]bool{
		ExitFailed: g.errors > 0, ExitUndelivered: undelivered, ExitIncomplete: incomplete,
		ExitFindings: g.failed > 0 && !(g.strictCoverage && incomplete),
	})
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

// CheckExit returns how a run with these checks would end, nil when it would be complete: an error for each that failed, and
// ExitIncomplete for each gap.
func CheckExit(list []Check) error {
	var errs []error
	for _, c := range list {
		switch c.Result {
		case CheckError:
			errs = append(errs, fmt.Errorf("%s: %s", c.Check, c.Said))
		case CheckGap:
			errs = append(errs, ExitIncomplete)
		}
	}
	return errors.Join(errs...)
}

// BillExit is ExitFindings where something final differs or has no contract, else ExitIncomplete where something could not be told. A month
// that is not final yet is neither: it can be told later.
func BillExit(b *audit.Billing, c *audit.Charges) Exit {
	var g gate
	untold := len(c.Gaps) > 0
	for _, o := range slices.Concat(b.Outposts, b.AccountRegions) {
		if o.Status == audit.BillDiffers {
			g.failed++
		}
		untold = untold || o.Status == audit.BillCannotTell && o.Why != audit.WhyNotFinal
	}
	for _, u := range b.Unmatched {
		if u.Final && u.Why == audit.WhyNoContract {
			g.failed++
		}
		untold = untold || u.Why != audit.WhyNoContract
	}
	for _, p := range b.Products {
		untold = untold || p.Why != "" && p.Why != audit.WhyGone
	}
	return g.exit(untold, false)
}

// TestsExit is ExitFindings where a test of policies failed.
func TestsExit(r *policies.TestReport) Exit {
	return first(map[Exit]bool{ExitFindings: !r.Passed()})
}
