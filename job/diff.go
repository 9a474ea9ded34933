package job

import (
	"errors"
	"fmt"
	"path/filepath"

	"tenor/audit"
	"tenor/job/baseline"
	"tenor/report"
)

// openBaseline reads the report.json at path, which stays open until close is called.
func openBaseline(path string) (_ *baseline.Baseline, closeReport func() error, err error) {
	r, closeReport, err := report.ReadJSON(path)
	if err != nil {
		return nil, nil, fmt.Errorf("baseline: %w", err)
	}
	b, err := baseline.New(r)
	if err != nil {
		return nil, nil, errors.Join(err, closeReport())
	}
	return b, closeReport, nil
}

// Diff compares two reports, each a run folder or a report.json: what the second changes over the first, and the findings
// that only it has, in order.
func Diff(before, after string) (_ *audit.Changes, added []audit.Finding, err error) {
	base, closeBase, err := openBaseline(recordIn(before))
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, closeBase()) }()
	r, closeReport, err := report.ReadJSON(recordIn(after))
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, closeReport()) }()
	for f, err := range r.Findings.All() {
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", after, err)
		}
		if base.Note(&f, r.Run.AsOf) == nil {
			added = append(added, f)
		}
	}
	changes, err := base.Finish(baseline.NewScopes(r.Coverage, r.Rules))
	return changes, added, err
}

// recordIn returns the report.json of a run folder; another path is one already.
func recordIn(path string) string {
	if isDir(path) {
		return filepath.Join(path, "report.json")
	}
	return path
}
