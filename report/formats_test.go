package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"tenor/audit"
	"tenor/internal/inline"
)

// render returns what a format writes of a report.
func render(t *testing.T, format func(io.Writer, audit.Report) error, r audit.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := format(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// manyFindings is a report with n more findings than fullReport, all of the least severity.
func manyFindings(n int) audit.Report {
	r := fullReport()
	few := r.Findings
	extra := finding("acme.edge_hosts", audit.Info, audit.Fail, audit.ResourceRef{Kind: audit.KindOutpost, ID: "op-x", Account: acctProd},
		"the Outpost is installed where the contract does not say")
	r.Findings = audit.NewList(few.Len+n, func(yield func(audit.Finding, error) bool) {
		for f, err := range few.All() {
			if f.Verdict != audit.Fail { // the others come last
				continue
			}
			if !yield(f, err) {
				return
			}
		}
		for i := range n {
			extra.Fingerprint = fmt.Sprintf("%064x", i)
			if !yield(extra, nil) {
				return
			}
		}
		for f, err := range few.All() {
			if f.Verdict != audit.Fail && !yield(f, err) {
				return
			}
		}
	})
	r.Summary.Verdicts[audit.Fail] += n
	r.Summary.Findings["acme"][audit.Info] += n
	r.Changes.New += n
	return r
}

// streams are the formats that range over the findings.
func streams() map[string]func(io.Writer, audit.Report) error {
	return map[string]func(io.Writer, audit.Report) error{"json": JSON, "sarif": SARIF, "junit": JUnit, "csv": CSV, "markdown": Markdown,
		"github": GitHub, "ocsf": OCSF, "html": HTML,
		"list": func(w io.Writer, r audit.Report) error { return Findings(w, r, Wanted{}, TerminalStyle{Width: 80}) }}
}

func TestFormatsReturnErrors(t *testing.T) {
	broken := errors.New("disk gone")
	unreadable := fullReport()
	unreadable.Findings = audit.NewList(1, func(yield func(audit.Finding, error) bool) { yield(audit.Finding{}, broken) })
	for name, format := range streams() {
		t.Run(name, func(t *testing.T) {
			if err := format(io.Discard, unreadable); !errors.Is(err, broken) {
				t.Errorf("findings that cannot be read: %v", err)
			}
			if err := format(brokenWriter{broken}, fullReport()); !errors.Is(err, broken) {
				t.Errorf("a writer that fails: %v", err)
			}
		})
	}
}

// No format but the record lets a control character, an escape of a terminal or a change of direction through.
func TestFormatsWriteNothingThatSteers(t *testing.T) {
	for name, format := range streams() {
		if name == "json" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for i, r := range strings.TrimPrefix(render(t, format, fullReport()), "\ufeff") {
				if c := string(r); audit.VisibleLines(c) != c {
					t.Fatalf("%U at byte %d", r, i)
				}
			}
		})
	}
}

func TestSARIFIsValidByTheSchemaOfOASIS(t *testing.T) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile("testdata/sarif/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	reports := fixtures()
	reports["odd rules"] = oddRules()
	for name, r := range reports {
		t.Run(name, func(t *testing.T) {
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(render(t, SARIF, r)))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(v); err != nil {
				t.Error(err)
			}
		})
	}
}

// oddRules has rules as users may write them: in the domain that is a tag of every rule, and with references that are no URI.
func oddRules() audit.Report {
	r := emptyReport()
	r.Rules = nil
	for _, ref := range []string{"https://wiki.example/how to", "https://wiki.example/100%", "https://a b.example", "https://",
		"see the wiki"} {
		rule := audit.Rule{ID: fmt.Sprintf("security.acme%d", len(r.Rules)), Title: "x", Severity: audit.Low}
		rule.RelatedResources = []audit.RelatedResource{{Ref: ref}}
		r.Rules = append(r.Rules, audit.RuleResult{Rule: rule})
	}
	return r
}

func TestSARIFOfOddRules(t *testing.T) {
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct {
					Rules []struct {
						HelpURI    string `json:"helpUri"`
						Properties struct{ Tags []string }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(render(t, SARIF, oddRules())), &log); err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, rule := range log.Runs[0].Tool.Driver.Rules {
		have = append(have, fmt.Sprint(rule.Properties.Tags, " ", rule.HelpURI))
	}
	if diff := cmp.Diff([]string{"[security] https://wiki.example/how%20to", "[security] ", "[security] ", "[security] ", "[security] "},
		have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

type sarifLog struct {
	Runs []struct {
		Invocations []struct {
			Notifications []struct {
				Descriptor struct{ ID string }
				Message    struct{ Text string }
			} `json:"toolExecutionNotifications"`
		}
		Results []struct{ Level string }
	}
}

func TestSARIFKeepsTheMostSevere(t *testing.T) {
	var log sarifLog
	if err := json.Unmarshal([]byte(render(t, SARIF, manyFindings(maxResults))), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if len(run.Results) != maxResults || run.Results[0].Level != "error" {
		t.Errorf("%d results, the first of level %s", len(run.Results), run.Results[0].Level)
	}
	want := fmt.Sprintf("%d findings are not listed: only the 25000 most severe are", fullReport().Findings.Len)
	if have := run.Invocations[0].Notifications[0]; have.Descriptor.ID != "results-truncated" || have.Message.Text != want {
		t.Errorf("notification %+v, want %s", have, want)
	}
}

func TestSARIFMessageIsPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"no billing":                 "no billing",
		"[x](javascript:alert(1))":   `\[x\](javascript:alert(1))`,
		"{0} of {1}":                 "{{0}} of {{1}}",
		`C:\dir`:                     `C:\\dir`,
		"two\nlines and \x1b[31mred": "two lines and \ufffd\\[31mred",
	} {
		if have := sarifMessage(in); have != want {
			t.Errorf("sarifMessage(%q) = %q, want %q", in, have, want)
		}
	}
}

func TestFileURI(t *testing.T) {
	for in, want := range map[string]string{
		"policies/outposts/order_error.rego": "policies/outposts/order_error.rego",
		"my rules/100%.rego":                 "my%20rules/100%25.rego",
		"/opt/rules/a.rego":                  "file:///opt/rules/a.rego",
		"a:b.rego":                           "./a:b.rego",
	} {
		if have := fileURI(in); have != want {
			t.Errorf("fileURI(%q) = %q, want %q", in, have, want)
		}
	}
}

func TestJUnitCountsWhatItLists(t *testing.T) {
	for name, r := range fixtures() {
		t.Run(name, func(t *testing.T) {
			var all junitSuites
			if err := xml.Unmarshal([]byte(render(t, JUnit, r)), &all); err != nil {
				t.Fatal(err)
			}
			var suites []string
			var sum junitSuite
			for _, s := range all.Suites {
				suites = append(suites, s.Name)
				var listed junitSuite
				listed.Name = s.Name
				for _, c := range s.Cases {
					listed.add(junitCase{Skipped: c.Skipped, Error: c.Error, Failure: c.Failure})
				}
				have := [...]int{s.Tests, s.Failures, s.Errors, s.Skipped}
				if want := [...]int{listed.Tests, listed.Failures, listed.Errors, listed.Skipped}; have != want {
					t.Errorf("suite %s says %v and lists %v", s.Name, have, want)
				}
				sum.Tests, sum.Failures, sum.Errors, sum.Skipped = sum.Tests+s.Tests, sum.Failures+s.Failures, sum.Errors+s.Errors,
					sum.Skipped+s.Skipped
			}
			var rules []string
			for _, rule := range r.Rules {
				rules = append(rules, rule.ID)
			}
			if diff := cmp.Diff(append(rules, "coverage"), suites); diff != "" {
				t.Errorf("a suite for each rule, and one of coverage (-rules +suites):\n%s", diff)
			}
			v, failures := r.Summary.Verdicts, r.Summary.BySeverity()
			atGate := failures[audit.Critical] + failures[audit.High] // fail_on high
			want := [...]int{atGate, v[audit.Unknown] + v[audit.Error] + r.Summary.Coverage.Gaps,
				v[audit.Waived] + r.Summary.Failures() - atGate}
			if have := [...]int{all.Failures, all.Errors, all.Skipped}; have != want || have != [...]int{sum.Failures, sum.Errors, sum.Skipped} ||
				all.Tests != sum.Tests {
				t.Errorf("failures, errors and skipped %v, want %v", have, want)
			}
		})
	}
}

// TestJUnitFailsAtTheGate: what makes the exit code is a failure, and the rest is skipped, so that a CI system which goes by the file
// is as red as the run.
func TestJUnitFailsAtTheGate(t *testing.T) {
	ref := audit.ResourceRef{Kind: audit.KindOrder, ID: "oo-1", Account: acctProd, Region: "eu-central-1"}
	for gate, failures := range map[string]int{"critical": 1, "high": 2, "medium": 3, "low": 4, "info": 5, "none": 0, "": 5} {
		r := emptyReport()
		r.Run.Settings.FailOn = gate
		var fs []audit.Finding
		for _, s := range audit.Severities {
			fs = append(fs, finding("a.rule", s, audit.Fail, ref, "problem"))
		}
		r.Findings = audit.NewList(inline.Of(fs...))
		var all junitSuites
		if err := xml.Unmarshal([]byte(render(t, JUnit, r)), &all); err != nil {
			t.Fatal(err)
		}
		if all.Failures != failures || all.Skipped != len(fs)-failures || all.Errors != 0 {
			t.Errorf("fail_on %q: %d failures and %d skipped of %d", gate, all.Failures, all.Skipped, len(fs))
		}
	}
}

// TestJUnitNamesAreUnique: several findings of a rule on one resource, gaps that say the same, and a resource that is named
// as another finding would be.
func TestJUnitNamesAreUnique(t *testing.T) {
	r := emptyReport()
	ref := audit.ResourceRef{Kind: audit.KindOrder, ID: "oo-1", Account: acctProd, Region: "eu-central-1"}
	var fs []audit.Finding
	for i, msg := range []string{"problem 1", "problem 2", "problem 3"} {
		f := finding("many", audit.Low, audit.Fail, ref, msg)
		f.Fingerprint = strings.Repeat(fmt.Sprint(min(i, 1)), 64)
		fs = append(fs, f)
	}
	ref.ID = "oo-1 000000000000"
	r.Findings = audit.NewList(inline.Of(append(fs, finding("many", audit.Low, audit.Fail, ref, "problem 4"))...))
	gap := audit.Coverage{Account: acctProd, Region: "eu-central-1", Service: "outposts", Operation: "ListOrders", Status: audit.StatusGap}
	r.Coverage = inline.Into(&audit.Ledger{}, gap, gap)
	var all junitSuites
	if err := xml.Unmarshal([]byte(render(t, JUnit, r)), &all); err != nil {
		t.Fatal(err)
	}
	have := map[string][]string{}
	for _, s := range all.Suites {
		for _, c := range s.Cases {
			have[c.Class] = append(have[c.Class], c.Name)
		}
	}
	const where = acctProd + " eu-central-1 oo-1 "
	want := map[string][]string{
		"many":     {where + "000000000000", where + "111111111111", where + "111111111111 (2)", where + "000000000000 (2)"},
		"coverage": {acctProd + " eu-central-1 outposts ListOrders", acctProd + " eu-central-1 outposts ListOrders (2)"},
	}
	delete(have, "")
	for class := range have {
		if class != "many" && class != "coverage" {
			delete(have, class)
		}
	}
	if c := have["coverage"]; len(c) > 2 {
		have["coverage"] = c[len(c)-2:] // after what was collected
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

func TestJUnitCountsWhatItDoesNotList(t *testing.T) {
	var all junitSuites
	full := fullReport()
	for gate, fails := range map[string]bool{"info": true, "high": false} { // what is not listed is info
		all = junitSuites{}
		many := manyFindings(maxResults + 5)
		many.Run.Settings.FailOn = gate
		if err := xml.Unmarshal([]byte(render(t, JUnit, many)), &all); err != nil {
			t.Fatal(err)
		}
		cases := 0
		for _, s := range all.Suites {
			cases += len(s.Cases)
		}
		last := all.Suites[0].Cases[len(all.Suites[0].Cases)-1]
		want := fmt.Sprintf("%d more findings", 5+full.Summary.Failures())
		if cases > maxResults+3*len(all.Suites) || last.Name != want || (last.Failure != nil) != fails || (last.Skipped != nil) == fails {
			t.Errorf("%d cases, the last of the first suite is %+v, want %s as a failure: %t", cases, last, want, fails)
		}
	}
	r := emptyReport()
	for i := range maxResults + 5 {
		r.Coverage.Add(audit.Coverage{Account: acctProd, Region: "eu-central-1", Service: "outposts", Operation: fmt.Sprintf("Get%05d", i),
			Status: audit.StatusGap, Reason: audit.ReasonAccessDenied})
	}
	all = junitSuites{}
	if err := xml.Unmarshal([]byte(render(t, JUnit, r)), &all); err != nil {
		t.Fatal(err)
	}
	coverage := all.Suites[len(all.Suites)-1]
	last := coverage.Cases[len(coverage.Cases)-1]
	if len(coverage.Cases) > maxResults+2 || last.Name != "5 more gaps" || last.Error == nil {
		t.Errorf("%d gaps, the last is %+v, want 5 more gaps as an error", len(coverage.Cases), last)
	}
}

func TestCSVIsSafeInASpreadsheet(t *testing.T) {
	text, marked := strings.CutPrefix(render(t, CSV, fullReport()), "\ufeff")
	if !marked {
		t.Error("no byte order mark")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + fullReport().Findings.Len; len(rows) != want {
		t.Errorf("%d rows, want %d", len(rows), want)
	}
	number := regexp.MustCompile(`^-\d+\.\d\d$`)
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.Contains("=+-@", cell[:1]) && !number.MatchString(cell) {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
	if i := slices.Index(rows[0], "amount"); !slices.ContainsFunc(rows, func(row []string) bool { return row[i] == "-1234.56" }) {
		t.Error("the negative amount is no number any more")
	}
}

func TestNoFormula(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a=1": "a=1", "=1+1": "'=1+1", "+49": "'+49", "-x": "'-x", "-1.50": "-1.50", "-1+2": "'-1+2", "@SUM(1)": "'@SUM(1)",
		"  =1": "'  =1", "＝1": "'＝1", "'=1": "'=1",
	} {
		if have := noFormula(in); have != want {
			t.Errorf("noFormula(%q) = %q, want %q", in, have, want)
		}
	}
}

func TestMarkdownText(t *testing.T) {
	for in, want := range map[string]string{
		"fra-dc1 (op-1)":           "fra-dc1 (op-1)",
		"a|b":                      `a\|b`,
		"<b>&amp;":                 "&lt;b&gt;&amp;amp;",
		"[x](javascript:alert(1))": `\[x\](javascript:alert(1))`,
		"`code` *bold* _em_ ~s~":   "\\`code\\` \\*bold\\* \\_em\\_ \\~s\\~",
		"@team see #12":            `@<!-- -->team see \#<!-- -->12`,
		"a@b.example, (@c) d_e_f":  `a@b.example, (@<!-- -->c) d_e_f`,
		"x_ _y __z__ é_é":          `x\_ \_y \_\_z\_\_ é\_é`,
		"http://x.example www.x":   `http\:\/\/x.example www\.x`,
		`\`:                        `\\`,
		"$1 and $2, $x$ $$2$$ $":   `$1 and $2, \$x\$ \$$2\$\$ \$`, // none before a digit ends a formula
		"line\r\nbreak":            "line break",
	} {
		if have := markdownText(in); have != want {
			t.Errorf("markdownText(%q) = %q, want %q", in, have, want)
		}
	}
}

// firstOf returns the first finding of a list.
func firstOf(t *testing.T, list audit.FindingList) audit.Finding {
	t.Helper()
	fs, err := list.First(1)
	if err != nil || len(fs) == 0 {
		t.Fatalf("%d findings: %v", len(fs), err)
	}
	return fs[0]
}

func TestMarkdownStaysSmall(t *testing.T) {
	r := manyFindings(20_000)
	long := firstOf(t, r.Changes.Resolved)
	long.Msg = strings.Repeat("&<|", 10_000)
	r.Changes.Resolved = audit.NewList(inline.Of(slices.Repeat([]audit.Finding{long}, 10_000)...))
	r.Changes.NotReevaluated = r.Changes.Resolved
	r.Changes.Changed = audit.NewList(inline.Of(slices.Repeat([]audit.Changed{{Before: long, After: long}}, 10_000)...))
	gap := audit.Coverage{Status: audit.StatusGap, Message: long.Msg}
	r.Coverage = inline.Into(&audit.Ledger{}, slices.Repeat([]audit.Coverage{gap}, 10_000)...)
	out := render(t, Markdown, r)
	if len(out) >= 1<<20 {
		t.Errorf("%d bytes, want less than 1 MiB", len(out))
	}
	for _, want := range []string{"… and 9,950 more in the report.", "### Coverage gaps (10000)"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q", want)
		}
	}
}

// Every row of a table has the columns of its header, whatever AWS's strings hold.
func TestMarkdownTablesAreWhole(t *testing.T) {
	columns := func(line string) int { return strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") }
	want := 0
	for line := range strings.Lines(render(t, Markdown, fullReport())) {
		if !strings.HasPrefix(line, "|") {
			want = 0
			continue
		}
		if want == 0 {
			want = columns(line)
		}
		if have := columns(line); have != want {
			t.Errorf("%d separators, want %d: %s", have, want, line)
		}
	}
}

func TestGitHubStaysWithinItsLimits(t *testing.T) {
	command := regexp.MustCompile(`^::(error|warning|notice) [^:]*::[^\r\n]+$`)
	for name, r := range map[string]audit.Report{"full": fullReport(), "empty": emptyReport(), "gaps": gapsReport(),
		"many": manyFindings(1000)} {
		t.Run(name, func(t *testing.T) {
			levels := map[string]int{}
			for line := range strings.Lines(render(t, GitHub, r)) {
				m := command.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
				if m == nil {
					t.Fatalf("no workflow command: %q", line)
				}
				levels[m[1]]++
			}
			for level, n := range levels {
				if n > githubLimit {
					t.Errorf("%d annotations of level %s, GitHub shows %d", n, level, githubLimit)
				}
			}
		})
	}
	if out := render(t, GitHub, manyFindings(1000)); !strings.Contains(out, "::notice title=tenor::1,008 more findings: ") {
		t.Errorf("what is left out is not counted:\n%s", out)
	}
}

func TestGitHubEscapes(t *testing.T) {
	var out bytes.Buffer
	rule := audit.Rule{Origin: "my:rules", File: "a,b 100%.rego", Line: 3}
	f := finding("acme.x", audit.High, audit.Fail, audit.ResourceRef{ID: "i", Account: "1", Region: "r"}, "50% done\n::error::owned")
	f.Remediation = ""
	if err := annotate(&out, "error", rule, f); err != nil {
		t.Fatal(err)
	}
	want := "::error file=my%3Arules/a%2Cb 100%25.rego,line=3,title=acme.x (high)::i in 1 r: 50%25 done ::error::owned\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

// The attributes that OCSF requires of a Compliance Finding, of the objects that it requires, and of the cloud profile.
func TestOCSFHasWhatItMust(t *testing.T) {
	required := []string{"activity_id", "category_uid", "class_uid", "severity_id", "time", "type_uid", "metadata.version",
		"metadata.product.name", "finding_info.uid", "finding_info.analytic.type_id", "compliance.status_id", "cloud.provider"}
	r := fullReport()
	lines := 0
	for line := range strings.Lines(render(t, OCSF, r)) {
		lines++
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		for _, path := range required {
			var v any = e
			for part := range strings.SplitSeq(path, ".") {
				v, _ = v.(map[string]any)[part]
			}
			if v == nil || v == "" {
				t.Errorf("no %s in %s", path, line)
			}
		}
		if e["type_uid"].(float64) != 100*e["class_uid"].(float64)+e["activity_id"].(float64) {
			t.Errorf("type_uid %v", e["type_uid"])
		}
	}
	if want := r.Findings.Len + r.Changes.Resolved.Len; lines != want {
		t.Errorf("%d events, want %d", lines, want)
	}
}

func TestOCSFStatus(t *testing.T) {
	type states struct{ Activity, Status, Compliance string }
	have := map[string]states{}
	for line := range strings.Lines(render(t, OCSF, fullReport())) {
		var e struct {
			ActivityName string `json:"activity_name"`
			Status       string
			Metadata     struct {
				EventCode string `json:"event_code"`
			}
			Compliance struct{ Status string }
			Unmapped   struct {
				ResourceID string `json:"resource_id"`
			}
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		have[e.Metadata.EventCode+" "+e.Unmapped.ResourceID] = states{e.ActivityName, e.Status, e.Compliance.Status}
	}
	want := map[string]states{
		"outposts.notice_deadline op-00000000000000001": {"Create", "New", "Fail"},
		"outposts.month_to_month op-00000000000000007":  {"Update", "In Progress", "Fail"},
		"outposts.contract_ending op-00000000000000009": {"Create", "New", "Warning"},
		"outposts.capacity_task_failed cap-1":           {"Create", "New", "Warning"},
		"service_catalog.product_tainted pp-tainted1":   {"Update", "Suppressed", "Fail"},
		"service_catalog.product_error pp-resolved":     {"Close", "Resolved", "Pass"},
	}
	for k := range have {
		if _, ok := want[k]; !ok {
			delete(have, k)
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

func TestTerminalGivesGitHubNoCommand(t *testing.T) {
	r := fullReport()
	r.Summary.Deadlines[0].Resource.Name = "##[add-mask]a"
	out := render(t, func(w io.Writer, r audit.Report) error { return Terminal(w, r, TerminalStyle{Width: 120}) }, r)
	if strings.Contains(out, "##[") || !strings.Contains(out, "# #[add-mask]a") {
		t.Errorf("a command in\n%s", out)
	}
}

// No line is wider than the terminal, whatever AWS's strings hold.
func TestTerminalKeepsItsWidth(t *testing.T) {
	for _, width := range []int{0, 80, 100, 110, 132} {
		out := render(t, func(w io.Writer, r audit.Report) error {
			return Terminal(w, r, TerminalStyle{Width: width, Color: true})
		}, fullReport())
		for line := range strings.Lines(out) {
			most := map[bool]int{true: LogWidth, false: width}[width == 0]
			if have := text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); have > most {
				t.Errorf("%d columns of %d: %q", have, width, line)
			}
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"fra-dc1":             "fra-dc1",
		"Köln 東京 👩‍💻":         "Köln 東京 👩‍💻",
		"a\tb\r\nc\u2028d":    "a b c d",
		"\x1b[31mred\x1b[0m":  "\ufffd[31mred\ufffd[0m",
		"\u202eabc\u202c":     "\ufffdabc\ufffd",
		"a\x00b\u009bc\ufeff": "a\ufffdb\ufffdc\ufffd",
		"bad \xff":            "bad \ufffd",
	} {
		if have := audit.Visible(in); have != want {
			t.Errorf("audit.Visible(%q) = %q, want %q", in, have, want)
		}
	}
}

func TestText(t *testing.T) {
	var out bytes.Buffer
	if err := Text(&out, "a\r\n\tb\x1b[31m\tc\u2028d\n##[set-output]\n"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("a\n\tb\ufffd[31m\tc\nd\n# #[set-output]\n", out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestMoney(t *testing.T) {
	for in, want := range map[audit.Money]string{
		{Value: "0", Currency: "USD"}:           "$0",
		{Value: "999.90", Currency: "USD"}:      "$999.90",
		{Value: "1234567.89", Currency: "USD"}:  "$1,234,567.89",
		{Value: "-123456.00", Currency: "USD"}:  "-$123,456.00",
		{Value: "1000", Currency: "EUR"}:        "1,000 EUR",
		{Value: "131072.015", Currency: "USD"}:  "$131,072.015",
		{Value: "-1000000", Currency: "USD"}:    "-$1,000,000",
		{Value: "100000.1234", Currency: "USD"}: "$100,000.1234",
	} {
		if have := money(&in); have != want {
			t.Errorf("money(%v) = %s, want %s", in, have, want)
		}
	}
}

// The evidence of a finding is the same text whether it comes from a rule or out of a report.
func TestEvidenceTextIsStable(t *testing.T) {
	for _, raw := range []string{`{"a":"x\u2028y"}`, "{\"a\":\"x\u2028y\"}"} {
		f := audit.Finding{Evidence: json.RawMessage(raw)}
		if have, want := f.EvidenceText(), `{"a":"x\u2028y"}`; have != want {
			t.Errorf("%q is %q, want %q", raw, have, want)
		}
	}
	for _, raw := range []string{"", "null"} {
		if f := (audit.Finding{Evidence: json.RawMessage(raw)}); f.EvidenceText() != "" {
			t.Errorf("%q is %q", raw, f.EvidenceText())
		}
	}
}

// What a person reads in a CI job holds no command to it.
func TestDiffIsNoWorkflowCommand(t *testing.T) {
	var b strings.Builder
	c := audit.Changes{New: 1, Baseline: audit.BaselineRef{AsOf: "2026-11-20T00:00:00Z"}}
	if err := Diff(&b, &c, audit.NewList(inline.Of(audit.Finding{Rule: "a.b", Severity: audit.High, Msg: "##[error]owned"})),
		TerminalStyle{Width: 120}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "##[") || !strings.Contains(b.String(), "# #[error]owned") {
		t.Errorf("%s", b.String())
	}
}

// TestFirstViewsGroupByCause has forty products that fail by one cause, and one on which a second rule says so: each view tells of them
// once, and Markdown's tables have one row for each rule.
func TestFirstViewsGroupByCause(t *testing.T) {
	r := fullReport()
	var list []audit.Finding
	add := func(rule string, product int) {
		f := audit.Finding{Fingerprint: fmt.Sprintf("%064d", len(list)), Rule: "service_catalog." + rule, Severity: audit.High, Verdict: audit.Fail,
			Resource: audit.ResourceRef{Kind: audit.KindProvisionedProduct, ID: fmt.Sprintf("pp-%02d", product), Name: fmt.Sprintf("web-%02d", product),
				Account: "111122223333", Region: "eu-central-1"},
			Msg: "no room", Evidence: json.RawMessage(`{"cause":"no room"}`), Change: audit.Optional(audit.ChangeNew)}
		list = append(list, f)
	}
	for i := range 40 {
		add("product_error", i)
	}
	add("terminate_failed", 39)
	for i := range 60 { // for which a table has no room
		add("other", i)
		list[len(list)-1].Evidence = nil
	}
	r.Findings, r.Changes.New = audit.NewList(inline.Of(list...)), len(list)
	markdown := render(t, Markdown, r)
	for name, want := range map[string]string{
		"the first": "- **high** web-00 (pp-00) and 39 more products with the same error: no room; also service_catalog.terminate_failed\n",
		"a table's first": "| high | service_catalog.product_error | web-00 (pp-00) and 39 more products with the same error | 111122223333 eu-central-1 | no room |  |  |  |\n" +
			"| high | service_catalog.terminate_failed | web-39 (pp-39) | 111122223333 eu-central-1 | no room |  |  |  |\n",
		"a table's rest": "… and 12 more in the report.\n", // 101 findings, of which 50 rows tell of 89
	} {
		if strings.Count(markdown, want) != 1 {
			t.Errorf("%s: no %q in\n%s", name, want, markdown)
		}
	}
	terminal := render(t, func(w io.Writer, r audit.Report) error { return Terminal(w, r, TerminalStyle{Width: 100}) }, r)
	if want := "high      web-00 and 39 more products with the same error: no room; also\n          service_catalog.terminate_failed\n"; strings.Count(terminal, want) != 1 {
		t.Errorf("no %q in\n%s", want, terminal)
	}
	page := render(t, HTML, r)
	if want := `web-00</a> and 39 more products with the same error: no room; also service_catalog.terminate_failed</li>`; strings.Count(page, want) != 1 {
		t.Errorf("no %q on the page", want)
	}
}

// TestNoColumnHasAMonthAndATotal has a finding with an amount that is paid once and one with an amount of each month: in what is a table,
// no column has both, since no sum does.
func TestNoColumnHasAMonthAndATotal(t *testing.T) {
	r := fullReport()
	var list []audit.Finding
	for i, m := range []*audit.Money{{Value: "11111.11", Currency: "USD", Per: audit.PerOnce}, {Value: "22222.22", Currency: "USD", Per: audit.PerMonth}, nil} {
		list = append(list, audit.Finding{Fingerprint: fmt.Sprintf("%064d", i), Rule: "outposts.rule", Severity: audit.High, Verdict: audit.Fail,
			Resource: audit.ResourceRef{Kind: audit.KindOutpost, ID: fmt.Sprintf("op-%d", i)}, Msg: "no amount here", Amount: m,
			Change: audit.Optional(audit.ChangeNew)})
	}
	r.Findings, r.Changes.New = audit.NewList(inline.Of(list...)), len(list)
	lines := func(text, row, cell string) (rows [][]string) {
		for line := range strings.SplitSeq(text, row) {
			rows = append(rows, strings.Split(line, cell))
		}
		return rows
	}
	records, err := csv.NewReader(strings.NewReader(render(t, CSV, r))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for format, rows := range map[string][][]string{
		"csv": records, "markdown": lines(render(t, Markdown, r), "\n", "|"), "html": lines(render(t, HTML, r), "</tr>", "<td"),
	} {
		column := func(amounts ...string) int {
			at := -1
			for _, row := range rows {
				for i, cell := range row {
					if slices.ContainsFunc(amounts, func(a string) bool { return strings.Contains(cell, a) }) {
						if at >= 0 && at != i {
							t.Errorf("%s: %q stands in two columns", format, amounts[0])
						}
						at = i
					}
				}
			}
			return at
		}
		if once, month := column("11111.11", "11,111.11"), column("22222.22", "22,222.22"); once < 0 || month < 0 || once == month {
			t.Errorf("%s: an amount that is paid once is in column %d, one of each month in %d", format, once, month)
		}
	}
}
