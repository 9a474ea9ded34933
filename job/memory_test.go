package job

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awssim"
	"tenor/internal/s3sim"
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
	j.Config.Rate = 10_000
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
	const account, region = "203948571620", "eu-central-1"
	nothing := func(*audit.Finding) bool { return false }
	nights := []struct {
		night
		hidden func(*audit.Finding) bool // of what is known, what cannot be evaluated
	}{
		{night{name: "whole"}, nothing},
		{night{name: "an account is denied", faults: []awssim.Fault{{Account: account, Region: region, Operation: "*", Kind: awssim.FaultAccessDenied}}},
			func(f *audit.Finding) bool {
				return f.Resource.Account == account && (f.Resource.Region == region || f.Rule == "estate.contracts_cluster")
			}},
		{night{name: "one region alone", set: func(c *Config) { c.Regions, c.RegionsNarrowed = []string{"us-east-2"}, true }},
			func(f *audit.Finding) bool { return f.Resource.Region != "us-east-2" }},
		{night{name: "an API is denied", faults: []awssim.Fault{{Operation: "ListQuotes", Kind: awssim.FaultDeniedBySCP}}},
			func(f *audit.Finding) bool {
				return f.Resource.Kind == audit.KindQuote || f.Rule == "outposts.order_differs_from_quote"
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
				if c.New+len(c.Changed)+c.Resolved.Len+c.Dropped.Len > 0 || c.Persisting != len(stay) {
					t.Errorf("%s: %d new, %d persisting, %d changed, %d resolved, %d dropped", n.name, c.New, c.Persisting, len(c.Changed), c.Resolved.Len, c.Dropped.Len)
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
