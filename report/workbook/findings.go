package workbook

import (
	"fmt"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// findingCounts is what was written to Findings: how many failures of each severity, and the row of the first.
type findingCounts struct {
	failures map[audit.Severity]int
	first    map[audit.Severity]string
}

// writeFindings writes every finding as it comes.
func (s *sheets) writeFindings() error {
	s.findings = xlsx.NewTable(s.Book, "Findings", "findings", findingColumns())
	s.findings.Expect, s.findings.Total = s.r.Findings.Len, "Total of the rows shown; several findings may name one amount"
	s.counts = &findingCounts{failures: map[audit.Severity]int{}, first: map[audit.Severity]string{}}
	for f, err := range s.r.Findings.All() {
		if err != nil {
			return fmt.Errorf("findings: %w", err)
		}
		if err := s.findings.Add(&f); err != nil {
			return err
		}
		if f.Verdict == audit.Fail {
			if s.counts.failures[f.Severity]++; s.counts.failures[f.Severity] == 1 {
				s.counts.first[f.Severity] = s.findings.Place(s.findings.Rows - 1)
			}
		}
	}
	return s.findings.Close()
}

// screenWidth is that of long texts which are not printed, in characters: a row is as high on paper as on the screen, so a narrow column of
// them would leave the pages empty.
const screenWidth = 150

func findingColumns() []xlsx.Column[*audit.Finding] {
	type row = *audit.Finding
	return []xlsx.Column[row]{
		{Head: "Severity", Kind: xlsx.Badge, Of: func(v row) string { return string(v.Severity) }},
		{Head: "Verdict", Of: func(v row) string { return string(v.Verdict) }, Look: func(v row) xlsx.Look {
			switch v.Verdict {
			case audit.Error:
				return xlsx.Bad
			case audit.Fail:
				return xlsx.Plain
			}
			return xlsx.Muted
		}},
		{Head: "Resource", Of: func(v row) string { return v.Resource.Label() }},
		{Head: "Finding", Kind: xlsx.Prose, Width: 54, Of: func(v row) string { return v.Msg }},
		{Head: "Due", Kind: xlsx.Date, Of: func(v row) string { return string(v.Due) }},
		{Head: "Amount", Kind: xlsx.Money, Of: func(v row) string { return amount(v.Amount, audit.PerOnce) }},
		{Head: "Amount per month", Kind: xlsx.Money, Of: func(v row) string { return amount(v.Amount, audit.PerMonth) }},
		{Head: "Owner", Of: func(v row) string { return v.Resource.Owner }},
		{Head: "Account", Of: func(v row) string { return v.Resource.Account }},
		{Head: "Region", Of: func(v row) string { return v.Resource.Region }},
		{Head: "Rule", Screen: true, Of: func(v row) string { return v.Rule }},
		{Head: "What to do", Kind: xlsx.Prose, Width: screenWidth, Of: func(v row) string { return v.Remediation }},
		{Head: "Change", Of: func(v row) string { return string(v.Change) }},
		{Head: "Command", Kind: xlsx.Code, Width: screenWidth, Of: func(v row) string { return string(v.Command) }},
		{Head: "Waiver", Kind: xlsx.Prose, Width: 60, When: func(v row) bool { return v.Waiver != nil },
			Of: func(v row) string {
				return v.Waiver.Reason + " (" + v.Waiver.Owner + ", until " + v.Waiver.Expires + ")"
			}},
		{Head: "Evidence", Kind: xlsx.Prose, Width: screenWidth, Short: true, Of: row.EvidenceText},
		{Head: "First seen", Kind: xlsx.Date, Of: func(v row) string { return string(v.FirstSeen) }},
		{Head: "Domain", Of: func(v row) string { return v.Domain() }},
		{Head: "Kind", Kind: xlsx.Ident, Of: func(v row) string { return v.Resource.Kind }},
		{Head: "Resource ID", Kind: xlsx.Ident, Of: func(v row) string { return v.Resource.ID }},
		{Head: "Fingerprint", Kind: xlsx.Ident, Of: func(v row) string { return v.Fingerprint }},
	}
}

// amount returns an amount that is per a time as a cell of money has it, "" for nil and for any other.
func amount(m *audit.Money, per string) string {
	if m == nil || m.Per != per {
		return ""
	}
	return audit.InCurrency(m.Value, m.Currency)
}
