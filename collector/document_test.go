package collector

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/outposts"
	outpoststypes "github.com/aws/aws-sdk-go-v2/service/outposts/types"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	catalogtypes "github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
)

func TestTimestamp(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"1795212161", "2026-11-20T22:02:41Z"},
		{"1795212161.0", "2026-11-20T22:02:41Z"},
		{"1795212161.942", "2026-11-20T22:02:41.942Z"},
		{"1795212161.9420", "2026-11-20T22:02:41.942Z"},
		{"1795212161.123456789012", "2026-11-20T22:02:41.123456789Z"},
		{"1.577222793358E9", "2019-12-24T21:26:33.358Z"},
		{"1.577222793358e+9", "2019-12-24T21:26:33.358Z"},
		{"1577222793358e-3", "2019-12-24T21:26:33.358Z"},
		{"15772E5", "2019-12-24T15:06:40Z"},
		{"1420070400", "2015-01-01T00:00:00Z"},
		{"4133980799.999", "2100-12-31T23:59:59.999Z"},
		{`"2026-11-20T23:02:41.5+01:00"`, "2026-11-20T22:02:41.5Z"},
		{`"2026-11-20T22:02:41Z"`, "2026-11-20T22:02:41Z"},
		{"1420070399.999", "is outside 2015–2100"},
		{"4133980800", "is outside 2015–2100"},
		{"1795212161942", "is outside 2015–2100"},
		{"946684800", "is outside 2015–2100"},
		{"0", "is outside 2015–2100"},
		{"-1795212161", "is outside 2015–2100"},
		{"1e999999999999999999999", "is outside 2015–2100"},
		{"1e-400", "is outside 2015–2100"},
		{"9" + strings.Repeat("0", 400), "is outside 2015–2100"},
		{`"20 November 2026"`, "is no timestamp"},
		{"true", "is no timestamp"},
		{"{}", "is no timestamp"},
	} {
		got, err := timestamp([]byte(c.in))
		text := got.Format(time.RFC3339Nano)
		if err != nil {
			text = err.Error()
		}
		if text != c.want {
			t.Errorf("%s: %q, want %q", c.in, text, c.want)
		}
	}
}

// TestDocument holds what becomes of documents whose shape has timestamps at several depths.
func TestDocument(t *testing.T) {
	type inner struct{ At *time.Time }
	type outer struct {
		Begin, End *time.Time
		Name       *string
		List       []inner
		Map        map[string]inner
		Times      []time.Time
	}
	s := shapeOf[outer]()
	for _, c := range []struct{ name, in, want, err string }{
		{"empty", `{}`, `{}`, ""},
		{"none", `{"Name":"1795212161","Price":131072.01}`, `{"Name":"1795212161","Price":131072.01}`, ""},
		{"at every depth", `{"Begin":1795212161,"List":[{"At":1795212161.5},{}],"Map":{"a":{"At":1795212161}},"Times":[1795212161]}`, `{"Begin":"2026-11-20T22:02:41Z","List":[{"At":"2026-11-20T22:02:41.5Z"},{}],"Map":{"a":{"At":"2026-11-20T22:02:41Z"}},"Times":["2026-11-20T22:02:41Z"]}`, ""},
		{"null", `{"Begin":null,"List":null}`, `{"Begin":null,"List":null}`, ""},
		{"unknown members", `{"At":1795212161,"New":{"At":1,"x":[1e3]},"Begin":1795212161}`, `{"At":1795212161,"New":{"At":1,"x":[1e3]},"Begin":"2026-11-20T22:02:41Z"}`, ""},
		{"another type than expected", `{"Begin":{"At":1},"List":"later","Map":[1795212161]}`, `{"List":"later","Map":[1795212161]}`, `Begin: {"At":1} is no timestamp`},
		{"bad first", `{"Begin":1,"End":1795212161}`, `{"End":"2026-11-20T22:02:41Z"}`, "Begin: 1 is outside 2015–2100"},
		{"bad last", `{"Name":"x","End":"soon"}`, `{"Name":"x"}`, "End: soon is no timestamp"},
		{"bad inside, the first one is told", `{"List":[{"At":2,"x":1},{"At":3}],"Times":[4,1795212161,5]}`, `{"List":[{"x":1},{}],"Times":["2026-11-20T22:02:41Z"]}`, "At: 2 is outside 2015–2100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := s.document([]byte(c.in))
			text := ""
			if err != nil {
				text = err.Error()
			}
			if diff := cmp.Diff([]string{c.want, c.err}, []string{string(got), text}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestShapes holds the reflection to what it rests on: the SDK's outputs are structs, lists and maps all the way down, with
// no type that decodes in another way, and the timestamps are where they are known to be.
func TestShapes(t *testing.T) {
	var plain func(path string, t reflect.Type) []string
	plain = func(path string, t reflect.Type) []string {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			return plain(path, t.Elem())
		case reflect.Struct:
			if t == reflect.TypeFor[time.Time]() {
				return []string{path}
			}
			var found []string
			for i := range t.NumField() {
				if f := t.Field(i); f.IsExported() && f.Name != "ResultMetadata" {
					found = append(found, plain(path+"."+f.Name, f.Type)...)
				}
			}
			return found
		case reflect.Interface:
			return []string{path + " is a union"}
		}
		return nil
	}
	got := map[string][]string{}
	for name, typ := range map[string]reflect.Type{
		"outpost": reflect.TypeFor[outpoststypes.Outpost](), "site": reflect.TypeFor[outpoststypes.Site](),
		"billing": reflect.TypeFor[outposts.GetOutpostBillingInformationOutput](), "renewal": reflect.TypeFor[outposts.GetRenewalPricingOutput](),
		"order": reflect.TypeFor[outposts.GetOrderOutput](), "orders": reflect.TypeFor[outposts.ListOrdersOutput](),
		"quote": reflect.TypeFor[outposts.GetQuoteOutput](), "quotes": reflect.TypeFor[outposts.ListQuotesOutput](),
		"task": reflect.TypeFor[outposts.GetCapacityTaskOutput](), "tasks": reflect.TypeFor[outposts.ListCapacityTasksOutput](),
		"product": reflect.TypeFor[catalogtypes.ProvisionedProductAttribute](), "record": reflect.TypeFor[servicecatalog.DescribeRecordOutput](),
		"artifact": reflect.TypeFor[catalogtypes.ProvisioningArtifactDetail](),
	} {
		got[name] = plain("", typ)
	}
	want := map[string][]string{
		"outpost": nil, "site": nil, "renewal": nil,
		"billing": {".Subscriptions.BeginDate", ".Subscriptions.EndDate"},
		"order":   {".Order.OrderFulfilledDate", ".Order.OrderSubmissionDate"}, "orders": {".Orders.OrderFulfilledDate", ".Orders.OrderSubmissionDate"},
		"quote": {".Quote.CreatedDate", ".Quote.ExpirationDate"}, "quotes": {".Quotes.CreatedDate", ".Quotes.ExpirationDate"},
		"task":    {".CompletionDate", ".CreationDate", ".LastModifiedDate"},
		"tasks":   {".CapacityTasks.CompletionDate", ".CapacityTasks.CreationDate", ".CapacityTasks.LastModifiedDate"},
		"product": {".CreatedTime"}, "record": {".RecordDetail.CreatedTime", ".RecordDetail.UpdatedTime"}, "artifact": {".CreatedTime"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("timestamps (-want +got):\n%s", diff)
	}
}

func TestTags(t *testing.T) {
	for in, want := range map[string]map[string]string{
		``:                                      {},
		`null`:                                  {},
		`{"a\"b":"c","d":"é"}`:                  {`a"b`: "c", "d": "é"},
		`[{"Key":"a","Value":"b"},{"Key":"c"}]`: {"a": "b", "c": ""},
		`[]`:                                    {},
	} {
		if diff := cmp.Diff(want, tagsOf([]byte(in))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in, diff)
		}
	}
}

// FuzzTimestamp holds that every number is either an instant of the years it can be of, or an error, and nothing panics.
func FuzzTimestamp(f *testing.F) {
	for _, seed := range []string{"1795212161.942", "1E9", "-0", "1e-9999", "0.000000001795212161e18", `"2026-11-20T22:02:41Z"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !json.Valid([]byte(s)) || strings.TrimSpace(s) != s {
			t.Skip()
		}
		at, err := timestamp([]byte(s))
		if err != nil && awsread.ReasonOf(err) != audit.ReasonMalformed {
			t.Errorf("%s: %v", s, err)
		}
		if err == nil && (at.Year() < 2015 || at.Year() > 2100) {
			t.Errorf("%s: %s", s, at)
		}
	})
}

// The version beside an artifact is one that a product may be updated to.
func TestNewestVersionIsActiveAndNotDeprecated(t *testing.T) {
	versions := strings.Replace(smallEstate, `"artifacts": [`, `"artifacts": [
   {"Id": "pa-0000000000002", "Name": "v2", "CreatedTime": "now-300d", "Active": true, "Guidance": "DEFAULT"},
   {"Id": "pa-0000000000003", "Name": "v3", "CreatedTime": "now-200d", "Active": true, "Guidance": "DEPRECATED"},
   {"Id": "pa-0000000000004", "Name": "v4", "CreatedTime": "now-100d", "Active": false, "Guidance": "DEFAULT"},
   `, 1)
	s := collected(t, optionsFor(t, simulate(t, awssim.Options{Estate: estate(t, versions)}), plant))
	seen := 0
	for _, r := range resources(t, s) {
		if r.Kind != audit.KindProvisionedProduct {
			continue
		}
		seen++
		var artifact struct {
			NewestActive struct{ Id, Name, Guidance string } //nolint:revive // AWS's names
		}
		if err := json.Unmarshal(r.Related["artifact"], &artifact); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(struct{ Id, Name, Guidance string }{"pa-0000000000002", "v2", "DEFAULT"}, artifact.NewestActive); diff != "" { //nolint:revive // AWS's names
			t.Errorf("%s: %s", r.ID, diff)
		}
	}
	if seen == 0 {
		t.Error("there is no provisioned product")
	}
}
