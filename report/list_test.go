package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"

	"tenor/audit"
	"tenor/internal/inline"
)

// TestWanted lists the same findings in every way there is to list them.
func TestWanted(t *testing.T) {
	r := fullReport()
	for _, tt := range []struct {
		name   string
		wanted Wanted
		want   func(*audit.Finding) bool
		n      int
	}{
		{"everything", Wanted{}, func(*audit.Finding) bool { return true }, 29},
		{"high and above", Wanted{Severity: audit.High, Verdicts: []audit.Verdict{audit.Fail}},
			func(f *audit.Finding) bool {
				return f.Verdict == "fail" && (f.Severity == "critical" || f.Severity == "high")
			}, 7},
		{"a rule", Wanted{Rules: []string{"outposts.contract_ending"}},
			func(f *audit.Finding) bool { return f.Rule == "outposts.contract_ending" }, 4},
		{"two patterns", Wanted{Rules: []string{"waivers.*", "outposts.q*"}}, func(f *audit.Finding) bool {
			return strings.HasPrefix(f.Rule, "waivers.") || strings.HasPrefix(f.Rule, "outposts.q")
		}, 3},
		{"account and region", Wanted{Accounts: []string{acctEdge}, Regions: []string{"us-east-1", "eu-west-1"}}, func(f *audit.Finding) bool {
			return f.Resource.Account == acctEdge && (f.Resource.Region == "us-east-1" || f.Resource.Region == "eu-west-1")
		}, 5},
		{"kind", Wanted{Kinds: []string{audit.KindOrder}}, func(f *audit.Finding) bool { return f.Resource.Kind == audit.KindOrder }, 1},
		{"verdicts", Wanted{Verdicts: []audit.Verdict{audit.Unknown, audit.Error}},
			func(f *audit.Finding) bool { return f.Verdict == "unknown" || f.Verdict == "error" }, 2},
		{"new", Wanted{News: []string{"new"}}, func(f *audit.Finding) bool { return f.Change == "new" }, 23},
		{"owner", Wanted{Owners: []string{"edge@example.com"}}, func(f *audit.Finding) bool { return f.Resource.Owner == "edge@example.com" }, 7},
		{"nothing", Wanted{Owners: []string{"nobody"}}, func(*audit.Finding) bool { return false }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := []string{}
			for f, err := range r.Findings.All() {
				if err != nil {
					t.Fatal(err)
				}
				if tt.want(&f) {
					want = append(want, f.Fingerprint)
				}
			}
			if len(want) != tt.n {
				t.Fatalf("%d fixtures, want %d", len(want), tt.n)
			}
			var fs []struct{ Fingerprint string }
			if err := json.Unmarshal([]byte(list(t, r, tt.wanted, FindingsJSON)), &fs); err != nil {
				t.Fatal(err)
			}
			asJSON := []string{}
			for _, f := range fs {
				asJSON = append(asJSON, f.Fingerprint)
			}
			rows, err := csv.NewReader(strings.NewReader(list(t, r, tt.wanted, FindingsCSV))).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			asCSV := []string{}
			for _, row := range rows[1:] {
				asCSV = append(asCSV, row[len(row)-1])
			}
			table := list(t, r, tt.wanted, func(w io.Writer, r audit.Report, wanted Wanted) error {
				return Findings(w, r, wanted, TerminalStyle{Width: 80})
			})
			if diff := cmp.Diff(want, asJSON); diff != "" {
				t.Errorf("json (-want +have):\n%s", diff)
			}
			if diff := cmp.Diff(want, asCSV); diff != "" {
				t.Errorf("csv (-want +have):\n%s", diff)
			}
			at := 0
			for _, fingerprint := range want {
				i := strings.Index(table[at:], fingerprint[:12])
				if i < 0 {
					t.Fatalf("%s is not listed, or not in its place:\n%s", fingerprint[:12], table)
				}
				at += i
			}
			if want := audit.Counted(len(want), "finding"); !strings.Contains(table[at:], "\n"+want) && !strings.HasPrefix(table, want) {
				t.Errorf("no %q at the end of\n%s", want, table)
			}
		})
	}
}

func list(t *testing.T, r audit.Report, wanted Wanted, write func(io.Writer, audit.Report, Wanted) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out, r, wanted); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The end of a list says what it leaves out: other verdicts, what was not read, what was not evaluated again.
func TestFindingsSayWhatIsLeftOut(t *testing.T) {
	out := list(t, fullReport(), Wanted{Verdicts: []audit.Verdict{audit.Fail}}, func(w io.Writer, r audit.Report, wanted Wanted) error {
		return Findings(w, r, wanted, TerminalStyle{})
	})
	want := "\n26 findings · beside 1 error, 1 unknown, 1 waived: --verdict error,unknown,waived · " +
		"3 gaps in what was read: there may be more findings · 1 known before and not re-evaluated\n"
	if !strings.HasSuffix(out, want) {
		t.Errorf("the end is %q", out[max(0, len(out)-250):])
	}
}

// What the first view names is what the command lists that it points to, and no more than ten.
func TestUrgentIsCounted(t *testing.T) {
	for _, n := range []int{0, 6, 7, 30} {
		r := fullReport()
		few, err := r.Findings.First(r.Findings.Len)
		if err != nil {
			t.Fatal(err)
		}
		var all []audit.Finding
		for i := range n {
			f := few[0]
			f.Fingerprint, f.Severity = fmt.Sprintf("%064d", i), audit.Critical
			f.Resource.Name = ""
			f.Resource.ID = fmt.Sprintf("op-of-its-own-%d", i)
			all = append(all, f)
		}
		r.Findings = audit.NewList(inline.Of(append(all, few...)...))
		r.Summary.Findings["outposts"][audit.Critical] += n
		gravest, err := r.Gravest()
		named, more := 0, gravest.More
		for i := range gravest.Groups {
			named += 1 + len(gravest.Groups[i].Also)
		}
		if err != nil || named != min(4+n, 10) || total(more) != max(0, n-6) || audit.SeverityCounts(gravest.Said) != "1 critical, 2 high" {
			t.Errorf("%d more: %d named, %v left, %v", n, named, more, err)
		}
		left := "1 critical, 2 high on the decisions above: tenor findings"
		switch {
		case n > 10:
			left = fmt.Sprintf("%d more critical, 4 more high; %s", n-10, left)
		case n > 6:
			left = fmt.Sprintf("%d more high; %s", n-6, left)
		}
		left = "and " + left
		terminal := render(t, func(w io.Writer, r audit.Report) error { return Terminal(w, r, TerminalStyle{Run: "runs/1"}) }, r)
		for name, out := range map[string]string{"terminal": terminal, "markdown": render(t, Markdown, r)} {
			if !strings.Contains(strings.ReplaceAll(out, "`", ""), "\n"+left) {
				t.Errorf("%s, %d more: no %q", name, n, left)
			}
		}
		if !strings.Contains(terminal, left+" runs/1 --severity high\n") {
			t.Errorf("the command does not name its run:\n%s", terminal)
		}
		page := render(t, HTML, r)
		if have := strings.Count(page, "<li><span class=\"sev"); have != len(gravest.Groups) {
			t.Errorf("the page names %d, want %d", have, len(gravest.Groups))
		}
		if said, _, _ := strings.Cut(left, ":"); !strings.Contains(page, "<p>"+audit.Title(said)+": see ") {
			t.Errorf("the page does not count what it leaves out of %d", n)
		}
	}
}

// A line is no wider than the terminal, but for a name that cannot be broken.
func TestFindingsKeepTheirWidth(t *testing.T) {
	r := fullReport()
	f := firstOf(t, r.Findings)
	f.Msg = strings.Repeat("a word, ", 60)
	r.Findings = audit.NewList(inline.Of(f))
	out := list(t, r, Wanted{}, func(w io.Writer, r audit.Report, wanted Wanted) error {
		return Findings(w, r, wanted, TerminalStyle{Width: 80, Color: true})
	})
	for line := range strings.Lines(out) {
		if have := text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); have > 80 {
			t.Errorf("%d columns: %q", have, line)
		}
	}
}

// What is an error, unknown or waived is not named as a finding that fails, however severe.
func TestUrgentFails(t *testing.T) {
	r := fullReport()
	f := firstOf(t, r.Findings)
	f.Resource.ID = "op-of-its-own"
	list := []audit.Finding{f}
	for _, v := range []audit.Verdict{audit.Error, audit.Unknown, audit.Waived} {
		f.Verdict = v
		list = append(list, f)
	}
	r.Findings, r.Summary.Findings = audit.NewList(inline.Of(list...)), map[string]map[audit.Severity]int{"outposts": {audit.Critical: 1}}
	if gravest, err := r.Gravest(); err != nil || len(gravest.Groups) != 1 || len(gravest.More) > 0 {
		t.Errorf("%d named, %v more, %v", len(gravest.Groups), gravest.More, err)
	}
}

// wordy is a report with twelve findings more than fullReport, critical ones first, whose messages are longer and longer.
func wordy(t *testing.T) audit.Report {
	t.Helper()
	r := fullReport()
	few, err := r.Findings.First(r.Findings.Len)
	if err != nil {
		t.Fatal(err)
	}
	var all []audit.Finding
	for i := range 12 {
		f := few[0]
		f.Severity, f.Resource.ID, f.Due = audit.Critical, fmt.Sprintf("op-of-its-own-%d", i), ""
		f.Msg = fmt.Sprintf("%d begins, %s ends", i, strings.Repeat("word ", 3+4*i))
		all = append(all, f)
	}
	r.Findings = audit.NewList(inline.Of(append(all, few...)...))
	return r
}

// TestTerminalFitsItsLines: a terminal shows as much as it has lines, from what is to be decided to the verdict, and names as many findings
// as there is room for. A message that has more than two lines has its ends.
func TestTerminalFitsItsLines(t *testing.T) {
	r := wordy(t)
	for lines := 20; lines < 45; lines++ {
		out := render(t, func(w io.Writer, r audit.Report) error {
			return Terminal(w, r, TerminalStyle{Width: 80, Lines: lines, Run: strings.Repeat("far/", lines%20)})
		}, r)
		_, view, ok := strings.Cut(out, "Month-to-month")
		if !ok {
			t.Fatal(out)
		}
		have, named := strings.Count(view, "\n"), strings.Count(view, "begins")
		if have > lines && named > 2 {
			t.Errorf("%d lines of %d, with %d findings", have, lines, named)
		}
		if have < lines-2 && named < 10 {
			t.Errorf("%d lines of %d, with %d findings: there is room", have, lines, named)
		}
		more := fmt.Sprintf("and %d more critical, 4 more high; 1 critical, 2 high on the decisions above", 12-named)
		if named < 2 || !strings.Contains(view, more) || !strings.Contains(view, " INCOMPLETE ") {
			t.Errorf("%d lines: %s", lines, view)
		}
		if n := strings.Count(view, "ends\n"); n != named {
			t.Errorf("%d lines: %d of %d messages have their end", lines, n, named)
		}
		if n := strings.Count(view, " … "); n != max(0, named-6) { // those that are longer than two lines
			t.Errorf("%d lines: %d messages of %d are cut", lines, n, named)
		}
	}
}

// TestTerminalInALog: the end of a log has what runs month-to-month, each decision, the findings that are named, one line each,
// the severities of those that are not, and the verdict.
func TestTerminalInALog(t *testing.T) {
	const others = 2 // the files, and the error of the exit code
	r := wordy(t)
	out := render(t, func(w io.Writer, r audit.Report) error {
		return Terminal(w, r, TerminalStyle{Lines: LogLines - others})
	}, r)
	all := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	end := all[len(all)-(LogLines-others):]
	log := strings.Join(end, "\n")
	want := []string{"Month-to-month: ", "INCOMPLETE",
		"more critical, 4 more high; 1 critical, 2 high on the decisions above: tenor findings"}
	for i := range r.Summary.Deadlines {
		want = append(want, r.Summary.Deadlines[i].NoticeDeadline)
	}
	for _, what := range want {
		if !strings.Contains(log, what) {
			t.Errorf("no %q in the last lines:\n%s", what, log)
		}
	}
	named := 0
	for _, line := range end {
		decision := slices.ContainsFunc(r.Summary.Deadlines, func(d audit.Deadline) bool { return strings.Contains(line, d.NoticeDeadline) })
		if strings.HasPrefix(line, "critical") && !decision {
			named++
			if !strings.Contains(line, "begins") || !strings.HasSuffix(line, "ends") {
				t.Errorf("a finding has not its ends on one line: %q", line)
			}
		}
	}
	if named < 7 {
		t.Errorf("%d findings are named", named)
	}
}

// TestTerminalNamesWhatIsMonthToMonth names three, says how many more there are, and reads no renewal where there is none.
func TestTerminalNamesWhatIsMonthToMonth(t *testing.T) {
	for n, want := range []string{"", "of it · rack-0\n", "of it · rack-0 · rack-1\n", "of it · rack-0 · rack-1 · rack-2\n",
		"of it · rack-0 · rack-1 · rack-2 and 1 more\n", "of it · rack-0 · rack-1 · rack-2 and 2 more\n"} {
		r := fullReport()
		r.Summary.MonthToMonth.Count = n
		read := 0
		r.Renewals = audit.NewList(2*n, func(yield func(audit.Renewal, error) bool) {
			for i := range 2 * n {
				read++
				rn := audit.Renewal{Resource: audit.ResourceRef{ID: "op-1", Name: fmt.Sprint("rack-", i/2)}}
				rn.ContractState = []audit.Optional{audit.StateRunning, audit.StateMonthToMonth}[i%2]
				if !yield(rn, nil) {
					return
				}
			}
		})
		r.Billing = nil // which reads them too
		out := render(t, func(w io.Writer, r audit.Report) error { return Terminal(w, r, TerminalStyle{}) }, r)
		if !strings.Contains(out, want) || n == 0 && strings.Contains(out, "Month-to-month") {
			t.Errorf("%d: no %q in\n%s", n, want, out)
		}
		if read != min(2*n, 6) {
			t.Errorf("%d: %d renewals are read", n, read)
		}
	}
}

// TestTerminalDecisions: each says how severe it is, and how late; the last line says how many are not listed. Where there is no room for
// both, the end of the contract makes way.
func TestTerminalDecisions(t *testing.T) {
	r := fullReport()
	r.Summary.Deadlines[0].DaysLeft = -12
	r.Summary.DecisionsDue[2].Count = 6
	r.Summary.DecisionsDue[2].Carried = 1
	for width, want := range map[int][]string{
		0: {"\nSEVERITY  DECIDE BY      DAYS  OUTPOST ", "\ncritical  2026-11-23  12 late  fra-dc1 (op-", "  2026-12-01  3 years, all upfront  $144,000.00    $954.00 a month\n",
			"\nhigh      2026-12-08       17  fra-dc2", "\n          2027-01-20       61  dub"},
		110: {"\ncritical  2026-11-23  12 late  fra-dc1", "  2026-12-01  3 years, all upfront  $144,000.00    $954.00 a month\n"},
		109: {"\ncritical  2026-11-23  12 late  fra-dc1", "  3 years, all upfront  $144,000.00\n"},
	} {
		out := render(t, func(w io.Writer, r audit.Report) error { return Terminal(w, r, TerminalStyle{Width: width}) }, r)
		for _, want := range append(want, "6 within 180 days ($696,000.00, 1 unpriced, and 1 last read earlier), 3 of them not listed\n") {
			if !strings.Contains(out, want) {
				t.Errorf("%d columns: no %q in\n%s", width, want, out)
			}
		}
		if strings.Contains(out, "ENDS") != (width != 109) {
			t.Errorf("%d columns:\n%s", width, out)
		}
	}
}

// The command can be pasted whatever the run folder is called.
func TestListCommandIsOneCommand(t *testing.T) {
	for run, want := range map[string]string{
		"":                "tenor findings --severity high",
		"out/2026-11-30":  "tenor findings out/2026-11-30 --severity high",
		"-odd":            "tenor findings ./-odd --severity high",
		"größe":           "tenor findings größe --severity high",
		"the audit":       "tenor findings 'the audit' --severity high",
		"it's $HOME;true": `tenor findings 'it'\''s $HOME;true' --severity high`,
	} {
		if got := listCommand(run); got != want {
			t.Errorf("%q: %s, want %s", run, got, want)
		}
	}
}
