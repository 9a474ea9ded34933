package report

import (
	"fmt"
	"io"
	"time"

	"tenor/audit"
)

// TestCase is a test of a policy.
type TestCase struct {
	Suite, Name string
	File        string
	Line        int
	Problem     string // why it did not pass
	Failed      bool
	Skipped     bool
	Output      string // what it printed
	Took        time.Duration
}

// JUnitTests writes tests of policies as a CI system reads test results: a suite for each package.
func JUnitTests(w io.Writer, tests []TestCase) error {
	all := &junitSuites{Name: "tenor policies test", Time: "0"}
	suites := map[string]*junitSuite{}
	for _, t := range tests {
		s := suites[t.Suite]
		if s == nil {
			s = &junitSuite{Name: audit.Visible(t.Suite), Time: "0"}
			suites[t.Suite] = s
			all.Suites = append(all.Suites, s)
		}
		c := junitCase{Name: audit.Visible(t.Name)}
		switch {
		case t.Skipped:
			c.Skipped = &junitOutcome{Message: "todo"}
		case t.Failed:
			text := fmt.Sprintf("%s:%d\n%s", t.File, t.Line, t.Output)
			c.Failure = &junitOutcome{Message: audit.Visible(t.Problem), Text: audit.VisibleLines(text)}
		}
		s.add(c)
		s.Cases[len(s.Cases)-1].Time = fmt.Sprintf("%.6f", t.Took.Seconds())
	}
	return all.write(w)
}
