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
