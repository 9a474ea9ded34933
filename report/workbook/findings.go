package workbook

import (
	"fmt"

	"tenor/audit"
)

// findingCounts is what was written to Findings: how many failures of each severity, and the row of the first.
type findingCounts struct {
	failures map[audit.Severity]int
	first    map[audit.Severity]string
	total    int
}

// writeFindings writes every finding as it comes.
func writeFindings(b *book, r *audit.Report) (*table[*audit.Finding], *findingCounts, error) {
	t := newTable(b, "Findings", "findings", findingColumns())
	t.expect = r.Findings.Len
	n := &findingCounts{failures: map[audit.Severity]int{}, first: map[audit.Severity]string{}}
	for f, err := range r.Findings.All() {
		if err != nil {
			return nil, nil, fmt.Errorf("findings: %w", err)
		}
		if err := t.add(&f); err != nil {
			return nil, nil, err
		}
		n.total++
		if f.Verdict == audit.Fail {
			if n.failures[f.Severity]++; n.failures[f.Severity] == 1 {
				n.first[f.Severity] = t.place(t.rows - 1)
			}
		}
	}
	return t, n, t.close()
}

func findingColumns() []column[*audit.Finding] {
	type row = *audit.Finding
	return []column[row]{
		{head: "Severity", kind: level, of: func(v row) string { return string(v.Severity) }},
		{head: "Verdict", of: func(v row) string { return string(v.Verdict) }, look: func(v row) look {
			switch v.Verdict {
			case audit.Error:
				return bad
			case audit.Fail:
				return plain
			}
			return muted
		}},
		{head: "Rule", of: func(v row) string { return v.Rule }},
		{head: "Resource", of: func(v row) string { return label(&v.Resource) }},
		{head: "Account", of: func(v row) string { return v.Resource.Account }},
		{head: "Region", of: func(v row) string { return v.Resource.Region }},
		{head: "Owner", of: func(v row) string { return v.Resource.Owner }},
		{head: "Finding", kind: prose, width: 54, of: func(v row) string { return v.Msg }},
		{head: "Due", kind: date, of: func(v row) string { return string(v.Due) }},
		{head: "Amount", kind: money, of: func(v row) string { return amount(v.Amount) }},
		{head: "What to do", kind: prose, of: func(v row) string { return v.Remediation }},
		{head: "Change", of: func(v row) string { return string(v.Change) }},
		{head: "Command", kind: code, screen: true, of: func(v row) string { return string(v.Command) }},
		{head: "Waiver", kind: prose, width: 60, of: func(v row) string {
			if v.Waiver == nil {
				return ""
			}
			return v.Waiver.Reason + " (" + v.Waiver.Owner + ", until " + v.Waiver.Expires + ")"
		}},
		{head: "Evidence", kind: prose, width: 110, of: row.EvidenceText},
		{head: "First seen", kind: date, of: func(v row) string { return string(v.FirstSeen) }},
		{head: "Domain", of: func(v row) string { return v.Domain() }},
		{head: "Kind", kind: ident, of: func(v row) string { return v.Resource.Kind }},
		{head: "Resource ID", kind: ident, of: func(v row) string { return v.Resource.ID }},
		{head: "Fingerprint", kind: ident, of: func(v row) string { return v.Fingerprint }},
	}
}

// label is what a reader calls a resource: its name, or its id when it has none.
func label(r *audit.ResourceRef) string {
	if r.Name == "" {
		return r.ID
	}
	return r.Name
}

// amount returns the digits of an amount, "" for nil. A currency other than the dollar, which AWS does not bill in,
// stands beside its digits and so is text.
func amount(m *audit.Money) string {
	switch {
	case m == nil:
		return ""
	case m.Currency != "USD":
		return m.Value + " " + m.Currency
	}
	return m.Value
}
