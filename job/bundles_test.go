package job

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/bundle"

	"tenor/internal/s3sim"
	"tenor/policies"
)

// TestBundlesInS3 takes policies from a bucket that another account owns in another region, if they are signed, and reads each once.
func TestBundlesInS3(t *testing.T) {
	const url = "s3://policies/tenor/policies.tar.gz"
	read := func(file string) []byte {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	good := read(signedBundle(t, `{"tenor": {"disable": ["general.tag_missing"]}}`, nil))
	unsigned := read(signedBundle(t, `{}`, func(b *bundle.Bundle) { b.Signatures = bundle.SignaturesConfig{} }))
	changed := read(signedBundle(t, `{"limits": {"n": 1}}`, func(b *bundle.Bundle) { b.Data["limits"] = map[string]any{"n": 2} }))
	var denied bool
	s3 := startS3(t, s3sim.Options{
		Buckets: []s3sim.Bucket{{Name: "policies", Region: "us-east-2", Owner: "999999999999"}, {Name: "near", Region: "eu-central-1"}},
		Before: func(s3sim.Request) *s3sim.Refusal {
			if denied {
				return &s3sim.Refusal{Status: http.StatusForbidden, Code: "AccessDenied", Message: "not authorized to perform: s3:GetObject"}
			}
			return nil
		},
	})
	s3.Store("near", "policies.tar.gz", good)
	for _, tt := range []struct {
		name   string
		object []byte // at the URL; nil: none
		set    func(*Config)
		denied bool
		want   string // the error; empty: none
		off    bool   // general.tag_missing is
	}{
		{name: "signed", object: good, set: func(c *Config) { c.Policies.SignedOnly = true }, off: true},
		{name: "data of tenor's own that is not asked for", object: good, want: "data.tenor is tenor's own"},
		{name: "in the region of the run", object: good, set: func(c *Config) {
			c.Policies.Bundles, c.Policies.SignedOnly = []string{"s3://near/policies.tar.gz"}, true
		}, off: true},
		{name: "named twice", object: good, set: func(c *Config) {
			c.Policies.Bundles, c.Policies.SignedOnly = []string{url, url}, true
		}, off: true},
		{name: "not signed", object: unsigned, want: "read bundle " + url + ": bundle missing .signatures.json file"},
		{name: "changed", object: changed, want: "digest mismatch"},
		{name: "another key", object: good, set: func(c *Config) {
			if err := os.WriteFile(c.Policies.Key, []byte("another"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, want: "verify"},
		{name: "no key", object: good, set: func(c *Config) { c.Policies.Key = "" },
			want: `config: policies.bundles: "` + url + `": a bundle in S3 has to be signed: name the file of its key (policies.key, --policy-key)`},
		{name: "no archive", object: []byte("<html>"), want: "read bundle " + url + ": it is no gzip archive"},
		{name: "cut off", object: good[:len(good)-9], want: "read bundle " + url + ": the file is cut off"},
		{name: "too large", object: bytes.Repeat([]byte{0x1f}, policies.MaxArchive+1),
			want: "fetch policies: read " + url + ": it is larger than 9216 KiB"},
		{name: "no such object", want: "fetch policies: read " + url + ": no such object"},
		{name: "no such bucket", set: func(c *Config) { c.Policies.Bundles = []string{"s3://nowhere/policies.tar.gz"} },
			want: "fetch policies: read s3://nowhere/policies.tar.gz: there is no bucket nowhere"},
		{name: "not allowed", object: good, denied: true,
			want: "fetch policies: read " + url + ": AccessDenied: not authorized to perform: s3:GetObject (allow s3:GetObject on it, and "},
		{name: "no bundle's name", set: func(c *Config) { c.Policies.Bundles = []string{"s3://policies/tenor"} },
			want: `config: policies.bundles: "s3://policies/tenor": want a bundle in S3 as s3://bucket/policies.tar.gz`},
		{name: "a path that leads out", set: func(c *Config) { c.Policies.Bundles = []string{"s3://policies/../near/policies.tar.gz"} },
			want: `config: policies.bundles: "s3://policies/../near/policies.tar.gz": want a bundle in S3 as `},
		{name: "the web", set: func(c *Config) { c.Policies.Bundles = []string{"https://acme.example/policies.tar.gz"} },
			want: `config: policies.bundles: "https://acme.example/policies.tar.gz": want an OPA bundle (.tar.gz) on this machine or as s3://`},
		{name: "a registry", set: func(c *Config) { c.Policies.Dirs = []string{"oci://acme.example/policies:1"} },
			want: `config: policies.dirs: "oci://acme.example/policies:1": want a folder of Rego policies on this machine, or an OPA bundle`},
		{name: "a folder in S3", set: func(c *Config) { c.Policies.Dirs = []string{"s3://policies/tenor"} },
			want: `config: policies.dirs: "s3://policies/tenor": want a folder of Rego policies on this machine, or an OPA bundle`},
		{name: "a key in S3", set: func(c *Config) { c.Policies.Key = "s3://policies/key" },
			want: `config: policies.key: "s3://policies/key": want the file of a key on this machine: fetch it first`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			denied = tt.denied
			j := signedJob(t, offlineJob(0), url)
			j.Config.Policies.SignedOnly = false
			if tt.set != nil {
				tt.set(&j.Config)
			}
			if tt.object != nil {
				s3.Store("policies", "tenor/policies.tar.gz", tt.object)
			} else {
				s3.Remove("policies", "tenor/policies.tar.gz")
			}
			before := len(s3.Requests())
			in, err := j.prepare(t.Context())
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
					t.Fatalf("%v, want %s", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := in.close(); err != nil {
				t.Error(err)
			}
			var on []string
			for _, r := range in.rules {
				on = append(on, r.ID)
			}
			if off := !slices.Contains(on, "general.tag_missing"); off != tt.off || !slices.Contains(on, "ours.seen") {
				t.Errorf("off: %t; rules %v", off, on)
			}
			read := 0
			for _, r := range s3.Requests()[before:] {
				if r.Status == http.StatusOK {
					read++
				}
			}
			if read != 1 {
				t.Errorf("the bundle was read %d times: what was checked may not be what is run", read)
			}
		})
	}
}

// TestBundlesStayWhereTheyAre has a config name bundles beside it and in S3.
func TestBundlesStayWhereTheyAre(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tenor.yaml")
	text := "policies: {bundles: [a.tar.gz, 's3://policies/b.tar.gz'], key: key.pem}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(filepath.Dir(path), "a.tar.gz"), "s3://policies/b.tar.gz"}
	if d := cmp.Diff(want, c.Policies.Bundles); d != "" {
		t.Error(d)
	}
}
