package collector

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
)

// TestFaultsBecomeGaps makes one operation fail at a time, in every way there is, and expects one row of the ledger to say
// so with the right reason, and all else to be as it was.
func TestFaultsBecomeGaps(t *testing.T) {
	o := optionsFor(t, simulate(t, awssim.Options{}), plant)
	whole := collected(t, o)
	slow := quick
	slow.Attempt = time.Second
	for _, kind := range []struct {
		fault  awssim.FaultKind
		reason audit.Reason
		says   string // the start of the message
	}{
		{awssim.FaultThrottle, audit.ReasonThrottled, "ThrottlingException: "},
		{awssim.FaultServerError, audit.ReasonError, "InternalServerException: "},
		{awssim.FaultAccessDenied, audit.ReasonAccessDenied, "AccessDeniedException: "},
		{awssim.FaultDeniedBySCP, audit.ReasonDeniedBySCP, "AccessDeniedException: "},
		{awssim.FaultSlow, audit.ReasonTimeout, "no answer in time"},
		{awssim.FaultCutOff, audit.ReasonMalformed, "the body is cut off after "},
		{awssim.FaultBadJSON, audit.ReasonMalformed, "the body is no JSON: "},
		{awssim.FaultEmpty, audit.ReasonMalformed, "the body is empty"},
		{awssim.FaultMissingList, audit.ReasonMalformed, "the body has no "},
	} {
		for _, op := range awsread.Operations() {
			if op.Service != awsread.Outposts && op.Service != awsread.ServiceCatalog && op.Service != awsread.CloudFormation {
				continue
			}
			says := kind.says
			if xml, ok := saysXML[kind.fault]; ok && op.Service == awsread.CloudFormation {
				says = xml
			}
			if kind.fault == awssim.FaultSlow && op != awsread.ListOrders && op != awsread.GetOutpostBillingInformation && op != awsread.SearchProvisionedProducts && op != awsread.ListRecordHistory && op != awsread.ListStacks {
				continue // each takes a second
			}
			t.Run(fmt.Sprintf("%s/%s", kind.fault, op.Name), func(t *testing.T) {
				t.Parallel()
				f := awssim.Fault{Operation: op.Name, Kind: kind.fault}
				if kind.fault == awssim.FaultSlow {
					f.Delay = time.Minute
				}
				o := optionsFor(t, simulate(t, awssim.Options{Faults: []awssim.Fault{f}}), plant)
				if kind.fault == awssim.FaultSlow {
					o.pacing = &slow
				}
				s := collected(t, o)
				var got []string
				for _, row := range unread(s) {
					got = append(got, fmt.Sprintf("%s %s", row.Operation, row.Reason))
					if !contains(row.Message, says) {
						t.Errorf("message %q, want %q in it", row.Message, says)
					}
					if (row.Status == audit.StatusOptional) != op.Optional {
						t.Errorf("%s is %s", row.Operation, row.Status)
					}
				}
				if diff := cmp.Diff([]string{fmt.Sprintf("%s %s", op.Name, kind.reason)}, got); diff != "" {
					t.Errorf("gaps (-want +got):\n%s", diff)
				}
				nothingByStealth(t, whole, s)
			})
		}
	}
}

// saysXML are the messages of TestFaultsBecomeGaps where a service speaks XML and words it otherwise.
var saysXML = map[awssim.FaultKind]string{
	awssim.FaultThrottle: "Throttling: ", awssim.FaultServerError: "InternalFailure: ", awssim.FaultAccessDenied: "AccessDenied: ",
	awssim.FaultDeniedBySCP: "AccessDenied: ", awssim.FaultBadJSON: "the body is no XML: ", awssim.FaultEmpty: "the body is no XML: ",
}

// TestFaultsOfADetail holds what only some operations can do wrong.
func TestFaultsOfADetail(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault awssim.Fault
		want  []string // operation, status, reason, count and message of the rows that are not collected
	}{
		{
			"a token that comes again", awssim.Fault{Operation: "ListOutposts", Kind: awssim.FaultRepeatToken},
			[]string{"ListOutposts gap malformed 3: the token of the next page has come before"},
		},
		{
			"a token that comes again inside a section", awssim.Fault{Operation: "GetOutpostBillingInformation", Kind: awssim.FaultRepeatToken},
			[]string{"GetOutpostBillingInformation gap malformed 0: op-00000000000000001: the token of the next page has come before (and 1 more)"},
		},
		{
			"dates in milliseconds in a section", awssim.Fault{Operation: "GetOutpostBillingInformation", Kind: awssim.FaultBadDate},
			[]string{"GetOutpostBillingInformation gap malformed 1: op-00000000000000001: BeginDate: 1707393600000 is outside 2015–2100"},
		},
		{
			"dates in milliseconds in a detail", awssim.Fault{Operation: "GetOrder", Kind: awssim.FaultBadDate},
			[]string{"GetOrder gap malformed 0: oo-00000000000000001: OrderSubmissionDate: 1700136000000 is outside 2015–2100 (and 2 more)"},
		},
		{
			"dates in milliseconds in a list", awssim.Fault{Operation: "SearchProvisionedProducts", Kind: awssim.FaultBadDate},
			[]string{"SearchProvisionedProducts gap malformed 5: pp-0000000000001: CreatedTime: 1786536000000 is outside 2015–2100 (and 4 more)"},
		},
		{
			"dates in milliseconds in versions", awssim.Fault{Operation: "ListProvisioningArtifacts", Kind: awssim.FaultBadDate},
			[]string{"ListProvisioningArtifacts gap malformed 1: prod-0000000000001: CreatedTime: 1760616000000 is outside 2015–2100"},
		},
		{
			"credentials that are refused", awssim.Fault{Kind: awssim.FaultNotEnabled, Operation: "ListQuotes"},
			[]string{"ListQuotes gap credentials 0: UnrecognizedClientException: The security token included in the request is invalid."},
		},
		{
			"credentials that are refused half way through", awssim.Fault{Kind: awssim.FaultNotEnabled, Operation: "ListQuotes", After: 2},
			[]string{"ListQuotes gap credentials 1: UnrecognizedClientException: The security token included in the request is invalid."},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := optionsFor(t, simulate(t, awssim.Options{Faults: []awssim.Fault{c.fault}, PageSize: map[bool]int{true: 1}[c.fault.After > 0]}), plant)
			s := collected(t, o)
			var got []string
			for row := range s.Manifest.Coverage.All() {
				if row.Status != audit.StatusCollected {
					got = append(got, fmt.Sprintf("%s %s %s %d: %s", row.Operation, row.Status, row.Reason, row.Count, row.Message))
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("ledger (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFaultsThatPass holds that what goes wrong once or twice leaves no trace but in the metrics.
func TestFaultsThatPass(t *testing.T) {
	whole := collected(t, optionsFor(t, simulate(t, awssim.Options{}), plant))
	for _, kind := range []awssim.FaultKind{awssim.FaultThrottle, awssim.FaultServerError, awssim.FaultCutOff, awssim.FaultBadJSON, awssim.FaultEmpty} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			var faults []awssim.Fault
			for _, op := range awsread.Operations() {
				faults = append(faults, awssim.Fault{Operation: op.Name, Kind: kind, Times: 2})
			}
			s := collected(t, optionsFor(t, simulate(t, awssim.Options{Faults: faults}), plant))
			if diff := cmp.Diff(slices.Collect(whole.Manifest.Coverage.All()), slices.Collect(s.Manifest.Coverage.All())); diff != "" {
				t.Errorf("ledger (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(whole.Manifest.Files, s.Manifest.Files); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			for m := range s.Manifest.Calls.All() {
				if m.Operation == "ListOrders" && (m.Calls != 3 || m.Retries != 2 || (kind == awssim.FaultThrottle) != (m.Throttles == 2)) {
					t.Errorf("metrics %+v, want 3 calls and 2 retries", m)
				}
			}
		})
	}
}

// answering is an HTTP client that answers a request for a path or target with a body of its own.
type answering struct{ request, body string }

func (a answering) Do(r *http.Request) (*http.Response, error) {
	if !contains(r.URL.Path+r.Header.Get("X-Amz-Target"), a.request) {
		return http.DefaultClient.Do(r)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// TestDetailOfNothing answers the details of a resource with none, or with those of another: the resource keeps what its
// list says, and the detail is a gap.
func TestDetailOfNothing(t *testing.T) {
	for _, c := range []struct {
		answering
		operation, id, section, want string
	}{
		{answering{"/orders/oo-00000000000000001", `{"Order": {}}`}, "GetOrder", "oo-00000000000000001", "spec", "the body has no OrderId"},
		{answering{"/orders/oo-00000000000000001", `{"Order": {"OrderId": "oo-2"}}`}, "GetOrder", "oo-00000000000000001", "spec", `OrderId oo-00000000000000001 was asked for, and "oo-2" came`},
		{answering{"/orders/oo-00000000000000001", `{"Order": null}`}, "GetOrder", "oo-00000000000000001", "spec", "the body has no OrderId"},
		{answering{"/quotes/oq-00000000000000001", `{"Quote": {}}`}, "GetQuote", "oq-00000000000000001", "spec", "the body has no QuoteId"},
		{answering{"/quotes/oq-00000000000000001", `{"Quote": {"QuoteId": 1}}`}, "GetQuote", "oq-00000000000000001", "spec", "the body has no QuoteId"},
		{answering{"/capacity/cap-00000000000000001", `{"CapacityTaskId": "cap-2"}`}, "GetCapacityTask", "cap-00000000000000001", "spec", `CapacityTaskId cap-00000000000000001 was asked for, and "cap-2" came`},
		{answering{"ListRecordHistory", `{"RecordDetails": []}`}, "ListRecordHistory", "pp-0000000000003", "records", "the product has no record"},
		{answering{"ListRecordHistory", `{"RecordDetails": {}}`}, "ListRecordHistory", "pp-0000000000003", "records", "the body has no list RecordDetails"},
		{answering{"ListRecordHistory", `{"RecordDetails": [{"RecordId": "rec-9"}]}`}, "ListRecordHistory", "pp-0000000000003", "records", "the body has no ProvisionedProductId"},
		{answering{"ListRecordHistory", `{"RecordDetails": [{"RecordId": "rec-9", "ProvisionedProductId": "pp-9"}]}`}, "ListRecordHistory", "pp-0000000000003", "records", `ProvisionedProductId pp-0000000000003 was asked for, and "pp-9" came`},
		{answering{"ListRecordHistory", `{"RecordDetails": [{"CreatedTime": 1795212161, "ProvisionedProductId": "pp-0000000000003"}]}`}, "ListRecordHistory", "pp-0000000000003", "records", "a record has no RecordId"},
		{answering{"ListRecordHistory", `{"RecordDetails": [{"RecordId": "rec-9", "ProvisionedProductId": "pp-0000000000003"}]}`}, "ListRecordHistory", "pp-0000000000003", "records", "the record rec-9 has no CreatedTime"},
		{answering{"ListRecordHistory", `{"RecordDetails": [{"RecordId": "rec-9", "CreatedTime": 1795212161, "ProvisionedProductId": "pp-0000000000003"}]}`}, "ListRecordHistory", "pp-0000000000003", "records", "the last record, rec-0000000000003, is not among the 1 that were read"},
	} {
		t.Run(c.operation+c.body, func(t *testing.T) {
			o := optionsFor(t, simulate(t, awssim.Options{}), plant)
			whole := collected(t, o)
			o.Config.HTTPClient = c.answering
			s := collected(t, o)
			nothingByStealth(t, whole, s)
			want := audit.Gap{Operation: c.operation, Reason: audit.ReasonMalformed, Message: c.want}
			if diff := cmp.Diff(want, resource(t, s, c.id).Gaps[c.section]); diff != "" {
				t.Errorf("gap (-want +got):\n%s", diff)
			}
		})
	}
}

// TestClosedAPI throttles an API for good, and expects it to be left alone once that is clear.
func TestClosedAPI(t *testing.T) {
	e := estate(t, `{"accounts": [{"id": "111122223333", "name": "plant", "email": "plant@example.com", "unit": "r-abcd"}], "scopes": [{"accounts": ["111122223333"], "regions": ["eu-central-1"],
 "orders": [{"repeat": 100, "each": {"OrderId": "oo-000000000000000${i}", "OutpostId": "op-00000000000000001", "Status": "COMPLETED", "OrderSubmissionDate": "now-10d"}}]}]}`)
	sim := simulate(t, awssim.Options{Estate: e, Faults: []awssim.Fault{{Operation: "GetOrder", Kind: awssim.FaultThrottle}}})
	s := collected(t, optionsFor(t, sim, plant))
	asked := 0
	for _, r := range sim.Requests() {
		if r.Operation == "GetOrder" {
			asked++
		}
	}
	if least, most := 2*quick.Attempts, 2*quick.Attempts+detailsAtOnce; asked < least || asked > most {
		t.Errorf("GetOrder was asked %d times, want %d to %d", asked, least, most)
	}
	want := audit.Coverage{Account: plant, Region: "eu-central-1", Service: "outposts", Operation: "GetOrder", Status: audit.StatusGap, Reason: audit.ReasonThrottled, Message: "oo-0000000000000000: ThrottlingException: Rate exceeded (and 99 more)"}
	if diff := cmp.Diff([]audit.Coverage{want}, gaps(s)); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	if s.Manifest.Counts[audit.KindOrder] != 100 {
		t.Errorf("%d orders, want the 100 of the list", s.Manifest.Counts[audit.KindOrder])
	}
}

// smallEstate has two of each thing that is paged, and one of each other.
const smallEstate = `{
 "organization": {"id": "o-exampleorg1", "root": "r-abcd", "management_account": "900000000009"},
 "role": {"name": "TenorAudit", "external_id": "example"},
 "accounts": [
  {"id": "900000000009", "name": "management", "email": "management@example.com", "unit": "r-abcd"},
  {"id": "111122223333", "name": "plant", "email": "plant@example.com", "unit": "r-abcd"}
 ],
 "scopes": [{
  "accounts": ["111122223333"], "regions": ["eu-central-1"],
  "sites": [{"SiteId": "os-00000000000000001", "AccountId": "${account}", "Name": "Frankfurt"}],
  "outposts": [{"repeat": 2, "each": {
   "outpost": {"OutpostId": "op-0000000000000000${i}", "OwnerId": "${account}", "SiteId": "os-00000000000000001", "Name": "fra", "LifeCycleStatus": "ACTIVE"},
   "billing": {"Subscriptions": [{"SubscriptionId": "1", "EndDate": "now+80d", "UpfrontPrice": 131072.01}, {"SubscriptionId": "2", "EndDate": "now+80d"}], "PaymentTerm": "ONE_YEAR"},
   "renewal_pricing": {"PricingResult": "PRICED", "PricingOptions": []}
  }}],
  "assets": [{"outpost": "op-00000000000000001", "asset": {"AssetId": "A1", "AssetType": "COMPUTE", "ComputeAttributes": {"State": "ACTIVE",
   "InstanceTypeCapacities": [{"InstanceType": "c5.large", "Count": 4}, {"InstanceType": "m5.large", "Count": 4}]}}}],
  "orders": [{"repeat": 2, "each": {"OrderId": "oo-0000000000000000${i}", "OutpostId": "op-00000000000000001", "Status": "COMPLETED", "OrderSubmissionDate": "now-10d", "QuoteIdentifier": "oq-00000000000000001", "QuoteOptionIdentifier": "oqo-00000000000000001"}}],
  "quotes": [{"repeat": 2, "each": {"QuoteId": "oq-0000000000000000${i}", "AccountId": "${account}", "QuoteStatus": "ORDERED", "CreatedDate": "now-20d", "QuoteOptions": [{"QuoteOptionIdentifier": "oqo-00000000000000001"}]}}],
  "capacity_tasks": [{"repeat": 2, "each": {"CapacityTaskId": "cap-0000000000000000${i}", "OutpostId": "op-00000000000000001", "CapacityTaskStatus": "FAILED", "CreationDate": "now-2d"}}],
  "products": [{"product": {"ProductViewSummary": {"ProductId": "prod-0000000000001", "Name": "Web"}}, "artifacts": [{"Id": "pa-0000000000001", "Name": "v1", "CreatedTime": "now-400d", "Active": true, "Guidance": "DEFAULT"}]}],
  "provisioned_products": [{"repeat": 3, "vary": {"status": ["AVAILABLE", "TAINTED", "ERROR"]}, "each": {
   "product": {"Id": "pp-${id}", "Name": "web", "Type": "CFN_STACK", "Status": "${status}", "CreatedTime": "now-100d", "LastRecordId": "rec-${id}", "LastSuccessfulProvisioningRecordId": "rec-${id}", "ProductId": "prod-0000000000001", "ProvisioningArtifactId": "pa-0000000000001"},
   "records": [{"RecordId": "rec-${id}", "ProvisionedProductId": "pp-${id}", "Status": "FAILED", "CreatedTime": "now-3d"}]
  }}]
 }]
}`

// TestAnyMixOfFaults is the property that a report rests on: whatever goes wrong, the run ends, what could be read is
// there and as it was, and what could not is on the ledger.
func TestAnyMixOfFaults(t *testing.T) {
	p := quick
	p.Attempt = 300 * time.Millisecond
	options := func(t *testing.T, seed int, o awssim.Options) Options {
		sim := simulate(t, o)
		if seed%8 > 0 {
			alone := optionsFor(t, sim, plant)
			alone.CloudWatchDays = 3
			return alone
		}
		together := optionsFor(t, sim, management)
		together.Organization, together.CloudWatchDays = organization(), 3
		return together
	}
	e := estate(t, smallEstate)
	together, alone := collected(t, options(t, 0, awssim.Options{Estate: e})), collected(t, options(t, 1, awssim.Options{Estate: e}))
	for seed := range 5 * *Mixes {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, uint64(seed)))
			faults := someFaults(random)
			o, want := options(t, seed, awssim.Options{Estate: e, Faults: faults, PageSize: random.IntN(3)}), alone
			if seed%8 == 0 {
				want = together
			}
			o.pacing = &p
			dir := filepath.Join(t.TempDir(), "snapshot")
			s, err := collectInto(t.Context(), o, dir)
			if err != nil { // who is asked could not be found out, so there is nothing to report on
				if _, serr := os.Stat(dir); !errors.Is(serr, fs.ErrNotExist) || !startFails(faults) && awsread.ReasonOf(err) != audit.ReasonTimeout {
					t.Errorf("faults %+v: %v", faults, err)
				}
				return
			}
			nothingByStealth(t, want, s)
			if t.Failed() {
				t.Logf("faults %+v", faults)
			}
		})
	}
}

func someFaults(random *rand.Rand) []awssim.Fault {
	kinds := []awssim.FaultKind{
		awssim.FaultThrottle, awssim.FaultServerError, awssim.FaultAccessDenied, awssim.FaultDeniedBySCP, awssim.FaultNotEnabled, awssim.FaultSlow,
		awssim.FaultCutOff, awssim.FaultBadJSON, awssim.FaultEmpty, awssim.FaultMissingList, awssim.FaultRepeatToken, awssim.FaultBadDate,
		awssim.FaultRefusedToken, awssim.FaultEndlessPages, awssim.FaultOversize, awssim.FaultLargeError, awssim.FaultRedirect,
		awssim.FaultDuplicate, awssim.FaultConflict, awssim.FaultNullItem,
	}
	var faults []awssim.Fault
	operations := awsread.Operations()
	for range 1 + random.IntN(4) {
		f := awssim.Fault{Operation: operations[random.IntN(len(operations))].Name, Kind: kinds[random.IntN(len(kinds))], After: random.IntN(4), Times: random.IntN(6)}
		if f.Kind == awssim.FaultSlow {
			f.Delay = []time.Duration{5 * time.Millisecond, time.Minute}[random.IntN(2)]
		}
		if f.Kind == awssim.FaultConflict { // which is of subscriptions alone
			f.Operation = awsread.GetOutpostBillingInformation.Name
		}
		if f.Kind == awssim.FaultRefusedToken { // of any operation, after some calls of all
			f.Operation, f.After = "", 2+random.IntN(20)
		}
		faults = append(faults, f)
	}
	return faults
}

// startFails reports whether the faults can keep a run from knowing whom to ask.
func startFails(faults []awssim.Fault) bool {
	for _, f := range faults {
		if f.Operation == awsread.GetCallerIdentity.Name || f.Operation == awsread.ListAccounts.Name || f.Operation == "" {
			return true
		}
	}
	return false
}

// TestOptionalIsNoGap: what a run does without is on the ledger with its reason, and is no gap; the rest is.
func TestOptionalIsNoGap(t *testing.T) {
	gap := audit.Gap{Operation: "X", Reason: audit.ReasonAccessDenied, Message: "no"}
	for _, optional := range []bool{false, true} {
		op := awsread.Operation{Service: "s", Name: "X", Optional: optional}
		want := audit.Coverage{Account: plant, Region: "eu-central-1", Service: "s", Operation: "X", Status: audit.StatusGap, Reason: audit.ReasonAccessDenied, Count: 2, Message: "a: no (and 1 more)"}
		if optional {
			want.Status = audit.StatusOptional
		}
		var l ledger
		l.collected(op, 2)
		l.failed(op, "b", gap)
		l.failed(op, "a", gap)
		if diff := cmp.Diff([]audit.Coverage{want}, l.coverage(plant, "eu-central-1")); diff != "" {
			t.Errorf("optional %t (-want +got):\n%s", optional, diff)
		}
	}
}
