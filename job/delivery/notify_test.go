package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
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
		{name: "never", on: NotifyNever, report: with(func(r *audit.Report) { r.Changes.New = 1 }), undelivered: errors.New("x")},
		{name: "first run", report: with(func(r *audit.Report) { r.Changes = nil }), first: true, want: "first run"},
		{name: "undelivered", report: at(today), undelivered: errors.New("x"), want: "undelivered"},
		{name: "a new finding", report: with(func(r *audit.Report) { r.Changes.New = 1 }), want: "changes"},
		{name: "a changed one", report: with(func(r *audit.Report) { r.Changes.Changed = []audit.Changed{{}} }), want: "changes"},
		{name: "a resolved one", report: with(func(r *audit.Report) { r.Changes.Resolved = []audit.Finding{{}} }), want: "changes"},
		{name: "one not seen this time", report: with(func(r *audit.Report) { r.Changes.NotReevaluated = []audit.Finding{{}} })},
		{name: "a new gap", report: with(func(r *audit.Report) { r.Coverage = []audit.Coverage{gap} }), want: "coverage"},
		{name: "an old gap", report: with(func(r *audit.Report) { r.Coverage = []audit.Coverage{gap} }), before: []audit.Coverage{gap}},
		{name: "not enabled any more", report: with(func(r *audit.Report) {
			r.Coverage = []audit.Coverage{row(audit.StatusNotEnabled, "ListOutposts"), {Account: "2", Region: "eu-central-1", Service: "outposts", Operation: "ListOutposts", Status: audit.StatusCollected}}
		}), before: []audit.Coverage{row(audit.StatusCollected, "ListOutposts")}, want: "coverage"},
		{name: "never enabled", report: with(func(r *audit.Report) { r.Coverage = []audit.Coverage{row(audit.StatusNotEnabled, "ListOutposts")} }),
			before: []audit.Coverage{row(audit.StatusNotEnabled, "ListOutposts")}},
		{name: "the account is suspended", report: with(func(r *audit.Report) { r.Coverage = []audit.Coverage{{Account: "1", Status: audit.StatusSuspended}} }),
			before: []audit.Coverage{row(audit.StatusCollected, "ListOutposts")}, want: "coverage"},
		{name: "nobody asked", report: at(today), before: []audit.Coverage{row(audit.StatusCollected, "ListOutposts")}, want: "coverage"},
		{name: "the last order is gone", report: with(func(r *audit.Report) { r.Coverage = []audit.Coverage{row(audit.StatusCollected, "ListOrders")} }),
			before: []audit.Coverage{row(audit.StatusCollected, "ListOrders"), row(audit.StatusCollected, "GetOrder")}},
		{name: "an old gap is not enabled now", report: with(func(r *audit.Report) { r.Coverage = []audit.Coverage{row(audit.StatusNotEnabled, "ListOrders")} }),
			before: []audit.Coverage{row(audit.StatusGap, "ListOrders")}},
		{name: "a deadline comes within 30 days", report: with(func(r *audit.Report) { r.Renewals = []audit.Renewal{contract("2026-12-20")} }), want: "deadline"},
		{name: "it was within 30 days", report: with(func(r *audit.Report) { r.Renewals = []audit.Renewal{contract("2026-12-19")} })},
		{name: "it is not yet", report: with(func(r *audit.Report) { r.Renewals = []audit.Renewal{contract("2026-12-21")} })},
		{name: "decided", report: with(func(r *audit.Report) {
			c := contract("2026-12-20")
			c.ContractState = audit.StateRenewed
			r.Renewals = []audit.Renewal{c}
		})},
		{name: "month to month", report: with(func(r *audit.Report) {
			c := contract("2026-12-20")
			c.ContractState = audit.StateMonthToMonth
			r.Renewals = []audit.Renewal{c}
		})},
		{name: "no deadline known", report: with(func(r *audit.Report) { r.Renewals = []audit.Renewal{contract("")} })},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := Notify{On: NotifyChanges, DeadlineDays: []int{90, 30, 10, 5, 1}}
			if tt.on != "" {
				n.On = tt.on
			}
			before := at(yesterday)
			before.Coverage = tt.before
			p := &before
			if tt.first {
				p = nil
			}
			if got := n.Due(&tt.report, p, tt.undelivered); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
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
		{name: "not taken", status: 503, failures: 3, want: `503 Service Unavailable: "no_service"`, waits: []time.Duration{time.Second, 2 * time.Second}},
		{name: "too many", status: 429, after: "7", failures: 1, waits: []time.Duration{7 * time.Second}},
		{name: "too long to wait", status: 429, after: "3600", failures: 1, waits: []time.Duration{webhookMaxWait}},
		{name: "refused", status: 404, failures: 9, want: `404 Not Found: "no_service"`},
		{name: "moved", status: 302, failures: 9, want: `302 Found: "no_service"`},
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
			_, err := hook.post(context.Background(), s.URL+"/secret", Notice{})
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
		_, err := hook.post(context.Background(), address, Notice{})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
	}
}

func TestNoticeIsForSlack(t *testing.T) {
	n := Notice{Status: audit.HasFindings, news: []audit.Finding{{Severity: audit.High, Rule: "a.b", Msg: "<!channel> & " + strings.Repeat("ä", 4000)}}}
	var text string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m struct{ Text string }
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		text = m.Text
	}))
	defer s.Close()
	if _, err := (&webhook{client: http.DefaultTransport, wait: sleep}).post(context.Background(), s.URL, n); err != nil {
		t.Fatal(err)
	}
	if len([]rune(text)) != webhookMaxText || !strings.Contains(text, "&lt;!channel&gt; &amp; ää") || !strings.HasSuffix(text, "ä…") {
		t.Errorf("%d runes: %.300s", len([]rune(text)), text)
	}
}

func TestNoticeText(t *testing.T) {
	n := Notice{
		Status: audit.Incomplete, Run: "0123", AsOf: "2026-11-20T09:00:00Z", New: 2, Changed: 1, Resolved: 3, Gaps: 2, NewGaps: 1, Lost: 4,
		Findings:  map[audit.Severity]int{audit.Critical: 1, audit.Low: 4},
		Deadlines: []DeadlineNotice{{"op-1", "fra", "111122223333", "eu-central-1", "2026-11-19", -1}, {"op-2", "iad", "111122223333", "us-east-1", "2026-11-21", 1}},
		Folder:    "s3://reports/runs/x/", undelivered: errors.New("deliver: no"), more: true, RuleErrors: 285,
		failed: []audit.RuleError{{Rule: "main", Resources: 285, First: audit.Finding{Msg: "the rule failed: p.rego:3: stopped after 5s", Resource: audit.ResourceRef{ID: "oo-1", Account: "111122223333", Region: "eu-central-1"}}}},
		news: []audit.Finding{{Severity: audit.Critical, Rule: "outposts.notice_deadline", Msg: "Act now", Resource: audit.ResourceRef{ID: "op-1", Name: "fra", Account: "111122223333", Region: "eu-central-1"}},
			{Severity: audit.Low, Rule: "estate.contracts_cluster", Msg: "Three", Resource: audit.ResourceRef{ID: "111122223333", Name: "prod", Account: "111122223333"}}},
	}
	const subject = "tenor: incomplete, not delivered, 1 rule failed, 2 new, 1 critical, 2 not read, decide by 2026-11-19"
	const text = `Findings: 1 critical, 4 low (2 new, 1 changed, 3 resolved)
Coverage: 2 scopes could not be read, 1 for the first time
Coverage: 4 services of an account and region, read before, not read now
Rule main could not judge 285 resources. Of oo-1 in 111122223333/eu-central-1: the rule failed: p.rego:3: stopped after 5s
Decide by 2026-11-19 (1 day ago): op-1 fra in 111122223333/eu-central-1
Decide by 2026-11-21 (1 day left): op-2 iad in 111122223333/us-east-1
CRITICAL outposts.notice_deadline: op-1 fra in 111122223333/eu-central-1: Act now
LOW estate.contracts_cluster: 111122223333 prod in 111122223333: Three
… and more in the report
Not delivered: deliver: no
Report: s3://reports/runs/x/
As of 2026-11-20T09:00:00Z, run 0123
`
	if d := cmp.Diff([]string{subject, text}, []string{n.subject(), n.text()}); d != "" {
		t.Error(d)
	}
	n.New, n.Gaps = 1_000_000, 1_000_000
	const cut = "tenor: incomplete, not delivered, 1 rule failed, 1000000 new, 1 critical, 1000000 not read"
	if s := n.subject(); s != cut {
		t.Errorf("subject %q, want %q", s, cut)
	}
}
