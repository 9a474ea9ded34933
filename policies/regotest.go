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
	Package string // data.tenor.outposts.order_error_test
	Name    string // test_reports_order_in_error
	File    string
	Line    int
	Passed  bool
	Skipped bool   // a todo_test_
	Problem string // why it did not pass: an error, or the expression that was not true
	Output  string // what it printed
	Took    time.Duration
}

// TestReport is what the tests gave, and how much of the policies they ran through.
type TestReport struct {
	Tests    []TestResult // ordered by package, then line
	Coverage []FileCoverage
}

// FileCoverage says which lines of a policy the tests reached.
type FileCoverage struct {
	File    string
	Percent float64
	Missed  []int // lines
}

// Passed reports whether every test did, and there was one.
func (r *TestReport) Passed() bool {
	return len(r.Tests) > 0 && !slices.ContainsFunc(r.Tests, func(t TestResult) bool { return !t.Passed && !t.Skipped })
}

// Test runs the Rego tests of our pack and of the user's directories and bundles.
func Test(ctx context.Context, o Options) (*TestReport, error) {
	p, err := Load(ctx, o)
	if err != nil {
		return nil, err
	}
	coverage := cover.New()
	results, err := p.runTests(ctx, func(r *tester.Runner) { r.SetCoverageQueryTracer(coverage).SetCoverageRuns(nil).SetTimeout(p.timeout) })
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		if topdown.IsCancel(r.Error) && ctx.Err() == nil {
			if results[i], err = p.testAgain(ctx, r, coverage); err != nil {
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
	report.Coverage = coverageOf(coverage, p.files)
	if len(failed) > 0 { // coverage and traces exclude each other
		results, err := p.runTests(ctx, func(r *tester.Runner) {
			r.EnableTracing(true).Filter("^(" + strings.Join(failed, "|") + ")$").SetTimeout(p.timeout)
		})
		if err != nil {
			return nil, err
		}
		report.explain(results)
	}
	return report, nil
}

// runTests runs the tests of the pack, in no order.
func (p *Pack) runTests(ctx context.Context, configure func(*tester.Runner)) ([]*tester.Result, error) {
	compiler, modules, err := p.withTests()
	if err != nil {
		return nil, err
	}
	runner := tester.NewRunner().
		SetCompiler(compiler.WithEnablePrintStatements(true)).
		SetStore(inmem.NewFromObject(p.dataAt(TestTime()))).
		SetModules(modules).
		RaiseBuiltinErrors(true)
	configure(runner)
	stream, err := runner.RunTests(ctx, nil)
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
func (p *Pack) testAgain(ctx context.Context, slow *tester.Result, coverage *cover.Cover) (*tester.Result, error) {
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	results, err := p.runTests(limited, func(r *tester.Runner) {
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

// coverageOf lists the policies, without their tests.
func coverageOf(c *cover.Cover, files []*source) []FileCoverage {
	policies := slices.DeleteFunc(slices.Clone(files), (*source).test)
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
