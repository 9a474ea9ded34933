package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"tenor/audit"
	"tenor/internal/foreign"
	"tenor/job"
)

// TestHostileStringsInTheLog drives the table of strings through both formats of the log.
func TestHostileStringsInTheLog(t *testing.T) {
	for _, tt := range foreign.Strings() {
		in, want := tt.In, tt.Want
		for _, format := range []string{"json", "text"} {
			var out bytes.Buffer
			c := &cli{stderr: &out, log: logWriter{w: &out}, logFormat: format}
			log := c.logger()
			log.With("name", in).Warn(in, "message", in, "error", errors.New(in), "list", []string{in}, "reason", audit.Reason(in),
				slog.Group("inner", "message", in))
			if strings.Count(out.String(), "\n") != 1 || audit.VisibleLines(out.String()) != out.String() {
				t.Errorf("%s, %s: %q", tt.Name, format, out.String())
			}
			if format == "text" {
				if !strings.Contains(out.String(), "message="+want) && !strings.Contains(out.String(), "message="+strconv.Quote(want)) {
					t.Errorf("%s: %q", tt.Name, out.String())
				}
				continue
			}
			var have struct {
				Msg     string   `json:"msg"`
				Name    string   `json:"name"`
				Message string   `json:"message"`
				Error   string   `json:"error"`
				Reason  string   `json:"reason"`
				List    []string `json:"list"`
				Inner   struct {
					Message string `json:"message"`
				} `json:"inner"`
			}
			if err := json.Unmarshal(out.Bytes(), &have); err != nil { // which takes neither invalid UTF-8 nor a name twice
				t.Fatal(err)
			}
			for _, s := range append(have.List, have.Msg, have.Name, have.Message, have.Error, have.Reason, have.Inner.Message) {
				if s != want {
					t.Errorf("%s: %q, want %q", tt.Name, s, want)
				}
			}
		}
	}
}

// TestEveryLineNamesTheInvocation: each line of a run's log has one id, which its metrics have too, and another run another.
func TestEveryLineNamesTheInvocation(t *testing.T) {
	away(t)
	ids := map[string]bool{}
	for range 2 {
		var out, log bytes.Buffer
		metrics := filepath.Join(t.TempDir(), "tenor.prom")
		args := []string{"run", "--demo", "--format", "json", "--log-format", "json", "--verbose", "--as-of", "2026-11-20", "--metrics-file", metrics}
		if code := run(context.Background(), args, &out, &log); code != 0 {
			t.Fatalf("exit %d: %s", code, log.String())
		}
		var id string
		for line := range strings.Lines(log.String()) {
			var has struct {
				Invocation string `json:"invocation"`
			}
			if err := json.Unmarshal([]byte(line), &has); err != nil || has.Invocation == "" || id != "" && has.Invocation != id {
				t.Errorf("%v: %s", err, line)
			}
			id = has.Invocation
		}
		b, err := os.ReadFile(metrics)
		if err != nil || !strings.Contains(string(b), `,invocation="`+id+`"} 1`) {
			t.Errorf("%v: %s", err, b)
		}
		if ids[id] {
			t.Errorf("two runs have the id %s", id)
		}
		ids[id] = true
	}
}

// TestQuietSaysThatTheGateFails: a line, for who reads nothing but the mail of cron; none where nothing is at the gate.
func TestQuietSaysThatTheGateFails(t *testing.T) {
	away(t)
	for _, tt := range []struct {
		failOn string
		code   job.Exit
		lines  int
	}{{"high", job.ExitFindings, 1}, {"none", job.ExitClean, 0}} {
		var out, log bytes.Buffer
		code := run(context.Background(), []string{"run", "--demo", "--quiet", "--format", "json", "--as-of", "2026-11-20", "--fail-on", tt.failOn}, &out, &log)
		said := log.String()
		if code != tt.code || out.Len() > 0 || strings.Count(said, "\n") != tt.lines ||
			tt.lines > 0 && (!strings.Contains(said, "findings at the gate") || !strings.Contains(said, "fail_on=high") || !strings.Contains(said, "report.json")) {
			t.Errorf("--fail-on %s: exit %d, %s%s", tt.failOn, code, out.String(), said)
		}
	}
}
