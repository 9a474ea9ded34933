package policies

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/rego"
)

const bundled = "package acme\n\ndeny contains sprintf(\"%s is over %v\", [input.id, data.acme_limits.n]) if input.spec.Status == " +
	"\"ERROR\"\n"

// signing is a key as OPA signs with it, and the file that verifies it.
type signing struct {
	algorithm, secret string
	public            []byte
}

func rsaKey(t *testing.T) signing {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return signing{"RS256", pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k)), []byte(pemOf("PUBLIC KEY", pkix(t, &k.PublicKey)))}
}

func ecKey(t *testing.T) signing {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return signing{"ES256", pemOf("EC PRIVATE KEY", der), []byte(pemOf("PUBLIC KEY", pkix(t, &k.PublicKey)))}
}

func edKey(t *testing.T) signing {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signing{"EdDSA", pemOf("PRIVATE KEY", der), []byte(pemOf("PUBLIC KEY", pkix(t, public)))}
}

func pkix(t *testing.T, public any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// writeBundle writes a bundle with the policy and its data, signed by OPA's own writer unless key is nil.
func writeBundle(t *testing.T, key *signing) string {
	t.Helper()
	b := bundle.Bundle{
		Modules: []bundle.ModuleFile{{URL: "/acme/a.rego", Path: "/acme/a.rego", RelativePath: "/acme/a.rego", Raw: []byte(bundled),
			Parsed: ast.MustParseModule(bundled)}},
		Data: map[string]any{"acme_limits": map[string]any{"n": 3}},
	}
	b.Manifest.Init()
	if key != nil {
		if err := b.GenerateSignature(bundle.NewSigningConfig(key.secret, key.algorithm, ""), "", false); err != nil {
			t.Fatal(err)
		}
	}
	var buf bytes.Buffer
	if err := bundle.NewWriter(&buf).DisableFormat(true).Write(b); err != nil {
		t.Fatal(err)
	}
	return write(t, "bundle.tar.gz", buf.Bytes())
}

func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// archive writes a gzipped tar of entries as they are.
func archive(t *testing.T, entries ...tar.Header) string {
	t.Helper()
	var buf bytes.Buffer
	gz := gzip.NewWriter(&buf)
	tw := tar.NewWriter(gz)
	for _, h := range entries {
		body := []byte("package a\n")
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(body))
		}
		h.Mode = 0o600
		if err := tw.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := tw.Write(body); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, "archive.tar.gz", buf.Bytes())
}

// archiveOf writes a bundle of files, by their paths.
func archiveOf(t *testing.T, files map[string][]byte) string {
	t.Helper()
	var buf bytes.Buffer
	gz := gzip.NewWriter(&buf)
	tw := tar.NewWriter(gz)
	for name, text := range files {
		if err := tw.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(tw.Close(), gz.Close()); err != nil {
		t.Fatal(err)
	}
	return write(t, "archive.tar.gz", buf.Bytes())
}

func TestBundle(t *testing.T) {
	secret := signing{"HS256", "a secret that is shared", []byte("a secret that is shared\n")}
	certificate, ec, ed := rsaKey(t), ecKey(t), edKey(t)
	tests := []struct {
		name   string
		signed *signing
		key    []byte
	}{
		{"unsigned, no key", nil, nil},
		{"signed, no key", &secret, nil},
		{"a shared secret", &secret, secret.public},
		{"RSA", &certificate, certificate.public},
		{"ECDSA", &ec, ec.public},
		{"Ed25519", &ed, ed.public},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := Options{Bundles: []string{writeBundle(t, test.signed)}}
			if test.key != nil {
				o.Key = write(t, "key", test.key)
			}
			p := load(t, o, nil)
			have := lines(eval(t, evaluator(t, p), order(`{"Status": "ERROR"}`)))
			want := []string{"acme high fail: oo-1 is over 3", `outposts.order_error high fail: the order is in ERROR {"line_items":[],` +
				`"status":"ERROR"}`}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Error(diff)
			}
			for _, r := range p.Rules() {
				if r.ID == "acme" && (r.File != "acme/a.rego" || r.Line != 1 || r.Origin != o.Bundles[0]) {
					t.Errorf("it stands in %s:%d of %s", r.File, r.Line, r.Origin)
				}
			}
		})
	}
}

func TestBundleRefused(t *testing.T) {
	a, b, ed, ed2 := rsaKey(t), rsaKey(t), edKey(t), edKey(t)
	agreement, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret := signing{"HS256", string(a.public), nil} // an HMAC whose secret is the public key, which everybody has
	whole, err := os.ReadFile(writeBundle(t, &a))
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeReg} }
	const policy = "package a\n"
	of := func(more ...string) string {
		files := map[string][]byte{}
		for i := 0; i < len(more); i += 2 {
			files[more[i]] = []byte(more[i+1])
		}
		return archiveOf(t, files)
	}
	var many []string
	for i := range 2 * (maxRego + maxData) / 512 { // a header each
		many = append(many, fmt.Sprint(i), "")
	}
	const tooLarge = "it is larger than what a bundle may have, 512 KiB of policies and 4096 KiB of data"
	tests := []struct {
		name, bundle string
		key          []byte
		want         string
	}{
		{"a bomb", of("a.rego", policy, "data.json", `{"a":[0`+strings.Repeat(",0", maxData/2)+"]}"), nil, tooLarge},
		{"a bomb of policies", of("a.rego", policy, "b.rego", "package b\n"+strings.Repeat("x=1\n", maxRego/4)), nil, tooLarge},
		{"a bomb of small policies", of("a.rego", policy+strings.Repeat("#\n", maxRego/4), "b.rego", policy+strings.Repeat("#\n", maxRego/4)),
			nil, tooLarge},
		{"a bomb of empty files", of(slices.Concat([]string{"a.rego", policy}, many)...), nil, tooLarge},
		{"a bomb of aliases", of("a.rego", policy, "data.yaml", "s: &s "+strings.Repeat("x", 1<<20)+"\na: [*s, *s, *s, *s]\n"), nil,
			"BUNDLE/data.yaml:1: with its aliases it is larger than 4096 KiB"},
		{"empty", of(), nil, "there is no .rego file in it"},
		{"data alone", of("data.json", "{}"), nil, "there is no .rego file in it"},
		{"a patch", of("patch.json", `{"data": [{"op": "upsert", "path": "/a", "value": 1}]}`), nil, "there is no .rego file in it"},
		{"data that is a list", of("a.rego", policy, "limits/data.json", "\n[1,2]"), nil,
			"BUNDLE/limits/data.json:1: want an object, whose members are those of data"},
		{"several mistakes", of("a.rego", "package a\n\nx := {\n", "b.rego", "package b\n\ndeny[x] { x := 1 }\n", "b_test.rego", "",
			"data.yaml", "a: 1\n b: 2\n"), nil, `BUNDLE/a.rego:4: unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })
BUNDLE/b.rego:3: it is in Rego v0: run ` + "`opa fmt --rego-v1 --write`" + ` on the policies
BUNDLE/b_test.rego:1: the file is empty: want a package and its rules
BUNDLE/data.yaml:2: mapping values are not allowed in this context`},

		{"unsigned, with a key", writeBundle(t, nil), a.public, "bundle missing .signatures.json file"},
		{"signed by another", writeBundle(t, &b), a.public, "failed to verify JWT signature"},
		{"signed by another Ed25519 key", writeBundle(t, &ed2), ed.public, "failed to verify JWT signature"},
		{"signed by Ed25519, with a key of RSA", writeBundle(t, &ed), a.public, "it is signed by EdDSA, which is not for the key KEY"},
		{"signed by RSA, with a key of Ed25519", writeBundle(t, &a), ed.public, "it is signed by RS256, which is not for the key KEY"},
		{"a key that signs nothing", writeBundle(t, &ed), []byte(pemOf("PUBLIC KEY", pkix(t, agreement.PublicKey()))),
			"read the key KEY: want a key of RSA, ECDSA or Ed25519"},
		{"a manifest of a version that is none", of("a.rego", policy, ".manifest", `{"rego_version": 7}`), nil, "manifest has"},
		{"a manifest that is no JSON", of("a.rego", policy, ".manifest", `{`), nil, "bundle load failed on manifest decode"},
		{"Rego v0 where the manifest says 1", of("a.rego", "package a\n\ndeny[x] { x := 1 }\n", ".manifest", `{"rego_version": 1}`), nil,
			"BUNDLE/a.rego:3: it is in Rego v0: run `opa fmt --rego-v1 --write` on the policies"},
		{"signed by the public key as a secret", writeBundle(t, &secret), a.public, "it is signed by HS256, which is not for the key KEY"},
		{"signed by the public key as a secret, which is no PEM for what stands before it", writeBundle(t, &secret),
			slices.Concat([]byte("\ufeff"), a.public),
			"read the key KEY: it is no PEM: want -----BEGIN at the beginning of a line, and its end"},
		{"a curve of which there is no signature", writeBundle(t, &a), []byte(p224),
			"read the key KEY: want a key of ECDSA on P-256, P-384 or P-521, not P-224"},
		{"a private key", writeBundle(t, &a), []byte(a.secret), `read the key KEY: want a public key, not "RSA PRIVATE KEY"`},
		{"an empty key", writeBundle(t, &a), []byte("\n"), "the key KEY is empty"},
		{"cut off", write(t, "cut.tar.gz", whole[:len(whole)/2]), a.public, "the file is cut off"},
		{"cut off, no key", write(t, "cut.tar.gz", whole[:len(whole)-4]), nil, "the file is cut off"},
		{"no archive", write(t, "no.tar.gz", []byte("package a")), nil, "it is no gzip archive: the file is cut off"},
		{"a name that leads out of it", archive(t, file("../a.rego")), nil, `the entry "../a.rego" leads out of it`},
		{"a name that leads out of it by the way", archive(t, file("a/../../b.rego")), nil, `the entry "a/../../b.rego" leads out of it`},
		{"a link", archive(t, tar.Header{Name: "a.rego", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}), nil,
			`the entry "a.rego" is a link`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := Options{Bundles: []string{test.bundle}}
			if test.key != nil {
				o.Key = write(t, "key", test.key)
			}
			_, err := Load(t.Context(), o)
			if err == nil {
				t.Fatal("it was loaded")
			}
			have := strings.ReplaceAll(strings.TrimPrefix(err.Error(), "read bundle "+test.bundle+": "), test.bundle, "BUNDLE")
			if o.Key != "" {
				have = strings.ReplaceAll(have, o.Key, "KEY")
			}
			if !strings.HasPrefix(have, test.want) {
				t.Errorf("have %q, want %q", have, test.want)
			}
		})
	}
}

// A bundle is in the version of Rego that its manifest says, and gives what OPA finds in it.
func TestBundleVersions(t *testing.T) {
	const (
		v0 = "package acme.%s\n\ndeny[msg] {\n\tinput.kind == \"outposts.order\"\n\tmsg := \"v0\"\n}\n"
		v1 = "package acme.%s\n\ndeny contains \"v1\" if input.kind == \"outposts.order\"\n"
	)
	policy := func(text, name string) []byte { return fmt.Appendf(nil, text, name) }
	tests := []struct {
		name  string
		files map[string][]byte
		want  []string
	}{
		{"version 0", map[string][]byte{".manifest": []byte(`{"rego_version": 0}`), "a.rego": policy(v0, "a"),
			"a_test.rego": []byte("package acme.a_test\n\ntest_a { true }\n")}, []string{"acme.a high fail: v0"}},
		{"version 0, imports of version 1", map[string][]byte{".manifest": []byte(`{"rego_version": 0}`),
			"a.rego": []byte("package acme.a\n\nimport future.keywords\n\ndeny contains \"v0\" if input.kind == \"outposts.order\"\n")},
			[]string{"acme.a high fail: v0"}},
		{"no version", map[string][]byte{".manifest": []byte(`{"revision": "1"}`), "a.rego": policy(v1, "a")}, []string{"acme.a high fail: v1"}},
		{"a version for a file", map[string][]byte{".manifest": []byte(`{"file_rego_versions": {"old/*.rego": 0}}`),
			"a.rego": policy(v1, "a"), "old/b.rego": policy(v0, "b")}, []string{"acme.a high fail: v1", "acme.b high fail: v0"}},
		{"another version for a file", map[string][]byte{".manifest": []byte(`{"rego_version": 0, "file_rego_versions": {"b.rego": 1}}`),
			"a.rego": policy(v0, "a"), "b.rego": policy(v1, "b")}, []string{"acme.a high fail: v0", "acme.b high fail: v1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := archiveOf(t, test.files)
			p := load(t, Options{Bundles: []string{file}}, nil)
			if diff := cmp.Diff(test.want, lines(eval(t, evaluator(t, p), order(`{}`)))); diff != "" {
				t.Error(diff)
			}
			result, err := rego.New(rego.LoadBundle(file), rego.Query("data.acme[pkg].deny[msg]"),
				rego.Input(map[string]any{"kind": "outposts.order"})).Eval(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var have []string
			for _, r := range result {
				have = append(have, fmt.Sprintf("acme.%s high fail: %s", r.Bindings["pkg"], r.Bindings["msg"]))
			}
			slices.Sort(have)
			if diff := cmp.Diff(test.want, have); diff != "" {
				t.Errorf("OPA finds something else:\n%s", diff)
			}
			if _, err := p.compileTests(); err != nil {
				t.Error(err)
			}
			out := filepath.Join(t.TempDir(), "out")
			if err := p.Export(out, TestTime(), nil); err != nil {
				t.Fatal(err)
			}
			exported := load(t, Options{Dirs: []string{filepath.Join(out, "policy", "user1")}}, nil)
			if diff := cmp.Diff(test.want, lines(eval(t, evaluator(t, exported), order(`{}`)))); diff != "" {
				t.Errorf("exported, it gives something else:\n%s", diff)
			}
		})
	}
}

// A changed file is found by the signature, which is of the files' digests.
func TestBundleChanged(t *testing.T) {
	key := rsaKey(t)
	path := writeBundle(t, &key)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gz, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var plain, changed bytes.Buffer
	if _, err := plain.ReadFrom(gz); err != nil {
		t.Fatal(err)
	}
	out := gzip.NewWriter(&changed)
	if _, err := out.Write(bytes.Replace(plain.Bytes(), []byte("is over"), []byte("is  not"), 1)); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Load(t.Context(), Options{Bundles: []string{write(t, "b.tar.gz", changed.Bytes())}, Key: write(t, "key", key.public)})
	if err == nil || !strings.Contains(err.Error(), "digest mismatch") {
		t.Errorf("have %v", err)
	}
}
