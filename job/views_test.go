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
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"tenor/audit"
	"tenor/report"
)

// TestViewsAgree: the terminal, the page, the Markdown, the workbook, the notice and the metrics say the numbers of report.json, which are read here without the
// types that it is written with.
func TestViewsAgree(t *testing.T) {
	formats := []string{"json", "markdown", "html", "xlsx"}
	const topic = "arn:aws:sns:eu-west-1:111122223333:tenor"
	notice := func(in *inbox) string {
		if len(in.sns) != 1 {
			t.Fatalf("%d notices", len(in.sns))
		}
		return in.sns[0].Get("Message")
	}
	t.Run("demo", func(t *testing.T) {
		in := &inbox{}
		in.start(t)
		j := demoJob(t, deliveryDay)
		j.Config.Output.SNSTopic = topic
		j.Config.Output.Formats, j.Config.MetricsFile = formats, filepath.Join(t.TempDir(), "tenor.prom")
		viewsAgree(t, runJob(t, j), j.Config.MetricsFile, func() string { return notice(in) })
	})
	t.Run("decisions", func(t *testing.T) {
		const snapshot = "../../shared/cases/decisions/snap"
		if _, err := os.Stat(snapshot); err != nil {
			t.Skip(err)
		}
		in := &inbox{}
		in.start(t)
		c := DefaultConfig()
		c.Output = Output{Dir: filepath.Join(t.TempDir(), "out"), Formats: formats, SNSTopic: topic}
		c.AsOf, c.MetricsFile = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), filepath.Join(t.TempDir(), "tenor.prom")
		j := &Job{Config: c, Version: "test", Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return c.AsOf }}
		res, err := j.Evaluate(context.Background(), snapshot)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Close() })
		viewsAgree(t, res, c.MetricsFile, func() string { return notice(in) })
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

func viewsAgree(t *testing.T, res *Result, metricsFile string, notice func() string) {
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
				ContractEnd    string `json:"contract_end"`
				DaysLeft       int    `json:"days_left"`
				NeedsApproval  *bool  `json:"needs_approval"`
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
		Findings    []findingView
		Commitments struct{ Total struct{ Remaining string } }
		Billing     *billView
		Renewals    []renewalView
		Products    *struct {
			Total, Broken int
			Causes        []struct{ Products int }
			Versions      []struct{ Products, Broken int }
		}
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
		"notice":   space.ReplaceAllString(notice(), " "),
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
	says("terminal", fmt.Sprintf("%d findings: ", total))
	says("terminal", fmt.Sprintf(" · %d gap", r.Summary.Coverage.Gaps))
	var failing []string
	for _, s := range audit.Severities {
		if n := bySeverity[string(s)]; n > 0 {
			failing = append(failing, fmt.Sprintf("%d %s", n, s))
		}
	}
	says("terminal", "findings: "+strings.Join(failing, ", ")+" · ")
	says("notice", "Findings: "+strings.Join(failing, ", ")+" Month-to-month: ")
	says("markdown", fmt.Sprintf("%d findings and %d gap", total, r.Summary.Coverage.Gaps))
	says("html", fmt.Sprintf("%d + %d critical and high findings, of %d", bySeverity["critical"], bySeverity["high"], total))
	says("markdown", fmt.Sprintf("Critical and high findings (%d)", bySeverity["critical"]+bySeverity["high"]))

	m := r.Summary.MonthToMonth
	if m.Count < 2 || m.Price == nil || m.Above == nil {
		t.Fatalf("month-to-month: %+v", m)
	}
	months := fmt.Sprintf("Month-to-month: %d Outposts, %s a month; renewing saves %s of it", m.Count, m.Price.text(), m.Above.text())
	all(months)
	named := months
	for _, rn := range r.Renewals {
		if rn.ContractState == "month_to_month" && strings.Count(named, " · ") < 3 {
			named += " · " + rn.Resource.Name
		}
	}
	if more := m.Count - 3; more > 0 {
		named += fmt.Sprintf(" and %d more", more)
	}
	says("terminal", named)

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
			what := []string{name, d.Amount.text(), d.ContractEnd}
			if view != "notice" {
				what = append(what, d.PerMonth.text())
			}
			for _, what := range what {
				if !strings.Contains(row, what) {
					t.Errorf("%s: no %q in %q", view, what, row)
				}
			}
		}
	}
	said := map[string]int{} // what the table of decisions says is not said again, and counted
	var approve, rows []string
	for _, d := range r.Summary.Deadlines {
		gravest := ""
		if d.NeedsApproval != nil && *d.NeedsApproval {
			approve = append(approve, d.Resource.Name)
		}
		for _, f := range r.Findings {
			repeats := slices.Contains([]string{"outposts.notice_deadline", "outposts.contract_ending", "outposts.renewal_approval_due"}, f.Rule)
			if repeats && f.Verdict == "fail" && (f.Severity == "critical" || f.Severity == "high") && f.Due == d.NoticeDeadline && f.Resource.ID == d.Resource.ID {
				said[f.Severity]++
				if gravest == "" || f.Severity == "critical" {
					gravest = f.Severity
				}
			}
		}
		rows = append(rows, fmt.Sprintf("\n%-10s%s", gravest, d.NoticeDeadline))
	}
	if said["critical"] == 0 || said["high"] < 3 {
		t.Fatalf("%v findings repeat the decisions", said)
	}
	repeated := fmt.Sprintf("%d critical, %d high on the decisions above", said["critical"], said["high"])
	if len(approve) > 0 {
		says("terminal", "To be approved: "+strings.Join(approve, " · "))
	}
	for _, view := range []string{"terminal", "html", "markdown"} {
		says(view, repeated+":")
	}
	// the first view has all of that on a terminal of 80 columns and 24 lines, and at the end of a log: a line is for the files, one
	// for the prompt or the error
	for name, style := range map[string]report.TerminalStyle{"80x24": {Width: 80, Lines: 22}, "log": {Lines: report.LogLines - 2}} {
		var out bytes.Buffer
		if err := report.Terminal(&out, res.Report, style); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		end := strings.Join(lines[max(0, len(lines)-style.Lines):], "\n") + "\n"
		want := append([]string{months, repeated, fmt.Sprintf("%d findings: ", total)}, rows...)
		for _, what := range want {
			if !strings.Contains(end, what) {
				t.Errorf("%s does not say %q at its end:\n%s", name, what, end)
			}
		}
		if strings.Contains(end, "…\n") {
			t.Errorf("%s cuts the end of a sentence:\n%s", name, end)
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
	measures := func(name, want string) {
		t.Helper()
		if line := "\n" + name + " " + want + "\n"; !strings.Contains(prom, line) {
			t.Errorf("the metrics do not say %q", line)
		}
	}
	measures("tenor_month_to_month_outposts", fmt.Sprint(m.Count))
	says("html", (&money{r.Commitments.Total.Remaining}).text()+" remaining commitment on ")
	workbook := filepath.Join(dir, "report.xlsx")
	summary := sheetOf(t, workbook, "Summary")
	if b := r.Billing; b != nil {
		sums := b.sums(t, r.Renewals)
		all(fmt.Sprintf("Billed for Outposts up to %s: %s more than the contract, %s without a contract", sums.month, sums.over.text(), sums.noContract.text()))
		all(fmt.Sprintf("Billed in %s: %s for broken products, %s for gone products", sums.month, sums.broken.text(), sums.gone.text()))
		summary.has(t, "Billed more than the contract", 1, 0, sums.over.Value)
		summary.has(t, "Broken products cost a month", 1, 0, sums.broken.Value)
		summary.has(t, "Billed without a contract", 1, 0, sums.noContract.Value)
		measures("tenor_billed_over_contract_usd", sums.over.Value)
		measures("tenor_billed_without_contract_usd", sums.noContract.Value)
		measures("tenor_broken_products_cost_usd", sums.broken.Value)
		measures("tenor_gone_products_cost_usd", sums.gone.Value)
		broken := sheetOf(t, workbook, "Cost of broken products")
		column := slices.Index(broken[0], "Cost in that month")
		broken.has(t, "Total", 0, column, added(t, sums.broken.Value, sums.gone.Value).FloatString(2))
	}
	if p := r.Products; p != nil && p.Broken > 0 {
		running, broken, largest := 0, 0, 0
		for _, v := range p.Versions {
			running, broken = running+v.Products, broken+v.Broken
		}
		for _, c := range p.Causes {
			largest = max(largest, c.Products)
		}
		if running != p.Total || broken != p.Broken {
			t.Errorf("%d products, %d of them broken; by version %d and %d", p.Total, p.Broken, running, broken)
		}
		says("terminal", fmt.Sprintf("%d of %d products are broken now · ", p.Broken, p.Total))
		says("terminal", fmt.Sprintf(" · %d causes, the largest of %d products", len(p.Causes), largest))
		says("markdown", fmt.Sprintf("- %d of %d products are broken now - ", p.Broken, p.Total))
		says("markdown", fmt.Sprintf(" - %d causes, the largest of %d products", len(p.Causes), largest))
		says("html", fmt.Sprintf("%d Broken now: of %d products", p.Broken, p.Total))
		measures("tenor_provisioned_products", fmt.Sprint(p.Total))
		measures("tenor_provisioned_products_broken", fmt.Sprint(p.Broken))
		summary.has(t, "Broken now", 1, 0, fmt.Sprint(p.Broken))
		summary.has(t, "Causes", 1, 0, fmt.Sprint(len(p.Causes)))
	}
	capacityAgrees(t, sheetOf(t, workbook, "Capacity"), r.Renewals, func(what string) { t.Helper(); says("html", what) })
	if n := noNotice(t, workbook, r.Renewals, r.Findings); strings.Count(views["html"], "Decide by –") != n {
		t.Errorf("the page has %d contracts with no day to decide by, of %d", strings.Count(views["html"], "Decide by –"), n)
	}
	levelsAgree(t, sheetOf(t, workbook, "Decisions"), r.Renewals)
	summary.has(t, "Remaining commitment", 1, 0, r.Commitments.Total.Remaining)
	for _, d := range r.Summary.DecisionsDue {
		if d.Count > d.Unpriced {
			summary.has(t, fmt.Sprintf("To decide within %d days", d.WithinDays), 1, 0, d.Amount.Value)
		}
	}
	for _, d := range r.Summary.Deadlines {
		name := d.Resource.Name
		if name == "" {
			name = d.Resource.ID
		}
		if d.Amount != nil {
			summary.has(t, name, 0, 7, d.Amount.Value)
			summary.has(t, name, 0, 8, d.PerMonth.Value)
		}
	}
	for i, s := range audit.Severities {
		summary.has(t, "All", 0, 1+i, fmt.Sprint(bySeverity[string(s)]))
	}
	if !strings.Contains(fmt.Sprint(summary), months+".") {
		t.Errorf("the workbook does not say %q", months)
	}
}

// noNotice returns how many Outposts run month-to-month, and holds every view to it that there is no notice to give of them: no day in
// the report, none in the workbook, and none in a finding but that by which a decision on file is to be carried out.
func noNotice(t *testing.T, workbook string, renewals []renewalView, findings []findingView) (n int) {
	t.Helper()
	sheets := map[string]sheet{"Decisions": sheetOf(t, workbook, "Decisions"), "Outposts": sheetOf(t, workbook, "Outposts")}
	for _, rn := range renewals {
		if rn.ContractState != audit.StateMonthToMonth {
			continue
		}
		n++
		if rn.NoticeDeadline != nil || rn.BusinessDaysToNotice != nil {
			t.Errorf("%s is %s and has a notice deadline", rn.Resource.ID, rn.ContractState)
		}
		for name, s := range sheets {
			for _, row := range s[1:] {
				for _, head := range []string{"Notice deadline", "Days left"} {
					id, at := slices.Index(s[0], "Outpost ID"), slices.Index(s[0], head)
					if at >= 0 && at < len(row) && id < len(row) && row[id] == rn.Resource.ID && row[at] != "" {
						t.Errorf("%s: %s is %s, and its %s is %s", name, rn.Resource.ID, rn.ContractState, head, row[at])
					}
				}
			}
		}
		for _, f := range findings {
			if f.Resource.ID == rn.Resource.ID && f.Due != "" && f.Rule != "outposts.decision_not_executed" {
				t.Errorf("%s is %s, and %s is due on %s", rn.Resource.ID, rn.ContractState, f.Rule, f.Due)
			}
		}
	}
	return n
}

// levelsAgree holds the level prices that the workbook works out, where the choice is what is recommended, against those of the report,
// and so the cost of inaction.
func levelsAgree(t *testing.T, decisions sheet, renewals []renewalView) {
	t.Helper()
	held := 0
	for _, rn := range renewals {
		for _, row := range decisions[1:] {
			cell := func(head string) string { return row[slices.Index(decisions[0], head)] }
			if rn.Recommended == nil || len(row) < 20 || cell("Outpost ID") != rn.Resource.ID || cell("Choice") != cell("Recommended") {
				continue
			}
			held++
			want := map[string]string{"Level price per month": rn.Recommended.LevelPrice}
			if rn.CostOfInaction != nil {
				want["Cost of inaction per month"] = *rn.CostOfInaction
			}
			for head, amount := range want {
				apart := added(t, cell(head), "-"+amount)
				if apart.Abs(apart).Cmp(big.NewRat(1, 1e5)) > 0 {
					t.Errorf("%s: the %s is %s, in the report %s", rn.Resource.ID, head, cell(head), amount)
				}
			}
		}
	}
	if held < 3 {
		t.Errorf("%d level prices are compared", held)
	}
}

// findingView is what report.json has of a finding.
type findingView struct {
	Verdict, Severity, Rule, Due string
	Resource                     struct{ ID string }
}

// renewalView is what report.json has of an Outpost.
type renewalView struct {
	Resource             struct{ ID, Name string }
	ContractState        string  `json:"contract_state"`
	NoticeDeadline       *string `json:"notice_deadline"`
	BusinessDaysToNotice *int    `json:"business_days_to_notice"`
	BilledDifference     *string `json:"billed_difference"`
	IdleMonthly          *string `json:"idle_monthly"`
	CostOfInaction       *string `json:"cost_of_inaction"`
	Recommended          *struct {
		LevelPrice string `json:"level_price"`
	}
	Capacity *struct{ Slots, Used, Idle int }
}

// billView is what report.json has of a bill.
type billView struct {
	Sources []struct {
		Period string
		Final  bool
	}
	Unmatched []struct {
		Final                 bool
		Billed, Currency, Why string
	}
	Products []struct {
		Status, Why, Currency string
		Periods               map[string]string
	}
}

// billSums are what a bill comes to.
type billSums struct {
	month                          string
	over, noContract, broken, gone *money
}

// sums adds up a bill; each sum is above 0.
func (b *billView) sums(t *testing.T, renewals []renewalView) billSums {
	t.Helper()
	var s billSums
	for _, source := range b.Sources {
		if source.Final {
			s.month = max(s.month, source.Period)
		}
	}
	var over, noContract, broken, gone []string
	for _, rn := range renewals {
		if d := rn.BilledDifference; d != nil && !strings.HasPrefix(*d, "-") {
			over = append(over, *d)
		}
	}
	for _, u := range b.Unmatched {
		if u.Final && u.Why == "no_contract" && u.Currency == "USD" {
			noContract = append(noContract, u.Billed)
		}
	}
	for _, p := range b.Products {
		switch cost := p.Periods[s.month]; {
		case cost == "" || p.Currency != "USD":
		case p.Why == "gone":
			gone = append(gone, cost)
		case p.Why == "" && (p.Status == "TAINTED" || p.Status == "ERROR"):
			broken = append(broken, cost)
		}
	}
	sum := func(of string, list []string) *money {
		total := added(t, list...)
		if total.Sign() <= 0 {
			t.Fatalf("%s comes to %s", of, total)
		}
		return &money{total.FloatString(2)}
	}
	s.over, s.noContract, s.broken, s.gone = sum("over", over), sum("no contract", noContract), sum("broken", broken), sum("gone", gone)
	return s
}

func added(t *testing.T, list ...string) *big.Rat {
	t.Helper()
	sum := new(big.Rat)
	for _, s := range list {
		v, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatal(s)
		}
		sum.Add(sum, v)
	}
	return sum
}

// capacityAgrees holds Capacity, and what the page says, against the slots of each Outpost and what is paid for the idle ones.
func capacityAgrees(t *testing.T, capacity sheet, renewals []renewalView, says func(string)) {
	t.Helper()
	column := func(head string) int { return slices.Index(capacity[0], head) }
	var idle []string
	for _, rn := range renewals {
		c := rn.Capacity
		if c == nil || c.Slots == 0 {
			continue
		}
		says(fmt.Sprintf("Capacity: %d of %d instance slots idle", c.Idle, c.Slots))
		id := column("Outpost ID")
		capacity.has(t, rn.Resource.ID, 0, column("Slots")-id, fmt.Sprint(c.Slots))
		capacity.has(t, rn.Resource.ID, 0, column("Used")-id, fmt.Sprint(c.Used))
		capacity.has(t, rn.Resource.ID, 0, column("Idle")-id, fmt.Sprint(c.Idle))
		if rn.IdleMonthly != nil {
			capacity.has(t, rn.Resource.ID, 0, column("Idle share per month")-id, *rn.IdleMonthly)
			idle = append(idle, *rn.IdleMonthly)
		}
	}
	if len(idle) > 0 {
		capacity.has(t, "Total", 0, column("Idle share per month"), added(t, idle...).FloatString(10))
	}
}

// sheet is the cells of a sheet of a workbook, by row and column.
type sheet [][]string

func sheetOf(t *testing.T, path, name string) sheet {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(name, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// has checks the number that stands so many rows below the first cell with a label, and so many columns to its right.
func (s sheet) has(t *testing.T, label string, down, right int, want string) {
	t.Helper()
	for i, row := range s {
		for j, cell := range row {
			if cell != label {
				continue
			}
			have := ""
			if i+down < len(s) && j+right >= 0 && j+right < len(s[i+down]) {
				have = s[i+down][j+right]
			}
			a, okA := new(big.Rat).SetString(have)
			b, okB := new(big.Rat).SetString(want)
			if !okA || !okB || a.Cmp(b) != 0 {
				t.Errorf("the sheet has %q for %s, the report %s", have, label, want)
			}
			return
		}
	}
	t.Errorf("the sheet has no %q", label)
}
