package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/atomicfile"
	"tenor/job/delivery"
	"tenor/report"
)

// breakFormat has a format, the first of its files, end in another way until the test does.
func breakFormat(t *testing.T, name string, write func(io.Writer) error) {
	t.Helper()
	i := slices.IndexFunc(formats[:], func(f format) bool { return f.name == name })
	was := formats[i]
	t.Cleanup(func() { formats[i] = was })
	formats[i].write = func(w io.Writer, _ audit.Report, _ iter.Seq2[*audit.Resource, error]) error { return write(w) }
}

// temps returns what is left of temporary files below a folder.
func temps(t *testing.T, dir string) (left []string) {
	t.Helper()
	for name := range files(t, dir) {
		if base := filepath.Base(name); atomicfile.IsTemp(base) || base == ".tenor.lock" {
			left = append(left, name)
		}
	}
	return left
}

// TestEachFormatOnItsOwn: a format that fails, in whatever way, costs no other. What is missing is in report.json, the summary and the
// exit code, and the one that the run before has left is gone. Two fail in each run: each finds no space once, and panics once.
func TestEachFormatOnItsOwn(t *testing.T) {
	j := demoJob(t, deliveryDay)
	j.Config.FailOn = FailOnNone
	j.Config.Output.Formats = FormatNames()
	first := runJob(t, j)
	snap := j.SnapshotDir()
	good := files(t, j.Config.Output.Dir)
	names := FormatNames()[1:]
	for i, full := range names {
		panics := names[(i+len(names)/2)%len(names)]
		own := []string{}
		for _, f := range formats {
			if f.name == full || f.name == panics {
				own = append(own, f.fileOf(&first.Report))
			}
		}
		t.Run(full+" without space, "+panics+" panics", func(t *testing.T) {
			breakFormat(t, full, func(w io.Writer) error {
				_, _ = w.Write(make([]byte, 1<<17))
				return errors.New("no space left on device")
			})
			breakFormat(t, panics, func(io.Writer) error { panic("index out of range\nand more") })
			res, err := j.Evaluate(context.Background(), snap)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Close()
			have := files(t, j.Config.Output.Dir)
			if res.Exit != ExitUndelivered || len(res.Files) != len(formats)-len(own) {
				t.Errorf("exit %d, %d files", res.Exit, len(res.Files))
			}
			r, closeReport, err := report.ReadJSON(filepath.Join(j.Config.Output.Dir, "report.json"))
			if err != nil {
				t.Fatal(err)
			}
			defer closeReport()
			summary := summaryOf(t, res)
			missing := []string{}
			for _, u := range r.Undelivered {
				if missing = append(missing, u.Name); u.Kind != audit.OutputFormat || u.Message == "" || strings.Contains(u.Message, "\n") {
					t.Errorf("report.json: %+v", u)
				}
				if !strings.Contains(summary, "NOT DELIVERED") || !strings.Contains(summary, u.Name) {
					t.Errorf("the summary: %s", summary)
				}
			}
			slices.Sort(missing)
			if d := cmp.Diff(slices.Sorted(slices.Values([]string{full, panics})), missing); d != "" {
				t.Errorf("report.json: %s", d)
			}
			for file, text := range good {
				if slices.Contains(own, file) {
					text = ""
				}
				if file != "report.json" && file != "run.json" && have[file] != text && file != writtenName {
					t.Errorf("%s is another", file)
				}
			}
			if left := temps(t, j.Config.Output.Dir); left != nil {
				t.Error(left)
			}
		})
	}
	res, err := j.Evaluate(context.Background(), snap)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if d := cmp.Diff(slices.Sorted(maps.Keys(good)), slices.Sorted(maps.Keys(files(t, j.Config.Output.Dir)))); d != "" || res.Exit != ExitClean {
		t.Errorf("in the end: exit %d, %s", res.Exit, d)
	}
	if good["report.json"] != files(t, j.Config.Output.Dir)["report.json"] {
		t.Error("the same report is not the same bytes")
	}
}

func summaryOf(t *testing.T, res *Result) string {
	t.Helper()
	var b strings.Builder
	if err := report.Terminal(&b, res.Report, report.TerminalStyle{Width: 200}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestOutputsThatCannotBeWritten: the numbers and the dated copy that cannot be written are exit code 4 too, and cost nothing else.
func TestOutputsThatCannotBeWritten(t *testing.T) {
	for name, tt := range map[string]struct {
		set  func(t *testing.T, j *Job)
		kind audit.OutputKind
	}{
		"metrics into a folder that is missing": {func(_ *testing.T, j *Job) {
			j.Config.MetricsFile = filepath.Join(j.Config.Output.Dir, "no", "tenor.prom")
		}, audit.OutputMetrics},
		"metrics over a folder": {func(t *testing.T, j *Job) { j.Config.MetricsFile = t.TempDir() }, audit.OutputMetrics},
		"history is a file": {func(t *testing.T, j *Job) {
			j.Config.History = 1
			if err := atomicfile.WriteBytes(filepath.Join(j.Config.Output.Dir, "history"), 0o600, []byte("mine")); err != nil {
				t.Fatal(err)
			}
		}, audit.OutputHistory},
		"history is a link": {func(t *testing.T, j *Job) {
			j.Config.History = 1
			if err := errors.Join(os.MkdirAll(j.Config.Output.Dir, 0o700), os.Symlink(t.TempDir(), filepath.Join(j.Config.Output.Dir, "history"))); err != nil {
				t.Fatal(err)
			}
		}, audit.OutputHistory},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			j := demoJob(t, deliveryDay)
			j.Config.Output.Formats = []string{"json", "csv"}
			j.Log = slog.New(slog.NewTextHandler(&log, nil))
			tt.set(t, j)
			res := runJob(t, j)
			if res.Exit != ExitUndelivered || len(res.Files) != 2 || !strings.Contains(log.String(), "level=ERROR msg=\"not delivered\" what="+string(tt.kind)) {
				t.Errorf("exit %d, %v\n%s", res.Exit, res.Files, log.String())
			}
			r, closeReport, err := report.ReadJSON(res.Files[0])
			if err != nil {
				t.Fatal(err)
			}
			defer closeReport()
			if u := r.Undelivered; len(u) != 1 || u[0].Kind != tt.kind {
				t.Errorf("%+v", u)
			}
		})
	}
}

// TestTwoRunsAtOnce: of any number of runs into one folder one works, and each other ends in one line.
func TestTwoRunsAtOnce(t *testing.T) {
	j := demoJob(t, deliveryDay)
	var wg sync.WaitGroup
	var mu sync.Mutex
	worked := 0
	for range 4 {
		wg.Go(func() {
			res, err := j.Run(context.Background())
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				worked++
				err = res.Close()
			} else if want := "another run is writing into " + j.Config.Output.Dir; strings.HasPrefix(err.Error(), want) && !strings.Contains(err.Error(), "\n") {
				err = nil
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if worked != 1 || temps(t, j.Config.Output.Dir) != nil {
		t.Errorf("%d worked; left %v", worked, temps(t, j.Config.Output.Dir))
	}
	runJob(t, j)
}

// TestForeignFolders: a run, a shard, a merge and collecting leave a folder alone whose snapshot is not tenor's, and a link.
func TestForeignFolders(t *testing.T) {
	for name, put := range map[string]func(dir string) error{
		"another tool's manifest": func(dir string) error {
			return atomicfile.WriteBytes(filepath.Join(dir, "snapshot", "manifest.json"), 0o600, []byte(`{"files":[]}`))
		},
		"a link": func(dir string) error {
			precious := filepath.Join(dir, "precious")
			return errors.Join(atomicfile.WriteBytes(filepath.Join(precious, "resources", "mine"), 0o600, nil), os.Symlink(precious, filepath.Join(dir, "snapshot")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			j := demoJob(t, deliveryDay)
			if err := put(j.Config.Output.Dir); err != nil {
				t.Fatal(err)
			}
			before := files2(t, j.Config.Output.Dir)
			plan, err := j.MakePlan(context.Background(), 2)
			if err != nil {
				t.Fatal(err)
			}
			ref, err := j.PutPlan(context.Background(), plan, filepath.Join(t.TempDir(), planName))
			if err != nil {
				t.Fatal(err)
			}
			for step, do := range map[string]func() error{
				"run":     func() error { _, err := j.Run(context.Background()); return err },
				"collect": func() error { _, err := j.Collect(context.Background()); return err },
				"resume": func() error {
					_, err := with(t, j, func(c *Config) { c.Resume, c.Output.Dir = true, j.Config.Output.Dir }).Run(context.Background())
					return err
				},
				"shard": func() error { _, err := j.RunShard(context.Background(), ref, 0); return err },
				"merge": func() error { _, err := j.Merge(context.Background(), []string{t.TempDir()}); return err },
			} {
				err := do()
				if exit, _ := ExitOf(err); exit != ExitFailed || !strings.Contains(err.Error(), filepath.Join(j.Config.Output.Dir, "snapshot")) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%s: exit %d, %v", step, exit, err)
				}
				if d := cmp.Diff(before, files2(t, j.Config.Output.Dir)); d != "" {
					t.Errorf("%s: %s", step, d)
				}
			}
		})
	}
}

// files2 lists everything below a folder, links and folders too.
func files2(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		list = append(list, fmt.Sprint(path, " ", d.Type()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// largeReport makes of the demo's report that of an organization with so many accounts, named as long as AWS lets them be, and with so many
// findings of one rule, of which the first is on a resource of that name.
func largeReport(t *testing.T, r audit.Report, accounts, findings int, name string) audit.Report {
	t.Helper()
	for i := range accounts {
		a := audit.Account{ID: fmt.Sprintf("9%011d", i), Name: strings.Repeat("W", 44) + fmt.Sprintf("%06d", i)}
		r.Run.Accounts = append(r.Run.Accounts, a)
		r.Commitments.Accounts = append(r.Commitments.Accounts, audit.AccountCommitment{Account: a.ID, Name: a.Name, Remaining: "0.00",
			CashByFiscalYear: []audit.Period{{Period: "FY2026", Committed: "1.00", WithRenewals: "1.00"}, {Period: "FY2027", Committed: "1.00", WithRenewals: "1.00"}}})
		r.Coverage.Add(audit.Coverage{Account: a.ID, Region: "eu-central-1", Service: "outposts", Operation: "ListOutposts", Status: audit.StatusCollected})
	}
	r.Summary.Coverage.Collected += accounts
	var f audit.Finding
	for first, err := range r.Findings.All() {
		if f = first; err != nil {
			t.Fatal(err)
		}
		break
	}
	r.Summary.Findings = map[string]map[audit.Severity]int{f.Domain(): {f.Severity: findings}}
	r.Findings = audit.NewList(findings, func(yield func(audit.Finding, error) bool) {
		for i := range findings {
			one := f
			one.Fingerprint = fmt.Sprintf("%064x", i)
			one.Resource.ID = fmt.Sprintf("op-%017x", i)
			if i == 0 {
				one.Resource.Name, one.Msg = name, name
			}
			if !yield(one, nil) {
				return
			}
		}
	})
	return r
}

// TestLargeReports: however large an organization is, every format of its report lands, soon.
func TestLargeReports(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute under the race detector")
	}
	most := 26_000 // more than SARIF and JUnit list
	if *thorough {
		most = 100_000
	}
	j := demoJob(t, deliveryDay)
	for name, tt := range map[string]struct{ accounts, findings int }{
		"150 accounts":    {150, 100},
		"10,000 accounts": {10_000, 100},
		"many findings":   {1, most},
	} {
		t.Run(name, func(t *testing.T) {
			r := largeReport(t, runJob(t, j).Report, tt.accounts, tt.findings, strings.Repeat("long 火星 &<|\u202e", 1<<16)) // a megabyte
			dir := t.TempDir()
			rec, err := writeRecord(t.Context(), dir, r, FormatNames())
			if err != nil {
				t.Fatal(err)
			}
			paths, failed := writeFormats(t.Context(), dir, FormatNames(), r, nil)
			if len(failed) > 0 || len(paths) != len(formats)-1 {
				t.Errorf("%v failed", failed)
			}
			if err := rec.say(nil); err != nil {
				t.Error(err)
			}
			if err := report.Terminal(io.Discard, r, report.TerminalStyle{}); err != nil {
				t.Error(err)
			}
			have, closeReport, err := report.ReadJSON(filepath.Join(dir, "report.json"))
			if err != nil || have.Findings.Len != tt.findings {
				t.Fatalf("%d findings, %v", have.Findings.Len, err)
			}
			if err := closeReport(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestInterruptionEndsWriting: an interruption reaches a format that is being written, however much it still has to write.
func TestInterruptionEndsWriting(t *testing.T) {
	j := demoJob(t, deliveryDay)
	j.Config.Output.Formats = FormatNames()
	res := runJob(t, j)
	for _, name := range FormatNames()[1:] {
		ctx, cancel := context.WithCancel(t.Context())
		breakFormat(t, name, func(w io.Writer) error {
			cancel()
			for range 1000 {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return err
				}
			}
			t.Errorf("%s goes on", name)
			return nil
		})
		if _, failed := writeFormats(ctx, t.TempDir(), []string{name}, res.Report, nil); len(failed) != 1 {
			t.Errorf("%s: %v", name, failed)
		}
		cancel()
	}
}

// TestInterruptedWriting: at whatever moment an interruption comes, the record is the old one or the new one, whole; so is each other
// file, or it is not there.
func TestInterruptedWriting(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute under the race detector")
	}
	j := demoJob(t, deliveryDay)
	j.Config.Output.Formats = FormatNames()
	old := runJob(t, j)
	dir := j.Config.Output.Dir
	record, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	accounts, findings, moments := 500, 5_000, 6
	if *thorough {
		accounts, findings, moments = 2_000, 40_000, 20
	}
	r := largeReport(t, runJob(t, with(t, j, nil)).Report, accounts, findings, "long")
	write := func(ctx context.Context) (*Result, error) {
		rec, err := writeRecord(ctx, dir, r, FormatNames())
		if err != nil {
			return nil, err
		}
		res := &Result{Report: r, Files: []string{rec.path}, record: rec}
		paths, failed := writeFormats(ctx, dir, FormatNames(), r, nil)
		res.Files = append(res.Files, paths...)
		for _, f := range failed {
			j.undelivered(ctx, res, f)
		}
		j.noteUndelivered(res)
		return res, nil
	}
	began := time.Now()
	if _, err := write(t.Context()); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(began)
	good := files(t, dir)
	for i := range moments {
		rec, err := writeRecord(t.Context(), dir, old.Report, FormatNames())
		if err != nil {
			t.Fatal(err)
		}
		writeFormats(t.Context(), dir, FormatNames(), old.Report, nil)
		if err := rec.say(nil); err != nil {
			t.Fatal(err)
		}
		before := files(t, dir)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(whole*time.Duration(i)/time.Duration(moments), cancel)
		res, err := write(ctx)
		<-ctx.Done()
		have := files(t, dir)
		if err != nil {
			if have["report.json"] != string(record) || cmp.Diff(before, have) != "" || !strings.HasSuffix(err.Error(), "interrupted") {
				t.Errorf("at %d of %d: the old report is not as it was; %v", i, moments, err)
			}
			continue
		}
		now, closeReport, err := report.ReadJSON(filepath.Join(dir, "report.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := closeReport(); err != nil {
			t.Error(err)
		}
		if len(now.Undelivered) != len(res.Report.Undelivered) {
			t.Errorf("at %d of %d: report.json names %d of %d", i, moments, len(now.Undelivered), len(res.Report.Undelivered))
		}
		for _, f := range formats[1:] {
			named := slices.ContainsFunc(res.Report.Undelivered, func(u audit.Undelivered) bool { return u.Name == f.name && u.Message == "interrupted" })
			file := f.fileOf(&r)
			if text, there := have[file]; there == named || there && text != good[file] {
				t.Errorf("at %d of %d: %s is there %v, named %v, whole %v", i, moments, file, there, named, text == good[file])
			}
		}
		if left := temps(t, dir); left != nil {
			t.Error(left)
		}
	}
}

// TestDiskFull: however large a file may become, the record is the old one or the new one, whole, and each other file is there whole or
// not at all. The record is the largest of them: TestEachFormatOnItsOwn has the others fail.
func TestDiskFull(t *testing.T) {
	if size := os.Getenv("TENOR_TEST_FILE_SIZE"); size != "" {
		evaluateLimited(t, size)
		return
	}
	j := billedDemo(t)
	j.Config.Policies, j.Config.Output.Formats = Policies{}, limitedFormats
	runJob(t, j)
	snap, dir := j.SnapshotDir(), j.Config.Output.Dir
	limited := audit.Report{Run: audit.Run{AsOf: limitedDay.Format(time.RFC3339)}}
	evaluated := func(asOf time.Time) map[string]string {
		res, err := with(t, j, func(c *Config) { c.AsOf, c.Output.Dir = asOf, dir }).Evaluate(t.Context(), snap)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Close(); err != nil {
			t.Error(err)
		}
		return files(t, dir)
	}
	good := evaluated(limitedDay)
	largest := 0
	written := 0
	for _, f := range formats {
		size := len(good[f.fileOf(&limited)])
		if largest = max(largest, size); size > 0 {
			written++
		}
	}
	if written != len(limitedFormats)+3 { // of Parquet there are four files
		t.Fatalf("%d files", written)
	}
	outcomes := map[Exit]int{}
	sizes := 8
	if *thorough {
		sizes = 40
	}
	before := evaluated(deliveryDay)
	for i := range sizes {
		putBack(t, dir, before)
		limit := (largest + 2*endRoom) * (i + 1) / sizes
		exit, out := limitedChild(t, limit, snap, dir)
		outcomes[exit]++
		have := files(t, dir)
		if exit == ExitFailed {
			if d := cmp.Diff(before, have); d != "" {
				t.Errorf("%d bytes: the old report is not as it was", limit)
			}
			continue
		}
		r, closeReport, err := report.ReadJSON(filepath.Join(dir, "report.json"))
		if err != nil {
			t.Fatalf("%d bytes: %v\n%s", limit, err, out)
		}
		if err := closeReport(); err != nil {
			t.Error(err)
		}
		for _, f := range formats[1:] {
			file := f.fileOf(&limited)
			if good[file] == "" {
				continue
			}
			named := slices.ContainsFunc(r.Undelivered, func(u audit.Undelivered) bool { return u.Name == f.name })
			if text, there := have[file]; there == named || there && text != good[file] {
				t.Errorf("%d bytes: %s is there %v, named %v", limit, file, there, named)
			}
		}
		if (exit == ExitUndelivered) != (len(r.Undelivered) > 0) || r.Run.AsOf != limitedDay.Format(time.RFC3339) {
			t.Errorf("%d bytes: exit %d, %d named, as of %s", limit, exit, len(r.Undelivered), r.Run.AsOf)
		}
		if left := temps(t, dir); left != nil {
			t.Error(left)
		}
	}
	if outcomes[ExitFailed] == 0 || outcomes[ExitFindings] == 0 {
		t.Errorf("not every outcome is tested: %v", outcomes)
	}
	if d := cmp.Diff(good, evaluated(limitedDay)); d != "" {
		t.Error("the next run is not as it should be")
	}
}

// putBack has a folder hold those files alone.
func putBack(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := atomicfile.WriteBytes(filepath.Join(dir, filepath.FromSlash(name)), 0o600, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
}

var limitedDay = deliveryDay.AddDate(0, 0, 7)

// limitedFormats are those that TestDiskFull writes, with a bill.
var limitedFormats = []string{"json", "xlsx", "csv", "html", "parquet"}

// TestRecordAnswersForOneReport: once a run is at its end, run.json names its report alone, and not the one that it replaced.
func TestRecordAnswersForOneReport(t *testing.T) {
	j := demoJob(t, deliveryDay)
	j.Config.Output.Formats, j.Config.Baseline = []string{"json", "csv"}, "last"
	for range 2 {
		runJob(t, j)
		path := filepath.Join(j.Config.Output.Dir, "report.json")
		text, err := os.ReadFile(filepath.Join(j.Config.Output.Dir, "run.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := delivery.CheckRecord(path); err != nil || strings.Count(string(text), `"sha256"`) != 1 {
			t.Errorf("%v: %s", err, text)
		}
	}
}
