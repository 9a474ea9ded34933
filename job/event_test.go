package job

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"tenor/job/delivery"
)

func TestEventStandsOverDefaults(t *testing.T) {
	ev, err := ReadEvent(context.Background(), []byte(`{"regions": ["eu-central-1"],
		"policies": {"params": {"outposts.quote_expiring": {"days": 14}}},
		"finance": {"discount_rate": 0.1}, "notify": {"on": "always"}, "as_of": "2026-12-31", "waivers": "caf\u00e9 \ud83d\ude00.yaml",
			"step": "shard", "plan": "s3://bkt/p/shards.json", "shard": 2,
				"output": {"s3": "s3://bkt/p"}}`), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Regions = []string{"eu-central-1"}
	want.Policies.Params = map[string]map[string]any{"outposts.quote_expiring": {"days": 14}}
	want.Finance.DiscountRate, want.Notify.On, want.Waivers = "0.1", delivery.NotifyAlways, "café 😀.yaml"
	want.Output.S3 = "s3://bkt/p"
	want.AsOf, err = ParseAsOf("2026-12-31")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Event{Config: want, At: "2026-12-31", Step: "shard", Plan: "s3://bkt/p/shards.json", Shard: new(2)}, ev); d != "" {
		t.Error(d)
	}
}

// TestSinksAreTheDeployments has events ask for other places than the deployment's.
func TestSinksAreTheDeployments(t *testing.T) {
	const topic, other = "arn:aws:sns:eu-central-1:111122223333:tenor", "arn:aws:sns:eu-central-1:999999999999:mine"
	const secret = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:hook-AbCdEf"
	mail := &delivery.Mail{From: "tenor@example.com", To: []string{"a@example.com"}, SES: true, Attach: []string{"xlsx"}}
	sinks := Sinks{S3: "s3://bkt/p", SNSTopic: topic, WebhookSecret: secret, WebhookFormat: "teams", Mail: mail}
	own := Output{S3: "s3://bkt/p", SNSTopic: topic, WebhookSecret: secret}
	const elsewhere = `{"output": {"mail": {"from": "e@example.com", "to": ["evil@example.com"], "ses": true}}}`
	for _, tt := range []struct {
		name, event string
		free        string
		want        Output // S3, SNSTopic, Webhook and WebhookSecret
		err         string
	}{
		{name: "none", event: `{}`, want: own},
		{name: "the same", event: `{"output": {"s3": "s3://bkt/p/", "sns_topic": "` + topic + `"}, "notify": {"on": "changes"}}`,
			want: Output{S3: "s3://bkt/p/", SNSTopic: topic, WebhookSecret: secret}},
		{name: "below", event: `{"output": {"s3": "s3://bkt/p/team"}}`, want: Output{S3: "s3://bkt/p/team", SNSTopic: topic,
			WebhookSecret: secret}},
		{name: "another bucket", event: `{"output": {"s3": "s3://other/p"}}`, err: "event: output.s3 is set by the deployment alone"},
		{name: "another bucket of like name", event: `{"output": {"s3": "s3://bkt2/p"}}`, err: "event: output.s3 is set"},
		{name: "a prefix of like name", event: `{"output": {"s3": "s3://bkt/pp"}}`, err: "event: output.s3 is set"},
		{name: "another prefix by dots", event: `{"output": {"s3": "s3://bkt/p/../q"}}`, err: "event: output.s3: "},
		{name: "another topic", event: `{"output": {"sns_topic": "` + other + `"}}`, err: "event: output.sns_topic is set"},
		{name: "a webhook", event: `{"output": {"webhook": "https://evil.example/x"}}`, err: "event: output.webhook is set"},
		{name: "mail to another", event: elsewhere, err: "event: output.mail is set"},
		{name: "never notify", event: `{"notify": {"on": "never"}}`, err: "event: notify is set"},
		{name: "no deadlines", event: `{"notify": {"deadline_days": []}}`, err: "event: notify is set"},
		{name: "a plan in another bucket", event: `{"step": "shard", "plan": "s3://other/plans/shards.json"}`, err: "event: output.s3 is set"},
		{name: "a bucket that is left to events", event: `{"output": {"s3": "s3://other/p"}}`, free: "output.s3",
			want: Output{S3: "s3://other/p", SNSTopic: topic, WebhookSecret: secret}},
		{name: "a topic that is left to events", event: `{"output": {"sns_topic": "` + other + `"}}`, free: "output.sns_topic",
			want: Output{S3: "s3://bkt/p", SNSTopic: other, WebhookSecret: secret}},
		{name: "a webhook that is left to events", event: `{"output": {"webhook": "https://hooks.example/x"}}`, free: "output.webhook",
			want: Output{S3: "s3://bkt/p", SNSTopic: topic, Webhook: "https://hooks.example/x"}},
		{name: "notices that are left to events", event: `{"notify": {"on": "never"}}`, free: "notify", want: own},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sinks
			if tt.free != "" {
				s.Free = []string{tt.free}
			}
			ev, err := ReadEvent(t.Context(), []byte(tt.event), t.TempDir())
			if err == nil {
				err = s.Hold(&ev)
			}
			if (err == nil) != (tt.err == "") || err != nil && !strings.HasPrefix(err.Error(), tt.err) {
				t.Fatalf("%v, want %q", err, tt.err)
			}
			if err != nil {
				return
			}
			o := ev.Output
			format := delivery.WebhookTeams
			if o.Webhook != "" {
				format = delivery.WebhookSlack // the event's own
			}
			if o.WebhookFormat != format || o.Mail != mail {
				t.Errorf("the webhook gets %s, mail %+v", o.WebhookFormat, o.Mail)
			}
			if d := cmp.Diff(tt.want, Output{S3: o.S3, SNSTopic: o.SNSTopic, Webhook: o.Webhook, WebhookSecret: o.WebhookSecret}); d != "" {
				t.Error(d)
			}
		})
	}
	ev, err := ReadEvent(t.Context(), []byte(elsewhere), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	sinks.Free = []string{"output.mail"}
	if err := sinks.Hold(&ev); err != nil || ev.Output.Mail.To[0] != "evil@example.com" {
		t.Errorf("mail that is left to events: %v, %+v", err, ev.Output.Mail)
	}
	for name, s := range map[string]Sinks{
		"TENOR_EVENT_MAY_SET: \"webhook\"": {S3: "s3://bkt/p", Free: []string{"webhook"}},
		"TENOR_OUTPUT_S3: ":                {S3: "bkt/p"},
		"TENOR_WEBHOOK_SECRET_ARN: ":       {S3: "s3://bkt/p", WebhookSecret: "https://hooks.example/x"},
		"TENOR_WEBHOOK_FORMAT: ":           {S3: "s3://bkt/p", WebhookFormat: "irc"},
		"TENOR_MAIL_FROM: ":                {S3: "s3://bkt/p", Mail: &delivery.Mail{To: []string{"a@example.com"}, SES: true}},
		"TENOR_MAIL_ATTACH: ":              {S3: "s3://bkt/p", Mail: &delivery.Mail{From: "t@example.com", To: []string{"a@example.com"}, SES: true, Attach: []string{"pdf"}}},
		"event: output.s3 is missing":      {},
	} {
		if err := s.Hold(&Event{Config: DefaultConfig()}); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%v, want %s", err, name)
		}
	}
}

// FuzzEvent wants an error or an event, whatever a function is invoked with.
func FuzzEvent(f *testing.F) {
	for _, s := range []string{`{}`, `null`, `[]`, `{"output": {"s3": "s3://bkt/p"}}`, `{"regions": ["eu-central-1"]} {}`,
		`{"policies": {"params": {"a": {"b": [1e400]}}}}`, `{"a": "\u2028\u0000"}`, "{\"a\":\t1}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ev := Event{Config: DefaultConfig()}
		if err := ev.decode([]byte(text)); err != nil && !strings.HasPrefix(err.Error(), "event") {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// FuzzPartial wants that nothing is written outside the folder, whatever an object holds.
func FuzzPartial(f *testing.F) {
	pack := func(names ...string) []byte {
		var b bytes.Buffer
		gz := gzip.NewWriter(&b)
		t := tar.NewWriter(gz)
		for _, name := range names {
			if err := t.WriteHeader(&tar.Header{Name: name, Size: 1, Mode: 0o600}); err != nil {
				f.Fatal(err)
			}
			if _, err := t.Write([]byte("x")); err != nil {
				f.Fatal(err)
			}
		}
		if err := t.Close(); err != nil {
			f.Fatal(err)
		}
		if err := gz.Close(); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	f.Add(pack("partial.json", "snapshot/manifest.json"))
	f.Add(pack("../outside"))
	f.Add(pack("/outside"))
	f.Add(pack("a/../../outside"))
	f.Add([]byte("no gzip"))
	f.Fuzz(func(t *testing.T, b []byte) {
		root := t.TempDir()
		if err := os.WriteFile(filepath.Join(root, "outside"), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		_ = unpackPartial(bytes.NewReader(b), filepath.Join(root, "in")) // an error is as good as none
		left, err := os.ReadDir(root)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range left {
			if e.Name() != "outside" && e.Name() != "in" {
				t.Errorf("%s was written", e.Name())
			}
		}
		if b, err := os.ReadFile(filepath.Join(root, "outside")); err != nil || string(b) != "mine" {
			t.Errorf("%v: %s", err, b)
		}
	})
}
