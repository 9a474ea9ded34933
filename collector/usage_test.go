package collector

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awssim"
	"tenor/snapshot"
)

// usageEstate has an Outpost with three instance types, one without hosts and one that is shared with the plant.
const usageEstate = `{
 "accounts": [{"id": "111122223333", "name": "plant", "email": "plant@example.com"}, {"id": "444455556666", "name": "lab", "email": "lab@example.com"}],
 "scopes": [{"accounts": ["111122223333"], "regions": ["eu-central-1"],
  "outposts": [{"outpost": {"OutpostId": "op-00000000000000001", "OwnerId": "${account}"}}, {"outpost": {"OutpostId": "op-00000000000000002", "OwnerId": "${account}"}},
   {"outpost": {"OutpostId": "op-00000000000000003", "OwnerId": "444455556666"}}],
  "assets": [
   {"outpost": "op-00000000000000001", "asset": {"AssetId": "A1", "AssetType": "COMPUTE", "ComputeAttributes": {"State": "ACTIVE",
    "InstanceTypeCapacities": [{"InstanceType": "c5.large", "Count": 6}, {"InstanceType": "m5.large", "Count": 4}, {"InstanceType": "r5.large", "Count": 0}]}}},
   {"outpost": "op-00000000000000001", "asset": {"AssetId": "A2", "AssetType": "COMPUTE", "ComputeAttributes": {"State": "ACTIVE",
    "InstanceTypeCapacities": [{"InstanceType": "c5.large", "Count": 6}, {"InstanceType": "g4dn.xlarge", "Count": 2}]}}},
   {"outpost": "op-00000000000000002", "asset": {"AssetId": "A3", "AssetType": "COMPUTE", "ComputeAttributes": {"State": "INSTALLING"}}},
   {"outpost": "op-00000000000000003", "asset": {"AssetId": "A4", "AssetType": "COMPUTE", "ComputeAttributes": {"State": "ACTIVE",
    "InstanceTypeCapacities": [{"InstanceType": "c5.large", "Count": 6}]}}}],
  "asset_instances": [{"repeat": 4, "each": {"outpost": "op-00000000000000001", "instance": {"InstanceId": "i-${i}", "InstanceType": "c5.large", "AssetId": "A1"}}}],
  "capacity_history": [
   {"outpost": "op-00000000000000001", "used": {"InstanceType": "c5.large", "Peak": 83.33333333333334, "PeakTime": "now-12d"}},
   {"outpost": "op-00000000000000001", "used": {"InstanceType": "m5.large", "Since": "now-20d"}},
   {"outpost": "op-00000000000000001", "used": {"InstanceType": "g4dn.xlarge", "Since": "now"}}]}]
}`

// asksCloudWatch are the options of a run that asks CloudWatch.
func asksCloudWatch(t *testing.T, o awssim.Options, days int) (*simulation, Options) {
	t.Helper()
	if o.Estate == nil {
		o.Estate = estate(t, usageEstate)
	}
	sim := simulate(t, o)
	options := optionsFor(t, sim, plant)
	options.CloudWatchDays = days
	return sim, options
}

// usageOf is the section of an Outpost, with the gap behind it.
func usageOf(r *audit.Resource) string {
	s := string(r.Related["capacity_history"])
	if gap, ok := r.Gaps["capacity_history"]; ok {
		s += fmt.Sprintf("gap %s %s optional %t", gap.Operation, gap.Reason, gap.Optional)
	}
	return s
}

// wholeUsage is what CloudWatch has of 30 days before testNow, the 20th of November 2026: the c5.large were used the most on the 8th,
// there is nothing of m5.large before the last 20 days and the snapshot's, and of g4dn.xlarge but of the day of the snapshot.
const wholeUsage = `{"Days":30,"Since":"2026-10-21","Types":[{"InstanceType":"c5.large","Days":30,"Maximum":83.33333333333334,"MaximumOn":"2026-11-08"},` +
	`{"InstanceType":"g4dn.xlarge","Days":0,"Maximum":0,"MaximumOn":"2026-11-20"},{"InstanceType":"m5.large","Days":20,"Maximum":0,"MaximumOn":"2026-10-31"}]}`

// TestUsage reads how much of an Outpost was used, over one page and several, of its owner alone and only where it is asked for.
func TestUsage(t *testing.T) {
	for _, pageSize := range []int{0, 1, 2} {
		t.Run(fmt.Sprint(pageSize), func(t *testing.T) {
			sim, o := asksCloudWatch(t, awssim.Options{PageSize: pageSize}, 30)
			s := collected(t, o)
			if got := unread(s); len(got) > 0 {
				t.Errorf("not read: %v", got)
			}
			for id, want := range map[string]string{"op-00000000000000001": wholeUsage, "op-00000000000000002": "", "op-00000000000000003": ""} {
				if diff := cmp.Diff(want, usageOf(resource(t, s, id))); diff != "" {
					t.Errorf("%s (-want +got):\n%s", id, diff)
				}
			}
			calls := 0
			for _, q := range sim.Requests() {
				if q.Operation != "GetMetricData" {
					continue
				}
				calls++
				for _, want := range []string{`"MetricName":"InstanceTypeCapacityUtilization"`, `"Name":"OutpostId","Value":"op-00000000000000001"`, `"Period":86400`, `"Stat":"Maximum"`} {
					if !strings.Contains(q.Params["MetricDataQueries"], want) {
						t.Errorf("asked %s, without %s", q.Params["MetricDataQueries"], want)
					}
				}
				// from midnight of the first day to the hour of the snapshot, which is at noon
				if q.Params["StartTime"] != "1792540800" || q.Params["EndTime"] != "1795176000" || q.Service != "monitoring" {
					t.Errorf("asked %s from %s to %s", q.Service, q.Params["StartTime"], q.Params["EndTime"])
				}
			}
			if s.Manifest.CloudWatch == nil || s.Manifest.CloudWatch.Days != 30 || s.Manifest.CloudWatch.Metrics != int64(3*calls) || (pageSize == 0) != (calls == 1) {
				t.Errorf("%d calls; the manifest says %+v", calls, s.Manifest.CloudWatch)
			}
			for c := range s.Manifest.Coverage.All() {
				if c.Operation == "GetMetricData" && (c.Service != "cloudwatch" || c.Count != 1) {
					t.Errorf("the ledger says %+v", c)
				}
			}
		})
	}
}

// TestUsageNotAsked: without days CloudWatch is not asked, and nothing says that it could be.
func TestUsageNotAsked(t *testing.T) {
	sim, o := asksCloudWatch(t, awssim.Options{}, 0)
	s := collected(t, o)
	if slices.ContainsFunc(sim.Requests(), func(q awssim.Request) bool { return q.Service == "monitoring" }) {
		t.Error("CloudWatch was asked")
	}
	if got := usageOf(resource(t, s, "op-00000000000000001")); got != "" || s.Manifest.CloudWatch != nil ||
		slices.ContainsFunc(slices.Collect(s.Manifest.Coverage.All()), func(c audit.Coverage) bool { return c.Operation == "GetMetricData" }) {
		t.Errorf("section %s, manifest %+v", got, s.Manifest.CloudWatch)
	}
}

// TestUsageResumed: a snapshot is of as many days throughout.
func TestUsageResumed(t *testing.T) {
	_, o := asksCloudWatch(t, awssim.Options{}, 30)
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(Event) { cancel() }
	dir := filepath.Join(t.TempDir(), "snapshot")
	if _, err := collectInto(ctx, o, dir); !errors.Is(err, context.Canceled) {
		t.Fatalf("a run that is cancelled: %v", err)
	}
	o.Progress = nil
	resume := func() (*snapshot.Writer, error) { return snapshot.Resume(dir) }
	for days, want := range map[int]string{0: "only here: 0", 31: "only here: 31"} {
		o.CloudWatchDays = days
		if _, err := Collect(t.Context(), o, resume); err == nil || !strings.Contains(err.Error(), "days of CloudWatch only there: 30, "+want) {
			t.Errorf("resumed with %d days: %v", days, err)
		}
	}
	o.CloudWatchDays = 30
	s, err := Collect(t.Context(), o, resume)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wholeUsage, usageOf(resource(t, s, "op-00000000000000001"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUsageDays: a day is one of UTC, the first that can be asked about is the one whose every hour CloudWatch still keeps.
func TestUsageDays(t *testing.T) {
	for days, since := range map[int]string{1: "2026-11-19", MaxCloudWatchDays: "2025-08-23"} {
		_, o := asksCloudWatch(t, awssim.Options{}, days)
		got := usageOf(resource(t, collected(t, o), "op-00000000000000001"))
		for _, want := range []string{fmt.Sprintf(`{"Days":%d,"Since":%q,`, days, since), fmt.Sprintf(`{"InstanceType":"c5.large","Days":%d,`, days)} {
			if !strings.Contains(got, want) {
				t.Errorf("%d days: %s, without %s", days, got, want)
			}
		}
	}
}

// TestUsageSpoiled: what cannot be read is a gap of the section, and no gap of the run.
func TestUsageSpoiled(t *testing.T) {
	of := func(kind awssim.FaultKind) awssim.Fault { return awssim.Fault{Operation: "GetMetricData", Kind: kind} }
	for _, c := range []struct {
		name  string
		fault awssim.Fault
		want  string
	}{
		{"denied", of(awssim.FaultAccessDenied), "gap GetMetricData access_denied optional true"},
		{"denied by an SCP", of(awssim.FaultDeniedBySCP), "gap GetMetricData denied_by_scp optional true"},
		{"throttled for good", of(awssim.FaultThrottle), "gap GetMetricData throttled optional true"},
		{"throttled for a while", awssim.Fault{Operation: "GetMetricData", Kind: awssim.FaultThrottle, Times: 2}, wholeUsage},
		{"cut off once", awssim.Fault{Operation: "GetMetricData", Kind: awssim.FaultCutOff, Times: 1}, wholeUsage},
		{"an error", of(awssim.FaultServerError), "gap GetMetricData error optional true"},
		{"without its list", of(awssim.FaultMissingList), "gap GetMetricData malformed optional true"},
		{"an empty body", of(awssim.FaultEmpty), "gap GetMetricData malformed optional true"},
		{"no JSON", of(awssim.FaultBadJSON), "gap GetMetricData malformed optional true"},
		{"a result that is null", of(awssim.FaultNullItem), "gap GetMetricData malformed optional true"},
		{"every result twice", of(awssim.FaultDuplicate), wholeUsage},
		{"the second page denied", awssim.Fault{Operation: "GetMetricData", Kind: awssim.FaultAccessDenied, After: 2}, "gap GetMetricData access_denied optional true"},
		{"pages without end", of(awssim.FaultEndlessPages), "gap GetMetricData malformed optional true"},
		{"a token twice", of(awssim.FaultRepeatToken), "gap GetMetricData malformed optional true"},
		{"the assets denied", awssim.Fault{Operation: "ListAssets", Kind: awssim.FaultAccessDenied}, "gap GetMetricData access_denied optional true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			size := map[bool]int{true: 1}[c.fault.After > 0]
			_, o := asksCloudWatch(t, awssim.Options{Faults: []awssim.Fault{c.fault}, PageSize: size}, 30)
			s := collected(t, o)
			if diff := cmp.Diff(c.want, usageOf(resource(t, s, "op-00000000000000001"))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(gaps(s)) > 0 || (c.want == wholeUsage) != (len(unread(s)) == 0) {
				t.Errorf("not read: %v", unread(s))
			}
		})
	}
}

// TestUsageAnswers holds what is made of a result that AWS may send and the simulation does not.
func TestUsageAnswers(t *testing.T) {
	r := run{opts: Options{CloudWatchDays: 2}, takenAt: "2026-11-20T12:34:56Z"}
	for _, c := range []struct{ result, want string }{
		{`"StatusCode":"Complete","Timestamps":[],"Values":[]`, `{"InstanceType":"t","Days":0}`},
		{`"StatusCode":"PartialData","Timestamps":[1795046400,1794960000],"Values":[5.0,7.5]`, `{"InstanceType":"t","Days":2,"Maximum":7.5,"MaximumOn":"2026-11-18"}`},
		{`"StatusCode":"Complete","Timestamps":[1795046400,1794960000],"Values":[7.5,7.5]`, `{"InstanceType":"t","Days":2,"Maximum":7.5,"MaximumOn":"2026-11-18"}`},
		{`"StatusCode":"Complete","Timestamps":[1.7951328E9],"Values":[1E2]`, `{"InstanceType":"t","Days":0,"Maximum":1E2,"MaximumOn":"2026-11-20"}`},
		{`"StatusCode":"Complete","Timestamps":["2026-11-19T00:00:00Z"],"Values":[0]`, `{"InstanceType":"t","Days":1,"Maximum":0,"MaximumOn":"2026-11-19"}`},
		{`"StatusCode":"Complete","Timestamps":[1795176000],"Values":[0]`, "Timestamps: 2026-11-20T12:00:00Z was not asked for"},
		{`"StatusCode":"Complete","Timestamps":[1794959999],"Values":[0]`, "Timestamps: 2026-11-17T23:59:59Z was not asked for"},
		{`"StatusCode":"Complete","Timestamps":[1795046400000],"Values":[0]`, "Timestamps: 1795046400000 is outside 2015–2100"},
		{`"StatusCode":"Complete","Timestamps":[1795046400],"Values":[100.1]`, "Values: 100.1 is no percentage"},
		{`"StatusCode":"Complete","Timestamps":[1795046400],"Values":[-0.1]`, "Values: -0.1 is no percentage"},
		{`"StatusCode":"Complete","Timestamps":[1795046400],"Values":["7"]`, `Values: "7" is no percentage`},
		{`"StatusCode":"Complete","Timestamps":[1795046400],"Values":[null]`, `Values: null is no percentage`},
		{`"StatusCode":"Complete","Timestamps":[1795046400],"Values":[]`, "a result has 1 Timestamps and 0 Values"},
		{`"StatusCode":"Complete","Values":[]`, "a result has no lists Timestamps and Values"},
		{`"StatusCode":"InternalError","Messages":[{"Code":"x"}],"Timestamps":[],"Values":[]`, `CloudWatch: the status of a metric is "InternalError": [{"Code":"x"}]`},
		{`"Timestamps":[],"Values":[]`, `CloudWatch: the status of a metric is "": `},
	} {
		from, to, err := r.historyDays()
		if err != nil {
			t.Fatal(err)
		}
		u := &usedType{days: map[int]bool{}}
		h := usage{from: from, to: to}
		got := ""
		if err := h.add(u, []byte("{"+c.result+"}")); err != nil {
			got = err.Error()
		} else {
			got = string(u.json("t", 2))
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.result, got, c.want)
		}
	}
}

// TestMetricsPrice writes what CloudWatch costs.
func TestMetricsPrice(t *testing.T) {
	for metrics, want := range map[int64]string{0: "0.00", 1: "0.00001", 120: "0.0012", 1000: "0.01", 100_000: "1.00", 123_456: "1.23456"} {
		if got := MetricsPrice(metrics); got != want {
			t.Errorf("%d metrics: USD %s, want %s", metrics, got, want)
		}
	}
}
