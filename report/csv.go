package report

import (
	"cmp"
	"encoding/csv"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"tenor/audit"
)

// CSV writes one row for each finding, for a spreadsheet or a script: UTF-8 with the byte order mark without which Excel takes
// another encoding. A cell that a spreadsheet would take for a formula has an apostrophe before it; numbers are left alone,
// and so is text that a spreadsheet takes for one: the workbook is where an account's leading zero is safe.
func CSV(w io.Writer, r audit.Report) error {
	const byteOrderMark = "\ufeff"
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	header := []string{"verdict", "severity", "rule", "account", "account_name", "region",
		"kind", "resource_id", "resource_name", "resource_arn", "owner", "message", "due", "amount", "amount_per_month", "currency",
		"remediation", "command", "first_seen", "change", "waiver_owner", "waiver_expires", "waiver_reason", "evidence", "frameworks",
		"fingerprint"}
	if err := out.Write(header); err != nil {
		return err
	}
	names, rules := accountNames(r), rulesByID(r)
	for f, err := range r.Findings.All() {
		if err != nil {
			return err
		}
		none := &audit.Money{}
		ref, waiver, currency := f.Resource, cmp.Or(f.Waiver, &audit.WaiverRef{}), cmp.Or(f.Amount, none).Currency
		once, month := cmp.Or(f.Amount.Only(audit.PerOnce), none), cmp.Or(f.Amount.Only(audit.PerMonth), none)
		row := []string{string(f.Verdict), string(f.Severity), f.Rule, ref.Account, names[ref.Account], ref.Region,
			ref.Kind, ref.ID, ref.Name, string(ref.ARN), ref.Owner, f.Msg, string(f.Due), once.Value, month.Value, currency,
			f.Remediation, string(f.Command), string(f.FirstSeen), string(f.Change),
			waiver.Owner, waiver.Expires, waiver.Reason, f.EvidenceText(),
			frameworks(rules[f.Rule]), f.Fingerprint}
		for i, cell := range row {
			row[i] = noFormula(audit.Visible(cell))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// frameworks lists the controls that a rule checks.
func frameworks(rule audit.Rule) string {
	return strings.Join(audit.Map(rule.Frameworks, audit.Framework.String), "; ")
}

var negative = regexp.MustCompile(`^-[0-9]+(\.[0-9]+)?$`)

// noFormula puts an apostrophe before what Excel, LibreOffice or Google Sheets would calculate: a leading = + - @, in
// their full-width forms too, with or without space before it. A negative number stays one.
func noFormula(cell string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimSpace(cell))
	if strings.ContainsRune("=+-@＝＋－＠", first) && !negative.MatchString(cell) {
		return "'" + cell
	}
	return cell
}
