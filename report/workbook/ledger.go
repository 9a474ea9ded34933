package workbook

import (
	"fmt"
	"strconv"
	"strings"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// writeCoverage writes Coverage.
func (s *sheets) writeCoverage() error {
	s.coverage.Expect = s.r.Coverage.Len()
	for c := range s.r.Coverage.All() {
		if err := s.coverage.Add(c); err != nil {
			return err
		}
	}
	return s.coverage.Close()
}

func coverageColumns() []xlsx.Column[audit.Coverage] {
	type row = audit.Coverage
	return []xlsx.Column[row]{
		{Head: "Account", Of: func(v row) string { return v.Account }},
		{Head: "Region", Of: func(v row) string { return v.Region }},
		{Head: "Service", Of: func(v row) string { return v.Service }},
		{Head: "Operation", Of: func(v row) string { return v.Operation }},
		{Head: "Status", Of: func(v row) string { return string(v.Status) }, Look: func(v row) xlsx.Look {
			switch v.Status {
			case audit.StatusCollected:
				return xlsx.Plain
			case audit.StatusGap:
				return xlsx.Bad
			}
			return xlsx.Muted
		}},
		{Head: "Reason", Of: func(v row) string { return string(v.Reason) }},
		{Head: "Collected", Kind: xlsx.Integer, Of: func(v row) string { return strconv.Itoa(v.Count) }},
		{Head: "Message", Kind: xlsx.Prose, Of: func(v row) string { return v.Message }},
	}
}

func waiverColumns() []xlsx.Column[audit.WaiverResult] {
	type row = audit.WaiverResult
	return []xlsx.Column[row]{
		{Head: "Rule", Of: func(v row) string { return v.Rule }},
		{Head: "Resource", Of: func(v row) string { return v.Resource }},
		{Head: "Account", Of: func(v row) string { return string(v.Account) }},
		{Head: "Status", Of: func(v row) string { return v.Status }, Look: func(v row) xlsx.Look { return badIf(v.Status != "used") }},
		{Head: "Findings matched", Kind: xlsx.Integer, Of: func(v row) string { return strconv.Itoa(v.Matched) }},
		{Head: "Expires", Kind: xlsx.Date, Of: func(v row) string { return v.Expires }},
		{Head: "Reason", Kind: xlsx.Prose, Of: func(v row) string { return v.Reason }},
		{Head: "Owner", Of: func(v row) string { return v.Owner }},
		{Head: "Line in the waivers file", Kind: xlsx.Integer, Of: func(v row) string { return strconv.Itoa(v.Line) }},
	}
}

func ruleColumns() []xlsx.Column[audit.RuleResult] {
	type row = audit.RuleResult
	cols := []xlsx.Column[row]{
		{Head: "Rule", Of: func(v row) string { return v.ID }},
		{Head: "Title", Of: func(v row) string { return v.Title }},
		{Head: "Severity", Kind: xlsx.Badge, Of: func(v row) string { return string(v.Severity) }},
	}
	for _, verdict := range audit.Verdicts {
		times := func(v row) string { return strconv.Itoa(v.Verdicts[verdict]) }
		cols = append(cols, xlsx.Column[row]{Head: audit.Title(string(verdict)), Kind: xlsx.Integer, Of: times})
	}
	return append(cols,
		xlsx.Column[row]{Head: "Why it matters", Kind: xlsx.Prose, Width: 200, Screen: true,
			Of: func(v row) string { return v.Description }},
		xlsx.Column[row]{Head: "What to do", Kind: xlsx.Prose, Width: 200, Of: func(v row) string { return v.Remediation }},
		xlsx.Column[row]{Head: "Parameters", Kind: xlsx.Prose, Width: screenWidth, Of: func(v row) string {
			return lines(v.Params, func(p audit.Param) string {
				s := p.Name + " = " + string(p.Value)
				if p.Source != "default" {
					s += " (" + p.Source + ")"
				}
				return s
			})
		}},
		xlsx.Column[row]{Head: "Kinds", Kind: xlsx.Prose, Of: func(v row) string { return list(v.Kinds, same) }},
		xlsx.Column[row]{Head: "Needs", Kind: xlsx.Prose, Of: func(v row) string { return list(v.Requires, same) }},
		xlsx.Column[row]{Head: "Frameworks", Kind: xlsx.Prose, Of: func(v row) string { return list(v.Frameworks, audit.Framework.String) }},
		xlsx.Column[row]{Head: "Origin", Of: func(v row) string { return v.Origin }},
		xlsx.Column[row]{Head: "File", When: func(v row) bool { return v.File != "" },
			Of: func(v row) string { return v.File + ":" + strconv.Itoa(v.Line) }},
	)
}

func same(s string) string { return s }

// lines shows values one a line.
func lines[T any](vs []T, one func(T) string) string { return strings.Join(audit.Map(vs, one), "\n") }

// changed is a row of Changes: a setting, or a finding that is new, changed, silenced, or only known from the baseline.
type changed struct {
	change  string
	finding *audit.Finding // as it is now, or as the baseline had it
	before  *audit.Finding // nil unless it changed
	what    string         // fields that changed, or the setting
}

// writeChanges writes what is not as in the baseline: the settings and what they silenced, then what is new.
func (s *sheets) writeChanges() error {
	c := s.r.Changes
	if c == nil {
		return xlsx.NewTable(s.Book, "Changes", "baseline was given, so there is nothing to compare with", changeColumns()).Close()
	}
	t := xlsx.NewTable(s.Book, "Changes", "changes since "+c.Baseline.AsOf, changeColumns())
	t.Expect = len(c.Settings) + c.Silenced.Len + c.New + c.Changed.Len + c.NotReevaluated.Len + c.Resolved.Len
	for _, setting := range c.Settings {
		if err := t.Add(&changed{change: settingChanged, finding: &audit.Finding{}, what: setting.String()}); err != nil {
			return err
		}
	}
	for silenced, err := range c.Silenced.All() {
		if err != nil {
			return fmt.Errorf("changes: %w", err)
		}
		row := changed{change: string(audit.ChangeSilenced), finding: &silenced.Finding, what: silenced.Setting().String()}
		if err := t.Add(&row); err != nil {
			return err
		}
	}
	if c.New > 0 {
		for f, err := range s.r.Findings.All() {
			if err != nil {
				return fmt.Errorf("findings: %w", err)
			}
			if f.Change != audit.Optional(audit.ChangeNew) {
				continue
			}
			if err := t.Add(&changed{change: "new", finding: &f}); err != nil {
				return err
			}
		}
	}
	for ch, err := range c.Changed.All() {
		if err != nil {
			return fmt.Errorf("changes: %w", err)
		}
		if err := t.Add(&changed{change: "changed", finding: &ch.After, before: &ch.Before, what: strings.Join(ch.Fields, ", ")}); err != nil {
			return err
		}
	}
	for _, list := range [...]audit.FindingList{c.NotReevaluated, c.Resolved} {
		for f, err := range list.All() {
			if err != nil {
				return fmt.Errorf("changes: %w", err)
			}
			if err := t.Add(&changed{change: audit.Change(f.Change).Label(), finding: &f}); err != nil {
				return err
			}
		}
	}
	return t.Close()
}

// settingChanged is the change of a row that is a setting.
const settingChanged = "setting changed"

func changeColumns() []xlsx.Column[*changed] {
	type row = *changed
	changed := func(v row) bool { return v.before != nil }
	return []xlsx.Column[row]{
		{Head: "Change", Of: func(v row) string { return v.change }, Look: func(v row) xlsx.Look {
			switch {
			case v.change == audit.ChangeNotReevaluated.Label(), v.change == settingChanged, v.change == string(audit.ChangeSilenced):
				return xlsx.Bad
			case strings.HasPrefix(v.change, "resolved"):
				return xlsx.Muted
			}
			return xlsx.Plain
		}},
		{Head: "Severity", Kind: xlsx.Badge, Of: func(v row) string { return string(v.finding.Severity) }},
		{Head: "Verdict", Of: func(v row) string { return string(v.finding.Verdict) }},
		{Head: "Rule", Of: func(v row) string { return v.finding.Rule }},
		{Head: "Resource", Of: func(v row) string { return v.finding.Resource.Label() }},
		{Head: "Account", Of: func(v row) string { return v.finding.Resource.Account }},
		{Head: "Region", Of: func(v row) string { return v.finding.Resource.Region }},
		{Head: "Finding", Kind: xlsx.Prose, Of: func(v row) string { return v.finding.Msg }},
		{Head: "What changed", Kind: xlsx.Prose, Of: func(v row) string { return v.what }},
		{Head: "Severity before", Kind: xlsx.Badge, When: changed, Of: func(v row) string { return string(v.before.Severity) }},
		{Head: "Finding before", Kind: xlsx.Prose, When: changed, Of: func(v row) string { return v.before.Msg }},
		{Head: "First seen", Kind: xlsx.Date, Of: func(v row) string { return string(v.finding.FirstSeen) }},
		{Head: "Resource ID", Screen: true, Kind: xlsx.Ident, Of: func(v row) string { return v.finding.Resource.ID }},
		{Head: "Fingerprint", Kind: xlsx.Ident, Of: func(v row) string { return v.finding.Fingerprint }},
	}
}
