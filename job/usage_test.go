package job

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awssim"
)

// usedJob runs the demo, which asks CloudWatch for so many days, and returns its report and log.
func usedJob(t *testing.T, days int, faults ...awssim.Fault) (*Result, string) {
	t.Helper()
	j := with(t, demoJob(t, deliveryDay, faults...), func(c *Config) { c.Capacity.CloudWatchDays = days })
	var log bytes.Buffer
	j.Log = slog.New(slog.NewTextHandler(&log, nil))
	return runJob(t, j), log.String()
}

// toldOf are the findings of a report by fingerprint, and the sentences of those of a rule, ordered.
func toldOf(t *testing.T, r *Result, rule string) (all map[string]audit.Finding, of []string) {
	t.Helper()
	all = map[string]audit.Finding{}
	for f, err := range r.Report.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		if f.Rule == rule {
			of = append(of, fmt.Sprintf("%s %s: %s", f.Verdict, f.Resource.Name, f.Msg))
			continue
		}
		all[f.Fingerprint] = f
	}
	slices.Sort(of)
	return all, of
}

// TestUsedBefore runs the demo with and without CloudWatch: what is idle for an hour is no finding where it was used before; where
// CloudWatch cannot be read, that is unknown, and nothing else of the report is another.
func TestUsedBefore(t *testing.T) {
	const rule = "outposts.capacity_idle"
	without, log := usedJob(t, 0)
	if strings.Contains(log, "CloudWatch") {
		t.Errorf("CloudWatch was asked:\n%s", log)
	}
	all, idle := toldOf(t, without, rule)
	if len(idle) != 2 || !strings.Contains(idle[0]+idle[1], "fail cmh-rack-02: 9 of 16 instance slots are idle, $") {
		t.Fatalf("of one moment: %q", idle)
	}
	with, log := usedJob(t, 30)
	same, idle := toldOf(t, with, rule)
	if len(idle) != 1 || !strings.HasPrefix(idle[0], "fail ham-rack-01: 7 of 16 instance slots were not used for 30 days, $") {
		t.Errorf("of 30 days: %q", idle)
	}
	if diff := cmp.Diff(all, same); diff != "" {
		t.Errorf("other findings (-without +with):\n%s", diff)
	}
	for _, want := range []string{
		`msg="asking CloudWatch how much of Outposts was used, which AWS charges by the metric: one for each instance type of an Outpost" days=30 price="USD 0.01 for 1000 metrics"`,
		`msg="asked CloudWatch" days=30 metrics=57 price="USD 0.00057"`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %s:\n%s", want, log)
		}
	}
	if with.Report.Run.Settings.CloudWatchDays != 30 || without.Report.Run.Settings.CloudWatchDays != 0 {
		t.Error("the report does not say for how many days CloudWatch was asked")
	}
	denied, _ := usedJob(t, 30, awssim.Fault{Operation: "GetMetricData", Kind: awssim.FaultAccessDenied})
	same, idle = toldOf(t, denied, rule)
	if len(idle) != 2 || !strings.HasPrefix(idle[0], "unknown cmh-rack-02: ") || !strings.Contains(idle[0], "GetMetricData") {
		t.Errorf("where it is denied: %q", idle)
	}
	if diff := cmp.Diff(all, same); diff != "" {
		t.Errorf("other findings (-without +denied):\n%s", diff)
	}
	rows := slices.DeleteFunc(slices.Collect(denied.Report.Coverage.All()), func(c audit.Coverage) bool { return c.Operation == "GetMetricData" })
	if diff := cmp.Diff(slices.Collect(without.Report.Coverage.All()), rows); diff != "" || len(rows) == denied.Report.Coverage.Len() {
		t.Errorf("the ledger (-without +denied, less its own rows):\n%s", diff)
	}
	if denied.Exit != without.Exit || denied.Report.Status != without.Report.Status {
		t.Errorf("exit %d, %s; without %d, %s", denied.Exit, denied.Report.Status, without.Exit, without.Report.Status)
	}
}
