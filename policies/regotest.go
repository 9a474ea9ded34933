package policies

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// TestTime is where the clock of every Rego test and example stands: data.tenor.run.as_of of 2026-12-01T00:00:00Z.
func TestTime() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }

// TestResult is one Rego test.
type TestResult struct {
	Package string        `json:"package"` // data.tenor.outposts.order_error_test
	Name    string        `json:"name"`    // test_reports_order_in_error
	File    string        `json:"file"`
	Line    int           `json:"line"`
	Passed  bool          `json:"passed"`
	Skipped bool          `json:"skipped"` // a todo_test_
	Problem string        `json:"problem"` // why it did not pass: an error, or the expression that was not true
	Output  string        `json:"output"`  // what it printed
	Took    time.Duration `json:"took_ns"`
}

// TestReport is what the tests gave, and how much of the policies they ran through.
type TestReport struct {
	Tests    []TestResult   `json:"tests"` // ordered by package, then line
	Coverage []FileCoverage `json:"coverage"`
}

// FileCoverage says which lines of a policy the tests reached.
type FileCoverage struct {
	File    string  `json:"file"`
	Percent float64 `json:"percent"`
	Missed  []int   `json:"missed"` // lines
}

// Passed reports whether every test did, and there was one.
func (r *TestReport) Passed() bool {
	return len(r.Tests) > 0 && !slices.ContainsFunc(r.Tests, func(t TestResult) bool { return !t.Passed && !t.Skipped })
}

// Tests says which Rego tests to run. The zero value: those of the user's directories and bundles, or ours where there are none.
type Tests struct {
	Pack bool           // ours too
	Run  *regexp.Regexp // those whose name, data.acme.late_test.test_late, it matches; nil: all
}

// Test runs Rego tests. Coverage is of the policies whose tests were asked for: all of a user's, or with Run those of the packages with a
// test that was run.
func Test(ctx context.Context, o Options, which Tests) (*TestReport, error) {
	p, err := Load(ctx, o)
	if err != nil {
		return nil, err
	}
	ours := which.Pack || !slices.ContainsFunc(p.files, func(s *source) bool { return !s.own() })
	taken := func(s *source) bool { return ours || !s.own() }
	filter := ""
	if which.Run != nil {
		filter = which.Run.String()
	}
	coverage := cover.New()
	results, err := p.runTests(ctx, taken, func(r *tester.Runner) {
		r.SetCoverageQueryTracer(coverage).SetCoverageRuns(nil).Filter(filter).SetTimeout(p.timeout)
	})
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		if topdown.IsCancel(r.Error) && ctx.Err() == nil {
			if results[i], err = p.testAgain(ctx, taken, r, coverage); err != nil {
				return nil, err
			}
		}
	}
	report := &TestReport{Tests: []TestResult{}}
	var failed []string
	for _, r := range results {
		report.Tests = append(report.Tests, p.testResult(r))
		if r.Fail && r.Error == nil {
			failed = append(failed, nameOf(r))
		}
	}
	slices.SortFunc(report.Tests, func(a, b TestResult) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Name, b.Name))
	})
	ran := map[string]bool{}
	for _, t := range report.Tests {
		ran[strings.TrimSuffix(t.Package, "_test")] = true
	}
	report.Coverage = coverageOf(coverage, slices.DeleteFunc(slices.Clone(p.files), func(s *source) bool {
		return s.test() || !taken(s) || which.Run != nil && (s.module == nil || !ran[s.module.Package.Path.String()])
	}))
	if len(failed) > 0 { // coverage and traces exclude each other
		results, err := p.runTests(ctx, taken, func(r *tester.Runner) {
			r.EnableTracing(true).Filter("^(" + strings.Join(failed, "|") + ")$").SetTimeout(p.timeout)
		})
		if err != nil {
			return nil, err
		}
		report.explain(results)
	}
	return report, nil
}

// runTests runs the tests in the files that are taken, in no order.
func (p *Pack) runTests(ctx context.Context, taken func(*source) bool, configure func(*tester.Runner)) ([]*tester.Result, error) {
	compiler, modules, err := p.withTests(taken)
	if err != nil {
		return nil, err
	}
	runner := tester.NewRunner().
		SetCompiler(compiler.WithEnablePrintStatements(true)).
		SetStore(inmem.NewFromObject(p.dataAt(TestTime()))).
		SetModules(modules).
		AddCustomBuiltins([]*tester.Builtin{{Func: withTrivy}}).
		RaiseBuiltinErrors(true)
	configure(runner)
	stream, err := runner.RunTests(atTestTime(ctx), nil)
	if err != nil {
		return nil, astError(err)
	}
	var results []*tester.Result
	for r := range stream {
		results = append(results, r)
	}
	return results, ctx.Err()
}

// nameOf returns the name of a test as an expression that a filter of tests takes.
func nameOf(r *tester.Result) string { return regexp.QuoteMeta(r.Package + "." + r.Name) }

// testAgain runs a test once more that took longer than the limit. This time the limit is of how long the process was let run.
func (p *Pack) testAgain(
	ctx context.Context, taken func(*source) bool, slow *tester.Result, coverage *cover.Cover,
) (*tester.Result, error) {
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	results, err := p.runTests(limited, taken, func(r *tester.Runner) {
		r.SetCoverageQueryTracer(coverage).SetCoverageRuns(nil).Filter("^" + nameOf(slow) + "$").SetTimeout(math.MaxInt64)
		running := stopwatch()
		go func() {
			for ; running() < p.timeout && limited.Err() == nil; time.Sleep(watchEvery) {
			}
			cancel()
		}()
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil || len(results) != 1: // it was stopped
		return slow, nil //nolint:nilerr // which is what the result says
	}
	return results[0], nil
}

func (p *Pack) testResult(r *tester.Result) TestResult {
	t := TestResult{Package: r.Package, Name: r.Name, File: r.Location.File, Line: r.Location.Row, Passed: r.Pass(), Skipped: r.Skip,
		Output: string(r.Output), Took: r.Duration}
	switch {
	case topdown.IsCancel(r.Error):
		t.Problem = fmt.Sprintf("%s:%d: timed out after %s", t.File, t.Line, p.timeout)
	case r.Error != nil:
		t.Problem = evalError(r.Error).Error()
	case r.Fail:
		t.Problem = "not true"
	}
	return t
}

// explain names the expression of each failed test that was the last not to be true.
func (r *TestReport) explain(traced []*tester.Result) {
	for _, result := range traced {
		i := slices.IndexFunc(r.Tests, func(t TestResult) bool { return t.Package == result.Package && t.Name == result.Name })
		for _, event := range slices.Backward(result.Trace) {
			at := event.Location
			if i >= 0 && event.Op == topdown.FailOp && at != nil && at.File == result.Location.File {
				r.Tests[i].Problem = fmt.Sprintf("%s:%d: not true: %s", at.File, at.Row, at.Text)
				break
			}
		}
	}
}

// coverageOf lists policies.
func coverageOf(c *cover.Cover, policies []*source) []FileCoverage {
	report := c.Report(modulesOf(policies))
	out := []FileCoverage{}
	for _, s := range policies {
		f := report.Files[s.name]
		if f == nil {
			continue
		}
		fc := FileCoverage{File: s.name, Percent: f.Coverage, Missed: []int{}}
		for _, r := range f.NotCovered {
			for line := r.Start.Row; line <= r.End.Row; line++ {
				fc.Missed = append(fc.Missed, line)
			}
		}
		fc.Missed = slices.Compact(fc.Missed)
		out = append(out, fc)
	}
	return out
}
