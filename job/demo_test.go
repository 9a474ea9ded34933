package job

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"

	"tenor/audit"
	"tenor/internal/awssim"
	"tenor/policies"
)

// demoJob returns a job on the demo's estate as it stands at now.
func demoJob(t *testing.T, now time.Time, faults ...awssim.Fault) *Job {
	t.Helper()
	return estateJob(t, now, func(*awssim.Estate) {}, faults...)
}

// estateJob is demoJob with something changed in the estate.
func estateJob(t *testing.T, now time.Time, change func(*awssim.Estate), faults ...awssim.Fault) *Job {
	t.Helper()
	estate, err := awssim.DemoEstate(now)
	if err != nil {
		t.Fatal(err)
	}
	change(estate)
	return jobOn(t, estate, now, faults...)
}

// jobOn returns a job on an organization's estate as it stands at now.
func jobOn(t *testing.T, estate *awssim.Estate, now time.Time, faults ...awssim.Fault) *Job {
	t.Helper()
	server, err := awssim.Start(awssim.Options{Estate: estate, Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	c := DefaultConfig()
	c.Endpoint, c.AccessKey, c.Rate = server.URL(), awssim.AccessKey(estate.Organization.ManagementAccount), 10_000 // it has no quota
	c.Organization = &Organization{RoleName: estate.Role.Name, ExternalID: estate.Role.ExternalID}
	c.Regions = estate.Regions
	c.Output = Output{Dir: filepath.Join(t.TempDir(), "out"), Formats: []string{"json"}}
	return &Job{Config: c, Version: "test", Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }}
}

func runJob(t *testing.T, j *Job) *Result {
	t.Helper()
	res, err := j.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Close() })
	return res
}

// TestDemoFiresEveryRule runs the demo and its bill with the example config, its waivers and its decisions, on days of every kind: around
// a year's end, on a weekend, before a holiday.
func TestDemoFiresEveryRule(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector, and starts no goroutines that others do not")
	}
	example, err := LoadConfig("../examples/tenor.yaml")
	if err != nil {
		t.Fatal(err)
	}
	waived, err := os.ReadFile(example.Waivers)
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []string{"2026-11-20", "2026-12-31", "2027-01-01", "2027-02-28", "2028-02-29", "2027-07-03", "2027-09-05",
		"2027-11-24"} {
		t.Run(day, func(t *testing.T) {
			now, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			estate, err := awssim.DemoEstate(now.Add(9 * time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			j := jobOn(t, estate, now.Add(9*time.Hour))
			j.Config.Billing = &Billing{Exports: []string{estate.Bill.URI()}}
			if o := example.Organization; o.RoleName != j.Config.Organization.RoleName || o.ExternalID != j.Config.Organization.ExternalID {
				t.Errorf("the example's organization %+v is not the demo's", *o)
			}
			j.Config.Policies, j.Config.Waivers, j.Config.Finance = example.Policies, example.Waivers, example.Finance
			j.Config.Decisions = example.Decisions
			j.Config.Waivers = filepath.Join(t.TempDir(), "waivers.yaml") // no waiver holds on all the days
			text := strings.ReplaceAll(string(waived), "2027-06-30", now.AddDate(0, 6, 0).Format(time.DateOnly))
			if err := os.WriteFile(j.Config.Waivers, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			res := runJob(t, j)
			for _, r := range res.Report.Rules {
				// An organization has one payer, who has activated the tag of products or has not: TestDemoWithoutTheTag has the other bill.
				if fires := r.Verdicts[audit.Fail] > 0; fires == (r.ID == "billing.cost_tag_inactive") {
					t.Errorf("%s: fires %v", r.ID, fires)
				}
				if n := r.Verdicts[audit.Error] + r.Verdicts[audit.Unknown]; n > 0 {
					t.Errorf("%s: %d errors and unknowns", r.ID, n)
				}
			}
			if res.Report.Summary.Verdicts[audit.Waived] == 0 {
				t.Error("nothing is waived")
			}
			if res.Report.Status != audit.HasFindings || res.Exit != ExitFindings {
				t.Errorf("status %s, exit %d", res.Report.Status, res.Exit)
			}
		})
	}
}

// TestDemoWithoutTheTag runs the demo with a bill of each account in which no line has the tag of a product: that is said of each account
// that has products, and nothing of what a product costs.
func TestDemoWithoutTheTag(t *testing.T) {
	var charges []charge
	for _, account := range []string{"203948571620", "350918274466", "481265039174", "719203846551", "664820193375"} {
		charges = append(charges, charge{account: account, region: "eu-central-1", service: "AmazonEC2", amount: "1"})
	}
	export := demoBill(t, []string{"2026-09", "2026-10"}, charges...)
	j := with(t, demoJob(t, deliveryDay), func(c *Config) { c.Billing = &Billing{Exports: []string{export}} })
	r := runJob(t, j).Report
	for id, want := range map[string]map[audit.Verdict]int{
		"billing.cost_tag_inactive": {audit.Fail: 4, audit.Pass: 1}, "billing.cost_of_gone_product": {audit.Pass: 5},
		"service_catalog.broken_still_costs": {audit.Unknown: 216},
	} {
		got := maps.Clone(r.Rules[slices.IndexFunc(r.Rules, func(rule audit.RuleResult) bool { return rule.ID == id })].Verdicts)
		maps.DeleteFunc(got, func(_ audit.Verdict, n int) bool { return n == 0 })
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", id, d)
		}
	}
}

// TestLogCountsTheFindings holds the log's last line to the report: some rule has several findings on one resource.
func TestLogCountsTheFindings(t *testing.T) {
	var log strings.Builder
	j := demoJob(t, time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	j.Log = slog.New(slog.NewTextHandler(&log, nil))
	s := runJob(t, j).Report.Summary
	if s.Failures() == s.Verdicts[audit.Fail] {
		t.Fatal("no rule has several findings on one resource: the test shows nothing")
	}
	if want := fmt.Sprintf("msg=evaluated status=findings findings=%d ", s.Failures()); !strings.Contains(log.String(), want) {
		t.Errorf("no %q in\n%s", want, log.String())
	}
}

// TestExampleSaysTheDefaults holds the example config to its word: it has every setting, and what it does not mark as an
// example is the default.
func TestExampleSaysTheDefaults(t *testing.T) {
	got, err := LoadConfig("../examples/tenor.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Organization, want.Output.Mail = got.Organization, got.Output.Mail
	want.Billing = &Billing{Exports: got.Billing.Exports, Months: defaultMonths, DiscountPercent: "0"}
	want.Waivers, want.Decisions = got.Waivers, got.Decisions
	want.Policies.Severity, want.Policies.Params = got.Policies.Severity, got.Policies.Params
	got.Policies.Place = nil
	want.Finance.Holidays = got.Finance.Holidays
	want.Concurrency, want.Rate = 32, 10 // whose zero stands for them, as for the next two
	want.Policies.Timeout, want.Policies.MaxFindings = policies.DefaultTimeout, policies.DefaultMaxFindings
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(Billing{})); d != "" {
		t.Error(d)
	}
	text, err := os.ReadFile("../examples/tenor.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	for _, missing := range absent(reflect.TypeFor[Config](), tree) {
		if missing == "billing.cost_explorer" { // which is instead of exports
			continue
		}
		t.Errorf("the example lacks %s", missing)
	}
}

// absent returns the settings of t that tree does not have.
func absent(t reflect.Type, tree map[string]any) (keys []string) {
	for f := range t.Fields() {
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "-" || !f.IsExported() {
			continue
		}
		value, ok := tree[key]
		if !ok {
			keys = append(keys, key)
			continue
		}
		typ := f.Type
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if inner, ok := value.(map[string]any); ok && typ.Kind() == reflect.Struct {
			for _, k := range absent(typ, inner) {
				keys = append(keys, key+"."+k)
			}
		}
	}
	return keys
}

func TestGapsNeverPass(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	res := runJob(t, demoJob(t, now, awssim.Fault{Operation: "GetOutpostBillingInformation", Region: "eu-central-1",
		Kind: awssim.FaultAccessDenied}))
	if res.Report.Status != audit.Incomplete {
		t.Errorf("status %s, want incomplete", res.Report.Status)
	}
	unknown := 0
	for f, err := range res.Report.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		if f.Rule == "outposts.contract_ending" && f.Resource.Region == "eu-central-1" {
			if f.Verdict != audit.Unknown {
				t.Errorf("%s: %s, want unknown", f.Resource.ID, f.Verdict)
			}
			unknown++
		}
	}
	if unknown == 0 {
		t.Error("no Outpost of the region is unknown")
	}
	for r, err := range res.Report.Renewals.All() {
		if err != nil {
			t.Fatal(err)
		}
		if r.Resource.Region == "eu-central-1" && r.HasBilling {
			t.Errorf("%s has billing", r.Resource.ID)
		}
	}
}

// TestDemoWithoutItsHub denies every call of the demo that the run does without: no report is incomplete by it, each has a row of the
// ledger, what rests on such a call is unknown, and what rests on the status of a product alone is said.
func TestDemoWithoutItsHub(t *testing.T) {
	var faults []awssim.Fault
	for _, op := range []string{"ListPortfolios", "SearchProductsAsAdmin", "GetRole", "GetUser", "GetGroup"} {
		faults = append(faults, awssim.Fault{Operation: op, Kind: awssim.FaultAccessDenied})
	}
	whole := runJob(t, demoJob(t, deliveryDay)).Report
	r := runJob(t, demoJob(t, deliveryDay, faults...)).Report
	if r.Status != audit.HasFindings || r.Summary.Coverage.Gaps > 0 || r.Summary.Coverage.Optional == 0 {
		t.Errorf("status %s, coverage %+v", r.Status, r.Summary.Coverage)
	}
	of := func(r *audit.Report, id string) map[audit.Verdict]int {
		return r.Rules[slices.IndexFunc(r.Rules, func(rule audit.RuleResult) bool { return rule.ID == id })].Verdicts
	}
	for _, id := range []string{"service_catalog.product_error", "service_catalog.product_tainted", "service_catalog.account_product_broken"} {
		if diff := cmp.Diff(of(&whole, id), of(&r, id)); diff != "" {
			t.Errorf("%s (-whole +denied):\n%s", id, diff)
		}
	}
	if v := of(&r, "service_catalog.launch_role_missing"); v[audit.Fail] > 0 || v[audit.Unknown] == 0 {
		t.Errorf("launch_role_missing: %v", v)
	}
}
