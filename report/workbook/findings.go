package workbook

import (
	"tenor/audit"
)

func findingColumns() []column[*audit.Finding] {
	type f = *audit.Finding
	return []column[f]{
		{head: "Severity", kind: level, of: func(v f) string { return string(v.Severity) }},
		{head: "Verdict", of: func(v f) string { return string(v.Verdict) }, look: func(v f) look {
			switch v.Verdict {
			case audit.Error:
				return bad
			case audit.Fail:
				return plain
			}
			return muted
		}},
		{head: "Domain", of: func(v f) string { return v.Domain() }},
		{head: "Rule", of: func(v f) string { return v.Rule }},
		{head: "Resource", of: func(v f) string { return label(&v.Resource) }},
		{head: "Account", of: func(v f) string { return v.Resource.Account }},
		{head: "Region", of: func(v f) string { return v.Resource.Region }},
		{head: "Owner", of: func(v f) string { return v.Resource.Owner }},
		{head: "Finding", kind: prose, of: func(v f) string { return v.Msg }},
		{head: "Due", kind: date, of: func(v f) string { return string(v.Due) }},
		{head: "Amount", kind: money, of: func(v f) string { return amount(v.Amount) }},
		{head: "What to do", kind: prose, of: func(v f) string { return v.Remediation }},
		{head: "Command", kind: code, of: func(v f) string { return string(v.Command) }},
		{head: "Change", of: func(v f) string { return string(v.Change) }},
		{head: "First seen", kind: date, of: func(v f) string { return string(v.FirstSeen) }},
		{head: "Waiver", kind: prose, of: func(v f) string {
			if v.Waiver == nil {
				return ""
			}
			return v.Waiver.Reason + " (" + v.Waiver.Owner + ", until " + v.Waiver.Expires + ")"
		}},
		{head: "Kind", of: func(v f) string { return v.Resource.Kind }},
		{head: "Resource ID", of: func(v f) string { return v.Resource.ID }},
		{head: "Fingerprint", of: func(v f) string { return v.Fingerprint }},
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
