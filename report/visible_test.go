package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

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
	"html":     {HTML, htmlTexts},
	"xlsx":     {func(w io.Writer, r audit.Report) error { return XLSX(w, r, nil) }, xlsxTexts},
	"markdown": {Markdown, asItIs},
	"github":   {GitHub, asItIs},
	"terminal": {func(w io.Writer, r audit.Report) error { return Terminal(w, r, TerminalStyle{Width: 300}) }, asItIs},
}

// TestHostileStrings: in every format a string from AWS is seen, whole, and does nothing else; in the record it is itself.
func TestHostileStrings(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"letters":            {"Müller 火星 é", "Müller 火星 é"},
		"joiner":             {"a\u200cb", "a\u200cb"},
		"C0":                 {"a\x00b\x1b[31mc", "a\ufffdb\ufffd[31mc"},
		"DEL":                {"a\x7fb", "a\ufffdb"},
		"C1":                 {"a\u0085b\u009bc", "a\ufffdb\ufffdc"},
		"soft hyphen":        {"a\u00adb", "a\ufffdb"},
		"turns the text":     {"a\u202eb\u2066c\u200f", "a\ufffdb\ufffdc\ufffd"},
		"no width":           {"a\u200bb\ufeffc", "a\ufffdb\ufffdc"},
		"private use":        {"a\ue000b\U0010fffdc", "a\ufffdb\ufffdc"},
		"noncharacter":       {"a\ufffeb\uffffc", "a\ufffdb\ufffdc"},
		"a lone surrogate":   {"a\xed\xa0\x80b", "a\ufffd\ufffd\ufffdb"},
		"invalid UTF-8":      {"a\xffb\xe2\x82c", "a\ufffdb\ufffd\ufffdc"},
		"escape of sheets":   {"a _x0041_ b", "a _x0041_ b"},
		"a CDATA section":    {"a ]]> b", "a ]]> b"},
		"a character entity": {"a &#27; b", "a &#27; b"},
	} {
		const before, after = "Before ", " After" // so that no format trims or clips it
		r := hostileReport(before + tt.in + after)
		for format, f := range read {
			t.Run(name+"/"+format, func(t *testing.T) {
				texts := f.texts(t, []byte(render(t, f.write, r)))
				want := before + tt.want + after
				if format == "markdown" {
					want = markdownText(want)
				}
				if !slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, want) }) {
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
			if diff := cmp.Diff(strings.ToValidUTF8(before+tt.in+after, "\ufffd"), have.Findings[0].Resource.Name); utf8.ValidString(tt.in) && diff != "" {
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
	waived.Verdict, waived.Waiver = audit.Waived, &audit.WaiverRef{Reason: s, Owner: s, Expires: "2027-01-31"}
	r.Findings = audit.FindingsOf(f, waived)
	r.Summary.Findings = map[string]map[audit.Severity]int{f.Domain(): {audit.High: 1}}
	r.Summary.Verdicts[audit.Fail], r.Summary.Verdicts[audit.Waived] = 1, 1
	r.Summary.Deadlines = []audit.Deadline{{Resource: ref, NoticeDeadline: "2026-12-01", ContractEnd: "2026-12-08", DaysLeft: 11}}
	r.Coverage = append(r.Coverage, audit.Coverage{Account: acctProd, Region: "eu-central-1", Service: "outposts", Operation: "ListOrders",
		Status: audit.StatusGap, Reason: audit.ReasonAccessDenied, Message: s})
	r.Summary.Coverage.Gaps = 1
	r.Run.Accounts = []audit.Account{{ID: acctProd, Name: s}}
	r.Rules[0].Title, r.Rules[0].Description, r.Rules[0].Remediation = s, s, s
	r.Waivers = []audit.WaiverResult{{Rule: f.Rule, Resource: s, Reason: s, Owner: s, Expires: "2027-01-31", Status: "used", Matched: 1}}
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
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var v any
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			return texts
		} else if err != nil {
			t.Fatal(err)
		}
		walk(v)
	}
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
