package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"

	"tenor/audit"
	"tenor/internal/awssim"
	"tenor/internal/lambdasim"
	"tenor/internal/s3sim"
	"tenor/job"
	"tenor/job/delivery"
	"tenor/report"
)

// asFunction makes the test binary the function itself.
const asFunction = "TENOR_TEST_AS_FUNCTION"

func TestMain(m *testing.M) {
	if os.Getenv(asFunction) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const owner = "111122223333"

// log is what a process writes, safe to read while it does.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// cloud is a function in a simulated AWS.
type cloud struct {
	*lambdasim.Function
	s3             *s3sim.Server
	estate         *awssim.Estate
	stdout, stderr *log
	temp           string

	hook    *httptest.Server // the webhook, whose URL is in the secret
	posted  chan string      // what it got
	secrets *httptest.Server // Secrets Manager
}

const secretARN = "arn:aws:secretsmanager:eu-central-1:" + owner + ":secret:hook-AbCdEf"

// serveSecret starts the webhook and the Secrets Manager that has its URL.
func (c *cloud) serveSecret(t *testing.T) {
	t.Helper()
	c.posted = make(chan string, 10)
	c.hook = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		c.posted <- r.URL.Path + " " + string(b)
	}))
	t.Cleanup(c.hook.Close)
	c.secrets = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ SecretId string }
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		switch err := json.NewDecoder(r.Body).Decode(&in); {
		case err != nil || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" || r.Header.Get("Authorization") == "":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type": "InvalidRequestException", "message": "not signed"}`)
		case in.SecretId != secretARN:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type": "ResourceNotFoundException", "message": "Secrets Manager can't find the specified secret."}`)
		default:
			b, _ := json.Marshal(map[string]string{"ARN": in.SecretId, "SecretString": c.hook.URL + "/services/T0/SECRET\n"})
			_, _ = w.Write(b)
		}
	}))
	t.Cleanup(c.secrets.Close)
}

// deploy starts the function, as the process that it is, with the demo's estate around it.
func deploy(t *testing.T, o awssim.Options, variables ...string) *cloud {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	c := &cloud{stdout: &log{}, stderr: &log{}, temp: t.TempDir()}
	var err error
	c.estate, err = awssim.DemoEstate(time.Now())
	must(err)
	o.Estate = c.estate
	server, err := awssim.Start(o)
	must(err)
	t.Cleanup(func() { _ = server.Close() })
	c.s3 = s3sim.Start(s3sim.Options{PageSize: 2, Buckets: []s3sim.Bucket{{Name: "reports", Region: "eu-central-1", Owner: owner},
		{Name: "security", Region: "us-east-2", Owner: "999999999999"}}})
	t.Cleanup(c.s3.Close)
	c.serveSecret(t)
	command := exec.Command(os.Args[0])
	command.Stdout, command.Stderr = c.stdout, c.stderr
	command.Env = []string{
		asFunction + "=1", "TMPDIR=" + c.temp, "HOME=/nonexistent", "AWS_REGION=eu-central-1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512",
		"AWS_ENDPOINT_URL=" + server.URL(), "AWS_ENDPOINT_URL_S3=" + c.s3.URL(),
		"AWS_ACCESS_KEY_ID=" + awssim.AccessKey(c.estate.Organization.ManagementAccount), "AWS_SECRET_ACCESS_KEY=simulated",
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + c.secrets.URL, "TENOR_OUTPUT_S3=s3://reports/audit",
	}
	command.Env = append(command.Env, variables...)
	c.Function, err = lambdasim.Start(command)
	must(err)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(c.temp); err != nil || len(left) > 0 {
			t.Errorf("left in /tmp: %v, %v", left, err)
		}
		if t.Failed() {
			t.Logf("stderr:\n%s", c.stderr)
		}
	})
	return c
}

// event is one that reads the demo's organization and delivers to the bucket, with more members over it.
func (c *cloud) event(t *testing.T, more map[string]any) []byte {
	t.Helper()
	e := map[string]any{
		"regions":      []string{"eu-central-1"},
		"organization": map[string]string{"role_name": c.estate.Role.Name, "external_id": c.estate.Role.ExternalID},
		"output":       map[string]any{"s3": "s3://reports/audit", "bucket_owner": owner, "formats": []string{"json"}},
		"rate":         1000,
	}
	for k, v := range more {
		e[k] = v
	}
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (c *cloud) invoke(t *testing.T, event []byte, timeout time.Duration) delivery.Notice {
	t.Helper()
	answer, err := c.Invoke(context.Background(), event, timeout)
	if err != nil {
		t.Fatal(err)
	}
	var n delivery.Notice
	d := json.NewDecoder(bytes.NewReader(answer))
	d.DisallowUnknownFields()
	if err := d.Decode(&n); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	return n
}

// report reads latest/report.json.
func (c *cloud) report(t *testing.T) audit.Report {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	if err := os.WriteFile(path, c.s3.Objects("reports")["audit/latest/report.json"].Body, 0o600); err != nil {
		t.Fatal(err)
	}
	r, closeReport, err := report.ReadJSON(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closeReport() })
	return r
}

func TestFindingsAreAnAnswer(t *testing.T) {
	c := deploy(t, awssim.Options{})
	n := c.invoke(t, c.event(t, nil), 10*time.Minute)
	if n.Status != audit.HasFindings || n.Exit != int(job.ExitFindings) || n.Findings[audit.High] == 0 || n.Gaps != 0 || n.New != 0 {
		t.Errorf("%+v", n)
	}
	r := c.report(t)
	if r.Run.ID != n.Run || n.Folder == "" || !strings.HasPrefix(n.Folder, "s3://reports/audit/runs/") {
		t.Errorf("run %s, %+v", r.Run.ID, n)
	}
	var emf map[string]any
	if err := json.Unmarshal([]byte(c.stdout.String()), &emf); err != nil {
		t.Fatalf("%v: %s", err, c.stdout)
	}
	if emf["FunctionName"] != "tenor" || emf["FindingsHigh"] != float64(n.Findings[audit.High]) || emf["Runs"] != 1.0 {
		t.Errorf("metrics: %v", emf)
	}
	if n.Invocation == "" || emf["Invocation"] != n.Invocation || emf["Run"] != n.Run {
		t.Errorf("invocation %q, metrics of %v, run %v", n.Invocation, emf["Invocation"], emf["Run"])
	}
	for line := range strings.Lines(c.stderr.String()) {
		var has struct{ Invocation string }
		if err := json.Unmarshal([]byte(line), &has); err != nil || has.Invocation != n.Invocation {
			t.Errorf("a line of the log: %v: %s", err, line)
		}
	}

	again := c.invoke(t, c.event(t, nil), 10*time.Minute) // warm, and compared with the first
	if again.Invocation == n.Invocation {
		t.Errorf("both are the invocation %s", n.Invocation)
	}
	if r := c.report(t); r.Run.ID != again.Run || r.Changes == nil || r.Changes.Baseline.ID != n.Run {
		t.Errorf("changes: %+v", r.Changes)
	}
}

// TestWebhookSecret has the function post to the URL that its secret holds, which nothing but the secret has.
func TestWebhookSecret(t *testing.T) {
	c := deploy(t, awssim.Options{}, "TENOR_WEBHOOK_SECRET_ARN="+secretARN)
	c.invoke(t, c.event(t, nil), 10*time.Minute)
	select {
	case got := <-c.posted:
		if !strings.HasPrefix(got, `/services/T0/SECRET {"text":"*tenor: findings`) {
			t.Errorf("posted %.200s", got)
		}
	default:
		t.Error("nothing was posted")
	}
	if said := c.stderr.String() + c.stdout.String(); strings.Contains(said, "SECRET") || strings.Contains(said, "/services/") {
		t.Errorf("the address is in the log: %s", said)
	}
}

// TestWebhookWithoutSecret has a report land though the secret cannot be read.
func TestWebhookWithoutSecret(t *testing.T) {
	c := deploy(t, awssim.Options{}, "TENOR_WEBHOOK_SECRET_ARN="+secretARN+"x")
	_, err := c.Invoke(context.Background(), c.event(t, nil), 10*time.Minute)
	f, ok := errors.AsType[*lambdasim.Failure](err)
	if !ok || f.Type != typeUndelivered || !strings.Contains(f.Message, "ResourceNotFoundException") {
		t.Errorf("%v", err)
	}
	if r := c.report(t); r.Status != audit.HasFindings {
		t.Errorf("status %s", r.Status)
	}
}

// TestDeploymentSays has deployments that cannot be.
func TestDeploymentSays(t *testing.T) {
	for variable, want := range map[string]string{
		"TENOR_WEBHOOK=https://hooks.example/x": "TENOR_WEBHOOK is not read by a function",
		"TENOR_OUTPUT_S3=":                      "event: output.s3 is missing in the deployment: set TENOR_OUTPUT_S3",
		"TENOR_EVENT_MAY_SET=everything":        `TENOR_EVENT_MAY_SET: "everything": want some of`,
	} {
		c := deploy(t, awssim.Options{}, variable)
		_, err := c.Invoke(context.Background(), []byte(`{}`), 10*time.Minute)
		if f, ok := errors.AsType[*lambdasim.Failure](err); !ok || f.Type != typeEvent || !strings.HasPrefix(f.Message, want) {
			t.Errorf("%s: %v", variable, err)
		}
	}
}

func TestConfigInS3(t *testing.T) {
	c := deploy(t, awssim.Options{})
	c.s3.Store("reports", "config/prod/tenor.yaml", []byte(`
regions: [us-east-2]
organization: {role_name: `+c.estate.Role.Name+`, external_id: `+c.estate.Role.ExternalID+`}
rate: 1000
waivers: ../waivers.yaml
policies: {dirs: [rego], bundles: [s3://security/policies.tar.gz], key: key.txt, disable: [general.tag_missing]}
output: {s3: s3://reports/elsewhere, bucket_owner: "`+owner+`", formats: [json, csv]}
fail_on: low
`))
	c.s3.Store("reports", "config/waivers.yaml", []byte("waivers:\n- {rule: outposts.order_error, resource: 'oo-*', reason: known, owner: "+
		"me, expires: "+time.Now().AddDate(0, 6, 0).Format(time.DateOnly)+"}\n"))
	for _, name := range []string{"a", "b", "c"} { // more than a page of the listing
		c.s3.Store("reports", "config/prod/rego/"+name+"/"+name+".rego", []byte(strings.ReplaceAll(`# METADATA
# scope: package
# title: ours
# custom: {severity: low, kinds: [outposts.outpost]}
package ours.NAME

deny contains {"msg": "seen"} if input.id
`, "NAME", name)))
	}
	c.s3.Store("reports", "config/prod/key.txt", []byte("a shared secret of some length\n"))
	c.s3.Store("security", "policies.tar.gz", signedBundle(t, "a shared secret of some length"))
	n := c.invoke(t, []byte(`{"config": "s3://reports/config/prod/tenor.yaml", "output": {"s3": "s3://reports/audit", "bucket_owner": "`+
		owner+`"}, "regions": ["eu-central-1"], "as_of": "2026-12-01"}`), 10*time.Minute)
	r := c.report(t)
	var own []string
	for _, rule := range r.Rules {
		if strings.HasPrefix(rule.ID, "ours.") && rule.Verdicts[audit.Fail] > 0 {
			own = append(own, rule.ID)
		}
		if rule.ID == "general.tag_missing" {
			t.Error("a rule that is off has run")
		}
	}
	if d := cmp.Diff([]string{"ours.a", "ours.b", "ours.bundled", "ours.c"}, own); d != "" {
		t.Errorf("own rules: %s", d)
	}
	if d := cmp.Diff([]string{"eu-central-1"}, r.Run.Regions); d != "" || r.Run.AsOf != "2026-12-01T00:00:00Z" || n.AsOf != r.Run.AsOf {
		t.Errorf("the event does not stand over the config: %s, as of %s", d, r.Run.AsOf)
	}
	if len(r.Waivers) != 1 || r.Waivers[0].Matched == 0 {
		t.Errorf("waivers: %+v", r.Waivers)
	}
	if _, ok := c.s3.Objects("reports")["audit/latest/report.csv"]; !ok {
		t.Error("the config's formats do not hold where the event says nothing of them")
	}
}

// signedBundle is a bundle of policies, signed with a shared secret.
func signedBundle(t *testing.T, secret string) []byte {
	t.Helper()
	const policy = "package ours.bundled\n\ndeny contains {\"msg\": \"seen\"} if input.id\n"
	b := bundle.Bundle{Data: map[string]any{}, Modules: []bundle.ModuleFile{{URL: "/a.rego", Path: "/a.rego", RelativePath: "/a.rego",
		Raw: []byte(policy), Parsed: ast.MustParseModule(policy)}}}
	b.Manifest.Init()
	if err := b.GenerateSignature(bundle.NewSigningConfig(secret, "HS256", ""), "", false); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := bundle.NewWriter(&out).DisableFormat(true).Write(b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestErrors(t *testing.T) {
	c := deploy(t, awssim.Options{})
	c.s3.Store("security", "policies.tar.gz", signedBundle(t, "another secret"))
	c.s3.Store("reports", "key.txt", []byte("a shared secret of some length"))
	c.s3.Store("reports", "unsigned.yaml", []byte("policies: {bundles: [s3://security/policies.tar.gz]}\n"))
	c.s3.Store("reports", "forged.yaml", []byte("policies: {bundles: [s3://security/policies.tar.gz], key: key.txt}\n"))
	c.s3.Store("reports", "broken.yaml", []byte("policies: {dirs: [broken]}\n"))
	c.s3.Store("reports", "broken/a.rego", []byte("package a\n\ndeny contains 1 if {\n"))
	c.s3.Store("reports", "bad.yaml", []byte("fail_on: low\nregoins: []\n"))
	c.s3.Store("reports", "nothing.yaml", []byte("policies: {dirs: [rego]}"))
	c.s3.Store("reports", "outside.yaml", []byte("waivers: ../../waivers.yaml"))
	c.s3.Store("reports", "hook.yaml", []byte("output: {webhook: 'https://evil.example/x'}"))
	c.s3.Store("reports", "quiet.yaml", []byte("notify: {on: never}"))
	plain := func(e string) []byte { return []byte(e) }
	at := `"output": {"s3": "s3://reports/audit", "bucket_owner": "` + owner + `"}`
	for _, tt := range []struct {
		name    string
		event   []byte
		timeout time.Duration
		want    lambdasim.Failure // Message: how it begins
	}{
		{"unknown key", plain(`{"regoin": ["eu-central-1"], ` + at + `}`), time.Hour,
			lambdasim.Failure{Type: typeEvent, Message: `event:1: unknown key "regoin"`}},
		{"an event of someone else", plain(`{"version": "0", "detail-type": "Scheduled Event"}`), time.Hour,
			lambdasim.Failure{Type: typeEvent, Message: `event:1: unknown key "detail-type"`}},
		{"wrong type", plain(`{"regions": {"a": 1}, ` + at + `}`), time.Hour,
			lambdasim.Failure{Type: typeEvent, Message: `event:1: a mapping does not fit: want a list`}},
		{"wrong value", plain(`{"fail_on": "never", ` + at + `}`), time.Hour,
			lambdasim.Failure{Type: typeEvent, Message: `event: fail_on: "never": want critical,`}},
		{"no object", plain(`["eu-central-1"]`), time.Hour, lambdasim.Failure{Type: typeEvent, Message: `event: want one JSON object`}},
		{"another bucket", plain(`{"output": {"s3": "s3://mine/audit"}}`), time.Hour, lambdasim.Failure{Type: typeEvent,
			Message: `event: output.s3 is set by the deployment alone`}},
		{"a webhook in the config", plain(`{"config": "s3://reports/hook.yaml", ` + at + `}`), time.Hour, lambdasim.Failure{Type: typeEvent,
			Message: `event: output.webhook is set by the deployment alone`}},
		{"no notices in the config", plain(`{"config": "s3://reports/quiet.yaml", ` + at + `}`), time.Hour, lambdasim.Failure{Type: typeEvent,
			Message: `event: notify is set by the deployment alone`}},
		{"no such step", plain(`{"step": "dance", ` + at + `}`), time.Hour,
			lambdasim.Failure{Type: typeEvent, Message: `event: step "dance": want plan, shard or merge, or none`}},
		{"no such time", plain(`{"as_of": "soon", ` + at + `}`), time.Hour,
			lambdasim.Failure{Type: typeEvent, Message: `event: as_of "soon": want a date 2026-12-31 or`}},
		{"too short", c.event(t, nil), 30 * time.Second, lambdasim.Failure{Type: typeEvent,
			Message: `the function has 30s to run, and the last 1m0s are for the report: give it a longer timeout`}},
		{"no config", plain(`{"config": "s3://reports/tenor.yaml", ` + at + `}`), time.Hour,
			lambdasim.Failure{Type: typeEvent, Message: `config: read s3://reports/tenor.yaml: no such object`}},
		{"a config with an unknown key", plain(`{"config": "s3://reports/bad.yaml", ` + at + `}`), time.Hour,
			lambdasim.Failure{Type: typeEvent, Message: `config: s3://reports/bad.yaml:2: unknown key "regoins"`}},
		{"no policies", plain(`{"config": "s3://reports/nothing.yaml", ` + at + `}`), time.Hour,
			lambdasim.Failure{Type: typeEvent, Message: `config: s3://reports/rego/: no such object`}},
		{"a bundle in S3 that is not signed", plain(`{"config": "s3://reports/unsigned.yaml", ` + at + `}`), time.Hour,
			lambdasim.Failure{Type: typeEvent, Message: `config: s3://reports/unsigned.yaml:1: policies.bundles: "s3://security/policies.tar.gz": a bundle`}},
		{"a bundle in S3 that another has signed", plain(`{"config": "s3://reports/forged.yaml", ` + at + `}`), time.Hour,
			lambdasim.Failure{Type: typeEvent, Message: `read bundle s3://security/policies.tar.gz: failed to verify JWT signature`}},
		{"a policy that does not compile", plain(`{"config": "s3://reports/broken.yaml", ` + at + `}`), time.Hour,
			lambdasim.Failure{Type: typeEvent, Message: `/tmp/`}},
		{"outside the bucket", plain(`{"config": "s3://reports/outside.yaml", ` + at + `}`), time.Hour,
			lambdasim.Failure{Type: typeEvent, Message: `config: ../../waivers.yaml: is outside the bucket`}},
		{"no such account", c.event(t, map[string]any{"organization": nil, "accounts": []string{"999999999999"}}), time.Hour,
			lambdasim.Failure{Type: typeRun, Message: `account 999999999999 is not the caller's own, `}},
		{"key that does not exist", c.event(t, map[string]any{"output": map[string]any{"s3": "s3://reports/audit", "bucket_owner": owner,
			"kms_key": "alias/none"}}), time.Hour,
			lambdasim.Failure{Type: typeUndelivered, Message: `deliver to s3://reports/audit: write s3://reports/audit/runs/`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer, err := c.Invoke(context.Background(), tt.event, tt.timeout)
			have, ok := errors.AsType[*lambdasim.Failure](err)
			if !ok {
				t.Fatalf("%v: %s", err, answer)
			}
			if have.Type != tt.want.Type || !strings.HasPrefix(have.Message, tt.want.Message) {
				t.Errorf("%v, want %v", have, &tt.want)
			}
		})
	}
	if n := c.invoke(t, c.event(t, nil), time.Hour); n.Status != audit.HasFindings { // after all that it still works
		t.Errorf("%+v", n)
	}
}

func TestDeadline(t *testing.T) {
	c := deploy(t, awssim.Options{Latency: 700 * time.Millisecond})
	n := c.invoke(t, c.event(t, nil), margin+3*time.Second)
	r := c.report(t)
	timeouts := 0
	for row := range r.Coverage.All() {
		if row.Status == audit.StatusGap && row.Reason == audit.ReasonTimeout {
			timeouts++
		}
	}
	if n.Status != audit.Incomplete || timeouts == 0 || timeouts != n.Gaps || r.Status != audit.Incomplete {
		t.Errorf("%d timeouts, %+v", timeouts, n)
	}
}

// TestSteps runs what the state machine would: plan, a shard each, merge.
func TestSteps(t *testing.T) {
	c := deploy(t, awssim.Options{})
	call := func(more map[string]any, answer any) {
		t.Helper()
		b, err := c.Invoke(context.Background(), c.event(t, more), 10*time.Minute)
		if err == nil {
			err = json.Unmarshal(b, answer)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var p planned
	call(map[string]any{"step": "plan", "shards": 3}, &p)
	if d := cmp.Diff([]int{0, 1, 2}, p.Shards); d != "" || !strings.HasPrefix(p.Plan, "s3://reports/audit/plans/") {
		t.Fatalf("%+v", p)
	}
	resources := 0
	for _, i := range p.Shards {
		var s evaluated
		call(map[string]any{"step": "shard", "plan": p.Plan, "shard": i}, &s)
		if s.Shard != i {
			t.Errorf("%+v", s)
		}
		resources += s.Resources
	}
	if c.stdout.String() != "" {
		t.Errorf("a shard counts as a run: %s", c.stdout)
	}
	var n delivery.Notice
	call(map[string]any{"step": "merge", "plan": p.Plan}, &n)
	r := c.report(t)
	for kind, count := range r.Summary.Resources {
		if kind != audit.KindAccount {
			resources -= count
		}
	}
	if n.Status != audit.HasFindings || n.Run != r.Run.ID || resources != 0 {
		t.Errorf("%d resources were lost, %+v", resources, n)
	}
	whole := c.invoke(t, c.event(t, nil), 10*time.Minute)
	if d := cmp.Diff(n.Findings, whole.Findings); d != "" {
		t.Errorf("-sharded +whole: %s", d)
	}
	for _, more := range []map[string]any{{"step": "shard", "plan": p.Plan, "shard": 3},
		{"step": "shard", "plan": "s3://reports/audit/none/shards.json", "shard": 0}, {"step": "merge"}} {
		_, err := c.Invoke(context.Background(), c.event(t, more), time.Hour)
		if f, ok := errors.AsType[*lambdasim.Failure](err); !ok || f.Type != typeRun {
			t.Errorf("%v: %v", more, err)
		}
	}
}

// TestRuntimesLog has what the runtime's library writes be a line like all others: a panic, and no failure a second time.
func TestRuntimesLog(t *testing.T) {
	var out bytes.Buffer
	f := function{log: slog.New(slog.NewJSONHandler(&out, nil))}
	for _, text := range []string{`{"errorMessage":"event: x","errorType":"Tenor.BadEvent"}` + "\n",
		`{"errorMessage":"index out of range","errorType":"boundsError","stackTrace":[]}` + "\n", "calling the handler function resulted in a panic\n"} {
		if n, err := f.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("%d of %d bytes, %v", n, len(text), err)
		}
		f.running = f.log.With("invocation", "i")
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		var e struct{ Level, Msg, Type, Error, Invocation string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Join([]string{e.Level, e.Msg, e.Type, e.Invocation, e.Error}, " "))
	}
	want := []string{`ERROR failed boundsError i {"errorMessage":"index out of range","errorType":"boundsError","stackTrace":[]}`,
		"ERROR failed Runtime i calling the handler function resulted in a panic"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// An event without the number of its shard must not be taken for shard 0, and what fails is logged as JSON, like all else.
func TestShardIsNamed(t *testing.T) {
	c := deploy(t, awssim.Options{})
	_, err := c.Invoke(context.Background(), c.event(t, map[string]any{"step": "shard", "plan": "s3://reports/audit/x/shards.json"}), time.Hour)
	const want = "event: shard is missing: the step shard needs a number from the answer to the step plan"
	if f, ok := errors.AsType[*lambdasim.Failure](err); !ok || f.Type != typeEvent || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	logged := func() bool {
		for line := range strings.Lines(c.stderr.String()) {
			var entry struct{ Level, Msg, Type, Error string }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Level == "ERROR" && entry.Msg == "failed" {
				return entry.Type == typeEvent && entry.Error == want
			}
		}
		return false
	}
	for range 1000 { // what the process writes is read beside its answer
		if logged() {
			for line := range strings.Lines(c.stderr.String()) {
				var entry struct{ Level, Invocation string }
				if json.Unmarshal([]byte(line), &entry) != nil || entry.Level == "" || entry.Invocation == "" {
					t.Errorf("no line of the log with the invocation: %s", line)
				}
			}
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the failure is not logged as JSON:\n%s", c.stderr)
}

func TestNoTemporaryFolder(t *testing.T) {
	f := function{log: slog.New(slog.DiscardHandler), temp: filepath.Join(t.TempDir(), "missing")}
	if _, err := f.handle(context.Background(), []byte(`{}`)); err == nil || !strings.Contains(err.Error(), typeRun) {
		t.Errorf("%v", err)
	}
}
