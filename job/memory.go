package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"tenor/audit"
	"tenor/job/delivery"
	"tenor/report"
)

// What a run remembers is in two reports, which are one most of the time: the baseline, that its findings are compared with, and
// the last, that its report replaces, from which the deadlines come that it cannot read.

// comparesWithLast reports whether the baseline is the last report. A run that is delivered compares with it unless it is told
// otherwise.
func (c *Config) comparesWithLast() bool {
	return c.Baseline == "last" || c.Baseline == "" && c.delivers()
}

// remember opens the baseline and the last report. A last report that run.json does not answer for, that is damaged, or of a major
// version that this program does not know, is left out with a warning: it must not stop every run from then on. A baseline that was
// named is read or ends the run.
func (j *Job) remember(ctx context.Context, in *inputs) (err error) {
	c := &j.Config
	defer func() {
		if err != nil {
			err = errors.Join(err, in.close())
		}
	}()
	if c.Baseline != "" && c.Baseline != "last" {
		if in.baseline, err = in.openBaseline(c.Baseline); err != nil {
			return err
		}
	}
	if j.shard {
		return nil
	}
	path, name, doubt, err := j.lastReport(ctx, in)
	if err != nil || path == "" {
		return err
	}
	if doubt != nil {
		err = fmt.Errorf("%s: %w", path, doubt)
	} else if c.comparesWithLast() {
		if in.baseline, err = in.openBaseline(path); err == nil {
			in.last = &in.baseline.Report
		}
	} else {
		in.last, err = in.openReport(path)
	}
	if err != nil {
		what := "nothing is compared with it, and what it knew is lost"
		if !c.comparesWithLast() {
			what = "the deadlines that it knew are lost"
		}
		j.warn(in, fmt.Sprintf("the last report is left out, so %s: %s", what, strings.ReplaceAll(err.Error(), path, name)))
	}
	return nil
}

// warn notes what a run goes on without.
func (j *Job) warn(in *inputs, msg string) {
	in.warnings = append(in.warnings, msg)
	j.Log.Warn(msg)
}

// openReport opens a report until the inputs are closed.
func (in *inputs) openReport(path string) (*audit.Report, error) {
	r, closeReport, err := report.ReadJSON(path)
	if err != nil {
		return nil, err
	}
	in.opened = append(in.opened, closeReport)
	return &r, nil
}

// lastReport returns the path of the report that the run replaces, what to call it, and why it cannot be believed; empty when there is
// none: what is in latest/ when the run goes to S3, else what is in the run folder.
func (j *Job) lastReport(ctx context.Context, in *inputs) (path, name string, doubt, err error) {
	c := &j.Config
	if c.Output.S3 != "" {
		return j.fetchLast(ctx, in)
	}
	path = filepath.Join(c.Output.Dir, recordName)
	if _, err := os.Stat(path); err != nil {
		if c.comparesWithLast() {
			j.Log.Info("no baseline yet", "file", path)
		}
		return "", "", nil, nil
	}
	return path, path, delivery.CheckRecord(path), nil
}

// fetchLast copies latest/report.json into the run folder.
func (j *Job) fetchLast(ctx context.Context, in *inputs) (path, name string, doubt, err error) {
	c := &j.Config
	b, err := c.bucket(ctx, c.Output.S3)
	if err != nil {
		if c.comparesWithLast() {
			return "", "", nil, fmt.Errorf("baseline: %w", err)
		}
		return "", "", nil, nil // delivery is to say so
	}
	path, name = filepath.Join(c.Output.Dir, "baseline.json"), b.URL(delivery.LatestFolder+recordName)
	doubt, err = b.FetchLatest(ctx, recordName, path)
	switch {
	case errors.Is(err, delivery.ErrNoObject):
		j.Log.Info("no baseline yet", "file", name)
		return "", "", nil, nil
	case err != nil && c.comparesWithLast():
		return "", "", nil, fmt.Errorf("baseline: %w", err)
	case err != nil:
		j.warn(in, fmt.Sprintf("the last report is left out, so the deadlines that it knew are lost: %v", err))
		return "", "", nil, nil
	}
	return path, name, doubt, nil
}
