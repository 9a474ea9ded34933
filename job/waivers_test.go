package job

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/job/waivers"
)

// TestUnusedIsSaidOfWhatWasRead narrows a run: what a waiver is for may lie outside.
func TestUnusedIsSaidOfWhatWasRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "waivers.yaml")
	err := os.WriteFile(path, []byte(`waivers:
- {rule: outposts.order_error, resource: inside, account: "203948571620", reason: r, owner: o, expires: 2027-06-30}
- {rule: outposts.order_error, resource: outside, account: "350918274466", reason: r, owner: o, expires: 2027-06-30}
- {rule: outposts.order_error, resource: anywhere, reason: r, owner: o, expires: 2027-06-30}
- {rule: outposts.order_error, resource: "arn:aws:outposts:eu-central-1:203948571620:order/x", reason: r, owner: o, expires: 2027-06-30}
- {rule: outposts.order_error, resource: "arn:aws:outposts:mx-central-1:203948571620:order/x", reason: r, owner: o, expires: 2027-06-30}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	const inside, outside, anywhere, here = "inside", "outside", "anywhere", "arn:aws:outposts:eu-central-1:203948571620:order/x"
	whole := demoJob(t, deliveryDay)
	whole.Config.Waivers = path
	for _, tt := range []struct {
		name   string
		set    func(*Config)
		unused []string
		hidden int // findings of the whole run that are not re-evaluated
	}{
		{"whole", func(*Config) {}, []string{inside, outside, anywhere, here}, 0},
		{"an account", func(c *Config) { c.Accounts, c.AccountsChosen = []string{"203948571620"}, true }, []string{inside, here}, 2},
		{"a region", func(c *Config) { c.Regions, c.RegionsNarrowed = []string{"eu-central-1"}, true }, []string{here}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := with(t, whole, tt.set)
			if tt.hidden > 0 {
				j.Config.Baseline = filepath.Join(whole.Config.Output.Dir, "report.json")
			} else {
				j.Config.Output.Dir = whole.Config.Output.Dir
			}
			res := runJob(t, j)
			var unused []string
			for f, err := range res.Report.Findings.All() {
				if err != nil {
					t.Fatal(err)
				}
				if f.Rule == "waivers.unused" {
					unused = append(unused, strings.TrimPrefix(f.Resource.ID, "outposts.order_error "))
				}
			}
			slices.Sort(unused)
			slices.Sort(tt.unused)
			if d := cmp.Diff(tt.unused, unused); d != "" {
				t.Error(d)
			}
			if tt.hidden == 0 {
				return
			}
			hidden := 0
			for f, err := range res.Report.Changes.NotReevaluated.All() {
				if err != nil {
					t.Fatal(err)
				}
				if f.Rule == "waivers.unused" {
					hidden++
				}
			}
			if hidden != tt.hidden {
				t.Errorf("%d not re-evaluated, want %d", hidden, tt.hidden)
			}
		})
	}
}

// TestWaiverOfOneFindingSparesTheOthers waives one of several findings of a rule on a resource, as waivers add does.
func TestWaiverOfOneFindingSparesTheOthers(t *testing.T) {
	ctx := context.Background()
	j := demoJob(t, deliveryDay)
	before := runJob(t, j)
	type verdict struct{ rule, account, id string }
	all := map[verdict][]audit.Finding{}
	var several []audit.Finding
	var single audit.Finding
	for f, err := range before.Report.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		at := verdict{f.Rule, f.Resource.Account, f.Resource.ID}
		if all[at] = append(all[at], f); len(all[at]) > 1 {
			several = all[at]
		}
		single = f
	}
	if _, alone, err := FindingOf(j.Config.Output.Dir, single.Fingerprint); err != nil || !alone {
		t.Errorf("alone %v: %v", alone, err)
	}
	if len(several) == 0 {
		t.Fatal("no rule has several findings on a resource")
	}
	one, alone, err := FindingOf(j.Config.Output.Dir, several[0].Fingerprint)
	if err != nil || alone {
		t.Fatalf("alone %v: %v", alone, err)
	}
	path := filepath.Join(t.TempDir(), "waivers.yaml")
	w := waivers.Waiver{Rule: one.Rule, Resource: one.Resource.ID, Account: one.Resource.Account, Finding: one.Fingerprint, Reason: "r",
		Owner: "o", Expires: "2027-06-30"}
	if err := waivers.Add(path, w, waivers.Limit{From: deliveryDay}); err != nil {
		t.Fatal(err)
	}
	waived := with(t, j, func(c *Config) { c.Waivers = path })
	res := runJob(t, waived)
	for f, err := range res.Report.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		if (f.Verdict == audit.Waived) != (f.Fingerprint == one.Fingerprint) {
			t.Errorf("%s of %s: %s", f.Rule, f.Resource.ID, f.Verdict)
		}
	}
	if d := cmp.Diff(before.Report.Summary.Verdicts, res.Report.Summary.Verdicts); d != "" { // the rule still fails on the resource
		t.Error(d)
	}
	_, dirs := shardedRun(t, j, 3)
	merged, err := with(t, waived, nil).Merge(ctx, dirs)
	if err != nil {
		t.Fatal(err)
	}
	defer merged.Close()
	if d := cmp.Diff(withoutCalls(t, res), withoutCalls(t, merged)); d != "" {
		t.Error(d)
	}
}
