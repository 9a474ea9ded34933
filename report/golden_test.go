package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

var update = flag.Bool("update", false, "write the goldens anew")

// fixtures are the reports of which every format has a golden.
func fixtures() map[string]audit.Report {
	return map[string]audit.Report{"full": fullReport(), "empty": emptyReport(), "gaps": gapsReport(), "bill": billReport()}
}

func TestGoldens(t *testing.T) {
	formats := map[string]func(io.Writer, audit.Report) error{
		"json":  JSON,
		"sarif": SARIF,
		"xml":   JUnit,
		"csv":   CSV,
		"md":    Markdown,
		"gha":   GitHub,
		"ocsf":  OCSF,
		"html":  HTML,
		"ics":   ICS,
		"focus": FOCUS,
		"txt":   func(w io.Writer, r audit.Report) error { return Terminal(w, r, TerminalStyle{Width: 80}) },
		"ansi":  func(w io.Writer, r audit.Report) error { return Terminal(w, r, TerminalStyle{Width: 100, Color: true}) },
	}
	for name, r := range fixtures() {
		for ext, format := range formats {
			t.Run(name+"."+ext, func(t *testing.T) {
				var out bytes.Buffer
				if err := format(&out, r); err != nil {
					t.Fatal(err)
				}
				golden(t, name+"."+ext, out.Bytes())
			})
		}
	}
}

// golden compares with the file of that name, or writes it when -update is given. Others' tests read the reports too.
func golden(t *testing.T, name string, have []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if strings.HasSuffix(name, ".json") {
		path = filepath.Join("..", "testdata", "reports", name)
	}
	if *update {
		if err := os.WriteFile(path, have, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(have)); diff != "" {
		t.Errorf("%s (-want +have):\n%s", path, diff)
	}
}
