package report

import (
	"cmp"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"tenor/audit"
)

// Diff writes for a person what one report changes over another: findings, contracts and cash. Added are the
// findings that only the later one has.
func Diff(w io.Writer, c *audit.Changes, added audit.FindingList, style TerminalStyle) error {
	t := newTerminal(style)
	const fixed = 62 // the other columns and the gaps between
	tb := t.table(table.Row{"CHANGE", "SEVERITY", "RULE", "RESOURCE", ""}, "lllll")
	row := func(sgr, change string, f *audit.Finding, what string) {
		tb.AppendRow(table.Row{t.paint(sgr, change), t.paint(severityPaint(f.Severity), string(f.Severity)), snip(f.Rule, 34),
			snip(label(f.Resource), 40), t.paint(faint, snip(what, max(t.width-fixed, 20)))})
	}
	rows := func(list audit.FindingList, sgr string) error {
		for f, err := range list.All() {
			if err != nil {
				return err
			}
			row(sgr, audit.Change(f.Change).Label(), &f, f.Msg)
		}
		return nil
	}
	if err := rows(added, red); err != nil {
		return err
	}
	for ch, err := range c.Changed.All() {
		if err != nil {
			return err
		}
		what := ch.After.Msg
		if ch.Before.Severity != ch.After.Severity {
			what = fmt.Sprintf("was %s: %s", ch.Before.Severity, what)
		} else if ch.Before.Verdict != ch.After.Verdict {
			what = fmt.Sprintf("%s, was %s: %s", ch.After.Verdict, ch.Before.Verdict, what)
		}
		row(yellow, "changed", &ch.After, what)
	}
	for _, l := range [...]struct {
		list audit.FindingList
		sgr  string
	}{{c.NotReevaluated, yellow}, {c.Resolved, cyan}} {
		if err := rows(l.list, l.sgr); err != nil {
			return err
		}
	}
	for s, err := range c.Silenced.All() {
		if err != nil {
			return err
		}
		row(red, "silenced", &s.Finding, "by "+s.Setting().String())
	}
	var b strings.Builder
	for _, tb := range [...]table.Writer{tb, t.contracts(c), t.cash(c)} {
		if tb.Length() > 0 {
			b.WriteString(tb.Render() + "\n\n")
		}
	}
	fmt.Fprintf(&b, "Since %s: %d new, %d changed, %d persisting, %d resolved, %d not re-evaluated",
		audit.Visible(audit.DayOf(c.Baseline.AsOf)),
		c.New, c.Changed.Len, c.Persisting, c.Resolved.Len, c.NotReevaluated.Len)
	if n := c.Silenced.Len; n > 0 {
		fmt.Fprintf(&b, ", %d silenced", n)
	}
	for _, line := range t.settings(c.Settings) {
		b.WriteString("\n" + line)
	}
	return printed(w, b.String()+"\n")
}

// contracts is the table of the contracts of which the reports do not say the same.
func (t terminal) contracts(c *audit.Changes) table.Writer {
	tb := t.table(table.Row{"OUTPOST", "", "CHOICE", "LEVEL PRICE", "TOTAL", "DUE"}, "lllrrl")
	row := func(name, when string, s *audit.ContractStand) {
		if s == nil {
			tb.AppendRow(table.Row{name, when, t.paint(yellow, "not in the report")})
			return
		}
		choice := cmp.Or(strings.TrimPrefix(s.Choice.Words(), "renew, "), "nothing recommended")
		if s.OnFile {
			choice += ", decided"
		}
		tb.AppendRow(table.Row{name, when, snip(choice, max(t.width-68, 24)), t.amount(s.LevelPrice), t.amount(s.Total),
			audit.Visible(string(s.Due))})
	}
	for i := range c.Contracts {
		v := &c.Contracts[i]
		if reflect.DeepEqual(v.Before, v.After) {
			continue
		}
		row(snip(v.Resource.Label(), 16), "before", v.Before)
		row("", "now", v.After)
	}
	return tb
}

// cash is the table of the cash by fiscal year where any of it has changed.
func (t terminal) cash(c *audit.Changes) table.Writer {
	tb := t.table(table.Row{"CASH, AS CHOSEN", "BEFORE", "NOW"}, "lrr")
	if slices.ContainsFunc(c.Cash, func(v audit.CashChange) bool { return v.Before != v.After }) {
		for _, v := range c.Cash {
			tb.AppendRow(table.Row{snip(v.Period, 16), audit.Visible(dollars(v.Before)), audit.Visible(dollars(v.After))})
		}
	}
	return tb
}

// DiffJSON writes the same as one JSON object: added, then the members of changes.
func DiffJSON(w io.Writer, c *audit.Changes, added audit.FindingList) error {
	if err := writeSections(w, append([]section{{"added", &added}}, changeSections(c)...), " "); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n}\n")
	return err
}
