package job

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/smtpsim"
	"tenor/job/delivery"
)

// inbox is a topic and a webhook that keep what they get.
type inbox struct {
	sns   []url.Values
	slack []string
	fail  int // answers to give with 503 first
}

func (in *inbox) start(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.URL.Path != "/" {
			if in.fail > 0 {
				in.fail--
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			var m struct{ Text string }
			if err := json.Unmarshal(body, &m); err != nil {
				t.Error(err)
			}
			in.slack = append(in.slack, m.Text)
			return
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		if strings.HasSuffix(form.Get("TopicArn"), ":gone") {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>Topic does not `+
				`exist</Message></Error></ErrorResponse>`)
			return
		}
		in.sns = append(in.sns, form)
		fmt.Fprint(w, `<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`)
	}))
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL_SNS", s.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	return s
}

func TestNotify(t *testing.T) {
	in := &inbox{}
	server := in.start(t)
	j := demoJob(t, deliveryDay)
	j.Invocation = "ITISTHISONE"
	j.Config.Output.SNSTopic, j.Config.Output.Webhook = "arn:aws:sns:eu-west-1:111122223333:tenor", server.URL+"/services/T0/B0/secret"
	res := runJob(t, j)
	if res.Delivery.Err != nil || len(in.sns) != 1 || len(in.slack) != 1 {
		t.Fatalf("%v, %d to SNS, %d to Slack", res.Delivery.Err, len(in.sns), len(in.slack))
	}
	if d := cmp.Diff([]string{"arn:aws:sns:eu-west-1:111122223333:tenor", "webhook at " + strings.TrimPrefix(server.URL, "http://")},
		res.Delivery.Done); d != "" {
		t.Error(d)
	}
	form := in.sns[0]
	subject, text := form.Get("Subject"), form.Get("Message")
	if len(subject) > 100 || !strings.HasPrefix(subject, "tenor: findings, ") {
		t.Errorf("subject %q", subject)
	}
	for _, part := range []string{"Findings: ", "Decide by ", "CRITICAL outposts.notice_deadline: op-", "… and more in the report",
		"As of 2026-11-20T09:00:00Z, run " + res.Report.Run.ID + ", invocation ITISTHISONE\n"} {
		if !strings.Contains(text, part) {
			t.Errorf("the text lacks %q:\n%s", part, text)
		}
	}
	if form.Get("MessageAttributes.entry.1.Name") != "summary" {
		t.Errorf("attributes: %v", form)
	}
	var have delivery.Notice
	if err := json.Unmarshal([]byte(form.Get("MessageAttributes.entry.1.Value.StringValue")), &have); err != nil {
		t.Fatal(err)
	}
	want := delivery.Notice{Status: audit.HasFindings, Run: res.Report.Run.ID, Invocation: j.Invocation, AsOf: "2026-11-20T09:00:00Z", Exit: int(ExitFindings), Findings: res.Report.Summary.BySeverity(), Deadlines: have.Deadlines, Months: res.Report.Summary.MonthToMonth,
		Missing: []delivery.GapNotice{}, Warnings: []string{}, SettingsOf: []string{}}
	if d := cmp.Diff(want, have, cmp.AllowUnexported(delivery.Notice{})); d != "" || len(have.Deadlines) != 5 {
		t.Errorf("%d deadlines, %s", len(have.Deadlines), d)
	}
	if res.Metrics.Run != res.Report.Run.ID || res.Metrics.Invocation != j.Invocation {
		t.Errorf("the metrics are of run %q, invocation %q", res.Metrics.Run, res.Metrics.Invocation)
	}
	first, err := os.ReadFile(filepath.Join(j.Config.Output.Dir, "report.json"))
	if err != nil || strings.Contains(string(first), j.Invocation) {
		t.Errorf("%v: the report has the invocation: the next would not be the same", err)
	}
	if !strings.HasPrefix(in.slack[0], "*"+subject+"*\n") {
		t.Errorf("Slack has %q", in.slack[0])
	}

	j.Config.Baseline = "last" // which it is for a run that is delivered, said or not
	if again := runJob(t, j); again.Delivery.Err != nil || len(in.sns) != 1 || len(in.slack) != 1 {
		t.Errorf("the same again: %v, %d to SNS, %d to Slack", again.Delivery.Err, len(in.sns), len(in.slack))
	}
}

func TestNotifyThatFails(t *testing.T) {
	in := &inbox{}
	server := in.start(t)
	j := demoJob(t, deliveryDay)
	j.Config.Output.SNSTopic, j.Config.Output.Webhook = "arn:aws:sns:eu-west-1:111122223333:gone", server.URL+"/hook"
	res := runJob(t, j)
	if err := res.Delivery.Err; err == nil || err.Error() != "deliver to arn:aws:sns:eu-west-1:111122223333:gone: NotFound: Topic does not exist" || res.Exit != ExitUndelivered {
		t.Errorf("exit %d: %v", res.Exit, err)
	}
	if len(in.slack) != 1 {
		t.Errorf("the webhook got %d notices", len(in.slack))
	}
}

// TestMailOfARun: the workbook goes by mail when it is asked for, as often as others are told; what fails is undelivered, and costs no
// other delivery.
func TestMailOfARun(t *testing.T) {
	in := &inbox{}
	hook := in.start(t)
	server, err := smtpsim.Start(smtpsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	j := demoJob(t, deliveryDay)
	j.Config.Output.Formats = []string{"json", "xlsx"}
	j.Config.Output.Webhook = hook.URL + "/hook"
	m := &delivery.Mail{From: "tenor@example.com", To: []string{"finance@example.com"}, SMTP: "smtp://" + server.Addr(), Attach: []string{"xlsx"}}
	j.Config.Output.Mail = m
	res := runJob(t, j)
	mails := server.Messages()
	if res.Delivery.Err != nil || len(mails) != 1 || cmp.Diff(m.To, mails[0].To) != "" {
		t.Fatalf("%v, %+v", res.Delivery.Err, mails)
	}
	workbook, err := os.ReadFile(filepath.Join(j.Config.Output.Dir, "report.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	sent := strings.ReplaceAll(string(mails[0].Data), "\r\n", "")
	if !strings.Contains(sent, base64.StdEncoding.EncodeToString(workbook)) || !strings.Contains(sent, `filename="report.xlsx"`) {
		t.Error("the mail lacks the workbook")
	}
	if done := res.Delivery.Done; done[len(done)-1] != "mail by 127.0.0.1" {
		t.Errorf("%q", done)
	}
	if again := runJob(t, j); again.Delivery.Err != nil || len(server.Messages()) != 1 {
		t.Errorf("the same again: %v, %d mails", again.Delivery.Err, len(server.Messages()))
	}

	if err := os.MkdirAll(filepath.Join(j.Config.Output.Dir, "report.html", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	j.Config.Output.Formats = append(j.Config.Output.Formats, "html")
	j.Config.Notify.On, m.Attach = delivery.NotifyAlways, []string{"html"}
	res = runJob(t, j)
	const without = "deliver to mail by 127.0.0.1: sent without report.html: it was not written"
	if err := res.Delivery.Err; err == nil || !strings.HasSuffix(err.Error(), "\n"+without) || res.Exit != ExitUndelivered || len(server.Messages()) != 2 {
		t.Errorf("exit %d: %v, %d mails", res.Exit, err, len(server.Messages()))
	}
	if err := os.RemoveAll(filepath.Join(j.Config.Output.Dir, "report.html")); err != nil {
		t.Fatal(err)
	}
	m.SMTP, m.Attach, m.SMTPSecret = "smtps://tenor@127.0.0.1:1", nil, "arn:aws:secretsmanager:eu-central-1:111122223333:secret:s"
	t.Setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1")
	chats := len(in.slack)
	res = runJob(t, j)
	if err := res.Delivery.Err; err == nil || !strings.HasPrefix(err.Error(), "deliver to mail by 127.0.0.1: read the secret "+m.SMTPSecret) ||
		res.Exit != ExitUndelivered || len(in.slack) != chats+1 {
		t.Errorf("exit %d: %v, %d chats", res.Exit, err, len(in.slack)-chats)
	}
}
