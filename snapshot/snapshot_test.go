package snapshot

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"tenor/audit"
	"tenor/internal/atomicfile"
)

const (
	testAccount = "111122223333"
	testRegion  = "eu-central-1"
)

func order(id string) *audit.Resource {
	return &audit.Resource{Kind: audit.KindOrder, ID: id, Account: testAccount, Region: testRegion,
		Spec: json.RawMessage(`{"Price":131072.010,"New":{"x":1}}`)}
}

// writeSnapshot writes orders in the order given and finishes the snapshot in dir.
func writeSnapshot(t *testing.T, dir string, ids ...string) *Snapshot {
	t.Helper()
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	addPart(t, w, audit.KindOrder, ids...)
	s, err := w.Finish(Manifest{TakenAt: "2026-11-20T00:00:00Z", Accounts: []ManifestAccount{{ID: testAccount}},
		Regions: []string{testRegion}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func addPart(t *testing.T, w *Writer, kind string, ids ...string) {
	t.Helper()
	p, err := w.Part(testAccount, testRegion, kind)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		r := order(id)
		r.Kind = kind
		if err := p.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Commit([]audit.Coverage{{Account: testAccount, Region: testRegion, Service: "outposts", Operation: kind,
		Status: audit.StatusCollected, Count: len(ids)}}); err != nil {
		t.Fatal(err)
	}
}

func ids(t *testing.T, s *Snapshot) []string {
	t.Helper()
	var got []string
	for r, err := range s.Resources() {
		if err != nil {
			t.Fatal(err)
		}
		if want := `{"Price":131072.010,"New":{"x":1}}`; string(r.Spec) != want {
			t.Fatalf("spec %s, want %s", r.Spec, want)
		}
		got = append(got, r.ID)
	}
	return got
}

func TestSnapshotKeepsResourcesInOrderAndDigits(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "snapshot")
	s := writeSnapshot(t, dir, "oo-3", "oo-1", "oo-2", "oo-1")
	if d := cmp.Diff([]string{"oo-1", "oo-2", "oo-3"}, ids(t, s)); d != "" {
		t.Error(d)
	}
	if got := s.Manifest.Counts[audit.KindOrder]; got != 3 {
		t.Errorf("%d orders, want 3: the one that came twice is kept once", got)
	}
	var modes []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		modes = append(modes, fmt.Sprintf("%s %o", filepath.ToSlash(rel), info.Mode().Perm()))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{". 700", "manifest.json 600", "resources 700", "resources/111122223333 700", "resources/111122223333/eu-central-1 700",
		"resources/111122223333/eu-central-1/outposts.order.ndjson.gz 600"}
	if d := cmp.Diff(want, modes); d != "" {
		t.Error(d)
	}
}

func TestSnapshotIsTheSameBytesWhateverTheOrder(t *testing.T) {
	a := writeSnapshot(t, filepath.Join(t.TempDir(), "s"), "a", "b", "c")
	b := writeSnapshot(t, filepath.Join(t.TempDir(), "s"), "c", "a", "b")
	if a.Digest != b.Digest {
		t.Errorf("digests %s and %s", a.Digest, b.Digest)
	}
}

// TestTwoRunsInOneFolder has a run begin, or finish, where another is under way: that one is told, and the snapshot stays whole.
func TestTwoRunsInOneFolder(t *testing.T) {
	for _, resumed := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "s")
		first, err := Create(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer first.Close()
		if _, err := first.Begin(Scope{}); err != nil {
			t.Fatal(err)
		}
		open := Create
		if resumed {
			open = Resume
		}
		second, err := open(dir)
		if err != nil {
			t.Fatal(err)
		}
		addPart(t, second, audit.KindOrder, "oo-1")
		for _, state := range []string{"begun", "finished"} {
			p, err := first.Part(testAccount, testRegion, audit.KindOrder)
			if err != nil {
				t.Fatal(err)
			}
			want := "another run has written into " + dir + " meanwhile: run again, and give each run a folder of its own"
			if err := p.Commit(nil); err == nil || err.Error() != want {
				t.Errorf("a part when the second has %s: %v", state, err)
			}
			if _, err := first.Finish(Manifest{}); err == nil || err.Error() != "finish snapshot: "+want {
				t.Errorf("the end when the second has %s: %v", state, err)
			}
			if state == "begun" {
				if _, err := second.Finish(Manifest{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		s, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"oo-1"}, ids(t, s)); d != "" {
			t.Error(d)
		}
	}
}

// TestResourceAddedTwice adds resources of the same ids in any order, most of them on disk while they are sorted: the last
// turn is kept, whatever its bytes.
func TestResourceAddedTwice(t *testing.T) {
	const n, turns = 500, 3
	w, err := Create(filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Part(testAccount, testRegion, audit.KindOrder)
	if err != nil {
		t.Fatal(err)
	}
	names := [turns]string{"b", "c", "a"}
	for _, turn := range [turns]int{2, 0, 1} {
		for i := range n {
			r := order(fmt.Sprintf("oo-%04d", i))
			r.Name = names[turn]
			if err := p.AddAt(r, turn*n+i, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	replaced := map[string]int{}
	if err := p.Settle(nil, func(r *audit.Resource) { replaced[r.Name]++ }); err != nil {
		t.Fatal(err)
	}
	if err := p.Commit(nil); err != nil {
		t.Fatal(err)
	}
	s, err := w.Finish(Manifest{})
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range s.Resources() {
		if err != nil || r.Name != "a" {
			t.Fatalf("%v, %v: want the last", r, err)
		}
	}
	if d := cmp.Diff(map[string]int{"b": n, "c": n}, replaced); d != "" || s.Manifest.Counts[audit.KindOrder] != n {
		t.Errorf("%d orders; replaced %s", s.Manifest.Counts[audit.KindOrder], d)
	}
}

// TestLateSections adds resources without a section that is known only at the end, some twice, and many on disk while they are sorted.
func TestLateSections(t *testing.T) {
	const n = 500
	w, err := Create(filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Part(testAccount, testRegion, audit.KindOrder)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Discard() //nolint:errcheck // after Commit it does nothing
	for turn := range 2 * n {
		r := order(fmt.Sprintf("oo-%04d", turn*7%n))
		var note []byte // of two thirds
		if r.Name = fmt.Sprint(turn); turn%3 > 0 {
			note = fmt.Append(nil, turn)
		}
		if err := p.AddAt(r, turn, note); err != nil {
			t.Fatal(err)
		}
	}
	late := func(note []byte) (Late, error) {
		if note[len(note)-1]%2 == 0 {
			return Late{Section: "billing", Gap: audit.Gap{Operation: "X", Message: string(note)}}, nil
		}
		return Late{Section: "billing", Doc: fmt.Appendf(nil, `{"Turn":%s}`, note)}, nil
	}
	if err := p.Settle(late, func(*audit.Resource) {}); err != nil {
		t.Fatal(err)
	}
	if err := p.Commit(nil); err != nil {
		t.Fatal(err)
	}
	s, err := w.Finish(Manifest{})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for r, err := range s.Resources() {
		if err != nil {
			t.Fatal(err)
		}
		seen++
		turn, err := strconv.Atoi(r.Name)
		if err != nil {
			t.Fatal(err)
		}
		doc, gap := string(r.Related["billing"]), r.Gaps["billing"].Message
		wantDoc, wantGap := "", ""
		switch {
		case turn%3 == 0:
		case turn%2 == 0:
			wantGap = r.Name
		default:
			wantDoc = `{"Turn":` + r.Name + `}`
		}
		if turn < n || doc != wantDoc || gap != wantGap {
			t.Errorf("%s of turn %d: %q, gap %q, want %q, %q", r.ID, turn, doc, gap, wantDoc, wantGap)
		}
	}
	if seen != n {
		t.Errorf("%d resources, want %d", seen, n)
	}
}

func TestSnapshotIsReplacedOnlyByAFinishedOne(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "snapshot")
	writeSnapshot(t, dir, "old")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	addPart(t, w, audit.KindOrder, "new")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "unfinished") {
		t.Errorf("opened an unfinished snapshot: %v", err)
	}
	previous, err := Open(dir + ".previous")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"old"}, ids(t, previous)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"newer"}, ids(t, writeSnapshot(t, dir, "newer"))); d != "" {
		t.Error(d)
	}
	if _, err := os.Stat(dir + ".previous"); err == nil {
		t.Error("the previous snapshot is still there")
	}
}

func TestResume(t *testing.T) {
	begin := func(t *testing.T) string {
		dir := filepath.Join(t.TempDir(), "snapshot")
		w, err := Create(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Begin(Scope{TakenAt: "2026-11-20T00:00:00Z", Accounts: []string{testAccount}, Regions: []string{testRegion},
			Role: "TenorAudit"}); err != nil {
			t.Fatal(err)
		}
		addPart(t, w, audit.KindOrder, "oo-1")
		addPart(t, w, audit.KindQuote)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	done := func(w *Writer, kind string) bool {
		p, err := w.Done(testAccount, testRegion, kind)
		if err != nil || p != nil && p.File.Kind != kind {
			t.Errorf("the part of %s: %+v, %v", kind, p, err)
		}
		return p != nil
	}
	t.Run("finished parts are kept", func(t *testing.T) {
		dir := begin(t)
		w, err := Resume(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !done(w, audit.KindOrder) || !done(w, audit.KindQuote) || done(w, audit.KindOutpost) {
			t.Error("wrong parts are done")
		}
		addPart(t, w, audit.KindOutpost, "op-1")
		s, err := w.Finish(Manifest{})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"oo-1", "op-1"}, ids(t, s)); d != "" {
			t.Error(d)
		}
		if got := s.Manifest.Coverage.Len(); got != 3 {
			t.Errorf("%d rows on the ledger, want the two of the first run and the one of the second", got)
		}
	})
	t.Run("a part with another file is asked for again", func(t *testing.T) {
		dir := begin(t)
		if err := os.WriteFile(filepath.Join(dir, partPath(testAccount, testRegion, audit.KindOrder)), []byte("x"),
			atomicfile.FileMode); err != nil {
			t.Fatal(err)
		}
		w, err := Resume(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if done(w, audit.KindOrder) || !done(w, audit.KindQuote) {
			t.Error("wrong parts are done")
		}
	})
	t.Run("a journal cut off by a crash", func(t *testing.T) {
		dir := begin(t)
		name := filepath.Join(dir, journalName)
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b[:len(b)-3], atomicfile.FileMode); err != nil {
			t.Fatal(err)
		}
		w, err := Resume(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if !done(w, audit.KindOrder) || done(w, audit.KindQuote) {
			t.Error("wrong parts are done")
		}
	})
	t.Run("another scope", func(t *testing.T) {
		dir := begin(t)
		for _, tt := range []struct {
			scope Scope
			want  string
		}{
			{Scope{Accounts: []string{testAccount}, Regions: []string{"us-east-1"}, Role: "TenorAudit"},
				"(regions only there: eu-central-1, only here: us-east-1)"},
			{Scope{Accounts: []string{testAccount, "2", "3", "4", "5", "6", "7"}, Regions: []string{testRegion}},
				"(accounts only there: none, only here: 2, 3, 4, 5, 6 and 1 more; role only there: TenorAudit, only here: none)"},
			{Scope{TakenAt: "2026-11-27T00:00:00Z", Accounts: []string{testAccount}, Regions: []string{testRegion}, Role: "TenorAudit"}, ""},
		} {
			w, err := Resume(dir)
			if err != nil {
				t.Fatal(err)
			}
			takenAt, err := w.Begin(tt.scope)
			switch {
			case tt.want == "" && (err != nil || takenAt != "2026-11-20T00:00:00Z"):
				t.Errorf("taken at %q, want the time of the first run; %v", takenAt, err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if !done(w, audit.KindOrder) {
				t.Error("a refused resume cost a part")
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("a journal without a scope", func(t *testing.T) {
		dir := begin(t)
		name := filepath.Join(dir, journalName)
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, parts, _ := strings.Cut(string(b), "\n")
		for _, journal := range []string{"", parts, string(b[:20])} {
			if err := os.WriteFile(name, []byte(journal), atomicfile.FileMode); err != nil {
				t.Fatal(err)
			}
			if _, err := Resume(dir); err == nil || !strings.Contains(err.Error(), "run without --resume") {
				t.Errorf("journal %q: %v", journal, err)
			}
		}
	})
	t.Run("nothing to resume", func(t *testing.T) {
		if _, err := Resume(t.TempDir()); err == nil {
			t.Error("no error")
		}
		dir := filepath.Join(t.TempDir(), "s")
		writeSnapshot(t, dir, "x")
		if _, err := Resume(dir); err == nil {
			t.Error("resumed a finished snapshot")
		}
	})
}

func TestDamagedSnapshots(t *testing.T) {
	file := partPath(testAccount, testRegion, audit.KindOrder)
	gz := func(lines ...string) func(string) error {
		return func(path string) error {
			f, err := os.Create(path)
			if err != nil {
				return err
			}
			defer f.Close()
			w := gzip.NewWriter(f)
			if _, err := w.Write([]byte(strings.Join(lines, "\n"))); err != nil {
				return err
			}
			return w.Close()
		}
	}
	good, err := audit.EncodeJSON(order("oo-1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, file string
		damage     func(path string) error
		want       string
	}{
		{"missing file", file, os.Remove, file},
		{"not compressed", file, func(p string) error { return os.WriteFile(p, []byte("hello"), atomicfile.FileMode) }, file + ":1: "},
		{"cut off", file, func(p string) error { return os.Truncate(p, 60) }, "the file is cut off"},
		{"another file", file, gz(string(good), strings.Replace(string(good), "oo-1", "oo-2", 1), ""), "is not the one in the manifest"},
		{"no JSON", file, gz(string(good), "{nope"), file + ":2: column 3: invalid character 'o'"},
		{"another account's", file, gz(strings.Replace(string(good), testAccount, "999999999999", 1)), file + ":1: "},
		{"ids out of order", file, gz(string(good), string(good)), file + ":2: id "},
		{"manifest is no JSON", ManifestName, func(p string) error { return os.WriteFile(p, []byte("{\n\n\"a\":}"), atomicfile.FileMode) },
			ManifestName + ":3: "},
		{"manifest of another version", ManifestName, func(p string) error {
			return os.WriteFile(p, []byte(`{"schema_version":"9.0"}`),
				atomicfile.FileMode)
		}, "this version of tenor reads 1.0"},
		{"manifest without a version", ManifestName, func(p string) error { return os.WriteFile(p, []byte(`{}`), atomicfile.FileMode) },
			"schema_version"},
		{"a path outside", ManifestName, func(p string) error {
			return os.WriteFile(p,
				[]byte(`{"schema_version":"1.0","files":[{"path":"../k.ndjson.gz","account":"..","region":"..","kind":"k","count":1}]}`),
				atomicfile.FileMode)
		}, `".." cannot be part of a path`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "snapshot")
			writeSnapshot(t, dir, "oo-1", "oo-2")
			if err := tt.damage(filepath.Join(dir, tt.file)); err != nil {
				t.Fatal(err)
			}
			s, err := Open(dir)
			if err == nil {
				for _, rerr := range s.Resources() {
					if err = rerr; err != nil {
						break
					}
				}
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
	t.Run("no snapshot", func(t *testing.T) {
		if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no snapshot") {
			t.Error(err)
		}
	})
}

func TestPartRefusesWhatCannotBeAPath(t *testing.T) {
	w, err := Create(filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, bad := range []string{"", "..", "a/b", "a..b", ".x", "a b"} {
		if _, err := w.Part(bad, testRegion, audit.KindOrder); err == nil {
			t.Errorf("%q became part of a path", bad)
		}
	}
	p, err := w.Part(testAccount, testRegion, audit.KindQuote)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Add(order("oo-1")); err == nil {
		t.Error("an order became a quote")
	}
	if err := p.Discard(); err != nil {
		t.Fatal(err)
	}
}
