package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"tenor/audit"
)

const (
	// markdownRows is how many rows a table has at the most, and markdownCell how many characters a cell: with six
	// tables a summary stays far below the 1 MiB that GitHub takes for a step.
	markdownRows = 50
	markdownCell = 300
)

// Markdown writes the summary of a run for a GitHub step, a merge request or a mail: the verdict, what runs month-to-month, the
// decisions that are due with what is recommended and what it costs, the critical and high findings by name, then tables: the findings
// by severity, what is new and what is resolved since the baseline (without one: the most severe findings), and what could not be read.
// What comes before the tables reads well as it is, in a mail that shows no Markdown.
func Markdown(w io.Writer, r audit.Report) error {
	m := markdown{r: r}
	m.heading()
	if err := m.monthToMonth(); err != nil {
		return err
	}
	m.deadlines()
	if err := m.bill(); err != nil {
		return err
	}
	if err := m.urgent(); err != nil {
		return err
	}
	if err := m.products(); err != nil {
		return err
	}
	m.decisions()
	m.severities()
	if err := m.findings(); err != nil {
		return err
	}
	if err := m.changes(); err != nil {
		return err
	}
	m.gaps()
	m.printf("\n<sub>tenor %s · run %s · snapshot of %s · policies %s</sub>\n",
		markdownText(r.Run.ToolVersion), markdownText(audit.Cut(r.Run.ID, 13)), markdownText(r.Run.TakenAt),
		markdownText(audit.Cut(r.Run.PolicyDigest, 13)))
	_, err := io.WriteString(w, m.b.String())
	return err
}

type markdown struct {
	r audit.Report
	b strings.Builder
}

func (m *markdown) printf(format string, args ...any) { fmt.Fprintf(&m.b, format, args...) }

func (m *markdown) heading() {
	s := m.r.Summary
	m.printf("## tenor: %s\n\n", markdownText(string(m.r.Status)))
	m.printf("%s and %s in %s, %s and %s, as of %s.", bolden(audit.Counted(s.Failures(), "finding")), audit.Counted(s.Coverage.Gaps, "gap"),
		audit.Counted(total(s.Resources), "resource"), audit.Counted(len(m.r.Run.Accounts), "account"),
		audit.Counted(len(m.r.Run.Regions), "region"),
		markdownText(audit.DayOf(m.r.Run.AsOf)))
	if s.Coverage.Gaps > 0 {
		m.printf(" Coverage gap: there may be more findings than these.")
	}
	if n := s.Verdicts[audit.Error]; n > 0 {
		m.printf(" A rule failed while it ran: %s could not be given.", audit.Counted(n, "verdict"))
	}
	m.printf("\n")
	for _, w := range m.r.Run.Warnings {
		m.printf("\n%s %s\n", bolden("Warning:"), markdownText(w))
	}
}

func (m *markdown) severities() {
	by := m.r.Summary.Findings
	if len(by) == 0 {
		return
	}
	header := append([]string{"Findings"}, audit.Map(audit.Severities[:], func(s audit.Severity) string { return audit.Title(string(s)) })...)
	var rows [][]string
	for _, domain := range slices.Sorted(maps.Keys(by)) {
		counts := audit.Map(audit.Severities[:], func(s audit.Severity) string { return count(by[domain][s]) })
		rows = append(rows, append(markdownCells(domain), counts...))
	}
	m.table("", header, ":---|---:|---:|---:|---:|---:", rows, len(rows))
}

func (m *markdown) monthToMonth() error {
	s := m.r.Summary.MonthToMonth
	first, err := withoutContract(&m.r)
	if said := s.Text(); said != "" { // of our own words and amounts
		said = bolden(audit.Visible(said)+".") + " " + markdownText(strings.Join(names(first, s.Count, markdownCell), " · "))
		m.printf("\n%s\n", strings.TrimSpace(said))
	}
	return err
}

func (m *markdown) deadlines() {
	s := m.r.Summary
	if len(s.Deadlines) == 0 {
		return
	}
	m.printf("\n### Decisions due\n\n")
	for _, d := range s.DecisionsDue {
		m.printf("- %s within %d days", bolden(fmt.Sprint(d.Count)), d.WithinDays)
		if d.Amount != nil && d.Count > d.Unpriced {
			m.printf(", %s for the recommended options", markdownText(money(d.Amount)))
		}
		if d.Unpriced > 0 {
			m.printf(", %d without a price", d.Unpriced)
		}
		if d.Carried > 0 {
			m.printf(", and %d more, last read earlier", d.Carried)
		}
		m.printf("\n")
	}
	m.printf("\nThe nearest:\n\n")
	for i := range s.Deadlines {
		d := &s.Deadlines[i]
		at := label(d.Resource) + ", " + d.Resource.Account + " " + d.Resource.Region
		m.printf("- %s, %s: %s: %s", bolden("By "+markdownText(d.NoticeDeadline)), audit.InDays(d.DaysLeft),
			markdownText(audit.Cut(at, markdownCell)),
			markdownText(cmp.Or(d.Recommended.Words(), recommendedText(d))))
		if d.Amount != nil {
			m.printf(", %s", markdownText(money(d.Amount)))
		}
		if d.NeedsApproval != nil && *d.NeedsApproval {
			m.printf(", needs an approval")
		}
		if d.PerMonth != nil {
			m.printf("; inaction costs %s a month", markdownText(money(d.PerMonth)))
		}
		m.printf("; the contract ends on %s", markdownText(audit.DayOf(d.ContractEnd)))
		if d.AsOf != "" {
			m.printf("; last read %s", markdownText(audit.DayOf(d.AsOf)))
		}
		m.printf("\n")
	}
}

// bill says what the bill comes to, and names the largest of it.
func (m *markdown) bill() error {
	b, err := m.r.Bill()
	if err != nil || b == nil {
		return err
	}
	m.printf("\n### The bill\n\n")
	for _, line := range b.Lines() { // of our own words and amounts
		m.printf("- %s\n", audit.Visible(line))
	}
	for _, item := range b.Largest() {
		m.printf("- %s %s: %s, %s\n", bolden(markdownText(money(item.Amount()))), item.What,
			markdownText(audit.Cut(item.Resource.Label(), markdownCell)), markdownText(item.Resource.Account))
	}
	return nil
}

// urgent lists the most severe findings by name.
func (m *markdown) urgent() error {
	gravest, err := m.r.Gravest()
	if err != nil || len(gravest.Groups)+len(gravest.Said) == 0 {
		return err
	}
	counts := m.r.Summary.BySeverity()
	m.printf("\n### Critical and high findings (%s)\n\n", number(counts[audit.Critical]+counts[audit.High]))
	for i := range gravest.Groups {
		f := &gravest.Groups[i]
		m.printf("- %s %s%s: %s%s\n", bolden(string(f.Severity)), markdownText(audit.Cut(label(f.Resource), markdownCell)), andOthers(f),
			markdownText(message(f.Msg)), markdownText(alsoFound(f)))
	}
	if left := gravest.LeftOut(gravest.More); left != "" {
		m.printf("\n%s: `%s` in the folder of this report\n", left, listCommand("report.json")) // wherever the file is by then
	}
	return nil
}

// decisions lists what was decided, and what became of it.
func (m *markdown) decisions() {
	if len(m.r.Decisions) == 0 {
		return
	}
	m.printf("\n### Decisions on file\n")
	var rows [][]string
	for i := range m.r.Decisions {
		d := &m.r.Decisions[i]
		rows = append(rows, markdownCells(cmp.Or(d.Name, audit.OutpostID(d.Outpost)), d.Choice().Words(), d.Owner, d.DecidedOn,
			d.StatusText()))
	}
	m.table("", []string{"Outpost", "Decision", "By", "On", "Status"}, "---|---|---|---|---", rows, len(rows))
}

// findings lists what is new since the baseline, or without one the most severe.
func (m *markdown) findings() error {
	if c := m.r.Changes; c != nil {
		return m.foldedTable("New findings", m.r.Findings, c.New, func(f *audit.Finding) (listed, last bool) {
			return f.Change == audit.Optional(audit.ChangeNew), false
		})
	}
	total := m.r.Summary.Failures() + m.r.Summary.Verdicts[audit.Error]
	return m.foldedTable("Findings", m.r.Findings, total, func(f *audit.Finding) (listed, last bool) {
		failed := f.Verdict == audit.Fail || f.Verdict == audit.Error
		return failed, !failed // the others come after all the failures
	})
}

// folded are the rows of a table of findings, at most markdownRows: what one rule finds on several products by one cause is one row.
type folded struct {
	groups []audit.FindingGroup
	at     map[[2]string]int // rule and cause → their group
	more   int               // how many findings are folded in another
}

// add takes the next finding. It reports whether it needs more.
func (l *folded) add(f *audit.Finding) bool {
	at := [2]string{f.Rule, f.Cause()}
	i, known := l.at[at]
	switch {
	case known && l.groups[i].Add(f):
		l.more++
		return true
	case len(l.groups) == markdownRows:
		return len(l.at) > 0
	case !known && at[1] != "" && f.Resource.Kind == audit.KindProvisionedProduct:
		if l.at == nil {
			l.at = map[[2]string]int{}
		}
		l.at[at] = len(l.groups)
	}
	l.groups = append(l.groups, audit.NewFindingGroup(f))
	return true
}

// foldedTable writes a table of those findings of a list that are listed, total in all.
func (m *markdown) foldedTable(title string, list audit.FindingList, total int, of func(*audit.Finding) (listed, last bool)) error {
	var l folded
	for f, err := range list.All() {
		if err != nil {
			return err
		}
		if listed, last := of(&f); last || listed && !l.add(&f) {
			break
		}
	}
	var rows [][]string
	for i := range l.groups {
		g := &l.groups[i]
		where := g.Resource.Account + " " + g.Resource.Region
		rows = append(rows, markdownCells(severityNote(g.Finding), g.Rule, label(g.Resource)+andOthers(g), where, message(g.Msg), string(g.Due),
			money(g.Amount.Only(audit.PerOnce)), money(g.Amount.Only(audit.PerMonth))))
	}
	header := []string{"Severity", "Rule", "Resource", "Where", "Message", "Due", "Amount", "Amount a month"}
	m.table(fmt.Sprintf("%s (%d)", title, total), header, "---|---|---|---|---|---|---:|---:", rows, total-l.more)
	return nil
}

// severityNote is the severity of a finding, and its verdict where that is not fail.
func severityNote(f audit.Finding) string {
	if f.Verdict == audit.Fail {
		return string(f.Severity)
	}
	return string(f.Severity) + " (" + string(f.Verdict) + ")"
}

func (m *markdown) changes() error {
	c := m.r.Changes
	if c == nil {
		return nil
	}
	every := func(*audit.Finding) (listed, last bool) { return true, false }
	if err := m.foldedTable("Resolved", c.Resolved, c.Resolved.Len, every); err != nil {
		return err
	}
	if err := m.silenced(c); err != nil {
		return err
	}
	changed, err := c.Changed.First(markdownRows)
	if err != nil {
		return err
	}
	rows := audit.Map(changed, func(ch audit.Changed) []string {
		return markdownCells(ch.Rule, label(ch.After.Resource), severityNote(ch.Before), severityNote(ch.After), message(ch.After.Msg))
	})
	header := []string{"Rule", "Resource", "Before", "Now", "Message"}
	m.table(fmt.Sprintf("Changed (%d)", c.Changed.Len), header, "---|---|---|---|---", rows, c.Changed.Len)
	if err := m.foldedTable("Not re-evaluated", c.NotReevaluated, c.NotReevaluated.Len, every); err != nil {
		return err
	}
	m.printf("\nCompared with the report of %s: %s.\n",
		markdownText(audit.DayOf(c.Baseline.AsOf)), audit.Counted(c.Persisting, "persisting finding"))
	return nil
}

// silenced lists the settings that changed, and the findings that they silenced.
func (m *markdown) silenced(c *audit.Changes) error {
	rows := audit.Map(c.Settings[:min(len(c.Settings), markdownRows)], settingCells)
	m.table(fmt.Sprintf("Settings changed (%d)", len(c.Settings)), []string{"Setting", "Before", "Now"}, "---|---|---", rows, len(c.Settings))
	list, err := c.Silenced.First(markdownRows)
	rows = audit.Map(list, func(s audit.Silenced) []string {
		f := &s.Finding
		where := f.Resource.Account + " " + f.Resource.Region
		return append(markdownCells(severityNote(*f), f.Rule, label(f.Resource), where), settingCells(s.Setting())...)
	})
	header := []string{"Severity", "Rule", "Resource", "Where", "Silenced by", "Before", "Now"}
	m.table(fmt.Sprintf("Silenced (%d)", c.Silenced.Len), header, "---|---|---|---|---|---|---", rows, c.Silenced.Len)
	return err
}

func settingCells(s audit.Setting) []string {
	return markdownCells(s.Label(), cmp.Or(string(s.Before), "none"), cmp.Or(string(s.After), "none"))
}

func (m *markdown) gaps() {
	gaps, all := m.r.Gaps(markdownRows)
	rows := audit.Map(gaps, func(c audit.Coverage) []string {
		return markdownCells(c.Account, c.Region, c.Service+" "+c.Operation, string(c.Reason), c.Message)
	})
	header := []string{"Account", "Region", "Operation", "Reason", "AWS says"}
	m.table(fmt.Sprintf("Coverage gaps (%d)", all), header, "---|---|---|---|---", rows, all)
}

// table writes a table under its title, and how many of total rows it leaves out; nothing when it is empty.
func (m *markdown) table(title string, header []string, align string, rows [][]string, total int) {
	if len(rows) == 0 {
		return
	}
	if title != "" {
		m.printf("\n### %s\n", title)
	}
	m.printf("\n| %s |\n|%s|\n", strings.Join(header, " | "), align)
	for _, row := range rows {
		m.printf("| %s |\n", strings.Join(row, " | "))
	}
	if more := total - len(rows); more > 0 {
		m.printf("\n… and %s more in the report.\n", number(more))
	}
}

// message is that of a finding, as long as a cell may be.
func message(msg string) string {
	return audit.Shorten(audit.Visible(audit.Cut(msg, snipBytes*markdownCell)), markdownCell)
}

// markdownCells are the cells of a row: each as markdownText has it, cut to what a cell shows.
func markdownCells(row ...string) []string {
	for i, s := range row {
		row[i] = markdownText(audit.Cut(s, markdownCell))
	}
	return row
}

// markdownText escapes a string so that CommonMark and GitHub show it as it is: no markup, HTML, link to the web, mention or
// issue reference. A mention is broken by an empty comment, which no reader sees. Inside a word, an underscore and an at sign do
// nothing, and stay.
func markdownText(s string) string {
	s = strings.NewReplacer(
		"&", "&amp;", "<", "&lt;", ">", "&gt;", "://", `\:\/\/`, "www.", `www\.`, "#", `\#<!-- -->`,
		`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`,
	).Replace(audit.Visible(s))
	var b strings.Builder
	for i := range len(s) {
		within := i > 0 && i+1 < len(s) && isWord(s[i-1]) && isWord(s[i+1])
		switch {
		case s[i] == '_' && !within:
			b.WriteString(`\_`)
		case s[i] == '@' && !within:
			b.WriteString("@<!-- -->")
		case s[i] == '$' && (i+1 == len(s) || s[i+1] < '0' || s[i+1] > '9'):
			b.WriteString(`\$`)
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func isWord(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' }

func bolden(s string) string { return "**" + s + "**" }

func count(n int) string {
	if n == 0 {
		return "·"
	}
	return number(n)
}
