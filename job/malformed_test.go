package job

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/snapshot"
)

// rewritten returns a copy of a snapshot with every resource as change leaves it.
func rewritten(t *testing.T, s *snapshot.Snapshot, change func(*audit.Resource)) *snapshot.Snapshot {
	t.Helper()
	w, err := snapshot.Create(filepath.Join(t.TempDir(), "snapshot"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.Manifest.Files {
		p, err := w.Part(f.Account, f.Region, f.Kind)
		if err != nil {
			t.Fatal(err)
		}
		for r, err := range s.ReadFile(f) {
			if err != nil {
				t.Fatal(err)
			}
			change(r)
			if err := p.Add(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Commit(nil); err != nil {
			t.Fatal(err)
		}
	}
	m := s.Manifest
	m.Accounts, m.Regions = slices.Clone(m.Accounts), slices.Clone(m.Regions)
	out, err := w.Finish(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestOddMemberCostsOneResource gives an Outpost, an order and the quotes of a region members that finance cannot read: the rest of the
// report is as it was, in every format, and the same whether it was sharded or not.
func TestOddMemberCostsOneResource(t *testing.T) {
	ctx := context.Background()
	j := demoJob(t, deliveryDay)
	clean := runJob(t, j)
	whole, err := snapshot.Open(j.SnapshotDir())
	if err != nil {
		t.Fatal(err)
	}
	odd := map[string]*audit.Resource{}
	s := rewritten(t, whole, func(r *audit.Resource) {
		first := odd[r.Kind]
		switch {
		case r.Kind == audit.KindOutpost && first == nil && odd[audit.KindOrder].Region != r.Region &&
			bytes.Contains(r.Related["billing"], []byte(`"PaymentTerm":"`)):
			r.Related["billing"] = bytes.Replace(r.Related["billing"], []byte(`"PaymentTerm":"`), []byte(`"PaymentTerm":3,"Was":"`), 1)
		case r.Kind == audit.KindOrder && first == nil && bytes.Contains(r.Related["outpost"], []byte(`"PaymentTerm":"`)):
			r.Related["outpost"] = bytes.Replace(r.Related["outpost"], []byte(`"PaymentTerm":"`), []byte(`"PaymentTerm":3,"Was":"`), 1)
		case r.Kind == audit.KindQuote && (first == nil || first.Account == r.Account && first.Region == r.Region):
			r.Spec = bytes.Replace(r.Spec, []byte(`"UpfrontPrice":`), []byte(`"UpfrontPrice":1e13,"Was":`), 1)
		default:
			return
		}
		if odd[r.Kind] == nil {
			odd[r.Kind] = r
		}
	})
	if len(odd) != 3 {
		t.Fatalf("%d kinds are odd", len(odd))
	}

	var log strings.Builder
	dirty := with(t, j, func(c *Config) { c.Output.Formats = FormatNames() })
	dirty.Log = slog.New(slog.NewTextHandler(&log, nil))
	res, err := dirty.Evaluate(ctx, s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if res.Report.Status != audit.Incomplete || len(res.Files) != len(formats) {
		t.Errorf("status %s, %d files", res.Report.Status, len(res.Files))
	}
	if d := cmp.Diff(clean.Report.Summary.Resources, res.Report.Summary.Resources); d != "" {
		t.Error(d)
	}
	before := map[string]bool{}
	for f, err := range clean.Report.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		before[f.Fingerprint] = true
	}
	asked := map[string]string{audit.KindOutpost: "GetOutpostBillingInformation", audit.KindOrder: "GetOutpostBillingInformation",
		audit.KindQuote: "GetQuote"}
	for kind, r := range odd {
		ledger := slices.Collect(res.Report.Coverage.All())
		i := slices.IndexFunc(ledger, func(c audit.Coverage) bool {
			return c.Account == r.Account && c.Region == r.Region && c.Service == "outposts" && c.Operation == asked[kind]
		})
		row := ledger[i]
		if row.Status != audit.StatusGap || row.Reason != audit.ReasonMalformed || !strings.Contains(row.Message, r.ID+": read ") ||
			row.Count == 0 {
			t.Errorf("%+v", row)
		}
		if !strings.Contains(log.String(), "not readable") || !strings.Contains(log.String(), r.ID) {
			t.Errorf("the log does not name %s", r.ID)
		}
		verdicts := map[audit.Verdict]int{}
		for f, err := range res.Report.Findings.All() {
			if err != nil {
				t.Fatal(err)
			}
			if f.Resource.ID == r.ID {
				verdicts[f.Verdict]++
				if f.Verdict == audit.Fail && !before[f.Fingerprint] { // what does not rest on the member stands
					t.Errorf("%s: new: %s", r.ID, f.Msg)
				}
			}
		}
		if verdicts[audit.Unknown] == 0 || verdicts[audit.Error] > 0 {
			t.Errorf("%s: %v", r.ID, verdicts)
		}
	}
	whose := odd[audit.KindOutpost].Account
	for f, err := range res.Report.Findings.All() {
		if err == nil && strings.HasPrefix(f.Rule, "estate.") && f.Resource.ID == whose && f.Verdict == audit.Fail {
			t.Errorf("%s evaluates the commitments of an account that are not whole", f.Rule)
		}
	}

	want := files(t, dirty.Config.Output.Dir)
	again := with(t, dirty, nil)
	twice, err := again.Evaluate(ctx, s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer twice.Close()
	if have := files(t, again.Config.Output.Dir); !maps.Equal(want, have) {
		t.Error("the same snapshot gives other bytes")
	}

	in, err := j.prepare(ctx)
	if err != nil {
		t.Fatal(err)
	}
	plan := Plan{SchemaVersion: PlanSchemaVersion, ToolVersion: "test", ID: "0", TakenAt: s.Manifest.TakenAt, AsOf: s.Manifest.TakenAt,
		Accounts: s.Manifest.Accounts, Regions: s.Manifest.Regions, Chosen: s.Manifest.Chosen, Shards: make([]Shard, 2)}
	owns := []map[[2]string]bool{{}, {}}
	for i, scope := range scopesOf(&s.Manifest) {
		owns[i%2][scope] = true
	}
	var dirs []string
	for i, own := range owns {
		shard := with(t, j, nil)
		taken := part(t, s, own, i == 0, shard.Config.Output.Dir)
		if err := shard.evaluateShard(ctx, taken, in, partialRecord{SchemaVersion: PlanSchemaVersion, Shard: i, Plan: plan}); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, shard.Config.Output.Dir)
	}
	one := with(t, j, nil)
	merged, err := one.Merge(ctx, dirs)
	if err != nil {
		t.Fatal(err)
	}
	defer merged.Close()
	if d := cmp.Diff(want["report.json"], files(t, one.Config.Output.Dir)["report.json"]); d != "" {
		t.Error(d)
	}
}
