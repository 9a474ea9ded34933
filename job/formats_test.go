package job

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/internal/atomicfile"
)

// TestOnlyOwnFormatsAreRemoved runs into a folder in which somebody keeps a report.md, and again with fewer formats.
func TestOnlyOwnFormatsAreRemoved(t *testing.T) {
	j := demoJob(t, deliveryDay)
	dir := j.Config.Output.Dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "report.md"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	listed := func() (names []string) {
		for name := range maps.Keys(files(t, dir)) {
			if strings.HasPrefix(name, "report.") {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return names
	}
	j.Config.Output.Formats = []string{"csv", "html"}
	runJob(t, j)
	if d := cmp.Diff([]string{"report.csv", "report.html", "report.json", "report.md"}, listed()); d != "" {
		t.Error(d)
	}
	j.Config.Output.Formats = []string{"sarif"} // of tenor report, and ours all the same
	again, err := j.Report(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	j.Config.Output.Formats = []string{"csv"}
	res, err := j.Evaluate(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if d := cmp.Diff([]string{"report.csv", "report.json", "report.md"}, listed()); d != "" {
		t.Error(d)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "report.md")); err != nil || string(b) != "mine" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestTablesOfADay: a run folder has the tables of its own day and no other, and nothing of a killed run. What somebody keeps beside them
// stays, and so does what a note names that no run writes.
func TestTablesOfADay(t *testing.T) {
	j := demoJob(t, deliveryDay)
	dir := j.Config.Output.Dir
	j.Config.Output.Formats = []string{"csv", "parquet"}
	runJob(t, j)
	evaluate := func(day time.Time, formats ...string) (names []string) {
		res, err := with(t, j, func(c *Config) { c.AsOf, c.Output.Dir, c.Output.Formats = day, dir, formats }).Evaluate(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Close()
		for name := range files(t, dir) {
			if !strings.HasPrefix(name, "snapshot/") && !strings.HasPrefix(name, "report.") && name != "run.json" && name != writtenName {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return names
	}
	tables := func(day string) []string {
		return []string{"parquet/charges/as_of=" + day + "/charges.parquet", "parquet/coverage/as_of=" + day + "/coverage.parquet",
			"parquet/findings/as_of=" + day + "/findings.parquet", "parquet/renewals/as_of=" + day + "/renewals.parquet"}
	}
	if d := cmp.Diff(tables("2026-12-31"), evaluate(time.Date(2027, 1, 1, 1, 0, 0, 0, time.FixedZone("", 2*60*60)), "parquet")); d != "" {
		t.Errorf("as of a day that is the next one elsewhere: %s", d)
	}
	mine := []string{"parquet/findings/as_of=2026-12-31/mine.parquet", "parquet/mine/as_of=2026-12-31/mine.parquet"}
	killed := "parquet/charges/as_of=2026-12-31/" + atomicfile.TempPrefix + "charges.parquet.1" + atomicfile.TempSuffix
	for _, name := range append(mine, killed) {
		if err := atomicfile.WriteBytes(filepath.Join(dir, name), 0o600, []byte("mine")); err != nil {
			t.Fatal(err)
		}
	}
	noted, err := os.ReadFile(filepath.Join(dir, writtenName))
	if err == nil {
		for _, name := range append(mine, "parquet/findings/as_of=../../../run.json", "snapshot/manifest.json", "../out") {
			noted = append(noted, name+"\n"...)
		}
		err = os.WriteFile(filepath.Join(dir, writtenName), noted, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(slices.Values(append(tables("2027-01-02"), mine...)))
	if d := cmp.Diff(want, evaluate(deliveryDay.AddDate(0, 0, 43), "parquet")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(mine, evaluate(deliveryDay.AddDate(0, 0, 44), "csv")); d != "" {
		t.Error(d)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "parquet", "*")); len(left) != 2 {
		t.Errorf("folders that hold nothing are left: %v, %v", left, err)
	}
}

// TestHistoryIsTrimmedInAnyFolder has a run folder whose name is a pattern.
func TestHistoryIsTrimmedInAnyFolder(t *testing.T) {
	j := &Job{Config: DefaultConfig()}
	j.Config.Output.Dir, j.Config.History = filepath.Join(t.TempDir(), "out[1]"), 2
	record := filepath.Join(t.TempDir(), "report.json")
	if err := os.WriteFile(record, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for day := range 4 {
		j.Now = func() time.Time { return deliveryDay.AddDate(0, 0, day) }
		if err := j.keepHistory(record); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"history/report-20261122T090000Z.json", "history/report-20261123T090000Z.json"}
	if d := cmp.Diff(want, slices.Sorted(maps.Keys(files(t, j.Config.Output.Dir)))); d != "" {
		t.Error(d)
	}
}
