//go:build verify

package report

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// axeVersion is the release of axe-core that checks the page.
const axeVersion = "4.14.1"

// axe finds no violation of WCAG or of its best practices, by day and by night, with everything unfolded. It needs npm and chromium.
func TestHTMLByAxe(t *testing.T) {
	dir := t.TempDir()
	npm := exec.Command("npm", "install", "--prefix", dir, "--no-save", "--no-audit", "--no-fund", "axe-core@"+axeVersion)
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm: %v\n%s", err, out)
	}
	axe, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	const run = `for (const d of document.querySelectorAll("details")) d.open = true;
axe.run().then((r) => { document.title = "axe: " + r.passes.length + " passes; " +
  r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 200)).join(" and ")).join("; "); });`
	policy := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`)
	for name, page := range pages(t) {
		for _, theme := range []string{"light", "dark", "light, on a telephone"} {
			t.Run(name+" "+theme, func(t *testing.T) {
				size := "--window-size=1280,900"
				if theme == "light, on a telephone" {
					size = "--window-size=500,900"
				}
				page := policy.ReplaceAllString(page, "")
				if theme == "dark" {
					page = strings.Replace(page, "@media screen and (prefers-color-scheme: dark)", "@media screen", 1)
				}
				page = strings.Replace(page, "</body>", "<script>"+string(axe)+"</script><script>"+run+"</script></body>", 1)
				file := filepath.Join(t.TempDir(), "report.html")
				if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
					t.Fatal(err)
				}
				title := ""
				for _, n := range elements(t, dumpDOM(t, "file://"+file, size, "--virtual-time-budget=30000")) {
					if n.Data == "title" && n.Namespace == "" {
						title = textOf(n)
					}
				}
				if !regexp.MustCompile(`^axe: [1-9][0-9]* passes; $`).MatchString(title) {
					t.Error(title)
				}
			})
		}
	}
}

// pages are those of the fixtures, and the demo's, which has a bill.
func pages(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	demo := exec.Command("go", "run", "tenor/cmd/tenor", "run", "--demo", "--quiet", "--format", "html", "--out", dir)
	if out, err := demo.CombinedOutput(); err != nil {
		t.Fatalf("the demo: %v\n%s", err, out)
	}
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), `id="bill"`) {
		t.Fatal("the demo has no bill")
	}
	list := map[string]string{"demo": string(page)}
	for name, r := range fixtures() {
		list[name] = render(t, HTML, r)
	}
	return list
}

// No page is wider than the screen, on a desk and on a telephone: what is wider scrolls within it. And there the list of findings needs
// no scrolling either.
func TestHTMLKeepsItsWidth(t *testing.T) {
	dir := t.TempDir()
	for name, page := range pages(t) {
		if err := os.WriteFile(filepath.Join(dir, name+".html"), []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, width := range []int{390, 768, 1280} {
			frame := fmt.Sprintf(`<iframe width="%d" height="800" src="%s.html" onload="
const d = this.contentDocument, list = d.querySelector('#findings .scroll'), over = (e) => e ? Math.max(0, e.scrollWidth - e.clientWidth) : 0;
document.title = 'over ' + over(d.documentElement) + ' ' + over(list)"></iframe>`, width, name)
			file := filepath.Join(dir, "frame.html")
			if err := os.WriteFile(file, []byte(frame), 0o600); err != nil {
				t.Fatal(err)
			}
			title := ""
			for _, n := range elements(t, dumpDOM(t, "file://"+file, "--allow-file-access-from-files", "--virtual-time-budget=10000")) {
				if n.Data == "title" {
					title = textOf(n)
				}
			}
			var over, list int
			_, err := fmt.Sscanf(title, "over %d %d", &over, &list)
			if err != nil || over > 0 || name == "demo" && width != 768 && list > 0 {
				t.Errorf("%s at %d: %d columns over, the list %d, %v", name, width, over, list, err)
			}
		}
	}
}

// dumpDOM returns a page as chromium has it once its scripts have run.
func dumpDOM(t *testing.T, url string, flags ...string) string {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is not installed")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	flags = append(flags, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(), "--dump-dom", url)
	out, err := exec.CommandContext(ctx, chromium, flags...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// On a telephone the list of findings begins with the first of them, and with all that a person asks for.
func TestHTMLOnATelephone(t *testing.T) {
	page := render(t, HTML, fullReport())
	for name, c := range map[string]struct{ size, script, want string }{
		"a desk":       {"--window-size=1280,900", "", "29 of 29 shown"},
		"a telephone":  {"--window-size=500,900", "", "25 of 29 shown"},
		"all":          {"--window-size=500,900", `document.getElementById("all").click();`, "29 of 29 shown"},
		"few that fit": {"--window-size=500,900", `tools.elements.severity.value = "low"; filter();`, "16 of 29 shown"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "report.html")
			page := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(page, "")
			page = strings.Replace(page, "</body>", "<script>"+c.script+"</script></body>", 1)
			if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
				t.Fatal(err)
			}
			status, shown := "", 0
			for _, n := range elements(t, dumpDOM(t, "file://"+file, c.size)) {
				switch {
				case attr(n, "id") == "shown":
					status = textOf(n)
				case n.Data == "tr" && attr(n, "data-rule") != "" && !strings.Contains(fmt.Sprint(n.Attr), "hidden"):
					shown++
				}
			}
			if status != c.want || !strings.HasPrefix(c.want, fmt.Sprint(shown, " ")) {
				t.Errorf("%d rows, %q, want %q", shown, status, c.want)
			}
		})
	}
}

// The page in a real browser: its script runs under its own policy, filters and sorts as its address says, and takes a
// name full of markup for text. It needs chromium, so it runs with `make verify` only.
func TestHTMLInChromium(t *testing.T) {
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
			out := dumpDOM(t, "file://"+file+c.hash)
			var shown []string
			status := ""
			for _, n := range elements(t, out) {
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
