package report

import (
	"fmt"
	"io"
	"strings"

	"tenor/audit"
)

// githubLimit is how many annotations of each level GitHub shows for a step; it drops the others without a word.
// https://docs.github.com/en/actions/reference/limits
const githubLimit = 10

// GitHub writes workflow commands that annotate a run on GitHub: critical and high findings as errors, medium ones as
// warnings, the others as notices, the most severe first and no more than GitHub shows. One warning tells of gaps, and
// the last notice counts what is not annotated. Waived findings are not annotated.
func GitHub(w io.Writer, r audit.Report) error {
	room := map[string]int{"error": githubLimit, "warning": githubLimit, "notice": githubLimit - 1}
	gaps := r.Summary.Coverage.Gaps
	if gaps > 0 {
		room["warning"]--
	}
	rules := rulesByID(r)
	left := 0
	for f, err := range r.Findings.All() {
		if err != nil {
			return err
		}
		if f.Verdict == audit.Waived {
			continue
		}
		level := githubLevel(f)
		if room[level] == 0 {
			left++
			continue
		}
		room[level]--
		if err := annotate(w, level, rules[f.Rule], f); err != nil {
			return err
		}
	}
	end := ""
	if gaps > 0 {
		end += fmt.Sprintf("::warning title=tenor%%3A coverage gap (%s)::There may be findings that this run did not see. "+
			"The report lists the gaps under coverage.\n", audit.Counted(gaps, "gap"))
	}
	if left > 0 {
		end += fmt.Sprintf("::notice title=tenor::%s: GitHub shows ten errors, warnings and notices of a step. "+
			"The report has them all.\n", audit.Counted(left, "more finding"))
	}
	_, err := io.WriteString(w, end)
	return err
}

func annotate(w io.Writer, level string, rule audit.Rule, f audit.Finding) error {
	tag := string(f.Verdict)
	if f.Verdict == audit.Fail {
		tag = string(f.Severity)
	}
	props := "title=" + githubProperty(fmt.Sprintf("%s (%s)", f.Rule, tag))
	if rule.File != "" && rule.Origin != ownPolicies { // a file of the user's own repository
		file, line := policyPath(rule)
		props = fmt.Sprintf("file=%s,line=%d,%s", githubProperty(file), line, props)
	}
	msg := fmt.Sprintf("%s in %s %s: %s", label(f.Resource), f.Resource.Account, f.Resource.Region, audit.Visible(f.Msg))
	if f.Due != "" {
		msg += "\nDue " + string(f.Due)
	}
	if f.Remediation != "" {
		msg += "\n" + audit.Visible(f.Remediation)
	}
	_, err := fmt.Fprintf(w, "::%s %s::%s\n", level, props, githubData(msg))
	return err
}

// githubLevel is the level of an annotation. A rule that could not evaluate a resource is worth a notice, whatever it would
// have found; one that failed is an error.
func githubLevel(f audit.Finding) string {
	switch {
	case f.Verdict == audit.Error:
		return "error"
	case f.Verdict == audit.Unknown:
		return "notice"
	case f.Severity.AtLeast(audit.High):
		return "error"
	case f.Severity == audit.Medium:
		return "warning"
	}
	return "notice"
}

// githubData escapes the message of a workflow command, as GitHub's own toolkit does (actions/toolkit, command.ts).
func githubData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// githubProperty escapes a property of a workflow command.
func githubProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(audit.Visible(s))
}
