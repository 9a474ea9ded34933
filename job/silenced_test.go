package job

import (
	"archive/zip"
	"fmt"
	"html"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tenor/audit"
	"tenor/internal/awssim"
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

// billedPolicy is one that finds something by what AWS charged, and does not say that it needs it.
const billedPolicy = `# METADATA
# scope: package
# title: ours
# custom: {severity: low, kinds: [estate.account]}
package ours.billed

deny contains {"msg": "gone"} if count(input.facts.gone_products) > 0
`

// writePolicy writes a user's policies into a folder.
func writePolicy(t *testing.T, dir, text string) {
	t.Helper()
	other := strings.NewReplacer("ours.seen", "other.one", "if input.id", `if input.id == "none"`).Replace(usersPolicy)
	for name, text := range map[string]string{"seen.rego": text, "other.rego": other, "billed.rego": billedPolicy} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// silencing is a way to take a finding away without dealing with it.
type silencing struct {
	field   string // of Event, see fieldsOf
	name    string
	set     func(*Config)
	by      audit.SettingKind
	setting string // how it begins
	some    func(*audit.Finding) bool
	collect bool // it decides what is read
}

// billedMonths are those that the bill of silenceable has.
var billedMonths = []string{"2026-08", "2026-09", "2026-10", "2026-11"}

// silenceable runs on an estate and a bill where every way of silencing takes something away, and returns the finding on a contract by
// which a decision is due.
func silenceable(t *testing.T) (base *Job, first *Result, ending audit.Finding) {
	t.Helper()
	policies := filepath.Join(t.TempDir(), "rego")
	writePolicy(t, policies, usersPolicy)
	base = demoJob(t, deliveryDay)
	base.Config.Output.Formats = []string{"json", "xlsx", "html", "markdown", "ocsf"}
	base.Config.Policies.Dirs = []string{policies}
	base.Config.Billing = &Billing{DiscountPercent: "5", Exports: []string{demoBill(t, billedMonths,
		charge{account: "203948571620", region: "eu-central-1", subscription: "4676792101", amount: "6695.36", list: "7439.29"}, // 10% less
		charge{account: "719203846551", region: "ap-southeast-1", amount: "500"},
		charge{account: "203948571620", region: "eu-central-1", product: goneProduct, amount: "41.5"})}}
	first = runJob(t, base)
	for f, err := range first.Report.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		if f.Rule == "outposts.notice_deadline" {
			ending = f
		}
	}
	return base, first, ending
}

// silencings are the ways that there are, by the finding on a contract by which a decision is due.
func silencings(t *testing.T, ending audit.Finding) []silencing {
	t.Helper()
	dir := t.TempDir()
	waivers, decisions := filepath.Join(dir, "waivers.yaml"), filepath.Join(dir, "decisions.yaml")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	params := func(rule string, values map[string]any) func(*Config) {
		return func(c *Config) { c.Policies.Params = map[string]map[string]any{rule: values} }
	}
	of := func(rules ...string) func(*audit.Finding) bool {
		return func(f *audit.Finding) bool { return slices.Contains(rules, f.Rule) }
	}
	its := func(f *audit.Finding) bool { return f.Fingerprint == ending.Fingerprint }
	billed := of("outposts.billed_differs_from_contract", "billing.charge_without_contract", "billing.cost_of_gone_product", "ours.billed")
	const elsewhere = "900000000009"
	return []silencing{
		{"waivers", "a waiver on a glob", func(c *Config) {
			write(waivers, "waivers:\n- {rule: outposts.contract_ending, resource: 'op-*', reason: later, owner: me, expires: 2027-11-01}\n")
			c.Waivers = waivers
		}, audit.SettingWaiver, "waiver outposts.contract_ending on op-*: none → me, until 2027-11-01: later", of("outposts.contract_ending"), false},
		{"policies.disable", "a rule that is switched off", func(c *Config) { c.Policies.Disable = []string{"general.tag_missing"} },
			audit.SettingRule, "rule general.tag_missing: on → off", of("general.tag_missing"), false},
		{"policies.severity", "a severity", func(c *Config) { c.Policies.Severity = map[string]string{"outposts.order_error": "info"} },
			audit.SettingSeverity, "severity outposts.order_error: high → info", of("outposts.order_error"), false},
		{"policies.params", "a parameter", params("outposts.contract_ending", map[string]any{"low_days": 1, "medium_days": 1, "high_days": 1}),
			audit.SettingParameter, "parameter outposts.contract_ending.", of("outposts.contract_ending"), false},
		{"policies.params", "a parameter of another rule", params("outposts.payment_not_allowed", map[string]any{
			"allowed_terms": []string{"ONE_YEAR", "THREE_YEARS", "FIVE_YEARS"}}), audit.SettingParameter,
			"parameter outposts.payment_not_allowed.allowed_terms: ", of("outposts.order_payment_not_allowed"), false},
		{"decisions", "a decision on file", func(c *Config) {
			write(decisions,
				fmt.Sprintf("decisions:\n- {outpost: %s, action: renew, payment_term: ONE_YEAR, payment_option: NO_UPFRONT, owner: me, "+
					"reason: r, decided_on: 2026-11-01}\n", ending.Resource.ID))
			c.Decisions = decisions
		}, audit.SettingDecision, "decision " + ending.Resource.ID + ": none → renew ONE_YEAR NO_UPFRONT, me on 2026-11-01", its, false},
		{"finance.retired_statuses", "a life cycle status that counts as retired",
			func(c *Config) { c.Finance.RetiredStatuses = []string{"ACTIVE", "RETIRED"} },
			audit.SettingFinance, "finance retired_statuses: ", its, false},
		{"policies.namespaces", "namespaces", func(c *Config) { c.Policies.Namespaces = []string{"other.one"} },
			audit.SettingNamespaces, "namespaces: all → other.one", of("ours.seen"), false},
		{"policies.dirs", "another policy", func(c *Config) {
			edited := filepath.Join(dir, "edited")
			writePolicy(t, edited, strings.Replace(usersPolicy, "if input.id", `if input.id == "none"`, 1))
			c.Policies.Dirs = []string{edited}
		}, audit.SettingPolicies, "policies: ", of("ours.seen"), false},
		{"policies.dirs", "a policy that is gone", func(c *Config) { c.Policies.Dirs = nil },
			audit.SettingPolicies, "policies: ", of("ours.seen"), false},
		{"capacity.cloudwatch_days", "what was used before", func(c *Config) { c.Capacity.CloudWatchDays = 30 }, audit.SettingConfig,
			"config capacity.cloudwatch_days: 0 → 30",
			func(f *audit.Finding) bool {
				return f.Rule == "outposts.capacity_idle" && f.Resource.Name == "cmh-rack-02"
			}, true},
		{"regions", "regions", func(c *Config) { c.Regions = []string{"us-east-2"} }, audit.SettingRegions,
			"regions: ap-southeast-1, eu-central-1, us-east-2 → us-east-2",
			func(f *audit.Finding) bool { return f.Resource.Region != "us-east-2" && !billed(f) }, true},
		{"accounts", "accounts", func(c *Config) { c.Accounts = []string{"719203846551"} }, audit.SettingAccounts, "accounts: all → 719203846551",
			func(f *audit.Finding) bool { return f.Resource.Account != "719203846551" }, true},
		{"organization.include_ous", "units", func(c *Config) { c.Organization.IncludeOUs = []string{"ou-h4f8-plants01"} }, audit.SettingUnits,
			"units: all → ou-h4f8-plants01", func(f *audit.Finding) bool { return f.Resource.Account == "203948571620" }, true},
		{"organization.exclude_accounts", "an excluded account", func(c *Config) { c.Organization.ExcludeAccounts = []string{"203948571620"} },
			audit.SettingExcluded, "excluded accounts: none → 203948571620",
			func(f *audit.Finding) bool { return f.Resource.Account == "203948571620" }, true},
		{"Profile", "credentials of another organization", func(c *Config) {
			other := jobOn(t, knownEstate(t, "../testdata/bill/reference.json", deliveryDay), deliveryDay)
			c.Endpoint, c.AccessKey, c.Organization = other.Config.Endpoint, other.Config.AccessKey, other.Config.Organization
		}, audit.SettingConfig, "config account: 481265039174 → " + elsewhere, of("outposts.contract_ending", "outposts.order_error"), true},
		{"billing.exports", "no bill any more", func(c *Config) { c.Billing = nil }, audit.SettingBilling, "billing exports: ", billed, true},
		{"billing.exports", "another bill", func(c *Config) {
			b := *c.Billing
			b.Exports = []string{demoBill(t, billedMonths, charge{account: "719203846551", region: "ap-southeast-1",
				product: "arn:aws:servicecatalog:ap-southeast-1:719203846551:stack/gone/pp-gone1111111111", amount: "1"})}
			c.Billing = &b
		}, audit.SettingBilling, "billing exports: ", of("billing.charge_without_contract"), true},
		{"billing.months", "fewer months of the bill", func(c *Config) {
			b := *c.Billing
			b.Months = 1
			c.Billing = &b
		}, audit.SettingBilling, "billing months: 13 → 1", billed, true},
		{"billing.discount_percent", "a discount", func(c *Config) {
			b := *c.Billing
			b.DiscountPercent = "10"
			c.Billing = &b
		}, audit.SettingFinance, "finance billing_discount_percent: 5 → 10",
			func(f *audit.Finding) bool { return billed(f) && f.Resource.ID == "op-3796ba0004383e5e6" }, false},
		{"as_of", "an earlier day", func(c *Config) { c.AsOf = deliveryDay.AddDate(-1, 0, 0) },
			audit.SettingConfig, "config as_of: 2026-11-20T09:00:00Z → 2025-11-20", its, false},
	}
}

// TestSilencing has people change every setting that can take a finding away, on an estate that stays as it is: each is seen in the
// report, the workbook, the page, the summary and the notice, and nobody counts a finding as resolved.
func TestSilencing(t *testing.T) {
	base, first, ending := silenceable(t)
	for _, tt := range silencings(t, ending) {
		t.Run(tt.name, func(t *testing.T) {
			want := fingerprints(t, first.Report.Findings, func(f *audit.Finding) bool { return f.Verdict.Given() && tt.some(f) })
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
				res, err = j.Evaluate(t.Context(), filepath.Dir(first.Files[0]))
			}
			if err != nil {
				t.Fatal(err)
			}
			defer res.Close()
			seesSilencing(t, j, res, &first.Report, tt.by, tt.setting, want)
		})
	}
}

// news are the settings that take no finding away, and that a report says have changed nevertheless.
var news = []struct {
	field   string
	set     func(*Config)
	setting string
}{
	{"waivers_max_days", func(c *Config) { c.WaiversMaxDays = 3660 }, "config waivers_max_days: 366 → 3660"},
	{"policies.signed_only", func(c *Config) { c.Policies.SignedOnly = true }, "config policies.signed_only: false → true"},
	{"fail_on", func(c *Config) { c.FailOn = FailOnNone }, "config fail_on: high → none"},
	{"finance.discount_rate", func(c *Config) { c.Finance.DiscountRate = "0.09" }, "finance discount_rate: 0.08 → 0.09"},
	{"finance.fiscal_year_start", func(c *Config) { c.Finance.FiscalYearStart = 4 }, "finance fiscal_year_start: 1 → 4"},
	{"finance.calendar", func(c *Config) { c.Finance.Calendar = "none" }, "finance calendar: us → none"},
	{"finance.holidays", func(c *Config) { c.Finance.Holidays = []string{"2026-12-24"} }, `finance holidays: [] → ["2026-12-24"]`},
	{"finance.month_to_month_term", func(c *Config) { c.Finance.MonthToMonthTerm = "THREE_YEARS" }, "finance month_to_month_term: ONE_YEAR → THREE_YEARS"},
	{"finance.approval_basis", func(c *Config) { c.Finance.ApprovalBasis = "upfront" }, "finance approval_basis: total → upfront"},
	{"notify.on", func(c *Config) { c.Notify.On = delivery.NotifyNever }, "config notify.on: changes → never"},
	{"notify.deadline_days", func(c *Config) { c.Notify.DeadlineDays = []int{1} }, "config notify.deadline_days: 90 30 10 5 1 → 1"},
	{"output.sns_topic", func(c *Config) { c.Output.SNSTopic = "arn:aws:sns:eu-central-1:111122223333:tenor" },
		"config told: nobody → arn:aws:sns:eu-central-1:111122223333:tenor"},
	{"output.webhook", func(c *Config) { c.Output.Webhook = "https://hook.example/secret" }, "config told: nobody → webhook (slack)"},
	{"output.WebhookSecret", func(c *Config) { c.Output.WebhookSecret = "arn" }, "config told: nobody → webhook (slack)"},
	{"output.webhook_format", func(c *Config) {
		c.Output.Webhook, c.Output.WebhookFormat = "https://hook.example/secret", delivery.WebhookTeams
	},
		"config told: nobody → webhook (teams)"},
	{"output.mail.to", func(c *Config) {
		c.Output.Mail = &delivery.Mail{From: "t@example.com", To: []string{"b@example.com", "a@example.com"}, SES: true}
	},
		"config told: nobody → a@example.com, b@example.com"},
}

// TestSettingsAreNews: what takes no finding away, and yet decides what counts or who is told, is named when it changes.
func TestSettingsAreNews(t *testing.T) {
	j := demoJob(t, deliveryDay)
	s, err := j.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	described := func(j *Job) audit.Report {
		own := with(t, j, func(c *Config) { c.Policies.SignedOnly = false }) // which needs bundles
		in, err := own.prepare(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer in.close()
		in.policies.SignedOnly = j.Config.Policies.SignedOnly
		run, err := j.describe(s, in)
		if err != nil {
			t.Fatal(err)
		}
		return audit.Report{Run: run, Rules: ruleResults(in.rules, nil)}
	}
	before := described(j)
	for _, tt := range news {
		after := described(with(t, j, tt.set))
		var said []string
		for _, s := range audit.DiffSettings(&before, &after) {
			said = append(said, s.String())
		}
		if len(said) != 1 || said[0] != tt.setting {
			t.Errorf("%s: %q, want %q", tt.field, said, tt.setting)
		}
	}
}

// harmless are the settings that take no finding away unseen, and why.
var harmless = map[string]string{
	"organization.role_name":          "what a role cannot read is a gap",
	"organization.external_id":        "what a role cannot read is a gap",
	"organization.session_name":       "a name in CloudTrail",
	"organization.source_identity":    "a name in CloudTrail; a role that does not allow it is a gap",
	"concurrency":                     "how fast",
	"rate":                            "how fast",
	"policies.bundles":                "as policies.dirs: the digest of the policies is another",
	"policies.key":                    "as policies.dirs, once a bundle is another",
	"policies.timeout":                "a rule that takes longer is an error, exit code 2",
	"policies.max_findings":           "a rule that makes more is an error, exit code 2",
	"policies.Place":                  "where a setting stands in the file",
	"policies.Archives":               "what policies.bundles have: the digest of the policies is another",
	"billing.cost_explorer.max_calls": "what it does not reach is a gap",
	"output.dir":                      "where the report is",
	"output.formats":                  "the record is written whatever they are",
	"output.s3":                       "where the report goes; there it is the first",
	"output.kms_key":                  "how it is encrypted there",
	"output.bucket_owner":             "a bucket of another is refused",
	"output.mail.from":                "by which way mail goes",
	"output.mail.smtp":                "by which way mail goes",
	"output.mail.smtp_secret":         "by which way mail goes",
	"output.mail.ses":                 "by which way mail goes",
	"output.mail.Password":            "by which way mail goes",
	"output.mail.attach":              "what goes with the notice, which says all",
	"RegionsNarrowed":                 "of what this run alone leaves out, findings are not re-evaluated",
	"AccountsChosen":                  "of what this run alone leaves out, findings are not re-evaluated",
	"AllowIncomplete":                 "the exit code alone; the report is incomplete",
	"StrictCoverage":                  "the exit code alone",
	"FailOnNew":                       "the exit code alone",
	"Baseline":                        "without one nothing is called resolved",
	"History":                         "how many copies are kept",
	"AsOf":                            "as as_of",
	"Timeout":                         "what is not read in time is a gap",
	"MetricsFile":                     "where the numbers go",
	"Resume":                          "what was read before, of the same scope",
	"Endpoint":                        "the demo's",
	"AccessKey":                       "the demo's",
	"config":                          "the file of the settings, each of which is here",
	"step":                            "how the run is cut",
	"shards":                          "how the run is cut",
	"plan":                            "how the run is cut",
	"shard":                           "how the run is cut; a shard that is missing is gaps",
}

// fieldsOf lists the fields that a type holds, by their keys in YAML, or by their names where they are no keys.
func fieldsOf(of reflect.Type, prefix string) (list []string) {
	for f := range of.Fields() {
		if !f.IsExported() {
			continue
		}
		tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		name := prefix + tag
		if tag == "-" {
			name = prefix + f.Name
		}
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case f.Anonymous:
			list = append(list, fieldsOf(inner, prefix)...)
		case inner.Kind() == reflect.Struct && inner != reflect.TypeFor[time.Time]():
			list = append(list, fieldsOf(inner, name+".")...)
		default:
			list = append(list, name)
		}
	}
	return list
}

// TestEverySettingIsClassed: of each setting that there is, in a config, an event or a flag, one of these tests knows whether it may take a
// finding away.
func TestEverySettingIsClassed(t *testing.T) {
	classes := map[string]int{}
	for _, w := range silencings(t, audit.Finding{}) {
		classes[w.field] = 1 // of which several may be
	}
	for _, n := range news {
		classes[n.field]++
	}
	for field := range harmless {
		classes[field]++
	}
	for _, field := range fieldsOf(reflect.TypeFor[Event](), "") {
		if classes[field] != 1 {
			t.Errorf("%s is in %d classes: may it take a finding away (silencings), is it news all the same (news), or neither (harmless)?",
				field, classes[field])
		}
		delete(classes, field)
	}
	for field := range classes {
		t.Errorf("there is no setting %s any more", field)
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

// TestMinimalSilencesNothing takes what a run does without from its roles, as `tenor iam-policy --minimal` has it: what only that could
// tell is not re-evaluated, and the notice says so.
func TestMinimalSilencesNothing(t *testing.T) {
	var faults []awssim.Fault
	for _, kind := range audit.CollectedKinds() {
		for _, s := range kind.Sections {
			if audit.IsOptional(s.Operation) {
				faults = append(faults, awssim.Fault{Operation: s.Operation, Kind: awssim.FaultAccessDenied})
			}
		}
	}
	first := runJob(t, fast(demoJob(t, deliveryDay)))
	res := runJob(t, with(t, fast(demoJob(t, deliveryDay, faults...)), func(c *Config) { c.Baseline = first.Files[0] }))
	c := res.Report.Changes
	if c.Resolved.Len > 0 || c.Silenced.Len > 0 || c.NotReevaluated.Len == 0 || res.Notice.Resolved > 0 || res.Notice.Unread != c.NotReevaluated.Len {
		t.Errorf("%d resolved, %d silenced, %d not re-evaluated; notice %+v", c.Resolved.Len, c.Silenced.Len, c.NotReevaluated.Len, res.Notice)
	}
	seen := map[string]bool{}
	for f, err := range c.NotReevaluated.All() {
		if err != nil {
			t.Fatal(err)
		}
		seen[f.Rule] = true
	}
	for _, rule := range []string{"service_catalog.over_budget", "service_catalog.launch_role_missing", "service_catalog.stack_missing"} {
		if !seen[rule] {
			t.Errorf("%s is not among those that were not re-evaluated: %v", rule, seen)
		}
	}
	if why, err := (delivery.Notify{On: delivery.NotifyNever}).Due(&res.Report, &first.Report, nil); why != "coverage" || err != nil {
		t.Errorf("nobody is told: %q, %v", why, err)
	}
}

// fast has a job ask as often as it can: the simulated AWS has no quota.
func fast(j *Job) *Job {
	return j
}
