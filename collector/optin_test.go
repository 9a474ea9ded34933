package collector

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
)

// newEstate has an order in each of three regions: one that AWS enables by default, one that it does not, and one that the SDK
// does not know, which the lab has not enabled.
const newEstate = `{
 "organization": {"id": "o-exampleorg1", "root": "r-abcd", "management_account": "900000000009"},
 "role": {"name": "TenorAudit", "external_id": "example"},
 "accounts": [
  {"id": "900000000009", "name": "management", "email": "management@example.com", "unit": "r-abcd"},
  {"id": "111122223333", "name": "plant", "email": "plant@example.com", "unit": "r-abcd"},
  {"id": "444455556666", "name": "lab", "email": "lab@example.com", "unit": "r-abcd", "disabled_regions": ["eu-north-9", "eu-south-1"]}
 ],
 "regions": ["eu-central-1", "eu-south-1", "eu-north-9"],
 "scopes": [{"accounts": ["111122223333"], "regions": ["eu-central-1", "eu-south-1", "eu-north-9"],
  "orders": [{"OrderId": "oo-${hex}", "OutpostId": "op-00000000000000001", "Status": "COMPLETED", "OrderSubmissionDate": "now-10d"}]}]
}`

// notCollected are the rows of the ledger that are not, shortened.
func notCollected(rows []audit.Coverage) []string {
	out := []string{}
	for _, r := range rows {
		if r.Status != audit.StatusCollected {
			out = append(out, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s %s", r.Region, r.Service, r.Operation, r.Status, r.Reason)), " "))
		}
	}
	return out
}

// lists are the rows of a region in which the list of every kind has a status, of which one that a run does without is optional.
func lists(status string) []string {
	var rows []string
	for _, kind := range audit.CollectedKinds() {
		says := status
		if awsread.OperationNamed(kind.List).Optional {
			says = strings.Replace(says, "gap", "optional", 1)
		}
		rows = append(rows, kind.Service+" "+kind.List+" "+says)
	}
	slices.Sort(rows)
	return rows
}

// optInStatus answers ListRegions with a status for eu-south-1.
func optInStatus(status string) *answering {
	return &answering{"/listRegions", `{"Regions": [{"RegionName": "eu-south-1", "RegionOptStatus": "` + status + `"}]}`}
}

// TestRefusedOrNotEnabled holds what a refused token means, from what is known of the region.
func TestRefusedOrNotEnabled(t *testing.T) {
	in := func(region string, rows []string) []string {
		for i := range rows {
			rows[i] = region + " " + rows[i]
		}
		return rows
	}
	denied := awssim.Fault{Operation: "ListRegions", Kind: awssim.FaultAccessDenied}
	refused := awssim.Fault{Kind: awssim.FaultNotEnabled, Region: "eu-south-1"}
	const optional = "account ListRegions optional access_denied"
	for _, c := range []struct {
		name, account, region string
		faults                []awssim.Fault
		listed                *answering
		want                  []string
		asked                 bool // the region is
	}{
		{"enabled", plant, "eu-south-1", nil, nil, []string{}, true},
		{"enabled and refused", plant, "eu-south-1", []awssim.Fault{refused}, nil, in("eu-south-1", lists("gap credentials")), true},
		{"disabled", lab, "eu-south-1", nil, nil, []string{"eu-south-1 outposts not_enabled", "eu-south-1 servicecatalog not_enabled"}, false},
		{"being enabled", plant, "eu-south-1", nil, optInStatus("ENABLING"), []string{}, true},
		{"being enabled and refused", plant, "eu-south-1", []awssim.Fault{refused}, optInStatus("ENABLING"), in("eu-south-1", lists("gap credentials")), true},
		{"being disabled", plant, "eu-south-1", nil, optInStatus("DISABLING"), []string{}, true},
		{"a status of the future", plant, "eu-south-1", nil, optInStatus("PAUSED"), []string{}, true},
		{"said to be disabled", plant, "eu-south-1", nil, optInStatus("DISABLED"), []string{"eu-south-1 outposts not_enabled", "eu-south-1 servicecatalog not_enabled"}, false},
		{"not known and refused", plant, "eu-south-1", []awssim.Fault{denied, refused}, nil, append([]string{optional}, in("eu-south-1", lists("not_enabled"))...), true},
		{"not known and disabled", lab, "eu-south-1", []awssim.Fault{denied}, nil, append([]string{optional}, in("eu-south-1", lists("not_enabled"))...), true},
		{"misspelt", plant, "eu-suoth-1", nil, nil, []string{"eu-suoth-1 outposts gap error", "eu-suoth-1 servicecatalog gap error"}, false},
		{
			"misspelt, and not known", plant, "eu-suoth-1", []awssim.Fault{denied, {Kind: awssim.FaultNotEnabled, Region: "eu-suoth-1"}}, nil,
			append([]string{optional}, in("eu-suoth-1", lists("gap credentials"))...), true,
		},
		{
			"not known, and one list refused", plant, "eu-south-1",
			[]awssim.Fault{denied, {Operation: "ListQuotes", Kind: awssim.FaultNotEnabled, Region: "eu-south-1"}}, nil,
			[]string{optional, "eu-south-1 outposts ListQuotes gap credentials"}, true,
		},
		{
			"not known, and all refused but one that is denied", plant, "eu-south-1",
			[]awssim.Fault{denied, {Operation: "ListQuotes", Kind: awssim.FaultAccessDenied, Region: "eu-south-1"}, refused}, nil,
			append([]string{optional}, in("eu-south-1", replaced(lists("gap credentials"), "ListQuotes gap credentials", "ListQuotes gap access_denied"))...), true,
		},
		{
			"not known, but enabled by default", plant, "eu-central-1", []awssim.Fault{denied, {Kind: awssim.FaultNotEnabled, Region: "eu-central-1"}}, nil,
			append([]string{optional}, in("eu-central-1", lists("gap credentials"))...), true,
		},
		{
			"without its list", plant, "eu-south-1", []awssim.Fault{{Operation: "ListRegions", Kind: awssim.FaultMissingList}}, nil,
			[]string{"account ListRegions optional malformed"}, true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim := simulate(t, awssim.Options{Estate: estate(t, newEstate), Faults: c.faults})
			o := optionsFor(t, sim, c.account)
			o.Config.Region = "us-east-1" // where no fault is
			o.Regions = []string{c.region}
			if c.listed != nil {
				o.Config.HTTPClient = c.listed
			}
			s := collected(t, o)
			if diff := cmp.Diff(c.want, notCollected(slices.Collect(s.Manifest.Coverage.All()))); diff != "" {
				t.Errorf("ledger (-want +got):\n%s", diff)
			}
			asked := slices.ContainsFunc(sim.Requests(), func(r awssim.Request) bool { return r.Region == c.region && r.Service == awsread.Outposts })
			if asked != c.asked {
				t.Errorf("%s was asked: %t", c.region, asked)
			}
		})
	}
}

// TestRefusedAfterSomeCalls refuses the token from the n-th call of a scope on: whatever was read before, the rest is gaps.
func TestRefusedAfterSomeCalls(t *testing.T) {
	for _, known := range []bool{true, false} {
		for n := 2; n < 12; n++ {
			t.Run(fmt.Sprint(known, n), func(t *testing.T) {
				t.Parallel()
				faults := []awssim.Fault{{Kind: awssim.FaultRefusedToken, Region: "eu-south-1", After: n}}
				if !known {
					faults = append(faults, awssim.Fault{Operation: "ListRegions", Kind: awssim.FaultAccessDenied})
				}
				e := estate(t, strings.ReplaceAll(smallEstate, "eu-central-1", "eu-south-1"))
				o := optionsFor(t, simulate(t, awssim.Options{Estate: e, Faults: faults}), plant)
				o.Regions = []string{"eu-south-1"}
				found := map[audit.CoverageStatus]bool{}
				for row := range collected(t, o).Manifest.Coverage.All() {
					found[row.Status] = true
					if row.Status == audit.StatusGap && row.Reason != audit.ReasonCredentials {
						t.Errorf("row %+v", row)
					}
				}
				if found[audit.StatusNotEnabled] || !found[audit.StatusGap] {
					t.Errorf("states of the ledger: %v", found)
				}
			})
		}
	}
}

// noHost is an HTTP client for which the hosts of a region do not exist.
type noHost struct{ region string }

func (n noHost) Do(r *http.Request) (*http.Response, error) {
	if contains(r.Header.Get("Authorization"), "/"+n.region+"/") {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: n.region, IsNotFound: true}}
	}
	return http.DefaultClient.Do(r)
}

// TestRegionsNewerThanTheSDK has a region that the SDK does not know, and holds who is asked there.
func TestRegionsNewerThanTheSDK(t *testing.T) {
	const newer = "eu-north-9"
	denied := func(account string) awssim.Fault {
		return awssim.Fault{Account: account, Operation: "ListRegions", Kind: awssim.FaultAccessDenied}
	}
	collectedThere := append(lists("collected"), "outposts GetOrder collected")
	both := func(status string) []string { return []string{"outposts " + status, "servicecatalog " + status} }
	for _, c := range []struct {
		name       string
		faults     []awssim.Fault
		regions    []string
		client     aws.HTTPClient
		plant, lab []string // what the ledger says of the region
	}{
		{"listed", nil, nil, nil, collectedThere, both("not_enabled")},
		{"listed to members alone", []awssim.Fault{denied(management)}, nil, nil, collectedThere, nil},
		{"listed to the caller alone", []awssim.Fault{denied(plant), denied(lab)}, nil, nil, both("not_offered"), both("not_offered")},
		{"listed to no one", []awssim.Fault{denied("")}, nil, nil, nil, nil},
		{"named", []awssim.Fault{denied(plant)}, []string{newer}, nil, collectedThere, both("not_enabled")},
		{"listed, without a host", nil, nil, noHost{newer}, lists("not_offered"), both("not_enabled")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := optionsFor(t, simulate(t, awssim.Options{Estate: estate(t, newEstate), Faults: c.faults}), management)
			o.Regions, o.Organization = c.regions, organization()
			if c.client != nil {
				o.Config.HTTPClient = c.client
			}
			s := collected(t, o)
			got := map[string][]string{}
			for row := range s.Manifest.Coverage.All() {
				if row.Region == newer {
					got[row.Account] = append(got[row.Account], strings.Join(strings.Fields(row.Service+" "+row.Operation+" "+string(row.Status)+" "+string(row.Reason)), " "))
				}
			}
			for account, want := range map[string][]string{plant: c.plant, lab: c.lab} {
				slices.Sort(got[account])
				if diff := cmp.Diff(slices.Sorted(slices.Values(want)), got[account]); diff != "" {
					t.Errorf("account %s (-want +got):\n%s", account, diff)
				}
			}
			if slices.Contains(s.Manifest.Regions, newer) != (c.plant != nil) {
				t.Errorf("regions of the manifest: %v", s.Manifest.Regions)
			}
		})
	}
}

func replaced(list []string, old, with string) []string {
	var out []string
	for _, s := range list {
		out = append(out, strings.ReplaceAll(s, old, with))
	}
	return out
}

// TestRegionsThatNobodyLists holds that a region in which the SDK knows neither service is on the ledger where ListRegions is
// denied, and asked where it is not.
func TestRegionsThatNobodyLists(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults []awssim.Fault
		want   []string
	}{
		{"denied", []awssim.Fault{{Operation: "ListRegions", Kind: awssim.FaultAccessDenied}}, []string{"outposts not_offered", "servicecatalog not_offered"}},
		{"listed", nil, lists("collected")},
	} {
		t.Run(c.name, func(t *testing.T) {
			empty := estate(t, `{"accounts": [{"id": "111122223333", "name": "plant", "email": "plant@example.com", "unit": "r-abcd"}]}`)
			o := optionsFor(t, simulate(t, awssim.Options{Estate: empty, Faults: c.faults}), plant)
			o.Regions = nil
			var got []string
			for row := range collected(t, o).Manifest.Coverage.All() {
				if row.Region == "ap-southeast-5" {
					got = append(got, strings.Join(strings.Fields(row.Service+" "+row.Operation+" "+string(row.Status)), " "))
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("ap-southeast-5 (-want +got):\n%s", diff)
			}
		})
	}
}

// TestListRegionsEndpoint holds where the SDK sends ListRegions and as what region it signs it.
func TestListRegionsEndpoint(t *testing.T) {
	for _, c := range []struct{ partition, region, want string }{
		{"aws", "eu-central-1", "us-east-1 account.us-east-1.amazonaws.com"},
		{"aws-cn", "cn-north-1", "cn-northwest-1 account.cn-northwest-1.amazonaws.com.cn"},
		{"aws-us-gov", "us-gov-west-1", "us-gov-west-1 account.us-gov-west-1.amazonaws.com"},
	} {
		var got string
		o := optionsFor(t, simulate(t, awssim.Options{}), plant)
		o.Config.Region, o.Config.BaseEndpoint = c.region, nil
		o.Config.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
			scope := strings.Split(r.Header.Get("Authorization"), "/")
			got = scope[2] + " " + r.URL.Host
			return nil, fmt.Errorf("not sent")
		})
		r := newRun(o)
		r.caller = identity{plant, c.partition}
		if _, err := r.listRegions(t.Context(), plant, r.cfg.Credentials); err == nil || got != c.want {
			t.Errorf("%s: asked %q, want %q (%v)", c.partition, got, c.want, err)
		}
	}
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }
