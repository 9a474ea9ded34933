package snapshot

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/atomicfile"
	"tenor/internal/inline"
)

// tree returns what a folder holds, by path: the text of a file, where a link leads to.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	have := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch {
		case d.Type()&fs.ModeSymlink != 0:
			have[path], err = os.Readlink(path)
		case !d.IsDir():
			var b []byte
			b, err = os.ReadFile(path)
			have[path] = string(b)
		default:
			have[path] = "folder"
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return have
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := atomicfile.WriteBytes(path, atomicfile.FileMode, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// TestNothingForeignIsReplaced: where something stands that tenor has not written, neither a run nor a resumed one touches anything.
func TestNothingForeignIsReplaced(t *testing.T) {
	const foreign = `{"name":"app","version":"1.2.0","files":["a","b"]}`
	for name, tt := range map[string]struct {
		make func(t *testing.T, root, dir string)
		want string
	}{
		"a manifest of another tool": {func(t *testing.T, _, dir string) { put(t, filepath.Join(dir, ManifestName), foreign) },
			"manifest.json is not tenor's"},
		"a manifest that is no JSON": {func(t *testing.T, _, dir string) { put(t, filepath.Join(dir, ManifestName), "x") },
			"manifest.json is not tenor's"},
		"a journal of another tool": {func(t *testing.T, _, dir string) { put(t, filepath.Join(dir, journalName), foreign+"\n") },
			"journal.ndjson is not tenor's"},
		"resources of another tool": {func(t *testing.T, _, dir string) { put(t, filepath.Join(dir, "resources/logo.png"), "x") },
			"resources/logo.png is nothing that tenor has written"},
		"resources like ours, of nobody": {func(t *testing.T, _, dir string) { put(t, filepath.Join(dir, partPath("1", "r", "k")), "x") },
			"neither a manifest.json nor"},
		"a file among ours": {func(t *testing.T, _, dir string) {
			writeSnapshot(t, dir, "oo-1")
			put(t, filepath.Join(dir, "notes.txt"), "mine")
		}, "notes.txt is nothing that tenor has written"},
		"a file among our parts": {func(t *testing.T, _, dir string) {
			writeSnapshot(t, dir, "oo-1")
			put(t, filepath.Join(dir, "resources", testAccount, "notes.txt"), "mine")
		}, "notes.txt is nothing that tenor has written"},
		"a link instead of the folder": {func(t *testing.T, root, dir string) {
			writeSnapshot(t, filepath.Join(root, "elsewhere"), "oo-1")
			link(t, "elsewhere", dir)
		}, "is a link, which is not followed"},
		"a link to nothing": {func(t *testing.T, _, dir string) { link(t, "nothing", dir) }, "is a link, which is not followed"},
		"a link among our parts": {func(t *testing.T, root, dir string) {
			writeSnapshot(t, dir, "oo-1")
			put(t, filepath.Join(root, "elsewhere", "precious"), "mine")
			link(t, "../../elsewhere", filepath.Join(dir, "resources", "eu"))
		}, "resources/eu is nothing that tenor has written"},
		"a link instead of the manifest": {func(t *testing.T, root, dir string) {
			writeSnapshot(t, filepath.Join(root, "elsewhere"), "oo-1")
			put(t, filepath.Join(dir, journalName), "")
			link(t, "../elsewhere/manifest.json", filepath.Join(dir, ManifestName))
		}, "manifest.json is nothing that tenor has written"},
		"a file instead of the folder": {func(t *testing.T, _, dir string) { put(t, dir, "mine") }, "is a file"},
		"a previous one of another tool": {func(t *testing.T, _, dir string) {
			writeSnapshot(t, dir, "oo-1")
			put(t, filepath.Join(dir+".previous", "precious"), "mine")
		}, "precious is nothing that tenor has written"},
		"a link instead of the previous one": {func(t *testing.T, root, dir string) {
			writeSnapshot(t, filepath.Join(root, "elsewhere"), "oo-1")
			link(t, "elsewhere", dir+".previous")
		}, "is a link, which is not followed"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			dir := filepath.Join(root, "snapshot")
			tt.make(t, root, dir)
			before := tree(t, root)
			if _, err := Create(dir); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("Create: %v, want %q", err, tt.want)
			}
			if w, err := Resume(dir); err == nil {
				t.Errorf("resumed: %v", w.Close())
			}
			if d := cmp.Diff(before, tree(t, root)); d != "" {
				t.Error(d)
			}
		})
	}
}

func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

// TestKilledAnywhere: a snapshot of ours is replaced whatever a killed run has left of it: a journal cut off anywhere, temporary
// files, and a removal that stopped anywhere.
func TestKilledAnywhere(t *testing.T) {
	finished := filepath.Join(t.TempDir(), "snapshot")
	writeSnapshot(t, finished, "oo-1", "oo-2")
	begun := filepath.Join(t.TempDir(), "snapshot")
	w, err := Create(begun)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Begin(Scope{TakenAt: "2026-11-20T00:00:00Z", Accounts: []string{testAccount}, Regions: []string{testRegion}}); err != nil {
		t.Fatal(err)
	}
	addPart(t, w, audit.KindOrder, "oo-1")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	replaced := func(t *testing.T, dir string) {
		t.Helper()
		if d := cmp.Diff([]string{"new"}, ids(t, writeSnapshot(t, dir, "new"))); d != "" {
			t.Error(d)
		}
		for path := range tree(t, filepath.Dir(dir)) {
			if filepath.Base(path) == "snapshot.previous" || atomicfile.IsTemp(filepath.Base(path)) {
				t.Errorf("left: %s", path)
			}
		}
	}
	journal, err := os.ReadFile(filepath.Join(begun, journalName))
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(journal) + 1 {
		if n > len(`{"scope":`)+1 && n < len(journal)-1 && n%97 != 0 { // the bytes of a value are alike
			continue
		}
		dir := filepath.Join(t.TempDir(), "snapshot")
		if err := os.CopyFS(dir, os.DirFS(begun)); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, journalName), string(journal[:n]))
		for _, folder := range []string{"", "resources", "resources/" + testAccount + "/" + testRegion} {
			put(t, filepath.Join(dir, folder, ".tenor-manifest.json.123.tmp"), "half")
		}
		replaced(t, dir)
	}
	for name, from := range map[string]string{"finished": finished, "begun": begun} {
		for steps := range len(tree(t, from)) {
			for _, at := range []string{"", ".previous"} {
				t.Run(name+at, func(t *testing.T) {
					dir := filepath.Join(t.TempDir(), "snapshot")
					if err := os.CopyFS(dir+at, os.DirFS(from)); err != nil {
						t.Fatal(err)
					}
					removeSome(t, dir+at, steps)
					replaced(t, dir)
				})
			}
		}
	}
}

// removeSome does so many steps of what remove does.
func removeSome(t *testing.T, dir string, steps int) {
	t.Helper()
	var order []string
	err := filepath.WalkDir(filepath.Join(dir, resourcesName), func(path string, _ fs.DirEntry, err error) error {
		order = append([]string{path}, order...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(order, filepath.Join(dir, ManifestName), filepath.Join(dir, journalName))[:min(steps, len(order)+2)] {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestManifestIsChecked: a manifest that contradicts itself is no snapshot, and what it says in words of another version is a gap.
func TestManifestIsChecked(t *testing.T) {
	row := func(m map[string]any, i int) map[string]any { return m["coverage"].([]any)[i].(map[string]any) }
	file := func(m map[string]any) map[string]any { return m["files"].([]any)[0].(map[string]any) }
	for name, tt := range map[string]struct {
		change func(m map[string]any)
		want   string
	}{
		"as it was written":      {func(map[string]any) {}, ""},
		"no files":               {func(m map[string]any) { m["files"] = []any{} }, "counts say 2 of outposts.order, and files 0"},
		"no counts":              {func(m map[string]any) { m["counts"] = map[string]any{} }, "counts do not name it"},
		"files without a member": {func(m map[string]any) { delete(m, "files") }, "counts say 2 of outposts.order"},
		"neither": {func(m map[string]any) { m["files"], m["counts"] = []any{}, map[string]any{} },
			"the ledger has 2 of outposts:ListOrders in 111122223333/eu-central-1, and files have 0"},
		"another ledger":   {func(m map[string]any) { row(m, 0)["count"] = 7 }, "the ledger has 7 of outposts:ListOrders"},
		"a file twice":     {func(m map[string]any) { m["files"] = append(m["files"].([]any), file(m)) }, "is listed twice"},
		"a negative count": {func(m map[string]any) { file(m)["count"] = -2 }, "or with -2 resources"},
		"a path with dots": {func(m map[string]any) { file(m)["path"] = "resources/../x" }, "is not that of its part"},
		"an account of dots": {func(m map[string]any) {
			file(m)["account"], file(m)["path"] = "..", "eu-central-1/outposts.order.ndjson.gz"
		}, `".." cannot be part of a path`},
		"an unknown status": {func(m map[string]any) { row(m, 0)["status"] = "postponed" }, "gap"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "snapshot")
			w, err := Create(dir)
			if err != nil {
				t.Fatal(err)
			}
			p, err := w.Part(testAccount, testRegion, audit.KindOrder)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"oo-1", "oo-2"} {
				if err := p.Add(order(id)); err != nil {
					t.Fatal(err)
				}
			}
			ledger := []audit.Coverage{{Account: testAccount, Region: testRegion, Service: "outposts", Operation: "ListOrders",
				Status: audit.StatusCollected, Count: 2}}
			if err := p.Commit(ledger); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Finish(Manifest{}); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, ManifestName)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var m map[string]any
			if err := json.Unmarshal(b, &m); err != nil {
				t.Fatal(err)
			}
			tt.change(m)
			if b, err = json.Marshal(m); err != nil {
				t.Fatal(err)
			}
			put(t, path, string(b))
			s, err := Open(dir)
			if err == nil && slices.Collect(s.Manifest.Coverage.All())[0].Status == audit.StatusGap {
				if got := slices.Collect(s.Manifest.Coverage.All())[0]; got.Reason != audit.ReasonMalformed || !strings.Contains(got.Message, `"postponed"`) {
					t.Errorf("%+v", got)
				}
				return
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// TestResumeLeavesItsFolder: no path of a journal leads out of the snapshot.
func TestResumeLeavesItsFolder(t *testing.T) {
	for _, part := range []File{
		{Account: "..", Region: "..", Kind: "x"}, {Account: testAccount, Region: "..", Kind: "x"}, {Account: "a/b", Region: "r", Kind: "x"},
		{Account: testAccount, Region: testRegion, Kind: "../../../x"}, {Account: "", Region: "", Kind: "x"},
	} {
		root := t.TempDir()
		dir := filepath.Join(root, "out", "snapshot")
		part.Path, part.Count, part.SHA256 = partPath(part.Account, part.Region, part.Kind), 1, strings.Repeat("0", 64)
		head, err := json.Marshal(scopeRecord{&Scope{}})
		if err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(PartRecord{File: part})
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, journalName), string(head)+"\n"+string(line)+"\n")
		before := tree(t, root)
		if _, err := Resume(dir); err == nil || !strings.Contains(err.Error(), "journal.ndjson:2: ") ||
			!strings.Contains(err.Error(), "cannot be part of a path") {
			t.Errorf("%s: %v", part.Path, err)
		}
		if d := cmp.Diff(before, tree(t, root)); d != "" {
			t.Error(d)
		}
	}
}

// TestRowsOfSeveralParts makes one row of what two parts have asked by one operation: the counts add up, and what failed stands.
func TestRowsOfSeveralParts(t *testing.T) {
	row := func(operation string, count int, reason audit.Reason) audit.Coverage {
		c := audit.Coverage{Account: "1", Region: "r", Service: "iam", Operation: operation, Status: audit.StatusCollected, Count: count}
		if reason != "" {
			c.Status, c.Reason, c.Message = audit.StatusOptional, reason, "no"
		}
		return c
	}
	got := once(inline.Into(&audit.Ledger{}, row("", 0, ""), row("", 0, ""), row("GetRole", 2, ""), row("GetRole", 1, audit.ReasonAccessDenied), row("GetUser", 1, ""),
		row("GetUser", 3, "")))
	want := []audit.Coverage{row("", 0, ""), row("", 0, ""), row("GetRole", 3, audit.ReasonAccessDenied), row("GetUser", 4, "")}
	if diff := cmp.Diff(want, slices.Collect(got.All())); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
