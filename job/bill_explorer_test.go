package job

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/internal/awssim"
)

// exploredJob returns a job on the demo that asks Cost Explorer with at most so many calls, what it logs, and the calls that it made,
// each with what the log had by then.
func exploredJob(t *testing.T, maxCalls, pageSize int, faults ...awssim.Fault) (j *Job, calls func() []string) {
	t.Helper()
	estate, err := awssim.DemoEstate(deliveryDay)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var log bytes.Buffer
	var made []string
	server, err := awssim.Start(awssim.Options{Estate: estate, Faults: faults, PageSize: pageSize, OnRequest: func(r awssim.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Service == "ce" {
			made = append(made, log.String())
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	j = with(t, jobOn(t, estate, deliveryDay), func(c *Config) {
		c.Endpoint, c.Billing = server.URL(), &Billing{CostExplorer: &CostExplorer{MaxCalls: maxCalls}}
	})
	j.Log = slog.New(slog.NewTextHandler(locked{&mu, &log}, nil))
	return j, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return made
	}
}

type locked struct {
	mu *sync.Mutex
	*bytes.Buffer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

// TestCostExplorer reads the demo's bill from Cost Explorer: what it can tell is what the export says, each Outpost that shares its
// account and region is told in a sum only, and no failure is one that the export does not give.
func TestCostExplorer(t *testing.T) {
	j, calls := exploredJob(t, 10, 0)
	r := runJob(t, j).Report
	made := calls()
	if len(made) != 6 || // one of corrections
		!strings.Contains(made[0], `calls="at most 10"`) || !strings.Contains(made[0], `price="at most USD 0.10"`) {
		t.Errorf("%d calls, the first after the log said %q", len(made), made)
	}
	for c := range r.Coverage.All() {
		if c.Service == audit.ServiceBilling && (c.Operation != audit.OperationCostAndUsage || c.Status != audit.StatusCollected) {
			t.Errorf("%+v", c)
		}
	}
	estate, err := awssim.DemoEstate(deliveryDay)
	if err != nil {
		t.Fatal(err)
	}
	exported := runJob(t, with(t, jobOn(t, estate, deliveryDay), func(c *Config) {
		c.Billing = &Billing{Exports: []string{estate.Bill.URI()}}
	})).Report
	sums := map[string]decimal.Decimal{} // of the export, by month, account and region
	for _, o := range exported.Billing.Outposts {
		at := o.Period + o.Account + o.Region
		sums[at] = sums[at].Add(decimal.RequireFromString(string(o.Billed)))
	}
	told := 0
	for _, o := range r.Billing.AccountRegions { // every region of the demo has several contracts
		if sum := sums[o.Period+o.Account+o.Region]; o.MatchedBy != "account_region" || string(o.Billed) != sum.StringFixed(2) {
			t.Errorf("%+v: the export says %s", o, sum)
		}
		if o.Status == audit.BillEqual {
			told++
		}
	}
	if told == 0 {
		t.Error("no sum is equal")
	}
	for _, o := range r.Billing.Outposts { // of a region without a charge
		if o.Status != audit.BillCannotTell || o.Billed != "" {
			t.Errorf("an Outpost is told of: %+v", o)
		}
	}
	costs := func(b *audit.Billing) []string {
		list := []string{}
		for _, p := range b.Products {
			list = append(list, fmt.Sprint(p.ARN, p.Status, p.Why, p.Account, slices.Sorted(maps.Keys(p.Periods)), p.Periods))
		}
		return list
	}
	if d := cmp.Diff(costs(exported.Billing), costs(r.Billing)); d != "" {
		t.Errorf("products (-export +Cost Explorer):\n%s", d)
	}
	fails := billFails(t, &exported)
	for _, f := range billFails(t, &r) {
		if !slices.Contains(fails, f) {
			t.Errorf("%s: the export gives no such failure", f)
		}
	}
}

// TestCostExplorerGaps asks Cost Explorer where it does not answer, or not within the calls: one gap with what to do, no verdict, and no
// call more than were allowed.
func TestCostExplorerGaps(t *testing.T) {
	for name, tt := range map[string]struct {
		maxCalls, pageSize int
		fault              awssim.FaultKind
		want               string
		calls              int
	}{
		"too many calls": {4, 0, "", "more than 4 calls are needed: raise billing.cost_explorer.max_calls; each costs USD 0.01", 4},
		"endless pages":  {7, 0, awssim.FaultEndlessPages, "more than 7 calls are needed", 7},
		"refused":        {10, 0, awssim.FaultAccessDenied, "Cost Explorer refuses it: allow ce:GetCostAndUsage", 1},
		"throttled":      {10, 0, awssim.FaultThrottle, "Cost Explorer is throttling: try again later", 1},
		"cut off":        {10, 0, awssim.FaultCutOff, "Cost Explorer does not answer: ", 1},
	} {
		t.Run(name, func(t *testing.T) {
			var faults []awssim.Fault
			if tt.fault != "" {
				faults = append(faults, awssim.Fault{Operation: "GetCostAndUsage", Kind: tt.fault})
			}
			j, calls := exploredJob(t, tt.maxCalls, tt.pageSize, faults...)
			r := runJob(t, j).Report
			if gaps := billGaps(&r); len(gaps) != 1 || !strings.HasPrefix(gaps[0], "Cost Explorer: "+tt.want) || len(calls()) != tt.calls {
				t.Errorf("%d calls, gaps %q", len(calls()), gaps)
			}
			if fails := billFails(t, &r); len(fails) > 0 || r.Status != audit.Incomplete {
				t.Errorf("%s: %q", r.Status, fails)
			}
		})
	}
}

// TestReadBill reads a bill on its own: of exports that are named, of the config's and from Cost Explorer; without any it says so.
func TestReadBill(t *testing.T) {
	explored, calls := exploredJob(t, 10, 0)
	estate, err := awssim.DemoEstate(deliveryDay)
	if err != nil {
		t.Fatal(err)
	}
	configured := with(t, jobOn(t, estate, deliveryDay), func(c *Config) { c.Billing = &Billing{Exports: []string{estate.Bill.URI()}, Months: 2} })
	for name, tt := range map[string]struct {
		job     *Job
		exports []string
		want    int // months
		from    string
	}{
		"named": {jobOn(t, estate, deliveryDay), []string{estate.Bill.URI()}, 6, estate.Bill.URI()}, "of the config": {configured, nil, 2, estate.Bill.URI()},
		"Cost Explorer": {explored, nil, 6, audit.CostExplorer},
	} {
		c, err := tt.job.ReadBill(t.Context(), tt.exports)
		if err != nil || len(c.Sources) != tt.want || len(c.Gaps) > 0 || c.Sources[0].Export != tt.from {
			t.Errorf("%s: %v, %+v", name, err, c)
		}
	}
	if len(calls()) != 6 {
		t.Errorf("%d calls", len(calls()))
	}
	if _, err := jobOn(t, estate, deliveryDay).ReadBill(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "name an export") {
		t.Error(err)
	}
}
