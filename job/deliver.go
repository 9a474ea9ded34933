package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"tenor/audit"
	"tenor/internal/atomicfile"
	"tenor/snapshot"
)

// Delivery is what became of a report beyond the run folder.
type Delivery struct {
	Folder string   // the URL of the run's own folder in S3; empty when it is not there
	Done   []string // what was delivered: URLs, a topic, the host of a webhook
	Err    error    // names what was not, and why; nil when everything was
}

// delivers reports whether a run has anyone to deliver to.
func (c *Config) delivers() bool {
	return c.Output.S3 != "" || c.Output.SNSTopic != "" || c.Output.Webhook != ""
}

// deliveryProblems finds the settings of delivery that cannot be.
func (c *Config) deliveryProblems(bad func(msg string, path ...string)) {
	o := &c.Output
	if o.S3 != "" {
		if _, _, err := parseS3(o.S3); err != nil {
			bad(err.Error(), "output", "s3")
		}
	}
	if o.BucketOwner != "" && !audit.IsAccountID(o.BucketOwner) {
		bad(fmt.Sprintf("%q is no account id of twelve digits", o.BucketOwner), "output", "bucket_owner")
	}
	if o.SNSTopic != "" {
		if a, err := arn.Parse(o.SNSTopic); err != nil || a.Service != "sns" || strings.HasSuffix(a.Resource, ".fifo") {
			bad(fmt.Sprintf("%q is no ARN of an SNS standard topic", o.SNSTopic), "output", "sns_topic")
		}
	}
	if o.Webhook != "" {
		if _, err := parseWebhook(o.Webhook); err != nil {
			bad(err.Error(), "output", "webhook") // which does not show the address, a secret
		}
	}
	if !slices.Contains([]string{NotifyChanges, NotifyAlways, NotifyNever}, c.Notify.On) {
		bad(fmt.Sprintf("%q: want changes, always or never", c.Notify.On), "notify", "on")
	}
	for _, days := range c.Notify.DeadlineDays {
		if days < 0 {
			bad(fmt.Sprintf("%d: must not be negative", days), "notify", "deadline_days")
		}
	}
}

// baselinePath returns the report.json to compare with, empty when there is none. A run that is delivered compares with the
// last one unless it is told otherwise: with what is in latest/ when it goes to S3, else with what is in the run folder.
func (j *Job) baselinePath(ctx context.Context) (string, error) {
	c := &j.Config
	if c.Baseline == "" && !c.delivers() {
		return "", nil
	}
	if c.Baseline != "" && c.Baseline != "last" {
		return c.Baseline, nil
	}
	if c.Output.S3 != "" {
		return j.fetchBaseline(ctx)
	}
	path := filepath.Join(c.Output.Dir, "report.json")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		j.Log.Info("no baseline yet", "file", path)
		return "", nil
	}
	return path, nil
}

// fetchBaseline copies latest/report.json into the run folder, and returns its path.
func (j *Job) fetchBaseline(ctx context.Context) (string, error) {
	c := &j.Config
	s, err := openStorage(ctx, c.Profile, c.Output.BucketOwner)
	if err != nil {
		return "", fmt.Errorf("baseline: %w", err)
	}
	b, err := s.at(c.Output.S3, c.Output.KMSKey)
	if err != nil {
		return "", err
	}
	path := filepath.Join(c.Output.Dir, "baseline.json")
	switch err := b.fetch(ctx, latestFolder+"report.json", path); {
	case errors.Is(err, errNoObject):
		j.Log.Info("no baseline yet", "file", b.url(latestFolder+"report.json"))
		return "", nil
	case err != nil:
		return "", fmt.Errorf("baseline: %w", err)
	}
	return path, nil
}

// fetch copies an object into a file.
func (b *bucket) fetch(ctx context.Context, key, path string) error {
	o, err := b.get(ctx, key)
	if err != nil {
		return err
	}
	err = atomicfile.Write(path, atomicfile.FileMode, func(w io.Writer) error { _, err := io.Copy(w, o); return err })
	if err := errors.Join(err, o.Close()); err != nil {
		return fmt.Errorf("read %s: %w", b.url(key), err)
	}
	return nil
}

// deliver hands a finished report on: to S3, then to those who are to be told, and its numbers to the metrics file. Each
// is tried whatever became of the others; what cannot be delivered is in res and leaves the run folder as it is.
func (j *Job) deliver(ctx context.Context, res *Result, s *snapshot.Snapshot, in *inputs) error {
	c, d := &j.Config, &res.Delivery
	var before *audit.Report
	if in.baseline != nil {
		before = &in.baseline.Report
	}
	if c.Output.S3 != "" {
		d.Done, d.Err = j.deliverS3(ctx, res, s)
		if len(d.Done) > 0 {
			d.Folder = d.Done[0]
		}
	}
	res.undelivered()
	var err error
	if res.Notice, err = newNotice(res, before); err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	if why := c.Notify.due(&res.Report, before, d.Err); why != "" && (c.Output.SNSTopic != "" || c.Output.Webhook != "") {
		j.Log.Info("notifying", "why", why)
		done, err := j.notify(ctx, res.Notice)
		d.Done, d.Err = append(d.Done, done...), errors.Join(d.Err, err)
	}
	res.undelivered()
	if d.Err != nil {
		j.Log.Error("not delivered", "error", d.Err, "delivered", d.Done, "kept", c.Output.Dir)
	} else if len(d.Done) > 0 {
		j.Log.Info("delivered", "to", d.Done)
	}
	res.Metrics = newMetrics(res, s, in.began, j.Now(), j.Version)
	if c.MetricsFile == "" {
		return nil
	}
	return res.Metrics.writeFile(c.MetricsFile)
}

// undelivered makes the exit code that of a failed delivery, unless a rule failed, which is worse.
func (r *Result) undelivered() {
	if r.Delivery.Err != nil && r.Exit != ExitFailed {
		r.Exit = ExitUndelivered
	}
}

func (j *Job) deliverS3(ctx context.Context, res *Result, s *snapshot.Snapshot) ([]string, error) {
	o := &j.Config.Output
	fail := func(err error) error { return fmt.Errorf("deliver to %s: %w", o.S3, err) }
	store, err := openStorage(ctx, j.Config.Profile, o.BucketOwner)
	if err != nil {
		return nil, fail(err)
	}
	b, err := store.at(o.S3, o.KMSKey)
	if err != nil {
		return nil, fail(err)
	}
	reports, taken := j.parcels(res.Files, s)
	done, err := b.putRun(ctx, &res.Report, reports, taken)
	if err != nil {
		return done, fail(err)
	}
	return done, nil
}
