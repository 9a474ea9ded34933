package snapshot

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tenor/internal/atomicfile"
)

func zipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text)
	_ = z.Close()
	return b.Bytes()
}

// lay writes files below a new folder.
func lay(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), atomicfile.DirMode); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, atomicfile.FileMode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// oneLine wants an error of one line.
func oneLine(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("an error of several lines: %q", err)
	}
}

const (
	somePart = "resources/111122223333/eu-central-1/outposts.outpost.ndjson.gz"
	someFile = `{"path": "` + somePart + `", "account": "111122223333", "region": "eu-central-1", "kind": "outposts.outpost", "count": 1, "sha256": "x"}`
)

// FuzzOpen reads a snapshot with one file: whatever is in it and in the manifest, what is handed out belongs in the file, in order, and
// nothing is taken for whole whose digest the manifest has not. The digest x in the manifest stands for the file's own.
func FuzzOpen(f *testing.F) {
	const manifest = `{"schema_version": "` + SchemaVersion + `", "account": "111122223333", "taken_at": "2026-11-20T09:00:00Z", "accounts": [], "regions": [],
		"coverage": [], "counts": {"outposts.outpost": 1}, "files": [` + someFile + `]}`
	const line = `{"kind":"outposts.outpost","id":"op-1","arn":"a","name":"","account":"111122223333","region":"eu-central-1","tags":{},"spec":{},"related":{},"gaps":{}}`
	f.Add(manifest, []byte(line+"\n"), true)
	f.Add(manifest, []byte(line+"\n"+line), true)
	f.Add(manifest, zipped([]byte(line))[:20], false)
	f.Add(strings.Replace(manifest, "resources/1", "../1", 1), []byte(line), true)
	f.Add(strings.Replace(manifest, `"files": [`, `"charges": {"path": "charges.json.gz", "count": 0, "sha256": "x"}, "files": [`, 1), []byte(line), true)
	f.Add(strings.Replace(manifest, `"coverage": []`, `"coverage": [{"account": "111122223333", "region": "eu-central-1", "service": "outposts",
		"operation": "ListOutposts", "status": "collected", "count": 2}]`, 1), []byte(line), true)
	f.Add(strings.Replace(manifest, `"files": [`, `"charges": {"path": "charges.json.gz", "count": 1, "sha256": "x"}, "files": [`, 1),
		[]byte(`{"sources": [], "gaps": [], "rows": [{"account": "111122223333", "period": "2026-10", "billed": "1.00"}]}`), true)
	f.Add(`{"schema_version": "99.0"}`, []byte("\x00"), false)
	f.Fuzz(func(t *testing.T, manifest string, part []byte, zip bool) {
		if zip {
			part = zipped(part)
		}
		sum := sha256.Sum256(part)
		manifest = strings.ReplaceAll(manifest, `"sha256": "x"`, `"sha256": "`+hex.EncodeToString(sum[:])+`"`)
		dir := lay(t, map[string][]byte{ManifestName: []byte(manifest), somePart: part, chargesName: part})
		s, err := Open(dir)
		if err != nil {
			oneLine(t, err)
			return
		}
		charges, err := s.Charges()
		oneLine(t, err)
		if charges != nil && (err != nil || len(charges.Rows) != s.Manifest.Charges.Count) {
			t.Errorf("%d charges, and the error %v", len(charges.Rows), err)
		}
		last, path := "", ""
		for _, file := range s.Manifest.Files {
			if !filepath.IsLocal(filepath.FromSlash(file.Path)) || !strings.HasPrefix(file.Path, "resources/") {
				t.Fatalf("%q is outside the snapshot", file.Path)
			}
			n := 0
			for r, err := range s.ReadFile(file) {
				if err != nil {
					oneLine(t, err)
					n = -1
					break
				}
				if n++; r.Kind != file.Kind || r.Account != file.Account || r.Region != file.Region || path == file.Path && r.ID <= last {
					t.Errorf("%+v stands in %s after %q", r.Ref(), file.Path, last)
				}
				last, path = r.ID, file.Path
			}
			if n >= 0 && n != file.Count {
				t.Errorf("%d of %d resources of %s, and no error", n, file.Count, file.Path)
			}
		}
	})
}

// FuzzResume goes on with a journal: a part that it does not have whole is no part, and nothing is read or removed outside the folder.
func FuzzResume(f *testing.F) {
	const scope = `{"scope":{"taken_at":"2026-11-20T09:00:00Z","accounts":["111122223333"],"regions":["eu-central-1"],"role":""}}` + "\n"
	f.Add(scope + `{"file":` + someFile + `,"coverage":[]}` + "\n")
	f.Add(scope + `{"file":` + strings.Replace(someFile, "resources/1", "../1", 1) + `,"coverage":[]}` + "\n")
	f.Add(scope + `{"charges":{"file":{"path":"charges.json.gz","count":0,"sha256":"x"},"asked":[]}}` + "\n")
	f.Add(scope + "{")
	f.Add("{}\n{}\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, journal string) {
		root := lay(t, map[string][]byte{"mine.txt": []byte("kept"), "snapshot/" + journalName: []byte(journal), "snapshot/" + somePart: []byte("x")})
		w, err := Resume(filepath.Join(root, "snapshot"))
		if err != nil {
			oneLine(t, err)
		} else {
			for _, f := range w.files { // the one file there is has not its digest
				t.Errorf("%q is taken for finished: %+v", f.Path, f)
			}
			for key, at := range w.earlier {
				text, err := os.ReadFile(filepath.Join(root, "snapshot", journalName))
				line, _, _ := strings.Cut(string(text[at:]), "\n")
				var p PartRecord
				if err == nil {
					err = json.Unmarshal([]byte(line), &p)
				}
				if have, derr := w.Done(p.File.Account, p.File.Region, p.File.Kind); err != nil || derr != nil || have == nil ||
					keyOf(have.File.Path) != key {
					t.Errorf("the part of %q is %+v: %v, %v", line, have, err, derr)
				}
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
		if text, err := os.ReadFile(filepath.Join(root, "mine.txt")); err != nil || string(text) != "kept" {
			t.Errorf("what lies beside: %q, %v", text, err)
		}
	})
}
