package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/foreign"
	"tenor/internal/inline"
)

func TestNotifyIsDue(t *testing.T) {
	const today, yesterday = "2026-11-20T09:00:00Z", "2026-11-19T09:00:00Z"
	at := func(asOf string) audit.Report {
		return audit.Report{Run: audit.Run{AsOf: asOf}, Changes: &audit.Changes{Persisting: 3}}
	}
	contract := func(notice string) audit.Renewal {
		return audit.Renewal{OutpostFacts: audit.OutpostFacts{ContractState: audit.StateRunning, ContractEnd: "2027-06-01", NoticeDeadline: audit.Optional(notice)}}
	}
	with := func(set func(*audit.Report)) audit.Report {
		r := at(today)
		set(&r)
		return r
	}
	gap := audit.Coverage{Account: "1", Region: "eu-central-1", Service: "outposts", Operation: "ListQuotes", Status: audit.StatusGap, Message: "yesterday's words"}
	row := func(status audit.CoverageStatus, operation string) audit.Coverage {
		return audit.Coverage{Account: "1", Region: "eu-central-1", Service: "outposts", Operation: operation, Status: status}
	}
	for _, tt := range []struct {
		name        string
		on          string
		report      audit.Report
		first       bool
		before      []audit.Coverage
		undelivered error
		want        string
	}{
		{name: "nothing new", report: at(today)},
		{name: "always", on: NotifyAlways, report: at(today), want: "always"},
		{name: "never", on: NotifyNever, report: with(func(r *audit.Report) {
			r.Changes.New, r.Changes.Changed, r.Changes.Resolved = 1, audit.NewList(inline.Of(audit.Changed{})), audit.NewList(inline.Of(audit.Finding{}))
			r.Renewals = audit.NewList(inline.Of(contract("2026-12-20")))
		})},
		{name: "never, and it is the first", on: NotifyNever, report: with(func(r *audit.Report) { r.Changes = nil }), first: true},
		{name: "never, and undelivered", on: NotifyNever, report: at(today), undelivered: errors.New("x"), want: "undelivered"},
		{name: "never, and incomplete", on: NotifyNever, report: with(func(r *audit.Report) { r.Status = audit.Incomplete }), want: "coverage"},
		{name: "never, and the first is incomplete", on: NotifyNever, first: true, report: with(func(r *audit.Report) {
			r.Status,
				r.Changes = audit.Incomplete, nil
		}),
			want: "coverage"},
		{name: "never, and not read this time", on: NotifyNever, report: at(today), before: []audit.Coverage{row(audit.StatusCollected,
			"ListOutposts")},
			want: "coverage"},
		{name: "never, and silenced", on: NotifyNever,
			report: with(func(r *audit.Report) { r.Changes.Silenced = audit.NewList(inline.Of(audit.Silenced{})) }), want: "settings"},
		{name: "never, and a setting", on: NotifyNever, report: with(func(r *audit.Report) { r.Changes.Settings = []audit.Setting{{}} }),
			want: "settings"},
		{name: "never, and the last report is damaged", on: NotifyNever,
			report: with(func(r *audit.Report) { r.Run.Warnings = []string{"w"} }), want: "warning"},
		{name: "a setting", report: with(func(r *audit.Report) { r.Changes.Settings, r.Changes.New = []audit.Setting{{}}, 1 }), want: "settings"},
		{name: "first run", report: with(func(r *audit.Report) { r.Changes = nil }), first: true, want: "first run"},
		{name: "undelivered", report: at(today), undelivered: errors.New("x"), want: "undelivered"},
		{name: "a new finding", report: with(func(r *audit.Report) { r.Changes.New = 1 }), want: "changes"},
		{name: "a changed one", report: with(func(r *audit.Report) { r.Changes.Changed = audit.NewList(inline.Of(audit.Changed{})) }), want: "changes"},
		{name: "a resolved one", report: with(func(r *audit.Report) { r.Changes.Resolved = audit.NewList(inline.Of(audit.Finding{})) }), want: "changes"},
		{name: "a silenced one", report: with(func(r *audit.Report) { r.Changes.Silenced = audit.NewList(inline.Of(audit.Silenced{})) }), want: "settings"},
		{name: "one not seen this time", report: with(func(r *audit.Report) { r.Changes.NotReevaluated = audit.NewList(inline.Of(audit.Finding{})) }), want: "coverage"},
		{name: "a verdict that could not be given", report: with(func(r *audit.Report) { r.Status = audit.Incomplete }), want: "coverage"},
		{name: "a last report that is damaged", report: with(func(r *audit.Report) { r.Run.Warnings = []string{"w"} }), want: "warning"},
		{name: "a deadline that could not be read comes within 30 days", report: with(func(r *audit.Report) {
			r.Summary.Carried = []audit.Deadline{{NoticeDeadline: "2026-12-20"}}
		}), want: "deadline"},
		{name: "a new gap", report: with(func(r *audit.Report) { r.Coverage = inline.Into(&audit.Ledger{}, []audit.Coverage{gap}...) }), want: "coverage"},
		{name: "an old gap", report: with(func(r *audit.Report) { r.Coverage = inline.Into(&audit.Ledger{}, []audit.Coverage{gap}...) }), before: []audit.Coverage{gap}, want: "coverage"},
		{name: "not enabled any more", report: with(func(r *audit.Report) {
			r.Coverage = inline.Into(&audit.Ledger{}, []audit.Coverage{row(audit.StatusNotEnabled, "ListOutposts"), {Account: "2", Region: "eu-central-1", Service: "outposts", Operation: "ListOutposts", Status: audit.StatusCollected}}...)
		}), before: []audit.Coverage{row(audit.StatusCollected, "ListOutposts")}, want: "coverage"},
		{name: "never enabled", report: with(func(r *audit.Report) {
			r.Coverage = inline.Into(&audit.Ledger{}, []audit.Coverage{row(audit.StatusNotEnabled, "ListOutposts")}...)
		}),
			before: []audit.Coverage{row(audit.StatusNotEnabled, "ListOutposts")}},
		{name: "the account is suspended", report: with(func(r *audit.Report) {
			r.Coverage = inline.Into(&audit.Ledger{}, []audit.Coverage{{Account: "1", Status: audit.StatusSuspended}}...)
		}),
			before: []audit.Coverage{row(audit.StatusCollected, "ListOutposts")}, want: "coverage"},
		{name: "nobody asked", report: at(today), before: []audit.Coverage{row(audit.StatusCollected, "ListOutposts")}, want: "coverage"},
		{name: "the last order is gone", report: with(func(r *audit.Report) {
			r.Coverage = inline.Into(&audit.Ledger{}, []audit.Coverage{row(audit.StatusCollected, "ListOrders")}...)
		}),
			before: []audit.Coverage{row(audit.StatusCollected, "ListOrders"), row(audit.StatusCollected, "GetOrder")}},
		{name: "an old gap is not enabled now", report: with(func(r *audit.Report) {
			r.Coverage = inline.Into(&audit.Ledger{}, []audit.Coverage{row(audit.StatusNotEnabled, "ListOrders")}...)
		}),
			before: []audit.Coverage{row(audit.StatusGap, "ListOrders")}},
		{name: "a deadline comes within 30 days", report: with(func(r *audit.Report) { r.Renewals = audit.NewList(inline.Of(contract("2026-12-20"))) }), want: "deadline"},
		{name: "it was within 30 days", report: with(func(r *audit.Report) { r.Renewals = audit.NewList(inline.Of(contract("2026-12-19"))) })},
		{name: "it is not yet", report: with(func(r *audit.Report) { r.Renewals = audit.NewList(inline.Of(contract("2026-12-21"))) })},
		{name: "decided", report: with(func(r *audit.Report) {
			c := contract("2026-12-20")
			c.ContractState = audit.StateRenewed
			r.Renewals = audit.NewList(inline.Of(c))
		})},
		{name: "month to month", report: with(func(r *audit.Report) {
			c := contract("2026-12-20")
			c.ContractState = audit.StateMonthToMonth
			r.Renewals = audit.NewList(inline.Of(c))
		})},
		{name: "no deadline known", report: with(func(r *audit.Report) { r.Renewals = audit.NewList(inline.Of(contract(""))) })},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := Notify{On: NotifyChanges, DeadlineDays: []int{90, 30, 10, 5, 1}}
			if tt.on != "" {
				n.On = tt.on
			}
			before := at(yesterday)
			before.Coverage = inline.Into(&audit.Ledger{}, tt.before...)
			p := &before
			if tt.first {
				p = nil
			}
			if got, err := n.Due(&tt.report, p, tt.undelivered); got != tt.want || err != nil {
				t.Errorf("%q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestWebhook(t *testing.T) {
	for _, tt := range []struct {
		name     string
		status   int
		after    string
		failures int
		want     string
		waits    []time.Duration
	}{
		{name: "taken", status: 200},
		{name: "taken at the third attempt", status: 503, failures: 2, waits: []time.Duration{time.Second, 2 * time.Second}},
		{name: "not taken", status: 503, failures: 3, want: "status 503 Service Unavailable", waits: []time.Duration{time.Second, 2 * time.Second}},
		{name: "too many", status: 429, after: "7", failures: 1, waits: []time.Duration{7 * time.Second}},
		{name: "too long to wait", status: 429, after: "3600", failures: 1, waits: []time.Duration{webhookMaxWait}},
		{name: "refused", status: 404, failures: 9, want: "status 404 Not Found"},
		{name: "moved", status: 302, failures: 9, want: "status 302 Found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			left := tt.failures
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if left--; left >= 0 {
					w.Header().Set("Retry-After", tt.after)
					w.Header().Set("Location", "/elsewhere")
					w.WriteHeader(tt.status)
					fmt.Fprint(w, "no_service")
				}
			}))
			defer s.Close()
			var waits []time.Duration
			hook := webhook{client: http.DefaultTransport, wait: func(_ context.Context, d time.Duration) error {
				waits = append(waits, d)
				return nil
			}}
			_, err := hook.post(context.Background(), s.URL+"/secret", WebhookSlack, Notice{})
			have := ""
			if err != nil {
				have = err.Error()
			}
			if have != tt.want || cmp.Diff(tt.waits, waits) != "" {
				t.Errorf("%q, want %q; waits %v, want %v", have, tt.want, waits, tt.waits)
			}
		})
	}
}

func TestWebhooksAddressStaysSecret(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close() // nobody listens any more
	hook := webhook{client: http.DefaultTransport, wait: func(context.Context, time.Duration) error { return nil }}
	for _, address := range []string{s.URL + "/T0/secret", "https://user:secret@127.0.0.1:1/", "http://hooks.example.com/secret", "://secret", "https://127.0.0.1:1/\x7fsecret"} {
		_, err := hook.post(context.Background(), address, WebhookSlack, Notice{})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
	}
}

// TestWebhooksAnswerStaysSecret: whatever the other side sends, be it HTTP or not, no error holds any of it. It may be the address.
func TestWebhooksAnswerStaysSecret(t *testing.T) {
	const path = "/services/T0/B0/secret"
	for _, answer := range []string{
		"HTTP/1.1 404 %s\r\nX-Path: %[1]s\r\nContent-Length: 20\r\n\r\n%[1]s",
		"HTTP/1.1 503 %s\r\nRetry-After: %[1]s\r\nLocation: %[1]s\r\n\r\n%[1]s",
		"HTTP/1.1 302 Found\r\nLocation: %s\r\n\r\n",
		"HTTP/1.1 %s\r\n\r\n", "HTTP/9.9 %s\r\n\r\n", "%s\r\n\r\n", "HTTP/1.1 200 OK\r\n%s\r\n\r\n",
		"HTTP/1.1 404 Not Found\r\nContent-Length: %s\r\n\r\n", "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: %s\r\n\r\n",
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = c.Read(make([]byte, 1<<12))
				_, _ = fmt.Fprintf(c, answer, path)
				_ = c.Close()
			}
		}()
		hook := webhook{client: &http.Transport{}, wait: func(context.Context, time.Duration) error { return nil }}
		_, err = hook.post(context.Background(), "http://"+l.Addr().String()+path, WebhookSlack, Notice{})
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "T0") || !strings.HasPrefix(err.Error(), "status ") && err.Error() != "no answer in HTTP" {
			t.Errorf("%q: %v", answer, err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	strange := httptest.NewTLSServer(http.NotFoundHandler())
	defer strange.Close()
	strange.Config.ErrorLog = log.New(io.Discard, "", 0)
	for address, want := range map[string]string{
		strings.Replace(plain.URL, "http:", "https:", 1) + path: "no answer in HTTP",
		strange.URL + path:            "its certificate is not valid, or not of an authority that this machine trusts",
		"https://host.invalid" + path: "the host is not known",
		"http://127.0.0.1:1" + path:   "connection refused",
	} {
		hook := webhook{client: &http.Transport{}, wait: func(context.Context, time.Duration) error { return nil }}
		if _, err := hook.post(context.Background(), address, WebhookSlack, Notice{}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
}

// TestHostileStringsInNotices drives the table of strings through what SNS and a webhook get.
func TestHostileStringsInNotices(t *testing.T) {
	var form url.Values
	var posted []byte
	topic := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if form, err = url.ParseQuery(string(body)); err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>")
	}))
	defer topic.Close()
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var err error
		if posted, err = io.ReadAll(r.Body); err != nil {
			t.Error(err)
		}
	}))
	defer hook.Close()
	cfg := aws.Config{Region: "eu-central-1", BaseEndpoint: &topic.URL, Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", "")}
	for _, tt := range foreign.Strings() {
		in, want := tt.In, tt.Want
		ref := audit.ResourceRef{Kind: audit.KindOutpost, ID: "op-1", Name: in, Account: "111122223333", Region: "eu-central-1"}
		r := audit.Report{Status: audit.Incomplete, Run: audit.Run{ID: "0", AsOf: "2026-11-20T09:00:00Z"}}
		r.Findings = audit.NewList(inline.Of(audit.Finding{Rule: "a.b", Severity: audit.High, Verdict: audit.Fail, Resource: ref, Msg: in},
			audit.Finding{Rule: "a.b", Severity: audit.High, Verdict: audit.Error, Resource: ref, Msg: in}))
		r.Rules = []audit.RuleResult{{Rule: audit.Rule{ID: "a.b"}, Verdicts: map[audit.Verdict]int{audit.Error: 1}}}
		r.Summary.Deadlines = []audit.Deadline{{Resource: ref, NoticeDeadline: "2026-12-01"}}
		r.Run.Warnings = []string{in}
		r.Changes = &audit.Changes{Settings: []audit.Setting{{Kind: audit.SettingWaiver, Name: in, Before: audit.Optional(in), After: audit.Optional(in)}}}
		notice, err := NewNotice(&r, nil, Outcome{Err: errors.New(in)}, 4)
		if err != nil {
			t.Fatal(err)
		}
		if err := Publish(context.Background(), cfg, "arn:aws:sns:eu-central-1:111122223333:tenor", notice); err != nil {
			t.Fatal(err)
		}
		summary := form.Get("MessageAttributes.entry.1.Value.StringValue")
		var have Notice
		if err := jsonv2.Unmarshal([]byte(summary), &have); err != nil {
			t.Fatal(err)
		}
		if have.Deadlines[0].Name != want {
			t.Errorf("%s: the summary has %q", tt.Name, have.Deadlines[0].Name)
		}
		told := map[string]string{"SNS": form.Get("Message")}
		for _, format := range WebhookFormats {
			if _, err := Post(context.Background(), hook.URL, format, notice); err != nil {
				t.Fatal(err)
			}
			texts, err := foreign.Texts("notice.json", posted)
			if err != nil {
				t.Fatalf("%s: %s: %v", tt.Name, format, err)
			}
			told[format] = html.UnescapeString(longest(texts))
			if format == WebhookTeams { // of which each line is a block
				slices.SortFunc(texts, func(a, b string) int { return strings.Index(string(posted), a) - strings.Index(string(posted), b) })
				told[format] = strings.Join(texts, "\n")
			}
		}
		letter, err := NewLetter(notice, []File{fileOf(t, "report.xlsx", 10)})
		if err != nil {
			t.Fatal(err)
		}
		msg, err := letter.message(&Mail{From: "tenor@example.com", To: []string{"a@example.com"}})
		if err != nil {
			t.Fatal(err)
		}
		var mime bytes.Buffer
		if _, err := msg.WriteTo(&mime); err != nil {
			t.Fatal(err)
		}
		header, list := parts(t, mime.Bytes())
		if len(list) != 2 || list[1].Name != "report.xlsx" || header.Get("Subject") != notice.subject() {
			t.Errorf("%s: %q, %+v", tt.Name, header.Get("Subject"), list)
		}
		told["mail"] = list[0].Body
		for where, have := range told {
			if got := strings.Count(have, want); got < 8 || audit.VisibleLines(have) != have {
				t.Errorf("%s: %s has it %d times: %q", tt.Name, where, got, have)
			}
			if got := strings.Count(have, "\n"); where != WebhookTeams && (got < 8 || got > 11) {
				t.Errorf("%s: %s has %d lines", tt.Name, where, got)
			}
		}
	}
}

func longest(texts []string) string {
	return slices.MaxFunc(texts, func(a, b string) int { return len(a) - len(b) })
}

func TestNoticeIsForSlack(t *testing.T) {
	n := hugeNotice(t, "<!channel> & "+strings.Repeat("&", 5000))
	var text string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m struct{ Text string }
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		text = m.Text
	}))
	defer s.Close()
	if _, err := (&webhook{client: http.DefaultTransport, wait: sleep}).post(context.Background(), s.URL, WebhookSlack, n); err != nil {
		t.Fatal(err)
	}
	if len([]rune(text)) > webhookMaxText {
		t.Errorf("%d runes", len([]rune(text)))
	}
	wantWhole(t, text, n)
	if strings.Contains(text, "<!channel>") || !strings.Contains(text, "… and more in the report\n") {
		t.Errorf("%.300s", text)
	}
	if _, err := (&webhook{client: http.DefaultTransport, wait: sleep}).post(context.Background(), s.URL, WebhookSlack, hugeNotice(t, strings.Repeat("ä", 5000))); err != nil {
		t.Fatal(err)
	}
	if want := "CRITICAL outposts.notice_deadline: "; !strings.Contains(text, want) && !strings.Contains(text, "Not read: ") {
		t.Errorf("no detail has room: %s", text)
	}
}

// hugeNotice is the notice of a report in which every text of AWS's and of a policy's is msg.
func hugeNotice(t *testing.T, msg string) Notice {
	t.Helper()
	ref := audit.ResourceRef{ID: msg, Name: msg, Account: "111122223333", Region: "eu-central-1"}
	r := audit.Report{Status: audit.Incomplete, Run: audit.Run{ID: "0123456789abcdef", AsOf: "2026-11-20T09:00:00Z", Warnings: []string{msg}}, Changes: &audit.Changes{New: 90}}
	var fs []audit.Finding
	for range 90 {
		fs = append(fs, audit.Finding{Rule: "outposts.notice_deadline", Severity: audit.Critical, Verdict: audit.Fail, Resource: ref, Msg: msg, Change: "new"})
	}
	fs = append(fs, audit.Finding{Rule: "a.b", Verdict: audit.Error, Resource: ref, Msg: msg})
	r.Findings = audit.NewList(inline.Of(fs...))
	r.Rules = []audit.RuleResult{{Rule: audit.Rule{ID: "a.b"}, Verdicts: map[audit.Verdict]int{audit.Error: 1}}}
	r.Summary.Findings = map[string]map[audit.Severity]int{"outposts": {audit.Critical: 90}}
	for range audit.NearestDeadlines {
		r.Summary.Deadlines = append(r.Summary.Deadlines, audit.Deadline{Resource: ref, NoticeDeadline: "2026-12-01"})
	}
	r.Coverage = &audit.Ledger{}
	for i := range 3000 {
		r.Coverage.Add(audit.Coverage{Account: fmt.Sprintf("%012d", i/3), Region: fmt.Sprintf("eu-west-%d", i%3), Service: "outposts",
			Operation: fmt.Sprintf("%.900s%d", msg, i%7), Status: audit.StatusGap, Reason: audit.Reason(msg[:1]), Message: msg})
	}
	r.Summary.Coverage.Gaps = r.Coverage.Len()
	n, err := NewNotice(&r, nil, Outcome{Folder: "s3://reports/tenor/runs/20261120T090000Z-0123456789abcdef/", Err: errors.New(msg)}, 4)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// wantWhole wants a notice to have what it must never lose.
func wantWhole(t *testing.T, text string, n Notice) {
	t.Helper()
	for _, want := range []string{"Findings: 90 critical (90 new, 0 changed, 0 resolved)\n", "Coverage: 3,000 scopes could not be read", "\nReport: " + n.Folder + "\n", "run " + n.Run + "\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the notice lacks %q: …%s", want, text[max(0, len(text)-300):])
		}
	}
}

// SNS counts the bytes of the text and of the attribute with the summary.
func TestNoticeFitsSNS(t *testing.T) {
	for _, msg := range []string{strings.Repeat("x", 270_000), strings.Repeat("𝄞", 70_000), strings.Repeat("\x01\"", 100_000)} {
		n := hugeNotice(t, msg)
		text := n.text(snsMaxText, plain)
		summary, err := audit.EncodeJSON(n)
		if err != nil {
			t.Fatal(err)
		}
		if size := len(text) + len(summary) + len("summary") + len("String"); size > 262_144 {
			t.Errorf("%d bytes", size)
		}
		wantWhole(t, text, n)
		if c := strings.Count(text, "CRITICAL outposts.notice_deadline"); c != noticeNews {
			t.Errorf("%d findings", c)
		}
	}
}

func TestGapsAreGrouped(t *testing.T) {
	row := func(account, region, operation string, reason audit.Reason) audit.Coverage {
		return audit.Coverage{Account: account, Region: region, Service: "outposts", Operation: operation, Status: audit.StatusGap, Reason: reason}
	}
	var gaps []audit.Coverage
	for _, op := range []string{"ListOutposts", "ListOrders", "ListQuotes"} { // one account in one region
		gaps = append(gaps, row("111122223333", "eu-central-1", op, audit.ReasonAccessDenied))
	}
	for i := range 40 { // one API everywhere
		gaps = append(gaps, row(fmt.Sprintf("%012d", i), "us-east-1", "GetRenewalPricing", audit.ReasonDeniedBySCP), row(fmt.Sprintf("%012d", i), "eu-west-1", "GetRenewalPricing", audit.ReasonDeniedBySCP))
	}
	gaps = append(gaps, audit.Coverage{Account: "444455556666", Service: "sts", Operation: "AssumeRole", Status: audit.StatusGap, Reason: audit.ReasonAccessDenied},
		audit.Coverage{Account: "777788889999", Region: "us-east-1", Status: audit.StatusGap, Reason: audit.ReasonError})
	var have []string
	for _, g := range missing(slices.Values(gaps)) {
		have = append(have, g.String())
	}
	want := []string{
		"outposts:GetRenewalPricing in 000000000000, 000000000001, 000000000002, 000000000003, 000000000004 and 35 more (eu-west-1, us-east-1): denied_by_scp, 80 scopes",
		"outposts:ListOrders, outposts:ListOutposts, outposts:ListQuotes in 111122223333 (eu-central-1): access_denied, 3 scopes",
		"everything in 777788889999 (us-east-1): error, 1 scope",
		"sts:AssumeRole in 444455556666: access_denied, 1 scope",
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
}

func TestNoticeText(t *testing.T) {
	n := Notice{
		Status: audit.Incomplete, Run: "0123", AsOf: "2026-11-20T09:00:00Z", New: 2, Changed: 1, Resolved: 3, Gaps: 2, NewGaps: 1, Lost: 4,
		compared: true, gapsBefore: true,
		Unread: 27, Silenced: 5,
		Settings: 1, SettingsOf: []string{"rule outposts.order_error: on → off"},
		Missing:  missing(slices.Values([]audit.Coverage{{Account: "111122223333", Region: "eu-central-1", Service: "outposts", Operation: "ListQuotes", Status: audit.StatusGap, Reason: audit.ReasonThrottled}})),
		Warnings: []string{"the last report is left out"},
		Findings: map[audit.Severity]int{audit.Critical: 1, audit.Low: 4},
		Deadlines: []DeadlineNotice{
			{"op-1", "fra", "111122223333", "eu-central-1", "2026-11-19", -1, "2026-11-26", "renew, 3 years, all upfront", audit.CentsToMoney(30_000_000), "2026-11-18T09:00:00Z"},
			{"op-2", "", "111122223333", "us-east-1", "2026-11-21", 1, "2026-11-30", "", nil, ""},
		},
		Months: audit.MonthToMonth{Count: 2, Price: audit.CentsToMoney(1_000_000).Monthly(), Above: audit.CentsToMoney(150_000).Monthly()},
		Folder: "s3://reports/runs/x/", undelivered: errors.New("deliver: no"), more: true, RuleErrors: 285,
		failed: []audit.RuleError{{Rule: "main", Resources: 285, First: audit.Finding{Msg: "the rule failed: p.rego:3: stopped after 5s", Resource: audit.ResourceRef{ID: "oo-1", Account: "111122223333", Region: "eu-central-1"}}}},
		news: []news{
			{audit.NewFindingGroup(&audit.Finding{Severity: audit.Critical, Rule: "outposts.notice_deadline", Msg: "Act now", Resource: audit.ResourceRef{ID: "op-1", Name: "fra", Account: "111122223333", Region: "eu-central-1"}})},
			{audit.NewFindingGroup(&audit.Finding{Severity: audit.Low, Rule: "estate.contracts_cluster", Msg: "Three", Resource: audit.ResourceRef{ID: "111122223333", Name: "prod", Account: "111122223333"}})},
		},
	}
	const subject = "tenor: incomplete, not delivered, 1 rule failed, 5 silenced, 2 new, 1 critical, 2 not read"
	const text = `Findings: 1 critical, 4 low (2 new, 1 changed, 3 resolved)
Month-to-month: 2 Outposts, $10,000.00 a month; renewing saves $1,500.00 of it
Silenced: 5 findings by settings that changed; nothing shows that they were resolved
Settings: 1 changed
Not re-evaluated: 27 findings from earlier, which may well stand
Coverage: 2 scopes could not be read, 1 for the first time
Coverage: 4 services of an account and region, read before, not read now
Setting changed: rule outposts.order_error: on → off
Warning: the last report is left out
Not delivered: deliver: no
Not read: outposts:ListQuotes in 111122223333 (eu-central-1): throttled, 1 scope
Rule main could not evaluate 285 resources. Of oo-1 in 111122223333/eu-central-1: the rule failed: p.rego:3: stopped after 5s
Decide by 2026-11-19 (overdue by 1 day, last read 2026-11-18): ` +
		`op-1 fra in 111122223333/eu-central-1, ends 2026-11-26: renew, 3 years, all upfront, $300,000.00
Decide by 2026-11-21 (in 1 day): op-2 in 111122223333/us-east-1, ends 2026-11-30
CRITICAL outposts.notice_deadline: op-1 fra in 111122223333/eu-central-1: Act now
LOW estate.contracts_cluster: 111122223333 prod in 111122223333: Three
… and more in the report
Report: s3://reports/runs/x/
As of 2026-11-20T09:00:00Z, run 0123
`
	if d := cmp.Diff([]string{subject, text}, []string{n.subject(), n.text(snsMaxText, plain)}); d != "" {
		t.Error(d)
	}
	n.New, n.Gaps = 1_000_000, 1_000_000
	const cut = "tenor: incomplete, not delivered, 1 rule failed, 5 silenced, 1000000 new, 1 critical"
	if s := n.subject(); s != cut {
		t.Errorf("subject %q, want %q", s, cut)
	}
}
