package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"tenor/audit"
)

// JUnit writes the report as a CI system reads test results: a suite for each rule, a case for each resource it said
// something of. A finding is a failure where the run's gate takes its severity, in a report that names no gate always, and else a
// skipped case, as a waived one is. An unknown verdict and a rule that failed are errors. The resources that pass are one case together,
// whose name counts them. What could not be read is an error in a suite of its own.
func JUnit(w io.Writer, r audit.Report) error {
	all := &junitSuites{Name: "tenor", Time: "0"}
	suites := map[string]*junitSuite{}
	suite := func(id, title string) *junitSuite {
		s := suites[id]
		if s == nil {
			s = &junitSuite{Name: audit.Visible(id), Timestamp: strings.TrimSuffix(r.Run.AsOf, "Z"), Time: "0"}
			if title != "" {
				s.Properties = append(s.Properties, junitProperty{"title", audit.Visible(title)})
			}
			suites[id] = s
			all.Suites = append(all.Suites, s)
		}
		return s
	}
	for _, rule := range r.Rules {
		s := suite(rule.ID, rule.Title)
		for _, v := range audit.Verdicts {
			s.Properties = append(s.Properties, junitProperty{string(v), fmt.Sprint(rule.Verdicts[v])})
		}
		if n := rule.Verdicts[audit.Pass]; n > 0 {
			s.add(junitCase{Name: audit.Counted(n, "resource") + " passed"})
		}
	}
	gate := r.Run.Settings.FailOn
	n, more := 0, map[string]int{}
	stopped := map[string]bool{} // the rules of which some that are not listed are failures
	for f, err := range r.Findings.All() {
		if err != nil {
			return err
		}
		if n++; n > maxResults {
			more[f.Rule]++
			stopped[f.Rule] = stopped[f.Rule] || f.Verdict != audit.Waived && !passesGate(&f, gate)
			continue
		}
		suite(f.Rule, "").add(junitFinding(&f, gate))
	}
	for _, id := range slices.Sorted(maps.Keys(more)) {
		message := fmt.Sprintf("not listed here: only the %d most severe findings of a run are", maxResults)
		c := junitCase{Name: audit.Counted(more[id], "more finding"), Skipped: &junitOutcome{Message: message}}
		if stopped[id] {
			c.Failure, c.Skipped = &junitOutcome{Message: message, Type: "not listed"}, nil
		}
		suite(id, "").add(c)
	}
	coverage := suite("coverage", "What was read")
	if n := r.Summary.Coverage.Collected; n > 0 {
		coverage.add(junitCase{Name: audit.Counted(n, "scope") + " collected"})
	}
	gaps, found := r.Gaps(maxResults)
	for _, c := range gaps {
		name := audit.Visible(fmt.Sprintf("%s %s %s %s", c.Account, c.Region, c.Service, c.Operation))
		coverage.add(junitCase{Name: name, Error: &junitOutcome{Message: audit.Visible(c.Message), Type: string(c.Reason)}})
	}
	if left := found - len(gaps); left > 0 {
		message := fmt.Sprintf("not listed here: only the first %d gaps of a run are", maxResults)
		coverage.add(junitCase{Name: audit.Counted(left, "more gap"), Error: &junitOutcome{Message: message, Type: "not listed"}})
	}
	return all.write(w)
}

// write counts what the suites have, and writes them.
func (all *junitSuites) write(w io.Writer) error {
	for _, s := range all.Suites {
		s.nameApart()
		all.Tests, all.Failures, all.Errors, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors, all.Skipped+s.Skipped
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", " ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// junitFinding returns the case of a finding of a run with that gate, a severity or none, empty where the report does not say; every
// string in it is visible.
func junitFinding(f *audit.Finding, gate string) junitCase {
	where := audit.Visible(f.Resource.Account+" "+f.Resource.Region) + " " + label(f.Resource)
	c := junitCase{Name: where, fingerprint: f.Fingerprint}
	var text []string
	for _, line := range []struct{ name, value string }{
		{"severity", string(f.Severity)}, {"due", string(f.Due)}, {"amount", f.Amount.PerText()},
		{"remediation", f.Remediation}, {"command", string(f.Command)}, {"owner", f.Resource.Owner},
		{"first seen", string(f.FirstSeen)}, {"change", string(f.Change)}, {"fingerprint", f.Fingerprint},
	} {
		if line.value != "" {
			text = append(text, line.name+": "+audit.Visible(line.value))
		}
	}
	outcome := &junitOutcome{Message: audit.Visible(f.Msg), Type: string(f.Severity), Text: strings.Join(text, "\n")}
	switch f.Verdict {
	case audit.Waived:
		c.Skipped = &junitOutcome{Message: audit.Visible(f.Msg)}
		if f.Waiver != nil {
			c.Skipped.Message = audit.Visible(fmt.Sprintf("waived by %s until %s: %s", f.Waiver.Owner, f.Waiver.Expires, f.Waiver.Reason))
		}
	case audit.Unknown, audit.Error:
		outcome.Type = string(f.Verdict)
		c.Error = outcome
	default:
		if passesGate(f, gate) {
			c.Skipped = &junitOutcome{Text: outcome.Text,
				Message: audit.Visible(fmt.Sprintf("%s, not at the gate (fail_on %s): %s", f.Severity, gate, f.Msg))}
		} else {
			c.Failure = outcome
		}
	}
	return c
}

// passesGate reports whether what fails is let pass by a gate, as junitFinding has it.
func passesGate(f *audit.Finding, gate string) bool {
	return f.Verdict == audit.Fail && gate != "" && (gate == "none" || !f.Severity.AtLeast(audit.Severity(gate)))
}

// The elements of the format as Jenkins, GitLab and GitHub's test reporters read it (testmoapp/junitxml).
type junitSuites struct {
	XMLName  xml.Name      `xml:"testsuites"`
	Name     string        `xml:"name,attr"`
	Tests    int           `xml:"tests,attr"`
	Failures int           `xml:"failures,attr"`
	Errors   int           `xml:"errors,attr"`
	Skipped  int           `xml:"skipped,attr"`
	Time     string        `xml:"time,attr"`
	Suites   []*junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Skipped *junitOutcome `xml:"skipped"`
	Error   *junitOutcome `xml:"error"`
	Failure *junitOutcome `xml:"failure"`

	fingerprint string // of its finding; empty when it is of none
}

type junitOutcome struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// nameApart gives each case a name of its own, since programs keep one of several that have the same. Findings of a rule on one
// resource are told apart by their fingerprints, which the next run has too; what is then still alike is numbered.
func (s *junitSuite) nameApart() {
	alike, taken, number := map[string]int{}, map[string]bool{}, map[string]int{}
	for i := range s.Cases {
		alike[s.Cases[i].Name]++
	}
	for i := range s.Cases {
		c := &s.Cases[i]
		if alike[c.Name] > 1 && c.fingerprint != "" {
			c.Name = fmt.Sprintf("%s %.12s", c.Name, audit.Visible(c.fingerprint))
		}
		for name := c.Name; taken[c.Name]; {
			number[name]++
			c.Name = fmt.Sprintf("%s (%d)", name, number[name]+1)
		}
		taken[c.Name] = true
	}
}

// add appends a case and counts it.
func (s *junitSuite) add(c junitCase) {
	c.Class, c.Time = s.Name, "0"
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Skipped != nil:
		s.Skipped++
	case c.Error != nil:
		s.Errors++
	case c.Failure != nil:
		s.Failures++
	}
}
