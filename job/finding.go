package job

import (
	"errors"
	"fmt"
	"strings"

	"tenor/audit"
	"tenor/report"
)

// minPrefix is how much of a fingerprint must be given to name a finding.
const minPrefix = 8

// FindingOf returns the finding of a report (a run folder or a report.json) whose fingerprint begins with prefix, and
// whether it is the only one of its rule on its resource.
func FindingOf(run, prefix string) (_ audit.Finding, alone bool, err error) {
	if len(prefix) < minPrefix {
		return audit.Finding{}, false, fmt.Errorf("fingerprint %q: give at least %d characters", prefix, minPrefix)
	}
	r, closeReport, err := report.ReadJSON(recordIn(run))
	if err != nil {
		return audit.Finding{}, false, err
	}
	defer func() { err = errors.Join(err, closeReport()) }()
	var found *audit.Finding
	for f, err := range r.Findings.All() {
		switch {
		case err != nil:
			return audit.Finding{}, false, err
		case !strings.HasPrefix(f.Fingerprint, prefix):
		case found != nil:
			return audit.Finding{}, false, fmt.Errorf("fingerprint %q: %s has more than one finding that begins so", prefix, run)
		default:
			found = &f
		}
	}
	if found == nil {
		return audit.Finding{}, false, fmt.Errorf("fingerprint %q: %s has no such finding", prefix, run)
	}
	n := 0
	for f, err := range r.Findings.All() {
		if err != nil {
			return audit.Finding{}, false, err
		}
		if f.Rule == found.Rule && f.Resource.ID == found.Resource.ID && f.Resource.Account == found.Resource.Account {
			n++
		}
	}
	return *found, n == 1, nil
}
