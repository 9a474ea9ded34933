package collector

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"
	"weak"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/semaphore"

	"tenor/audit"
	"tenor/internal/awssim"
)

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
		{"outposts", 400, quick.small, "ListOrders malformed: status 400: the body has more than 65536 bytes"},
		{"outposts", 503, quick.small, "ListOrders malformed: status 503: the body has more than 65536 bytes"},
		{"outposts", 200, quick.page, "ListOrders malformed: the body has more than 2097152 bytes"},
		{"servicecatalog", 400, quick.small, "SearchProvisionedProducts malformed: status 400: the body has more than 65536 bytes"},
		{"account", 200, quick.page, "ListRegions malformed: the body has more than 2097152 bytes"},
		{"sts", 200, quick.small, "sts GetCallerIdentity: the body has more than 65536 bytes"},
		{"sts", 400, quick.small, "sts GetCallerIdentity: status 400: the body has more than 65536 bytes"},
		{"organizations", 200, quick.page, "organizations ListAccounts: the body has more than 2097152 bytes"},
		{"organizations", 400, quick.small, "organizations ListAccounts: status 400: the body has more than 65536 bytes"},
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
			if tries := int64(quick.transient * len(operations)); read.Load() > tries*(c.most+smallBody) {
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

// TestMemoryOfAnswers reads more large answers at once than there is memory for, and expects the others to wait.
func TestMemoryOfAnswers(t *testing.T) {
	p := defaultPacing()
	if p.detail > smallBody || p.small > smallBody {
		t.Errorf("answers of up to %d bytes are not counted, and details may have %d, errors %d", smallBody, p.detail, p.small)
	}
	g := newGate(1, 32, p)
	const n = 7
	past, goOn, done := make(chan bool, n), make(chan bool), make(chan error, n)
	for range n {
		go func() {
			body := io.MultiReader(strings.NewReader(strings.Repeat(" ", smallBody+1)), readerFunc(func([]byte) (int, error) {
				past <- true
				<-goOn
				return 0, io.EOF
			}))
			_, free, err := g.read(t.Context(), &smithyhttp.Response{Response: &http.Response{ContentLength: -1, Body: io.NopCloser(body)}}, p.page, true)
			free()
			done <- err
		}()
	}
	for range memoryBudget / p.page {
		<-past
	}
	if g.memory.TryAcquire(1) || len(past) > 0 {
		t.Error("there is memory for more answers than the budget")
	}
	close(goOn)
	for range n {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if !g.memory.TryAcquire(memoryBudget) {
		t.Error("memory is not given back")
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestMemoryIsGivenBack makes every page larger than what is not counted, in a run with more of them than the budget.
func TestMemoryIsGivenBack(t *testing.T) {
	o := optionsFor(t, simulate(t, awssim.Options{PageSize: 1}), plant)
	padded := func(r *http.Request) (*http.Response, error) {
		resp, err := http.DefaultClient.Do(r)
		if err == nil && resp.StatusCode == http.StatusOK && !contains(r.Header.Get("Authorization"), "/sts/") {
			resp.Body = struct {
				io.Reader
				io.Closer
			}{io.MultiReader(resp.Body, strings.NewReader(strings.Repeat(" ", smallBody))), resp.Body}
			resp.ContentLength = -1
		}
		return resp, err
	}
	o.Config.HTTPClient = doer(padded)
	large := quick
	large.detail, large.page = 64<<20, 64<<20
	o.pacing = &large
	if diff := cmp.Diff([]audit.Coverage{}, gaps(collected(t, o))); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
}

// TestPagesWithoutEnd gives every page of a list a new token.
func TestPagesWithoutEnd(t *testing.T) {
	want := fmt.Sprintf("the list goes on after %d pages", quick.pages)
	for _, op := range []operation{listOutposts, listSites, listOrders, listQuotes, listCapacityTasks, searchProducts, getBilling, listRegions, listAccounts} {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			sim := simulate(t, awssim.Options{Faults: []awssim.Fault{{Operation: op.name, Kind: awssim.FaultEndlessPages}}})
			o := optionsFor(t, sim, management)
			o.Organization = organization()
			o.Organization.ExcludeAccounts = []string{lab, locked, gone, management}
			s, err := collectInto(t.Context(), o, t.TempDir()+"/snapshot")
			got := fmt.Sprint(err)
			if err == nil {
				region := "eu-central-1"
				if op == listRegions {
					region = ""
				}
				got = ledgerOf(t, s)[[3]string{plant, region, op.name}].Message
			}
			if !contains(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			asked := map[string]int{}
			for _, r := range sim.Requests() {
				if r.Operation == op.name {
					asked[r.Account+r.Params["OutpostIdentifier"]]++
				}
			}
			for of, n := range asked {
				if n != quick.pages {
					t.Errorf("%s: asked %d times", of, n)
				}
			}
		})
	}
}

// TestPagesWithNothingNew: a list that does not end is left once many pages in a row say nothing new.
func TestPagesWithNothingNew(t *testing.T) {
	for name, entry := range map[string]string{"empty": "", "the same again": `"a"`} {
		asked := 0
		l := listing{list: "L", next: "T", page: func(ctx context.Context, _ *string) ([]byte, error) {
			asked++
			list := entry
			if asked == 10 {
				list = `"b"`
			}
			body := fmt.Appendf(nil, `{"L":[%s],"T":"%d"}`, list, asked)
			return body, ctx.Value(bodyKey{}).(*wanted).check(body)
		}}
		var err error
		for _, err = range l.pages(t.Context(), 20_000) {
			if err != nil {
				break
			}
		}
		if want := "its last 500 pages have nothing"; err == nil || !contains(err.Error(), want) || asked > 10+barrenPages+1 {
			t.Errorf("%s: %d pages, %v", name, asked, err)
		}
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
	for _, op := range []operation{listAccounts, listAccountsForParent, listUnitsForParent, listRegions, listOrders} {
		t.Run(op.name, func(t *testing.T) {
			run := func(faults ...awssim.Fault) []string {
				o := optionsFor(t, simulate(t, awssim.Options{Faults: faults}), management)
				o.Organization = organization()
				if op != listAccounts {
					o.Organization.IncludeOUs = []string{"r-abcd"}
				}
				return notCollected(slices.Collect(collected(t, o).Manifest.Coverage.All()))
			}
			if diff := cmp.Diff(run(), run(awssim.Fault{Operation: op.name, Kind: awssim.FaultMissingList, Times: 2})); diff != "" {
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

// TestReasonOfADenial reads AWS's words on why a call is denied.
func TestReasonOfADenial(t *testing.T) {
	for message, want := range map[string]audit.Reason{
		"with an explicit deny in a service control policy":                       audit.ReasonDeniedBySCP,
		"because no service control policy allows the outposts:ListQuotes action": audit.ReasonDeniedBySCP,
		"because no identity-based policy allows the outposts:ListQuotes action":  audit.ReasonAccessDenied,
		"with an explicit deny":                             audit.ReasonAccessDenied,
		"with an explicit deny in an identity-based policy": audit.ReasonAccessDenied,
	} {
		err := &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "User: x is not authorized to perform: outposts:ListQuotes " + message}
		if got := reasonOf(errors.Join(err)); got != want {
			t.Errorf("%s: %s, want %s", message, got, want)
		}
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
			o.Config, err = LoadConfig(t.Context(), LoadOptions{Endpoint: sim.URL(), AccessKey: awssim.AccessKey(plant), Region: c.region})
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
				if r.Service == serviceSTS && r.Region != c.want {
					t.Errorf("%s was asked in %s, want %s", r.Operation, r.Region, c.want)
				}
			}
		})
	}
}

// TestPagesAreLetGo asks for the second page of a list until the first, which was worked on, is out of memory.
func TestPagesAreLetGo(t *testing.T) {
	var first weak.Pointer[byte]
	worked := make(chan bool)
	l := listing{list: "L", next: "T", held: semaphore.NewWeighted(2), page: func(ctx context.Context, token *string) ([]byte, error) {
		w, body := ctx.Value(bodyKey{}).(*wanted), []byte(`{"L":[{"Id":"a"}],"T":"more`+strings.Repeat(" ", 1<<20)+`"}`)
		if token != nil {
			<-worked
			for range 200 {
				runtime.GC()
				if first.Value() == nil {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if first.Value() != nil {
				t.Error("the first page is in memory while the second is waited for")
			}
			body = []byte(`{"L":[]}`)
		} else {
			first = weak.Make(&body[0])
		}
		runtime.KeepAlive(token) // as a request does that waits
		w.body = body
		return body, w.check(body)
	}}
	pages := 0
	for _, err := range l.pages(t.Context(), 10) {
		if err != nil {
			t.Fatal(err)
		}
		if pages++; pages == 1 {
			close(worked)
		}
	}
	if pages != 2 {
		t.Errorf("%d pages", pages)
	}
}
