package job

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"

	"tenor/audit"
)

const signingSecret = "a shared secret of some length"

// signedBundle writes a bundle with that data, signed with the secret; change, which may be nil, is applied after it was signed.
func signedBundle(t *testing.T, data string, change func(*bundle.Bundle)) string {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(data), &doc); err != nil {
		t.Fatal(err)
	}
	b := bundle.Bundle{
		Modules: []bundle.ModuleFile{{URL: "/seen.rego", Path: "/seen.rego", RelativePath: "/seen.rego", Raw: []byte(usersPolicy),
			Parsed: ast.MustParseModule(usersPolicy)}},
		Data: doc,
	}
	b.Manifest.Init()
	if err := b.GenerateSignature(bundle.NewSigningConfig(signingSecret, "HS256", ""), "", false); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&b)
	}
	var buf bytes.Buffer
	if err := bundle.NewWriter(&buf).DisableFormat(true).Write(b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "signed.tar.gz")
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// signedJob takes what it accepts from a bundle alone.
func signedJob(t *testing.T, base *Job, path string) *Job {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(signingSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	return with(t, base, func(c *Config) {
		c.Policies.SignedOnly, c.Policies.Key, c.Policies.Bundles = true, key, []string{path}
	})
}

// TestSignedOnly has waivers, decisions, parameters, severities and switched-off rules come from a signed bundle, of a run as a whole
// and in shards.
func TestSignedOnly(t *testing.T) {
	base := demoJob(t, deliveryDay)
	first := runJob(t, base)
	var outpost string
	for f, err := range first.Report.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		if f.Rule == "outposts.notice_deadline" {
			outpost = f.Resource.ID
		}
	}
	path := signedBundle(t, `{"tenor": {
		"waivers": [{"rule": "outposts.order_error", "resource": "oo-*", "reason": "r", "owner": "o", "expires": "2027-06-30"}],
		"decisions": [{"outpost": "`+outpost+`", "action": "month_to_month", "owner": "o", "reason": "r", "decided_on": "2026-11-01"}],
		"params": {"outposts.quote_expired": {"lookback_days": 3}},
		"severity": {"outposts.quote_expired": "info", "waivers.unused": "info"},
		"disable": ["general.tag_missing"]}, "acme": {"n": 1}}`, nil)
	j := signedJob(t, base, path)
	whole := runJob(t, j)
	_, dirs := shardedRun(t, j, 3)
	merged, err := with(t, j, nil).Merge(t.Context(), dirs)
	if err != nil {
		t.Fatal(err)
	}
	defer merged.Close()
	for _, res := range []*Result{whole, merged} {
		r := &res.Report
		if len(r.Waivers) != 1 || r.Waivers[0].Status != "used" || r.Waivers[0].Line != 1 || len(r.Decisions) != 1 {
			t.Errorf("waivers %+v, decisions %+v", r.Waivers, r.Decisions)
		}
		for _, rule := range r.Rules {
			switch {
			case rule.ID == "general.tag_missing":
				t.Error("the rule is on")
			case rule.ID == "outposts.quote_expired" && (rule.Severity != audit.Info || string(rule.Params[0].Value) != "3"):
				t.Errorf("%s: %s, %s", rule.ID, rule.Severity, rule.Params[0].Value)
			case rule.ID == "waivers.unused" && rule.Severity != audit.Info:
				t.Errorf("%s: %s", rule.ID, rule.Severity)
			}
		}
		if s := r.Run.Settings; !s.SignedOnly || len(s.Disabled) != 1 {
			t.Errorf("%+v", s)
		}
	}
	if whole.Report.Summary.Verdicts[audit.Waived] != merged.Report.Summary.Verdicts[audit.Waived] {
		t.Errorf("%d waived, in shards %d", whole.Report.Summary.Verdicts[audit.Waived], merged.Report.Summary.Verdicts[audit.Waived])
	}
}

// TestSignedOnlyRefuses what is not signed, whatever it is.
func TestSignedOnlyRefuses(t *testing.T) {
	waiver := `{"rule": "outposts.order_error", "resource": "oo-*", "reason": "r", "owner": "o", "expires": "2027-06-30"}`
	good := `{"tenor": {"waivers": [` + waiver + `]}}`
	for _, tt := range []struct {
		name, data string
		change     func(*bundle.Bundle)
		set        func(*Config)
		want       string
	}{
		{name: "a waiver that was put in later", data: good, change: func(b *bundle.Bundle) {
			b.Data["tenor"] = map[string]any{"waivers": []any{}, "disable": []any{"outposts.order_error"}}
		}, want: "digest mismatch"},
		{name: "no signature", data: good, change: func(b *bundle.Bundle) { b.Signatures = bundle.SignaturesConfig{} }, want: ".signatures.json"},
		{name: "another key", data: good, set: func(c *Config) {
			if err := os.WriteFile(c.Policies.Key, []byte("another"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, want: "verify"},
		{name: "no key", data: good, set: func(c *Config) { c.Policies.Key = "" },
			want: "config: policies.signed_only: want policies.key and policies.bundles"},
		{name: "waivers of the config", data: good, set: func(c *Config) { c.Waivers = "w.yaml" },
			want: "config: waivers: policies.signed_only takes it from the signed bundles alone"},
		{name: "decisions of the config", data: good, set: func(c *Config) { c.Decisions = "d.yaml" },
			want: "config: decisions: policies.signed_only"},
		{name: "parameters of the config", data: good, set: func(c *Config) {
			c.Policies.Params = map[string]map[string]any{"outposts.quote_expired": {"lookback_days": 0}}
		}, want: "config: policies.params: policies.signed_only"},
		{name: "severities of the config", data: good,
			set:  func(c *Config) { c.Policies.Severity = map[string]string{"outposts.quote_expired": "info"} },
			want: "config: policies.severity: policies.signed_only"},
		{name: "rules that the config switches off", data: good, set: func(c *Config) { c.Policies.Disable = []string{"outposts.quote_expired"} },
			want: "config: policies.disable: policies.signed_only"},
		{name: "a waiver for ever", data: strings.Replace(good, "2027-06-30", "2099-12-31", 1),
			want: "data.tenor.waivers:1: expires: 2099-12-31 is more than 366 days ahead"},
		{name: "the second waiver", data: `{"tenor": {"waivers": [` + waiver + `, {"rule": "x"}]}}`,
			want: "data.tenor.waivers:2: a waiver needs resource"},
		{name: "no list", data: `{"tenor": {"waivers": {"a": 1}}}`, want: "data.tenor.waivers:1: "},
		{name: "a key that there is not", data: `{"tenor": {"waiver": []}}`,
			want: `data.tenor.waiver: there is no such setting; did you mean "waivers"?`},
		{name: "a severity that there is not", data: `{"tenor": {"severity": {"outposts.quote_expired": "mild"}}}`,
			want: `data.tenor.severity.outposts.quote_expired: severity "mild"`},
		{name: "a list for a setting", data: `{"tenor": {"params": []}}`, want: "data.tenor.params: does not take a value of type array"},
		{name: "a decision that there is not", data: `{"tenor": {"decisions": [{"outpost": "op-1"}]}}`,
			want: "data.tenor.decisions:1: a decision needs action"},
		{name: "without signed_only", data: good, set: func(c *Config) { c.Policies.SignedOnly = false }, want: "data.tenor is tenor's own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := signedJob(t, offlineJob(0), signedBundle(t, tt.data, tt.change))
			if tt.set != nil {
				tt.set(&j.Config)
			}
			err := j.Config.Check()
			if err == nil {
				var in *inputs
				if in, err = j.prepare(t.Context()); err == nil {
					_ = in.close()
				}
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}
