package report

import "tenor/audit"

// namedFindings is how many findings the first view of a report names.
const namedFindings = 10

// urgent returns the first failing findings that are critical or high, and how many more there are.
func urgent(r *audit.Report) (named []audit.Finding, more int, err error) {
	counts := r.Summary.BySeverity()
	n := counts[audit.Critical] + counts[audit.High]
	for f, err := range r.Findings.All() {
		if err != nil {
			return nil, 0, err
		}
		if f.Verdict != audit.Fail || !f.Severity.AtLeast(audit.High) || len(named) == namedFindings {
			break // the failing ones come first, the most severe before the others
		}
		named = append(named, f)
	}
	return named, n - len(named), nil
}

// listCommand is the command that lists what urgent names and what it leaves out; run is empty for the default folder.
func listCommand(run string) string {
	if run != "" {
		run = " " + run
	}
	return "tenor findings" + run + " --severity high"
}
