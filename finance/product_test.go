package finance

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// asked is a record of a provisioned product in a test, made on a day of November 2026.
type asked struct {
	day             int
	status, request string
	more            string // members of the record
}

const (
	launch    = "PROVISION_PRODUCT"
	change    = "UPDATE_PROVISIONED_PRODUCT"
	terminate = "TERMINATE_PROVISIONED_PRODUCT"
	reboot    = "EXECUTE_PROVISIONED_PRODUCT_SERVICE_ACTION"
)

func recorded(records []asked) string {
	list := make([]string, len(records))
	for i, r := range records {
		list[i] = fmt.Sprintf(`{"RecordId":"rec-%d","Status":%q,"RecordType":%q,"CreatedTime":"2026-11-%02dT00:00:00Z"%s}`, r.day, r.status,
			r.request, r.day, r.more)
	}
	return strings.Join(list, ",")
}

func productWith(spec, records string, truncated bool) *audit.Resource {
	r := &audit.Resource{Kind: audit.KindProvisionedProduct, ID: "pp-1", Name: "web", Spec: json.RawMessage(spec),
		Related: map[string]json.RawMessage{}, Gaps: map[string]audit.Gap{}}
	if records != "" {
		r.Related["records"] = fmt.Appendf(nil, `{"RecordDetails":[%s],"Truncated":%t}`, records, truncated)
	}
	return r
}

// usualAnalyst is newAnalyst's without a change. To make one takes long: its calendar has every day up to 2101.
var usualAnalyst = sync.OnceValues(func() (*Analyst, error) { return New(usual().AsOf, usual().Assumptions) })

func productFactsOf(t *testing.T, r *audit.Resource) (f audit.ProductFacts) {
	t.Helper()
	a, err := usualAnalyst()
	if err == nil {
		err = a.Enrich(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(r.Facts, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWhatFailed(t *testing.T) {
	const tainted = `{"Status":"TAINTED","CreatedTime":"2026-01-01T00:00:00Z","LastSuccessfulProvisioningRecordId":"rec-1"}`
	const never = `{"Status":"ERROR","CreatedTime":"2026-01-01T00:00:00Z"}`
	const well = `{"Status":"AVAILABLE","LastSuccessfulProvisioningRecordId":"rec-1"}`
	launched := asked{1, "SUCCEEDED", launch, ""}
	for _, c := range []struct {
		name, spec string
		records    []asked
		truncated  bool
		want       string // since, before, attempts, succeeded, the type and the record of the last failure
		gaps       string
	}{
		{"an update", tainted, []asked{{5, "FAILED", change, ""}, launched}, false, "2026-11-05T00:00:00Z false 1 true " + change + " rec-5", ""},
		{"retries do not reset it", tainted, []asked{{9, "FAILED", change, ""}, {7, "FAILED", change, ""}, {5, "FAILED", change, ""}, launched}, false,
			"2026-11-05T00:00:00Z false 3 true " + change + " rec-9", ""},
		{"nor does a reboot", tainted, []asked{{9, "SUCCEEDED", reboot, ""}, {5, "FAILED", change, ""}, launched}, false,
			"2026-11-05T00:00:00Z false 1 true " + change + " rec-5", ""},
		{"nor one that fails", tainted, []asked{{9, "FAILED", reboot, ""}, {5, "FAILED", change, ""}, {3, "FAILED", reboot, ""}, launched}, false,
			"2026-11-05T00:00:00Z false 1 true " + change + " rec-5", ""},
		{"an earlier failure that was put right", tainted, []asked{{9, "FAILED", change, ""}, {7, "SUCCEEDED", change, ""}, {5, "FAILED", change, ""}, launched},
			false, "2026-11-09T00:00:00Z false 1 true " + change + " rec-9", ""},
		{"what was asked last counts", tainted, []asked{{9, "FAILED", terminate, ""}, {5, "FAILED", change, ""}, launched}, false,
			"2026-11-05T00:00:00Z false 2 true " + terminate + " rec-9", ""},
		{"a launch", never, []asked{{5, "FAILED", launch, ""}}, false, "2026-11-05T00:00:00Z false 1 false " + launch + " rec-5", ""},
		{"a launch, of which the beginning was not read", never, []asked{{5, "FAILED", change, ""}}, true,
			"2026-01-01T00:00:00Z false 1 false " + change + " rec-5", ""},
		{"more than was read", tainted, []asked{{5, "FAILED", change, ""}}, true, "2026-11-05T00:00:00Z true 1 true " + change + " rec-5", "history"},
		{"a whole history that lacks the last success", tainted, []asked{{5, "FAILED", change, ""}}, false,
			"2026-11-05T00:00:00Z false 1 true " + change + " rec-5", ""},
		{"a reboot alone", tainted, []asked{{5, "FAILED", reboot, ""}, launched}, false, "2026-11-05T00:00:00Z false 1 true " + reboot + " rec-5", ""},
		{"a reboot of a product that is well", well, []asked{{5, "FAILED", reboot, ""}, launched}, false, " false 0 true  ", ""},
		{"no type, of the last provisioning record", `{"Status":"AVAILABLE","LastProvisioningRecordId":"rec-5","LastSuccessfulProvisioningRecordId":"rec-1"}`,
			[]asked{{6, "SUCCEEDED", "", ""}, {5, "FAILED", "", ""}, launched}, false, "2026-11-05T00:00:00Z false 1 true  rec-5", ""},
		{"a success by its id", tainted, []asked{{5, "FAILED", change, ""}, {1, "SUCCEEDED", "TELEPORT", ""}, {0, "FAILED", change, ""}}, false,
			"2026-11-05T00:00:00Z false 1 true " + change + " rec-5", ""},
		{"nothing failed, and it is broken", tainted, []asked{{5, "SUCCEEDED", reboot, ""}, launched}, false, " false 0 true  ", "failure"},
		{"nothing was read that failed", well, []asked{{5, "SUCCEEDED", reboot, ""}}, true, " false 0 true  ", "failure"},
		{"nothing was read that failed, and its last change is known", `{"Status":"AVAILABLE","LastProvisioningRecordId":"rec-5",` +
			`"LastSuccessfulProvisioningRecordId":"rec-1"}`, []asked{{5, "SUCCEEDED", "", ""}}, true, " false 0 true  ", ""},
		{"nothing was read that failed, and its last change was a success",
			`{"Status":"AVAILABLE","LastProvisioningRecordId":"rec-1","LastSuccessfulProvisioningRecordId":"rec-1"}`,
			[]asked{{5, "SUCCEEDED", reboot, ""}}, true, " false 0 true  ", ""},
		{"nothing was read that failed, and its last change was not read", `{"Status":"AVAILABLE","LastProvisioningRecordId":"rec-5",` +
			`"LastSuccessfulProvisioningRecordId":"rec-1"}`, []asked{{7, "SUCCEEDED", reboot, ""}}, true, " false 0 true  ", "failure"},
		{"it is under way, and the history is cut off", `{"Status":"UNDER_CHANGE"}`, []asked{{5, "IN_PROGRESS", change, ""}}, true, " false 0 false  ", ""},
		{"it is under way", `{"Status":"UNDER_CHANGE","LastSuccessfulProvisioningRecordId":"rec-1"}`, []asked{{5, "IN_PROGRESS", change, ""}, launched}, false,
			" false 0 true  ", ""},
		{"well, without records", well, nil, false, " false 0 true  ", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := productWith(c.spec, recorded(c.records), c.truncated)
			f := productFactsOf(t, r)
			got := fmt.Sprint(f.BrokenSince, " ", f.BrokenBefore, f.Attempts, f.Succeeded, " ", f.RequestType, " ", f.FailedRecord)
			got = strings.NewReplacer("false0", "false 0").Replace(got)
			if diff := cmp.Diff(strings.Fields(c.want), strings.Fields(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			names := []string{}
			for name, gap := range r.Gaps {
				names = append(names, name)
				if gap.Operation != "ListRecordHistory" || gap.Message == "" {
					t.Errorf("gap %+v", gap)
				}
			}
			if got := strings.Join(names, " "); got != c.gaps {
				t.Errorf("gaps %q, want %q", got, c.gaps)
			}
		})
	}
}

// TestSinceWhenItIsBroken puts retries and service actions, of any outcome, among the records of any product: since when it is broken, and
// that it is, is always the first provisioning request that failed after the last that succeeded.
func TestSinceWhenItIsBroken(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	for range 2000 {
		var records []asked // the oldest first
		since, attempts := "", 0
		for day := 1; day <= 1+random.IntN(12); day++ {
			request := []string{launch, change, terminate, reboot}[random.IntN(4)]
			status := []string{"SUCCEEDED", "FAILED", "FAILED", "IN_PROGRESS"}[random.IntN(4)]
			records = append(records, asked{day, status, request, ""})
			switch {
			case request == reboot:
			case status == "SUCCEEDED":
				since, attempts = "", 0
			case status == "FAILED":
				if attempts++; since == "" {
					since = fmt.Sprintf("2026-11-%02dT00:00:00Z", day)
				}
			}
		}
		slices.Reverse(records)
		f := productFactsOf(t, productWith(`{"Status":"AVAILABLE"}`, recorded(records), false))
		if string(f.BrokenSince) != since || f.Attempts != attempts {
			t.Fatalf("broken since %q, %d attempts, want %q, %d: %+v", f.BrokenSince, f.Attempts, since, attempts, records)
		}
	}
}

func TestWhatARecordSays(t *testing.T) {
	r := productWith(`{"Status":"TAINTED","StatusMessage":"it is said here too","UserArn":"arn:aws:iam::111122223333:user/ann",`+
		`"LastSuccessfulProvisioningRecordId":"rec-1"}`, recorded([]asked{
		{9, "FAILED", reboot, `,"UpdatedTime":"2026-11-10T00:00:00Z","RecordErrors":[{"Description":"no reboot of i-0a1b2c3d"}]`},
		{5, "FAILED", change, `,"LaunchRoleArn":"role","PathId":"lpv2-1","RecordErrors":[{"Code":"Denied","Description":"on arn:aws:x:y"},{},{"Code":"B"}]`},
		{1, "SUCCEEDED", launch, ""}}), false)
	want := audit.ProductFacts{
		BrokenSince: "2026-11-05T00:00:00Z", Attempts: 1, Succeeded: true, FailedRecord: "rec-5", FailedOn: "2026-11-05T00:00:00Z", RequestType: change,
		Errors: []string{"Denied: on arn:aws:x:y", "B"}, Cause: "Denied: on <arn>; B", LaunchRole: "role", PathID: "lpv2-1",
		LastRecord: "rec-9", LastStatus: "FAILED", LastCreated: "2026-11-09T00:00:00Z", LastUpdated: "2026-11-10T00:00:00Z",
		LastErrors: []string{"no reboot of i-0a1b2c3d"}, LastCause: "no reboot of <id>", LaunchedBy: "arn:aws:iam::111122223333:user/ann",
	}
	if diff := cmp.Diff(want, productFactsOf(t, r)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	f := productFactsOf(t, productWith(`{"Status":"ERROR","StatusMessage":"told by the product"}`, recorded([]asked{{5, "FAILED", launch, ""}}), false))
	if diff := cmp.Diff([]string{"told by the product"}, f.Errors); diff != "" || f.LastUpdated != f.LastCreated {
		t.Errorf("errors (-want +got):\n%s\nupdated %s", diff, f.LastUpdated)
	}
	r.Gaps["records"] = audit.Gap{Operation: "ListRecordHistory", Reason: audit.ReasonThrottled}
	none := audit.ProductFacts{Succeeded: true, Errors: []string{}, LastErrors: []string{}, LaunchedBy: "arn:aws:iam::111122223333:user/ann"}
	if diff := cmp.Diff(none, productFactsOf(t, r)); diff != "" {
		t.Errorf("what there is of a section with a gap is shown (-want +got):\n%s", diff)
	}
}

// TestRecordsThatAreNone makes the section a gap: the other facts stand.
func TestRecordsThatAreNone(t *testing.T) {
	r := productWith(`{"Status":"TAINTED","UserArn":"ann"}`, "", false)
	r.Related["records"] = json.RawMessage(`{"RecordDetails":{}}`)
	if err := newAnalyst(t).Enrich(r); err == nil || r.Gaps["records"].Reason != audit.ReasonMalformed || !strings.Contains(string(r.Facts), `"launched_by":"ann"`) {
		t.Errorf("%v, gaps %v, facts %s", err, r.Gaps, r.Facts)
	}
}

// TestVersionToGoTo names one that is active, not deprecated, newer than what runs and another.
func TestVersionToGoTo(t *testing.T) {
	const newest = `"NewestActive":{"Id":"pa-9","Name":"v9","CreatedTime":"2026-01-01T00:00:00Z","Guidance":"DEFAULT"}`
	for artifact, want := range map[string]*audit.NewerVersion{
		`{"Id":"pa-1","CreatedTime":"2025-01-01T23:59:59Z",` + newest + `}`:                                                 {ID: "pa-9", Name: "v9", DaysNewer: 365},
		`{"Id":"pa-1","CreatedTime":"2025-12-31T23:59:59Z",` + newest + `}`:                                                 {ID: "pa-9", Name: "v9", DaysNewer: 1},
		`{"Id":"pa-1","CreatedTime":"2025-01-01T00:00:00Z",` + strings.Replace(newest, `"Name":"v9",`, "", 1) + `}`:         {ID: "pa-9", Name: "pa-9", DaysNewer: 365},
		`{"Id":"pa-1","CreatedTime":"2026-01-01T00:00:00Z",` + newest + `}`:                                                 nil,
		`{"Id":"pa-1","CreatedTime":"2026-01-02T00:00:00Z",` + newest + `}`:                                                 nil,
		`{"Id":"pa-9","CreatedTime":"2025-01-01T00:00:00Z",` + newest + `}`:                                                 nil,
		`{"Id":"pa-1","CreatedTime":"2025-01-01T00:00:00Z",` + strings.Replace(newest, "DEFAULT", "DEPRECATED", 1) + `}`:    nil,
		`{"Id":"pa-1","CreatedTime":"2025-01-01T00:00:00Z",` + strings.Replace(newest, "DEFAULT", "NEWER", 1) + `}`:         nil,
		`{"Id":"pa-1","CreatedTime":"2025-01-01T00:00:00Z",` + strings.Replace(newest, `"Id":"pa-9",`, "", 1) + `}`:         nil,
		`{"Id":"pa-1","CreatedTime":"2025-01-01T00:00:00Z",` + strings.Replace(newest, `2026-01-01T00:00:00Z`, "", 1) + `}`: nil,
		`{"Id":"pa-1","Missing":true,` + newest + `}`:                                                                       nil,
		`{"Id":"pa-1","CreatedTime":"2025-01-01T00:00:00Z","NewestActive":null}`:                                            nil,
		`{"Id":"pa-1","ProductMissing":true}`:                                                                               nil,
	} {
		r := productWith(`{"Status":"AVAILABLE","ProvisioningArtifactId":"pa-1"}`, "", false)
		r.Related["artifact"] = json.RawMessage(artifact)
		if diff := cmp.Diff(want, productFactsOf(t, r).NewestActive); diff != "" {
			t.Errorf("%s (-want +got):\n%s", artifact, diff)
		}
	}
}

// TestVersionState: a version that is gone, or whose product is, is missing whatever else it says.
func TestVersionState(t *testing.T) {
	for artifact, want := range map[string]audit.Optional{
		`null`:                                    "",
		`{"Missing":true,"Active":true}`:          audit.VersionMissing,
		`{"ProductMissing":true}`:                 audit.VersionMissing,
		`{"Active":true}`:                         audit.VersionCurrent,
		`{"Active":true,"Guidance":"DEFAULT"}`:    audit.VersionCurrent,
		`{"Active":true,"Guidance":"DEPRECATED"}`: audit.VersionDeprecated,
		`{"Guidance":"DEPRECATED"}`:               audit.VersionInactive,
		`{}`:                                      audit.VersionInactive,
	} {
		r := productWith(`{"Status":"AVAILABLE"}`, "", false)
		r.Related["artifact"] = json.RawMessage(artifact)
		if got := productFactsOf(t, r).VersionState; got != want {
			t.Errorf("%s: %q, want %q", artifact, got, want)
		}
	}
}

// TestDetailsHideNoResource tells the estate of gaps: only what finds resources, or lets anybody in, hides some of them.
func TestDetailsHideNoResource(t *testing.T) {
	for operation, hides := range map[string]bool{
		"ListRecordHistory": false, "ListProvisioningArtifacts": false, "ListSites": false, "GetOrder": false, "GetRenewalPricing": false,
		"SearchProvisionedProducts": true, "ListOrders": true, "ListOutposts": true, "AssumeRole": true, "GetCallerIdentity": true, "": true,
	} {
		e := newAnalyst(t).NewEstate(nil)
		e.Incomplete("111122223333", audit.Gap{Operation: operation, Reason: audit.ReasonAccessDenied})
		accounts := accountsOf(t, e)
		unknown := false
		if len(accounts) > 0 {
			_, unknown = accounts[0].Gaps["counts"]
		}
		if unknown != hides {
			t.Errorf("%s: the counts are unknown: %t", operation, unknown)
		}
	}
}
