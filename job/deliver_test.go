package job

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/atomicfile"
	"tenor/internal/s3sim"
	"tenor/job/delivery"
	"tenor/report"
)

const (
	owner     = "111122223333"
	goodKey   = "alias/tenor"
	reportURL = "s3://reports/audit"
)

var deliveryDay = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// clock is one that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// startS3 starts a simulated S3 and points the environment at it.
func startS3(t *testing.T, o s3sim.Options) *s3sim.Server {
	t.Helper()
	if o.Buckets == nil {
		o.Buckets = []s3sim.Bucket{{Name: "reports", Region: "eu-central-1", Owner: owner,
			Keys: map[string]s3sim.KeyState{goodKey: s3sim.KeyEnabled}}}
	}
	s := s3sim.Start(o)
	t.Cleanup(s.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_S3": s.URL(), "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_MAX_ATTEMPTS": "1",
	} {
		t.Setenv(name, value)
	}
	return s
}

// deliveringJob is the demo's job on a day, delivered to the simulated bucket.
func deliveringJob(t *testing.T, day time.Time, formats ...string) *Job {
	t.Helper()
	j := demoJob(t, day)
	j.Config.Output.S3, j.Config.Output.BucketOwner, j.Config.Output.Formats = reportURL, owner, append([]string{"json"}, formats...)
	return j
}

// files reads what lies below a folder, by slashed path; what begins with a dot is left out.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// below returns the bodies of the objects below a prefix.
func below(s *s3sim.Server, prefix string) map[string]string {
	out := map[string]string{}
	for key, o := range s.Objects("reports") {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			out[rest] = string(o.Body)
		}
	}
	return out
}

func folderOf(t *testing.T, res *Result) string {
	t.Helper()
	stamp, err := delivery.Stamp(res.Report.Run.TakenAt, res.Report.Run.ID)
	if err != nil {
		t.Fatal(err)
	}
	return "audit/runs/" + stamp + "/"
}

// runRecord is what the tests read of a run.json.
type runRecord struct {
	Run    string `json:"run"`
	Folder string `json:"folder"`
	State  string `json:"state"`
	Files  []struct {
		Name string `json:"name"`
	} `json:"files"`
}

// record reads run.json below a prefix.
func record(t *testing.T, s *s3sim.Server, prefix string) runRecord {
	t.Helper()
	var rec runRecord
	if err := json.Unmarshal([]byte(below(s, prefix)["run.json"]), &rec); err != nil {
		t.Fatal(err)
	}
	return rec
}

// wantLatest wants latest/ to hold the reports of a run and nothing of another: those of a name that has no day.
func wantLatest(t *testing.T, s *s3sim.Server, res *Result) {
	t.Helper()
	want := map[string]string{}
	for _, path := range res.Files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(path) != ".parquet" {
			want[filepath.Base(path)] = string(b)
		}
	}
	have := below(s, "audit/latest/")
	delete(have, "run.json")
	if d := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(have))); d != "" {
		t.Errorf("latest/ (-want +have):\n%s", d)
	}
	for name := range want {
		if want[name] != have[name] {
			t.Errorf("latest/%s is not the run's", name)
		}
	}
	if rec := record(t, s, "audit/latest/"); rec.Run != res.Report.Run.ID || rec.State != "complete" || "audit/"+
		rec.Folder != folderOf(t, res) {
		t.Errorf("latest/run.json: %+v", rec)
	}
}

func TestDeliveryIsTheRunFolder(t *testing.T) {
	s := startS3(t, s3sim.Options{})
	j := deliveringJob(t, deliveryDay, "csv")
	j.Config.Output.KMSKey = goodKey
	res := runJob(t, j)
	if res.Delivery.Err != nil || res.Exit != ExitFindings {
		t.Fatalf("exit %d: %v", res.Exit, res.Delivery.Err)
	}
	folder := folderOf(t, res)
	if !strings.HasPrefix(folder, "audit/runs/20261120T090000Z-") {
		t.Errorf("folder %s", folder)
	}
	if d := cmp.Diff([]string{"s3://reports/" + folder, "s3://reports/audit/latest/"}, res.Delivery.Done); d != "" {
		t.Error(d)
	}
	have := below(s, folder)
	rec := record(t, s, folder)
	delete(have, "run.json")
	local := files(t, j.Config.Output.Dir)
	delete(local, writtenName) // which is of the folder alone
	delete(local, "run.json")
	if d := cmp.Diff(local, have); d != "" {
		t.Errorf("the run's folder (-local +S3):\n%s", d)
	}
	if len(rec.Files) != len(have) || rec.State != "complete" {
		t.Errorf("run.json names %d files of %d, state %s", len(rec.Files), len(have), rec.State)
	}
	wantLatest(t, s, res)
	for _, r := range s.Requests() {
		if r.Operation != "PutObject" {
			continue
		}
		for _, name := range []string{"X-Amz-Expected-Bucket-Owner", "X-Amz-Checksum-Sha256", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"} {
			if r.Header.Get(name) == "" {
				t.Errorf("%s is written without %s", r.Key, name)
			}
		}
		if r.Header.Get("If-None-Match") == "" && r.Header.Get("If-Match") == "" {
			t.Errorf("%s is written without a condition", r.Key)
		}
	}
}

func TestDeliveryComparesWithTheLast(t *testing.T) {
	s := startS3(t, s3sim.Options{})
	first := runJob(t, deliveringJob(t, deliveryDay))
	before := below(s, folderOf(t, first))
	if first.Report.Changes != nil {
		t.Error("the first run has a baseline")
	}
	second := runJob(t, deliveringJob(t, deliveryDay.AddDate(0, 0, 1)))
	if second.Delivery.Err != nil {
		t.Fatal(second.Delivery.Err)
	}
	if c := second.Report.Changes; c == nil || c.Baseline.ID != first.Report.Run.ID || c.Persisting == 0 {
		t.Errorf("changes: %+v", c)
	}
	wantLatest(t, s, second)
	if d := cmp.Diff(before, below(s, folderOf(t, first))); d != "" {
		t.Errorf("the first run's folder has changed: %s", d)
	}
}

// TestTablesOfManyDays: below the prefix each table has a folder for each day, of the last run of that day, and latest/ has none of them.
func TestTablesOfManyDays(t *testing.T) {
	s := startS3(t, s3sim.Options{})
	want := map[string]string{}
	for i, day := range []time.Time{deliveryDay, deliveryDay.Add(time.Hour), deliveryDay.AddDate(0, 0, 1)} {
		res := runJob(t, deliveringJob(t, day, "parquet", "csv"))
		if res.Delivery.Err != nil || !slices.Contains(res.Delivery.Done, reportURL+"/parquet/") {
			t.Fatal(res.Delivery.Err, res.Delivery.Done)
		}
		wantLatest(t, s, res)
		of := below(s, folderOf(t, res)+"parquet/")
		if len(of) != 4 {
			t.Errorf("run %d has the tables %v", i, slices.Sorted(maps.Keys(of)))
		}
		for key, body := range of {
			if i == 1 && strings.HasPrefix(key, "findings/") && (want[key] == "" || want[key] == body) {
				t.Errorf("%s of the second run of a day: the first had none, or the same", key)
			}
			want[key] = body
		}
	}
	if d := cmp.Diff(want, below(s, "audit/parquet/")); d != "" || len(want) != 8 {
		t.Errorf("%d tables: %s", len(want), d)
	}
	older := runJob(t, deliveringJob(t, deliveryDay.AddDate(0, 0, -1), "parquet"))
	if older.Delivery.Err == nil || !strings.Contains(older.Delivery.Err.Error(), "it holds the newer run") {
		t.Errorf("an older run: %v", older.Delivery.Err)
	}
	runJob(t, deliveringJob(t, deliveryDay.AddDate(0, 0, 2))) // which has no tables, and leaves those of other days
	if d := cmp.Diff(want, below(s, "audit/parquet/")); d != "" {
		t.Error(d)
	}
}

func TestRefusedDeliveryKeepsTheFolder(t *testing.T) {
	bucket := s3sim.Bucket{Name: "reports", Region: "eu-central-1", Owner: owner,
		Keys: map[string]s3sim.KeyState{"off": s3sim.KeyDisabled, "denied": s3sim.KeyDenied}}
	for _, tt := range []struct {
		name   string
		region string
		set    func(*Output)
		want   []string // parts of the message
	}{
		{name: "no bucket", set: func(o *Output) { o.S3 = "s3://report/audit" }, want: []string{"there is no bucket report"}},
		{name: "another region", region: "us-east-1", set: func(*Output) {},
			want: []string{"the bucket is in region eu-central-1, and not in us-east-1", "AWS_REGION"}},
		{name: "not ours", set: func(o *Output) { o.BucketOwner = "999999999999" },
			want: []string{"AccessDenied", "must belong to account 999999999999"}},
		{name: "key is off", set: func(o *Output) { o.KMSKey = "off" },
			want: []string{"the KMS key of the object cannot be used", "KMS.DisabledException", "off is disabled"}},
		{name: "no such key", set: func(o *Output) { o.KMSKey = "nil" }, want: []string{"KMS.NotFoundException"}},
		{name: "key refuses us", set: func(o *Output) { o.KMSKey = "denied" }, want: []string{"AccessDenied", "kms:GenerateDataKey"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startS3(t, s3sim.Options{Buckets: []s3sim.Bucket{bucket}})
			if tt.region != "" {
				t.Setenv("AWS_REGION", tt.region)
			}
			j := deliveringJob(t, deliveryDay)
			j.Config.Baseline = filepath.Join(t.TempDir(), "none.json") // reading latest/ would fail first
			writeEmptyBaseline(t, j.Config.Baseline)
			tt.set(&j.Config.Output)
			res := runJob(t, j)
			if res.Exit != ExitUndelivered || res.Delivery.Err == nil {
				t.Fatalf("exit %d: %v", res.Exit, res.Delivery.Err)
			}
			for _, part := range append(tt.want, "delivered to ", "nothing; not delivered: report.json, snapshot/manifest.json",
				"latest/ is as it was") {
				if !strings.Contains(res.Delivery.Err.Error(), part) {
					t.Errorf("%v\nlacks %q", res.Delivery.Err, part)
				}
			}
			if left := s.Objects("reports"); len(left) > 0 {
				t.Errorf("%d objects are there", len(left))
			}
			for _, f := range res.Files {
				if _, err := os.Stat(f); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// writeEmptyBaseline writes a report.json without findings.
func writeEmptyBaseline(t *testing.T, path string) {
	t.Helper()
	r := audit.Report{SchemaVersion: audit.ReportSchemaVersion, Run: audit.Run{ID: "0", AsOf: "2026-01-01T00:00:00Z"}, Status: audit.Clean}
	if err := atomicfile.Write(path, atomicfile.FileMode, func(w io.Writer) error { return report.JSON(w, r) }); err != nil {
		t.Fatal(err)
	}
}

func TestBaselineThatCannotBeReadStopsTheRun(t *testing.T) {
	startS3(t, s3sim.Options{})
	j := deliveringJob(t, deliveryDay)
	j.Config.Output.BucketOwner = "999999999999"
	_, err := j.Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "baseline: read s3://reports/audit/latest/report.json: AccessDenied") {
		t.Errorf("%v", err)
	}
}

func TestInterruptedDeliveryIsCompleted(t *testing.T) {
	full := true
	s := startS3(t, s3sim.Options{Before: func(r s3sim.Request) *s3sim.Refusal {
		if full && r.Operation == "PutObject" && strings.HasSuffix(r.Key, "/report.csv") {
			return &s3sim.Refusal{Status: http.StatusServiceUnavailable, Code: "SlowDown", Message: "Please reduce your request rate."}
		}
		return nil
	}})
	j := deliveringJob(t, deliveryDay, "csv")
	res := runJob(t, j)
	if err := res.Delivery.Err; err == nil || res.Exit != ExitUndelivered || !strings.Contains(err.Error(), "SlowDown") ||
		!strings.Contains(err.Error(), ": report.json, snapshot/manifest.json, ") ||
		!strings.HasSuffix(err.Error(), "not delivered: report.csv; latest/ is as it was") {
		t.Fatalf("exit %d: %v", res.Exit, err)
	}
	if have := below(s, "audit/latest/"); len(have) > 0 {
		t.Errorf("latest/ has %d objects", len(have))
	}
	full = false
	again, err := j.Evaluate(context.Background(), j.SnapshotDir())
	if err != nil || again.Delivery.Err != nil {
		t.Fatal(err, again.Delivery.Err)
	}
	t.Cleanup(func() { _ = again.Close() })
	wantLatest(t, s, again)
	if rec := record(t, s, folderOf(t, res)); rec.State != "complete" {
		t.Errorf("%+v", rec)
	}
}

func TestRunIsDeliveredOnce(t *testing.T) {
	s := startS3(t, s3sim.Options{})
	j := deliveringJob(t, deliveryDay)
	first := runJob(t, j)
	before := below(s, "audit/")
	again, err := with(t, j, nil).Evaluate(context.Background(), j.SnapshotDir()) // compared with itself now
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := again.Delivery.Err; err == nil || again.Exit != ExitUndelivered ||
		!strings.Contains(err.Error(), "report.json is there already, and is another: the run was delivered before, compared with another "+
			"report") {
		t.Errorf("exit %d: %v", again.Exit, err)
	}
	if d := cmp.Diff(before, below(s, "audit/")); d != "" || again.Report.Run.ID != first.Report.Run.ID {
		t.Errorf("what was delivered has changed: %s", d)
	}
}

func TestTwoRunsDoNotMix(t *testing.T) {
	var c = clock{at: deliveryDay}
	var second *Result
	var meanwhile func() // what happens while the first run is about to replace latest/report.json
	s := startS3(t, s3sim.Options{Now: c.now, Before: func(r s3sim.Request) *s3sim.Refusal {
		if run := meanwhile; run != nil && r.Operation == "PutObject" && r.Key == "audit/latest/report.json" {
			meanwhile = nil
			run()
		}
		return nil
	}})
	all := t // whose folders outlive the steps
	t.Run("the second is told of the first", func(t *testing.T) {
		meanwhile = func() {
			c.pass(2 * time.Minute)
			second = runJob(all, deliveringJob(all, deliveryDay.Add(time.Hour)))
		}
		first := runJob(t, deliveringJob(t, deliveryDay))
		if first.Delivery.Err != nil {
			t.Error(first.Delivery.Err)
		}
		err := second.Delivery.Err
		if err == nil || second.Exit != ExitUndelivered || !strings.Contains(err.Error(),
			"latest/ is not replaced: the run "+first.Report.Run.ID+" began to write there 2m0s ago; delivered: s3://reports/"+folderOf(t, second)) {
			t.Errorf("exit %d: %v", second.Exit, err)
		}
		wantLatest(t, s, first)
	})
	t.Run("one that is dead gives way", func(t *testing.T) {
		var finished bool
		meanwhile = func() {
			c.pass(15 * time.Minute)
			second = runJob(all, deliveringJob(all, deliveryDay.AddDate(0, 0, 2)))
			finished = true
		}
		first := runJob(t, deliveringJob(t, deliveryDay.AddDate(0, 0, 1), "csv"))
		if !finished || second.Delivery.Err != nil {
			t.Fatal(finished, second.Delivery.Err)
		}
		if err := first.Delivery.Err; err == nil || !strings.Contains(err.Error(),
			"another run has written there; not delivered: latest/report.json, latest/report.csv") {
			t.Errorf("%v", err)
		}
		wantLatest(t, s, second)
	})
	t.Run("an older one does not replace a newer", func(t *testing.T) {
		old := runJob(t, deliveringJob(t, deliveryDay.AddDate(0, 0, -1)))
		if err := old.Delivery.Err; err == nil || !strings.Contains(err.Error(),
			"it holds the newer run "+second.Report.Run.ID+", taken at 2026-11-22T09:00:00Z") {
			t.Errorf("%v", err)
		}
		wantLatest(t, s, second)
	})
}

func TestLatestHoldsNothingOfAnEarlierRun(t *testing.T) {
	s := startS3(t, s3sim.Options{})
	runJob(t, deliveringJob(t, deliveryDay, "csv"))
	res := runJob(t, deliveringJob(t, deliveryDay.AddDate(0, 0, 1)))
	if res.Delivery.Err != nil {
		t.Fatal(res.Delivery.Err)
	}
	have := below(s, "audit/latest/")
	if have["report.csv"] != "" {
		t.Error("report.csv is still the earlier run's")
	}
	if rec := record(t, s, "audit/latest/"); len(rec.Files) != 1 || rec.Files[0].Name != "report.json" {
		t.Errorf("%+v", rec)
	}
}

// A record of the last delivery that cannot be read must not stop every delivery from then on.
func TestDamagedRecordIsReplaced(t *testing.T) {
	s := startS3(t, s3sim.Options{})
	for _, tt := range []struct{ name, record, want string }{
		{"no JSON", "hello", "s3://reports/audit/latest/run.json:1: invalid character"},
		{"cut off", `{"schema_version": "1.0", "run"`, "s3://reports/audit/latest/run.json:1: the file is cut off"},
		{"another version", `{"schema_version": "2.0"}`,
			`s3://reports/audit/latest/run.json: schema_version "2.0": this version of tenor reads 1.0`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.Store("reports", "audit/latest/run.json", []byte(tt.record))
			s.Store("reports", "audit/latest/report.json", []byte("of an earlier run"))
			s.Store("reports", "audit/latest/report.csv", []byte("of an earlier run"))
			j := deliveringJob(t, deliveryDay)
			res := runJob(t, j)
			if res.Delivery.Err != nil {
				t.Fatal(res.Delivery.Err)
			}
			if w := res.Report.Run.Warnings; len(w) != 1 || !strings.Contains(w[0], tt.want) || !slices.Equal(w, res.Notice.Warnings) {
				t.Errorf("warnings %q, notice %q, want %s", w, res.Notice.Warnings, tt.want)
			}
			if have := below(s, "audit/latest/"); have["report.csv"] != "" {
				t.Error("report.csv is still the earlier run's")
			}
			if rec := record(t, s, "audit/latest/"); rec.State != "complete" || rec.Run != res.Report.Run.ID {
				t.Errorf("%+v", rec)
			}
		})
	}
}

func TestBucketsOwnerIsTheCaller(t *testing.T) {
	startS3(t, s3sim.Options{})
	j := deliveringJob(t, deliveryDay)
	t.Setenv("AWS_ENDPOINT_URL_STS", j.Config.Endpoint)
	t.Setenv("AWS_ACCESS_KEY_ID", j.Config.AccessKey)
	j.Config.Output.BucketOwner = ""
	_, err := j.Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "the bucket must belong to account ") || strings.Contains(err.Error(), owner) {
		t.Errorf("%v", err)
	}
}

func TestDeliverySettings(t *testing.T) {
	for _, tt := range []struct{ name, yaml, want string }{
		{"no bucket", "output: {s3: 's3://'}", `tenor.yaml:1: output.s3: "s3://" is no s3://bucket/prefix`},
		{"a folder", "output:\n  s3: reports", `tenor.yaml:2: output.s3: "reports" is no s3://bucket/prefix`},
		{"a short name", "output: {s3: 's3://x/y'}",
			`tenor.yaml:1: output.s3: "s3://x/y": "x" is no name of a bucket: want 3 to 63 of a-z, 0-9, dot and hyphen`},
		{"dots", "output: {s3: 's3://reports/../x'}", `tenor.yaml:1: output.s3: "s3://reports/../x" is no s3://bucket/prefix`},
		{"owner", "output: {bucket_owner: me}", `tenor.yaml:1: output.bucket_owner: "me" is no account id of twelve digits`},
		{"topic", "output: {sns_topic: 'arn:aws:sqs:eu-central-1:111122223333:q'}",
			`tenor.yaml:1: output.sns_topic: "arn:aws:sqs:eu-central-1:111122223333:q" is no ARN of an SNS standard topic`},
		{"a secret over http", "output: {webhook: 'http://hooks.example.com/T0/B0/secret'}", `tenor.yaml:1: output.webhook: must be https`},
		{"a format of no chat", "output: {webhook_format: irc}", `tenor.yaml:1: output.webhook_format: "irc": want slack or teams`},
		{"mail from nobody", "output:\n  mail:\n    ses: true\n    to: [a@example.com]\n    from: tenor",
			`tenor.yaml:5: output.mail.from: "tenor" is no address such as finance@example.com`},
		{"mail to nobody", "output:\n  mail: {ses: true, from: t@example.com}",
			`tenor.yaml:2: output.mail.to: missing: the addresses to send to`},
		{"mail with a name", "output: {mail: {ses: true, from: t@example.com, to: ['A <a@example.com>']}}",
			`tenor.yaml:1: output.mail.to: "A <a@example.com>" is no address such as finance@example.com`},
		{"mail by nothing", "output: {mail: {from: t@example.com, to: [a@example.com]}}",
			"tenor.yaml:1: output.mail.smtp: want smtp, such as smtp://user@mail.example.com:587, or ses: true"},
		{"mail by both", "output: {mail: {from: t@example.com, to: [a@example.com], ses: true, smtp: 'smtp://h'}}",
			"tenor.yaml:1: output.mail.smtp: want smtp, such as smtp://user@mail.example.com:587, or ses: true"},
		{"a password", "output: {mail: {from: t@example.com, to: [a@example.com], smtp: 'smtp://u:hush@h'}}",
			"tenor.yaml:1: output.mail.smtp: must not hold the password: put it into TENOR_SMTP_PASSWORD, or into the secret of smtp_secret"},
		{"no server", "output: {mail: {from: t@example.com, to: [a@example.com], smtp: 'mail.example.com:25'}}",
			"tenor.yaml:1: output.mail.smtp: is no URL such as smtp://user@mail.example.com:587, or smtps:// where TLS comes before SMTP"},
		{"a secret of no user",
			"output: {mail: {from: t@example.com, to: [a@example.com], smtp: 'smtp://h', " +
				"smtp_secret: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:s'}}",
			"tenor.yaml:1: output.mail.smtp_secret: is the password of no user: smtp names none, as smtp://user@mail.example.com does"},
		{"an attachment that is not written",
			"output:\n  formats: [json]\n  mail: {from: t@example.com, to: [a@example.com], ses: true,\n    attach: [xlsx]}",
			`tenor.yaml:4: output.mail.attach: format "xlsx" is not written: output.formats lacks it`},
		{"good mail",
			"output: {webhook_format: teams, mail: {from: t@example.com, to: [a@example.com], smtp: 'smtp://u@h', attach: [json, xlsx]}}", ""},
		{"on", "notify: {on: sometimes}", `tenor.yaml:1: notify.on: "sometimes": want changes, always or never`},
		{"days", "notify: {deadline_days: [-1]}", `tenor.yaml:1: notify.deadline_days: -1: must not be negative`},
		{"good", "output: {s3: 's3://reports/a/b/', sns_topic: 'arn:aws:sns:eu-central-1:111122223333:tenor', webhook: " +
			"'https://hooks.example.com/x'}\nnotify: {on: always}", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseConfig("tenor.yaml", []byte(tt.yaml))
			have := ""
			if err != nil {
				have = err.Error()
			}
			if have != tt.want {
				t.Errorf("%s\nwant %s", have, tt.want)
			}
		})
	}
}

func TestMetricsOfARun(t *testing.T) {
	j := demoJob(t, deliveryDay)
	j.Config.MetricsFile = filepath.Join(t.TempDir(), "tenor.prom")
	now := deliveryDay
	j.Now = func() time.Time { now = now.Add(time.Second); return now }
	res := runJob(t, j)
	m := res.Metrics
	if m.Calls == 0 || m.Resources == 0 || m.Deadline == nil || m.Exit != int(ExitFindings) || m.Duration <= 0 || m.Version != "test" {
		t.Errorf("%+v", m)
	}
	if d := cmp.Diff(res.Report.Summary.Findings, m.Findings); d != "" {
		t.Error(d)
	}
	gateway := httptest.NewServer(http.NotFoundHandler())
	defer gateway.Close()
	pushing := demoJob(t, deliveryDay)
	pushing.Config.MetricsFile = gateway.URL + "/metrics/job/tenor"
	missed := runJob(t, pushing)
	want := []audit.Undelivered{{Kind: audit.OutputMetrics, Name: "metrics at " + strings.TrimPrefix(gateway.URL, "http://"),
		Message: "status 404 Not Found"}}
	if d := cmp.Diff(want, missed.Report.Undelivered); d != "" || missed.Exit != ExitUndelivered {
		t.Errorf("exit %d: %s", missed.Exit, d)
	}
	if b, err := os.ReadFile(j.Config.MetricsFile); err != nil || !strings.Contains(string(b), "tenor_exit_code 1\n") {
		t.Errorf("%v: %s", err, b)
	}
}
