package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awssim"
	"tenor/internal/inline"
	"tenor/internal/s3sim"
	"tenor/snapshot"
)

// with returns a job like j that writes into a folder of its own.
func with(t *testing.T, j *Job, set func(*Config)) *Job {
	t.Helper()
	own := *j
	own.Config.Output.Dir = filepath.Join(t.TempDir(), "out")
	if set != nil {
		set(&own.Config)
	}
	return &own
}

// writeWaivers writes a waivers file: one that matches several failures of one resource, an expired one, an unused one.
func writeWaivers(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "waivers.yaml")
	err := os.WriteFile(path, []byte(`waivers:
- {rule: outposts.quote_requirement_failed, resource: 'oq-*', reason: known, owner: me, expires: 2027-06-30}
- {rule: general.tag_missing, resource: 'op-*', reason: known, owner: me, expires: 2026-01-01}
- {rule: outposts.order_error, resource: none, reason: gone, owner: me, expires: 2027-06-30}
- {rule: service_catalog.product_error, resource: 'pp-*', reason: known, owner: me, expires: 2027-06-30}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// scopesOf returns every account × region pair of a snapshot.
func scopesOf(m *snapshot.Manifest) [][2]string {
	var pairs [][2]string
	for _, a := range m.Accounts {
		for _, r := range m.Regions {
			pairs = append(pairs, [2]string{a.ID, r})
		}
	}
	return pairs
}

// part writes the part of a snapshot that one shard would have taken: the scopes that are its own. What was noted of an
// account as a whole is in each shard with a part of it; calls of no region are the first shard's.
func part(t *testing.T, s *snapshot.Snapshot, own map[[2]string]bool, first bool, dir string) *snapshot.Snapshot {
	t.Helper()
	accounts := map[string]bool{}
	for scope := range own {
		accounts[scope[0]] = true
	}
	m := s.Manifest
	m.Accounts = slices.DeleteFunc(slices.Clone(m.Accounts), func(a snapshot.ManifestAccount) bool { return !accounts[a.ID] })
	m.Files = slices.DeleteFunc(slices.Clone(m.Files), func(f snapshot.File) bool { return !own[[2]string{f.Account, f.Region}] })
	m.Coverage = inline.Into(&audit.Ledger{}, slices.DeleteFunc(slices.Collect(m.Coverage.All()), func(c audit.Coverage) bool {
		if c.Region == "" {
			return !accounts[c.Account]
		}
		return !own[[2]string{c.Account, c.Region}]
	})...)
	calls := slices.DeleteFunc(slices.Collect(m.Calls.All()), func(c snapshot.CallMetrics) bool {
		if c.Account == "" || c.Region == "" || !slices.ContainsFunc(scopesOf(&s.Manifest),
			func(p [2]string) bool { return p == [2]string{c.Account, c.Region} }) {
			return !first
		}
		return !own[[2]string{c.Account, c.Region}]
	})
	m.Calls = &snapshot.Calls{}
	for _, c := range calls {
		m.Calls.Add(c)
	}
	w, err := snapshot.Create(filepath.Join(dir, "snapshot"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Adopt(&snapshot.Snapshot{Dir: s.Dir, Manifest: m}); err != nil {
		t.Fatal(err)
	}
	out, err := w.Finish(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestMergedReportIsTheUnsharded cuts runs of several kinds at random, and wants each byte that the whole run wrote.
func TestMergedReportIsTheUnsharded(t *testing.T) {
	ctx := context.Background()
	for _, tt := range []struct {
		name     string
		faults   []awssim.Fault
		waivers  bool
		baseline bool
	}{
		{name: "plain"},
		{name: "waivers, decisions and a baseline", waivers: true, baseline: true},
		{name: "gaps", waivers: true, baseline: true, faults: []awssim.Fault{
			{Operation: "GetOutpostBillingInformation", Region: "eu-central-1", Kind: awssim.FaultAccessDenied},
			{Operation: "SearchProvisionedProducts", Account: "719203846551", Kind: awssim.FaultAccessDenied},
			{Operation: "AssumeRole", Account: "350918274466", Kind: awssim.FaultAccessDenied},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			formats := func(c *Config) { c.Output.Formats = []string{"json", "csv", "xlsx"} }
			whole := with(t, demoJob(t, deliveryDay, tt.faults...), formats)
			if tt.waivers {
				whole.Config.Waivers, whole.Config.Policies.Dirs = writeWaivers(t), []string{policyDir(t)}
				whole.Config.Decisions = filepath.Join("..", "examples", "decisions.yaml")
			}
			if tt.baseline {
				before := with(t, demoJob(t, deliveryDay.AddDate(0, -2, 0)), formats)
				runJob(t, before)
				whole.Config.Baseline = filepath.Join(before.Config.Output.Dir, "report.json")
			}
			res := runJob(t, whole)
			want := files(t, whole.Config.Output.Dir)
			s, err := snapshot.Open(whole.SnapshotDir())
			if err != nil {
				t.Fatal(err)
			}
			if tt.waivers && res.Report.Summary.Verdicts[audit.Waived] == 0 {
				t.Fatal("no finding is waived")
			}
			if n := len(res.Report.Decisions); tt.waivers != (n > 0) {
				t.Fatalf("%d decisions", n)
			}
			bare := with(t, whole, func(c *Config) { c.Waivers, c.Baseline = "", "" })
			in, err := bare.prepare(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for seed := range uint64(4) {
				rnd := rand.New(rand.NewPCG(7, seed))
				n := 1 + rnd.IntN(7)
				owns := make([]map[[2]string]bool, n)
				for i := range owns {
					owns[i] = map[[2]string]bool{}
				}
				for _, scope := range scopesOf(&s.Manifest) {
					owns[rnd.IntN(n)][scope] = true
				}
				plan := Plan{SchemaVersion: PlanSchemaVersion, ToolVersion: "test", ID: "0", TakenAt: s.Manifest.TakenAt, AsOf: s.Manifest.TakenAt,
					Accounts: s.Manifest.Accounts, Regions: s.Manifest.Regions, Chosen: s.Manifest.Chosen, Shards: make([]Shard, n)}
				var dirs []string
				for i, own := range owns {
					j := with(t, bare, nil)
					taken := part(t, s, own, i == 0, j.Config.Output.Dir)
					if err := j.evaluateShard(ctx, taken, in, partialRecord{SchemaVersion: PlanSchemaVersion, Shard: i, Plan: plan}); err != nil {
						t.Fatal(err)
					}
					dirs = append(dirs, j.Config.Output.Dir)
				}
				rnd.Shuffle(n, func(i, k int) { dirs[i], dirs[k] = dirs[k], dirs[i] })
				merged := with(t, whole, nil)
				again, err := merged.Merge(ctx, dirs)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = again.Close() })
				if again.Exit != res.Exit {
					t.Errorf("seed %d: exit %d, want %d", seed, again.Exit, res.Exit)
				}
				have := files(t, merged.Config.Output.Dir)
				if d := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(have))); d != "" {
					t.Fatalf("seed %d, %d shards: %s", seed, n, d)
				}
				for name := range want {
					if want[name] != have[name] {
						t.Errorf("seed %d, %d shards: %s differs", seed, n, name)
						if strings.HasSuffix(name, ".json") {
							t.Fatal(cmp.Diff(want[name], have[name]))
						}
					}
				}
			}
		})
	}
}

// shardedRun plans the demo into shards and runs each of them, and returns the folders.
func shardedRun(t *testing.T, j *Job, n int) (plan string, dirs []string) {
	t.Helper()
	ctx := context.Background()
	p, err := j.MakePlan(ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	plan, err = j.PutPlan(ctx, p, filepath.Join(t.TempDir(), "shards.json"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Shards {
		own := with(t, j, nil)
		if _, err := own.RunShard(ctx, plan, i); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, own.Config.Output.Dir)
	}
	return plan, dirs
}

// withoutCalls returns report.json without what says which calls were made: how long they took is never the same.
func withoutCalls(t *testing.T, res *Result) string {
	t.Helper()
	b, err := os.ReadFile(res.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	run := res.Report.Run
	return strings.NewReplacer(run.ID, "ID", run.SnapshotDigest, "DIGEST").Replace(string(b))
}

// mergesTo cuts the run into each number of shards, and wants their merged report.
func mergesTo(t *testing.T, whole *Job, want string, cuts ...int) {
	t.Helper()
	for _, n := range cuts {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			_, dirs := shardedRun(t, whole, n)
			merged, err := with(t, whole, nil).Merge(context.Background(), dirs)
			if err != nil {
				t.Fatal(err)
			}
			defer merged.Close()
			if d := cmp.Diff(want, withoutCalls(t, merged)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestShardedRunReadsTheSame(t *testing.T) {
	fault := awssim.Fault{Operation: "ListQuotes", Account: "719203846551", Kind: awssim.FaultAccessDenied}
	whole := demoJob(t, deliveryDay, fault)
	want := withoutCalls(t, runJob(t, whole))
	mergesTo(t, whole, want, 1, 2, 5, 1000)
}

// TestShardsOfUnnamedRegions cuts a run whose regions are not named: regions without a service are then not asked for it,
// and must not be in a shard either.
func TestShardsOfUnnamedRegions(t *testing.T) {
	whole := with(t, demoJob(t, deliveryDay), func(c *Config) { c.Regions = nil })
	res := runJob(t, whole)
	if !slices.ContainsFunc(slices.Collect(res.Report.Coverage.All()), func(c audit.Coverage) bool { return c.Message == "the service is not in this region" }) {
		t.Fatal("every region has every service: the test shows nothing")
	}
	want := withoutCalls(t, res)
	mergesTo(t, whole, want, 2, 12)
}

// TestShardsOfARegionThatAMemberNames has a region that neither the SDK nor the caller's account names, and a member does: one shard
// of that member reads it, however it is cut.
func TestShardsOfARegionThatAMemberNames(t *testing.T) {
	estate, err := awssim.LoadEstate(strings.NewReader(`{
 "organization": {"id": "o-exampleorg1", "root": "r-abcd", "management_account": "900000000009"},
 "role": {"name": "TenorAudit", "external_id": "example"},
 "accounts": [
  {"id": "900000000009", "name": "management", "email": "management@example.com", "unit": "r-abcd"},
  {"id": "111122223333", "name": "plant", "email": "plant@example.com", "unit": "r-abcd"},
  {"id": "444455556666", "name": "lab", "email": "lab@example.com", "unit": "r-abcd", "disabled_regions": ["eu-north-9"]}
 ],
 "regions": ["eu-central-1", "eu-north-9"],
 "scopes": [{"accounts": ["111122223333"], "regions": ["eu-central-1", "eu-north-9"],
  "orders": [{"OrderId": "oo-${hex}", "OutpostId": "op-00000000000000001", "Status": "ERROR", "OrderSubmissionDate": "now-10d"}]}]
}`), deliveryDay)
	if err != nil {
		t.Fatal(err)
	}
	j := jobOn(t, estate, deliveryDay, awssim.Fault{Account: "900000000009", Operation: "ListRegions", Kind: awssim.FaultAccessDenied})
	whole := with(t, j, func(c *Config) { c.Regions = nil })
	res := runJob(t, whole)
	there := 0
	for row := range res.Report.Coverage.All() {
		if row.Account == "111122223333" && row.Region == "eu-north-9" && row.Status == audit.StatusCollected {
			there++
		}
	}
	if there != 8 || !slices.Contains(res.Report.Run.Regions, "eu-north-9") {
		t.Fatalf("%d calls there, regions %v: the test shows nothing", there, res.Report.Run.Regions)
	}
	mergesTo(t, whole, withoutCalls(t, res), 1, 2, 3, 7)
}

func TestMissingShardIsAGap(t *testing.T) {
	j := demoJob(t, deliveryDay)
	runJob(t, j) // the baseline, complete
	_, dirs := shardedRun(t, j, 5)
	part := with(t, j, func(c *Config) { c.Baseline = filepath.Join(j.Config.Output.Dir, "report.json") })
	var log strings.Builder
	part.Log = slog.New(slog.NewTextHandler(&log, nil))
	res, err := part.Merge(context.Background(), slices.Delete(slices.Clone(dirs), 2, 3))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if text := log.String(); !strings.Contains(text, "api=everything") || strings.Contains(text, "api=:") {
		t.Errorf("the log does not say that nothing was asked for: %s", text)
	}
	lost, err := openPartial(dirs[2])
	if err != nil {
		t.Fatal(err)
	}
	defer lost.close()
	var gaps, want []string
	for c := range res.Report.Coverage.All() {
		if c.Status == audit.StatusGap {
			gaps = append(gaps, c.Account+" "+c.Region+" "+c.Message)
		}
	}
	for _, r := range lost.record.Plan.Regions {
		want = append(want, lost.report.Run.Accounts[0].ID+" "+r+" shard 2 of plan "+lost.record.Plan.ID+" is missing")
	}
	if d := cmp.Diff(want, gaps); d != "" || len(lost.report.Run.Accounts) != 1 {
		t.Errorf("gaps: %s", d)
	}
	if res.Report.Status != audit.Incomplete || res.Report.Changes.Resolved.Len > 0 || res.Report.Changes.NotReevaluated.Len < lost.report.Findings.Len {
		t.Errorf("status %s, %d resolved, %d not re-evaluated of %d lost", res.Report.Status, res.Report.Changes.Resolved.Len, res.Report.Changes.NotReevaluated.Len, lost.report.Findings.Len)
	}
	for c := range lost.snapshot.Manifest.Calls.All() {
		if c.Service == "organizations" {
			t.Errorf("a shard asks the organization: %+v", c)
		}
	}
	if len(res.Report.Run.Accounts) != len(lost.record.Plan.Accounts) {
		t.Errorf("%d accounts", len(res.Report.Run.Accounts))
	}
}

func TestShardsThroughS3(t *testing.T) {
	s := startS3(t, s3sim.Options{})
	j := deliveringJob(t, deliveryDay)
	ctx := context.Background()
	p, err := j.MakePlan(ctx, 3)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := j.PutPlan(ctx, p, j.Config.Output.S3)
	if err != nil {
		t.Fatal(err)
	}
	if want := "s3://reports/audit/plans/20261120T090000Z-" + p.ID + "/shards.json"; plan != want {
		t.Fatalf("plan %s, want %s", plan, want)
	}
	for i := range p.Shards {
		for range 2 { // an attempt that is repeated replaces the first
			if _, err := with(t, j, nil).RunShard(ctx, plan, i); err != nil {
				t.Fatal(err)
			}
		}
	}
	merged := with(t, j, nil)
	res, err := merged.Merge(ctx, []string{plan})
	if err != nil || res.Delivery.Err != nil {
		t.Fatal(err, res.Delivery.Err)
	}
	defer res.Close()
	wantLatest(t, s, res)
	if left, err := os.Stat(merged.partialsDir()); err == nil {
		t.Errorf("%s is left behind", left.Name())
	}
	if res.Report.Summary.Coverage.Gaps > 0 {
		t.Errorf("%d gaps", res.Report.Summary.Coverage.Gaps)
	}

	key := strings.TrimPrefix(plan, "s3://reports/")
	s.Store("reports", strings.TrimSuffix(key, planName)+partialKey(1), []byte("this is no gzip at all"))
	if _, err := with(t, j, nil).Merge(ctx, []string{plan}); err == nil ||
		!strings.Contains(err.Error(), "partials/0001.tar.gz: gzip: invalid header") {
		t.Errorf("%v", err)
	}
	for _, ref := range []string{"s3://reports/audit", "s3://reports/none/shards.json", "s3://Reports/x/shards.json"} {
		if _, err := with(t, j, nil).Merge(ctx, []string{ref}); err == nil || !strings.Contains(err.Error(), "plan") &&
			!strings.Contains(err.Error(), "is no s3://") {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

func TestShardsThatDoNotGoTogether(t *testing.T) {
	ctx := context.Background()
	j := demoJob(t, deliveryDay)
	_, dirs := shardedRun(t, j, 2)
	_, others := shardedRun(t, j, 3)
	for _, tt := range []struct {
		name string
		from []string
		set  func(*Job)
		want string
	}{
		{name: "no shard", want: "merge: no shard was found: name the folders or the bucket to which tenor run --shard wrote"},
		{name: "no such folder", from: []string{"nowhere"}, want: "nowhere is no shard: it has no partial.json"},
		{name: "twice the same", from: []string{dirs[0], dirs[0]}, want: "are both shard 0"},
		{name: "two plans", from: []string{dirs[0], others[1]}, want: "shards of two runs do not mix"},
		{name: "another version", from: dirs, set: func(j *Job) { j.Version = "2" },
			want: "merge: shard 0 was made by tenor test from a plan by test, and this is 2: merge with the version of both, or make a new plan"},
		{name: "other policies", from: dirs, set: func(j *Job) { j.Config.Policies.Dirs = []string{policyDir(t)} },
			want: "merge: shard 0 was evaluated by other policies"},
		{name: "other parameters", from: dirs, set: func(j *Job) { j.Config.Finance.DiscountRate = "0.5" },
			want: "merge: shard 0 was evaluated with other parameters, severities or assumptions"},
		{name: "another date", from: dirs, set: func(j *Job) { j.Config.AsOf = deliveryDay.AddDate(1, 0, 0) },
			want: "merge: the shards are as of 2026-11-20T09:00:00Z: make a new plan for another date"},
		{name: "into itself", from: dirs, set: func(j *Job) { j.Config.Output.Dir = dirs[1] },
			want: "is one of the shards: merge into another folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := with(t, j, nil)
			if tt.set != nil {
				tt.set(m)
			}
			if _, err := m.Merge(ctx, tt.from); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v\nwant %s", err, tt.want)
			}
			if _, err := os.Stat(filepath.Join(m.Config.Output.Dir, "report.json")); tt.name != "into itself" && !errors.Is(err, os.ErrNotExist) {
				t.Error("a report is there")
			}
		})
	}
	t.Run("another gate", func(t *testing.T) {
		m := with(t, j, func(c *Config) { c.FailOn, c.Waivers = FailOnNone, writeWaivers(t) })
		before := m.Config
		res, err := m.Merge(ctx, dirs)
		if err != nil || res.Exit != ExitClean {
			t.Fatal(err)
		}
		if d := cmp.Diff(before, m.Config); d != "" {
			t.Errorf("the merge changed its config: %s", d)
		}
		if err := res.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("a damaged file", func(t *testing.T) {
		s, err := snapshot.Open(filepath.Join(dirs[0], "snapshot"))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(s.Dir, filepath.FromSlash(s.Manifest.Files[0].Path))
		if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := with(t, j, nil).Merge(ctx, dirs); err == nil || !strings.Contains(err.Error(), path+": ") ||
			!strings.Contains(err.Error(), "the file is not the one in the manifest") {
			t.Errorf("%v", err)
		}
	})
	t.Run("a later attempt", func(t *testing.T) {
		b, err := os.ReadFile(filepath.Join(others[0], "report.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dirs[1], "report.json"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := with(t, j, nil).Merge(ctx, dirs); err == nil ||
			!strings.Contains(err.Error(), "report.json is not of the snapshot beside it") {
			t.Errorf("%v", err)
		}
	})
}

// policyDir holds a rule of a user's that sees everything that is known of an account.
func policyDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	err := os.WriteFile(filepath.Join(dir, "own.rego"), []byte(`# METADATA
# scope: package
# title: what an account has
# custom: {severity: low, kinds: [estate.account]}
package own

deny contains {"msg": "counted", "evidence": {"counts": input.facts.counts, "ends": input.facts.contract_ends}} if input.facts.counts
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestPlans(t *testing.T) {
	ids := func(n int) []snapshot.ManifestAccount {
		var list []snapshot.ManifestAccount
		for i := range n {
			list = append(list, snapshot.ManifestAccount{ID: fmt.Sprintf("%012d", i)})
		}
		return list
	}
	for _, tt := range []struct{ accounts, regions, n, want int }{
		{1, 1, 1, 1}, {1, 1, 9, 1}, {1, 26, 5, 5}, {1, 26, 100, 26}, {10, 26, 3, 3}, {10, 26, 10, 10}, {10, 26, 25, 20}, {3, 2, 100, 6},
		{500, 26, 64, 64},
	} {
		var regions []string
		for i := range tt.regions {
			regions = append(regions, fmt.Sprintf("r-%02d", i))
		}
		shards := cut(ids(tt.accounts), regions, tt.n)
		seen := map[[2]string]int{}
		least, most := tt.accounts*tt.regions, 0
		for _, s := range shards {
			for _, a := range s.Accounts {
				for _, r := range s.Regions {
					seen[[2]string{a, r}]++
				}
			}
			size := len(s.Accounts) * len(s.Regions)
			least, most = min(least, size), max(most, size)
		}
		once := len(seen) == tt.accounts*tt.regions
		for _, n := range seen {
			once = once && n == 1
		}
		if len(shards) != tt.want || !once || least == 0 || most-least > tt.regions {
			t.Errorf("%+v: %d shards of %d to %d scopes, each once %v", tt, len(shards), least, most, once)
		}
	}
}

func TestPlanFiles(t *testing.T) {
	j := with(t, demoJob(t, deliveryDay), nil)
	ctx := context.Background()
	p, err := j.MakePlan(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.encode()
	if err != nil {
		t.Fatal(err)
	}
	have, err := parsePlan("shards.json", text)
	if d := cmp.Diff(p, have); d != "" || err != nil {
		t.Error(d, err)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"no JSON", "x", "plan shards.json:1: invalid character"},
		{"another version", `{"schema_version": "7.0"}`, `plan shards.json: schema_version "7.0": this version of tenor reads 1.0`},
		{"changed", strings.Replace(string(text), "719203846551", "719203846552", 1), "plan shards.json: was changed since it was made"},
	} {
		if _, err := parsePlan("shards.json", []byte(tt.text)); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	if _, err := j.MakePlan(ctx, 0); err == nil {
		t.Error("no error for no shards")
	}
	path, err := j.PutPlan(ctx, p, filepath.Join(t.TempDir(), "shards.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.RunShard(ctx, path, 2); err == nil || err.Error() != "plan "+path+" has shards 0 to 1, and no 2" {
		t.Errorf("%v", err)
	}
}

func TestSplitShard(t *testing.T) {
	for _, tt := range []struct {
		ref   string
		env   map[string]string
		plan  string
		shard int
		fails string
	}{
		{ref: "shards.json#3", plan: "shards.json", shard: 3},
		{ref: "s3://b/p/shards.json#0", env: map[string]string{"JOB_COMPLETION_INDEX": "7"}, plan: "s3://b/p/shards.json"},
		{ref: "shards.json", env: map[string]string{"AWS_BATCH_JOB_ARRAY_INDEX": "12"}, plan: "shards.json", shard: 12},
		{ref: "shards.json", env: map[string]string{"JOB_COMPLETION_INDEX": "0"}, plan: "shards.json"},
		{ref: "shards.json",
			fails: "shards.json: which shard? Want shards.json#N, or an array job's AWS_BATCH_JOB_ARRAY_INDEX or JOB_COMPLETION_INDEX"},
		{ref: "shards.json#", fails: `shards.json#: "" is no number of a shard`},
		{ref: "shards.json#-1", fails: `shards.json#-1: "-1" is no number of a shard`},
		{ref: "shards.json#one", fails: `shards.json#one: "one" is no number of a shard`},
		{ref: "shards.json", env: map[string]string{"JOB_COMPLETION_INDEX": "0x1"},
			fails: `shards.json: JOB_COMPLETION_INDEX: "0x1" is no number of a shard`},
	} {
		plan, shard, err := SplitShard(tt.ref, func(name string) string { return tt.env[name] })
		failed := ""
		if err != nil {
			failed = err.Error()
		}
		if plan != tt.plan || shard != tt.shard || failed != tt.fails {
			t.Errorf("%s %v: %s %d %v", tt.ref, tt.env, plan, shard, err)
		}
	}
}

// A shard that another build evaluates would be refused by the merge, after hours of collecting.
func TestShardOfAnotherBuild(t *testing.T) {
	plan := Plan{ToolVersion: "v1.0.0", TakenAt: "2026-11-20T09:00:00Z", AsOf: "2026-11-20T09:00:00Z", Shards: []Shard{{}}}
	var err error
	if plan.ID, err = plan.digest(); err != nil {
		t.Fatal(err)
	}
	plan.SchemaVersion = PlanSchemaVersion
	text, err := plan.encode()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "shards.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	j := &Job{Config: DefaultConfig(), Version: "v1.1.0", Log: slog.New(slog.DiscardHandler), Now: time.Now}
	j.Config.Output.Dir = filepath.Join(t.TempDir(), "out")
	_, err = j.RunShard(t.Context(), file, 0)
	want := "plan " + file + " was made by tenor v1.0.0, and this is v1.1.0: run its shards and its merge with that version, or make a new plan"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
