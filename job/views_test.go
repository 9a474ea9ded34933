package job

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tenor/audit"
	"tenor/report"
)

// TestViewsAgree: the terminal, the page, the Markdown and the metrics say the numbers of report.json, which are read here without the
// types that it is written with.
func TestViewsAgree(t *testing.T) {
	formats := []string{"json", "markdown", "html"}
	t.Run("demo", func(t *testing.T) {
		j := demoJob(t, deliveryDay)
		j.Config.Output.Formats, j.Config.MetricsFile = formats, filepath.Join(t.TempDir(), "tenor.prom")
		viewsAgree(t, runJob(t, j), j.Config.MetricsFile)
	})
	t.Run("decisions", func(t *testing.T) {
		const snapshot = "../../shared/cases/decisions/snap"
		if _, err := os.Stat(snapshot); err != nil {
			t.Skip(err)
		}
		c := DefaultConfig()
		c.Output = Output{Dir: filepath.Join(t.TempDir(), "out"), Formats: formats}
		c.AsOf, c.MetricsFile = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), filepath.Join(t.TempDir(), "tenor.prom")
		j := &Job{Config: c, Version: "test", Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return c.AsOf }}
		res, err := j.Evaluate(context.Background(), snapshot)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Close() })
		viewsAgree(t, res, c.MetricsFile)
	})
}

type money struct{ Value string }

// text is an amount as people are shown it; empty for nil.
func (m *money) text() string {
	if m == nil {
		return ""
	}
	whole, cents, _ := strings.Cut(m.Value, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return "$" + whole + "." + cents
}

func viewsAgree(t *testing.T, res *Result, metricsFile string) {
	t.Helper()
	dir := filepath.Dir(res.Files[0])
	read := func(path string) string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var r struct {
		Summary struct {
			Findings     map[string]map[string]int
			Coverage     struct{ Gaps int }
			MonthToMonth struct {
				Count        int
				Price, Above *money
			} `json:"month_to_month"`
			Deadlines []struct {
				Resource       struct{ ID, Name string }
				NoticeDeadline string `json:"notice_deadline"`
				DaysLeft       int    `json:"days_left"`
				Amount         *money
				PerMonth       *money `json:"per_month"`
			}
			DecisionsDue []struct {
				WithinDays int `json:"within_days"`
				Count      int
				Unpriced   int
				Amount     *money
			} `json:"decisions_due"`
		}
		Findings    []struct{ Verdict, Severity string }
		Commitments struct{ Total struct{ Remaining string } }
	}
	if err := json.Unmarshal([]byte(read(filepath.Join(dir, "report.json"))), &r); err != nil {
		t.Fatal(err)
	}
	var terminal bytes.Buffer
	if err := report.Terminal(&terminal, res.Report, report.TerminalStyle{Width: 200}); err != nil {
		t.Fatal(err)
	}
	space := regexp.MustCompile(`\s+`)
	page, err := html.Parse(strings.NewReader(read(filepath.Join(dir, "report.html"))))
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	for n := range page.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" && n.Parent.Data != "style" {
			shown.WriteString(n.Data + " ")
		}
	}
	views := map[string]string{
		"terminal": space.ReplaceAllString(terminal.String(), " "), "html": space.ReplaceAllString(shown.String(), " "),
		"markdown": space.ReplaceAllString(strings.ReplaceAll(read(filepath.Join(dir, "report.md")), "**", ""), " "),
	}
	says := func(view, what string) {
		t.Helper()
		if !strings.Contains(views[view], what) {
			t.Errorf("%s does not say %q", view, what)
		}
	}
	all := func(what string) {
		t.Helper()
		for view := range views {
			says(view, what)
		}
	}

	bySeverity, total := map[string]int{}, 0
	for _, f := range r.Findings {
		if f.Verdict == "fail" {
			bySeverity[f.Severity]++
			total++
		}
	}
	summed, metrics := map[string]int{}, map[string]int{}
	for _, domain := range r.Summary.Findings {
		for severity, n := range domain {
			summed[severity] += n
		}
	}
	prom := read(metricsFile)
	for _, m := range regexp.MustCompile(`(?m)^tenor_findings\{.*severity="(\w+)"\} (\d+)$`).FindAllStringSubmatch(prom, -1) {
		n := 0
		if _, err := fmt.Sscan(m[2], &n); err != nil {
			t.Fatal(err)
		}
		metrics[m[1]] += n
	}
	for _, s := range audit.Severities {
		if n := bySeverity[string(s)]; summed[string(s)] != n || metrics[string(s)] != n {
			t.Errorf("%s: %d findings, %d in the summary, %d in the metrics", s, n, summed[string(s)], metrics[string(s)])
		}
	}
	if total == 0 {
		t.Fatal("there is no finding")
	}
	says("terminal", fmt.Sprintf("%d findings, %d gap", total, r.Summary.Coverage.Gaps))
	says("markdown", fmt.Sprintf("%d findings and %d gap", total, r.Summary.Coverage.Gaps))
	says("html", fmt.Sprintf("%d + %d critical and high findings, of %d", bySeverity["critical"], bySeverity["high"], total))
	says("markdown", fmt.Sprintf("Critical and high findings (%d)", bySeverity["critical"]+bySeverity["high"]))

	m := r.Summary.MonthToMonth
	if m.Count < 2 || m.Price == nil || m.Above == nil {
		t.Fatalf("month-to-month: %+v", m)
	}
	all(fmt.Sprintf("Running month-to-month: %d Outposts, %s a month, of which %s more than what is recommended", m.Count, m.Price.text(),
		m.Above.text()))

	if len(r.Summary.Deadlines) == 0 {
		t.Fatal("there is no deadline")
	}
	for _, d := range r.Summary.Deadlines {
		name := d.Resource.Name
		if name == "" {
			name = d.Resource.ID
		}
		for view, text := range views {
			i := strings.Index(text, d.NoticeDeadline)
			for i >= 0 && !strings.Contains(text[i:min(len(text), i+120)], name) {
				next := strings.Index(text[i+1:], d.NoticeDeadline)
				if next < 0 {
					break
				}
				i += 1 + next
			}
			if i < 0 {
				t.Errorf("%s: no deadline of %s", view, name)
				continue
			}
			row := text[i:min(len(text), i+400)]
			for _, what := range []string{name, d.Amount.text(), d.PerMonth.text()} {
				if !strings.Contains(row, what) {
					t.Errorf("%s: no %q in %q", view, what, row)
				}
			}
		}
	}
	for _, d := range r.Summary.DecisionsDue {
		if d.Count == d.Unpriced {
			continue
		}
		says("terminal", fmt.Sprintf("%d within %d days (%s", d.Count, d.WithinDays, d.Amount.text()))
		says("markdown", fmt.Sprintf("%d within %d days, %s", d.Count, d.WithinDays, d.Amount.text()))
		if d.WithinDays == 90 {
			says("html", fmt.Sprintf("%d %s decisions due within 90 days", d.Count, d.Amount.text()))
		}
	}
	if want := fmt.Sprintf("\ntenor_nearest_deadline_days %d\n", r.Summary.Deadlines[0].DaysLeft); !strings.Contains(prom, want) {
		t.Errorf("the metrics do not say %q", want)
	}
	remaining, ok := new(big.Rat).SetString(r.Commitments.Total.Remaining)
	if !ok {
		t.Fatal(r.Commitments.Total.Remaining)
	}
	rounded := (&money{remaining.FloatString(0)}).text() // half away from zero, as the page rounds
	says("html", strings.TrimSuffix(rounded, ".")+" remaining commitment on ")
}
