package wholefile

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := Read(path, 10); err != nil || string(text) != "0123456789" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := Read(path, 9); err == nil || !strings.Contains(err.Error(), "read "+path+": it is larger than") {
		t.Errorf("%v", err)
	}
	if _, err := Read(filepath.Dir(path), 9); err == nil || strings.Count(err.Error(), filepath.Dir(path)) != 1 {
		t.Errorf("of a folder: %v", err)
	}
	if _, err := ReadFS(fstest.MapFS{"a": {Data: []byte("0123456789")}}, "a", 9); err == nil {
		t.Error("too much is read")
	}
}

func TestADeviceThatNeverEnds(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no /dev/zero")
	}
	if _, err := Read("/dev/zero", MiB); err == nil || err.Error() != "read /dev/zero: it is larger than 1024 KiB" {
		t.Errorf("%v", err)
	}
}
