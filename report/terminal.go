package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"tenor/audit"
)

// TerminalStyle says what the terminal can show.
type TerminalStyle struct {
	Color bool
	Width int    // columns, at least 80; 0 means that it is no terminal but a file, a pipe or the log of a job
	Lines int    // how many there is room for, at least 20; 0 means any number
	Run   string // the run folder of the report, to be named in a command; empty for the one that commands take by default
}

// LogWidth is how wide a line is where there is no terminal, and LogLines how much of the end of a log people see.
const (
	LogWidth = 160
	LogLines = 25
)

// terminalRows is how many gaps, and how many rules that failed, the summary names; the rest are counted.
const terminalRows = 8

// Terminal writes the summary for a person who has just run tenor. A terminal shows the end, so what is to be decided stands there: what
// runs month-to-month, the nearest decisions with what is recommended and what it comes to, the critical and high findings, and last the
// verdict. Where the terminal has few lines, fewer findings are named; in a log each has one line. Above it
// is what went wrong, where anything did: warnings, rules
// that failed, what could not be read, what was not delivered; how much has changed, the bill and the products.
func Terminal(w io.Writer, r audit.Report, style TerminalStyle) error {
	t := newTerminal(style)
	failed, err := r.RuleErrors()
	if err != nil {
		return err
	}
	gravest, err := r.Gravest()
	if err != nil {
		return err
	}
	figures, err := r.ProductFigures()
	if err != nil {
		return err
	}
	bill, err := r.Bill()
	if err != nil {
		return err
	}
	named, err := withoutContract(&r)
	if err != nil {
		return err
	}
	decide, heading := t.decide(&r.Summary, named, gravest), t.heading(&r)
	room := math.MaxInt
	if style.Lines > 0 {
		room = max(style.Lines, 20) - len(strings.Split(decide+"\n\n\n"+heading, "\n"))
	}
	blocks := []string{t.warnings(r), t.ruleErrors(failed), t.gaps(r), t.undelivered(r.Undelivered), t.changes(r.Changes), t.bill(bill),
		t.products(&r, figures), decide, t.urgent(gravest, room), heading}
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
	width    int
	messages int // how many lines the message of a finding may have
	color    bool
	run      string
}

func newTerminal(style TerminalStyle) terminal {
	t := terminal{width: max(style.Width, 80), messages: 2, color: style.Color, run: audit.Visible(style.Run)}
	if style.Width == 0 {
		t.width, t.messages = LogWidth, 1
	}
	return t
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

// heading is the verdict: how the run went, and what there is of what.
func (t terminal) heading(r *audit.Report) string {
	badge := map[audit.Status]string{audit.Clean: onGreen, audit.HasFindings: onRed, audit.Incomplete: onYellow}[r.Status]
	findings := t.paint(bold, audit.Counted(r.Summary.Failures(), "finding"))
	counts, sep := r.Summary.BySeverity(), ": "
	for _, s := range audit.Severities {
		if n := counts[s]; n > 0 {
			findings += sep + t.paint(severityPaint(s), number(n)+" "+string(s))
			sep = ", "
		}
	}
	coverage := &r.Summary.Coverage
	gaps := audit.Counted(coverage.Gaps, "gap")
	if coverage.Gaps > 0 {
		gaps = t.paint(yellow, gaps)
	}
	items := []string{findings, gaps}
	if n := r.Summary.Verdicts[audit.Error]; n > 0 {
		items = append(items, t.paint(boldRed, audit.Counted(n, "error")))
	}
	for _, v := range [...]audit.Verdict{audit.Unknown, audit.Waived} {
		if n := r.Summary.Verdicts[v]; n > 0 {
			items = append(items, number(n)+" "+string(v))
		}
	}
	if n := len(r.Undelivered); n > 0 {
		items = append(items, t.paint(boldRed, number(n)+" not delivered"))
	}
	accounts := audit.Counted(len(r.Run.Accounts), "account")
	if n := coverage.Suspended; n > 0 {
		accounts += fmt.Sprintf(" (%s suspended)", number(n))
	}
	items = append(items, "as of "+audit.DayOf(r.Run.AsOf), accounts, audit.Counted(total(r.Summary.Resources), "resource"))
	add := func(calls int, noun, why string) {
		if calls > 0 {
			items = append(items, audit.Counted(calls, noun)+" "+why)
		}
	}
	add(coverage.NotEnabled, "call", "in regions that are not enabled")
	add(coverage.NotOffered, "call", "where the service is not offered")
	add(coverage.Optional, "optional call", "without an answer")
	return wrap(t.paint(badge, " "+strings.ToUpper(string(r.Status))+" ")+"  ", items, t.width)
}

// warnings are what the run went on without, a line each.
func (t terminal) warnings(r audit.Report) string {
	return strings.Join(audit.Map(r.Run.Warnings[:min(len(r.Run.Warnings), terminalRows)], func(w string) string {
		return t.paint(yellow, "Warning: ") + snip(w, 3*t.width)
	}), "\n")
}

// changes counts what is not as in the baseline, and names the settings that changed.
func (t terminal) changes(c *audit.Changes) string {
	if c == nil {
		return ""
	}
	counts := []string{
		t.paint(bold, number(c.New)) + " new", number(c.Changed.Len) + " changed", number(c.Persisting) + " persisting",
		number(c.Resolved.Len) + " resolved", number(c.NotReevaluated.Len) + " not re-evaluated",
	}
	if n := c.Silenced.Len; n > 0 {
		counts = append(counts, t.paint(boldRed, number(n)+" silenced"))
	}
	lines := []string{wrap("Since "+audit.Visible(audit.DayOf(c.Baseline.AsOf))+": ", counts, t.width)}
	return strings.Join(append(lines, t.settings(c.Settings)...), "\n")
}

// settings names the first settings that changed, a line each.
func (t terminal) settings(list []audit.Setting) []string {
	var lines []string
	for _, s := range list[:min(len(list), terminalRows)] {
		const head = "Setting changed: "
		wrapped := strings.Join(t.lines(head+snip(s.String(), 3*t.width), t.width, 4), "\n")
		lines = append(lines, t.paint(yellow, head)+strings.TrimPrefix(wrapped, head))
	}
	if more := len(list) - terminalRows; more > 0 {
		lines = append(lines, t.paint(faint, fmt.Sprintf("and %s more", number(more))))
	}
	return lines
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

// decide says what runs without a contract, and names the first of it, then the nearest decisions.
func (t terminal) decide(s *audit.Summary, named []string, gravest *audit.Gravest) string {
	blocks := []string{t.monthToMonth(&s.MonthToMonth, named), t.deadlines(s, gravest)}
	return strings.Join(slices.DeleteFunc(blocks, func(s string) bool { return s == "" }), "\n")
}

// monthToMonthNames is how many Outposts without a contract the summary names.
const monthToMonthNames = 3

// withoutContract names the first Outposts that run without a contract. The renewals are read only where there is one.
func withoutContract(r *audit.Report) (names []string, err error) {
	if r.Summary.MonthToMonth.Count == 0 {
		return nil, nil
	}
	for rn, err := range r.Renewals.All() {
		if err != nil {
			return nil, err
		}
		if rn.MonthToMonth() {
			names = append(names, rn.Resource.Label())
		}
		if len(names) == min(monthToMonthNames, r.Summary.MonthToMonth.Count) {
			break
		}
	}
	return names, nil
}

// names returns the names of the first of so many, each clipped to a width; behind the last stands how many there are beside them.
func names(first []string, of, width int) []string {
	items := audit.Map(first, func(name string) string { return snip(name, width) })
	if more := of - len(first); len(first) > 0 && more > 0 {
		items[len(items)-1] += fmt.Sprintf(" and %s more", number(more))
	}
	return items
}

// monthToMonth says what runs without a contract, and where that takes two lines, what renewing saves on the second; then it names the
// first of it.
func (t terminal) monthToMonth(m *audit.MonthToMonth, named []string) string {
	said := m.Text()
	if said == "" {
		return ""
	}
	if text.StringWidth(said) > t.width {
		said = strings.ReplaceAll(said, "; ", ";\n")
	}
	var lines []string
	for line := range strings.SplitSeq(text.WrapSoft(said, t.width), "\n") {
		lines = append(lines, t.paint(boldRed, strings.TrimRight(line, " ")))
	}
	items := names(named, m.Count, t.width/2)
	last := len(lines) - 1
	lines[last] = wrap("", slices.Concat(lines[last:], items), t.width)
	return strings.Join(lines, "\n")
}

// billItems is how many of the largest of a bill are named.
const billItems = 2

// bill says what the bill comes to, and names the largest of it; nothing where none was read.
func (t terminal) bill(b *audit.BillTotals) string {
	var said []string
	for _, line := range b.Lines() {
		for l := range strings.SplitSeq(text.WrapSoft(audit.Visible(line), t.width), "\n") {
			said = append(said, strings.TrimRight(l, " "))
		}
	}
	largest := b.Largest()
	slices.SortStableFunc(largest, func(a, b audit.BillItem) int { return cmp.Compare(b.Cents, a.Cents) })
	var items []string
	for i := range largest[:min(len(largest), billItems)] {
		item := &largest[i]
		items = append(items, t.amount(item.Amount())+" "+item.What+", "+snip(item.Resource.Label(), t.width*2/5))
	}
	if len(items) > 0 {
		said = append(said, wrap("The largest: ", items, t.width))
	}
	return strings.Join(said, "\n")
}

// wideDeadlines is the width from which the table of deadlines has room for the end of the contract and the cost of inaction.
const wideDeadlines = 110

// severityWidth is that of the column of severities with which the decisions, and the findings below them, begin: of SEVERITY too.
const severityWidth = len("critical")

// deadlines is the table of the nearest decisions, a line each: how severe the gravest finding is that says the same, by when, what is
// recommended and what that comes to; and what falls due in all.
func (t terminal) deadlines(s *audit.Summary, gravest *audit.Gravest) string {
	if len(s.Deadlines) == 0 {
		return ""
	}
	days, words, amounts, inaction := len("DAYS"), len("last read 2026-11-20"), len("TOTAL"), len("COST OF INACTION")
	for i := range s.Deadlines {
		d := &s.Deadlines[i]
		days, words = max(days, len(daysLeft(d))), max(words, text.StringWidth(recommendedText(d)))
		amounts, inaction = max(amounts, text.StringWidth(money(d.Amount))), max(inaction, text.StringWidth(d.PerMonth.PerText()))
	}
	wide := t.width >= wideDeadlines
	rest := t.width - severityWidth - len(time.DateOnly) - days - amounts - 2*5 // two after each column but the last
	header, align := table.Row{"SEVERITY", "DECIDE BY", "DAYS", "OUTPOST", "RECOMMENDED", "TOTAL"}, "llrllr"
	if wide {
		header, align, rest = append(slices.Insert(header, 4, any("ENDS")), "COST OF INACTION"), "llrlllrr", rest-len(time.DateOnly)-inaction-2*2
	}
	words = min(words, max(20, rest-20))
	tb := t.table(header, align)
	row := func(severity, by, left, outpost, ends, choice, amount, inaction string) {
		cells := table.Row{severity, by, left, outpost, choice, amount}
		if wide {
			cells = append(slices.Insert(cells, 4, any(ends)), inaction)
		}
		tb.AppendRow(cells)
	}
	for i := range s.Deadlines {
		d := &s.Deadlines[i]
		sgr := ""
		switch {
		case d.DaysLeft < 0:
			sgr = boldRed
		case d.DaysLeft <= 30:
			sgr = red
		case d.DaysLeft <= 90:
			sgr = yellow
		}
		severity := gravest.Severity(d)
		row(t.paint(severityPaint(severity), string(severity)), t.paint(sgr, audit.Visible(d.NoticeDeadline)), t.paint(sgr, daysLeft(d)),
			fit(d.Resource, rest-words), audit.Visible(audit.DayOf(d.ContractEnd)), snip(recommendedText(d), words), t.amount(d.Amount),
			audit.Visible(d.PerMonth.PerText()))
		if d.AsOf != "" {
			row("", "", "", "", "", t.paint(yellow, snip("last read "+audit.DayOf(d.AsOf), words)), "", "")
		}
	}
	var due []string
	for i := range s.DecisionsDue {
		d := &s.DecisionsDue[i]
		said := fmt.Sprintf("%s within %d days", t.paint(bold, fmt.Sprint(d.Count)), d.WithinDays) + t.dueAmount(d)
		if more := notListed(s, d); i == len(s.DecisionsDue)-1 && more > 0 {
			said += fmt.Sprintf(", %s of them not listed", number(more))
		}
		due = append(due, said)
	}
	lines := []string{tb.Render(), wrap("", due, t.width)}
	var first []string
	add := func(lead string, names []string) {
		for i, name := range names {
			if i > 0 {
				lead = ""
			}
			first = append(first, t.paint(bold, lead)+snip(name, t.width-len(lead)))
		}
	}
	add("Overdue: ", s.Overdue())
	add("To be approved: ", s.NeedApproval())
	if len(first) > 0 {
		lines = append(lines, wrap("", first, t.width))
	}
	return strings.Join(lines, "\n")
}

// daysLeft are the days until a deadline, in words where it has passed.
func daysLeft(d *audit.Deadline) string {
	if d.DaysLeft < 0 {
		return fmt.Sprintf("%d late", -d.DaysLeft)
	}
	return fmt.Sprint(d.DaysLeft)
}

// notListed is how many of the decisions that are due within some days are not among the nearest.
func notListed(s *audit.Summary, due *audit.DecisionsDue) int {
	n := due.Count + due.Carried
	for i := range s.Deadlines {
		if s.Deadlines[i].DaysLeft <= due.WithinDays {
			n--
		}
	}
	return n
}

// fewest is how many findings are named however little room there is.
const fewest = 2

// urgent names the most severe findings, as many as there is room for in so many lines, and the command that lists the others.
func (t terminal) urgent(gravest *audit.Gravest, room int) string {
	if len(gravest.Groups)+len(gravest.Said) == 0 {
		return ""
	}
	const indent = severityWidth + 2
	named := make([]string, len(gravest.Groups))
	lines := make([]int, len(named)+1) // of the first so many
	for i := range gravest.Groups {
		f := &gravest.Groups[i]
		said := t.message(snip(f.Resource.Label(), t.width/2)+andOthers(f)+": ", f.Msg, alsoFound(f), t.width-indent)
		named[i] = t.paint(severityPaint(f.Severity), fmt.Sprintf("%-*s", indent, f.Severity)) +
			strings.Join(said, "\n"+strings.Repeat(" ", indent))
		lines[i+1] = lines[i] + len(said)
	}
	left := func(n int) []string {
		_, more := gravest.First(n)
		words, command := gravest.LeftOut(more), listCommand(t.run)
		switch {
		case words == "":
			return nil
		case text.StringWidth(words)+2+text.StringWidth(command) > t.width: // a command is to be copied whole
			return []string{words + ":", t.paint(bold, command)}
		}
		return []string{words + ": " + t.paint(bold, command)}
	}
	n := len(named)
	for n > fewest && lines[n]+len(left(n)) > room {
		n--
	}
	return strings.Join(append(named[:n], left(n)...), "\n")
}

// message wraps a message, with what stands before and behind it, to a width, and shortens it where it has too many lines.
func (t terminal) message(before, msg, behind string, width int) []string {
	msg, behind = audit.Visible(audit.Cut(msg, snipBytes*t.width)), audit.Visible(behind)
	fits := func(n int) []string {
		said := before + audit.Shorten(msg, n) + behind
		if text.StringWidth(said) > t.messages*width || strings.Count(text.WrapSoft(said, width), "\n") >= t.messages {
			return nil
		}
		return t.lines(said, width, t.messages)
	}
	for n := min(utf8.RuneCountInString(msg), t.messages*width); n > 0; n-- {
		if lines := fits(n); lines != nil {
			return lines
		}
	}
	return t.lines(before+msg+behind, width, t.messages)
}

// lines wraps a text, which is as people see it, to a width, and cuts it after so many lines.
func (t terminal) lines(s string, width, most int) []string {
	list := strings.Split(text.WrapSoft(s, width), "\n")
	for i := range list { // each is filled up with spaces
		list[i] = strings.TrimRight(list[i], " ")
	}
	if len(list) > most {
		rest := strings.Join(list[most-1:], " ")
		list = append(list[:most-1], text.Snip(rest, width, "…"))
	}
	return list
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
	return text.Snip(audit.Visible(audit.Cut(s, snipBytes*n)), n, "…")
}

// snipBytes is more than the characters of a column, of which those that combine with another take no room.
const snipBytes = 16

func (t terminal) dueAmount(d *audit.DecisionsDue) string {
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

func (t terminal) amount(m *audit.Money) string {
	if m == nil {
		return t.paint(faint, "·")
	}
	return audit.Visible(money(m))
}

// gaps names the first of the calls that could not be read.
func (t terminal) gaps(r audit.Report) string {
	gaps, all := r.Gaps(terminalRows)
	if all == 0 {
		return ""
	}
	const fixed = 60
	tb := t.table(table.Row{"COVERAGE GAP", "REGION", "OPERATION", "REASON", ""}, "lllll")
	for _, row := range gaps {
		tb.AppendRow(table.Row{audit.Visible(row.Account), audit.Visible(row.Region), snip(row.Operation, 28),
			t.paint(yellow, string(row.Reason)), t.paint(faint, snip(row.Message, max(t.width-fixed-14, 1)))})
	}
	t.more(tb, all-terminalRows)
	return tb.Render()
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
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
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
	indent := text.StringWidthWithoutEscSequences(lead)
	used := indent
	for i, item := range items {
		n := text.StringWidthWithoutEscSequences(item)
		switch {
		case i == 0:
		case used+3+n > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			used = indent
		default:
			b.WriteString(" · ")
			used += 3
		}
		b.WriteString(item)
		used += n
	}
	return b.String()
}
