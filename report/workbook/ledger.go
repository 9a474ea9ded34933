package workbook

import (
	"fmt"
	"strconv"
	"strings"

	"tenor/audit"
)

func coverageColumns() []column[*audit.Coverage] {
	type row = *audit.Coverage
	return []column[row]{
		{head: "Account", of: func(v row) string { return v.Account }},
		{head: "Region", of: func(v row) string { return v.Region }},
		{head: "Service", of: func(v row) string { return v.Service }},
		{head: "Operation", of: func(v row) string { return v.Operation }},
		{head: "Status", of: func(v row) string { return string(v.Status) }, look: func(v row) look {
			switch v.Status {
			case audit.StatusCollected:
				return plain
			case audit.StatusGap:
				return bad
			}
			return muted
		}},
		{head: "Reason", of: func(v row) string { return string(v.Reason) }},
		{head: "Collected", kind: integer, of: func(v row) string { return strconv.Itoa(v.Count) }},
		{head: "Message", kind: prose, of: func(v row) string { return v.Message }},
	}
}

func waiverColumns() []column[*audit.WaiverResult] {
	type row = *audit.WaiverResult
	return []column[row]{
		{head: "Rule", of: func(v row) string { return v.Rule }},
		{head: "Resource", of: func(v row) string { return v.Resource }},
		{head: "Account", of: func(v row) string { return string(v.Account) }},
		{head: "Status", of: func(v row) string { return v.Status }, look: func(v row) look {
			if v.Status != "used" {
				return bad
			}
			return plain
		}},
		{head: "Findings matched", kind: integer, of: func(v row) string { return strconv.Itoa(v.Matched) }},
		{head: "Expires", kind: date, of: func(v row) string { return v.Expires }},
		{head: "Reason", kind: prose, of: func(v row) string { return v.Reason }},
		{head: "Owner", of: func(v row) string { return v.Owner }},
		{head: "Line in the waivers file", kind: integer, of: func(v row) string { return strconv.Itoa(v.Line) }},
	}
}

func ruleColumns() []column[*audit.RuleResult] {
	type row = *audit.RuleResult
	cols := []column[row]{
		{head: "Rule", of: func(v row) string { return v.ID }},
		{head: "Title", of: func(v row) string { return v.Title }},
		{head: "Severity", kind: level, of: func(v row) string { return string(v.Severity) }},
	}
	for _, verdict := range audit.Verdicts {
		cols = append(cols, column[row]{head: title(string(verdict)), kind: integer, of: func(v row) string { return strconv.Itoa(v.Verdicts[verdict]) }})
	}
	return append(cols,
		column[row]{head: "Why it matters", kind: prose, width: 90, of: func(v row) string { return v.Description }},
		column[row]{head: "What to do", kind: prose, of: func(v row) string { return v.Remediation }},
		column[row]{head: "Parameters", kind: prose, screen: true, of: func(v row) string {
			return lines(v.Params, func(p audit.Param) string {
				s := p.Name + " = " + string(p.Value)
				if p.Source != "default" {
					s += " (" + p.Source + ")"
				}
				return s
			})
		}},
		column[row]{head: "Kinds", kind: prose, of: func(v row) string { return lines(v.Kinds, same) }},
		column[row]{head: "Needs", kind: prose, of: func(v row) string { return lines(v.Requires, same) }},
		column[row]{head: "Origin", of: func(v row) string { return v.Origin }},
		column[row]{head: "File", of: func(v row) string {
			if v.File == "" {
				return ""
			}
			return v.File + ":" + strconv.Itoa(v.Line)
		}},
	)
}

func same(s string) string { return s }

// lines shows values one a line.
func lines[T any](vs []T, one func(T) string) string {
	var out []string
	for _, v := range vs {
		out = append(out, one(v))
	}
	return strings.Join(out, "\n")
}

// changed is a row of Changes: a finding that is new, changed, resolved, or not evaluated again.
type changed struct {
	change  string
	finding *audit.Finding // as it is now, or as the baseline had it
	before  *audit.Finding // nil unless it changed
	fields  []string
}

// writeChanges writes what is not as in the baseline, what is new first.
func writeChanges(b *book, r *audit.Report) error {
	if r.Changes == nil {
		return newTable(b, "Changes", "baseline was given, so there is nothing to compare with", changeColumns()).close()
	}
	c := r.Changes
	t := newTable(b, "Changes", "changes since "+c.Baseline.AsOf, changeColumns())
	t.expect = c.New + len(c.Changed) + len(c.NotReevaluated) + len(c.Resolved)
	if c.New > 0 {
		for f, err := range r.Findings.All() {
			if err != nil {
				return fmt.Errorf("findings: %w", err)
			}
			if f.Change != audit.Optional(audit.ChangeNew) {
				continue
			}
			if err := t.add(&changed{change: "new", finding: &f}); err != nil {
				return err
			}
		}
	}
	var rows []*changed
	for i := range c.Changed {
		rows = append(rows, &changed{change: "changed", finding: &c.Changed[i].After, before: &c.Changed[i].Before, fields: c.Changed[i].Fields})
	}
	for i := range c.NotReevaluated {
		rows = append(rows, &changed{change: "not evaluated again", finding: &c.NotReevaluated[i]})
	}
	for i := range c.Resolved {
		rows = append(rows, &changed{change: "resolved", finding: &c.Resolved[i]})
	}
	for _, row := range rows {
		if err := t.add(row); err != nil {
			return err
		}
	}
	return t.close()
}

func changeColumns() []column[*changed] {
	type row = *changed
	before := func(get func(f *audit.Finding) string) func(row) string {
		return func(v row) string {
			if v.before == nil {
				return ""
			}
			return get(v.before)
		}
	}
	return []column[row]{
		{head: "Change", of: func(v row) string { return v.change }, look: func(v row) look {
			switch v.change {
			case "resolved":
				return muted
			case "not evaluated again":
				return bad
			}
			return plain
		}},
		{head: "Severity", kind: level, of: func(v row) string { return string(v.finding.Severity) }},
		{head: "Verdict", of: func(v row) string { return string(v.finding.Verdict) }},
		{head: "Rule", of: func(v row) string { return v.finding.Rule }},
		{head: "Resource", of: func(v row) string { return label(&v.finding.Resource) }},
		{head: "Account", of: func(v row) string { return v.finding.Resource.Account }},
		{head: "Region", of: func(v row) string { return v.finding.Resource.Region }},
		{head: "Finding", kind: prose, of: func(v row) string { return v.finding.Msg }},
		{head: "What changed", of: func(v row) string { return strings.Join(v.fields, ", ") }},
		{head: "Severity before", kind: level, of: before(func(f *audit.Finding) string { return string(f.Severity) })},
		{head: "Finding before", kind: prose, of: before(func(f *audit.Finding) string { return f.Msg })},
		{head: "First seen", kind: date, of: func(v row) string { return string(v.finding.FirstSeen) }},
		{head: "Resource ID", screen: true, kind: ident, of: func(v row) string { return v.finding.Resource.ID }},
		{head: "Fingerprint", kind: ident, of: func(v row) string { return v.finding.Fingerprint }},
	}
}
