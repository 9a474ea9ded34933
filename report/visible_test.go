package report

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/foreign"
	"tenor/internal/inline"
)

// read are the formats that people see, and the name of a file of each, by which a parser that is not ours reads it.
var read = map[string]struct {
	write func(io.Writer, audit.Report) error
	file  string
}{
	"SARIF":           {SARIF, "report.sarif"},
	"OCSF":            {OCSF, "report.ocsf.ndjson"},
	"JUnit":           {JUnit, "report.junit.xml"},
	"CSV":             {CSV, "report.csv"},
	"FOCUS":           {FOCUS, "report.focus.csv"},
	"ParquetFindings": {ParquetFindings, "findings.parquet"},
	"ParquetCoverage": {ParquetCoverage, "coverage.parquet"},
	"ParquetRenewals": {ParquetRenewals, "renewals.parquet"},
	"ParquetCharges":  {ParquetCharges, "charges.parquet"},
	"ICS":             {ICS, "report.ics"},
	"HTML":            {HTML, "report.html"},
	"XLSX":            {func(w io.Writer, r audit.Report) error { return XLSX(w, r, nil) }, "report.xlsx"},
	"Markdown":        {Markdown, "report.md"},
	"GitHub":          {GitHub, "report.github.txt"},
	"Findings":        {func(w io.Writer, r audit.Report) error { return Findings(w, r, Wanted{}, TerminalStyle{}) }, "findings.txt"},
	"FindingsCSV":     {func(w io.Writer, r audit.Report) error { return FindingsCSV(w, r, Wanted{}) }, "findings.csv"},
	"Terminal":        {func(w io.Writer, r audit.Report) error { return Terminal(w, r, TerminalStyle{Width: 300}) }, "summary.txt"},
	"Diff": {func(w io.Writer, r audit.Report) error {
		return Diff(w, r.Changes, r.Findings, TerminalStyle{Width: 300})
	}, "diff.txt"},
	"JUnitTests": {func(w io.Writer, r audit.Report) error {
		f, err := r.Findings.First(1)
		return errors.Join(err, JUnitTests(w, []TestCase{{Suite: f[0].Msg, Name: f[0].Msg, File: f[0].Msg, Problem: f[0].Msg, Failed: true, Output: f[0].Msg}}))
	}, "tests.xml"},
	"Text": {func(w io.Writer, r audit.Report) error {
		f, err := r.Findings.First(1)
		return errors.Join(err, Text(w, f[0].Msg+"\n"))
	}, "text.txt"},
}

// records are those that programs read: a string is itself there.
var records = []string{"JSON", "FindingsJSON", "DiffJSON"}

// TestEveryWriterIsRead: each function of this package that writes is one of those that TestHostileStrings tries, or a record.
func TestEveryWriterIsRead(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	writer := regexp.MustCompile(`(?m)^func ([A-Z]\w*)\(w io\.Writer`)
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range writer.FindAllStringSubmatch(string(text), -1) {
			found++
			if _, ok := read[m[1]]; !ok && !slices.Contains(records, m[1]) {
				t.Errorf("%s is tried with no hostile string: add it to read", m[1])
			}
		}
	}
	if found < len(read) {
		t.Errorf("%d writers were found, of %d", found, len(read))
	}
}

// TestHostileStrings: in every format a string from AWS is seen, whole, and does nothing else; in the record it is itself.
func TestHostileStrings(t *testing.T) {
	for _, tt := range foreign.Strings() {
		const before, after = "Before ", " After" // so that no format trims or clips it
		r := hostileReport(before + tt.In + after)
		for format, f := range read {
			t.Run(tt.Name+"/"+format, func(t *testing.T) {
				texts, err := foreign.Texts(f.file, []byte(render(t, f.write, r)))
				if err != nil {
					t.Fatal(err)
				}
				want := before + tt.Want + after
				lines := strings.NewReplacer("\n", " ", "\t", " ") // which a sheet and a page show as lines
				if !slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(lines.Replace(s), want) }) {
					t.Errorf("no text has %q", want)
				}
				for _, s := range texts {
					if audit.VisibleLines(s) != s {
						t.Errorf("%q is not seen as it is", s)
					}
				}
			})
		}
		t.Run(tt.Name+"/json", func(t *testing.T) {
			var have struct {
				Findings []struct{ Resource struct{ Name string } }
			}
			if err := json.Unmarshal([]byte(render(t, JSON, r)), &have); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.ToValidUTF8(before+tt.In+after, "\ufffd"), have.Findings[0].Resource.Name); utf8.ValidString(tt.In) &&
				diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
		})
	}
}

// hostileReport has a string wherever AWS or a user can put one.
func hostileReport(s string) audit.Report {
	r := emptyReport()
	ref := audit.ResourceRef{Kind: audit.KindOutpost, ID: "op-1", Name: s, Account: acctProd, Region: "eu-central-1", Owner: s}
	f := finding(r.Rules[0].ID, audit.High, audit.Fail, ref, s)
	f.Remediation, f.Command = s, audit.Optional(s)
	waived := f
	waived.Verdict, waived.Waiver = audit.Waived, &audit.WaiverRef{Resource: "pp-*", Reason: s, Owner: s, Expires: "2027-01-31"}
	r.Findings = audit.NewList(inline.Of(f, waived))
	r.Summary.Findings = map[string]map[audit.Severity]int{f.Domain(): {audit.High: 1}}
	r.Summary.Verdicts[audit.Fail], r.Summary.Verdicts[audit.Waived] = 1, 1
	r.Summary.Deadlines = []audit.Deadline{{Resource: ref, NoticeDeadline: "2026-12-01", ContractEnd: "2026-12-08", DaysLeft: 11}}
	r.Summary.Calendar = calendarOf(nil, audit.CalendarDay{Kind: audit.CalendarNotice, Resource: ref, Day: "2026-12-01", ContractEnd: "2026-12-08"})
	r.Renewals = audit.NewList(inline.Of(audit.Renewal{Resource: ref, OutpostFacts: audit.OutpostFacts{ContractState: audit.StateUnknown,
		Subscriptions: []audit.Subscription{{ID: s, Type: s, Status: s}}}}))
	r.Coverage.Add(audit.Coverage{Account: acctProd, Region: "eu-central-1", Service: "outposts", Operation: "ListOrders",
		Status: audit.StatusGap, Reason: audit.ReasonAccessDenied, Message: s})
	r.Summary.Coverage.Gaps = 1
	r.Run.Accounts = []audit.Account{{ID: acctProd, Name: s}}
	r.Rules[0].Title, r.Rules[0].Description, r.Rules[0].Remediation = s, s, s
	r.Waivers = []audit.WaiverResult{{Rule: f.Rule, Resource: s, Reason: s, Owner: s, Expires: "2027-01-31", Status: "used", Matched: 1}}
	r.Billing = &audit.Billing{
		Sources: []audit.BillingSource{{Payer: acctProd, Period: "2026-10", Format: s, Final: true, Manifest: s,
			Invoices: []audit.InvoiceTotal{{Invoice: audit.Optional(s), Currency: "USD", Lines: 1, Billed: "1.00", Net: "1.00"}}}},
		Outposts: []audit.OutpostBill{{Period: "2026-10", Final: true, Account: acctProd, Region: "eu-central-1", Outpost: audit.Optional(s),
			Subscription: audit.Optional(s), Billed: "1.00", Net: "1.00", Expected: "0.00", Difference: "1.00", Currency: "USD", Status: audit.BillDiffers}},
		Unmatched: []audit.UnmatchedCharge{{Period: "2026-10", Final: true, Account: acctProd, Region: "eu-central-1", Outpost: audit.Optional(s),
			Billed: "1.00", Currency: "USD", Why: audit.WhyNoContract}},
		Products: []audit.ProductCost{{ARN: s, Account: acctProd, Why: audit.WhyGone, Currency: "USD", Services: []string{s},
			Periods: map[string]string{"2026-10": "1.00"}}},
	}
	r.Changes = &audit.Changes{
		Settings: []audit.Setting{{Kind: audit.SettingWaiver, Name: s, Before: audit.Optional(s), After: audit.Optional(s)}},
		Silenced: audit.NewList(inline.Of(audit.Silenced{Finding: f, By: audit.SettingWaiver, Name: s, Before: audit.Optional(s), After: audit.Optional(s)})),
	}
	return r
}
