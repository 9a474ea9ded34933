package collector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/outposts"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/google/go-cmp/cmp"

	"tenor/internal/awsread"
	"tenor/internal/rawjson"
)

// samples is where AWS's own sample answers are kept; they are no part of the project.
const samples = "../../shared/aws/samples"

// TestSamples sends AWS's own answers through the clients and expects every field of them in the documents, in AWS's
// order and digits, but for timestamps. The fixtures' date, 2000-01-01, is moved to one that can be.
func TestSamples(t *testing.T) {
	if _, err := os.Stat(samples); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		file   string
		list   string // the member that is a list, or
		member string // the member that is the document; neither: the whole
		shape  *shape
	}{
		{"wire-outposts/ListSites.http", "Sites", "", siteShape},
		{"wire-outposts/ListOrders.http", "Orders", "", orderEntryShape},
		{"wire-outposts/GetOrder.http", "", "Order", orderShape},
		{"wire-outposts/ListQuotes.http", "Quotes", "", quoteEntryShape},
		{"wire-outposts/GetQuote.http", "", "Quote", quoteShape},
		{"wire-outposts/ListCapacityTasks.http", "CapacityTasks", "", taskEntryShape},
		{"wire-outposts/GetCapacityTask.http", "", "", taskShape},
		{"wire-outposts/GetRenewalPricing.http", "", "", renewalShape},
		{"wire-outposts/GetOutpostBillingInformation.http", "", "", billingShape},
		{"aws-frozen/outposts.GetOrder.snap", "", "Order", orderShape},
		{"aws-frozen/outposts.GetOutpostBillingInformation.snap", "", "", billingShape},
		{"awscli/outposts.list-outposts.json", "Outposts", "", outpostShape},
		{"awscli/outposts.list-sites.json", "Sites", "", siteShape},
		{"wire-servicecatalog/SearchProvisionedProducts.http", "ProvisionedProducts", "", productShape},
		{"wire-servicecatalog/DescribeRecord.http", "", "RecordDetail", recordShape},
		{"wire-servicecatalog/ListRecordHistory.http", "RecordDetails", "", recordShape},
		{"aws-frozen/servicecatalog.DescribeRecord.snap", "", "RecordDetail", recordShape},
		{"awscli/servicecatalog.search-provisioned-products.json", "ProvisionedProducts", "", productShape},
		{"awscli/servicecatalog.list-provisioning-artifacts.json", "ProvisioningArtifactDetails", "", artifactShape},
		{"control-tower-account-provisioned-product.json", "", "ProvisionedProductDetail", productShape},
	} {
		t.Run(c.file, func(t *testing.T) {
			sample := sampleBody(t, c.file)
			body := sent(t, strings.Contains(c.file, "servicecatalog"), sample)
			var docs []json.RawMessage
			switch {
			case c.list != "":
				p, _, err := awsread.Listing{List: c.list}.Cut(body)
				if err != nil {
					t.Fatal(err)
				}
				docs = p.Entries
			case c.member != "":
				docs = append(docs, rawjson.Find(body, c.member))
			default:
				docs = append(docs, body)
			}
			var got []string
			for _, d := range docs {
				doc, err := c.shape.document(d)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(doc))
			}
			if diff := cmp.Diff(wantDocuments(t, sample, c.list, c.member), got); diff != "" {
				t.Errorf("-sample +document:\n%s", diff)
			}
		})
	}
}

// TestSampleErrors classifies AWS's own error answers.
func TestSampleErrors(t *testing.T) {
	if _, err := os.Stat(samples); err != nil {
		t.Skip(err)
	}
	for file, want := range map[string]string{
		"wire-outposts/error.AccessDeniedException.http": "access_denied AccessDeniedException: __Message__",
		"wire-outposts/ListOutposts.http": "error ValidationException: Invalid length for parameter LifeCycleStatusFilter, value: 0, valid min length: 1 " +
			"Invalid length for parameter AvailabilityZoneFilter, value: 0, valid min length: 1 Invalid length for parameter AvailabilityZoneIdFilter, value: 0, valid min length: 1",
		"wire-outposts/error.ConflictException.http":               "error ConflictException: __Message__",
		"wire-outposts/error.InternalServerException.http":         "error InternalServerException: __Message__",
		"wire-outposts/error.NotFoundException.http":               "error NotFoundException: __Message__",
		"wire-outposts/error.ValidationException.http":             "error ValidationException: __Message__",
		"wire-servicecatalog/DescribeRecord.missing.http":          "error ResourceNotFoundException: Record rec-nope not found.",
		"aws-frozen/outposts.ValidationException.snap":             "error ValidationException: __Message__",
		"aws-frozen/servicecatalog.ResourceNotFoundException.snap": "error ResourceNotFoundException: __Message__",
	} {
		t.Run(file, func(t *testing.T) {
			head, body := sampleParts(t, file)
			status, err := strconv.Atoi(regexp.MustCompile(`\d{3}`).FindString(strings.ReplaceAll(head, "HTTP/1.1", "")))
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				_, _ = w.Write(body) // the client reads it or the test fails
			}))
			defer server.Close()
			s := scopeAt(t, server.URL)
			if strings.Contains(file, "servicecatalog") {
				_, err = awsread.Raw(t.Context(), s.catalog.ListRecordHistory, &servicecatalog.ListRecordHistoryInput{})
			} else {
				_, err = awsread.Raw(t.Context(), s.outposts.GetOrder, &outposts.GetOrderInput{OrderId: aws.String("oo-1")})
			}
			if gap := awsread.GetOrder.Gap(err); fmt.Sprint(gap.Reason, " ", gap.Message) != want {
				t.Errorf("gap %s %s, want %s", gap.Reason, gap.Message, want)
			}
		})
	}
}

// sampleParts splits a sample into what stands before its body, if anything, and the body.
func sampleParts(t *testing.T, file string) (string, []byte) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(samples, file))
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	head, body, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok || b[0] == '{' {
		head, body = nil, b
	}
	var wrapped struct{ Body json.RawMessage }
	if err := json.Unmarshal(body, &wrapped); err == nil && wrapped.Body != nil {
		body = wrapped.Body
	}
	return string(head), body
}

func sampleBody(t *testing.T, file string) []byte {
	t.Helper()
	_, body := sampleParts(t, file)
	return bytes.ReplaceAll(body, []byte("946684800"), []byte("1795212161"))
}

func scopeAt(t *testing.T, url string) *scope {
	t.Helper()
	cfg, err := awsread.LoadConfig(t.Context(), awsread.LoadOptions{Endpoint: url, AccessKey: "AKIA" + plant})
	if err != nil {
		t.Fatal(err)
	}
	r := newRun(Options{Config: cfg, Rate: 1000, pacing: &quick})
	return newScope(r, plant, "eu-central-1", r.cfg.Credentials)
}

// sent has a server give the sample as its answer, and returns what the collector takes out of it.
func sent(t *testing.T, catalog bool, sample []byte) []byte {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(sample) // the client reads it or the test fails
	}))
	defer server.Close()
	s := scopeAt(t, server.URL)
	var body []byte
	var err error
	if catalog {
		body, err = awsread.Raw(t.Context(), s.catalog.ListRecordHistory, &servicecatalog.ListRecordHistoryInput{})
	} else {
		body, err = awsread.Raw(t.Context(), s.outposts.GetOrder, &outposts.GetOrderInput{OrderId: aws.String("oo-1")})
	}
	if err != nil {
		t.Fatal(err)
	}
	return body
}

var dated = regexp.MustCompile(`"(\w*(?:Date|Time))":([0-9]+(?:\.[0-9]+)?)`)

// wantDocuments takes the documents out of a sample by other means than the collector's: encoding/json, and a pattern for
// timestamps.
func wantDocuments(t *testing.T, sample []byte, list, member string) []string {
	t.Helper()
	var docs []json.RawMessage
	var members map[string]json.RawMessage
	if err := json.Unmarshal(sample, &members); err != nil {
		t.Fatal(err)
	}
	switch {
	case list != "":
		if err := json.Unmarshal(members[list], &docs); err != nil {
			t.Fatal(err)
		}
	case member != "":
		docs = append(docs, members[member])
	default:
		docs = append(docs, sample)
	}
	var want []string
	for _, d := range docs {
		var b bytes.Buffer
		if err := json.Compact(&b, d); err != nil {
			t.Fatal(err)
		}
		want = append(want, dated.ReplaceAllStringFunc(b.String(), func(m string) string {
			parts := dated.FindStringSubmatch(m)
			seconds, err := strconv.ParseFloat(parts[2], 64)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf(`"%s":"%s"`, parts[1], time.UnixMilli(int64(seconds*1000+0.5)).UTC().Format(time.RFC3339Nano))
		}))
	}
	return want
}
