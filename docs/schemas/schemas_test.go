package schemas

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"tenor/audit"
	"tenor/job"
	"tenor/job/decisions"
	"tenor/job/waivers"
	"tenor/snapshot"
)

func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	text, ok := Get(name)
	if !ok {
		t.Fatalf("no schema %s", name)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func decode(t *testing.T, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNames(t *testing.T) {
	if diff := cmp.Diff([]string{"config", "decisions", "manifest", "report", "resource", "waivers"}, Names()); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	if _, ok := Get("none"); ok {
		t.Error("there is a schema called none")
	}
	for _, name := range Names() {
		compile(t, name)
	}
}

func goldens(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range []string{"full", "empty", "gaps", "bill"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "reports", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	return files
}

func TestGoldenReportsAreValid(t *testing.T) {
	s := compile(t, "report")
	for name, b := range goldens(t) {
		if err := s.Validate(decode(t, b)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A schema that takes anything promises nothing: each of these differs from a good report in one place.
func TestReportSchemaRefuses(t *testing.T) {
	s := compile(t, "report")
	full := string(goldens(t)["full"])
	for name, c := range map[string]struct{ old, new string }{
		"a member is missing":       {` "status": "incomplete",`, ``},
		"a status that is none":     {`"status": "incomplete"`, `"status": "unsure"`},
		"a severity that is none":   {`"severity":"critical"`, `"severity":"fatal"`},
		"a verdict that is none":    {`"verdict":"fail"`, `"verdict":"failed"`},
		"another major version":     {`"schema_version": "2.0"`, `"schema_version": "1.0"`},
		"a number for a string":     {`"fingerprint":"`, `"fingerprint":7,"x":"`},
		"null for a list":           {`"holidays": [`, `"holidays": null, "x": [`},
		"an amount that is a float": {`"amount":{"value":"144000.00"`, `"amount":{"value":144000.00`},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(full, c.old, c.new, 1)
			if bad == full {
				t.Fatalf("the golden has no %s", c.old)
			}
			if s.Validate(decode(t, []byte(bad))) == nil {
				t.Error("the schema takes it")
			}
		})
	}
	later := strings.Replace(full, `"schema_version": "2.0"`, `"schema_version": "2.7", "forecast": {}`, 1)
	if err := s.Validate(decode(t, []byte(later))); err != nil {
		t.Errorf("a later minor version adds a member: %v", err)
	}
}

func TestSnapshotsAreValid(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "snapshot")
	w, err := snapshot.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	part, err := w.Part("111122223333", "eu-central-1", audit.KindOutpost)
	if err != nil {
		t.Fatal(err)
	}
	r := audit.Resource{
		Kind: audit.KindOutpost, ID: "op-1", Account: "111122223333", Region: "eu-central-1", Tags: map[string]string{"Owner": "edge"},
		Spec:    json.RawMessage(`{"OutpostId":"op-1"}`),
		Related: map[string]json.RawMessage{"site": json.RawMessage(`{"SiteId":"os-1"}`)},
		Gaps: map[string]audit.Gap{"billing": {Operation: "GetOutpostBillingInformation", Reason: audit.ReasonThrottled,
			Message: "Rate exceeded"}},
	}
	if err := part.Add(&r); err != nil {
		t.Fatal(err)
	}
	row := audit.Coverage{Account: "111122223333", Region: "eu-central-1", Service: "outposts", Operation: "ListOutposts",
		Status: audit.StatusCollected, Count: 1}
	if err := part.Commit([]audit.Coverage{row}); err != nil {
		t.Fatal(err)
	}
	calls := &snapshot.Calls{}
	calls.Add(snapshot.CallMetrics{Account: "111122223333", Region: "eu-central-1", Service: "outposts", Operation: "ListOutposts",
		Calls: 1, Seconds: 0.25})
	_, err = w.Finish(snapshot.Manifest{
		ToolVersion: "1.2.3", TakenAt: "2026-11-20T05:58:12Z", Partition: "aws", Accounts: []snapshot.ManifestAccount{{ID: "111122223333"}},
		Regions: []string{"eu-central-1"},
		Calls:   calls,
	})
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile(filepath.Join(dir, snapshot.ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	resource := readGzip(t, filepath.Join(dir, "resources", "111122223333", "eu-central-1", "outposts.outpost.ndjson.gz"))
	for name, c := range map[string]struct {
		text []byte
		old  string // what is replaced to make it bad
		new  string
	}{
		"manifest": {manifest, `"status": "collected"`, `"status": "read"`},
		"resource": {resource, `"reason":"throttled"`, `"reason":"slow"`},
	} {
		s := compile(t, name)
		if err := s.Validate(decode(t, c.text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		bad := strings.Replace(string(c.text), c.old, c.new, 1)
		if bad == string(c.text) || s.Validate(decode(t, []byte(bad))) == nil {
			t.Errorf("%s: %s is as good as %s", name, c.new, c.old)
		}
	}
}

func readGzip(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	gz, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(gz)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A schema for an editor has to say of a file what the program will say of it.
func TestConfigSchemaAgreesWithTheProgram(t *testing.T) {
	for name, text := range map[string]string{
		"every key": `
regions: [eu-central-1]
organization: {role_name: TenorAudit, external_id: x, include_ous: [ou-1], exclude_accounts: ["111122223333"]}
accounts: ["444455556666"]
policies: {dirs: [policies], disable: [general.tag_missing], severity: {outposts.quote_expired: info},
  params: {general.tag_missing: {required: [Owner]}}}
finance: {discount_rate: 0.08, fiscal_year_start: 4, calendar: us, holidays: ["2026-12-24"]}
waivers: waivers.yaml
output: {dir: out, formats: [json, xlsx]}
fail_on: high
`,
		"nothing":              `{}`,
		"a rate as a string":   `finance: {discount_rate: "0.08"}`,
		"an unknown key":       `region: [eu-central-1]`,
		"an unknown inner key": `finance: {rate: 0.08}`,
		"a string for a list":  `regions: eu-central-1`,
		"a list for a string":  `fail_on: [high]`,
		"a word for a month":   `finance: {fiscal_year_start: april}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, program := job.ParseConfig("tenor.yaml", []byte(text))
			schema := compile(t, "config").Validate(fromYAML(t, text))
			if (program == nil) != (schema == nil) {
				t.Errorf("the program says %v, the schema %v", program, schema)
			}
		})
	}
}

// TestListSchemasAgreeWithTheProgram leaves out each key of an entry in turn, and adds one that is unknown.
func TestListSchemasAgreeWithTheProgram(t *testing.T) {
	for name, c := range map[string]struct {
		load func(path string) error
		keys map[string]string // of an entry
		more map[string]string // by what it is, text that an entry has too, in place of its line with the same first key
	}{
		"waivers": {
			func(path string) error { _, err := waivers.Load(path, waivers.Limit{}); return err },
			map[string]string{"rule": "outposts.order_error", "resource": "oo-1", "reason": "with support", "owner": "edge",
				"expires": `"2027-01-31"`},
			map[string]string{"an account": `account: "111122223333"`, "a finding": "finding: " + strings.Repeat("3f2a91c0", 8)},
		},
		"decisions": {
			func(path string) error { _, err := decisions.Load(path); return err },
			map[string]string{"outpost": "op-0123456789abcdef0", "action": "return", "owner": "edge", "reason": "closed",
				"decided_on": `"2026-11-20"`},
			map[string]string{
				"a renewal": "action: renew\n  payment_term: ONE_YEAR\n  payment_option: NO_UPFRONT", "staying": "action: month_to_month",
				"an unknown action": "action: extend", "an unknown term": "action: renew\n  payment_term: TWO_YEARS\n  payment_option: NO_UPFRONT",
				"an unknown option": "action: renew\n  payment_term: ONE_YEAR\n  payment_option: SOME_UPFRONT", "a line": "line: 7",
			},
		},
	} {
		entry := func(without, more string) string {
			var lines []string
			for _, k := range slices.Sorted(maps.Keys(c.keys)) {
				if k != without {
					lines = append(lines, k+": "+c.keys[k])
				}
			}
			if more != "" {
				lines = append(lines, more)
			}
			return name + ":\n- " + strings.Join(lines, "\n  ") + "\n"
		}
		files := map[string]string{"whole": entry("", ""), "an unknown key": entry("", "until: tomorrow"), "no list": name + ": none\n"}
		for key := range c.keys {
			files["no "+key] = entry(key, "")
		}
		for what, more := range c.more {
			key, _, _ := strings.Cut(more, ":")
			files[what] = entry(key, more)
		}
		for what, text := range files {
			t.Run(name+"/"+what, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), name+".yaml")
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				program := c.load(path)
				schema := compile(t, name).Validate(fromYAML(t, text))
				if (program == nil) != (schema == nil) {
					t.Errorf("the program says %v, the schema %v", program, schema)
				}
			})
		}
	}
}

func fromYAML(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, b)
}
