package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

func someMetrics() Metrics {
	return Metrics{
		At: time.Date(2026, 11, 20, 9, 0, 12, 0, time.UTC), Version: "1.2.3", Run: "0123456789abcdef", Invocation: "ITISTHISONE", Exit: 1,
		Findings: map[string]map[audit.Severity]int{"outposts": {audit.High: 2, audit.Low: 1}, "general": {audit.Low: 3}},
		Gaps:     4, Incomplete: true, Unread: 27, Resources: 100, Deadline: new(-3),
		AsOf: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), ReadAt: time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC),
		Duration: 12500 * time.Millisecond, Calls: 321, Throttles: 7, Months: 2, Products: &audit.Products{Total: 216, Broken: 17},
		Bill: &audit.BillTotals{Month: "2026-10", Over: audit.CentsToMoney(750_00), NoReason: audit.CentsToMoney(12362_25), Unread: 1,
			Broken: audit.CentsToMoney(612_40), Gone: audit.CentsToMoney(187_05), Untold: 3},
	}
}

func TestEMF(t *testing.T) {
	m := someMetrics()
	var b bytes.Buffer
	if err := m.EMF(&b, "tenor-prod"); err != nil {
		t.Fatal(err)
	}
	if strings.Count(b.String(), "\n") != 1 {
		t.Fatalf("more than a line: %s", b.String())
	}
	var have map[string]any
	if err := json.Unmarshal(b.Bytes(), &have); err != nil {
		t.Fatal(err)
	}
	metric := func(name, unit string) any { return map[string]any{"Name": name, "Unit": unit} }
	want := map[string]any{
		"FunctionName": "tenor-prod", "Version": "1.2.3", "Run": "0123456789abcdef", "Invocation": "ITISTHISONE",
		"FindingsCritical": 0.0, "FindingsHigh": 2.0, "FindingsMedium": 0.0, "FindingsLow": 4.0, "FindingsInfo": 0.0,
		"Runs": 1.0, "Gaps": 4.0, "Incomplete": 1.0, "NotReevaluated": 27.0, "RuleErrors": 0.0, "Resources": 100.0, "Duration": 12.5, "Calls": 321.0, "Throttles": 7.0, "MonthToMonth": 2.0, "Products": 216.0, "ProductsBroken": 17.0, "BillMonth": 1790812800.0, "BilledOverContract": 750.0,
		"BilledUnderContract": 0.0, "BilledWithoutContract": 12362.25, "BilledOutpostsUnknown": 1.0, "BrokenProductsCost": 612.4, "GoneProductsCost": 187.05,
		"ProductsCostUnknown": 3.0, "DaysToNearestDeadline": -3.0, "DaysSinceDeadlineRead": 2.0,
		"_aws": map[string]any{"Timestamp": 1795165212000.0, "CloudWatchMetrics": []any{map[string]any{
			"Namespace": "tenor", "Dimensions": []any{[]any{"FunctionName"}},
			"Metrics": []any{
				metric("FindingsCritical", "Count"), metric("FindingsHigh", "Count"), metric("FindingsMedium", "Count"), metric("FindingsLow", "Count"), metric("FindingsInfo", "Count"),
				metric("Runs", "Count"), metric("Gaps", "Count"), metric("Incomplete", "Count"), metric("NotReevaluated", "Count"), metric("RuleErrors", "Count"), metric("Resources", "Count"), metric("Duration", "Seconds"),
				metric("Calls", "Count"), metric("Throttles", "Count"), metric("MonthToMonth", "Count"), metric("Products", "Count"),
				metric("ProductsBroken", "Count"), metric("BillMonth", "None"), metric("BilledOverContract", "None"), metric("BilledUnderContract", "None"),
				metric("BilledWithoutContract", "None"), metric("BilledOutpostsUnknown", "Count"), metric("BrokenProductsCost", "None"),
				metric("GoneProductsCost", "None"), metric("ProductsCostUnknown", "Count"), metric("DaysToNearestDeadline", "None"), metric("DaysSinceDeadlineRead", "None"),
			},
		}}},
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
	m.Deadline, m.Products, m.Bill.Month = nil, nil, ""
	b.Reset()
	if err := m.EMF(&b, "f"); err != nil || strings.Contains(b.String(), "Deadline") || strings.Contains(b.String(), "Product") ||
		strings.Contains(b.String(), "Bill") {
		t.Errorf("%v: %s", err, b.String())
	}
}

const openMetrics = `# TYPE tenor_findings gauge
# HELP tenor_findings Failing findings of the last run.
tenor_findings{domain="general",severity="critical"} 0
tenor_findings{domain="general",severity="high"} 0
tenor_findings{domain="general",severity="medium"} 0
tenor_findings{domain="general",severity="low"} 3
tenor_findings{domain="general",severity="info"} 0
tenor_findings{domain="outposts",severity="critical"} 0
tenor_findings{domain="outposts",severity="high"} 2
tenor_findings{domain="outposts",severity="medium"} 0
tenor_findings{domain="outposts",severity="low"} 1
tenor_findings{domain="outposts",severity="info"} 0
# TYPE tenor_coverage_gaps gauge
# HELP tenor_coverage_gaps Scopes that the last run could not read.
tenor_coverage_gaps 4
# TYPE tenor_incomplete gauge
# HELP tenor_incomplete 1 where the last run could not read everything, read nothing, or a rule failed; else 0.
tenor_incomplete 1
# TYPE tenor_findings_not_reevaluated gauge
# HELP tenor_findings_not_reevaluated Known findings that the last run could not evaluate.
tenor_findings_not_reevaluated 27
# TYPE tenor_rule_errors gauge
# HELP tenor_rule_errors Verdicts of rules that failed while they ran.
tenor_rule_errors 0
# TYPE tenor_resources gauge
# HELP tenor_resources Resources that the last run evaluated.
tenor_resources 100
# TYPE tenor_month_to_month_outposts gauge
# HELP tenor_month_to_month_outposts Outposts that run month-to-month.
tenor_month_to_month_outposts 2
# TYPE tenor_provisioned_products gauge
# HELP tenor_provisioned_products Provisioned products that the last run read.
tenor_provisioned_products 216
# TYPE tenor_provisioned_products_broken gauge
# HELP tenor_provisioned_products_broken Those that are TAINTED or in ERROR.
tenor_provisioned_products_broken 17
# TYPE tenor_bill_month_timestamp_seconds gauge
# HELP tenor_bill_month_timestamp_seconds Start of the last month of the bill that is final.
tenor_bill_month_timestamp_seconds 1790812800
# TYPE tenor_billed_over_contract_usd gauge
# HELP tenor_billed_over_contract_usd Charged for Outposts beyond their contracts, over the final months.
tenor_billed_over_contract_usd 750.00
# TYPE tenor_billed_under_contract_usd gauge
# HELP tenor_billed_under_contract_usd Charged for Outposts short of their contracts, over the final months.
tenor_billed_under_contract_usd 0.00
# TYPE tenor_billed_without_contract_usd gauge
# HELP tenor_billed_without_contract_usd Charged for Outposts that no contract explains, over the final months.
tenor_billed_without_contract_usd 12362.25
# TYPE tenor_billed_outposts_unknown gauge
# HELP tenor_billed_outposts_unknown Outposts of which that cannot be told.
tenor_billed_outposts_unknown 1
# TYPE tenor_broken_products_cost_usd gauge
# HELP tenor_broken_products_cost_usd What broken products cost in the last final month.
tenor_broken_products_cost_usd 612.40
# TYPE tenor_gone_products_cost_usd gauge
# HELP tenor_gone_products_cost_usd What products that are gone cost in the last final month.
tenor_gone_products_cost_usd 187.05
# TYPE tenor_products_cost_unknown gauge
# HELP tenor_products_cost_unknown Products of which that cannot be told.
tenor_products_cost_unknown 3
# TYPE tenor_nearest_deadline_days gauge
# HELP tenor_nearest_deadline_days Days to the nearest notice deadline that is not decided.
tenor_nearest_deadline_days -3
# TYPE tenor_nearest_deadline_read_timestamp_seconds gauge
# HELP tenor_nearest_deadline_read_timestamp_seconds When that deadline was last read: before the last run, where its coverage has gaps.
tenor_nearest_deadline_read_timestamp_seconds 1794992400
# TYPE tenor_run_duration_seconds gauge
# HELP tenor_run_duration_seconds How long the last run took.
tenor_run_duration_seconds 12.5
# TYPE tenor_aws_calls gauge
# HELP tenor_aws_calls Calls that the last run sent to AWS, retries included.
tenor_aws_calls 321
# TYPE tenor_aws_throttles gauge
# HELP tenor_aws_throttles Calls of the last run that AWS throttled.
tenor_aws_throttles 7
# TYPE tenor_exit_code gauge
# HELP tenor_exit_code Exit code of the last run that made a report.
tenor_exit_code 1
# TYPE tenor_run_timestamp_seconds gauge
# HELP tenor_run_timestamp_seconds When the last run that made a report ended.
tenor_run_timestamp_seconds 1795165212
# TYPE tenor_run_info gauge
# HELP tenor_run_info The last run, and the program.
tenor_run_info{version="1.2.3",run="0123456789abcdef",invocation="ITISTHISONE"} 1
# EOF
`

func TestMetricsFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "tenor.prom")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := someMetrics()
	if err := m.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]string{"tenor.prom": openMetrics}, filesIn(t, dir)); d != "" {
		t.Error(d)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, mode %v", err, info.Mode())
	}
}

func TestMetricsFileThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "tenor.prom", "x"), 0o700); err != nil { // a folder stands in the way
		t.Fatal(err)
	}
	m := someMetrics()
	if err := m.WriteFile(filepath.Join(dir, "tenor.prom")); err == nil || !strings.Contains(err.Error(), "metrics "+filepath.Join(dir, "tenor.prom")+": ") {
		t.Errorf("%v", err)
	}
	if left := filesIn(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	missing := filepath.Join(dir, "missing")
	if err := m.WriteFile(filepath.Join(missing, "tenor.prom")); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "metrics: ") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(missing); !errors.Is(err, fs.ErrNotExist) { // node_exporter could not read it
		t.Errorf("the folder was made: %v", err)
	}
}

// filesIn reads the files of a folder.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

// TestMetricsArePushed: a Pushgateway gets what the file would have; one that is busy is asked again, and no error shows the URL.
func TestMetricsArePushed(t *testing.T) {
	m := someMetrics()
	for _, tt := range []struct {
		name   string
		status int
		times  int
		want   string
	}{
		{name: "taken", status: 202},
		{name: "busy", status: 503, times: 2},
		{name: "refused", status: 400, times: 1, want: "status 400 Bad Request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if len(got) < tt.times {
					w.WriteHeader(tt.status)
				}
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				if d := cmp.Diff(openMetrics, string(body)); d != "" {
					t.Error(d)
				}
				got = append(got, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type"))
			}))
			defer s.Close()
			w := &webhook{client: http.DefaultTransport, wait: func(context.Context, time.Duration) error { return nil }}
			host, err := m.push(t.Context(), w, s.URL+"/metrics/job/tenor")
			have := ""
			if err != nil {
				have = err.Error()
			}
			if have != tt.want || "http://"+host != s.URL {
				t.Errorf("%s: %q, want %q", host, have, tt.want)
			}
			for _, request := range got {
				if request != "PUT /metrics/job/tenor text/plain; version=0.0.4; charset=utf-8" {
					t.Error(request)
				}
			}
			if want := max(tt.times, 1); tt.want == "" && len(got) != want && len(got) != want+1 {
				t.Errorf("%d requests", len(got))
			}
		})
	}
	if _, err := m.Push(t.Context(), "https://"); err == nil {
		t.Error("a URL without a host is taken")
	}
}
