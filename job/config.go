package job

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v3"

	"tenor/audit"
	"tenor/billing"
	"tenor/collector"
	"tenor/finance"
	"tenor/internal/yamlfile"
	"tenor/job/delivery"
)

// Config is tenor.yaml, and what flags or a Lambda event set in its place. DefaultConfig has the defaults.
type Config struct {
	Regions      []string      `yaml:"regions" json:"regions,omitempty"`           // empty: every region where a service exists
	Organization *Organization `yaml:"organization" json:"organization,omitempty"` // nil: no organization
	// instead of, or narrowing, the organization; neither: the caller's own
	Accounts    []string `yaml:"accounts" json:"accounts,omitempty"`
	Concurrency int      `yaml:"concurrency" json:"concurrency,omitempty"` // calls in flight
	// calls a second to begin with, for each account, region and API
	Rate     float64  `yaml:"rate" json:"rate,omitempty"`
	Policies Policies `yaml:"policies" json:"policies,omitzero"`
	Finance  Finance  `yaml:"finance" json:"finance,omitzero"`
	Capacity Capacity `yaml:"capacity" json:"capacity,omitzero"`
	Billing  *Billing `yaml:"billing" json:"billing,omitempty"` // nil: no bill is read
	// path of waivers.yaml, relative to the config's folder; empty: none
	Waivers string `yaml:"waivers" json:"waivers,omitempty"`
	// the longest time, from the day of the run, that a waiver may hold; default 366
	WaiversMaxDays int `yaml:"waivers_max_days" json:"waivers_max_days,omitempty"`
	// path of decisions.yaml, relative to the config's folder; empty: none
	Decisions string          `yaml:"decisions" json:"decisions,omitempty"`
	Output    Output          `yaml:"output" json:"output,omitzero"`
	Notify    delivery.Notify `yaml:"notify" json:"notify,omitzero"`
	FailOn    string          `yaml:"fail_on" json:"fail_on,omitempty"` // a severity, or none

	RegionsNarrowed bool          `yaml:"-" json:"-"` // Regions are some of the estate's: a flag or an event names them
	AccountsChosen  bool          `yaml:"-" json:"-"` // a flag or an event names Accounts
	AllowIncomplete bool          `yaml:"-" json:"-"` // incomplete coverage does not make exit code 3
	StrictCoverage  bool          `yaml:"-" json:"-"` // incomplete coverage makes exit code 3 before findings make 1
	FailOnNew       bool          `yaml:"-" json:"-"` // the gate counts only what the baseline has not
	Baseline        string        `yaml:"-" json:"-"` // path of a report.json, "last" for the one in Output.Dir, empty for none
	History         int           `yaml:"-" json:"-"` // dated copies of report.json to keep
	AsOf            time.Time     `yaml:"-" json:"-"` // zero: when the snapshot was taken
	Profile         string        `yaml:"-" json:"-"`
	Timeout         time.Duration `yaml:"-" json:"-"` // of collecting; 0: none
	MetricsFile     string        `yaml:"-" json:"-"` // OpenMetrics textfile to write, or URL to push to; empty: none
	Resume          bool          `yaml:"-" json:"-"` // go on with the unfinished snapshot in Output.Dir
	Endpoint        string        `yaml:"-" json:"-"` // the demo's endpoint
	AccessKey       string        `yaml:"-" json:"-"` // the demo's access key
}

// sessionWord is what STS takes as the name of a session, or as its source identity.
var sessionWord = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// Organization says how to reach the accounts of an AWS organization.
type Organization struct {
	RoleName   string `yaml:"role_name" json:"role_name,omitempty"` // assumed in every account but the caller's own
	ExternalID string `yaml:"external_id" json:"external_id,omitempty"`
	// what names of sessions begin with, before the time of the run; default tenor
	SessionName string `yaml:"session_name" json:"session_name,omitempty"`
	// source identity of the sessions, where the role's trust allows sts:SetSourceIdentity; default none
	SourceIdentity  string   `yaml:"source_identity" json:"source_identity,omitempty"`
	IncludeOUs      []string `yaml:"include_ous" json:"include_ous,omitempty"`           // ids, with the units below them; empty: all
	ExcludeAccounts []string `yaml:"exclude_accounts" json:"exclude_accounts,omitempty"` // ids
}

// Policies says which rules run, and how. Paths are relative to the config's folder.
type Policies struct {
	Dirs    []string `yaml:"dirs" json:"dirs,omitempty"`
	Bundles []string `yaml:"bundles" json:"bundles,omitempty"` // .tar.gz in OPA's format, or s3://bucket/policies.tar.gz, which must be signed
	Key     string   `yaml:"key" json:"key,omitempty"`         // file of the key that bundles must be signed with
	// waivers, decisions, parameters, severities and what is disabled come from the signed bundles alone
	SignedOnly bool                      `yaml:"signed_only" json:"signed_only,omitempty"`
	Namespaces []string                  `yaml:"namespaces" json:"namespaces,omitempty"` // packages of Dirs and Bundles to run; empty: all
	Disable    []string                  `yaml:"disable" json:"disable,omitempty"`
	Severity   map[string]string         `yaml:"severity" json:"severity,omitempty"` // rule → severity
	Params     map[string]map[string]any `yaml:"params" json:"params,omitempty"`     // rule → parameter → value
	// of one rule on one resource, such as 2s; 0: the default of 5s
	Timeout time.Duration `yaml:"timeout" json:"timeout,omitempty"`
	// that one rule may make; 0: the default of 100,000
	MaxFindings int `yaml:"max_findings" json:"max_findings,omitempty"`

	Place func(path ...string) string `yaml:"-" json:"-"` // the file:line of a setting, see policies.Options

	Archives map[string][]byte `yaml:"-" json:"-"` // the bundles in S3, once they are fetched, by their URLs
}

// Finance are the assumptions of every measure.
type Finance struct {
	DiscountRate     Decimal  `yaml:"discount_rate" json:"discount_rate,omitempty"`             // a year: 0.08
	FiscalYearStart  int      `yaml:"fiscal_year_start" json:"fiscal_year_start,omitempty"`     // month, 1 to 12
	Calendar         string   `yaml:"calendar" json:"calendar,omitempty"`                       // of business days: us or none
	Holidays         []string `yaml:"holidays" json:"holidays,omitempty"`                       // more of them, YYYY-MM-DD
	MonthToMonthTerm string   `yaml:"month_to_month_term" json:"month_to_month_term,omitempty"` // whose NO_UPFRONT price is month-to-month's
	// what is held against the approval limit: total or upfront
	ApprovalBasis string `yaml:"approval_basis" json:"approval_basis,omitempty"`
	// values of LifeCycleStatus of an Outpost that is returned
	RetiredStatuses []string `yaml:"retired_statuses" json:"retired_statuses,omitempty"`
}

// Capacity says how the use of Outposts is read.
type Capacity struct {
	// for how many days CloudWatch is asked what was used the most, which AWS charges; 0, the default: it is not asked
	CloudWatchDays int `yaml:"cloudwatch_days" json:"cloudwatch_days,omitempty"`
}

// Billing says where AWS's bill is, and what to make of it.
type Billing struct {
	// AWS Data Exports: folders, relative to the config's, or s3://bucket/prefix/export-name
	Exports []string `yaml:"exports" json:"exports,omitempty"`
	// in place of exports: AWS charges each call, and it knows no Outpost
	CostExplorer *CostExplorer `yaml:"cost_explorer" json:"cost_explorer,omitempty"`
	// that are read, the one of the run and those before it; default 13
	Months int `yaml:"months" json:"months,omitempty"`
	// agreed with AWS on Outposts: taken off a contract's price where a charge shows that its price was negotiated
	DiscountPercent Decimal `yaml:"discount_percent" json:"discount_percent,omitempty"`

	asWritten map[string]string // Exports → how the file has them, of a config that LoadConfig has read
}

// CostExplorer says how much may be asked of Cost Explorer.
type CostExplorer struct {
	MaxCalls int `yaml:"max_calls" json:"max_calls"` // the most calls of a run, each of which AWS charges
}

// defaultMonths of a bill are read.
const defaultMonths = 13

// Output says what is written, and where.
type Output struct {
	Dir     string   `yaml:"dir" json:"dir,omitempty"`
	Formats []string `yaml:"formats" json:"formats,omitempty"`

	S3          string `yaml:"s3" json:"s3,omitempty"`                     // s3://bucket/prefix to deliver to; empty: nowhere
	KMSKey      string `yaml:"kms_key" json:"kms_key,omitempty"`           // id, ARN or alias; empty: the bucket's own encryption
	BucketOwner string `yaml:"bucket_owner" json:"bucket_owner,omitempty"` // account that must own the bucket; empty: the caller's own
	SNSTopic    string `yaml:"sns_topic" json:"sns_topic,omitempty"`       // ARN of a topic to notify; empty: none
	// URL to notify; empty: none. TENOR_WEBHOOK keeps it out of the file
	Webhook       string         `yaml:"webhook" json:"webhook,omitempty"`
	WebhookFormat string         `yaml:"webhook_format" json:"webhook_format,omitempty"` // slack, the default, which others take too, or teams
	Mail          *delivery.Mail `yaml:"mail" json:"mail,omitempty"`                     // nil: none

	WebhookSecret string `yaml:"-" json:"-"` // ARN of the secret that holds the URL, in place of Webhook; empty: none
}

// Decimal is a decimal number kept as it was written.
type Decimal string

// UnmarshalYAML reads a number, or a string that holds one.
func (d *Decimal) UnmarshalYAML(n *yaml.Node) error {
	if _, err := decimal.NewFromString(n.Value); err != nil || n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: %q is no decimal number", n.Line, n.Value)
	}
	*d = Decimal(n.Value)
	return nil
}

// FailOnNone is the gate that lets everything pass.
const FailOnNone = "none"

// DefaultConfig returns the settings that hold where the config and the flags say nothing.
func DefaultConfig() Config {
	return Config{
		Finance: Finance{DiscountRate: "0.08", FiscalYearStart: 1, Calendar: "us", MonthToMonthTerm: "ONE_YEAR",
			ApprovalBasis: finance.BasisTotal, RetiredStatuses: []string{"RETIRED"}},
		Output: Output{Dir: "out", Formats: []string{"json", "xlsx"}, WebhookFormat: delivery.WebhookSlack},
		Notify: delivery.Notify{On: delivery.NotifyChanges, DeadlineDays: []int{90, 30, 10, 5, 1}},
		FailOn: string(audit.High), WaiversMaxDays: 366,
	}
}

// LoadConfig reads a tenor.yaml over the defaults. Paths in it are made relative to its own folder. Errors name the file
// and the line.
func LoadConfig(path string) (Config, error) {
	b, err := yamlfile.Read(path)
	if err != nil {
		return Config{}, fmt.Errorf("config: %w", err)
	}
	c, err := ParseConfig(path, b)
	if err != nil {
		return Config{}, err
	}
	dir := filepath.Dir(path)
	rel := func(p string) string {
		if p == "" || filepath.IsAbs(p) || delivery.IsS3(p) {
			return p
		}
		return filepath.Join(dir, p)
	}
	c.Waivers, c.Decisions, c.Policies.Key = rel(c.Waivers), rel(c.Decisions), rel(c.Policies.Key)
	for _, list := range [][]string{c.Policies.Dirs, c.Policies.Bundles} {
		for i := range list {
			list[i] = rel(list[i])
		}
	}
	if b := c.Billing; b != nil {
		b.asWritten = map[string]string{}
		for i, export := range b.Exports {
			if !billing.InS3(export) {
				b.Exports[i] = rel(export)
			}
			b.asWritten[b.Exports[i]] = export
		}
	}
	return c, nil
}

// ParseConfig reads the text of a config called name over the defaults.
func ParseConfig(name string, text []byte) (Config, error) {
	c := DefaultConfig()
	root, err := yamlfile.Decode(name, text, &c)
	if err != nil {
		return Config{}, err
	}
	c.Policies.Place = func(path ...string) string {
		line, found := yamlfile.Line(root, path)
		if !found {
			return ""
		}
		return fmt.Sprint(name, ":", line)
	}
	for _, p := range c.problems() {
		line, _ := yamlfile.Line(root, p.path)
		return Config{}, fmt.Errorf("%s:%d: %s: %s", name, line, strings.Join(p.path, "."), p.msg)
	}
	return c, nil
}

// Check reports the first setting that cannot be, whichever way it was set.
func (c *Config) Check() error {
	for _, p := range c.problems() {
		return fmt.Errorf("config: %s: %s", strings.Join(p.path, "."), p.msg)
	}
	return nil
}

type problem struct {
	path []string
	msg  string
}

// remote begins what is no path of a file.
var remote = regexp.MustCompile(`^[a-z][a-z0-9+.-]+://`)

var regionName = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)

func (c *Config) problems() []problem {
	var ps []problem
	bad := func(msg string, path ...string) { ps = append(ps, problem{path, msg}) }
	// want notes a setting, its keys with dots between, that is not ok.
	want := func(ok bool, setting, format string, args ...any) {
		if !ok {
			bad(fmt.Sprintf(format, args...), strings.Split(setting, ".")...)
		}
	}
	accounts := func(ids []string, setting string) {
		for _, id := range ids {
			want(audit.IsAccountID(id), setting, "%q is no account id of twelve digits", id)
		}
	}
	accounts(c.Accounts, "accounts")
	for _, r := range c.Regions {
		want(regionName.MatchString(r), "regions", "%q is no region, such as eu-central-1", r)
	}
	if o := c.Organization; o != nil {
		const words = "%q: want 2 to 64 letters, digits or characters of _+=,.@-"
		want(o.RoleName != "", "organization.role_name", "missing: the role to assume in each account")
		want(o.SourceIdentity == "" || sessionWord.MatchString(o.SourceIdentity), "organization.source_identity", words, o.SourceIdentity)
		want(o.SessionName == "" || sessionWord.MatchString(o.SessionName), "organization.session_name", words, o.SessionName)
		accounts(o.ExcludeAccounts, "organization.exclude_accounts")
	}
	want(c.Concurrency >= 0, "concurrency", "must not be negative")
	want(c.Rate >= 0, "rate", "must not be negative")
	assumed := c.assumed()
	finance.Check(&assumed, func(setting, msg string) { bad(msg, "finance", setting) })
	if days := c.Capacity.CloudWatchDays; days < 0 || days > collector.MaxCloudWatchDays {
		bad(fmt.Sprintf("%d: want a number of days up to %d, which is as long as CloudWatch keeps them, or 0 to ask nothing", days,
			collector.MaxCloudWatchDays), "capacity", "cloudwatch_days")
	}
	if c.Billing != nil {
		c.Billing.problems(bad)
	}
	c.placeProblems(bad)
	want(!remote.MatchString(c.Waivers), "waivers", "%q: want a file on this machine: fetch it first", c.Waivers)
	want(c.WaiversMaxDays >= 1, "waivers_max_days", "want a number of days above 0")
	c.signedProblems(bad)
	want(c.Policies.Timeout >= 0, "policies.timeout", "must not be negative")
	want(c.Policies.MaxFindings >= 0, "policies.max_findings", "must not be negative")
	for rule, s := range c.Policies.Severity {
		if _, err := audit.ParseSeverity(s); err != nil {
			bad(err.Error(), "policies", "severity", rule)
		}
	}
	for rule, params := range c.Policies.Params {
		for name, v := range params {
			if _, err := paramJSON(v); err != nil {
				bad(err.Error(), "policies", "params", rule, name)
			}
		}
	}
	want(strings.TrimSpace(c.Output.Dir) != "", "output.dir", "missing: the folder to write into")
	want(!remote.MatchString(c.Output.Dir), "output.dir", "%q: want a folder on this machine; s3 delivers to a bucket", c.Output.Dir)
	for _, f := range c.Output.Formats {
		want(slices.Contains(FormatNames(), f), "output.formats", "format %q: want %s", f, strings.Join(FormatNames(), ", "))
	}
	_, err := audit.ParseSeverity(c.FailOn)
	want(err == nil || c.FailOn == FailOnNone, "fail_on", "%q: want critical, high, medium, low, info or none", c.FailOn)
	c.deliveryProblems(bad, want)
	slices.SortStableFunc(ps, func(a, b problem) int { return slices.Compare(a.path, b.path) }) // maps have no order
	return ps
}

// evaluation returns what the config says about the evaluation, on which a report depends beside its snapshot and policies.
func (c *Config) evaluation() ([]byte, error) {
	return audit.EncodeJSON(struct {
		Disable  []string
		Severity map[string]string
		Params   map[string]map[string]any
		Finance  Finance
		FailOn   string

		Namespaces     []string
		SignedOnly     bool
		WaiversMaxDays int

		DiscountPercent string `json:",omitempty"`
	}{c.Policies.Disable, c.Policies.Severity, c.Policies.Params, c.Finance, c.FailOn, c.Policies.Namespaces, c.Policies.SignedOnly,
		c.WaiversMaxDays, c.Billing.discount()})
}
