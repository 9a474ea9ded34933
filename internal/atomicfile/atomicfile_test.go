package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWrite wants the whole folder: no error leaves a temporary file behind, and none touches what was there.
func TestWrite(t *testing.T) {
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	half := func(w io.Writer) error {
		_, _ = w.Write(make([]byte, 1<<17)) // more than is buffered
		return os.ErrInvalid
	}
	for _, tt := range []struct {
		name   string
		before string // what is at the path; empty: nothing
		folder bool   // instead of a file
		mode   fs.FileMode
		write  func(io.Writer) error
		fails  error
		want   map[string]string // name → mode and text
	}{
		{name: "new, in a folder that is missing", mode: FileMode, write: text("new"), want: map[string]string{"f": "-rw------- new"}},
		{name: "over an older one", before: "old", mode: FileMode, write: text("new"), want: map[string]string{"f": "-rw------- new"}},
		{name: "for everyone to read", before: "old", mode: 0o644, write: text("new"), want: map[string]string{"f": "-rw-r--r-- new"}},
		{name: "write fails", mode: FileMode, write: half, fails: os.ErrInvalid, want: map[string]string{}},
		{name: "write fails over an older one", before: "old", mode: 0o644, write: half, fails: os.ErrInvalid,
			want: map[string]string{"f": "-rw------- old"}},
		{name: "a folder stands in the way", folder: true, mode: FileMode, write: text("new"), fails: errFolder,
			want: map[string]string{"f": "drwx------"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "deep", "folder")
			path := filepath.Join(dir, "f")
			if tt.before != "" || tt.folder {
				if err := os.MkdirAll(dir, DirMode); err != nil {
					t.Fatal(err)
				}
			}
			if tt.before != "" {
				if err := os.WriteFile(path, []byte(tt.before), FileMode); err != nil {
					t.Fatal(err)
				}
			}
			if tt.folder {
				if err := os.Mkdir(path, DirMode); err != nil {
					t.Fatal(err)
				}
			}
			if err := Write(path, tt.mode, tt.write); !errors.Is(err, tt.fails) {
				t.Errorf("error %v, want %v", err, tt.fails)
			}
			info, err := os.Stat(dir)
			if err != nil || info.Mode().Perm() != DirMode {
				t.Errorf("folder: %v, %v", info.Mode(), err)
			}
			if d := cmp.Diff(tt.want, listed(t, dir)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWriteThatPanicsLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	func() {
		defer func() { _ = recover() }()
		_ = Write(filepath.Join(dir, "f"), FileMode, func(io.Writer) error { panic("a format is broken") })
	}()
	if d := cmp.Diff(map[string]string{}, listed(t, dir)); d != "" {
		t.Error(d)
	}
}

// listed returns what a folder holds, by name: the mode, and of a file its text.
func listed(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		have[e.Name()] = info.Mode().String()
		if !e.IsDir() {
			b, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			have[e.Name()] += " " + string(b)
		}
	}
	return have
}

// TestCreate: what is there is never replaced, whatever it is, and what cannot be written leaves nothing.
func TestCreate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before func(path string) error
		fails  error
		says   string
		want   map[string]string
	}{
		{"nothing is there", func(string) error { return nil }, nil, "", map[string]string{"f": "-rw------- new"}},
		{"a file", func(p string) error { return os.WriteFile(p, []byte("old"), 0o600) }, fs.ErrExist, "f is there already",
			map[string]string{"f": "-rw------- old"}},
		{"a folder", func(p string) error { return os.Mkdir(p, DirMode) }, fs.ErrExist, "f is there already",
			map[string]string{"f": "drwx------"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "f")
			if err := tt.before(path); err != nil {
				t.Fatal(err)
			}
			err := Create(path, FileMode, []byte("new"))
			if !errors.Is(err, tt.fails) || tt.says != "" && err.Error() != filepath.Join(dir, tt.says) {
				t.Errorf("error %v, want %v, %s", err, tt.fails, tt.says)
			}
			if d := cmp.Diff(tt.want, listed(t, dir)); d != "" {
				t.Error(d)
			}
		})
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Fatal(err)
	}
	if err := Create(link, FileMode, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a link that leads nowhere: %v", err)
	}
}
