package collector

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
)

// mebibyte is how much of an answer is read before it takes its place in memory.
const mebibyte = 1 << 20

// withoutEnd is a body of one letter, and counts what is read of it.
type withoutEnd struct{ read *atomic.Int64 }

func (b withoutEnd) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	b.read.Add(int64(len(p)))
	return len(p), nil
}

func (withoutEnd) Close() error { return nil }

// endless answers a service's requests with a status and a body without end, and everything else as it is.
func endless(service string, status int, read *atomic.Int64) doer {
	return func(r *http.Request) (*http.Response, error) {
		if !contains(r.Header.Get("Authorization"), "/"+service+"/aws4_request") {
			return http.DefaultClient.Do(r)
		}
		return &http.Response{StatusCode: status, ContentLength: -1, Header: http.Header{}, Body: withoutEnd{read}, Request: r}, nil
	}
}

// TestBodiesWithoutEnd answers each service without end: as an error and as a good answer, of a list and of a detail.
func TestBodiesWithoutEnd(t *testing.T) {
	for _, c := range []struct {
		service string
		status  int
		most    int64  // bytes that may be read of one answer
		want    string // of the ledger, or the error
	}{
		{"outposts", 400, quick.Small, "ListOrders malformed: status 400: the body has more than 65536 bytes"},
		{"outposts", 503, quick.Small, "ListOrders malformed: status 503: the body has more than 65536 bytes"},
		{"outposts", 200, quick.Page, "ListOrders malformed: the body has more than 2097152 bytes"},
		{"servicecatalog", 400, quick.Small, "SearchProvisionedProducts malformed: status 400: the body has more than 65536 bytes"},
		{"account", 200, quick.Page, "ListRegions malformed: the body has more than 2097152 bytes"},
		{"sts", 200, quick.Small, "sts GetCallerIdentity: the body has more than 65536 bytes"},
		{"sts", 400, quick.Small, "sts GetCallerIdentity: status 400: the body has more than 65536 bytes"},
		{"organizations", 200, quick.Page, "organizations ListAccounts: the body has more than 2097152 bytes"},
		{"organizations", 400, quick.Small, "organizations ListAccounts: status 400: the body has more than 65536 bytes"},
	} {
		t.Run(fmt.Sprint(c.service, c.status), func(t *testing.T) {
			var read atomic.Int64
			sim := simulate(t, awssim.Options{})
			o := optionsFor(t, sim, management)
			o.Config.HTTPClient, o.Organization, o.Accounts = endless(c.service, c.status, &read), organization(), nil
			o.Organization.ExcludeAccounts = []string{plant, lab, locked, gone}
			s, err := collectInto(t.Context(), o, t.TempDir()+"/snapshot")
			got := []string{fmt.Sprint(err)}
			if err == nil {
				got = nil
				for row := range s.Manifest.Coverage.All() {
					got = append(got, fmt.Sprintf("%s %s: %s", row.Operation, row.Reason, row.Message))
				}
			}
			if !slices.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if tries := int64(quick.Transient * len(awsread.Operations())); read.Load() > tries*(c.most+mebibyte) {
				t.Errorf("%d bytes were read", read.Load())
			}
		})
	}
}

// TestAnswersTooLarge sends good answers that are too long, with a length and without.
func TestAnswersTooLarge(t *testing.T) {
	for op, says := range map[string]string{
		"ListOrders": "the body has more than 2097152 bytes", "GetOrder": "the body has more than 1048576 bytes",
		"GetRenewalPricing": "the body has more than 1048576 bytes", "SearchProvisionedProducts": "the body has more than 2097152 bytes",
	} {
		t.Run(op, func(t *testing.T) {
			o := optionsFor(t, simulate(t, awssim.Options{}), plant)
			whole := collected(t, o)
			faulty := optionsFor(t, simulate(t, awssim.Options{Faults: []awssim.Fault{{Operation: op, Kind: awssim.FaultOversize}}}), plant)
			s := collected(t, faulty)
			nothingByStealth(t, whole, s)
			row := ledgerOf(t, s)[[3]string{plant, "eu-central-1", op}]
			if row.Reason != audit.ReasonMalformed || !contains(row.Message, says) {
				t.Errorf("row %+v, want %q", row, says)
			}
		})
	}
}

// TestMemoryIsGivenBack makes every page larger than what is not counted, in a run with more of them than the budget.
func TestMemoryIsGivenBack(t *testing.T) {
	o := optionsFor(t, simulate(t, awssim.Options{PageSize: 1}), plant)
	padded := func(r *http.Request) (*http.Response, error) {
		resp, err := http.DefaultClient.Do(r)
		if err == nil && resp.StatusCode == http.StatusOK && !contains(r.Header.Get("Authorization"), "/sts/") {
			resp.Body = struct {
				io.Reader
				io.Closer
			}{io.MultiReader(resp.Body, strings.NewReader(strings.Repeat(" ", mebibyte))), resp.Body}
			resp.ContentLength = -1
		}
		return resp, err
	}
	o.Config.HTTPClient = doer(padded)
	large := quick
	large.Detail, large.Page = 64<<20, 64<<20
	o.pacing = &large
	if diff := cmp.Diff([]audit.Coverage{}, gaps(collected(t, o))); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
}

// TestPagesWithoutEnd gives every page of a list a new token.
func TestPagesWithoutEnd(t *testing.T) {
	want := fmt.Sprintf("the list goes on after %d pages", quick.Pages)
	for _, op := range []awsread.Operation{awsread.ListOutposts, awsread.ListSites, awsread.ListOrders, awsread.ListQuotes, awsread.ListCapacityTasks, awsread.SearchProvisionedProducts, awsread.GetOutpostBillingInformation, awsread.ListRegions, awsread.ListAccounts} {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			sim := simulate(t, awssim.Options{Faults: []awssim.Fault{{Operation: op.Name, Kind: awssim.FaultEndlessPages}}})
			o := optionsFor(t, sim, management)
			o.Organization = organization()
			o.Organization.ExcludeAccounts = []string{lab, locked, gone, management}
			s, err := collectInto(t.Context(), o, t.TempDir()+"/snapshot")
			got := fmt.Sprint(err)
			if err == nil {
				region := "eu-central-1"
				if op == awsread.ListRegions {
					region = ""
				}
				got = ledgerOf(t, s)[[3]string{plant, region, op.Name}].Message
			}
			if !contains(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			asked := map[string]int{}
			for _, r := range sim.Requests() {
				if r.Operation == op.Name {
					asked[r.Account+r.Params["OutpostIdentifier"]]++
				}
			}
			for of, n := range asked {
				if n != quick.Pages {
					t.Errorf("%s: asked %d times", of, n)
				}
			}
		})
	}
}

// TestRedirectsAreRefused sends every call to another server, which must not hear of it.
func TestRedirectsAreRefused(t *testing.T) {
	var heard atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, service := range []string{"outposts", "servicecatalog", "account", "sts", "organizations"} {
			t.Run(fmt.Sprint(status, service), func(t *testing.T) {
				sim := simulate(t, awssim.Options{})
				front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					to := sim.URL()
					if contains(r.Header.Get("Authorization"), "/"+service+"/aws4_request") {
						to = elsewhere.URL
						http.Redirect(w, r, to+"/here?secret=1", status)
						return
					}
					ask, err := http.NewRequestWithContext(r.Context(), r.Method, to+r.URL.RequestURI(), r.Body)
					if err != nil {
						t.Error(err)
						return
					}
					ask.Header = r.Header
					resp, err := http.DefaultClient.Do(ask)
					if err != nil {
						t.Error(err)
						return
					}
					defer resp.Body.Close() //nolint:errcheck // read to its end
					w.WriteHeader(resp.StatusCode)
					if _, err := io.Copy(w, resp.Body); err != nil {
						t.Error(err)
					}
				}))
				defer front.Close()
				o := optionsFor(t, sim, management)
				o.Config.BaseEndpoint, o.Organization = &front.URL, organization()
				o.Organization.ExcludeAccounts = []string{plant, lab, locked, gone}
				want := fmt.Sprintf("status %d: a redirect to %s, which is not followed", status, elsewhere.URL)
				s, err := collectInto(t.Context(), o, t.TempDir()+"/snapshot")
				said := err != nil && strings.HasSuffix(err.Error(), want)
				if err == nil {
					said = slices.ContainsFunc(slices.Collect(s.Manifest.Coverage.All()), func(c audit.Coverage) bool {
						return c.Service == service && c.Message == want && c.Reason == audit.ReasonError
					})
				}
				if !said || heard.Load() > 0 {
					t.Errorf("%v; %d calls were sent elsewhere", err, heard.Load())
				}
			})
		}
	}
}

// TestMessagesAreClipped holds that no message of the ledger is longer than its bound, and that it says what is left out.
func TestMessagesAreClipped(t *testing.T) {
	o := optionsFor(t, simulate(t, awssim.Options{}), plant)
	o.Config.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		if !contains(r.URL.Path, "/orders/") {
			return http.DefaultClient.Do(r)
		}
		body := `{"__type": "ValidationException", "Message": "` + strings.Repeat("größer ", 2000) + `"}`
		return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})
	s := collected(t, o)
	row := ledgerOf(t, s)[[3]string{plant, "eu-central-1", "GetOrder"}]
	gap := resource(t, s, "oo-00000000000000001").Gaps["spec"]
	for _, message := range []string{row.Message, gap.Message} {
		if len(message) > audit.MaxMessage || len(message) < audit.MaxMessage-60 || !utf8.ValidString(message) || !contains(message, " more bytes)") {
			t.Errorf("%d bytes: …%s", len(message), message[max(0, len(message)-80):])
		}
	}
	if !strings.HasSuffix(row.Message, " (and 2 more)") {
		t.Errorf("row %s", row.Message)
	}
	for s, want := range map[string]string{"short": "short", strings.Repeat("x", 50): strings.Repeat("x", 50), strings.Repeat("ö", 50): strings.Repeat("ö", 6) + "… (88 more bytes)"} {
		if got := audit.Clip(s, 50); got != want {
			t.Errorf("audit.Clip(%q) = %q, want %q", s, got, want)
		}
	}
}

// TestAccountsWithoutTheirListAreAskedAgain answers ListAccounts twice without its list.
func TestAccountsWithoutTheirListAreAskedAgain(t *testing.T) {
	for _, op := range []awsread.Operation{awsread.ListAccounts, awsread.ListAccountsForParent, awsread.ListOrganizationalUnitsForParent, awsread.ListRegions, awsread.ListOrders} {
		t.Run(op.Name, func(t *testing.T) {
			run := func(faults ...awssim.Fault) []string {
				o := optionsFor(t, simulate(t, awssim.Options{Faults: faults}), management)
				o.Organization = organization()
				if op != awsread.ListAccounts {
					o.Organization.IncludeOUs = []string{"r-abcd"}
				}
				return notCollected(slices.Collect(collected(t, o).Manifest.Coverage.All()))
			}
			if diff := cmp.Diff(run(), run(awssim.Fault{Operation: op.Name, Kind: awssim.FaultMissingList, Times: 2})); diff != "" {
				t.Errorf("ledger (-without faults +with):\n%s", diff)
			}
		})
	}
}

// TestAnAccountWithoutAnID ends the run: nobody knows whom it would ask.
func TestAnAccountWithoutAnID(t *testing.T) {
	o := optionsFor(t, simulate(t, awssim.Options{Faults: []awssim.Fault{{Operation: "ListAccounts", Kind: awssim.FaultNullItem}}}), management)
	o.Organization = organization()
	_, err := collectInto(t.Context(), o, t.TempDir()+"/snapshot")
	if want := "organizations ListAccounts: an entry of Accounts has no Id"; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestHome holds in which region STS is asked.
func TestHome(t *testing.T) {
	for _, c := range []struct {
		name, region string
		wanted       []string
		want         string
	}{
		{"named", "eu-west-1", []string{"eu-central-1"}, "eu-west-1"},
		{"named as the fallback", "us-east-1", []string{"eu-central-1"}, "us-east-1"},
		{"not named", "", []string{"eu-central-1", "us-east-2"}, "eu-central-1"},
		{"not named, one that may be disabled first", "", []string{"me-south-1", "eu-central-1"}, "eu-central-1"},
		{"not named, one that may be disabled alone", "", []string{"me-south-1"}, "me-south-1"},
		{"not named, another partition", "", []string{"cn-north-1"}, "cn-north-1"},
		{"nothing", "", nil, "us-east-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim := simulate(t, awssim.Options{})
			o := optionsFor(t, sim, plant)
			var err error
			o.Config, err = awsread.LoadConfig(t.Context(), awsread.LoadOptions{Endpoint: sim.URL(), AccessKey: awssim.AccessKey(plant), Region: c.region})
			if err != nil {
				t.Fatal(err)
			}
			if o.Regions = c.wanted; c.wanted == nil {
				if _, err := CallerAccount(t.Context(), o); err != nil {
					t.Fatal(err)
				}
			} else {
				collected(t, o)
			}
			for _, r := range sim.Requests() {
				if r.Service == awsread.STS && r.Region != c.want {
					t.Errorf("%s was asked in %s, want %s", r.Operation, r.Region, c.want)
				}
			}
		})
	}
}
