package job

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tenor/audit"
	"tenor/job/baseline"
	"tenor/report"
)

// openBaseline reads the report.json at path as the baseline, and keeps it open until the inputs are closed.
func (in *inputs) openBaseline(path string) (b *baseline.Baseline, err error) {
	b, closeReport, err := openBaseline(path)
	if err == nil {
		in.opened = append(in.opened, closeReport)
	}
	return b, err
}

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

// Diff compares two reports, each a run folder or a report.json, and hands on what the second changes over the first, and the
// findings that only it has, in order. Both are valid while show runs.
func Diff(before, after string, show func(c *audit.Changes, added audit.FindingList) error) (err error) {
	base, closeBase, err := openBaseline(recordIn(before))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, base.Close(), closeBase()) }()
	r, closeReport, err := report.ReadJSON(recordIn(after))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeReport()) }()
	base.Against(&r)
	added := audit.NewFindingSorter(os.TempDir())
	defer func() { err = errors.Join(err, added.Close()) }()
	for f, err := range r.Findings.All() {
		if err != nil {
			return fmt.Errorf("%s: %w", after, err)
		}
		if base.Note(&f, r.Run.AsOf); f.Change != audit.Optional(audit.ChangeNew) {
			continue
		}
		if err := added.Add(&f); err != nil {
			return fmt.Errorf("%s: %w", after, err)
		}
	}
	changes, err := base.Finish(baseline.NewScopes(r.Coverage, r.Rules), r.Findings, os.TempDir())
	if err != nil {
		return err
	}
	if err := changes.Compare(&base.Report, &r); err != nil {
		return err
	}
	return show(changes, added.List())
}

// recordName is the file of a report's record in a run folder.
const recordName = "report.json"

// recordIn returns the report.json of a run folder; another path is one already.
func recordIn(path string) string {
	if isDir(path) {
		return filepath.Join(path, recordName)
	}
	return path
}
