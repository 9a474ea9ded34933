package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLock: of any number that want a folder one has it, and it leaves nothing behind.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	for range 20 {
		var wg sync.WaitGroup
		var mu sync.Mutex
		var unlocks []func() error
		for range 8 {
			wg.Go(func() {
				unlock, err := Lock(dir)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					unlocks = append(unlocks, unlock)
				} else if !errors.Is(err, ErrLocked) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(unlocks) != 1 {
			t.Fatalf("%d have it", len(unlocks))
		}
		if err := unlocks[0](); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(map[string]string{}, listed(t, dir)); d != "" {
		t.Error(d)
	}
}

// TestLockFollowsNoLink leaves what a link in the place of the lock leads to.
func TestLockFollowsNoLink(t *testing.T) {
	dir, target := t.TempDir(), filepath.Join(t.TempDir(), "precious")
	if err := os.Symlink(target, filepath.Join(dir, lockName)); err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(dir); err == nil {
		t.Error("no error")
	}
	if _, err := os.Lstat(target); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the target: %v", err)
	}
}

// TestKilled: a process that dies gives its lock back and leaves a temporary file, which the next removes, and which nobody removes
// as long as it lives.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("TENOR_TEST_HOLD"); dir != "" {
		if _, err := Lock(dir); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a", "b"} {
			if _, err := CreateTemp(dir, name); err != nil {
				t.Fatal(err)
			}
		}
		fmt.Println("held")
		time.Sleep(time.Minute)
	}
	dir := t.TempDir()
	foreign := map[string]string{".tenor-notes.tmp": "", ".tenor-a.1x.tmp": "", "a.1.tmp": "", ".a.1.tmp": "", ".tenor-a.1.tmp.bak": ""}
	for name := range foreign {
		if err := os.WriteFile(filepath.Join(dir, name), nil, FileMode); err != nil {
			t.Fatal(err)
		}
		foreign[name] = "-rw------- "
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), "TENOR_TEST_HOLD="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(dir); !errors.Is(err, ErrLocked) {
		t.Errorf("locked by a living process: %v", err)
	}
	if err := Sweep(dir); err != nil {
		t.Error(err)
	}
	if n := len(listed(t, dir)); n != len(foreign)+3 {
		t.Errorf("%d files of a living process and others", n)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // says that it was killed
	unlock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteBytes(filepath.Join(dir, "a"), FileMode, nil); err != nil { // which removes that of its own name
		t.Fatal(err)
	}
	if n := len(listed(t, dir)); n != len(foreign)+3 { // a, b's and the lock
		t.Errorf("%d files once one was swept: %v", n, listed(t, dir))
	}
	if err := errors.Join(Sweep(dir), unlock()); err != nil {
		t.Error(err)
	}
	foreign["a"] = "-rw------- "
	if d := cmp.Diff(foreign, listed(t, dir)); d != "" {
		t.Error(d)
	}
}
