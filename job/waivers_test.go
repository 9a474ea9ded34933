package job

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

const waiverText = `waivers:
  - rule: outposts.order_error
    resource: oo-1
    reason: known to AWS support
    owner: platform
    expires: 2026-12-31
  - {rule: outposts.order_error, resource: "arn:aws:outposts:*:order/oo-2?", account: "111122223333", reason: r, owner: o, expires: 2026-11-01}
  - {rule: general.tag_missing, resource: "pp-*", reason: r, owner: o, expires: 2027-01-01}
`

func finding(rule, id, arn string) audit.Finding {
	return audit.Finding{Rule: rule, Severity: audit.High, Verdict: audit.Fail, Resource: audit.ResourceRef{Kind: audit.KindOrder, ID: id, ARN: audit.Optional(arn), Account: "111122223333"}}
}

func TestWaiversApply(t *testing.T) {
	asOf := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		f    audit.Finding
		at   time.Time
		want audit.Verdict
	}{
		{"by id", finding("outposts.order_error", "oo-1", ""), asOf, audit.Waived},
		{"another rule", finding("outposts.order_stalled", "oo-1", ""), asOf, audit.Fail},
		{"another id", finding("outposts.order_error", "oo-10", ""), asOf, audit.Fail},
		{"by a glob", finding("general.tag_missing", "pp-7", ""), asOf, audit.Waived},
		{"expired", finding("outposts.order_error", "x", "arn:aws:outposts:eu-central-1:111122223333:order/oo-2a"), asOf, audit.Fail},
		{"by a glob over the ARN", finding("outposts.order_error", "x", "arn:aws:outposts:eu-central-1:111122223333:order/oo-2a"), time.Date(2026, 11, 1, 23, 59, 59, 0, time.UTC), audit.Waived},
		{"on its last day", finding("outposts.order_error", "oo-1", ""), time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), audit.Waived},
		{"the day after", finding("outposts.order_error", "oo-1", ""), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), audit.Fail},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ws, err := parseWaivers("waivers.yaml", []byte(waiverText))
			if err != nil {
				t.Fatal(err)
			}
			ws.Apply(&tt.f, tt.at)
			if tt.f.Verdict != tt.want || (tt.f.Waiver != nil) != (tt.want == audit.Waived) {
				t.Errorf("verdict %s waiver %v, want %s", tt.f.Verdict, tt.f.Waiver, tt.want)
			}
		})
	}
	t.Run("only failures", func(t *testing.T) {
		ws, err := parseWaivers("waivers.yaml", []byte(waiverText))
		if err != nil {
			t.Fatal(err)
		}
		f := finding("outposts.order_error", "oo-1", "")
		f.Verdict = audit.Unknown
		if ws.Apply(&f, asOf); f.Verdict != audit.Unknown {
			t.Error("an unknown was waived")
		}
	})
}

func TestWaiverFindings(t *testing.T) {
	asOf := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	ws, err := parseWaivers("waivers.yaml", []byte(waiverText))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []audit.Finding{finding("outposts.order_error", "oo-1", ""), finding("outposts.order_error", "x", "arn:aws:outposts:r:order/oo-2a")} {
		ws.Apply(&f, asOf)
	}
	results := ws.Results(asOf)
	var statuses []string
	for _, r := range results {
		statuses = append(statuses, r.Status)
	}
	if d := cmp.Diff([]string{"used", "expired", "unused"}, statuses); d != "" {
		t.Error(d)
	}
	if got := results[1].Line; got != 7 {
		t.Errorf("line %d, want 7", got)
	}
	rules := func(fs []audit.Finding) []string {
		var ids []string
		for _, f := range fs {
			ids = append(ids, f.Rule)
		}
		return ids
	}
	all, err := builtinRules(Policies{Severity: map[string]string{"waivers.unused": "info"}})
	if err != nil {
		t.Fatal(err)
	}
	read := func(is bool) func(*audit.WaiverResult) bool { return func(*audit.WaiverResult) bool { return is } }
	fs := ws.Findings(results, all, read(true))
	if d := cmp.Diff([]string{"waivers.expired", "waivers.unused"}, rules(fs)); d != "" {
		t.Error(d)
	}
	if fs[1].Severity != audit.Info {
		t.Errorf("severity %s, want the config's", fs[1].Severity)
	}
	if d := cmp.Diff([]string{"waivers.expired"}, rules(ws.Findings(results, all, read(false)))); d != "" {
		t.Errorf("with incomplete coverage: %s", d)
	}
	off, err := builtinRules(Policies{Disable: []string{"waivers.expired"}})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"waivers.unused"}, rules(ws.Findings(results, off, read(true)))); d != "" {
		t.Errorf("disabled: %s", d)
	}
}

func TestWaiverErrorsNameTheLine(t *testing.T) {
	ok := `{rule: a.b, resource: x, reason: r, owner: o, expires: 2026-12-31}`
	for _, tt := range []struct{ name, text, want string }{
		{"no owner", "waivers:\n- " + ok + "\n- {rule: a.b, resource: y, reason: r, expires: 2026-12-31}", "w.yaml:3: a waiver needs owner"},
		{"blank reason", `waivers: [{rule: a.b, resource: y, reason: " ", owner: o, expires: 2026-12-31}]`, "w.yaml:1: a waiver needs reason"},
		{"unreadable date", "waivers:\n\n- {rule: a.b, resource: y, reason: r, owner: o, expires: 31.12.2026}", `w.yaml:3: expires: "31.12.2026" is no date`},
		{"duplicate", "waivers:\n- " + ok + "\n- " + ok, "w.yaml:3: the waiver of a.b for x stands in line 2 too"},
		{"everything", "waivers:\n- " + strings.Replace(ok, "resource: x", `resource: "*"`, 1), `w.yaml:2: resource: "*" matches everything`},
		{"bad glob", "waivers:\n- " + strings.Replace(ok, "resource: x", `resource: "[x"`, 1), `w.yaml:2: resource: "[x"`},
		{"unknown key", "waivers:\n- " + strings.Replace(ok, "owner", "ownr", 1), `w.yaml:2: unknown key "ownr"`},
		{"finding", "waivers:\n- " + strings.Replace(ok, "rule:", "finding: 3f2a91c0, rule:", 1), `w.yaml:2: finding: "3f2a91c0" is no fingerprint of 64`},
		{"waiver of a waiver", "waivers:\n- " + strings.Replace(ok, "a.b", "waivers.unused", 1), "w.yaml:2: rule: waivers.unused: waivers.* cannot be waived"},
		{"account", "waivers:\n- " + strings.Replace(ok, "rule:", "account: 12, rule:", 1), "w.yaml:2: account: "},
		{"a list", "- " + ok, "w.yaml:1: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseWaivers("w.yaml", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// TestUnusedIsSaidOfWhatWasRead narrows a run: what a waiver is for may lie outside.
func TestUnusedIsSaidOfWhatWasRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "waivers.yaml")
	err := os.WriteFile(path, []byte(`waivers:
- {rule: outposts.order_error, resource: inside, account: "203948571620", reason: r, owner: o, expires: 2099-01-01}
- {rule: outposts.order_error, resource: outside, account: "350918274466", reason: r, owner: o, expires: 2099-01-01}
- {rule: outposts.order_error, resource: anywhere, reason: r, owner: o, expires: 2099-01-01}
- {rule: outposts.order_error, resource: "arn:aws:outposts:eu-central-1:203948571620:order/x", reason: r, owner: o, expires: 2099-01-01}
- {rule: outposts.order_error, resource: "arn:aws:outposts:mx-central-1:203948571620:order/x", reason: r, owner: o, expires: 2099-01-01}
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
		{"an account", func(c *Config) { c.Accounts = []string{"203948571620"} }, []string{inside, here}, 2},
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
			for _, f := range res.Report.Changes.NotReevaluated {
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
	j := with(t, demoJob(t, deliveryDay), func(c *Config) { c.Rate = 10_000 })
	before := runJob(t, j)
	type judged struct{ rule, account, id string }
	all := map[judged][]audit.Finding{}
	var several []audit.Finding
	var single audit.Finding
	for f, err := range before.Report.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		at := judged{f.Rule, f.Resource.Account, f.Resource.ID}
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
	w := Waiver{Rule: one.Rule, Resource: one.Resource.ID, Account: one.Resource.Account, Finding: one.Fingerprint, Reason: "r", Owner: "o", Expires: "2099-01-01"}
	if err := AddWaiver(path, w, deliveryDay); err != nil {
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

func FuzzParseWaivers(f *testing.F) {
	f.Add(waiverText)
	f.Add("waivers: [a]")
	f.Fuzz(func(_ *testing.T, text string) {
		ws, err := parseWaivers("w.yaml", []byte(text))
		if err != nil {
			return
		}
		fi := finding("outposts.order_error", "oo-1", "arn")
		ws.Apply(&fi, time.Unix(0, 0))
	})
}
