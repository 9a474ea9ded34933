package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"tenor/audit"
	"tenor/collector"
	"tenor/internal/atomicfile"
	"tenor/internal/awsread"
	"tenor/job/delivery"
	"tenor/report"
	"tenor/snapshot"
)

// Job is one run of tenor, or a stage of it.
type Job struct {
	Config  Config
	Version string // of the program
	// Invocation is the id of this run of the program, which is known from its beginning: it is in every line that main has Log write, in
	// the metrics and the notice, and in no report, since the same snapshot makes the same bytes. Empty: none.
	Invocation string
	Log        *slog.Logger
	Progress   func(collector.Event) // may be nil
	Now        func() time.Time      // when a snapshot is taken, and how long a run took; no verdict rests on it

	shard          bool                       // one of a plan, which remembers nothing
	listed         []snapshot.ManifestAccount // the accounts of a shard; nil: they are to be found
	members        []snapshot.ManifestAccount // of the organization, of a shard; nil: they are to be found, or cannot be
	listedRegions  []string                   // the regions of a shard when the config names none; nil: they are to be found
	plannedRegions []string                   // those of all shards, for the one that reads what an account names beside them
}

// Result is what a stage that makes a report leaves behind.
type Result struct {
	Report audit.Report
	Dir    string   // of report.json
	Files  []string // what was written, in the order it should be shown
	Exit   Exit

	Delivery delivery.Outcome
	Notice   delivery.Notice
	Metrics  delivery.Metrics

	gate   gate
	record *recordFile // nil for a report that is only shown in other formats
	close  func() error
}

// Close gives the report's temporary file back; the report cannot be read any more.
func (r *Result) Close() error {
	if r == nil || r.close == nil {
		return nil
	}
	return r.close()
}

// SnapshotDir is where a run keeps its snapshot.
func (j *Job) SnapshotDir() string { return filepath.Join(j.Config.Output.Dir, "snapshot") }

// Run collects, evaluates and reports. Policies, waivers and the baseline are read first, so that nothing is asked of AWS
// when one of them is broken.
func (j *Job) Run(ctx context.Context) (*Result, error) {
	return j.make(ctx, j.openCollecting, func() (*snapshot.Snapshot, error) { return j.collect(ctx) })
}

// Evaluate makes the report of a snapshot that is there already.
func (j *Job) Evaluate(ctx context.Context, dir string) (*Result, error) {
	s, err := openSnapshot(dir)
	if err != nil {
		return nil, err
	}
	open := func() (func() error, error) { return j.openFolder(j.Config.Output.Dir) }
	return j.make(ctx, open, func() (*snapshot.Snapshot, error) {
		j.logGaps(s)
		return s, nil
	})
}

// make makes the report of the snapshot that take returns, in the run folder that open opens.
func (j *Job) make(ctx context.Context, open func() (func() error, error), take func() (*snapshot.Snapshot, error)) (_ *Result, err error) {
	if err := j.Config.Check(); err != nil {
		return nil, err
	}
	closeFolder, err := open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeFolder()) }()
	in, err := j.prepare(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	s, err := take()
	if err != nil {
		return nil, err
	}
	return j.evaluate(ctx, s, in)
}

// openSnapshot opens the snapshot in dir, or in the run folder dir.
func openSnapshot(dir string) (*snapshot.Snapshot, error) {
	if _, err := os.Stat(filepath.Join(dir, snapshot.ManifestName)); err != nil {
		if inner := filepath.Join(dir, "snapshot"); isDir(inner) {
			dir = inner
		}
	}
	return snapshot.Open(dir)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Collect takes a snapshot into the run folder.
func (j *Job) Collect(ctx context.Context) (_ *snapshot.Snapshot, err error) {
	if err := j.Config.Check(); err != nil {
		return nil, err
	}
	closeFolder, err := j.openCollecting()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeFolder()) }()
	return j.collect(ctx)
}

// collect is Collect into a run folder that is open.
func (j *Job) collect(ctx context.Context) (*snapshot.Snapshot, error) {
	c := &j.Config
	o, err := j.collecting(ctx)
	if err != nil {
		return nil, err
	}
	opened := false
	open := func() (*snapshot.Writer, error) {
		opened = true
		if c.Resume {
			return snapshot.Resume(j.SnapshotDir())
		}
		return snapshot.Create(j.SnapshotDir())
	}
	deadline, cancel := ctx, context.CancelFunc(func() {})
	if c.Timeout > 0 {
		deadline, cancel = context.WithTimeout(ctx, c.Timeout)
	}
	defer cancel()
	j.Log.Info("collecting", "out", j.SnapshotDir(), "regions", orAll(slices.Concat(c.Regions, j.listedRegions)),
		"accounts", orAll(c.Accounts), "resume", c.Resume)
	if days := c.Capacity.CloudWatchDays; days > 0 {
		j.Log.Info("asking CloudWatch how much of Outposts was used, which AWS charges by the metric: one for each instance type of an Outpost",
			"days", days, "price", "USD "+collector.MetricsPrice(1000)+" for 1000 metrics")
	}
	if !j.shard { // the bill is the merge's
		o.Beside = func(ctx context.Context, w *snapshot.Writer) error { return j.readBill(ctx, w, j.Now()) }
	}
	s, err := collector.Collect(deadline, o, open)
	if err != nil && opened && ctx.Err() != nil {
		return nil, fmt.Errorf("interrupted: what was collected is in %s, and --resume completes it", j.SnapshotDir())
	}
	if err != nil {
		return nil, err
	}
	j.logSnapshot(s)
	return s, nil
}

// awsConfig returns the configuration of clients with the credentials of the run itself.
func (j *Job) awsConfig(ctx context.Context) (aws.Config, error) {
	c := &j.Config
	return awsread.LoadConfig(ctx, awsread.LoadOptions{Profile: c.Profile, Endpoint: c.Endpoint, AccessKey: c.AccessKey})
}

// callerConfig returns the configuration of clients with the caller's own credentials, whatever the run is read with.
func (c *Config) callerConfig(ctx context.Context) (aws.Config, error) {
	return awsread.LoadConfig(ctx, awsread.LoadOptions{Profile: c.Profile})
}

// collecting returns the settings of the collector.
func (j *Job) collecting(ctx context.Context) (collector.Options, error) {
	c := &j.Config
	cfg, err := j.awsConfig(ctx)
	if err != nil {
		return collector.Options{}, err
	}
	return collector.Options{
		Config: cfg, ToolVersion: j.Version, Now: j.Now, Regions: c.Regions, Accounts: c.Accounts, Listed: j.listed, Members: j.members,
		Organization:  (*collector.Organization)(c.Organization), // which has the same fields
		ListedRegions: j.listedRegions, PlannedRegions: j.plannedRegions, RegionsNarrowed: c.RegionsNarrowed,
		AccountsChosen: c.AccountsChosen, CloudWatchDays: c.Capacity.CloudWatchDays, Concurrency: c.Concurrency, Rate: c.Rate,
		Progress: j.Progress,
	}, nil
}

func orAll(names []string) string {
	if len(names) == 0 {
		return "all"
	}
	return strings.Join(names, ",")
}

// logGaps says what was not collected.
func (j *Job) logGaps(s *snapshot.Snapshot) {
	if audit.SummariseCoverage(s.Manifest.Coverage).Collected == 0 {
		j.Log.Warn("nothing was collected: no account and region could be read", "scopes", s.Manifest.Coverage.Len())
	}
	for c := range s.Manifest.Coverage.Gaps() {
		j.Log.Warn("not collected", "account", c.Account, "region", c.Region, "api", c.API(),
			"reason", c.Reason, "count", c.Count, "message", c.Message)
	}
}

// logSnapshot says what was collected, and each gap.
func (j *Job) logSnapshot(s *snapshot.Snapshot) {
	j.logGaps(s)
	for c := range s.Manifest.Calls.All() {
		j.Log.Debug("calls", "account", c.Account, "region", c.Region, "api", c.Service+":"+c.Operation,
			"calls", c.Calls, "retries", c.Retries, "throttles", c.Throttles, "seconds", c.Seconds)
	}
	if asked := s.Manifest.CloudWatch; asked != nil {
		j.Log.Info("asked CloudWatch", "days", asked.Days, "metrics", asked.Metrics, "price", "USD "+collector.MetricsPrice(asked.Metrics))
	}
	total, n := s.Manifest.Total(), 0
	for _, count := range s.Manifest.Counts {
		n += count
	}
	j.Log.Info("collected", "resources", n, "accounts", len(s.Manifest.Accounts), "regions", len(s.Manifest.Regions),
		"calls", total.Calls, "retries", total.Retries, "throttles", total.Throttles)
}

// evaluate evaluates a snapshot in one pass, writes the report in every format asked for, and answers with the exit code.
func (j *Job) evaluate(ctx context.Context, s *snapshot.Snapshot, in *inputs) (res *Result, err error) {
	p, err := j.newPass(s, in)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close(), in.baseline.Close())
		}
	}()
	if in.partials != nil {
		err = p.replay(ctx, s)
	} else {
		err = p.read(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	r, err := p.report(ctx, s)
	if err != nil {
		return nil, err
	}
	p.estate = nil // what it added up is in the report, and it may be as long
	rec, err := writeRecord(ctx, j.Config.Output.Dir, r, j.Config.Output.Formats)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	res = &Result{Report: r, Dir: filepath.Dir(rec.path), gate: p.tally.gate, record: rec}
	res.close = func() error { return errors.Join(p.close(), in.baseline.Close()) }
	files, failed := writeFormats(ctx, j.Config.Output.Dir, j.Config.Output.Formats, r, enriched(s, p.bill, p.analyst.Enrich))
	res.Files = append([]string{rec.path}, files...)
	for _, f := range failed {
		j.undelivered(ctx, res, f)
	}
	j.noteUndelivered(res)
	res.Exit = res.exit()
	if err := j.logEvaluated(&r, s, p.tally); err != nil {
		return nil, err
	}
	j.Log.Info("evaluated", "status", r.Status, "findings", r.Summary.Failures(), "gaps", r.Summary.Coverage.Gaps, "exit", int(res.Exit),
		"run", r.Run.ID)
	if n := res.gate.failed; n > 0 { // which is what --quiet leaves of it
		j.Log.Warn("findings at the gate", "findings", n, "fail_on", j.Config.FailOn, "only_new", j.Config.FailOnNew, "report", rec.path)
	}
	return res, j.deliver(ctx, res, s, in)
}

// logEvaluated says what could not be read, which rules print commands that may change something in AWS, which are a user's own, and
// which rules failed while they ran.
func (j *Job) logEvaluated(r *audit.Report, s *snapshot.Snapshot, t *tally) error {
	j.logMalformed(r, s)
	for _, rule := range slices.Sorted(maps.Keys(t.changing)) {
		j.Log.Warn("the command of a finding may change something: print one that reads, and say in words what to do",
			"rule", rule, "command", t.changing[rule])
	}
	failed, err := r.RuleErrors()
	for _, e := range failed {
		at := &e.First.Resource
		j.Log.Error("rule failed", "rule", e.Rule, "resources", e.Resources, "first", at.ID,
			"account", at.Account, "region", at.Region, "message", e.First.Msg)
	}
	return err
}

// Report writes an existing report in other formats beside it. run is a run folder or a report.json in one; a format that
// shows resources needs the folder's snapshot.
func (j *Job) Report(ctx context.Context, run string) (_ *Result, err error) {
	if err := j.Config.Check(); err != nil {
		return nil, err
	}
	path := recordIn(run)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	closeFolder, err := j.openFolder(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeFolder()) }()
	r, closeReport, err := report.ReadJSON(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeReport())
		}
	}()
	if err := report.Current(&r, path); err != nil {
		return nil, err
	}
	dir := filepath.Dir(path)
	analyst, _, err := newAnalyst(r.Run)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	resources := func(yield func(*audit.Resource, error) bool) {
		s, b, err := madeFrom(&r, path)
		if err != nil {
			yield(nil, err)
			return
		}
		enriched(s, b, analyst.Enrich)(yield)
	}
	files, failed := writeFormats(ctx, dir, j.Config.Output.Formats, r, resources)
	res := &Result{Report: r, Dir: dir, Files: files, Exit: (&gate{}).exit(false, len(failed) > 0), close: closeReport}
	res.Report.Undelivered = nil // of the run that made the report
	for _, f := range failed {
		j.undelivered(ctx, res, f)
	}
	return res, nil
}

// historyFolder is the folder of the dated copies of the record, below the run folder, and historyName the name of one.
const (
	historyFolder = "history"
	historyName   = "report-20060102T150405Z.json"
)

// keepHistory keeps a dated copy of the record, and the newest Config.History of them.
func (j *Job) keepHistory(record string) error {
	if j.Config.History == 0 {
		return nil
	}
	r, err := os.Open(record)
	if err != nil {
		return err
	}
	defer r.Close()
	dir := filepath.Join(j.Config.Output.Dir, historyFolder)
	if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is no folder, and a link is not followed", dir)
	}
	name := j.Now().UTC().Format(historyName)
	if err := atomicfile.Write(filepath.Join(dir, name), atomicfile.FileMode, func(w io.Writer) error {
		_, err := io.Copy(w, r)
		return err
	}); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir) // by name, which is by date
	if err != nil {
		return err
	}
	var old []string
	for _, e := range entries {
		if _, err := time.Parse(historyName, e.Name()); err == nil {
			old = append(old, e.Name())
		}
	}
	for _, name := range old[:max(0, len(old)-j.Config.History)] {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}
