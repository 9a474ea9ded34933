package awssim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const awsFolder = "../../../shared/aws"

func awsFiles(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(awsFolder, name)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("AWS's %s are not here", name)
	}
	return dir
}

// response is one good answer of the demo estate.
type response struct {
	service, operation string
	answer
}

// crawl asks a server everything that it can answer, in every account and region, page by page.
func crawl(t *testing.T, s *server) []response {
	t.Helper()
	var all []response
	for _, a := range s.options.Estate.Accounts {
		for _, region := range s.options.Estate.Regions {
			c := client{t: t, server: s, key: AccessKey(a.ID), region: region}
			ask := func(service, operation, request string) (body map[string]json.RawMessage) {
				t.Helper()
				got := c.call(service, operation, request)
				got.decode(t, &body)
				all = append(all, response{service, operation, got})
				return body
			}
			pages := func(operation, path, list string, each func(item map[string]any)) {
				for token := ""; ; {
					body := ask("outposts", operation, path+"?MaxResults=5&NextToken="+url.QueryEscape(token))
					for _, item := range items(t, body[list]) {
						each(item)
					}
					if token = ""; body["NextToken"] == nil {
						return
					}
					unmarshal(t, body["NextToken"], &token)
				}
			}
			pages("ListOutposts", "/outposts", "Outposts", func(o map[string]any) {
				id := fmt.Sprint(o["OutpostId"])
				ask("outposts", "GetOutpost", "/outposts/"+id)
				ask("outposts", "ListTagsForResource", "/tags/"+url.PathEscape(fmt.Sprint(o["OutpostArn"])))
				if o["OwnerId"] == a.ID {
					pages("GetOutpostBillingInformation", "/outpost/"+id+"/billing-information", "Subscriptions", func(map[string]any) {})
					ask("outposts", "GetRenewalPricing", "/outpost/"+id+"/renewal-pricing")
					pages("ListAssets", "/outposts/"+id+"/assets", "Assets", func(map[string]any) {})
					pages("ListAssetInstances", "/outposts/"+id+"/assetInstances", "AssetInstances", func(map[string]any) {})
				}
			})
			pages("ListSites", "/sites", "Sites", func(map[string]any) {})
			pages("ListOrders", "/list-orders", "Orders", func(o map[string]any) {
				ask("outposts", "GetOrder",
					"/orders/"+fmt.Sprint(o["OrderId"]))
			})
			pages("ListQuotes", "/quotes", "Quotes", func(q map[string]any) { ask("outposts", "GetQuote", "/quotes/"+fmt.Sprint(q["QuoteId"])) })
			pages("ListCapacityTasks", "/capacity/tasks", "CapacityTasks", func(k map[string]any) {
				task := fmt.Sprintf("/outposts/%s/capacity/%s", k["OutpostId"], k["CapacityTaskId"])
				ask("outposts", "GetCapacityTask", task)
				pages("ListBlockingInstancesForCapacityTask", task+"/blockingInstances", "BlockingInstances", func(map[string]any) {})
			})
			catalog := func(operation, list string, each func(item map[string]any)) {
				for token := ""; ; {
					body := ask("servicecatalog", operation, fmt.Sprintf(`{"AccessLevelFilter":{"Key":"Account","Value":"self"},"PageSize":15,`+
						`"PageToken":%q}`, token))
					for _, item := range items(t, body[list]) {
						each(item)
					}
					if token = ""; body["NextPageToken"] == nil {
						return
					}
					unmarshal(t, body["NextPageToken"], &token)
				}
			}
			asked := map[string]bool{}
			catalog("SearchProvisionedProducts", "ProvisionedProducts", func(p map[string]any) {
				ask("servicecatalog", "DescribeProvisionedProduct", fmt.Sprintf(`{"Id":%q}`, p["Id"]))
				ask("servicecatalog", "DescribeRecord", fmt.Sprintf(`{"Id":%q}`, p["LastRecordId"]))
				ask("servicecatalog", "ListRecordHistory", fmt.Sprintf(`{"AccessLevelFilter":{"Key":"Account","Value":"self"},`+
					`"SearchFilter":{"Key":"provisionedproduct","Value":%q}}`, p["Id"]))
				if id := fmt.Sprint(p["ProductId"]); !asked[id] && p["ProductName"] != "Message broker" { // which is gone
					asked[id] = true
					ask("servicecatalog", "ListProvisioningArtifacts", fmt.Sprintf(`{"ProductId":%q}`, id))
					ask("servicecatalog", "DescribeProductAsAdmin", fmt.Sprintf(`{"Id":%q}`, id))
				}
			})
			catalog("ScanProvisionedProducts", "ProvisionedProducts", func(map[string]any) {})
			catalog("ListRecordHistory", "RecordDetails", func(map[string]any) {})
		}
	}
	return all
}

func items(t *testing.T, list json.RawMessage) (all []map[string]any) {
	t.Helper()
	unmarshal(t, list, &all)
	return all
}

func unmarshal(t *testing.T, b []byte, to any) {
	t.Helper()
	if err := json.Unmarshal(b, to); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
}

func demoServer(t *testing.T) *server {
	e, err := DemoEstate(now)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, Options{Estate: e})
}

// newer takes out what the demo has and AWS's schemas here do not know: the generation of an Outpost, a currency other than USD.
var newer = strings.NewReplacer(
	`,"Generation":"GENERATION_1"`, "", `,"Generation":"GENERATION_2"`, "", `"Currency":"EUR"`, `"Currency":"USD"`,
)

func TestResponsesMatchSchemas(t *testing.T) {
	dir := awsFiles(t, "schemas")
	compiler := jsonschema.NewCompiler()
	schemas, checked := map[string]*jsonschema.Schema{}, map[string]int{}
	for _, r := range crawl(t, demoServer(t)) {
		name := filepath.Join(r.service, r.operation)
		schema, file := schemas[name], filepath.Join(dir, name+".schema.json")
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			checked[name]++ // there is no schema of it: the SDK's own decoder and the samples of its request are what holds it
			continue
		}
		if schema == nil {
			var err error
			if schema, err = compiler.Compile(file); err != nil {
				t.Fatal(err)
			}
			schemas[name] = schema
		}
		body, err := jsonschema.UnmarshalJSON(strings.NewReader(newer.Replace(string(r.body))))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := schema.Validate(body); err != nil {
			t.Errorf("%s: %v\n%.300s", name, err, r.body)
		}
		checked[name]++
	}
	for _, op := range simulated() {
		if op.service != "organizations" && checked[filepath.Join(op.service, op.name)] == 0 {
			t.Errorf("the demo estate has no answer of %s", op.name)
		}
	}
}

type named struct{ service, name string }

// simulated lists the operations that are more than a denial.
func simulated() []named {
	all := []named{}
	for _, op := range outpostsOperations() {
		if op.run != nil && op.name != "GetSite" { // there is no schema of it here; its Site is one of ListSites
			all = append(all, named{"outposts", op.name})
		}
	}
	for _, name := range []string{"SearchProvisionedProducts", "ScanProvisionedProducts", "DescribeRecord", "ListRecordHistory",
		"ListProvisioningArtifacts", "DescribeProductAsAdmin", "DescribeProvisionedProduct"} {
		all = append(all, named{"servicecatalog", name})
	}
	for _, name := range []string{"ListAccounts", "DescribeOrganization", "ListAccountsForParent", "ListOrganizationalUnitsForParent"} {
		all = append(all, named{"organizations", name})
	}
	return all
}

// TestResponsesMatchSamples compares the form of answers with recorded ones: status, content type, and the JSON type of
// every member that both have.
func TestResponsesMatchSamples(t *testing.T) {
	dir := awsFiles(t, "samples")
	ours := crawl(t, demoServer(t))
	for _, service := range []string{"outposts", "servicecatalog"} {
		files, err := filepath.Glob(filepath.Join(dir, "wire-"+service, "*.http"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no samples of %s: %v", service, err)
		}
		for _, file := range files {
			operation := strings.TrimSuffix(filepath.Base(file), ".http")
			sample := readSample(t, file)
			if sample.status != http.StatusOK || !slices.Contains(simulated(), named{service, operation}) {
				continue // errors have their own test
			}
			t.Run(operation, func(t *testing.T) {
				for _, r := range ours {
					if r.operation != operation {
						continue
					}
					diff(t, "content type", sample.header.Get("Content-Type"), r.header.Get("Content-Type"))
					var want, got any
					unmarshal(t, sample.body, &want)
					unmarshal(t, r.body, &got)
					sameForm(t, operation, want, got)
				}
			})
		}
	}
}

// TestErrorsMatchSamples compares errors with recorded ones: status, header, content type and the members of the body.
func TestErrorsMatchSamples(t *testing.T) {
	dir := awsFiles(t, "samples")
	for _, tc := range []struct {
		sample string
		fault  FaultKind
		path   string
	}{
		{"error.AccessDeniedException", FaultAccessDenied, "/outposts"},
		{"error.InternalServerException", FaultServerError, "/outposts"},
		{"error.NotFoundException", "", "/outposts/op-00000000000000000"},
		{"error.ValidationException", "", "/outposts?MaxResults=0"},
	} {
		t.Run(tc.sample, func(t *testing.T) {
			o := Options{Estate: load(t, small)}
			if tc.fault != "" {
				o.Faults = []Fault{{Kind: tc.fault}}
			}
			got := client{t: t, server: start(t, o), key: AccessKey(plant), region: "eu-central-1"}.get(tc.path)
			sample := readSample(t, filepath.Join(dir, "wire-outposts", tc.sample+".http"))
			diff(t, "status", sample.status, got.status)
			for _, h := range []string{"Content-Type", "X-Amzn-Errortype"} {
				diff(t, h, sample.header.Get(h), got.header.Get(h))
			}
			var want, have map[string]string
			unmarshal(t, sample.body, &want)
			unmarshal(t, got.body, &have)
			diff(t, "members", slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(have)))
			diff(t, "__type", want["__type"], have["__type"])
		})
	}
}

func readSample(t *testing.T, file string) answer {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, body}
}

// sameForm checks that what both values have is of the same JSON type.
func sameForm(t *testing.T, at string, want, got any) {
	t.Helper()
	if a, b := fmt.Sprintf("%T", want), fmt.Sprintf("%T", got); a != b {
		t.Errorf("%s is a %s, a sample has a %s", at, b, a)
		return
	}
	switch want := want.(type) {
	case map[string]any:
		got := got.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(got)) {
			if member, ok := want[name]; ok {
				sameForm(t, at+"."+name, member, got[name])
			}
		}
	case []any:
		for _, item := range got.([]any) {
			if len(want) > 0 {
				sameForm(t, at+"[]", want[0], item)
			}
		}
	}
}
