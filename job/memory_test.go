package job

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/atomicfile"
	"tenor/internal/awssim"
	"tenor/internal/inline"
	"tenor/internal/s3sim"
	"tenor/report"
)

// night is a run of a schedule: what AWS refuses in it, and what its command line says.
type night struct {
	name   string
	faults []awssim.Fault
	set    func(*Config)
}

// job is that of the i-th night. The nights are a minute apart, so that no count of days or hours changes.
func (n night) job(t *testing.T, i int) *Job {
	t.Helper()
	j := demoJob(t, deliveryDay, n.faults...)
	j.Now = func() time.Time { return deliveryDay.Add(time.Duration(i+1) * time.Minute) }
	if n.set != nil {
		n.set(&j.Config)
	}
	return j
}

// ways are the ways to run a night, each with a memory of its own.
func ways(t *testing.T) map[string]func(t *testing.T, j *Job) *Result {
	t.Helper()
	local, merged := filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "out")
	startS3(t, s3sim.Options{})
	return map[string]func(t *testing.T, j *Job) *Result{
		"locally": func(t *testing.T, j *Job) *Result {
			j.Config.Output.Dir, j.Config.Baseline = local, "last"
			return runJob(t, j)
		},
		"in S3": func(t *testing.T, j *Job) *Result {
			j.Config.Output.S3, j.Config.Output.BucketOwner = reportURL, owner
			res := runJob(t, j)
			if res.Delivery.Err != nil {
				t.Fatal(res.Delivery.Err)
			}
			return res
		},
		"in shards": func(t *testing.T, j *Job) *Result {
			_, dirs := shardedRun(t, j, 4)
			j.Config.Output.Dir, j.Config.Baseline = merged, "last"
			res, err := j.Merge(context.Background(), dirs)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = res.Close() })
			return res
		},
	}
}

// changesIn returns the changes in a report.json, without the id of the baseline: it depends on how long calls took.
func changesIn(t *testing.T, res *Result) string {
	t.Helper()
	text, err := os.ReadFile(res.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Changes map[string]json.RawMessage `json:"changes"`
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Changes == nil {
		return "none"
	}
	var baseline audit.BaselineRef
	if err := json.Unmarshal(r.Changes["baseline"], &baseline); err != nil {
		t.Fatal(err)
	}
	r.Changes["baseline"], _ = json.Marshal(baseline.AsOf)
	b, err := json.MarshalIndent(r.Changes, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// fingerprints are those of a list whose findings are wanted, with their first_seen.
func fingerprints(t *testing.T, list audit.FindingList, want func(*audit.Finding) bool) map[string]string {
	t.Helper()
	found := map[string]string{}
	for f, err := range list.All() {
		if err != nil {
			t.Fatal(err)
		}
		if want(&f) {
			found[f.Fingerprint+" "+f.Rule+" "+f.Resource.ID] = string(f.FirstSeen)
		}
	}
	return found
}

func failing(f *audit.Finding) bool { return f.Verdict == audit.Fail }
func every(*audit.Finding) bool     { return true }

// TestFiveNights has nights of every kind give the changes that a person would write down, in every way to run them.
func TestFiveNights(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector, and starts no goroutines that others do not")
	}
	const account, region = "203948571620", "eu-central-1"
	nothing := func(*audit.Finding) bool { return false }
	nights := []struct {
		night
		hidden func(*audit.Finding) bool // of what is known, what cannot be evaluated
	}{
		{night{name: "whole"}, nothing},
		{night{name: "an account is denied", faults: []awssim.Fault{{Account: account, Region: region, Operation: "*",
			Kind: awssim.FaultAccessDenied}}},
			func(f *audit.Finding) bool {
				return f.Resource.Account == account && (f.Resource.Region == region || f.Rule == "estate.contracts_cluster" ||
					f.Rule == "outposts.quote_duplicate")
			}},
		{night{name: "one region alone", set: func(c *Config) { c.Regions, c.RegionsNarrowed = []string{"us-east-2"}, true }},
			func(f *audit.Finding) bool { return f.Resource.Region != "us-east-2" }},
		{night{name: "an API is denied", faults: []awssim.Fault{{Operation: "ListQuotes", Kind: awssim.FaultDeniedBySCP}}},
			func(f *audit.Finding) bool {
				return f.Resource.Kind == audit.KindQuote || f.Rule == "outposts.order_differs_from_quote" || f.Rule == "outposts.quote_duplicate"
			}},
		{night{name: "whole again"}, nothing},
	}
	first := map[int]string{} // the changes of each night in the first of the ways
	for way, run := range ways(t) {
		t.Run(way, func(t *testing.T) {
			known := map[string]audit.Finding{}
			since := deliveryDay.Add(time.Minute).Format(time.RFC3339)
			for i, n := range nights {
				res := run(t, n.job(t, i))
				c := res.Report.Changes
				if i == 0 {
					for f, err := range res.Report.Findings.All() {
						if err != nil {
							t.Fatal(err)
						}
						known[f.Fingerprint+" "+f.Rule+" "+f.Resource.ID] = f
					}
					if c != nil || len(known) < 50 {
						t.Fatalf("%d findings, changes %+v", len(known), c)
					}
					continue
				}
				stay, hidden := map[string]string{}, map[string]string{}
				for id, f := range known {
					if n.hidden(&f) {
						hidden[id] = since
					} else {
						stay[id] = since
					}
				}
				if d := cmp.Diff(stay, fingerprints(t, res.Report.Findings, failing)); d != "" {
					t.Errorf("%s: findings (-want +have): %s", n.name, d)
				}
				if d := cmp.Diff(hidden, fingerprints(t, c.NotReevaluated, every)); d != "" {
					t.Errorf("%s: not re-evaluated (-want +have): %s", n.name, d)
				}
				if c.New+c.Changed.Len+c.Resolved.Len+c.Silenced.Len+len(c.Settings) > 0 || c.Persisting != len(stay) {
					t.Errorf("%s: %d new, %d persisting, %d changed, %d resolved, %d silenced, settings %v",
						n.name, c.New, c.Persisting, c.Changed.Len, c.Resolved.Len, c.Silenced.Len, c.Settings)
				}
				said := changesIn(t, res)
				if first[i] == "" {
					first[i] = said
				}
				if d := cmp.Diff(first[i], said); d != "" {
					t.Errorf("%s: changes are not those of another way: %s", n.name, d)
				}
				if (len(hidden) > 0) != (len(res.Report.Summary.Carried) > 0) && n.name != "an API is denied" {
					t.Errorf("%s: %d deadlines are carried", n.name, len(res.Report.Summary.Carried))
				}
			}
		})
	}
}

// TestFailedRunKeepsTheMemory has the organization refuse to list its accounts: nobody knows then whom to ask, the run is not done,
// and what is known stays where it is.
func TestFailedRunKeepsTheMemory(t *testing.T) {
	s := startS3(t, s3sim.Options{})
	out := filepath.Join(t.TempDir(), "out")
	for _, tt := range []struct {
		name string
		set  func(*Config)
		kept func() map[string]string
	}{
		{"locally", func(c *Config) { c.Output.Dir, c.Baseline = out, "last" }, func() map[string]string { return files(t, out) }},
		{"in S3", func(c *Config) { c.Output.S3, c.Output.BucketOwner = reportURL, owner },
			func() map[string]string { return below(s, "audit/") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			runJob(t, night{set: tt.set}.job(t, 0))
			before := tt.kept()
			failed := night{set: tt.set, faults: []awssim.Fault{{Operation: "ListAccounts", Kind: awssim.FaultAccessDenied}}}.job(t, 1)
			if res, err := failed.Run(t.Context()); err == nil {
				t.Fatalf("no error, exit %d", res.Exit)
			} else if exit, say := ExitOf(err); exit != ExitFailed || len(say) != 1 ||
				!strings.Contains(say[0].Error(), "organizations ListAccounts: AccessDeniedException") {
				t.Errorf("exit %d: %v", exit, say)
			}
			if d := cmp.Diff(before, tt.kept()); d != "" {
				t.Errorf("the failed run left something: %s", d)
			}
			c := runJob(t, night{set: tt.set}.job(t, 2)).Report.Changes
			if c == nil || c.New+c.Changed.Len+c.Resolved.Len+c.NotReevaluated.Len > 0 || c.Persisting == 0 {
				t.Errorf("%+v", c)
			}
		})
	}
}

// damaged are last reports that cannot be read, made from a good one, and what is said of each.
var damaged = []struct {
	name  string
	spoil func(good string) string
	want  string
}{
	{"cut off", func(s string) string { return s[:len(s)/2] }, "the file is cut off"},
	{"empty", func(string) string { return "" }, "the file is cut off"},
	{"no JSON", func(string) string { return "hello" }, "invalid character 'h'"},
	{"a damaged finding", func(s string) string { return strings.Replace(s, `"verdict":"fail"`, `"verdict":{}`, 1) }, "does not take a value"},
	{"a damaged byte", func(s string) string { return strings.Replace(s, `"rule":"`, `"rule";"`, 1) }, "invalid character ';'"},
	{"another major version", func(s string) string { return strings.Replace(s, `"schema_version": "`, `"schema_version": "9`, 1) },
		"this version of tenor reads"},
	{"another tool's", func(string) string { return `{"findings": []}` }, "is no report"},
}

// vouching is a run.json that answers for a report.
func vouching(report string) string {
	return fmt.Sprintf(`{"schema_version": "1.0", "run": "x", "state": "complete", "files": [{"name": "report.json", "sha256": "%x"}]}`,
		sha256.Sum256([]byte(report)))
}

// TestLastReportIsVerified leaves out a last report that run.json does not answer for, locally and in S3, and one that is named is read.
func TestLastReportIsVerified(t *testing.T) {
	good := runJob(t, night{}.job(t, 0))
	snapshotOf := filepath.Dir(good.Files[0])
	text, err := os.ReadFile(good.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	report := string(text)
	for _, tt := range []struct {
		name, record string // of run.json; empty: there is none
		want         string
	}{
		{"as it was written", vouching(report), ""},
		{"no run.json", "", "run.json"},
		{"of another report", vouching(report + " "), "run.json does not name its SHA-256"},
		{"not written to its end", strings.Replace(vouching(report), "complete", "writing", 1),
			"run.json says that the run x was not written to its end"},
		{"a damaged run.json", "{", "run.json:1: the file is cut off"},
		{"a run.json of another version", strings.Replace(vouching(report), "1.0", "7.0", 1), `schema_version "7.0"`},
	} {
		for _, way := range []string{"locally", "in S3"} {
			t.Run(tt.name+" "+way, func(t *testing.T) {
				j := with(t, offlineJob(1), nil)
				if way == "in S3" {
					j.Config.Output.S3, j.Config.Output.BucketOwner = reportURL, owner
					s := startS3(t, s3sim.Options{})
					s.Store("reports", "audit/latest/report.json", text)
					if tt.record != "" {
						s.Store("reports", "audit/latest/run.json", []byte(tt.record))
					}
				} else {
					j.Config.Baseline = "last"
					if err := os.MkdirAll(j.Config.Output.Dir, 0o700); err != nil {
						t.Fatal(err)
					}
					for name, text := range map[string]string{"report.json": report, "run.json": tt.record} {
						if text == "" {
							continue
						}
						if err := os.WriteFile(filepath.Join(j.Config.Output.Dir, name), []byte(text), 0o600); err != nil {
							t.Fatal(err)
						}
					}
				}
				res, err := j.Evaluate(t.Context(), snapshotOf)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Close()
				w := res.Report.Run.Warnings
				if tt.want == "" {
					if len(w) > 0 || res.Report.Changes == nil {
						t.Errorf("warnings %q, changes %v", w, res.Report.Changes)
					}
					return
				}
				if len(w) != 1 || !strings.Contains(w[0], "the last report is left out") || !strings.Contains(w[0], tt.want) ||
					res.Report.Changes != nil {
					t.Errorf("warnings %q, changes %v", w, res.Report.Changes)
				}
			})
		}
	}
}

// TestLastReportThatCannotBeRead is left out, which the log, the report and the notice say; one that is named ends the run.
func TestLastReportThatCannotBeRead(t *testing.T) {
	s := startS3(t, s3sim.Options{})
	good := runJob(t, night{}.job(t, 0))
	text, err := os.ReadFile(good.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	record := filepath.Join(out, recordName)
	if err := os.MkdirAll(out, 0o700); err != nil {
		t.Fatal(err)
	}
	snapshotOf := good.Files[0][:len(good.Files[0])-len(recordName)]
	for i, tt := range damaged {
		t.Run(tt.name, func(t *testing.T) {
			spoilt := tt.spoil(string(text))
			s.Store("reports", "audit/latest/"+recordName, []byte(spoilt))
			s.Store("reports", "audit/latest/run.json", []byte(vouching(spoilt)))
			for _, way := range []struct {
				name string
				set  func(*Config)
			}{
				{record, func(c *Config) { c.Baseline = "last" }},
				{record, func(*Config) {}}, // for the deadlines alone, so no finding is looked at
				{reportURL + "/latest/" + recordName, func(c *Config) { c.Output.S3, c.Output.BucketOwner = reportURL, owner }},
			} {
				if i > 0 && way.name != record {
					continue // how it is fetched does not depend on the damage
				}
				for path, text := range map[string]string{record: spoilt, filepath.Join(out, "run.json"): vouching(spoilt)} {
					if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				var log strings.Builder
				j := with(t, offlineJob(i), nil)
				j.Config.Output.Dir = out
				way.set(&j.Config)
				j.Log = slog.New(slog.NewTextHandler(&log, nil))
				res, err := j.Evaluate(t.Context(), snapshotOf)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Close()
				w := res.Report.Run.Warnings
				if j.Config.Baseline == "" && j.Config.Output.S3 == "" && tt.name == "a damaged finding" {
					if len(w) > 0 {
						t.Errorf("warnings %q", w)
					}
					continue
				}
				if len(w) != 1 || !strings.Contains(w[0], tt.want) || !strings.Contains(w[0], way.name) || !slices.Equal(w, res.Notice.Warnings) {
					t.Errorf("%s: warnings %q, notice %q", way.name, w, res.Notice.Warnings)
				}
				if !strings.Contains(log.String(), "level=WARN msg=\"the last report is left out") {
					t.Errorf("%s: %s", way.name, log.String())
				}
				if res.Report.Changes != nil || res.Exit != ExitFindings && res.Exit != ExitUndelivered {
					t.Errorf("%s: exit %d, %v", way.name, res.Exit, res.Delivery.Err)
				}
				r, closeReport, err := report.ReadJSON(record)
				if err != nil || !slices.Equal(r.Run.Warnings, w) {
					t.Errorf("%s: %v, %q", way.name, err, r.Run.Warnings)
				}
				if err == nil {
					_ = closeReport()
				}
			}
			named := filepath.Join(t.TempDir(), "named.json")
			if err := os.WriteFile(named, []byte(spoilt), 0o600); err != nil {
				t.Fatal(err)
			}
			j := with(t, offlineJob(i), func(c *Config) { c.Baseline = named })
			if _, err := j.Evaluate(t.Context(), snapshotOf); err == nil || !strings.Contains(err.Error(), tt.want) ||
				!strings.Contains(err.Error(), named) {
				t.Errorf("named: %v", err)
			}
			if _, err := os.Stat(filepath.Join(j.Config.Output.Dir, recordName)); err == nil {
				t.Error("named: a report is there")
			}
		})
	}
}

// offlineJob is a job as of the i-th minute that asks AWS nothing.
func offlineJob(i int) *Job {
	c := DefaultConfig()
	c.Output.Formats, c.AsOf = []string{"json"}, deliveryDay.Add(time.Duration(i)*time.Minute)
	return &Job{Config: c, Version: "test", Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return deliveryDay }}
}

// TestAccountLeaves has an account leave the organization, be excluded, and only not be asked for.
func TestAccountLeaves(t *testing.T) {
	const account = "203948571620"
	stay := func(*awssim.Estate) {}
	for _, tt := range []struct {
		name   string
		change func(*awssim.Estate)
		set    func(*Config)
		want   audit.Change
	}{
		{"gone", func(e *awssim.Estate) {
			e.Accounts = slices.DeleteFunc(e.Accounts, func(a awssim.Account) bool { return a.ID == account })
		}, func(*Config) {}, audit.ChangeAccountGone},
		{"excluded", stay, func(c *Config) { c.Organization.ExcludeAccounts = []string{account} }, audit.ChangeSilenced},
		{"not asked for", stay, func(c *Config) { c.Accounts, c.AccountsChosen = []string{"719203846551"}, true }, audit.ChangeNotReevaluated},
		{"of no unit that is asked for", stay, func(c *Config) { c.Organization.IncludeOUs = []string{"ou-h4f8-plants01"} },
			audit.ChangeSilenced},
		{"suspended", func(e *awssim.Estate) {
			for i := range e.Accounts {
				if e.Accounts[i].ID == account {
					e.Accounts[i].State = "SUSPENDED"
				}
			}
		}, func(*Config) {}, audit.ChangeNotReevaluated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			first := night{}.job(t, 0)
			before := runJob(t, first)
			want := map[string]string{}
			for id, since := range fingerprints(t, before.Report.Findings, func(f *audit.Finding) bool { return f.Resource.Account == account }) {
				want[id] = since
			}
			j := estateJob(t, deliveryDay, tt.change)
			j.Now = night{}.job(t, 1).Now
			j.Config.Output.Dir, j.Config.Baseline = first.Config.Output.Dir, "last"
			tt.set(&j.Config)
			whole := runJob(t, j)
			results := []*Result{whole}
			if tt.want == audit.ChangeAccountGone { // and the same in shards
				_, dirs := shardedRun(t, j, 3)
				sharded := with(t, j, func(c *Config) { c.Baseline = filepath.Join(t.TempDir(), "before.json") })
				copyFile(t, sharded.Config.Baseline, before)
				merged, err := sharded.Merge(t.Context(), dirs)
				if err != nil {
					t.Fatal(err)
				}
				defer merged.Close()
				results = append(results, merged)
			}
			for _, res := range results {
				c, have := res.Report.Changes, map[string]string{}
				for _, list := range []audit.FindingList{c.Resolved, c.NotReevaluated, silencedIn(t, c)} {
					maps.Copy(have, fingerprints(t, list, func(f *audit.Finding) bool {
						return f.Resource.Account == account && f.Change == audit.Optional(tt.want)
					}))
				}
				if d := cmp.Diff(want, have); d != "" || len(want) < 20 {
					t.Errorf("%s (-known +%s): %s", tt.name, tt.want, d)
				}
				carried := slices.ContainsFunc(res.Report.Summary.Carried, func(d audit.Deadline) bool { return d.Resource.Account == account })
				if res == whole && carried != (tt.want == audit.ChangeNotReevaluated || tt.name == "of no unit that is asked for") {
					t.Errorf("deadlines of the account are carried: %v", carried)
				}
			}
		})
	}
}

// silencedIn returns the findings that were silenced.
func silencedIn(t *testing.T, c *audit.Changes) audit.FindingList {
	t.Helper()
	var list []audit.Finding
	for s, err := range c.Silenced.All() {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s.Finding)
	}
	return audit.NewList(inline.Of(list...))
}

// copyFile writes the record of a run again; the run folder may hold another by now.
func copyFile(t *testing.T, path string, of *Result) {
	t.Helper()
	if err := atomicfile.Write(path, atomicfile.FileMode, func(w io.Writer) error { return report.JSON(w, of.Report) }); err != nil {
		t.Fatal(err)
	}
}

func daysOf(t *testing.T, list audit.CalendarList) []audit.CalendarDay {
	t.Helper()
	days, err := list.First(list.Len)
	if err != nil {
		t.Fatal(err)
	}
	return days
}

// TestDeadlinesAreCarried from the report that is replaced, with a baseline or without, as long as they cannot be read.
func TestDeadlinesAreCarried(t *testing.T) {
	const account, region = "203948571620", "eu-central-1"
	for _, tt := range []struct {
		name, baseline string
		fault          awssim.Fault
	}{
		{"the account", "", awssim.Fault{Operation: "*", Account: account, Kind: awssim.FaultAccessDenied}},
		{"the list", "last", awssim.Fault{Operation: "ListOutposts", Account: account, Region: region, Kind: awssim.FaultDeniedBySCP}},
		{"the billing", "", awssim.Fault{Operation: "GetOutpostBillingInformation", Account: account, Region: region,
			Kind: awssim.FaultAccessDenied}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			set := func(c *Config) { c.Output.Dir, c.Baseline = out, tt.baseline }
			first := runJob(t, night{set: set}.job(t, 0)).Report.Summary
			firstDays := daysOf(t, first.Calendar)
			ownRef := func(r *audit.ResourceRef) bool {
				return r.Account == account && (r.Region == region || tt.name == "the account")
			}
			own := func(d audit.Deadline) bool { return ownRef(&d.Resource) }
			if !slices.ContainsFunc(first.Deadlines, own) || len(first.Carried) > 0 {
				t.Fatalf("%+v", first)
			}
			want := slices.Clone(first.Deadlines)
			for i := range want {
				if own(want[i]) {
					want[i].AsOf = audit.Optional(deliveryDay.Add(time.Minute).Format(time.RFC3339))
				}
			}
			for i := range 2 {
				res := runJob(t, night{set: set, faults: []awssim.Fault{tt.fault}}.job(t, i+1))
				s := res.Report.Summary
				if d := cmp.Diff(want, s.Deadlines); d != "" {
					t.Errorf("night %d: %s", i+2, d)
				}
				if res.Metrics.Deadline == nil || *res.Metrics.Deadline != want[0].DaysLeft {
					t.Errorf("night %d: metric %v", i+2, res.Metrics.Deadline)
				}
				for k, day := range daysOf(t, s.Calendar) {
					if d := firstDays[k]; day.Kind != d.Kind || day.Day != d.Day || day.Settled || (day.AsOf != "") != ownRef(&d.Resource) {
						t.Errorf("night %d: calendar %+v, at first %+v", i+2, day, d)
					}
				}
				for k, due := range s.DecisionsDue {
					if due.Count+due.Carried != first.DecisionsDue[k].Count || due.Carried == 0 && k > 0 {
						t.Errorf("night %d: %+v, at first %+v", i+2, due, first.DecisionsDue[k])
					}
				}
			}
			last := runJob(t, night{set: set}.job(t, 3)).Report.Summary
			if d := cmp.Diff(firstDays, daysOf(t, last.Calendar)); d != "" || len(firstDays) == 0 {
				t.Errorf("the calendar, read again: %s", d)
			}
			if d := cmp.Diff(first.Deadlines, last.Deadlines); d != "" || len(last.Carried) > 0 {
				t.Errorf("read again: %s, carried %+v", d, last.Carried)
			}
		})
	}
}
