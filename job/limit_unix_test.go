//go:build unix && !aix && !solaris

package job

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// limitedChild evaluates a snapshot in a process that may write files of so many bytes at most.
func limitedChild(t *testing.T, size int, snap, dir string) (Exit, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDiskFull$")
	cmd.Env = append(os.Environ(), fmt.Sprint("TENOR_TEST_FILE_SIZE=", size), "TENOR_TEST_SNAPSHOT="+snap, "TENOR_TEST_OUT="+dir)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return ExitClean, string(out)
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		t.Fatal(err)
	}
	return Exit(exit.ExitCode()), string(out)
}

// evaluateLimited is what that process does.
func evaluateLimited(t *testing.T, size string) {
	n, err := strconv.ParseUint(size, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		t.Fatal(err)
	}
	j := &Job{Config: DefaultConfig(), Version: "test", Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return limitedDay }}
	j.Config.Output.Dir, j.Config.AsOf = os.Getenv("TENOR_TEST_OUT"), limitedDay
	j.Config.Output.Formats = limitedFormats
	res, err := j.Evaluate(t.Context(), os.Getenv("TENOR_TEST_SNAPSHOT"))
	if err != nil {
		fmt.Println(err)
		os.Exit(int(ExitFailed))
	}
	os.Exit(int(res.Exit))
}
