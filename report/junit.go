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
// something of. A waived finding is a skipped case, an unknown verdict and a rule that failed are errors. The resources
// that pass are one case together, whose name counts them. What could not be read is an error in a suite of its own.
func JUnit(w io.Writer, r audit.Report) error {
	all := junitSuites{Name: "tenor", Time: "0"}
	suites := map[string]*junitSuite{}
	suite := func(id, title string) *junitSuite {
		s := suites[id]
		if s == nil {
			s = &junitSuite{Name: id, Timestamp: strings.TrimSuffix(r.Run.AsOf, "Z"), Time: "0"}
			if title != "" {
				s.Properties = append(s.Properties, junitProperty{"title", plain(title)})
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
			s.add(junitCase{Name: Counted(n, "resource") + " passed"})
		}
	}
	n, more := 0, map[string]int{}
	for f, err := range r.Findings.All() {
		if err != nil {
			return err
		}
		if n++; n > maxResults {
			more[f.Rule]++
			continue
		}
		suite(f.Rule, "").add(junitFinding(f))
	}
	for _, id := range slices.Sorted(maps.Keys(more)) {
		message := fmt.Sprintf("not listed here: only the %d most severe findings of a run are", maxResults)
		suite(id, "").add(junitCase{Name: Counted(more[id], "more finding"), Failure: &junitOutcome{Message: message, Type: "not listed"}})
	}
	coverage := suite("coverage", "What was read")
	if n := r.Summary.Coverage.Collected; n > 0 {
		coverage.add(junitCase{Name: Counted(n, "scope") + " collected"})
	}
	for _, c := range r.Gaps() {
		name := fmt.Sprintf("%s %s %s %s", plain(c.Account), plain(c.Region), plain(c.Service), plain(c.Operation))
		coverage.add(junitCase{Name: name, Error: &junitOutcome{Message: plain(c.Message), Type: string(c.Reason)}})
	}
	for _, s := range all.Suites {
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

// junitFinding returns the case of a finding; everything in it has passed through plain.
func junitFinding(f audit.Finding) junitCase {
	c := junitCase{Name: fmt.Sprintf("%s %s %s", plain(f.Resource.Account), plain(f.Resource.Region), label(f.Resource))}
	var text []string
	for _, line := range []struct{ name, value string }{
		{"severity", string(f.Severity)}, {"due", string(f.Due)}, {"amount", money(f.Amount)},
		{"remediation", f.Remediation}, {"command", string(f.Command)}, {"owner", f.Resource.Owner}, {"first seen", string(f.FirstSeen)}, {"change", string(f.Change)}, {"fingerprint", f.Fingerprint},
	} {
		if line.value != "" {
			text = append(text, line.name+": "+plain(line.value))
		}
	}
	outcome := &junitOutcome{Message: plain(f.Msg), Type: string(f.Severity), Text: strings.Join(text, "\n")}
	switch f.Verdict {
	case audit.Waived:
		c.Skipped = &junitOutcome{Message: plain(f.Msg)}
		if f.Waiver != nil {
			c.Skipped.Message = plain(fmt.Sprintf("waived by %s until %s: %s", f.Waiver.Owner, f.Waiver.Expires, f.Waiver.Reason))
		}
	case audit.Unknown, audit.Error:
		outcome.Type = string(f.Verdict)
		c.Error = outcome
	default:
		c.Failure = outcome
	}
	return c
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
}

type junitOutcome struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
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
