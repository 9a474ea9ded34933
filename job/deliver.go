package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
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
	return c.Output.S3 != "" || c.tells()
}

// tells reports whether a run has anyone to notify.
func (c *Config) tells() bool {
	o := &c.Output
	return o.SNSTopic != "" || o.Webhook != "" || o.WebhookSecret != "" || o.Mail != nil
}

// told names whom a run tells, without the address of a webhook, which is a secret.
func (o *Output) told() []string {
	var names []string
	if o.SNSTopic != "" {
		names = append(names, o.SNSTopic)
	}
	if o.Webhook != "" || o.WebhookSecret != "" {
		names = append(names, "webhook ("+cmp.Or(o.WebhookFormat, delivery.WebhookSlack)+")")
	}
	if o.Mail != nil {
		names = append(names, o.Mail.To...)
	}
	return names
}

// deliveryProblems finds the settings of delivery that cannot be.
func (c *Config) deliveryProblems(bad func(msg string, path ...string), want func(ok bool, setting, format string, args ...any)) {
	o := &c.Output
	if o.S3 != "" {
		_, _, err := delivery.ParseURL(o.S3)
		want(err == nil, "output.s3", "%v", err)
	}
	want(o.BucketOwner == "" || audit.IsAccountID(o.BucketOwner), "output.bucket_owner", "%q is no account id of twelve digits", o.BucketOwner)
	if o.SNSTopic != "" {
		a, err := arn.Parse(o.SNSTopic)
		want(err == nil && a.Service == "sns" && !strings.HasSuffix(a.Resource, ".fifo"), "output.sns_topic",
			"%q is no ARN of an SNS standard topic", o.SNSTopic)
	}
	if o.Webhook != "" {
		err := delivery.CheckWebhook(o.Webhook)
		want(err == nil, "output.webhook", "%v", err) // which does not show the address, a secret
	}
	want(o.WebhookFormat == "" || slices.Contains(delivery.WebhookFormats, o.WebhookFormat), "output.webhook_format", "%q: want %s",
		o.WebhookFormat, strings.Join(delivery.WebhookFormats, " or "))
	if o.Mail != nil {
		for _, p := range o.Mail.Problems() {
			bad(p.Msg, "output", "mail", p.Setting)
		}
		for _, f := range o.Mail.Attach {
			want(slices.Contains(o.Formats, f) || f == formats[0].name, "output.mail.attach",
				"format %q is not written: output.formats lacks it", f)
		}
	}
	want(slices.Contains([]string{delivery.NotifyChanges, delivery.NotifyAlways, delivery.NotifyNever}, c.Notify.On), "notify.on",
		"%q: want changes, always or never", c.Notify.On)
	for _, days := range c.Notify.DeadlineDays {
		want(days >= 0, "notify.deadline_days", "%d: must not be negative", days)
	}
}

// bucket opens a place in S3 as the config says to write there, with the caller's own credentials.
func (c *Config) bucket(ctx context.Context, url string) (*delivery.Bucket, error) {
	cfg, err := c.callerConfig(ctx)
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

// deliver hands a finished report on: to S3, then to those who are to be told, and its numbers to the metrics file; last, it keeps a
// dated copy. Each is tried whatever became of the others; what is missing then is in res, in report.json and in the log.
func (j *Job) deliver(ctx context.Context, res *Result, s *snapshot.Snapshot, in *inputs) error {
	c, d := &j.Config, &res.Delivery
	before := in.last
	if before == nil && in.baseline != nil {
		before = &in.baseline.Report
	}
	if c.Output.S3 != "" {
		b, err := c.bucket(ctx, c.Output.S3)
		if err == nil {
			d.Done, err = b.PutRun(ctx, &res.Report, j.files(res.Files, s))
		}
		if len(d.Done) > 0 {
			d.Folder = d.Done[0]
		}
		j.undelivered(ctx, res, failure{audit.OutputDelivery, c.Output.S3, err})
	}
	res.Exit = res.exit()
	var err error
	if res.Notice, err = delivery.NewNotice(&res.Report, before, res.Delivery, int(res.Exit)); err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	res.Notice.Invocation = j.Invocation
	why, err := c.Notify.Due(&res.Report, before, d.Err)
	if err != nil {
		return err
	}
	if why != "" && c.tells() {
		j.Log.Info("notifying", "why", why)
		j.notify(ctx, res)
	}
	res.Exit = res.exit()
	if len(d.Done) > 0 {
		j.Log.Info("delivered", "to", d.Done)
	}
	if res.Metrics, err = newMetrics(res, s, in.began, j.Now(), j.Version); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	res.Metrics.Invocation = j.Invocation
	if delivery.IsPush(c.MetricsFile) {
		host, err := res.Metrics.Push(ctx, c.MetricsFile)
		j.undelivered(ctx, res, failure{audit.OutputMetrics, "metrics at " + host, err})
	} else if c.MetricsFile != "" {
		j.undelivered(ctx, res, failure{audit.OutputMetrics, c.MetricsFile, res.Metrics.WriteFile(c.MetricsFile)})
	}
	j.noteUndelivered(res)
	if err := j.keepHistory(res.record.path); err != nil {
		j.undelivered(ctx, res, failure{audit.OutputHistory, "history", err})
		j.noteUndelivered(res)
	}
	res.Exit = res.exit()
	if d.Err != nil {
		d.Err = &UndeliveredError{Err: d.Err}
	}
	return nil
}

// failure is an output that is missing, and why; nil: it is there.
type failure struct {
	kind audit.OutputKind
	name string
	err  error
}

// attempted says what failed.
var attempted = map[audit.OutputKind]string{
	audit.OutputFormat: "write the format", audit.OutputDelivery: "deliver to", audit.OutputMetrics: "write the metrics",
	audit.OutputHistory: "keep",
}

// undelivered notes an output that is missing in the result and the log. Once the run is interrupted, that is why.
func (j *Job) undelivered(ctx context.Context, res *Result, f failure) {
	if f.err == nil {
		return
	}
	if err := stopped(ctx); err != nil {
		f.err = err
	}
	r := &res.Report
	r.Undelivered = append(r.Undelivered, audit.Undelivered{Kind: f.kind, Name: f.name, Message: audit.Visible(audit.Joined(f.err.Error()))})
	res.Delivery.Err = errors.Join(res.Delivery.Err, fmt.Errorf("%s %s: %w", attempted[f.kind], f.name, f.err))
	j.Log.Error("not delivered", "what", f.kind, "name", f.name, "error", f.err)
}

// noteUndelivered has report.json say what is missing. One that cannot be written anew stays as it is, whole, and what it says is missing
// counts as that.
func (j *Job) noteUndelivered(res *Result) {
	if err := res.record.say(res.Report.Undelivered); err != nil {
		if len(res.Report.Undelivered) == 0 {
			res.Report.Undelivered = res.record.said
		}
		j.Log.Error("report.json does not say what was not delivered", "file", res.record.path, "error", err)
	}
}

// files returns what a run folder holds: the files of the report and, when it is there, the snapshot they were made from.
func (j *Job) files(written []string, s *snapshot.Snapshot) (f delivery.Files) {
	for _, path := range written {
		of := delivery.File{Name: filepath.Base(path), Path: path}
		if rel, err := filepath.Rel(j.Config.Output.Dir, path); err == nil && rel != of.Name {
			of.Name = filepath.ToSlash(rel)
			f.Tables = append(f.Tables, of)
		} else {
			f.Reports = append(f.Reports, of)
		}
	}
	if filepath.Clean(s.Dir) != filepath.Clean(j.SnapshotDir()) {
		return f
	}
	for _, of := range append([]snapshot.File{{Path: snapshot.ManifestName}}, s.Manifest.Files...) {
		f.Snapshot = append(f.Snapshot, delivery.File{Name: "snapshot/" + of.Path, Path: filepath.Join(s.Dir, filepath.FromSlash(of.Path))})
	}
	return f
}

// notify tells the topic, the webhook and those who get mail. Each is tried whatever became of the others.
func (j *Job) notify(ctx context.Context, res *Result) {
	o, d := &j.Config.Output, &res.Delivery
	told := func(name string, err error) {
		if err == nil {
			d.Done = append(d.Done, name)
		}
		j.undelivered(ctx, res, failure{audit.OutputDelivery, name, err})
	}
	if o.SNSTopic != "" {
		cfg, err := j.Config.callerConfig(ctx)
		if err == nil {
			err = delivery.Publish(ctx, cfg, o.SNSTopic, res.Notice)
		}
		told(o.SNSTopic, err)
	}
	address, err := j.webhook(ctx)
	switch {
	case err != nil:
		told("webhook", err)
	case address != "":
		host, err := delivery.Post(ctx, address, o.WebhookFormat, res.Notice)
		told("webhook at "+host, err)
	}
	if o.Mail != nil {
		told(o.Mail.Name(), j.mail(ctx, res))
	}
}

// webhook returns the URL of the webhook, which is read from its secret only now; empty when there is none.
func (j *Job) webhook(ctx context.Context) (string, error) {
	o := &j.Config.Output
	if o.WebhookSecret == "" {
		return o.Webhook, nil
	}
	address, err := j.secret(ctx, o.WebhookSecret)
	if err != nil {
		return "", err
	}
	if err := delivery.CheckWebhook(address); err != nil {
		return "", fmt.Errorf("the text of the secret %s %w", o.WebhookSecret, err) // which does not show the address
	}
	return address, nil
}

// secret reads a secret, with the caller's own credentials.
func (j *Job) secret(ctx context.Context, secretARN string) (string, error) {
	cfg, err := j.Config.callerConfig(ctx)
	if err != nil {
		return "", err
	}
	return delivery.Secret(ctx, cfg, secretARN)
}

// mail sends the notice with the reports that are to be attached. It is sent without one that is missing or too large, which is an error.
func (j *Job) mail(ctx context.Context, res *Result) error {
	m := j.Config.Output.Mail
	var attach []delivery.File
	for _, f := range formats {
		if slices.Contains(m.Attach, f.name) {
			file := f.fileOf(&res.Report)
			at := filepath.Join(j.Config.Output.Dir, filepath.FromSlash(file))
			attach = append(attach, delivery.File{Name: path.Base(file), Path: at})
		}
	}
	letter, left := delivery.NewLetter(res.Notice, attach)
	return cmp.Or(j.send(ctx, m, letter), left)
}

func (j *Job) send(ctx context.Context, m *delivery.Mail, letter delivery.Letter) error {
	if m.SES {
		cfg, err := j.Config.callerConfig(ctx)
		if err != nil {
			return err
		}
		return delivery.SendSES(ctx, cfg, m, letter)
	}
	password, err := j.smtpPassword(ctx, m)
	if err != nil {
		return err
	}
	return delivery.SendSMTP(ctx, m, password, letter)
}

// smtpPassword returns the password of the user of SMTP, which is read from its secret only now.
func (j *Job) smtpPassword(ctx context.Context, m *delivery.Mail) (string, error) {
	if m.SMTPSecret == "" {
		return m.Password, nil
	}
	return j.secret(ctx, m.SMTPSecret)
}

// newMetrics counts a finished run that began at began.
func newMetrics(res *Result, s *snapshot.Snapshot, began, now time.Time, version string) (delivery.Metrics, error) {
	r, total := &res.Report, s.Manifest.Total()
	asOf, _ := time.Parse(time.RFC3339, r.Run.AsOf) // which newAnalyst has read
	m := delivery.Metrics{
		At: now, AsOf: asOf, Version: version, Run: r.Run.ID, Exit: int(res.Exit), Findings: r.Summary.Findings,
		RuleErrors: r.Summary.Verdicts[audit.Error], Gaps: r.Summary.Coverage.Gaps, Incomplete: r.Status == audit.Incomplete,
		Duration: now.Sub(began), Calls: total.Calls, Throttles: total.Throttles, Months: r.Summary.MonthToMonth.Count, Products: r.Products,
	}
	var err error
	if m.Bill, err = r.Bill(); err != nil {
		return m, err
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
	return m, nil
}
