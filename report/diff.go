package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"tenor/audit"
)

// Diff writes for a person what one report changes over another: added are the findings that only the later one has.
func Diff(w io.Writer, c *audit.Changes, added []audit.Finding, style TerminalStyle) error {
	t := terminal{width: max(style.Width, 80), color: style.Color}
	const fixed = 62 // the other columns and the gaps between
	tb := t.table(table.Row{"CHANGE", "SEVERITY", "RULE", "RESOURCE", ""}, "lllll")
	row := func(sgr, change string, f *audit.Finding, what string) {
		tb.AppendRow(table.Row{t.paint(sgr, change), t.paint(severityPaint(f.Severity), string(f.Severity)), snip(f.Rule, 34),
			snip(label(f.Resource), 40), t.paint(faint, snip(what, max(t.width-fixed, 20)))})
	}
	for i := range added {
		row(red, "new", &added[i], added[i].Msg)
	}
	for i := range c.Changed {
		ch := &c.Changed[i]
		what := ch.After.Msg
		if ch.Before.Severity != ch.After.Severity {
			what = fmt.Sprintf("was %s: %s", ch.Before.Severity, what)
		} else if ch.Before.Verdict != ch.After.Verdict {
			what = fmt.Sprintf("%s, was %s: %s", ch.After.Verdict, ch.Before.Verdict, what)
		}
		row(yellow, "changed", &ch.After, what)
	}
	for i := range c.NotReevaluated {
		row(yellow, "not re-evaluated", &c.NotReevaluated[i], c.NotReevaluated[i].Msg)
	}
	for i := range c.Resolved {
		row(cyan, "resolved", &c.Resolved[i], c.Resolved[i].Msg)
	}
	var b strings.Builder
	if tb.Length() > 0 {
		b.WriteString(tb.Render() + "\n\n")
	}
	fmt.Fprintf(&b, "Since %s: %d new, %d changed, %d persisting, %d resolved, %d not re-evaluated\n",
		audit.Visible(day(c.Baseline.AsOf)), c.New, len(c.Changed), c.Persisting, len(c.Resolved), len(c.NotReevaluated))
	return printed(w, b.String())
}
