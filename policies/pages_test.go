package policies

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the files that the tests compare with")

const pagesDir = "../docs/policies"

// docs/policies is what the METADATA says.
func TestPages(t *testing.T) {
	pages, err := Pages(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.RemoveAll(pagesDir); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(pagesDir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, b := range pages {
			if err := os.WriteFile(filepath.Join(pagesDir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	have := map[string][]byte{}
	files, err := os.ReadDir(pagesDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(pagesDir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		have[f.Name()] = b
	}
	if diff := cmp.Diff(pages, have); diff != "" {
		t.Errorf("docs/policies is not up to date, run go test ./policies -run Pages -update (-want +have):\n%s", diff)
	}
}
