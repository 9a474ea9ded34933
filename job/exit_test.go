package job

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/job/baseline"
	"tenor/snapshot"
)

func TestExit(t *testing.T) {
	fail := func(s audit.Severity) audit.Finding { return audit.Finding{Verdict: audit.Fail, Severity: s} }
	with := func(v audit.Verdict) audit.Finding { return audit.Finding{Verdict: v, Severity: audit.Critical} }
	for _, tt := range []struct {
		name        string
		failOn      string
		onlyNew     bool
		finding     *audit.Finding
		before      *baseline.Known
		incomplete  bool
		allow       bool
		strict      bool
		undelivered bool
		want        Exit
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
		{name: "incomplete beats findings where coverage is strict", failOn: "high", finding: new(fail(audit.High)), incomplete: true, strict: true, want: ExitIncomplete},
		{name: "strict and complete", failOn: "high", finding: new(fail(audit.High)), strict: true, want: ExitFindings},
		{name: "strict, and allowed all the same", failOn: "high", finding: new(fail(audit.High)), incomplete: true, strict: true, allow: true, want: ExitFindings},
		{name: "undelivered beats strict coverage", failOn: "high", incomplete: true, strict: true, undelivered: true, want: ExitUndelivered},
		{name: "only new, new", failOn: "high", onlyNew: true, finding: new(fail(audit.High)), want: ExitFindings},
		{name: "only new, known", failOn: "high", onlyNew: true, finding: new(fail(audit.High)), before: &baseline.Known{Severity: audit.High, Verdict: audit.Fail}, want: ExitClean},
		{name: "only new, was below the gate", failOn: "high", onlyNew: true, finding: new(fail(audit.High)), before: &baseline.Known{Severity: audit.Low, Verdict: audit.Fail}, want: ExitFindings},
		{name: "only new, was waived", failOn: "high", onlyNew: true, finding: new(fail(audit.High)), before: &baseline.Known{Severity: audit.High, Verdict: audit.Waived}, want: ExitFindings},
		{name: "undelivered beats findings", failOn: "high", finding: new(fail(audit.High)), incomplete: true, undelivered: true, want: ExitUndelivered},
		{name: "a rule failed beats undelivered", failOn: "none", finding: new(with(audit.Error)), undelivered: true, want: ExitFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newGate(&Config{FailOn: tt.failOn, FailOnNew: tt.onlyNew, AllowIncomplete: tt.allow, StrictCoverage: tt.strict})
			if tt.finding != nil {
				g.add(tt.finding, tt.before)
			}
			if got := g.exit(tt.incomplete, tt.undelivered); got != tt.want {
				t.Errorf("exit %d, want %d", got, tt.want)
			}
		})
	}
}

func TestExitOf(t *testing.T) {
	bad, worse := errors.New("bad"), errors.New("worse")
	for _, tt := range []struct {
		name string
		err  error
		exit Exit
		say  []string
	}{
		{"done", nil, ExitClean, nil},
		{"clean", ExitClean.Err(), ExitClean, nil},
		{"findings", ExitFindings.Err(), ExitFindings, nil},
		{"findings, joined with nothing", errors.Join(ExitFindings.Err(), nil), ExitFindings, nil},
		{"an error", bad, ExitFailed, []string{"bad"}},
		{"an error behind findings", errors.Join(ExitFindings.Err(), bad), ExitFailed, []string{"bad"}},
		{"an error before findings", errors.Join(bad, ExitFindings.Err()), ExitFailed, []string{"bad"}},
		{"several, in one another", errors.Join(errors.Join(bad, worse), ExitIncomplete.Err()), ExitFailed, []string{"bad", "worse"}},
		{"undelivered before findings", errors.Join(ExitUndelivered, ExitFindings), ExitUndelivered, nil},
		{"findings before undelivered", errors.Join(ExitFindings, ExitUndelivered), ExitUndelivered, nil},
		{"incomplete before findings", errors.Join(ExitIncomplete, nil, ExitFindings), ExitFindings, nil},
		{"findings that say something", fmt.Errorf("write: %w", ExitFindings), ExitFindings, []string{"write: exit code 1"}},
		{"one sentence of two errors", fmt.Errorf("%w: %w", bad, worse), ExitFailed, []string{"bad: worse"}},
		{"a plan that did not arrive", &UndeliveredError{Err: bad}, ExitFailed, []string{"bad"}}, // no report is written
		{"an event", &EventError{Err: bad}, ExitFailed, []string{"bad"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			exit, errs := ExitOf(tt.err)
			var say []string
			for _, err := range errs {
				say = append(say, err.Error())
			}
			if d := cmp.Diff(tt.say, say); d != "" || exit != tt.exit {
				t.Errorf("exit %d, want %d; said %s", exit, tt.exit, d)
			}
		})
	}
}

// TestReadingNothingIsNotClean reads a region that no account has enabled: nothing is a gap, and nothing is known.
func TestReadingNothingIsNotClean(t *testing.T) {
	var log strings.Builder
	j := demoJob(t, deliveryDay)
	j.Config.Regions = []string{"me-south-1"}
	j.Log = slog.New(slog.NewTextHandler(&log, nil))
	res := runJob(t, j)
	if c := res.Report.Summary.Coverage; c.Collected != 0 || c.Gaps != 0 || c.NotEnabled == 0 {
		t.Fatalf("coverage %+v", c)
	}
	if res.Report.Status != audit.Incomplete || res.Exit != ExitIncomplete ||
		!strings.Contains(log.String(), "level=WARN msg=\"nothing was collected") {
		t.Errorf("status %s, exit %d\n%s", res.Report.Status, res.Exit, log.String())
	}
	j.Config.AllowIncomplete = true
	if res := runJob(t, j); res.Exit != ExitClean {
		t.Errorf("exit %d with --allow-incomplete", res.Exit)
	}
	s, err := snapshot.Open(j.SnapshotDir())
	if err != nil {
		t.Fatal(err)
	}
	j.Config.AllowIncomplete = false
	if exit := j.CollectExit(s); exit != ExitIncomplete {
		t.Errorf("collecting alone: exit %d", exit)
	}
}

// TestStatusWithoutWhatIsOptional: an unknown that rests on nothing but what the run does without makes no report incomplete.
func TestStatusWithoutWhatIsOptional(t *testing.T) {
	for _, tt := range []struct {
		name     string
		findings []audit.Finding
		want     audit.Status
	}{
		{"nothing", nil, audit.Clean},
		{"unknown", []audit.Finding{{Verdict: audit.Unknown}}, audit.Incomplete},
		{"unknown by what is optional", []audit.Finding{{Verdict: audit.Unknown, Optional: true}}, audit.Clean},
		{"both", []audit.Finding{{Verdict: audit.Unknown, Optional: true}, {Verdict: audit.Unknown}}, audit.Incomplete},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &pass{tally: newTally(&Config{FailOn: FailOnNone})}
			s := audit.Summary{Coverage: audit.CoverageSummary{Collected: 1}, Verdicts: map[audit.Verdict]int{}}
			for i := range tt.findings {
				p.tally.gate.add(&tt.findings[i], nil)
				s.Verdicts[tt.findings[i].Verdict]++
			}
			if got := p.status(&s); got != tt.want {
				t.Errorf("status %q, want %q", got, tt.want)
			}
		})
	}
}
