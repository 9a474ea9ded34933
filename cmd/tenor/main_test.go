package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"tenor": main})
}

// tests are those of this process, which collects garbage less often than Go would, up to a GiB: it is much, and little of it lives.
type tests struct{ *testing.M }

func (t tests) Run() int {
	debug.SetGCPercent(1000)
	debug.SetMemoryLimit(1 << 30)
	return t.M.Run()
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			soon := time.Now().AddDate(0, 6, 0).Format(time.DateOnly)
			e.Setenv("SOON", soon)
			return write(e.WorkDir, "$SOON", soon)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "modes": modes, "same": same, "finding": finding,
			"pasted": pasted},
	})
}

// write replaces a variable in the YAML files of a script, by the end of a waiver that holds.
func write(dir, variable, value string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	for _, file := range files {
		text, rerr := os.ReadFile(file)
		err = errors.Join(err, rerr, os.WriteFile(file, bytes.ReplaceAll(text, []byte(variable), []byte(value)), 0o600))
	}
	return err
}

// exits runs a command and wants an exit code: exits 2 tenor run.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if err != nil || neg {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// pasted runs the command that a report names, in the folder of the report: pasted out/report.md. Where that is stays the folder of the
// script.
func pasted(ts *testscript.TestScript, _ bool, args []string) {
	named := regexp.MustCompile("`(tenor [^`]+)`").FindStringSubmatch(ts.ReadFile(args[0]))
	if named == nil {
		ts.Fatalf("%s names no command", args[0])
	}
	script := ts.MkAbs(".")
	ts.Check(ts.Chdir(filepath.Dir(ts.MkAbs(args[0]))))
	words := strings.Fields(named[1])
	ts.Check(ts.Exec(words[0], words[1:]...))
	ts.Check(ts.Chdir(script))
}

// modes wants every file below a folder to be 0600 and every folder 0700.
func modes(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(filepath.Walk(ts.MkAbs(args[0]), func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		want := os.FileMode(0o600)
		if info.IsDir() {
			want = 0o700
		}
		if got := info.Mode().Perm(); got != want {
			return fmt.Errorf("%s: mode %o, want %o", path, got, want)
		}
		return nil
	}))
}

// same wants two files to have the same bytes, whatever they are.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if (ts.ReadFile(args[0]) == ts.ReadFile(args[1])) == neg {
		ts.Fatalf("%s and %s: same %v", args[0], args[1], neg)
	}
}

// finding sets a variable to the fingerprint of a rule's first finding in a report: finding FP out/report.json outposts.order_error.
func finding(ts *testscript.TestScript, _ bool, args []string) {
	var r struct {
		Findings []struct{ Fingerprint, Rule string }
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &r))
	for _, f := range r.Findings {
		if f.Rule == args[2] {
			ts.Setenv(args[0], f.Fingerprint)
			return
		}
	}
	ts.Fatalf("%s has no finding of %s", args[1], args[2])
}
