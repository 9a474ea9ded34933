package collector

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awssim"
	"tenor/snapshot"
)

// cancelAt returns options of a simulated AWS that cancel a run when an operation has been asked so often.
func cancelAt(operation string, nth int) (context.Context, func(awssim.Request)) {
	ctx, cancel := context.WithCancel(context.Background())
	var mu sync.Mutex
	return ctx, func(r awssim.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Operation == operation {
			if nth--; nth == 0 {
				cancel()
			}
		}
	}
}

// TestResume stops runs at many places and completes each: what was finished is not asked again, and the snapshot is the
// one of a run that was not stopped.
func TestResume(t *testing.T) {
	whole := collected(t, optionsFor(t, simulate(t, awssim.Options{PageSize: 1}), plant))
	for _, stop := range []struct {
		operation string
		nth       int
	}{{"ListOutposts", 1}, {"ListOutposts", 3}, {"GetOrder", 1}, {"GetOrder", 3}, {"GetQuote", 2}, {"SearchProvisionedProducts", 3}, {"ListRecordHistory", 2}, {"GetCapacityTask", 2}, {"GetRenewalPricing", 2}} {
		t.Run(fmt.Sprint(stop.operation, stop.nth), func(t *testing.T) {
			t.Parallel()
			ctx, onRequest := cancelAt(stop.operation, stop.nth)
			dir := filepath.Join(t.TempDir(), "snapshot")
			o := optionsFor(t, simulate(t, awssim.Options{PageSize: 1, OnRequest: onRequest}), plant)
			if _, err := collectInto(ctx, o, dir); !errors.Is(err, context.Canceled) {
				t.Fatalf("a run that is cancelled: %v", err)
			}
			if _, err := snapshot.Open(dir); err == nil || !strings.Contains(err.Error(), "is unfinished") {
				t.Fatalf("the snapshot of a cancelled run: %v", err)
			}
			var done []string
			again := simulate(t, awssim.Options{PageSize: 1})
			s, err := Collect(t.Context(), optionsFor(t, again, plant), func() (*snapshot.Writer, error) {
				w, err := snapshot.Resume(dir)
				if err == nil {
					for kind, list := range listOf {
						if rec, err := w.Done(plant, "eu-central-1", kind); err != nil {
							return nil, err
						} else if rec != nil {
							done = append(done, list.Name)
						}
					}
				}
				return w, err
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range again.Requests() {
				if slices.Contains(done, r.Operation) {
					t.Errorf("%s is asked again", r.Operation)
				}
			}
			nothingByStealth(t, whole, s)
			if diff := cmp.Diff(whole.Manifest.Files, s.Manifest.Files); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

// TestResourceReadTwice has resources that come again, changed, on a later page: what was read last is in the snapshot, and
// the ledger counts what is there.
func TestResourceReadTwice(t *testing.T) {
	const product = `{"product": {"Id": "pp-%d", "Name": "%s", "Type": "CFN_STACK", "Status": "%s", "LastRecordId": "rec-%[1]d", "LastSuccessfulProvisioningRecordId": "rec-%[1]d"}, "records": [{"RecordId": "rec-%[1]d", "ProvisionedProductId": "pp-%[1]d", "CreatedTime": "now-3d", "Status": "FAILED"}]}`
	products := strings.Join([]string{
		fmt.Sprintf(product, 0, "before", "AVAILABLE"), fmt.Sprintf(product, 1, "once", "TAINTED"), fmt.Sprintf(product, 2, "before", "ERROR"),
		fmt.Sprintf(product, 3, "before", "ERROR"), fmt.Sprintf(product, 0, "after", "ERROR"), fmt.Sprintf(product, 2, "after", "AVAILABLE"), fmt.Sprintf(product, 3, "after", "TAINTED"),
	}, ",")
	e := estate(t, `{"accounts": [{"id": "111122223333", "name": "plant", "email": "plant@example.com", "unit": "r-abcd"}], "scopes": [{"accounts": ["111122223333"], "regions": ["eu-central-1"],
 "sites": [{"repeat": 2, "each": {"SiteId": "os-1", "AccountId": "${account}"}}],
 "outposts": [{"outpost": {"OutpostId": "op-1", "OwnerId": "${account}", "SiteId": "os-1", "Name": "before"}, "billing": {"Subscriptions": []}, "renewal_pricing": {"PricingResult": "UNAVAILABLE"}},
  {"outpost": {"OutpostId": "op-1", "OwnerId": "${account}", "SiteId": "os-1", "Name": "after"}, "billing": {"Subscriptions": []}, "renewal_pricing": {"PricingResult": "UNAVAILABLE"}}],
 "orders": [{"repeat": 2, "each": {"OrderId": "oo-1", "OutpostId": "op-1", "Status": "ERROR"}}],
 "quotes": [{"repeat": 2, "each": {"QuoteId": "oq-1", "QuoteStatus": "CREATED"}}],
 "capacity_tasks": [{"repeat": 2, "each": {"CapacityTaskId": "cap-1", "OutpostId": "op-1", "CapacityTaskStatus": "FAILED"}}],
 "provisioned_products": [`+products+`]}]}`)
	s := collected(t, optionsFor(t, simulate(t, awssim.Options{Estate: e, PageSize: 1}), plant))
	got := map[string]string{}
	for _, r := range resources(t, s) {
		got[r.ID] = r.Name + textOf(r.Spec, "Status")
		if _, ok := r.Related["records"]; ok {
			got[r.ID] += " with a record"
		}
	}
	want := map[string]string{
		"op-1": "after", "oo-1": "ERROR", "oq-1": "", "cap-1": "",
		"pp-0": "afterERROR with a record", "pp-1": "onceTAINTED with a record", "pp-2": "afterAVAILABLE", "pp-3": "afterTAINTED with a record",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("resources (-want +got):\n%s", diff)
	}
	counts := map[string]int{}
	for row := range s.Manifest.Coverage.All() {
		counts[row.Operation] = row.Count
	}
	wantCounts := map[string]int{
		"ListOutposts": 1, "ListSites": 1, "GetOutpostBillingInformation": 1, "GetRenewalPricing": 1, "ListOrders": 1, "GetOrder": 1, "ListQuotes": 1, "GetQuote": 1,
		"ListCapacityTasks": 1, "GetCapacityTask": 1, "ListAssets": 1, "ListAssetInstances": 1, "SearchProvisionedProducts": 4, "ListRecordHistory": 3,
		"ListPortfolios": 0, "SearchProductsAsAdmin": 0,
	}
	if diff := cmp.Diff(wantCounts, counts); diff != "" {
		t.Errorf("counts of the ledger (-want +got):\n%s", diff)
	}
}

// TestResumeUnderAnotherScope stops a run of one region and resumes it for another: what was read of the first would pass
// for all there is. Resumed as it was begun, it is of the time it was begun at.
func TestResumeUnderAnotherScope(t *testing.T) {
	ctx, onRequest := cancelAt("GetOrder", 1)
	sim := simulate(t, awssim.Options{PageSize: 1, OnRequest: onRequest})
	dir := filepath.Join(t.TempDir(), "snapshot")
	if _, err := collectInto(ctx, optionsFor(t, sim, plant), dir); !errors.Is(err, context.Canceled) {
		t.Fatalf("a run that is cancelled: %v", err)
	}
	resume := func() (*snapshot.Writer, error) { return snapshot.Resume(dir) }
	o := optionsFor(t, sim, plant)
	o.Now = func() time.Time { return testNow.AddDate(0, 0, 7) }
	o.Regions = []string{"us-east-1"}
	want := "resume snapshot: " + dir + " was begun with other settings (regions only there: eu-central-1, only here: us-east-1): resume it with those, or run without --resume"
	if _, err := Collect(t.Context(), o, resume); err == nil || err.Error() != want {
		t.Fatalf("got %v, want %s", err, want)
	}
	o.Regions = []string{"eu-central-1"}
	s, err := Collect(t.Context(), o, resume)
	if err != nil {
		t.Fatal(err)
	}
	if want := testNow.Format(time.RFC3339); s.Manifest.TakenAt != want {
		t.Errorf("taken at %s, want %s", s.Manifest.TakenAt, want)
	}
}

// TestResumeJoinsWhatIsThere resumes runs that had everything but the orders, whose Outposts and quotes must then be read
// off the disk.
func TestResumeJoinsWhatIsThere(t *testing.T) {
	for _, fault := range []awssim.FaultKind{"", awssim.FaultAccessDenied} {
		t.Run("billing "+string(fault), func(t *testing.T) {
			faults := []awssim.Fault{{Operation: "GetOrder", Kind: awssim.FaultSlow, Delay: time.Minute}}
			if fault != "" {
				faults = append(faults, awssim.Fault{Operation: "GetOutpostBillingInformation", Kind: fault})
			}
			sim := simulate(t, awssim.Options{Faults: faults})
			ctx, cancel := context.WithCancel(t.Context())
			o := optionsFor(t, sim, plant)
			dir := filepath.Join(t.TempDir(), "snapshot")
			var w *snapshot.Writer
			o.Progress = func(Event) { // all parts but that of the orders
				journal, err := os.ReadFile(filepath.Join(dir, "journal.ndjson"))
				for kind := range listOf {
					if err != nil || !strings.Contains(string(journal), `"kind":"`+kind+`"`) && kind != audit.KindOrder {
						return
					}
				}
				cancel()
			}
			_, err := Collect(ctx, o, func() (_ *snapshot.Writer, err error) {
				w, err = snapshot.Create(dir)
				return w, err
			})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("a run that is cancelled: %v", err)
			}
			o = optionsFor(t, simulate(t, awssim.Options{}), plant)
			s, err := Collect(t.Context(), o, func() (*snapshot.Writer, error) { return snapshot.Resume(dir) })
			if err != nil {
				t.Fatal(err)
			}
			order := resource(t, s, "oo-00000000000000001")
			if _, ok := order.Related["quote_option"]; !ok {
				t.Errorf("the order has no quote option: gaps %v", order.Gaps)
			}
			_, joined := order.Related["outpost"]
			if gap := order.Gaps["outpost"]; joined != (fault == "") || (gap.Reason == audit.ReasonAccessDenied) != (fault != "") {
				t.Errorf("the order's Outpost: joined %t, gap %+v", joined, gap)
			}
		})
	}
}

// TestCancelIsPrompt cancels a run whose every call takes longer than the tests may.
func TestCancelIsPrompt(t *testing.T) {
	for _, slow := range []string{"GetCallerIdentity", "ListAccounts", "AssumeRole", "ListOutposts", "GetOrder"} {
		t.Run(slow, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			sim := simulate(t, awssim.Options{Faults: []awssim.Fault{{Operation: slow, Kind: awssim.FaultSlow, Delay: 24 * time.Hour}}})
			o := optionsFor(t, sim, management)
			o.Organization = organization()
			dir := filepath.Join(t.TempDir(), "snapshot")
			defer time.AfterFunc(300*time.Millisecond, cancel).Stop()
			if _, err := collectInto(ctx, o, dir); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			if _, err := os.Stat(filepath.Join(dir, snapshot.ManifestName)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a cancelled run has a manifest: %v", err)
			}
		})
	}
}

// TestDeadlineIsOrderly ends runs by their deadline: the snapshot is finished, and what was not read is a gap.
func TestDeadlineIsOrderly(t *testing.T) {
	whole := collected(t, optionsFor(t, simulate(t, awssim.Options{}), plant))
	for _, slow := range []string{"ListOutposts", "GetOutpostBillingInformation", "ListSites", "GetOrder", "SearchProvisionedProducts", "ListRecordHistory", "ListProvisioningArtifacts"} {
		t.Run(slow, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
			defer cancel()
			sim := simulate(t, awssim.Options{Faults: []awssim.Fault{{Operation: slow, Kind: awssim.FaultSlow, Delay: time.Minute}}})
			s, err := collectInto(ctx, optionsFor(t, sim, plant), filepath.Join(t.TempDir(), "snapshot"))
			if err != nil {
				t.Fatal(err)
			}
			nothingByStealth(t, whole, s)
			row, ok := ledgerOf(t, s)[[3]string{plant, "eu-central-1", slow}]
			if !ok || row.Reason != audit.ReasonTimeout || !contains(row.Message, "the run's time was up") {
				t.Errorf("the ledger on %s: %+v", slow, row)
			}
		})
	}
}

// TestDeadlineCause ends a run by a cause that is a deadline though its context was cancelled.
func TestDeadlineCause(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	sim := simulate(t, awssim.Options{Faults: []awssim.Fault{{Operation: "ListQuotes", Kind: awssim.FaultSlow, Delay: time.Minute}}, OnRequest: func(r awssim.Request) {
		if r.Operation == "ListQuotes" {
			cancel(fmt.Errorf("--timeout: %w", context.DeadlineExceeded))
		}
	}})
	time.AfterFunc(300*time.Millisecond, func() { cancel(fmt.Errorf("--timeout: %w", context.DeadlineExceeded)) })
	s, err := collectInto(ctx, optionsFor(t, sim, plant), filepath.Join(t.TempDir(), "snapshot"))
	if err != nil {
		t.Fatal(err)
	}
	if row := ledgerOf(t, s)[[3]string{plant, "eu-central-1", "ListQuotes"}]; row.Reason != audit.ReasonTimeout {
		t.Errorf("the ledger on ListQuotes: %+v", row)
	}
}

// TestStartErrors holds the one line that a run which cannot begin ends with, and that it leaves nothing on disk.
func TestStartErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*Options)
		faults []awssim.Fault
		want   string
	}{
		{"refused", func(o *Options) { o.Config.BaseEndpoint = &refusing }, nil, "sts GetCallerIdentity at " + refusing + ": connection refused"},
		{"unknown key", nil, []awssim.Fault{{Operation: "GetCallerIdentity", Kind: awssim.FaultNotEnabled}}, "sts GetCallerIdentity: InvalidClientTokenId: The security token included in the request is invalid."},
		{"empty answer", nil, []awssim.Fault{{Operation: "GetCallerIdentity", Kind: awssim.FaultEmpty}}, "sts GetCallerIdentity: the body is empty"},
		{"accounts without a list", nil, []awssim.Fault{{Operation: "ListAccounts", Kind: awssim.FaultMissingList}}, "organizations ListAccounts: the body has no list Accounts"},
		{"accounts without end", nil, []awssim.Fault{{Operation: "ListAccounts", Kind: awssim.FaultRepeatToken}}, "organizations ListAccounts: the token of the next page has come before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := optionsFor(t, simulate(t, awssim.Options{Faults: c.faults}), management)
			o.Organization = organization()
			if c.change != nil {
				c.change(&o)
			}
			opened := false
			_, err := Collect(t.Context(), o, func() (*snapshot.Writer, error) {
				opened = true
				return nil, errors.New("opened")
			})
			if err == nil || err.Error() != c.want || opened {
				t.Errorf("got %q, opened %t, want %q", err, opened, c.want)
			}
		})
	}
}

// TestWriterFails ends a run whose snapshot cannot be written.
func TestWriterFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "snapshot")
	o := optionsFor(t, simulate(t, awssim.Options{}), plant)
	_, err := Collect(t.Context(), o, func() (*snapshot.Writer, error) {
		w, err := snapshot.Create(dir)
		if err != nil {
			return nil, err
		}
		return w, os.WriteFile(filepath.Join(dir, "resources"), nil, 0o600) // where a folder has to be
	})
	if err == nil || !strings.HasPrefix(err.Error(), "collect 111122223333/eu-central-1: snapshot resources/111122223333/eu-central-1/") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, snapshot.ManifestName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a failed run has a manifest: %v", err)
	}
}

// TestProgress holds that events only go forward, reach the end, and tell of every gap.
func TestProgress(t *testing.T) {
	sim := simulate(t, awssim.Options{Faults: []awssim.Fault{{Operation: "GetOrder", Kind: awssim.FaultAccessDenied}}})
	o := optionsFor(t, sim, management)
	o.Organization = organization()
	var mu sync.Mutex
	var most Event
	var rows []string
	o.Progress = func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		most = Event{Scopes: e.Scopes, Done: max(most.Done, e.Done), Resources: max(most.Resources, e.Resources)}
		if e.Row != nil {
			rows = append(rows, e.Row.Account+" "+e.Row.Operation+" "+string(e.Row.Status))
		}
	}
	s := collected(t, o)
	slices.Sort(rows)
	if diff := cmp.Diff(Event{Scopes: 5, Done: 5, Resources: len(resources(t, s))}, most); diff != "" {
		t.Errorf("the end (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{plant + " GetOrder gap", locked + " AssumeRole gap", gone + "  suspended"}, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestMetrics holds the calls of a run against what the simulated AWS saw.
func TestMetrics(t *testing.T) {
	sim := simulate(t, awssim.Options{PageSize: 1, Faults: []awssim.Fault{{Operation: "ListOrders", Kind: awssim.FaultThrottle, Times: 2}, {Operation: "GetQuote", Kind: awssim.FaultServerError, Times: 1}}})
	o := optionsFor(t, sim, management)
	o.Organization = organization()
	s := collected(t, o)
	want := map[snapshot.CallMetrics]int{}
	for _, r := range sim.Requests() {
		want[snapshot.CallMetrics{Account: r.Account, Region: r.Region, Service: r.Service, Operation: r.Operation}]++
	}
	got := map[snapshot.CallMetrics]int{}
	for m := range s.Manifest.Calls.All() {
		got[snapshot.CallMetrics{Account: m.Account, Region: m.Region, Service: m.Service, Operation: m.Operation}] = m.Calls
		retries, throttles := 0, 0
		switch {
		case m.Operation == "ListOrders":
			retries, throttles = 2, 2
		case m.Operation == "GetQuote":
			retries = 1
		}
		if m.Retries != retries || m.Throttles != throttles || m.Seconds <= 0 {
			t.Errorf("metrics %+v, want %d retries and %d throttles", m, retries, throttles)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-seen +counted):\n%s", diff)
	}
}
