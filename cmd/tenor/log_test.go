package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"tenor/audit"
)

// TestHostileStringsInTheLog drives the table of strings through both formats of the log, and through the last line of a command.
func TestHostileStringsInTheLog(t *testing.T) {
	table, err := os.ReadFile("../../testdata/hostile_strings.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(table)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		n++
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		in, err := strconv.Unquote(cells[1])
		if err != nil {
			t.Fatal(err)
		}
		want, err := strconv.Unquote(cells[2])
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range []string{"json", "text"} {
			var out bytes.Buffer
			c := &cli{stderr: &out, log: logWriter{w: &out}, logFormat: format}
			log := c.logger()
			log.With("name", in).Warn(in, "message", in, "error", errors.New(in), "list", []string{in}, "reason", audit.Reason(in),
				slog.Group("inner", "message", in))
			if strings.Count(out.String(), "\n") != 1 || audit.VisibleLines(out.String()) != out.String() {
				t.Errorf("%s, %s: %q", cells[0], format, out.String())
			}
			if format == "text" {
				if !strings.Contains(out.String(), "message="+want) && !strings.Contains(out.String(), "message="+strconv.Quote(want)) {
					t.Errorf("%s: %q", cells[0], out.String())
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
					t.Errorf("%s: %q, want %q", cells[0], s, want)
				}
			}
		}
		if have := oneLine(errors.New(in)); have != want {
			t.Errorf("%s: %q, want %q", cells[0], have, want)
		}
	}
	if n < 51 {
		t.Errorf("%d strings", n)
	}
}
