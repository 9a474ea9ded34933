package collector_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/collector"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
	"tenor/job"
	"tenor/snapshot"
)

var seeds = flag.Int("seeds", 0, "the seed of the first mix that goes through the whole pipeline")

// outcome is what a run has said of the demo's organization.
type outcome struct {
	report    audit.Report
	file      string // report.json
	exit      job.Exit
	fails     map[string]audit.Finding // by fingerprint
	unsure    map[[2]string]bool       // rule and resource of what is unknown; whether nothing is missing but what the run does without
	resources map[string]bool          // by key
}

// key tells a resource from the same one as another account sees it.
func key(r audit.ResourceRef) string {
	return strings.Join([]string{r.Account, r.Region, r.Kind, r.ID}, " ")
}

// pipeline collects the demo's organization under faults, and evaluates it with every rule firing somewhere; baseline is a report of it
// without faults, empty for none. It returns nil where nobody could be asked.
func pipeline(t *testing.T, estate *awssim.Estate, now time.Time, o awssim.Options, everywhere bool, baseline string) *outcome {
	t.Helper()
	o.Estate = estate
	sim, err := awssim.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sim.Close() }() // it only serves
	cfg, err := awsread.LoadConfig(t.Context(), awsread.LoadOptions{
		Endpoint: sim.URL(), AccessKey: awssim.AccessKey(estate.Organization.ManagementAccount), Region: "eu-central-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	options := collector.Hurried(collector.Options{
		Config: cfg, ToolVersion: "test", Now: func() time.Time { return now }, Regions: estate.Regions, CloudWatchDays: 30,
		Organization: &collector.Organization{RoleName: estate.Role.Name, ExternalID: estate.Role.ExternalID},
	})
	if everywhere {
		options.Regions = nil
	}
	dir := t.TempDir()
	_, err = collector.Collect(t.Context(), options, func() (*snapshot.Writer, error) { return snapshot.Create(filepath.Join(dir, "snapshot")) })
	if err != nil {
		if _, serr := os.Stat(filepath.Join(dir, "snapshot")); !errors.Is(serr, fs.ErrNotExist) || !collector.StartFails(o.Faults) && !collector.TimedOut(err) {
			t.Errorf("no report: %v", err)
		}
		return nil
	}
	example, err := job.LoadConfig("../examples/tenor.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := job.DefaultConfig()
	c.Policies, c.Finance, c.Baseline = example.Policies, example.Finance, baseline
	c.Output = job.Output{Dir: dir, Formats: []string{"json"}}
	res, err := (&job.Job{Config: c, Version: "test", Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }}).Evaluate(t.Context(), dir)
	if err != nil {
		t.Errorf("no report: %v", err)
		return nil
	}
	t.Cleanup(func() {
		_ = res.Close() // what it leaves is the test's own folder
		res = nil       // a test that has ended is kept, with its cleanups, until all of its parent's have
	})
	out := &outcome{report: res.Report, file: res.Files[0], exit: res.Exit, fails: map[string]audit.Finding{}, unsure: map[[2]string]bool{}, resources: map[string]bool{}}
	for f, err := range res.Report.Findings.All() {
		switch {
		case err != nil:
			t.Fatal(err)
		case f.Verdict == audit.Fail:
			out.fails[f.Fingerprint] = f
		case f.Verdict == audit.Unknown:
			out.unsure[[2]string{f.Rule, key(f.Resource)}] = f.Optional
		default:
			t.Errorf("%s on %s: %s %s", f.Rule, key(f.Resource), f.Verdict, f.Msg)
		}
	}
	s, err := snapshot.Open(filepath.Join(dir, "snapshot"))
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range s.Resources() {
		if err != nil {
			t.Fatal(err)
		}
		out.resources[key(r.Ref())] = true
	}
	return out
}

// gap reports whether the ledger says that one of the operations was not read in a region of an account, or of the account as a whole.
func (o *outcome) gap(account, region string, operations ...string) bool {
	return slices.ContainsFunc(slices.Collect(o.report.Coverage.All()), func(c audit.Coverage) bool {
		if c.Status != audit.StatusGap && c.Status != audit.StatusOptional || c.Account != account {
			return false
		}
		return c.Operation == "AssumeRole" || (region == "" || c.Region == region) && slices.Contains(operations, c.Operation)
	})
}

// vanished reports whether a resource was not found, and the ledger tells.
func (o *outcome) vanished(r audit.ResourceRef) bool {
	return r.Kind != audit.KindAccount && !o.resources[key(r)] && o.gap(r.Account, r.Region, audit.KindOf(r.Kind).List)
}

// compare holds what a run under faults says against what one without says of the same organization.
func (o *outcome) compare(t *testing.T, whole *outcome) {
	t.Helper()
	for print, was := range whole.fails {
		is, fails := o.fails[print]
		switch {
		case fails && (is.Severity != was.Severity || is.Due != was.Due || is.Amount != nil && !cmp.Equal(is.Amount, was.Amount)):
			t.Errorf("another finding: %s %s %v, was %s %s %v: %s", is.Severity, is.Due, is.Amount, was.Severity, was.Due, was.Amount, was.Msg)
		case !fails && !o.isUnsure(was) && !o.vanished(was.Resource):
			t.Errorf("a false pass: %s on %s: %s", was.Rule, key(was.Resource), was.Msg)
		}
	}
	for print, is := range o.fails {
		if _, ok := whole.fails[print]; !ok && !o.standsIn(is, whole) {
			t.Errorf("an accusation: %s on %s: %s", is.Rule, key(is.Resource), is.Msg)
		}
	}
	for r := range o.resources {
		if !whole.resources[r] {
			t.Errorf("%s is in no estate", r)
		}
	}
	if o.less(whole) && (o.report.Status != audit.Incomplete || o.exit != job.ExitFindings && o.exit != job.ExitIncomplete) {
		t.Errorf("something is missing, and the report is %s, exit %d", o.report.Status, o.exit)
	}
	o.compareMoney(t, whole)
	if c := o.report.Changes; c.Resolved.Len > 0 || c.Persisting+c.Changed.Len+c.NotReevaluated.Len < len(whole.fails) {
		t.Errorf("of %d findings %d persist, %d changed, %d are not re-evaluated and %d resolved",
			len(whole.fails), c.Persisting, c.Changed.Len, c.NotReevaluated.Len, c.Resolved.Len)
	}
}

// isUnsure reports whether the rule of a finding cannot tell of its resource.
func (o *outcome) isUnsure(f audit.Finding) bool {
	_, ok := o.unsure[[2]string{f.Rule, key(f.Resource)}]
	return ok
}

// less reports whether something is missing that makes a report incomplete: not for want of what a run does without, such as all that
// is known of a hub.
func (o *outcome) less(whole *outcome) bool {
	for r := range whole.resources {
		if !o.resources[r] && !hub(r) {
			return true
		}
	}
	for _, optional := range o.unsure {
		if !optional {
			return true
		}
	}
	for print, was := range whole.fails {
		if _, ok := o.fails[print]; !ok && !o.unsure[[2]string{was.Rule, key(was.Resource)}] && !hub(key(was.Resource)) {
			return true
		}
	}
	return false
}

// hub reports whether a key is that of a portfolio or of a product of the catalogue.
func hub(key string) bool {
	return strings.Contains(key, " "+audit.KindPortfolio+" ") || strings.Contains(key, " "+audit.KindProduct+" ")
}

// standsIn reports whether a finding is what the status of a product proves by itself, of which a narrower rule says more where the
// records can be read, and cannot tell here.
func (o *outcome) standsIn(f audit.Finding, whole *outcome) bool {
	if f.Rule != "service_catalog.product_error" && f.Rule != "service_catalog.product_tainted" {
		return false
	}
	for _, was := range whole.fails {
		switch was.Rule {
		case "service_catalog.launch_failed", "service_catalog.terminate_failed", "service_catalog.broken_long":
			if key(was.Resource) == key(f.Resource) && o.isUnsure(was) {
				return true
			}
		}
	}
	return false
}

// compareMoney holds contracts, deadlines and sums: each is as it was, or is said not to be known.
func (o *outcome) compareMoney(t *testing.T, whole *outcome) {
	t.Helper()
	now, unpaid := map[string]audit.Renewal{}, map[string]bool{}
	for r, err := range o.report.Renewals.All() {
		if err != nil {
			t.Fatal(err)
		}
		now[key(r.Resource)] = r
		if !r.Shared && r.RemainingCommitment == "" {
			unpaid[r.Resource.Account] = true
		}
	}
	known := func(r audit.ResourceRef) bool {
		return !o.vanished(r) && !o.gap(r.Account, r.Region, "GetOutpostBillingInformation")
	}
	for was, err := range whole.report.Renewals.All() {
		if err != nil {
			t.Fatal(err)
		}
		is, ok := now[key(was.Resource)]
		if !ok {
			if known(was.Resource) {
				t.Errorf("the contract of %s is gone", key(was.Resource))
			}
			continue
		}
		if is.ContractEnd != was.ContractEnd || is.NoticeDeadline != was.NoticeDeadline || is.ContractState != was.ContractState {
			t.Errorf("the contract of %s is another: %+v, was %+v", key(was.Resource), is.OutpostFacts, was.OutpostFacts)
		}
		for name, pair := range map[string][2]audit.Optional{
			"a month": {is.CurrentMonthly, was.CurrentMonthly}, "remaining": {is.RemainingCommitment, was.RemainingCommitment},
			"month to month": {is.MonthToMonthPrice, was.MonthToMonthPrice}, "cost of inaction": {is.CostOfInaction, was.CostOfInaction},
		} {
			if pair[0] != "" && pair[0] != pair[1] {
				t.Errorf("%s of %s: %s, was %s", name, key(was.Resource), pair[0], pair[1])
			}
		}
	}
	sums := map[string]audit.AccountCommitment{}
	for _, a := range o.report.Commitments.Accounts {
		sums[a.Account] = a
		if unpaid[a.Account] != (a.NotIncluded > 0) && !o.gap(a.Account, "", "GetOutpostBillingInformation") {
			t.Errorf("account %s: %d Outposts not included, and some are not known: %t", a.Account, a.NotIncluded, unpaid[a.Account])
		}
	}
	notIncluded := 0
	for _, was := range whole.report.Commitments.Accounts {
		is := sums[was.Account]
		notIncluded += is.NotIncluded
		same := is.Remaining == was.Remaining && cmp.Equal(committed(is.CashByMonth), committed(was.CashByMonth)) &&
			cmp.Equal(committed(is.AmortisedByFiscalYear), committed(was.AmortisedByFiscalYear))
		if !same && !is.Incomplete && !(is.Account == "" && o.report.Commitments.Total.Incomplete) {
			t.Errorf("the sums of account %s lack something in silence: %+v, was %+v", was.Account, is, was)
		}
	}
	if n := o.report.Commitments.Total.NotIncluded; n != notIncluded {
		t.Errorf("%d Outposts are not in the total, %d not in their accounts", n, notIncluded)
	}
	for _, was := range whole.report.Summary.Deadlines {
		if known(was.Resource) && !slices.ContainsFunc(o.report.Summary.Deadlines, func(d audit.Deadline) bool { return d.Resource.ID == was.Resource.ID }) {
			t.Errorf("the deadline of %s is gone", key(was.Resource))
		}
	}
}

// committed are the periods in which something is paid on contracts as they stand.
func committed(periods []audit.Period) map[string]string {
	m := map[string]string{}
	for _, p := range periods {
		if strings.Trim(p.Committed, "0.") != "" {
			m[p.Period] = p.Committed
		}
	}
	return m
}

// TestAnyMixOfFaultsThroughThePipeline evaluates the demo's organization as it is read under mixes of faults, against what is said of it
// without: nothing passes and nothing is accused by a fault, no sum or deadline lacks anything in silence, and whenever it is known
// whom to ask there is a report. go test ./collector -run ThroughThePipeline -mixes 500 runs more of them,
// -seeds 1000 others.
func TestAnyMixOfFaultsThroughThePipeline(t *testing.T) {
	if testing.Short() {
		t.Skip("evaluates the whole pack many times")
	}
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	estate, err := awssim.DemoEstate(now)
	if err != nil {
		t.Fatal(err)
	}
	whole := pipeline(t, estate, now, awssim.Options{}, false, "")
	if whole == nil || len(whole.unsure) > 0 || whole.report.Commitments.Total.NotIncluded > 0 {
		t.Fatal("the demo is not whole without faults")
	}
	kinds := map[awssim.FaultKind]int{}
	for seed := *seeds; seed < *seeds+*collector.Mixes; seed++ {
		random := rand.New(rand.NewPCG(2, uint64(seed)))
		faults := collector.SomeFaults(random)
		for _, f := range faults {
			kinds[f.Kind]++
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			o := pipeline(t, estate, now, awssim.Options{Faults: faults, PageSize: random.IntN(3) * 7}, seed%16 == 0, whole.file)
			if o != nil {
				o.compare(t, whole)
			}
			if t.Failed() {
				t.Logf("faults %+v", faults)
			}
		})
	}
	t.Logf("faults of %d mixes: %v", *collector.Mixes, slices.Sorted(maps.Keys(kinds)))
}

// stackWords are those in which a finding on a product names the status of its stack, which it may do without.
var stackWords = regexp.MustCompile(` \(its stack is [A-Z_]+\)`)

// TestWithoutWhatARunDoesWithout denies every call that a run does without: the report is what it is with them, but for what needs
// them, which is unknown, and for the rows of the ledger that say so.
func TestWithoutWhatARunDoesWithout(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	estate, err := awssim.DemoEstate(now)
	if err != nil {
		t.Fatal(err)
	}
	whole := pipeline(t, estate, now, awssim.Options{}, false, "")
	denied := map[string]bool{} // whether the ledger says so
	var faults []awssim.Fault
	for _, op := range collector.Optional() {
		denied[op] = false
		faults = append(faults, awssim.Fault{Operation: op, Kind: awssim.FaultAccessDenied})
	}
	for _, behind := range []string{"DescribePortfolioShares", "ListConstraintsForPortfolio", "DescribeConstraint", "ListPrincipalsForPortfolio", "GetGroup",
		"ListBudgetsForResource", "ListPortfoliosForProduct", "DescribeBudgets", "GetMetricData"} {
		denied[behind] = true // it is not asked where ListPortfolios or SearchProductsAsAdmin is denied
	}
	without := pipeline(t, estate, now, awssim.Options{Faults: faults}, false, "")
	if whole == nil || without == nil {
		t.Fatal("no report")
	}
	if without.report.Status != whole.report.Status || without.report.Status == audit.Incomplete || without.exit != whole.exit {
		t.Errorf("%s, exit %d; with them %s, exit %d", without.report.Status, without.exit, whole.report.Status, whole.exit)
	}
	named := false
	for print, was := range whole.fails {
		is, ok := without.fails[print]
		was.Msg = stackWords.ReplaceAllString(was.Msg, "")
		was.Remediation = is.Remediation // words, which may name what only an optional call knows, such as that a launch role is gone
		switch {
		case !ok:
			if !without.unsure[[2]string{was.Rule, key(was.Resource)}] && !hub(key(was.Resource)) {
				t.Errorf("%s on %s is neither said nor unknown", was.Rule, was.Resource.ID)
			}
		case strings.Contains(was.Msg, " is blocked by "): // it names what was not read
			if !ok || is.Severity != was.Severity || strings.Contains(is.Msg, " is blocked by ") {
				t.Errorf("%s on %s: %s", was.Rule, was.Resource.ID, is.Msg)
			}
			named = true
		case !cmp.Equal(is, was):
			t.Errorf("another finding (-with +without):\n%s", cmp.Diff(was, is))
		}
	}
	if !named {
		t.Error("nothing names what blocks a capacity task: it tests nothing")
	}
	if without.less(whole) || len(without.unsure) == 0 {
		t.Errorf("unknown: %v", without.unsure)
	}
	without.compareMoney(t, whole)
	for c := range without.report.Coverage.All() {
		if _, of := denied[c.Operation]; of {
			denied[c.Operation] = true
			if c.Status != audit.StatusOptional || c.Reason != audit.ReasonAccessDenied {
				t.Errorf("the ledger says %+v", c)
			}
		} else if c.Status == audit.StatusGap {
			t.Errorf("a gap: %+v", c)
		}
	}
	for op, told := range denied {
		if !told {
			t.Errorf("the ledger says nothing of %s", op)
		}
	}
}

// TestWithoutBudgets denies each of the calls for budgets, which a run without the hub does not come to: the report is what it is with them
// but for the rule that needs them, which is unknown, and for the row of the ledger.
func TestWithoutBudgets(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	estate, err := awssim.DemoEstate(now)
	if err != nil {
		t.Fatal(err)
	}
	const rule = "service_catalog.over_budget"
	whole := pipeline(t, estate, now, awssim.Options{}, false, "")
	if whole == nil || !slices.ContainsFunc(slices.Collect(maps.Values(whole.fails)), func(f audit.Finding) bool { return f.Rule == rule }) {
		t.Fatal("no budget of the demo is exceeded: it tests nothing")
	}
	maps.DeleteFunc(whole.fails, func(_ string, f audit.Finding) bool { return f.Rule == rule })
	for _, op := range []string{"ListBudgetsForResource", "ListPortfoliosForProduct", "DescribeBudgets"} {
		t.Run(op, func(t *testing.T) {
			without := pipeline(t, estate, now, awssim.Options{Faults: []awssim.Fault{{Operation: op, Kind: awssim.FaultAccessDenied}}}, false, "")
			if without == nil || without.report.Status != whole.report.Status || without.exit != whole.exit || len(without.unsure) == 0 {
				t.Fatalf("another report: %+v", without)
			}
			if diff := cmp.Diff(whole.fails, without.fails); diff != "" {
				t.Errorf("other findings (-with +without):\n%s", diff)
			}
			for of, optional := range without.unsure {
				if of[0] != rule || !optional {
					t.Errorf("unknown: %v, optional %t", of, optional)
				}
			}
			rows := slices.DeleteFunc(slices.Collect(without.report.Coverage.All()), func(c audit.Coverage) bool { return c.Status != audit.StatusOptional })
			if len(rows) == 0 || slices.ContainsFunc(rows, func(c audit.Coverage) bool { return c.Operation != op }) {
				t.Errorf("the ledger says %+v", rows)
			}
		})
	}
}
