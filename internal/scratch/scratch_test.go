package scratch

import (
	"io"
	"os"
	"runtime"
	"testing"
)

func TestFile(t *testing.T) {
	dir := t.TempDir()
	f, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	if names, err := os.ReadDir(dir); err != nil || runtime.GOOS != "windows" && len(names) > 0 {
		t.Errorf("it has a name: %v, %v", names, err)
	}
	if _, err := f.WriteString("rows"); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(io.NewSectionReader(f, 0, 9)); err != nil || string(b) != "rows" {
		t.Errorf("read %q, %v", b, err)
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
		t.Errorf("it is left: %v, %v", names, err)
	}
}

// A file that cannot be removed while it is open, as on Windows, is when it is closed.
func TestFileWithName(t *testing.T) {
	dir := t.TempDir()
	open, err := os.CreateTemp(dir, "x")
	if err != nil {
		t.Fatal(err)
	}
	f := &File{File: open, name: open.Name()}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
		t.Errorf("it is left: %v, %v", names, err)
	}
}
