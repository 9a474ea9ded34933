package policies

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tenor/audit"
)

// FuzzBundle reads archives, as they come and made of two files: what is read is named within the bundle and bounded, and nothing that was
// not signed is taken where there is a key.
func FuzzBundle(f *testing.F) {
	const policy, signatures = "package a\n\ndeny contains 1\n", `{"signatures":["eyJhbGciOiJub25lIn0.eyJmaWxlcyI6W119."]}`
	f.Add([]byte{}, "a.rego", []byte(policy), ".signatures.json", []byte(signatures), byte(tar.TypeReg))
	f.Add([]byte{}, "a.rego", []byte(policy), ".signatures.json", []byte(strings.Replace(signatures, "bm9uZS", "SFMyNTY", 1)), byte(tar.TypeReg))
	f.Add([]byte{}, "/x/../a.rego", []byte(policy), "data.yaml", []byte("a: &a [*a]"), byte(tar.TypeReg))
	f.Add([]byte{}, "a.rego", []byte(policy), ".manifest", []byte(`{"rego_version": 0, "roots": ["b"]}`), byte(tar.TypeReg))
	f.Add([]byte{}, "a.rego", []byte(policy), "policy.wasm", []byte("\x00asm"), byte(tar.TypeReg))
	f.Add([]byte{}, "a.rego", []byte(policy), "patch.json", []byte(`{"data": []}`), byte(tar.TypeReg))
	f.Add([]byte{}, "a.rego", []byte(policy), "b", []byte("a.rego"), byte(tar.TypeSymlink))
	f.Add([]byte{0x1f, 0x8b}, "", []byte{}, "", []byte{}, byte(0))
	key := filepath.Join(f.TempDir(), "key")
	if err := os.WriteFile(key, []byte("a secret that nobody knows"), 0o600); err != nil {
		f.Fatal(err)
	}
	const name = "s3://bucket/policies.tar.gz"
	f.Fuzz(func(t *testing.T, archive []byte, a string, first []byte, b string, second []byte, kind byte) {
		if len(archive) == 0 {
			var out bytes.Buffer
			z := gzip.NewWriter(&out)
			w := tar.NewWriter(z)
			for _, e := range []struct {
				name string
				text []byte
				kind byte
			}{{a, first, tar.TypeReg}, {b, second, kind}} {
				h := tar.Header{Name: e.name, Typeflag: e.kind, Mode: 0o600, Size: int64(len(e.text))}
				if e.kind == tar.TypeSymlink {
					h.Linkname, h.Size, e.text = string(e.text), 0, nil
				}
				if w.WriteHeader(&h) != nil {
					return
				}
				_, _ = w.Write(e.text)
			}
			_, _ = w.Close(), z.Close()
			archive = out.Bytes()
		}
		file := write(t, "b.tar.gz", archive)
		for _, o := range []Options{{}, {Key: key}, {Key: key, Archives: map[string][]byte{name: archive}}, {Archives: map[string][]byte{name: archive}}} {
			at := file
			if o.Archives != nil {
				at = name
			}
			sources, err := readBundle(t.Context(), at, o)
			if err == nil && (o.Key != "" || o.Archives != nil) {
				t.Fatalf("%d files are taken, which nobody has signed", len(sources))
			}
			size := 0
			for _, s := range sources {
				if size += len(s.text); s.own() || strings.HasPrefix(s.path, "/") || slices.Contains(strings.Split(s.path, "/"), "..") {
					t.Errorf("%q is read as %q of %q", s.path, s.name, s.origin)
				}
			}
			if size > MaxArchive {
				t.Errorf("%d bytes are read", size)
			}
		}
	})
}

// FuzzData reads data for policies: what is taken can be written as JSON, and an error has a line that there is.
func FuzzData(f *testing.F) {
	for _, text := range []string{`{"a": {"b": 1}}`, `{"a": 1, "a": 2}`, `[1]`, "a: 010\nb: &x [1]\nc: *x\n", "a: &a [*a]", "? [1]\n: 2\n", "a: .inf", "1: 2",
		"a: !!binary aGk=", "a: 2026-11-20", "{\"a\": 1e999}", "\ufeffa: 1", "a: \"\\ud800\"", "--- a\n--- b\n", "<<: {a: 1}", "a: !!float 1", "null", ""} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, isJSON bool) {
		name := "data.yaml"
		if isJSON {
			name = "data.json"
		}
		s := &source{name: name, path: name, origin: "dir", text: []byte(text)}
		doc, err := s.decode()
		if err != nil {
			line := 0
			for at, c := range strings.TrimPrefix(err.Error(), name+":") {
				if c < '0' || c > '9' {
					break
				}
				line = line*10 + int(err.Error()[len(name)+1+at]-'0')
			}
			if line < 1 || line > strings.Count(text, "\n")+strings.Count(text, "\r")+strings.Count(text, "\u2028")+strings.Count(text, "\u2029")+
				strings.Count(text, "\u0085")+2 || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %q", text, err)
			}
			return
		}
		if _, err := audit.EncodeJSON(doc); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if err := mergeData(map[string]any{}, []*source{s}, refuseOwn); err != nil && !strings.Contains(err.Error(), "data.tenor is tenor's own") {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// p224 is a public key on a curve of which JWTs have no signatures.
const p224 = `-----BEGIN PUBLIC KEY-----
ME4wEAYHKoZIzj0CAQYFK4EEACEDOgAEz0xtpaSw76H+3pE28YXbdZ99TpTF3iZ4
7Z36sIuKIVGcX9Hgt94f6bvam+FvaiU+/Zs6VzsMJtM=
-----END PUBLIC KEY-----
`

// FuzzKey reads a key for bundles: what it allows is of the key's own kind, and what was meant as a public key is no shared secret, which
// everybody has.
func FuzzKey(f *testing.F) {
	const ec = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0vuN9sbBEAYIzG0lGSX5B9qAhjq4
6ZwAYDMKG+4xD+iaG5CvlEgSL9o5LbGY6gxsQYbb58KjQZQMHhXFJH2StA==
-----END PUBLIC KEY-----
`
	const unsigned = `{"signatures":["eyJhbGciOiJIUzI1NiJ9.e30."]}`
	for _, key := range []string{ec, p224, "\ufeff" + ec, strings.ReplaceAll(ec, "\n", "\r\n"), strings.Replace(ec, "-----END", "----END", 1), " " + ec,
		"a secret\n", "", "\n", "-----BEGIN RSA PUBLIC KEY-----\nAA==\n-----END RSA PUBLIC KEY-----\n",
		strings.ReplaceAll(ec, "PUBLIC KEY", "PRIVATE KEY"), strings.ReplaceAll(ec, "PUBLIC KEY", "CERTIFICATE")} {
		f.Add([]byte(key), unsigned)
		f.Add([]byte(key), `{"signatures":[]}`)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, key []byte, signatures string) {
		file := filepath.Join(dir, "key")
		if err := os.WriteFile(file, key, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := verification(file, []byte(signatures))
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		for _, k := range c.PublicKeys {
			secret := strings.HasPrefix(k.Algorithm, "HS")
			if pem := strings.Contains(k.Key, "-----BEGIN"); secret == pem || k.Algorithm == "" || k.Key == "" {
				t.Errorf("%q is a key for %q", k.Key, k.Algorithm)
			}
		}
	})
}
