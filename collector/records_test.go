package collector

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awssim"
	"tenor/internal/rawjson"
)

// past is a record of pp-1 in a test: its number is in its id, and it was made so many days ago.
type past struct {
	days            int
	status, request string
}

const (
	launch = "PROVISION_PRODUCT"
	change = "UPDATE_PROVISIONED_PRODUCT"
	reboot = "EXECUTE_PROVISIONED_PRODUCT_SERVICE_ACTION"
)

// troubledEstate has pp-1, TAINTED, with the records given; the last is that of its last request.
func troubledEstate(t *testing.T, lastSuccess string, records []past) *awssim.Estate {
	var list []string
	for _, r := range records {
		list = append(list, fmt.Sprintf(`{"RecordId": "rec-%d", "ProvisionedProductId": "pp-1", "Status": %q, "RecordType": %q, "CreatedTime": "now-%[1]dd"}`,
			r.days, r.status, r.request))
	}
	last := ""
	if n := len(records); n > 0 {
		last = fmt.Sprintf(`"LastRecordId": "rec-%d",`, records[n-1].days)
	}
	return estate(t, `{"accounts": [{"id": "111122223333", "name": "plant", "email": "plant@example.com", "unit": "r-abcd"}], "scopes": [
 {"accounts": ["111122223333"], "regions": ["eu-central-1"], "provisioned_products": [
  {"product": {"Id": "pp-1", "Name": "web", "Type": "CFN_STACK", "Status": "TAINTED", `+last+` "LastSuccessfulProvisioningRecordId": "`+
		lastSuccess+`"}, "records": [`+strings.Join(list, ",")+`]}]}]}`)
}

// retries are so many failures of a change, a night each until today.
func retries(nights int) (list []past) {
	for d := nights; d > 0; d-- {
		list = append(list, past{d, "FAILED", change})
	}
	return list
}

// TestHistoryOfARecord reads the records of a product back to the last provisioning request that succeeded, and no further than it may.
func TestHistoryOfARecord(t *testing.T) {
	launched := past{900, "SUCCEEDED", launch}
	for _, c := range []struct {
		name        string
		lastSuccess string
		records     []past
		want        string // the days of the records, or how many there are
		truncated   bool
		calls       int
	}{
		{"one failure", "rec-900", []past{launched, {3, "FAILED", change}}, "3 900", false, 1},
		{"what was before the last success is left out", "rec-60", []past{launched, {70, "FAILED", change}, {60, "SUCCEEDED", change}, {3, "FAILED", change}}, "3 60", false, 1},
		{"a reboot is no success", "rec-900", []past{launched, {30, "FAILED", change}, {2, "SUCCEEDED", reboot}}, "2 30 900", false, 2},
		{"a success by its type, where the search names none", "", []past{{80, "FAILED", change}, launched, {40, "SUCCEEDED", change}, {3, "FAILED", change}}, "3 40", false, 1},
		{"a success by its id, of a type that is not known", "rec-40", []past{launched, {40, "SUCCEEDED", "TELEPORT"}, {3, "FAILED", change}}, "3 40", false, 1},
		{"a launch that failed", "", []past{{3, "FAILED", launch}}, "3", false, 1},
		{"the last page but one", "rec-900", append([]past{launched}, retries(9)...), "1 2 3 4 5 6 7 8 9 900", false, 5},
		{"the last page has the success", "rec-900", append([]past{launched}, retries(10)...), "1 2 3 4 5 6 7 8 9 10", true, 5},
		{"a retry each night for 400 days", "rec-900", append([]past{launched}, retries(400)...), "1 2 3 4 5 6 7 8 9 10", true, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim := simulate(t, awssim.Options{Estate: troubledEstate(t, c.lastSuccess, c.records), PageSize: 2})
			s := collected(t, optionsFor(t, sim, plant))
			r := resource(t, s, "pp-1")
			if len(r.Gaps) > 0 || len(gaps(s)) > 0 {
				t.Fatalf("gaps %v, of the ledger %v", r.Gaps, gaps(s))
			}
			if diff := cmp.Diff(c.want, daysOf(t, r)); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if got := string(rawjson.Find(r.Related["records"], "Truncated")) == "true"; got != c.truncated {
				t.Errorf("truncated: %t", got)
			}
			calls := 0
			for _, q := range sim.Requests() {
				if q.Operation == "ListRecordHistory" {
					calls++
				}
			}
			if calls != c.calls {
				t.Errorf("%d calls, want %d", calls, c.calls)
			}
		})
	}
}

// daysOf are the numbers of the records of a product, in their order.
func daysOf(t *testing.T, r *audit.Resource) string {
	t.Helper()
	var h struct{ RecordDetails []struct{ RecordId string } }
	if err := json.Unmarshal(r.Related["records"], &h); err != nil {
		t.Fatal(err)
	}
	var days []string
	for _, r := range h.RecordDetails {
		days = append(days, strings.TrimPrefix(r.RecordId, "rec-"))
	}
	return strings.Join(days, " ")
}

// TestHistoryInAnyOrder gives the records in any order, page by page: AWS says of none that it lists in it.
func TestHistoryInAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	want := ""
	for range 200 {
		h := history{product: product{id: "pp-1", lastRecord: "rec-1", lastSuccessfulRecord: "rec-5"}}
		days := random.Perm(8)
		for _, page := range [][]int{days[:3], days[3:6], days[6:]} {
			var list []string
			for _, d := range page {
				list = append(list, fmt.Sprintf(`{"RecordId":"rec-%d","ProvisionedProductId":"pp-1","Status":"FAILED","CreatedTime":%d}`, d+1, 1795212161-86400*d))
			}
			if _, err := h.add([]byte(`{"RecordDetails":[` + strings.Join(list, ",") + `]}`)); err != nil {
				t.Fatal(err)
			}
			if whole := h.read(); whole && !(h.hasLast() && strings.Contains(string(h.section(nil).doc), "rec-5")) {
				t.Fatal("it is said to be read and lacks the last record or the success")
			}
		}
		s := h.section(nil)
		if want == "" {
			want = string(s.doc)
		}
		if s.err != nil || string(s.doc) != want {
			t.Fatalf("in the order %v: %v\n%s, want\n%s", days, s.err, s.doc, want)
		}
	}
	if got := daysOf(t, &audit.Resource{Related: map[string]json.RawMessage{"records": json.RawMessage(want)}}); got != "1 2 3 4 5" {
		t.Errorf("records %s", got)
	}
}

// TestHistoryThatIsCutOff loses the second page: what there is of the section is kept, and the section is a gap.
func TestHistoryThatIsCutOff(t *testing.T) {
	sim := simulate(t, awssim.Options{Estate: troubledEstate(t, "rec-900", append([]past{{900, "SUCCEEDED", launch}}, retries(5)...)), PageSize: 2,
		Faults: []awssim.Fault{{Operation: "ListRecordHistory", Kind: awssim.FaultAccessDenied, After: 2}}})
	s := collected(t, optionsFor(t, sim, plant))
	r := resource(t, s, "pp-1")
	if got := r.Gaps["records"]; got.Reason != audit.ReasonAccessDenied || got.Operation != "ListRecordHistory" || len(r.Gaps) != 2 ||
		r.Gaps["launch_role"] != got { // which only a record names
		t.Errorf("gaps %v", r.Gaps)
	}
	if got := daysOf(t, r); got != "1 2" {
		t.Errorf("records %s", got)
	}
}

// TestNothingWasAsked has a product of which no request is known, by the search or by its history: it has no records, and no gap.
func TestNothingWasAsked(t *testing.T) {
	s := collected(t, optionsFor(t, simulate(t, awssim.Options{Estate: troubledEstate(t, "", nil)}), plant))
	if r := resource(t, s, "pp-1"); r.Related["records"] != nil || len(r.Gaps) > 0 {
		t.Errorf("records %s, gaps %v", r.Related["records"], r.Gaps)
	}
}

// TestProductThatIsGone asks for the versions of a product that AWS does not find: that is a fact, and no gap. A denial is one.
func TestProductThatIsGone(t *testing.T) {
	e := estate(t, `{"accounts": [{"id": "111122223333", "name": "plant", "email": "plant@example.com", "unit": "r-abcd"}], "scopes": [
 {"accounts": ["111122223333"], "regions": ["eu-central-1"], "provisioned_products": [
  {"product": {"Id": "pp-1", "Name": "web", "Status": "AVAILABLE", "ProductId": "prod-gone", "ProvisioningArtifactId": "pa-1"}}]}]}`)
	s := collected(t, optionsFor(t, simulate(t, awssim.Options{Estate: e}), plant))
	r := resource(t, s, "pp-1")
	if got := string(r.Related["artifact"]); got != `{"Id":"pa-1","ProductMissing":true}` || len(r.Gaps) > 0 || len(gaps(s)) > 0 {
		t.Errorf("artifact %s, gaps %v, of the ledger %v", got, r.Gaps, gaps(s))
	}
	s = collected(t, optionsFor(t, simulate(t, awssim.Options{Estate: e, Faults: []awssim.Fault{
		{Operation: "ListProvisioningArtifacts", Kind: awssim.FaultAccessDenied}}}), plant))
	r = resource(t, s, "pp-1")
	if r.Gaps["artifact"].Reason != audit.ReasonAccessDenied || r.Related["artifact"] != nil {
		t.Errorf("artifact %s, gaps %v", r.Related["artifact"], r.Gaps)
	}
}
