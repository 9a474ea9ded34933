package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"tenor/audit"
	"tenor/collector"
	"tenor/job/delivery"
	"tenor/snapshot"
)

// delivers reports whether a run has anyone to deliver to.
func (c *Config) delivers() bool {
	return c.Output.S3 != "" || c.Output.SNSTopic != "" || c.Output.Webhook != ""
}

// deliveryProblems finds the settings of delivery that cannot be.
func (c *Config) deliveryProblems(bad func(msg string, path ...string)) {
	o := &c.Output
	if o.S3 != "" {
		if _, _, err := delivery.ParseURL(o.S3); err != nil {
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
		if err := delivery.CheckWebhook(o.Webhook); err != nil {
			bad(err.Error(), "output", "webhook") // which does not show the address, a secret
		}
	}
	if !slices.Contains([]string{delivery.NotifyChanges, delivery.NotifyAlways, delivery.NotifyNever}, c.Notify.On) {
		bad(fmt.Sprintf("%q: want changes, always or never", c.Notify.On), "notify", "on")
	}
	for _, days := range c.Notify.DeadlineDays {
		if days < 0 {
			bad(fmt.Sprintf("%d: must not be negative", days), "notify", "deadline_days")
		}
	}
}

// bucket opens a place in S3 as the config says to write there, with the caller's own credentials, whatever the run is read with.
func (c *Config) bucket(ctx context.Context, url string) (*delivery.Bucket, error) {
	cfg, err := collector.LoadConfig(ctx, collector.LoadOptions{Profile: c.Profile})
	if err != nil {
		return nil, err
	}
	owner := c.Output.BucketOwner
	if owner == "" {
		if owner, err = collector.CallerAccount(ctx, collector.Options{Config: cfg}); err != nil {
			return nil, err
		}
	}
	return delivery.NewBucket(cfg, url, owner, c.Output.KMSKey)
}

// deliver hands a finished report on: to S3, then to those who are to be told, and its numbers to the metrics file. Each
// is tried whatever became of the others; what cannot be delivered is in res and leaves the run folder as it is.
func (j *Job) deliver(ctx context.Context, res *Result, s *snapshot.Snapshot, in *inputs) error {
	c, d := &j.Config, &res.Delivery
	before := in.last
	if before == nil && in.baseline != nil {
		before = &in.baseline.Report
	}
	if c.Output.S3 != "" {
		if d.Done, d.Err = j.deliverS3(ctx, res, s); len(d.Done) > 0 {
			d.Folder = d.Done[0]
		}
	}
	res.Exit = res.exit()
	var err error
	if res.Notice, err = delivery.NewNotice(&res.Report, before, res.Delivery, int(res.Exit)); err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	if why := c.Notify.Due(&res.Report, before, d.Err); why != "" && (c.Output.SNSTopic != "" || c.Output.Webhook != "") {
		j.Log.Info("notifying", "why", why)
		done, err := j.notify(ctx, res.Notice)
		d.Done, d.Err = append(d.Done, done...), errors.Join(d.Err, err)
	}
	res.Exit = res.exit()
	if d.Err != nil {
		d.Err = &UndeliveredError{Err: d.Err}
		j.Log.Error("not delivered", "error", d.Err, "delivered", d.Done, "kept", c.Output.Dir)
	} else if len(d.Done) > 0 {
		j.Log.Info("delivered", "to", d.Done)
	}
	res.Metrics = newMetrics(res, s, in.began, j.Now(), j.Version)
	if c.MetricsFile == "" {
		return nil
	}
	return res.Metrics.WriteFile(c.MetricsFile)
}

func (j *Job) deliverS3(ctx context.Context, res *Result, s *snapshot.Snapshot) (done []string, err error) {
	to := j.Config.Output.S3
	b, err := j.Config.bucket(ctx, to)
	if err == nil {
		reports, taken := j.files(res.Files, s)
		done, err = b.PutRun(ctx, &res.Report, reports, taken)
	}
	if err != nil {
		return done, fmt.Errorf("deliver to %s: %w", to, err)
	}
	return done, nil
}

// files returns what a run folder holds: the reports and, when it is there, the snapshot they were made from.
func (j *Job) files(reports []string, s *snapshot.Snapshot) (own, taken []delivery.File) {
	for _, path := range reports {
		own = append(own, delivery.File{Name: filepath.Base(path), Path: path})
	}
	if filepath.Clean(s.Dir) != filepath.Clean(j.SnapshotDir()) {
		return own, nil
	}
	for _, f := range append([]snapshot.File{{Path: snapshot.ManifestName}}, s.Manifest.Files...) {
		taken = append(taken, delivery.File{Name: "snapshot/" + f.Path, Path: filepath.Join(s.Dir, filepath.FromSlash(f.Path))})
	}
	return own, taken
}

// notify tells the topic and the webhook. Each is tried whatever became of the other.
func (j *Job) notify(ctx context.Context, n delivery.Notice) (done []string, err error) {
	o := &j.Config.Output
	if o.SNSTopic != "" {
		cfg, perr := collector.LoadConfig(ctx, collector.LoadOptions{Profile: j.Config.Profile})
		if perr == nil {
			perr = delivery.Publish(ctx, cfg, o.SNSTopic, n)
		}
		if perr != nil {
			err = errors.Join(err, fmt.Errorf("notify %s: %w", o.SNSTopic, perr))
		} else {
			done = append(done, o.SNSTopic)
		}
	}
	if o.Webhook != "" {
		host, perr := delivery.Post(ctx, o.Webhook, n)
		if perr != nil {
			err = errors.Join(err, fmt.Errorf("notify the webhook at %s: %w", host, perr))
		} else {
			done = append(done, "webhook at "+host)
		}
	}
	return done, err
}

// newMetrics counts a finished run that began at began.
func newMetrics(res *Result, s *snapshot.Snapshot, began, now time.Time, version string) delivery.Metrics {
	r, total := &res.Report, s.Manifest.Total()
	asOf, _ := time.Parse(time.RFC3339, r.Run.AsOf) // which newAnalyst has read
	m := delivery.Metrics{
		At: now, AsOf: asOf, Version: version, Exit: int(res.Exit), Findings: r.Summary.Findings, RuleErrors: r.Summary.Verdicts[audit.Error],
		Gaps: r.Summary.Coverage.Gaps, Duration: now.Sub(began), Calls: total.Calls, Throttles: total.Throttles,
	}
	for _, n := range r.Summary.Resources {
		m.Resources += n
	}
	if ds := r.Summary.Deadlines; len(ds) > 0 {
		m.Deadline = &ds[0].DaysLeft
		m.ReadAt, _ = time.Parse(time.RFC3339, cmp.Or(string(ds[0].AsOf), r.Run.AsOf)) // which a report has checked
	}
	if r.Changes != nil {
		m.Unread = r.Changes.NotReevaluated.Len
	}
	return m
}
