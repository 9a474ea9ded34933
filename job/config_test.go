package job

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseConfig(t *testing.T) {
	got, err := ParseConfig("tenor.yaml", []byte(`
regions: [eu-central-1, us-east-1]
organization: {role_name: TenorAudit, external_id: x, include_ous: [ou-1], exclude_accounts: ["000000000001"]}
accounts: [111122223333, "012345678901"]
policies:
  disable: [outposts.quote_expired]
  severity: {outposts.quote_expiring: info}
  params: {outposts.payment_not_allowed: {allowed_terms: [ONE_YEAR]}}
finance: {discount_rate: 0.0725, fiscal_year_start: 4, holidays: [2026-12-24]}
waivers: waivers.yaml
output: {formats: [json]}
fail_on: none
`))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Regions = []string{"eu-central-1", "us-east-1"}
	want.Organization = &Organization{RoleName: "TenorAudit", ExternalID: "x", IncludeOUs: []string{"ou-1"},
		ExcludeAccounts: []string{"000000000001"}}
	want.Accounts = []string{"111122223333", "012345678901"}
	want.Policies = Policies{Disable: []string{"outposts.quote_expired"}, Severity: map[string]string{"outposts.quote_expiring": "info"},
		Params: map[string]map[string]any{"outposts.payment_not_allowed": {"allowed_terms": []any{"ONE_YEAR"}}}}
	want.Finance.DiscountRate, want.Finance.FiscalYearStart, want.Finance.Holidays = "0.0725", 4, []string{"2026-12-24"}
	want.Waivers, want.Output.Formats, want.FailOn = "waivers.yaml", []string{"json"}, FailOnNone
	for _, tt := range []struct {
		at   string
		path []string
	}{
		{"tenor.yaml:6", []string{"policies", "disable", "outposts.quote_expired"}},
		{"tenor.yaml:8", []string{"policies", "params", "outposts.payment_not_allowed", "allowed_terms"}},
		{"tenor.yaml:12", []string{"fail_on"}},
		{"", []string{"policies", "params", "outposts.payment_not_allowed", "nothing"}},
	} {
		if at := got.Policies.Place(tt.path...); at != tt.at {
			t.Errorf("%s is at %q, want %q", tt.path, at, tt.at)
		}
	}
	got.Policies.Place = nil
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestConfigErrorsNameTheLine(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key", "regions: []\nregion: x\n", `tenor.yaml:2: unknown key "region"`},
		{"unknown nested key", "finance:\n  discount_rate: 0.1\n  rate: 3\n", `tenor.yaml:3: unknown key "rate"`},
		{"wrong type", "\nregions: {a: b}\n", "tenor.yaml:2: a mapping does not fit: want a list"},
		{"no exports", "billing: {months: 3}\n",
			"tenor.yaml:1: billing.exports: missing: a folder of an AWS Data Export, or s3://bucket/prefix/export-name"},
		{"an export without a prefix", "billing:\n  exports: [s3://acme]\n",
			`tenor.yaml:2: billing.exports: "s3://acme": want s3://bucket/prefix/export-name`},
		{"an export elsewhere", "billing:\n  exports: [https://acme/x]\n",
			`tenor.yaml:2: billing.exports: "https://acme/x": want a folder on this machine, or s3://bucket/prefix/export-name`},
		{"exports and Cost Explorer", "billing:\n  exports: [a]\n  cost_explorer: {max_calls: 10}\n",
			"tenor.yaml:3: billing.cost_explorer: want exports or cost_explorer: the same charges would count twice"},
		{"Cost Explorer without a bound", "billing:\n  cost_explorer: {}\n",
			"tenor.yaml:2: billing.cost_explorer.max_calls: want the most calls that a run may make, such as 10: AWS charges USD 0.01 for each"},
		{"an export twice", "billing:\n  exports: [a, a]\n", `tenor.yaml:2: billing.exports: "a" is named twice`},
		{"months before none", "billing:\n  exports: [a]\n  months: -1\n", "tenor.yaml:3: billing.months: want a number of months above 0"},
		{"more days than CloudWatch keeps", "capacity:\n  cloudwatch_days: 455\n",
			"tenor.yaml:2: capacity.cloudwatch_days: 455: want a number of days up to 454, " +
				"which is as long as CloudWatch keeps them, or 0 to ask nothing"},
		{"days before none", "capacity: {cloudwatch_days: -1}\n", "tenor.yaml:1: capacity.cloudwatch_days: -1: want a number of days up to 454"},
		{"too much discount", "billing:\n  exports: [a]\n  discount_percent: 101\n",
			`tenor.yaml:3: billing.discount_percent: "101": want a percentage from 0 to 100`},
		{"wrong type of a rule's settings", "policies:\n  params: {outposts.order_stalled: 3}\n", "tenor.yaml:2: 3 does not fit: want a mapping"},
		{"wrong type of a section", "policies: 3\n", "tenor.yaml:1: 3 does not fit: want a mapping"},
		{"wrong type of a number", "concurrency: many\n", "tenor.yaml:1: many does not fit: want a whole number"},
		{"wrong type of a text", "output: {dir: [a]}\n", "tenor.yaml:1: a list does not fit: want text"},
		{"wrong type of a time", "policies: {timeout: long}\n", "tenor.yaml:1: long does not fit: want a duration such as 2s"},
		{"a parameter that is no number of JSON", "policies:\n  params:\n    outposts.order_stalled:\n      PREPARING: .inf\n",
			"tenor.yaml:4: policies.params.outposts.order_stalled.PREPARING: +Inf is no number that a rule can read"},
		{"a parameter with a key that is a number", "policies:\n  params:\n    outposts.order_stalled:\n      PREPARING: {1: 2}\n",
			"tenor.yaml:4: policies.params.outposts.order_stalled.PREPARING: the keys of a mapping must be strings: write them in quotes"},
		{"not YAML", "a: [\n", "tenor.yaml:"},
		{"two documents", "fail_on: low\n---\nfail_on: high\n", "more than one YAML document"},
		{"account", "accounts:\n  - 123\n", `tenor.yaml:1: accounts: "123" is no account id of twelve digits`},
		{"region", "regions: [Frankfurt]", `tenor.yaml:1: regions: "Frankfurt" is no region`},
		{"no role", "fail_on: low\norganization: {external_id: x}\n", "tenor.yaml:2: organization.role_name: missing"},
		{"rate", "finance:\n  discount_rate: eight\n", `tenor.yaml:2: "eight" is no decimal number`},
		{"rate in percent", "finance:\n  discount_rate: 8\n", "tenor.yaml:2: finance.discount_rate: "},
		{"month", "finance:\n  fiscal_year_start: 13\n", "tenor.yaml:2: finance.fiscal_year_start: 13 is no month"},
		{"holiday", "finance:\n  calendar: us\n  holidays: [24.12.2026]\n", "tenor.yaml:3: finance.holidays: "},
		{"negative rate", "finance:\n  discount_rate: -0.99\n", "tenor.yaml:2: finance.discount_rate: "},
		{"calendar", "finance:\n  calendar: xx\n", `tenor.yaml:2: finance.calendar: "xx": want us or none`},
		{"term", "finance:\n  month_to_month_term: TWO_YEARS\n", `tenor.yaml:2: finance.month_to_month_term: "TWO_YEARS": want ONE_YEAR, `},
		{"severity", "policies:\n  severity:\n    a.b: urgent\n", `tenor.yaml:3: policies.severity.a.b: severity "urgent"`},
		{"format", "output:\n  formats: [pdf]\n", `tenor.yaml:2: output.formats: format "pdf": want json, xlsx`},
		{"no folder", "output:\n  dir: ''\n", "tenor.yaml:2: output.dir: missing"},
		{"gate", "fail_on: sometimes", `tenor.yaml:1: fail_on: "sometimes"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseConfig("tenor.yaml", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

// TestRuleSettingsNameTheLine has settings that only the rules can refuse.
func TestRuleSettingsNameTheLine(t *testing.T) {
	c, err := ParseConfig("tenor.yaml", []byte(`policies:
  disable:
  - outposts.quote_expired
  - quote_expirin
  severity: {outposts.order_eror: low}
  params:
    outposts.quote:
    outposts.quote_expiring:
      days: ten
      weeks: 1
`))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = LoadPolicies(t.Context(), slog.New(slog.DiscardHandler), &c)
	want := `tenor.yaml:4: policies.disable: there is no rule "quote_expirin"
tenor.yaml:5: policies.severity: there is no rule "outposts.order_eror"; did you mean "outposts.order_error"?
tenor.yaml:7: policies.params: there is no rule "outposts.quote"
tenor.yaml:9: policies.params.outposts.quote_expiring.days: "ten" is of type string, want number
tenor.yaml:10: policies.params.outposts.quote_expiring: there is no parameter "weeks"; it has days`
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
		t.Error(diff)
	}
}

// TestUnreadFilesAreLogged has a file that conftest would read as data, and policies with keys that tenor does not read.
func TestUnreadFilesAreLogged(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"exclusions.yaml": "services: []\n",
		"z.rego": "package z\n\ndeny contains \"x\" if sh.parse_commands(input.aws) == []\n"}
	for i := range shownWarnings + 1 {
		name := fmt.Sprintf("%c", 'a'+i)
		files[name+".rego"] = "# METADATA\n# custom: {owner: me}\npackage " + name + "\n\ndeny contains \"x\" if input.id\n"
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log strings.Builder
	handler := slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	if _, _, err := LoadPolicies(t.Context(), slog.New(handler), &Config{Policies: Policies{Dirs: []string{dir}}}); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("level=WARN msg=\"not read: data is in data.json and data.yaml\" files=[%s]\n", filepath.Join(dir, "exclusions.yaml"))
	var lines []string
	for i := range shownWarnings {
		lines = append(lines, filepath.Join(dir, fmt.Sprintf("%c.rego", 'a'+i))+":2: METADATA: of custom, tenor does not read owner")
	}
	want += fmt.Sprintf("level=WARN msg=\"not all that the policies say is read: `tenor policies check` lists it\" count=%d lines=\"%s\"\n",
		shownWarnings+1, lines)
	want += fmt.Sprintf("level=WARN msg=\"policies call functions that tenor does not have: a rule that does is an error\" lines=\"[%s:3: "+
		"sh.parse_commands needs a parser of shell commands, which Trivy has and tenor does not: a rule that calls it is an error]\"\n"+
		"level=WARN msg=\"rules read only members that no document has: what they say is of no resource\" count=1 rules=[z]\n",
		filepath.Join(dir, "z.rego"))
	if diff := cmp.Diff(want, log.String()); diff != "" {
		t.Error(diff)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add("regions: [eu-central-1]\nfinance: {discount_rate: 0.1}\npolicies: {params: {a.b: {c: 1}}}")
	f.Add("- a\n- b")
	f.Add("&a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseConfig("tenor.yaml", []byte(text))
		if err == nil {
			if err := c.Check(); err != nil {
				t.Fatalf("parsed, and then: %v", err)
			}
		}
	})
}

// TestSettingsAreCheckedBeforeAWSIsAsked has an endpoint where nobody listens: whatever reaches it fails otherwise.
func TestSettingsAreCheckedBeforeAWSIsAsked(t *testing.T) {
	notice := func(v any) func(*Config) {
		return func(c *Config) {
			c.Policies.Params = map[string]map[string]any{"outposts.notice_deadline": {"notice_business_days": v}}
		}
	}
	file := func(rule, param string) func(*Config) {
		return func(c *Config) {
			read, err := ParseConfig("tenor.yaml", []byte("policies:\n  params:\n    "+rule+":\n      "+param+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			c.Policies = read.Policies
		}
	}
	for _, tt := range []struct {
		name string
		set  func(*Config)
		want string
	}{
		{"calendar", func(c *Config) { c.Finance.Calendar = "xx" }, `config: finance.calendar: "xx": want us or none`},
		{"term", func(c *Config) { c.Finance.MonthToMonthTerm = "" }, `config: finance.month_to_month_term: "": want `},
		{"rate", func(c *Config) { c.Finance.DiscountRate = "-0.99" }, `config: finance.discount_rate: "-0.99" is no yearly rate`},
		{"notice", notice(-3), "config: policies.params.outposts.notice_deadline.notice_business_days -3: want 0 to "},
		{"notice of a file", file("outposts.notice_deadline", "notice_business_days: 300"),
			"tenor.yaml:4: policies.params.outposts.notice_deadline.notice_business_days 300: want 0 to 200"},
		{"limit of a file", file("outposts.renewal_approval_due", "approval_limit_usd: -1"),
			"tenor.yaml:4: policies.params.outposts.renewal_approval_due.approval_limit_usd -1: want 0 or more"},
		{"half a day", notice(5.5), "config: policies.params.outposts.notice_deadline.notice_business_days 5.5: want a whole number"},
		{"half a day in a file", file("outposts.notice_deadline", "notice_business_days: 5.5"),
			"tenor.yaml:4: policies.params.outposts.notice_deadline.notice_business_days 5.5: want a whole number"},
		{"clock", func(c *Config) { c.AsOf = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) },
			"config: as_of 9999-12-31T00:00:00Z: want a date from 2015 to 2100"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := DefaultConfig()
			c.Endpoint, c.AccessKey, c.Regions = "http://127.0.0.1:1", "AKIA111122223333", []string{"eu-central-1"}
			c.Output.Dir = filepath.Join(t.TempDir(), "out")
			tt.set(&c)
			_, err := (&Job{Config: c, Version: "test", Log: slog.New(slog.DiscardHandler), Now: time.Now}).Run(context.Background())
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
			if _, err := os.Stat(c.Output.Dir); err == nil {
				t.Error("the run folder is there")
			}
		})
	}
}
