package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The schemas that policies are compiled against are those of the types as they are.
func TestUpToDate(t *testing.T) {
	want, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	const dir = "../../schemas"
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	have := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		have[f.Name()] = b
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("run go generate ./policies (-want +have):\n%s", diff)
	}
}
