package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"tenor/audit"
)

// TerminalStyle says what the terminal can show.
type TerminalStyle struct {
	Color bool
	Width int    // columns, at least 80; 0 means 80
	Run   string // the run folder of the report, to be named in a command; empty for the one that commands take by default
}

// terminalRows is how many gaps, and how many rules that failed, the summary names; the rest are counted.
const terminalRows = 8

// Terminal writes the summary for a person who has just run tenor: the verdict, what runs month-to-month, the nearest deadlines with
// what is recommended and what renewing and waiting cost, the critical and high findings by name, findings by domain and severity, the
// rules that failed, what could not be read, and what was not delivered.
func Terminal(w io.Writer, r audit.Report, style TerminalStyle) error {
	t := terminal{width: max(style.Width, 80), color: style.Color, run: audit.Visible(style.Run)}
	failed, err := r.RuleErrors()
	if err != nil {
		return err
	}
	named, more, err := urgent(&r)
	if err != nil {
		return err
	}
	blocks := []string{t.heading(r), t.warnings(r), t.monthToMonth(&r.Summary.MonthToMonth), t.deadlines(r.Summary), t.urgent(named, more),
		t.products(&r), t.findings(r), t.ruleErrors(failed), t.coverage(r), t.undelivered(r.Undelivered)}
	blocks = slices.DeleteFunc(blocks, func(s string) bool { return s == "" })
	return printed(w, strings.Join(blocks, "\n\n")+"\n")
}

// printed writes to a terminal. In a GitHub job stdout is read for commands, and the old form of one may stand anywhere in
// a line.
func printed(w io.Writer, s string) error {
	_, err := io.WriteString(w, strings.ReplaceAll(s, "##[", "# #["))
	return err
}

type terminal struct {
	width int
	color bool
	run   string
}

// The ways in which text is painted: the parameters of an ECMA-48 SGR sequence.
const (
	bold     = "1"
	faint    = "2"
	red      = "31"
	yellow   = "33"
	cyan     = "36"
	boldRed  = "1;31"
	onGreen  = "1;30;42"
	onYellow = "1;30;43"
	onRed    = "1;97;41"
)

func (t terminal) paint(sgr, s string) string {
	if !t.color || s == "" || sgr == "" {
		return s
	}
	return "\x1b[" + sgr + "m" + s + "\x1b[0m"
}

func severityPaint(s audit.Severity) string {
	return cmp.Or(map[audit.Severity]string{audit.Critical: boldRed, audit.High: red, audit.Medium: yellow, audit.Low: cyan}[s], faint)
}

func (t terminal) heading(r audit.Report) string {
	badge := map[audit.Status]string{audit.Clean: onGreen, audit.HasFindings: onRed, audit.Incomplete: onYellow}[r.Status]
	parts := []string{t.paint(bold, audit.Counted(r.Summary.Failures(), "finding")), audit.Counted(r.Summary.Coverage.Gaps, "gap")}
	if n := r.Summary.Verdicts[audit.Error]; n > 0 {
		parts = append(parts, t.paint(boldRed, audit.Counted(n, "error")))
	}
	scope := []string{audit.Counted(len(r.Run.Accounts), "account"), audit.Counted(len(r.Run.Regions), "region"),
		audit.Counted(total(r.Summary.Resources), "resource"), "as of " + day(r.Run.AsOf)}
	head := t.paint(badge, " "+strings.ToUpper(string(r.Status))+" ") + "  " + strings.Join(parts, ", ")
	tail := t.paint(faint, strings.Join(scope, " · "))
	if text.StringWidthWithoutEscSequences(head+tail)+2 > t.width {
		return head + "\n" + tail
	}
	return head + "  " + tail
}

// warnings are what the run went on without, a line each.
func (t terminal) warnings(r audit.Report) string {
	var lines []string
	for _, w := range r.Run.Warnings[:min(len(r.Run.Warnings), terminalRows)] {
		lines = append(lines, t.paint(yellow, "Warning: ")+snip(w, 3*t.width))
	}
	return strings.Join(lines, "\n")
}

// findings is the table of severity by domain, and what else the rules said.
func (t terminal) findings(r audit.Report) string {
	var lines []string
	if len(r.Summary.Findings) > 0 {
		lines = append(lines, t.severities(&r.Summary))
	}
	var rest []string
	for _, v := range [...]struct {
		verdict audit.Verdict
		name    string
	}{{audit.Unknown, "unknown"}, {audit.Waived, "waived"}, {audit.Pass, "passed"}} {
		if n := r.Summary.Verdicts[v.verdict]; n > 0 || v.verdict == audit.Pass {
			rest = append(rest, number(n)+" "+v.name)
		}
	}
	lines = append(lines, t.paint(faint, strings.Join(rest, " · ")))
	if c := r.Changes; c != nil {
		counts := []string{
			t.paint(bold, number(c.New)) + " new", number(len(c.Changed)) + " changed", number(c.Persisting) + " persisting",
			number(c.Resolved.Len) + " resolved", number(c.NotReevaluated.Len) + " not re-evaluated",
		}
		if n := c.Silenced.Len; n > 0 {
			counts = append(counts, t.paint(boldRed, number(n)+" silenced"))
		}
		lines = append(lines, wrap("Since "+audit.Visible(day(c.Baseline.AsOf))+": ", counts, t.width))
		lines = append(lines, t.settings(c.Settings)...)
	}
	return strings.Join(lines, "\n")
}

// settings names the first settings that changed, a line each.
func (t terminal) settings(list []audit.Setting) []string {
	var lines []string
	for _, s := range list[:min(len(list), terminalRows)] {
		const head = "Setting changed: "
		wrapped := text.WrapSoft(head+snip(s.String(), 3*t.width), t.width)
		lines = append(lines, t.paint(yellow, head)+strings.TrimPrefix(wrapped, head))
	}
	if more := len(list) - terminalRows; more > 0 {
		lines = append(lines, t.paint(faint, fmt.Sprintf("and %s more", number(more))))
	}
	return lines
}

func (t terminal) severities(s *audit.Summary) string {
	header := table.Row{"FINDINGS"}
	for _, sev := range audit.Severities {
		header = append(header, strings.ToUpper(string(sev)))
	}
	tb := t.table(append(header, "TOTAL"), "lrrrrrr")
	for _, domain := range slices.Sorted(maps.Keys(s.Findings)) {
		tb.AppendRow(t.severityRow(snip(domain, 28), s.Findings[domain]))
	}
	if len(s.Findings) > 1 {
		tb.AppendFooter(t.severityRow("all", s.BySeverity()))
	}
	return tb.Render()
}

func (t terminal) severityRow(name string, counts map[audit.Severity]int) table.Row {
	row := table.Row{name}
	for _, s := range audit.Severities {
		if n := counts[s]; n > 0 {
			row = append(row, t.paint(severityPaint(s), number(n)))
		} else {
			row = append(row, t.paint(faint, "·"))
		}
	}
	return append(row, t.paint(bold, number(total(counts))))
}

// ruleErrors names the first rules that failed, each with what it says of the first resource.
func (t terminal) ruleErrors(failed []audit.RuleError) string {
	if len(failed) == 0 {
		return ""
	}
	tb := t.table(table.Row{"RULE FAILED", "ON", "SAYS"}, "lrl")
	for _, e := range failed[:min(len(failed), terminalRows)] {
		rule, on := snip(e.Rule, 40), number(e.Resources)
		rest := t.width - max(text.StringWidth(rule), len("RULE FAILED")) - max(len(on), len("ON")) - 6 // two after each column
		tb.AppendRow(table.Row{t.paint(boldRed, rule), on, snip(e.First.Resource.ID+": "+e.First.Msg, rest)})
	}
	t.more(tb, len(failed)-terminalRows)
	return tb.Render()
}

// more says in a row of its own how many rows are left out.
func (t terminal) more(tb table.Writer, n int) {
	if n > 0 {
		tb.AppendRow(table.Row{t.paint(faint, fmt.Sprintf("and %s more", number(n)))})
	}
}

// monthToMonth says what runs without a contract, on as many lines as it takes.
func (t terminal) monthToMonth(m *audit.MonthToMonth) string {
	lines := strings.Split(text.WrapSoft(m.Text(), t.width), "\n")
	for i := range lines {
		lines[i] = t.paint(boldRed, strings.TrimRight(lines[i], " "))
	}
	return strings.Join(lines, "\n")
}

// deadlines is the table of the nearest decisions, with what is recommended, and what falls due in all.
func (t terminal) deadlines(s audit.Summary) string {
	if len(s.Deadlines) == 0 {
		return ""
	}
	const fixed = 55 // the other columns and the gaps between
	tb := t.table(table.Row{"DECIDE BY", "DAYS", "OUTPOST, RECOMMENDED", "TOTAL", "COST OF INACTION"}, "lrlrr")
	for _, d := range s.Deadlines {
		sgr := ""
		switch {
		case d.DaysLeft < 0:
			sgr = boldRed
		case d.DaysLeft <= 30:
			sgr = red
		case d.DaysLeft <= 90:
			sgr = yellow
		}
		tb.AppendRow(table.Row{
			t.paint(sgr, audit.Visible(d.NoticeDeadline)), t.paint(sgr, fmt.Sprint(d.DaysLeft)), fit(d.Resource, t.width-fixed),
			t.amount(d.Amount, "·"), t.amount(d.PerMonth, "·"),
		})
		tb.AppendRow(table.Row{"", "", snip(recommendedText(&d), t.width-fixed)})
		if d.AsOf != "" {
			tb.AppendRow(table.Row{"", "", t.paint(yellow, "last read "+audit.Visible(day(string(d.AsOf))))})
		}
	}
	var due []string
	for _, d := range s.DecisionsDue {
		due = append(due, fmt.Sprintf("%s within %d days", t.paint(bold, fmt.Sprint(d.Count)), d.WithinDays)+t.dueAmount(d))
	}
	return tb.Render() + "\n" + wrap("Decisions due: ", due, t.width)
}

// urgent is the table of the most severe findings, and the command that lists those it has no room for.
func (t terminal) urgent(named []audit.Finding, more int) string {
	if len(named) == 0 {
		return ""
	}
	rules := 0
	for i := range named {
		rules = max(rules, min(text.StringWidth(named[i].Rule), 36))
	}
	tb := t.table(table.Row{"SEVERITY", "RULE", "RESOURCE"}, "lll")
	for i := range named {
		f := &named[i]
		tb.AppendRow(table.Row{t.paint(severityPaint(f.Severity), string(f.Severity)), snip(f.Rule, 36),
			fit(f.Resource, t.width-rules-14)}) // the severity, and two after each column
	}
	if more == 0 {
		return tb.Render()
	}
	return tb.Render() + "\n" + fmt.Sprintf("and %s more: %s", number(more), t.paint(bold, listCommand(t.run)))
}

// fit names a resource within n columns: its name and id, or what of its name there is room for.
func fit(r audit.ResourceRef, n int) string {
	l := label(r)
	if len(l) > snipBytes*n || text.StringWidth(l) > n && r.Name != "" {
		return snip(r.Name, n)
	}
	return snip(l, n)
}

// snip cuts a string to n columns, the last of which is then an ellipsis, and looks at no more of it than they could show.
func snip(s string, n int) string {
	return text.Snip(audit.Visible(clip(s, snipBytes*n)), n, "…")
}

// snipBytes is more than the characters of a column, of which those that combine with another take no room.
const snipBytes = 16

func (t terminal) dueAmount(d audit.DecisionsDue) string {
	var in []string
	if d.Amount != nil && d.Count > d.Unpriced {
		in = append(in, money(d.Amount))
	}
	if d.Unpriced > 0 {
		in = append(in, fmt.Sprintf("%d unpriced", d.Unpriced))
	}
	if d.Carried > 0 {
		in = append(in, fmt.Sprintf("and %d last read earlier", d.Carried))
	}
	if len(in) == 0 {
		return ""
	}
	return " (" + strings.Join(in, ", ") + ")"
}

func (t terminal) amount(m *audit.Money, none string) string {
	if m == nil {
		return t.paint(faint, none)
	}
	return audit.Visible(money(m))
}

// coverage counts the ledger and names the first gaps.
func (t terminal) coverage(r audit.Report) string {
	c := r.Summary.Coverage
	parts := []string{fmt.Sprintf("%s collected", number(c.Collected))}
	if c.Gaps > 0 {
		parts = append(parts, t.paint(yellow, audit.Counted(c.Gaps, "gap")))
	} else {
		parts = append(parts, "no gaps")
	}
	for _, status := range audit.CoverageStatuses {
		if n := c.Count(status); n > 0 && status != audit.StatusCollected && status != audit.StatusGap {
			parts = append(parts, number(n)+" "+strings.ReplaceAll(string(status), "_", " "))
		}
	}
	line := "Coverage: " + strings.Join(parts, " · ")
	if c.Gaps == 0 {
		return line
	}
	const fixed = 60
	tb := t.table(table.Row{"COVERAGE GAP", "REGION", "OPERATION", "REASON", ""}, "lllll")
	gaps := r.Gaps()
	gaps = gaps[:min(len(gaps), terminalRows)]
	for _, row := range gaps {
		tb.AppendRow(table.Row{audit.Visible(row.Account), audit.Visible(row.Region), snip(row.Operation, 28),
			t.paint(yellow, string(row.Reason)), t.paint(faint, snip(row.Message, max(t.width-fixed-14, 1)))})
	}
	t.more(tb, c.Gaps-len(gaps))
	return tb.Render() + "\n" + line
}

func (t terminal) undelivered(list []audit.Undelivered) string {
	if len(list) == 0 {
		return ""
	}
	const fixed, nameWidth = 20, 40
	tb := t.table(table.Row{"NOT DELIVERED", "", ""}, "lll")
	for _, u := range list[:min(len(list), terminalRows)] {
		tb.AppendRow(table.Row{t.paint(boldRed, string(u.Kind)), snip(u.Name, nameWidth), snip(u.Message, max(t.width-fixed-nameWidth, 1))})
	}
	t.more(tb, len(list)-terminalRows)
	return tb.Render()
}

// table returns an empty table; align has a letter for each column: l or r.
func (t terminal) table(header table.Row, align string) table.Writer {
	tb := table.NewWriter()
	tb.SuppressTrailingSpaces()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true, SeparateFooter: true}
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Box.MiddleHorizontal = "─"
	style.Format = table.FormatOptions{Header: text.FormatDefault, Footer: text.FormatDefault, Row: text.FormatDefault}
	tb.SetStyle(style)
	painted := table.Row{}
	var configs []table.ColumnConfig
	for i, h := range header {
		painted = append(painted, t.paint(faint, h.(string)))
		a := text.AlignLeft
		if align[i] == 'r' {
			a = text.AlignRight
		}
		configs = append(configs, table.ColumnConfig{Number: i + 1, Align: a, AlignHeader: a, AlignFooter: a})
	}
	tb.SetColumnConfigs(configs)
	tb.AppendHeader(painted)
	return tb
}

// wrap joins items with a dot between, on as many lines as the width asks for; what follows the first is indented.
func wrap(lead string, items []string, width int) string {
	var b strings.Builder
	b.WriteString(lead)
	used := len(lead)
	for i, item := range items {
		n := text.StringWidthWithoutEscSequences(item)
		switch {
		case i == 0:
		case used+3+n > width:
			b.WriteString("\n" + strings.Repeat(" ", len(lead)))
			used = len(lead)
		default:
			b.WriteString(" · ")
			used += 3
		}
		b.WriteString(item)
		used += n
	}
	return b.String()
}
