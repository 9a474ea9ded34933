package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tenor/audit"
	"tenor/internal/inline"
)

func TestSectionsAreTheFieldsOfReport(t *testing.T) {
	var r audit.Report
	var want, have []string
	v := reflect.ValueOf(&r).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		want = append(want, name)
		have = append(have, "")
		for _, s := range sections(&r) {
			if s.value == v.Field(i).Addr().Interface() {
				have[i] = s.name
			}
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("members of report.json (-fields +sections):\n%s", diff)
	}
}

func TestReadJSONGivesBackWhatWasWritten(t *testing.T) {
	for name, want := range fixtures() {
		t.Run(name, func(t *testing.T) {
			var first bytes.Buffer
			if err := JSON(&first, want); err != nil {
				t.Fatal(err)
			}
			path := writeTemp(t, first.String())
			have, closeFile, err := ReadJSON(path)
			if err != nil {
				t.Fatal(err)
			}
			defer closeFile()
			replaceInvalid := cmp.Transformer("valid", func(s string) string { return strings.ToValidUTF8(s, "\ufffd") })
			ignore := cmpopts.IgnoreUnexported(audit.FindingList{}, audit.SilencedList{}, audit.ChangedList{}, audit.RenewalList{})
			days := cmp.Transformer("days", func(l audit.CalendarList) []audit.CalendarDay {
				days, err := l.First(l.Len)
				if err != nil {
					t.Error(err)
				}
				return days
			})
			rows := cmp.Transformer("rows", func(l *audit.Ledger) []audit.Coverage { return slices.Collect(l.All()) })
			if diff := cmp.Diff(want, have, cmpopts.EquateEmpty(), ignore, replaceInvalid, rows, days); diff != "" {
				t.Errorf("read back (-want +have):\n%s", diff)
			}
			for range 2 { // the findings are there each time
				var again bytes.Buffer
				if err := JSON(&again, have); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(first.String(), again.String()); diff != "" {
					t.Fatalf("written again (-first +again):\n%s", diff)
				}
			}
		})
	}
}

func TestJSONHasNoNullList(t *testing.T) {
	var out bytes.Buffer
	if err := JSON(&out, audit.Report{Run: audit.Run{ID: "x"}, Findings: audit.NewList(inline.Of(audit.Finding{}))}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"coverage", "rules", "renewals", "waivers", "accounts", "regions", "holidays", "deadlines",
		"cash_by_month"} {
		if want := `"` + name + `": []`; !strings.Contains(out.String(), want) {
			t.Errorf("no %s in\n%s", want, &out)
		}
	}
}

// Every finding of the fixtures, and one that is all zero, as the general encoder writes it.
func TestAppendFindingIsTheEncodersOwn(t *testing.T) {
	check := func(f audit.Finding) {
		t.Helper()
		want, err := json.Marshal(&f, jsonOptions())
		if err != nil {
			t.Fatal(err)
		}
		have, err := appendFinding(nil, &f)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(have)); diff != "" {
			t.Errorf("%s (-encoder +own):\n%s", f.Rule, diff)
		}
	}
	check(audit.Finding{})
	for f, err := range fullReport().Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		check(f)
	}
	if _, err := appendFinding(nil, &audit.Finding{Evidence: []byte(`{"a":`)}); err == nil {
		t.Error("evidence that is no JSON is written")
	}
}

func TestJSONReturnsErrors(t *testing.T) {
	broken := errors.New("disk gone")
	r := fullReport()
	r.Findings = audit.NewList(1, func(yield func(audit.Finding, error) bool) { yield(audit.Finding{}, broken) })
	if err := JSON(io.Discard, r); !errors.Is(err, broken) {
		t.Errorf("findings that cannot be read: %v", err)
	}
	if err := JSON(brokenWriter{broken}, fullReport()); !errors.Is(err, broken) {
		t.Errorf("a writer that fails: %v", err)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestReadJSONNamesFileAndLine(t *testing.T) {
	var full bytes.Buffer
	if err := JSON(&full, fullReport()); err != nil {
		t.Fatal(err)
	}
	good := full.String()
	lineOf := func(s string) string { return good[:strings.Index(good, s)] }
	for name, c := range map[string]struct{ file, want string }{
		"empty":            {"", ":1: the file is cut off"},
		"cut off":          {good[:len(good)/2], ": the file is cut off"},
		"cut in the end":   {good[:len(good)-2], ": the file is cut off"},
		"no JSON":          {"hello", ":1: invalid character 'h' at start of value"},
		"an array":         {"[]", ":1: is no report: want an object"},
		"another object":   {`{"name": "x"}`, ":1: is no report: it has no schema_version"},
		"one member short": {strings.Replace(good, `"renewals"`, `"renewal"`, 1), ":1: is no report: it has no renewals"},
		"next version":     {strings.Replace(good, `"2.0"`, `"3.0"`, 1), `:2: schema_version "3.0": this version of tenor reads 2.0`},
		"wrong type": {strings.Replace(good, `"status": "incomplete"`, `"status": 7`, 1),
			lineAfter(lineOf(`"status": "incomplete"`)) + ": /status: does not take a value of kind number"},
		"not a list":   {strings.Replace(good, `"findings": [`, `"findings": {}, "x": [`, 1), ": findings: want an array, have {"},
		"not findings": {strings.Replace(good, `"findings": [`, `"findings": [7,`, 1), ": findings: want an object, have number"},
		"a comma too many": {strings.Replace(good, `"status": "incomplete",`, `"status": "incomplete",,`, 1),
			lineAfter(lineOf(`"status": "incomplete"`)) + ": invalid character ','"},
		"two reports": {good + good, ": more follows after the end of the report"},
	} {
		t.Run(name, func(t *testing.T) {
			path := writeTemp(t, c.file)
			_, _, err := ReadJSON(path)
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %s…%s", err, path, c.want)
			}
		})
	}
	if _, _, err := ReadJSON(filepath.Join(t.TempDir(), "none.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestReadJSONNamesTheLineOfABadFinding(t *testing.T) {
	var full bytes.Buffer
	if err := JSON(&full, fullReport()); err != nil {
		t.Fatal(err)
	}
	bad := strings.Replace(full.String(), `"msg":"version v1.4 is not active"`, `"msg":[]`, 1)
	path := writeTemp(t, bad)
	r, closeFile, err := ReadJSON(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closeFile()
	for _, err = range r.Findings.All() {
	}
	want := path + ":" + lineAfter(bad[:strings.Index(bad, `"msg":[]`)]) + ": "
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestReadJSONTakesLaterMinorVersions(t *testing.T) {
	var full bytes.Buffer
	if err := JSON(&full, fullReport()); err != nil {
		t.Fatal(err)
	}
	s := strings.Replace(full.String(), `"2.0",`, `"2.9", "forecast": {"a": [1]},`, 1)
	r, closeFile, err := ReadJSON(writeTemp(t, s))
	if err != nil {
		t.Fatal(err)
	}
	defer closeFile()
	if want := fullReport().Findings.Len; r.Findings.Len != want || r.SchemaVersion != "2.9" {
		t.Errorf("version %s with %d findings, want 2.9 with %d", r.SchemaVersion, r.Findings.Len, want)
	}
}

// TestReadJSONTakesTheFirstVersion: a baseline may be older than the program. What it has not is not made up.
func TestReadJSONTakesTheFirstVersion(t *testing.T) {
	path := filepath.Join("..", "testdata", "reports", "full-1.0.json")
	r, closeFile, err := ReadJSON(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closeFile()
	n := 0
	for f, err := range r.Findings.All() {
		if err != nil || f.Rule == "" || f.Fingerprint == "" {
			t.Fatalf("%+v: %v", f, err)
		}
		n++
	}
	if n == 0 || n != r.Findings.Len || len(r.Summary.Deadlines) == 0 || r.Renewals.Len == 0 || renewalsOf(&r)[0].ContractState != "" {
		t.Errorf("%d findings, %d deadlines, %d renewals", n, len(r.Summary.Deadlines), r.Renewals.Len)
	}
	if err := Current(&r, path); err == nil || !strings.Contains(err.Error(), `schema_version "1.0"`) {
		t.Errorf("it is taken for a report of today: %v", err)
	}
}

func FuzzReadJSON(f *testing.F) {
	for _, r := range []audit.Report{emptyReport(), gapsReport()} { // the full one is too long to be changed in every place
		var out bytes.Buffer
		if err := JSON(&out, r); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
	}
	path := filepath.Join(f.TempDir(), "report.json")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		r, closeFile, err := ReadJSON(path)
		if err != nil {
			if !strings.Contains(err.Error(), path+":") {
				t.Errorf("the error names no line: %v", err)
			}
			return
		}
		defer closeFile()
		n := 0
		for _, err := range r.Findings.All() {
			if err != nil {
				return
			}
			n++
		}
		if n != r.Findings.Len {
			t.Errorf("%d findings, Len is %d", n, r.Findings.Len)
		}
	})
}

func writeTemp(t *testing.T, s string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// lineAfter is the number of the line that the text before it ends in.
func lineAfter(before string) string { return fmt.Sprint(1 + strings.Count(before, "\n")) }

func BenchmarkFinding(b *testing.B) {
	f := audit.Finding{
		Fingerprint: "0123456789abcdef", Rule: "service_catalog.status", Severity: audit.High, Verdict: audit.Fail,
		Resource: audit.ResourceRef{
			Kind: audit.KindProvisionedProduct, ID: "pp-abcdefghijklm", Name: "orders-db", Account: "111122223333", Region: "eu-central-1",
			Owner: "team-a",
		},
		Msg: "the product is in ERROR", Evidence: []byte(`{"status":"ERROR","record":"rec-aaaaaaaaaaaaa"}`), Due: "2026-12-01",
		Remediation: "Repair the product or terminate it.",
	}
	b.Run("by hand", func(b *testing.B) {
		var buf []byte
		for b.Loop() {
			var err error
			if buf, err = appendFinding(buf[:0], &f); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("json-v2", func(b *testing.B) {
		opts := jsonOptions()
		for b.Loop() {
			if _, err := json.Marshal(&f, opts); err != nil {
				b.Fatal(err)
			}
		}
	})
}
