package snapshot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// oneAccount writes a snapshot of a few quotes of an account.
func oneAccount(t *testing.T, account string, ids ...string) *Snapshot {
	t.Helper()
	w, err := Create(filepath.Join(t.TempDir(), "snapshot"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Part(account, "eu-central-1", audit.KindQuote)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if err := p.Add(&audit.Resource{Kind: audit.KindQuote, ID: id, Account: account, Region: "eu-central-1",
			Spec: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Commit(nil); err != nil {
		t.Fatal(err)
	}
	s, err := w.Finish(Manifest{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAdopt(t *testing.T) {
	one, two := oneAccount(t, "111122223333", "oq-1", "oq-2"), oneAccount(t, "444455556666", "oq-3")
	w, err := Create(filepath.Join(t.TempDir(), "snapshot"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Snapshot{two, one} {
		if err := w.Adopt(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Adopt(one); err == nil || !strings.HasSuffix(err.Error(),
		"resources/111122223333/eu-central-1/outposts.quote.ndjson.gz is in another one too") {
		t.Errorf("%v", err)
	}
	s, err := w.Finish(Manifest{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for r, err := range s.Resources() {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.Account+" "+r.ID)
	}
	if d := cmp.Diff([]string{"111122223333 oq-1", "111122223333 oq-2", "444455556666 oq-3"}, ids); d != "" ||
		s.Manifest.Counts[audit.KindQuote] != 3 {
		t.Errorf("%d: %s", s.Manifest.Counts[audit.KindQuote], d)
	}
}

func TestAdoptOfADamagedSnapshot(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"the file is not the one in the manifest": func(path string) error { return os.WriteFile(path, []byte("other"), 0o600) },
		"no such file or directory":               os.Remove,
	} {
		s := oneAccount(t, "111122223333", "oq-1")
		if err := damage(filepath.Join(s.Dir, filepath.FromSlash(s.Manifest.Files[0].Path))); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "snapshot")
		w, err := Create(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Adopt(s); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %s", err, name)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}
