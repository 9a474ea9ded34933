package job

import (
	"archive/zip"
	"fmt"
	"html"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tenor/audit"
	"tenor/job/delivery"
	"tenor/report"
)

// usersPolicy is one that finds something on every Outpost, in a package of its own.
const usersPolicy = `# METADATA
# scope: package
# title: ours
# custom: {severity: low, kinds: [outposts.outpost]}
package ours.seen

deny contains {"msg": "seen"} if input.id
`

// writePolicy writes a user's policies into a folder.
func writePolicy(t *testing.T, dir, text string) {
	t.Helper()
	other := strings.NewReplacer("ours.seen", "other.one", "if input.id", `if input.id == "none"`).Replace(usersPolicy)
	for name, text := range map[string]string{"seen.rego": text, "other.rego": other} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSilencing has people change every setting that can take a finding away, on an estate that stays as it is: each is seen in the
// report, the workbook, the page, the summary and the notice, and nobody counts a finding as resolved.
func TestSilencing(t *testing.T) {
	dir := t.TempDir()
	policies, waivers, decisions := filepath.Join(dir, "rego"), filepath.Join(dir, "waivers.yaml"), filepath.Join(dir, "decisions.yaml")
	writePolicy(t, policies, usersPolicy)
	base := demoJob(t, deliveryDay)
	base.Config.Rate, base.Config.Output.Formats = 10_000, []string{"json", "xlsx", "html", "markdown", "ocsf"}
	base.Config.Policies.Dirs = []string{policies}
	first := runJob(t, base)
	snapshotOf := filepath.Dir(first.Files[0])
	var ending audit.Finding // of a contract, by which a decision is due
	for f, err := range first.Report.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		if f.Rule == "outposts.notice_deadline" {
			ending = f
		}
	}
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	params := func(rule string, values map[string]any) func(*Config) {
		return func(c *Config) { c.Policies.Params = map[string]map[string]any{rule: values} }
	}
	for _, tt := range []struct {
		name    string
		set     func(*Config)
		by      audit.SettingKind
		setting string // how it begins
		some    func(*audit.Finding) bool
		collect bool // it decides what is read
	}{
		{"a waiver on a glob", func(c *Config) {
			write(waivers, "waivers:\n- {rule: outposts.contract_ending, resource: 'op-*', reason: later, owner: me, expires: 2027-11-01}\n")
			c.Waivers = waivers
		}, audit.SettingWaiver, "waiver outposts.contract_ending on op-*: none → me, until 2027-11-01: later",
			func(f *audit.Finding) bool { return f.Rule == "outposts.contract_ending" }, false},
		{"a rule that is switched off", func(c *Config) { c.Policies.Disable = []string{"general.tag_missing"} },
			audit.SettingRule, "rule general.tag_missing: on → off", func(f *audit.Finding) bool { return f.Rule == "general.tag_missing" }, false},
		{"a severity", func(c *Config) { c.Policies.Severity = map[string]string{"outposts.order_error": "info"} },
			audit.SettingSeverity, "severity outposts.order_error: high → info",
			func(f *audit.Finding) bool { return f.Rule == "outposts.order_error" }, false},
		{"a parameter", params("outposts.contract_ending", map[string]any{"low_days": 1, "medium_days": 1, "high_days": 1}),
			audit.SettingParameter, "parameter outposts.contract_ending.",
			func(f *audit.Finding) bool { return f.Rule == "outposts.contract_ending" }, false},
		{"a parameter of another rule", params("outposts.payment_not_allowed", map[string]any{"allowed_terms": []string{"ONE_YEAR",
			"THREE_YEARS", "FIVE_YEARS"}}),
			audit.SettingParameter, "parameter outposts.payment_not_allowed.allowed_terms: ",
			func(f *audit.Finding) bool { return f.Rule == "outposts.order_payment_not_allowed" }, false},
		{"a decision on file", func(c *Config) {
			write(decisions,
				fmt.Sprintf("decisions:\n- {outpost: %s, action: renew, payment_term: ONE_YEAR, payment_option: NO_UPFRONT, owner: me, "+
					"reason: r, decided_on: 2026-11-01}\n", ending.Resource.ID))
			c.Decisions = decisions
		}, audit.SettingDecision, "decision " + ending.Resource.ID + ": none → renew ONE_YEAR NO_UPFRONT, me on 2026-11-01",
			func(f *audit.Finding) bool { return f.Fingerprint == ending.Fingerprint }, false},
		{"a life cycle status that counts as retired", func(c *Config) { c.Finance.RetiredStatuses = []string{"ACTIVE", "RETIRED"} },
			audit.SettingFinance, "finance retired_statuses: ", func(f *audit.Finding) bool { return f.Fingerprint == ending.Fingerprint }, false},
		{"namespaces", func(c *Config) { c.Policies.Namespaces = []string{"other.one"} },
			audit.SettingNamespaces, "namespaces: all → other.one", func(f *audit.Finding) bool { return f.Rule == "ours.seen" }, false},
		{"another policy", func(c *Config) {
			edited := filepath.Join(dir, "edited")
			writePolicy(t, edited, strings.Replace(usersPolicy, "if input.id", `if input.id == "none"`, 1))
			c.Policies.Dirs = []string{edited}
		}, audit.SettingPolicies, "policies: ", func(f *audit.Finding) bool { return f.Rule == "ours.seen" }, false},
		{"a policy that is gone", func(c *Config) { c.Policies.Dirs = nil },
			audit.SettingPolicies, "policies: ", func(f *audit.Finding) bool { return f.Rule == "ours.seen" }, false},
		{"regions", func(c *Config) { c.Regions = []string{"us-east-2"} }, audit.SettingRegions,
			"regions: ap-southeast-1, eu-central-1, us-east-2 → us-east-2",
			func(f *audit.Finding) bool { return f.Resource.Region != "us-east-2" }, true},
		{"accounts", func(c *Config) { c.Accounts = []string{"719203846551"} }, audit.SettingAccounts, "accounts: all → 719203846551",
			func(f *audit.Finding) bool { return f.Resource.Account != "719203846551" }, true},
		{"units", func(c *Config) { c.Organization.IncludeOUs = []string{"ou-h4f8-plants01"} }, audit.SettingUnits,
			"units: all → ou-h4f8-plants01",
			func(f *audit.Finding) bool { return f.Resource.Account == "203948571620" }, true},
		{"an excluded account", func(c *Config) { c.Organization.ExcludeAccounts = []string{"203948571620"} }, audit.SettingExcluded,
			"excluded accounts: none → 203948571620", func(f *audit.Finding) bool { return f.Resource.Account == "203948571620" }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := fingerprints(t, first.Report.Findings, tt.some)
			if len(want) == 0 {
				t.Fatal("there is nothing to silence")
			}
			j := with(t, base, nil)
			j.Log = slog.New(slog.DiscardHandler)
			org := *j.Config.Organization
			j.Config.Organization = &org
			tt.set(&j.Config)
			j.Config.Baseline = first.Files[0]
			j.Config.Notify.On = delivery.NotifyNever
			var res *Result
			var err error
			if tt.collect {
				res, err = j.Run(t.Context())
			} else {
				res, err = j.Evaluate(t.Context(), snapshotOf)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer res.Close()
			seesSilencing(t, j, res, &first.Report, tt.by, tt.setting, want)
		})
	}
}

// seesSilencing looks for a setting, and for what it silenced, wherever a report shows them.
func seesSilencing(t *testing.T, j *Job, res *Result, before *audit.Report, by audit.SettingKind, setting string, want map[string]string) {
	t.Helper()
	r, closeReport, err := report.ReadJSON(res.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer closeReport()
	c := r.Changes
	i := slices.IndexFunc(c.Settings, func(s audit.Setting) bool { return s.Kind == by && strings.HasPrefix(s.String(), setting) })
	if i < 0 {
		t.Fatalf("changes.settings: %v", c.Settings)
	}
	said := c.Settings[i].String()
	silenced := map[string]bool{}
	for s, err := range c.Silenced.All() {
		if err != nil {
			t.Fatal(err)
		}
		f := &s.Finding
		if f.Change != audit.Optional(audit.ChangeSilenced) || s.By != by || !slices.Contains(c.Settings, s.Setting()) {
			t.Errorf("%s on %s: %s by %s", f.Rule, f.Resource.ID, f.Change, s.Setting())
		}
		silenced[f.Fingerprint+" "+f.Rule+" "+f.Resource.ID] = true
	}
	for id := range want {
		if !silenced[id] {
			t.Errorf("not silenced: %s", id)
		}
	}
	if c.Resolved.Len > 0 || res.Notice.Resolved > 0 {
		t.Errorf("%d resolved, the notice says %d", c.Resolved.Len, res.Notice.Resolved)
	}
	dir := j.Config.Output.Dir
	if sheets := workbookText(t, filepath.Join(dir, "report.xlsx")); !strings.Contains(sheets, said) || !strings.Contains(sheets,
		">silenced<") ||
		!strings.Contains(sheets, ">setting changed<") {
		t.Error("the workbook does not say it")
	}
	name, _, _ := strings.Cut(said, ": ")
	for _, file := range []string{"report.html", "report.md"} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if plain := strings.ReplaceAll(html.UnescapeString(string(text)), `\`, ""); !strings.Contains(plain, name) || !strings.Contains(plain,
			"Silenced") {
			t.Errorf("%s does not say it", file)
		}
	}
	if summary := summaryOf(t, res); !strings.Contains(summary, fmt.Sprint(c.Silenced.Len, " silenced")) || !strings.Contains(summary, name) {
		t.Errorf("the summary does not say it: %s", summary)
	}
	n := res.Notice
	if n.Silenced != c.Silenced.Len || n.Settings != len(c.Settings) || !slices.ContainsFunc(n.SettingsOf,
		func(s string) bool { return strings.HasPrefix(s, name) }) {
		t.Errorf("the notice says %d silenced by %q", n.Silenced, n.SettingsOf)
	}
	if why, err := j.Config.Notify.Due(&r, before, nil); why != "settings" || err != nil {
		t.Errorf("nobody is told: %q, %v", why, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "report.ocsf.ndjson")); err != nil || strings.Contains(string(text),
		`"activity_name":"Close"`) {
		t.Errorf("OCSF closes a finding, or says nothing: %v", err)
	}
}

// workbookText is the text of every sheet, with its tags.
func workbookText(t *testing.T, path string) string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var b strings.Builder
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".xml") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&b, r); err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
	}
	return html.UnescapeString(b.String())
}

// TestNothingIsSilencedByTime has time go on and no setting change: what is gone is resolved.
func TestNothingIsSilencedByTime(t *testing.T) {
	base := demoJob(t, deliveryDay)
	base.Config.Rate = 10_000
	first := runJob(t, base)
	later := with(t, base, func(c *Config) { c.Baseline, c.AsOf = first.Files[0], deliveryDay.AddDate(0, 0, 40) })
	res, err := later.Evaluate(t.Context(), filepath.Dir(first.Files[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if c := res.Report.Changes; c.Silenced.Len > 0 || len(c.Settings) > 0 || c.Resolved.Len == 0 {
		t.Errorf("%d silenced, %d resolved, settings %v", c.Silenced.Len, c.Resolved.Len, c.Settings)
	}
}

// TestRulesReadParamsOfOthers holds the rules of ours that read a parameter of another rule to those that finance rests on: by them
// alone is it known that such a parameter may silence a finding.
func TestRulesReadParamsOfOthers(t *testing.T) {
	known := map[string]bool{}
	for _, p := range (&audit.Assumptions{}).Params() {
		known[p.Rule] = true
	}
	for _, name := range audit.SharedParams {
		known[name[:strings.LastIndexByte(name, '.')]] = true
	}
	read := regexp.MustCompile(`data\.tenor\.params\.([a-z_]+\.[a-z_]+)`)
	files, err := filepath.Glob("../policies/*/*.rego")
	if err != nil || len(files) < 30 {
		t.Fatal(len(files), err)
	}
	others := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.rego") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rule := filepath.Base(filepath.Dir(file)) + "." + strings.TrimSuffix(filepath.Base(file), ".rego")
		for _, m := range read.FindAllStringSubmatch(string(text), -1) {
			if m[1] == rule {
				continue
			}
			if others++; !known[m[1]] {
				t.Errorf("%s reads the parameters of %s, which audit.Assumptions.Params does not list", rule, m[1])
			}
		}
	}
	if others == 0 {
		t.Error("no rule reads another's: the test shows nothing")
	}
}
