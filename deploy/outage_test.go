package deploy

import (
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/internal/awssim"
	"tenor/internal/smtpsim"
	"tenor/job"
	"tenor/job/delivery"
)

// fires tells whether the alarm goes off when the metric has the value over one of its periods.
func (a alarm) fires(t *testing.T, value float64) bool {
	t.Helper()
	threshold, err := strconv.ParseFloat(a.Threshold, 64)
	if err != nil || a.Expression != "" || a.Periods != "1" {
		t.Fatalf("%v: the alarm is another than those that are played here: %+v", err, a)
	}
	switch a.Operator {
	case "GreaterThanThreshold":
		return value > threshold
	case "LessThanThreshold":
		return value < threshold
	}
	t.Fatalf("operator %q", a.Operator)
	return false
}

// alarmed returns the metrics of the alarms that go off after an invocation: of what the run printed for CloudWatch, where it made a
// report, and of what Lambda counts itself. The one on missed runs has a test of its own; here it is enough that a run that made no
// report sends no Runs.
func alarmed(t *testing.T, alarms []alarm, printed string, failed bool) []string {
	t.Helper()
	var line struct {
		AWS struct {
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name string }
			}
		} `json:"_aws"`
	}
	var values map[string]any
	if printed != "" {
		for _, to := range []any{&line, &values} {
			if err := json.Unmarshal([]byte(printed), to); err != nil {
				t.Fatal(err)
			}
		}
	}
	lambda := map[string]float64{"Errors": 0}
	if failed {
		lambda["Errors"] = 1
	}
	off := []string{}
	for _, a := range alarms {
		value, sent := lambda[a.Metric]
		sent = sent && a.Namespace == "AWS/Lambda"
		for _, d := range line.AWS.CloudWatchMetrics {
			named := slices.ContainsFunc(d.Metrics, func(m struct{ Name string }) bool { return m.Name == a.Metric })
			if d.Namespace != a.Namespace || !named || !slices.ContainsFunc(d.Dimensions, func(names []string) bool {
				return slices.Equal(names, slices.Sorted(maps.Keys(a.Dimension))) && a.Dimension[names[0]] == values[names[0]]
			}) {
				continue
			}
			value, sent = values[a.Metric].(float64)
		}
		if a.Metric == "Runs" {
			if sent == failed && printed == "" || sent && value != 1 {
				t.Errorf("a run that failed: %v; it sent Runs: %v, %v", failed, sent, value)
			}
			continue
		}
		if sent && a.fires(t, value) {
			off = append(off, a.Metric)
		}
	}
	slices.Sort(off)
	return off
}

// deadLetters returns how often Lambda tries an event again, and the metrics of the alarms that go off once it has given it up.
func deadLetters(t *testing.T, s *stack, alarms []alarm) (retries int, off []string) {
	t.Helper()
	c := template(mapOf(s.properties("Function").at(t, "EventInvokeConfig")))
	to := c.at(t, "DestinationConfig", "OnFailure")
	if d := cmp.Diff(map[string]any{"Type": "SQS", "Destination": names["DeadLetters.Arn"]}, to); d != "" {
		t.Fatalf("where an event goes that failed for good:\n%s", d)
	}
	for _, a := range alarms {
		if a.Namespace == "AWS/SQS" && a.Metric == "ApproximateNumberOfMessagesVisible" &&
			a.Dimension["QueueName"] == names["DeadLetters.QueueName"] && a.fires(t, 1) && !a.fires(t, 0) {
			off = append(off, a.Metric)
		}
	}
	retries, err := strconv.Atoi(c.at(t, "MaximumRetryAttempts").(string))
	if err != nil {
		t.Fatal(err)
	}
	return retries, off
}

// listeners are a topic, webhooks and mail servers on loopback, and the first words that each was told.
type listeners struct {
	http *httptest.Server
	smtp *smtpsim.Server
	told map[string]string
	deaf bool // whoever is spoken to by HTTP is down
}

func listen(t *testing.T) *listeners {
	t.Helper()
	l := &listeners{told: map[string]string{}}
	l.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || l.deaf {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		switch r.URL.Path {
		case "/slack", "/teams":
			l.told[r.URL.Path[1:]] = string(body)
		case "/v2/email/outbound-emails":
			var mail struct {
				Content struct {
					Simple struct {
						Subject struct{ Data string }
						Body    struct{ Text struct{ Data string } }
					}
				}
			}
			if err := json.Unmarshal(body, &mail); err != nil {
				t.Error(err)
			}
			l.told["ses"] = mail.Content.Simple.Subject.Data + "\n" + mail.Content.Simple.Body.Text.Data
			_, _ = io.WriteString(w, `{"MessageId":"1"}`)
		default:
			form, err := url.ParseQuery(string(body))
			if err != nil {
				t.Error(err)
			}
			l.told["sns"] = form.Get("Subject") + "\n" + form.Get("Message")
			_, _ = io.WriteString(w, `<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`)
		}
	}))
	t.Cleanup(l.http.Close)
	var err error
	if l.smtp, err = smtpsim.Start(smtpsim.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.smtp.Close() })
	for name, value := range map[string]string{"AWS_ENDPOINT_URL_SNS": l.http.URL, "AWS_ENDPOINT_URL_SESV2": l.http.URL,
		"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_CONFIG_FILE": os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_REGION": "eu-central-1", "AWS_MAX_ATTEMPTS": "1"} {
		t.Setenv(name, value)
	}
	return l
}

// output is a config's that tells all of them, two of which are of the same kind as two others.
func (l *listeners) output(dir string, other bool) job.Output {
	o := job.Output{Dir: dir, Formats: []string{"json"}, SNSTopic: "arn:aws:sns:eu-central-1:111122223333:tenor",
		Webhook: l.http.URL + "/slack", WebhookFormat: "slack",
		Mail: &delivery.Mail{From: "tenor@example.com", To: []string{"finance@example.com"}, SMTP: "smtp://" + l.smtp.Addr()}}
	if other {
		o.Webhook, o.WebhookFormat, o.Mail.SMTP, o.Mail.SES = l.http.URL+"/teams", "teams", "", true
	}
	return o
}

// take returns what was told since it was last asked.
func (l *listeners) take(mails int) map[string]string {
	told := l.told
	l.told = map[string]string{}
	for _, m := range l.smtp.Messages()[mails:] {
		told["smtp"] = string(m.Data)
	}
	return told
}

// TestOutages has AWS, the network and a policy go wrong after a night on which all was well: what each outage makes of the exit code, of
// the metrics, of the alarms of the templates and of the notices, each by a server of its protocol.
func TestOutages(t *testing.T) {
	s, _ := pair(t, setups[0])
	alarms := s.alarms()
	function := names["Function"].(string)
	l := listen(t)
	night := time.Date(2026, 11, 20, 5, 0, 0, 0, time.UTC)
	estate, err := awssim.DemoEstate(night)
	if err != nil {
		t.Fatal(err)
	}
	broken := t.TempDir()
	const rule = "package acme.broken\n\ndeny contains \"x\" if to_number(input.id) > 0\n"
	if err := os.WriteFile(filepath.Join(broken, "broken.rego"), []byte(rule), 0o600); err != nil {
		t.Fatal(err)
	}
	const member = "203948571620"
	last := t.TempDir() // the run folder of the night on which all was well
	retries, dead := deadLetters(t, s, alarms)
	run := func(t *testing.T, dir string, other bool, tt outage) (res *job.Result, told map[string]string, off []string, failed bool) {
		t.Helper()
		var server *awssim.Server // which the request that it dies of closes
		var asked atomic.Int64
		server, err = awssim.Start(awssim.Options{Estate: estate, Faults: tt.faults, OnRequest: func(awssim.Request) {
			if asked.Add(1) == tt.dies {
				go func() { _ = server.Close() }()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = server.Close() }()
		c := job.DefaultConfig()
		c.Endpoint, c.AccessKey, c.Regions = server.URL(), awssim.AccessKey(estate.Organization.ManagementAccount), estate.Regions
		c.Organization = &job.Organization{RoleName: estate.Role.Name, ExternalID: estate.Role.ExternalID}
		c.Output, c.Baseline, c.Rate, c.FailOn = l.output(dir, other), "last", 10_000, job.FailOnNone
		if tt.policy {
			c.Policies.Dirs = []string{broken}
		}
		l.deaf = tt.deaf
		mails := len(l.smtp.Messages())
		j := &job.Job{Config: c, Version: "test", Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return night }}
		res, err = j.Run(t.Context())
		if exit, _ := job.ExitOf(err); err != nil && exit != tt.exit {
			t.Errorf("exit %d, want %d: %v", exit, tt.exit, err)
		}
		var printed strings.Builder
		failed = err != nil
		if err == nil {
			t.Cleanup(func() { _ = res.Close() })
			if res.Exit != tt.exit {
				t.Errorf("exit %d, want %d: %v", res.Exit, tt.exit, res.Delivery.Err)
			}
			if err := res.Metrics.EMF(&printed, function); err != nil {
				t.Fatal(err)
			}
			failed = res.Delivery.Err != nil
		}
		return res, l.take(mails), alarmed(t, alarms, printed.String(), failed), failed
	}
	quiet := outage{name: "nothing"}
	if _, _, off, _ := run(t, last, false, quiet); len(off) > 0 {
		t.Fatalf("a night on which all is well sets off %v", off)
	}
	for i, tt := range []outage{
		quiet,
		{name: "the accounts deny their role", faults: []awssim.Fault{{Operation: "AssumeRole", Kind: awssim.FaultAccessDenied}},
			exit: job.ExitIncomplete, why: "access_denied", off: []string{"Incomplete"}},
		{name: "an SCP denies an account", faults: []awssim.Fault{{Account: member, Kind: awssim.FaultDeniedBySCP}},
			exit: job.ExitIncomplete, why: "denied_by_scp", off: []string{"Incomplete"}},
		{name: "a region is down", faults: []awssim.Fault{{Region: "us-east-2", Kind: awssim.FaultServerError}},
			exit: job.ExitIncomplete, why: "error", off: []string{"Incomplete"}},
		{name: "a list is throttled", faults: []awssim.Fault{{Operation: "ListOrders", Kind: awssim.FaultThrottle}},
			exit: job.ExitIncomplete, why: "throttled", off: []string{"Incomplete"}},
		{name: "the endpoint dies", dies: 60, exit: job.ExitIncomplete, why: "error", off: []string{"Incomplete"}, recovers: true},
		{name: "the organization denies its list", faults: []awssim.Fault{{Operation: "ListAccounts", Kind: awssim.FaultDeniedBySCP}},
			exit: job.ExitFailed, off: []string{"ApproximateNumberOfMessagesVisible", "Errors"}},
		{name: "the credentials are refused", faults: []awssim.Fault{{Operation: "GetCallerIdentity", Kind: awssim.FaultRefusedToken}},
			exit: job.ExitFailed, off: []string{"ApproximateNumberOfMessagesVisible", "Errors"}},
		{name: "nobody can be told", faults: []awssim.Fault{{Operation: "ListQuotes", Kind: awssim.FaultAccessDenied}}, deaf: true,
			exit: job.ExitUndelivered, why: "access_denied", off: []string{"ApproximateNumberOfMessagesVisible", "Errors", "Incomplete"}},
		{name: "a policy fails", policy: true, exit: job.ExitFailed, why: "acme.broken", off: []string{"Incomplete", "RuleErrors"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			if err := os.CopyFS(dir, os.DirFS(last)); err != nil {
				t.Fatal(err)
			}
			res, told, off, failed := run(t, dir, i%2 == 1, tt)
			for range retries { // by Lambda, of an event that failed
				if !failed {
					break
				}
				var again []string
				if _, _, again, failed = run(t, dir, i%2 == 1, tt); !slices.Equal(again, off) {
					t.Errorf("%v go off when it is tried again, %v before", again, off)
				}
			}
			if failed {
				off = slices.Sorted(slices.Values(append(off, dead...)))
			}
			if d := cmp.Diff(tt.off, off); d != "" && len(tt.off)+len(off) > 0 {
				t.Errorf("alarms that go off (-want +got):\n%s", d)
			}
			var want []string
			switch {
			case tt.why == "":
			case tt.deaf:
				want = []string{"smtp"} // which is no server of HTTP
			case i%2 == 0:
				want = []string{"slack", "smtp", "sns"}
			default:
				want = []string{"ses", "sns", "teams"}
			}
			if d := cmp.Diff(want, slices.Sorted(maps.Keys(told))); d != "" {
				t.Errorf("who is told (-want +got):\n%s", d)
			}
			for kind, text := range told {
				if tt.why != "" && (!strings.Contains(text, "tenor: ") || !strings.Contains(text, tt.why)) {
					t.Errorf("%s is told: %s", kind, text)
				}
			}
			switch {
			case res != nil && (res.Metrics.Gaps > 0) != (len(tt.faults) > 0 || tt.dies > 0):
				t.Errorf("%d gaps", res.Metrics.Gaps)
			case res == nil && read(t, last) != read(t, dir):
				t.Error("a run that failed has changed the last report")
			}
			if !tt.recovers {
				return
			}
			if _, _, off, _ := run(t, dir, false, quiet); len(off) > 0 {
				t.Errorf("the night after, %v", off)
			}
		})
	}
}

func read(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// outage is what goes wrong, and what is to be seen of it.
type outage struct {
	name   string
	faults []awssim.Fault
	dies   int64 // the request with which the endpoint is gone; 0: never
	policy bool  // one fails while it runs
	deaf   bool
	exit   job.Exit
	why    string   // in each notice; empty: nobody is told
	off    []string // metrics whose alarms go off

	recovers bool // the night after is played too
}

// execute plays an execution, each task of which invokes the function: it fails with an error of that name, or does not, after so many
// seconds. It returns the metric of AWS/States for what becomes of it, empty for a success.
func (m *machine) execute(t *testing.T, invoke func(state string) (failure string, seconds int)) string {
	t.Helper()
	took := 0
	task := func(name string, retriers []retrier) (failed bool) {
		for tried := make([]int, len(retriers)); ; {
			failure, seconds := invoke(name)
			took += seconds
			if failure == "" {
				return false
			}
			i := slices.IndexFunc(retriers, func(r retrier) bool {
				return slices.Contains(r.ErrorEquals, failure) || slices.Contains(r.ErrorEquals, "States.ALL")
			})
			if most := 3; i >= 0 {
				if retriers[i].MaxAttempts != nil {
					most = *retriers[i].MaxAttempts
				}
				if tried[i]++; tried[i] <= most {
					continue
				}
			}
			return true
		}
	}
	var run func(m *machine) (failed bool)
	run = func(m *machine) bool {
		for name := m.StartAt; name != ""; name = m.States[name].Next {
			s := m.States[name]
			switch {
			case s.Catch != nil:
				t.Fatalf("%s catches errors, which is not played here", name)
			case s.Type == "Task" && task(name, s.Retry):
				return true
			case s.Type == "Map" && run(s.ItemProcessor) && s.ToleratedFailurePercentage < 100:
				return true
			}
		}
		return false
	}
	switch failed := run(m); {
	case took > m.TimeoutSeconds:
		return "ExecutionsTimedOut"
	case failed:
		return "ExecutionsFailed"
	}
	return ""
}

// TestShardedOutages has the plan, a shard and the merge of a sharded run fail, take too long, and be stopped by a person: what becomes of
// the execution by its definition, and which alarms go off.
func TestShardedOutages(t *testing.T) {
	s, _ := pair(t, setups[len(setups)-1])
	m, alarms := readMachine(t, s), s.alarms()
	estate, err := awssim.DemoEstate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	server, err := awssim.Start(awssim.Options{Estate: estate, Faults: []awssim.Fault{{Operation: "ListAccounts",
		Kind: awssim.FaultDeniedBySCP}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	c := job.DefaultConfig()
	c.Endpoint, c.AccessKey, c.Regions = server.URL(), awssim.AccessKey(estate.Organization.ManagementAccount), estate.Regions
	c.Organization = &job.Organization{RoleName: estate.Role.Name, ExternalID: estate.Role.ExternalID}
	j := &job.Job{Config: c, Version: "test", Log: slog.New(slog.DiscardHandler), Now: time.Now}
	const bad, failed, undelivered = "Tenor.BadEvent", "Tenor.RunFailed", "Tenor.Undelivered"
	times := func(n int, failure, at string) func(string) (string, int) {
		return func(state string) (string, int) {
			if state == at && n > 0 {
				n--
				return failure, 1
			}
			return "", 1
		}
	}
	for _, tt := range []struct {
		name   string
		invoke func(state string) (string, int)
		want   string // the metric whose alarm goes off
	}{
		{"nothing", times(0, "", ""), ""},
		{"the organization denies its list", func(state string) (string, int) {
			if state != "Plan" {
				t.Errorf("%s goes on without a plan", state)
			}
			if _, err := j.MakePlan(t.Context(), 4); err == nil || !strings.Contains(err.Error(), "service control policy") {
				t.Fatalf("the plan: %v", err)
			}
			return failed, 1
		}, "ExecutionsFailed"},
		{"a plan fails once", times(1, failed, "Plan"), ""},
		{"an event is refused", times(1, bad, "Plan"), "ExecutionsFailed"},
		{"a shard fails for good", times(100, failed, "Shard"), ""}, // the merge has gaps in its place, and sends Incomplete
		{"a merge does not arrive", times(100, undelivered, "Merge"), "ExecutionsFailed"},
		{"a merge is refused", times(1, bad, "Merge"), "ExecutionsFailed"},
		{"shards take too long", func(string) (string, int) { return "", m.TimeoutSeconds / 2 }, "ExecutionsTimedOut"},
		{"somebody stops it", nil, "ExecutionsAborted"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			metric := "ExecutionsAborted"
			if tt.invoke != nil {
				metric = m.execute(t, tt.invoke)
			}
			off := ""
			for _, a := range alarms {
				value := 0.0
				if a.Metric == metric {
					value = 1
				}
				if a.Namespace == "AWS/States" && a.Dimension["StateMachineArn"] == names["StateMachine"] && a.fires(t, value) {
					off += a.Metric
				}
			}
			if off != tt.want {
				t.Errorf("%q goes off, want %q", off, tt.want)
			}
		})
	}
}
