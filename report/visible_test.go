package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"tenor/audit"
)

// read are the formats that people see, each with a parser that is not ours where there is one: what the texts of its output are.
var read = map[string]struct {
	write func(io.Writer, audit.Report) error
	texts func(t *testing.T, out []byte) []string
}{
	"sarif":    {SARIF, jsonTexts},
	"ocsf":     {OCSF, jsonTexts},
	"junit":    {JUnit, xmlTexts},
	"csv":      {CSV, csvTexts},
	"focus":    {FOCUS, csvTexts},
	"parquet":  {ParquetFindings, parquetTexts},
	"ics":      {ICS, icsTexts},
	"html":     {HTML, htmlTexts},
	"xlsx":     {func(w io.Writer, r audit.Report) error { return XLSX(w, r, nil) }, xlsxTexts},
	"markdown": {Markdown, markdownTexts},
	"github":   {GitHub, githubTexts},
	"findings": {func(w io.Writer, r audit.Report) error { return Findings(w, r, Wanted{}, TerminalStyle{}) }, asItIs},
	"terminal": {func(w io.Writer, r audit.Report) error { return Terminal(w, r, TerminalStyle{Width: 300}) }, asItIs},
}

// TestHostileStrings: in every format a string from AWS is seen, whole, and does nothing else; in the record it is itself.
func TestHostileStrings(t *testing.T) {
	for name, tt := range hostileStrings(t) {
		const before, after = "Before ", " After" // so that no format trims or clips it
		r := hostileReport(before + tt.in + after)
		for format, f := range read {
			t.Run(name+"/"+format, func(t *testing.T) {
				texts := f.texts(t, []byte(render(t, f.write, r)))
				want := before + tt.want + after
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
		t.Run(name+"/json", func(t *testing.T) {
			var have struct {
				Findings []struct{ Resource struct{ Name string } }
			}
			if err := json.Unmarshal([]byte(render(t, JSON, r)), &have); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.ToValidUTF8(before+tt.in+after, "\ufffd"), have.Findings[0].Resource.Name); utf8.ValidString(tt.in) &&
				diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
		})
	}
}

// hostileString is a string, and what people see of it on one line.
type hostileString struct{ in, want string }

// hostileStrings reads the table that every place is tested with that shows people what others wrote.
func hostileStrings(t *testing.T) map[string]hostileString {
	t.Helper()
	b, err := os.ReadFile("../testdata/hostile_strings.txt")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]hostileString{}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) != 3 {
			t.Fatalf("%q", line)
		}
		in, err := strconv.Unquote(cells[1])
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		want, err := strconv.Unquote(cells[2])
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		table[cells[0]] = hostileString{in, want}
	}
	if len(table) < 51 {
		t.Fatalf("%d strings", len(table))
	}
	return table
}

// hostileReport has a string wherever AWS or a user can put one.
func hostileReport(s string) audit.Report {
	r := emptyReport()
	ref := audit.ResourceRef{Kind: audit.KindOutpost, ID: "op-1", Name: s, Account: acctProd, Region: "eu-central-1", Owner: s}
	f := finding(r.Rules[0].ID, audit.High, audit.Fail, ref, s)
	f.Remediation, f.Command = s, audit.Optional(s)
	waived := f
	waived.Verdict, waived.Waiver = audit.Waived, &audit.WaiverRef{Resource: "pp-*", Reason: s, Owner: s, Expires: "2027-01-31"}
	r.Findings = audit.FindingsOf(f, waived)
	r.Summary.Findings = map[string]map[audit.Severity]int{f.Domain(): {audit.High: 1}}
	r.Summary.Verdicts[audit.Fail], r.Summary.Verdicts[audit.Waived] = 1, 1
	r.Summary.Deadlines = []audit.Deadline{{Resource: ref, NoticeDeadline: "2026-12-01", ContractEnd: "2026-12-08", DaysLeft: 11}}
	r.Summary.Calendar = []audit.CalendarDay{{Kind: audit.CalendarNotice, Resource: ref, Day: "2026-12-01", ContractEnd: "2026-12-08"}}
	r.Renewals = audit.ListOf(audit.Renewal{Resource: ref, OutpostFacts: audit.OutpostFacts{ContractState: audit.StateUnknown,
		Subscriptions: []audit.Subscription{{ID: s, Type: s, Status: s}}}})
	r.Coverage = append(r.Coverage, audit.Coverage{Account: acctProd, Region: "eu-central-1", Service: "outposts", Operation: "ListOrders",
		Status: audit.StatusGap, Reason: audit.ReasonAccessDenied, Message: s})
	r.Summary.Coverage.Gaps = 1
	r.Run.Accounts = []audit.Account{{ID: acctProd, Name: s}}
	r.Rules[0].Title, r.Rules[0].Description, r.Rules[0].Remediation = s, s, s
	r.Waivers = []audit.WaiverResult{{Rule: f.Rule, Resource: s, Reason: s, Owner: s, Expires: "2027-01-31", Status: "used", Matched: 1}}
	r.Changes = &audit.Changes{
		Settings: []audit.Setting{{Kind: audit.SettingWaiver, Name: s, Before: audit.Optional(s), After: audit.Optional(s)}},
		Silenced: audit.ListOf(audit.Silenced{Finding: f, By: audit.SettingWaiver, Name: s, Before: audit.Optional(s), After: audit.Optional(s)}),
	}
	return r
}

func asItIs(_ *testing.T, out []byte) []string { return []string{string(out)} }

func jsonTexts(t *testing.T, out []byte) []string {
	t.Helper()
	var texts []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for k, e := range v {
				texts = append(texts, k)
				walk(e)
			}
		}
	}
	d := jsontext.NewDecoder(bytes.NewReader(out)) // which takes neither invalid UTF-8 nor a name twice
	for {
		raw, err := d.ReadValue()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		walk(v)
	}
}

// markdownTexts are the texts of what GitHub makes of it: CommonMark with tables.
func markdownTexts(t *testing.T, out []byte) []string {
	t.Helper()
	if !utf8.Valid(out) {
		t.Error("it is no UTF-8")
	}
	var page bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert(out, &page); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&page)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (n.DataAtom == atom.P || n.DataAtom == atom.Td || n.DataAtom == atom.Li) {
			var b strings.Builder
			for c := range n.Descendants() {
				if c.Type == html.TextNode {
					b.WriteString(c.Data)
				}
			}
			texts = append(texts, b.String())
		}
	}
	return texts
}

// githubTexts are the messages of the workflow commands, of which each line must be one.
func githubTexts(t *testing.T, out []byte) []string {
	t.Helper()
	command := regexp.MustCompile(`^::(?:error|warning|notice) (?:(?:file|line|title)=[^:,\r\n]*,?)+::([^\r\n]*)$`)
	var texts []string
	for line := range strings.Lines(string(out)) {
		m := command.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			t.Fatalf("%q is no command", line)
		}
		text, err := url.PathUnescape(m[1])
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	return texts
}

func xmlTexts(t *testing.T, out []byte) []string {
	t.Helper()
	var texts []string
	for d := xml.NewDecoder(bytes.NewReader(out)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts
		} else if err != nil {
			t.Fatal(err)
		}
		switch v := token.(type) {
		case xml.CharData:
			texts = append(texts, string(v))
		case xml.StartElement:
			for _, a := range v.Attr {
				texts = append(texts, a.Value)
			}
		}
	}
}

func csvTexts(t *testing.T, out []byte) []string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(out, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(rows...)
}

func htmlTexts(t *testing.T, out []byte) []string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			texts = append(texts, n.Data)
		}
		for _, a := range n.Attr {
			texts = append(texts, a.Val)
		}
	}
	return texts
}

func xlsxTexts(t *testing.T, out []byte) []string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var texts []string
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, slices.Concat(rows...)...)
	}
	return texts
}
