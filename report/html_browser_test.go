//go:build verify

package report

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The page in a real browser: its script runs under its own policy, filters and sorts as its address says, and takes a
// name full of markup for text. It needs chromium, so it runs with `make verify` only.
func TestHTMLInChromium(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is not installed")
	}
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(render(t, HTML, fullReport())), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		hash   string
		want   []string // the rules and resources of the rows shown
		status string
	}{
		"words and a choice, sorted downwards": {"#findings?q=tag+owner&severity=low&sort=-resource",
			[]string{"general.tag_missing pp-untagged"}, "1 of 29 shown"},
		"a verdict": {"#findings?verdict=waived", []string{"service_catalog.product_tainted pp-tainted1"}, "1 of 29 shown"},
		"sorted by date": {"#findings?rule=outposts.contract_ending&sort=-due",
			[]string{"outposts.contract_ending op-00000000000000003", "outposts.contract_ending op-00000000000000002",
				"outposts.contract_ending op-00000000000000001", "outposts.contract_ending op-00000000000000009"}, "4 of 29 shown"},
		"hostile text is found as text": {"#findings?q=%3Cscript%3Edocument.title&sort=rule",
			[]string{"outposts.contract_ending op-00000000000000003", "service_catalog.product_error pp-error",
				"service_catalog.product_tainted pp-tainted1", "service_catalog.version_inactive pp-error"}, "4 of 29 shown"},
		"nothing fits": {"#findings?q=nowhere-to-be-found", nil, "0 of 29 shown"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			out, err := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
				"--disable-background-networking", "--disable-component-update", "--disable-sync",
				"--user-data-dir="+t.TempDir(), "--dump-dom", "file://"+file+c.hash).Output()
			if err != nil {
				t.Fatal(err)
			}
			var shown []string
			status := ""
			for _, n := range elements(t, string(out)) {
				switch {
				case n.Data == "title" && n.Namespace == "":
					if have := textOf(n); have != "tenor: incomplete, 2026-11-20" {
						t.Fatalf("the title is %q", have)
					}
				case n.Data == "tr" && attr(n, "data-rule") != "" && !strings.Contains(fmt.Sprint(n.Attr), "hidden"):
					id := ""
					for c := range n.Descendants() {
						if strings.Contains(attr(c, "class"), "mono") {
							id = textOf(c)
						}
					}
					shown = append(shown, attr(n, "data-rule")+" "+id)
				case attr(n, "id") == "shown":
					status = textOf(n)
				}
			}
			if diff := cmp.Diff(c.want, shown); diff != "" {
				t.Errorf("rows (-want +have):\n%s", diff)
			}
			if status != c.status {
				t.Errorf("status %q, want %q", status, c.status)
			}
		})
	}
}
