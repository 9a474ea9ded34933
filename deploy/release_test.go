package deploy

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestReleaseIsReproducible is what would make the releases of one commit differ, or fail at the end, and can be seen without building one.
func TestReleaseIsReproducible(t *testing.T) {
	var release struct {
		Dist   string
		Before struct{ Hooks []string }
		Env    []string
		Builds []struct{ Flags []string }
		Kos    []struct{ Flags []string }
		Sboms  []struct {
			Args, Env []string
		}
	}
	readYAML(t, "../.goreleaser.yaml", &release)
	if len(release.Builds) == 0 || len(release.Kos) == 0 || len(release.Sboms) == 0 {
		t.Fatalf("no builds, no image or no bill of materials: %+v", release)
	}
	for _, b := range slices.Concat(release.Builds, release.Kos) {
		for _, flag := range []string{"-trimpath", "-buildvcs=true"} {
			if !slices.Contains(b.Flags, flag) {
				t.Errorf("flags %q have no %s: the program depends on the machine that builds it", b.Flags, flag)
			}
		}
	}
	for _, e := range release.Env { // goreleaser fills env in before it reads the commit
		if strings.Contains(e, ".Commit") {
			t.Errorf("env %s: the commit is not known there yet", e)
		}
	}
	const epoch = "SOURCE_DATE_EPOCH={{ .CommitTimestamp }}"
	pages := func(hook string) bool {
		return strings.Contains(hook, "tenor man ") && strings.Contains(hook, "TZ=UTC "+epoch)
	}
	if !slices.ContainsFunc(release.Before.Hooks, pages) {
		t.Errorf("no hook of %q writes the manual pages with the date of the commit", release.Before.Hooks)
	}
	for _, bill := range release.Sboms {
		if !slices.Contains(bill.Env, epoch) {
			t.Errorf("the bill of materials has no %s", epoch)
		}
		i := slices.Index(bill.Args, "-C")
		if i < 0 || i+2 >= len(bill.Args) {
			t.Fatalf("the bill of materials: %q has no -C DIR PACKAGE", bill.Args)
		}
		program := filepath.Join("..", release.Dist, bill.Args[i+1], bill.Args[i+2], "main.go") // it is run in dist
		if _, err := os.Stat(program); err != nil {
			t.Errorf("the bill of materials: %v", err)
		}
	}
}

// TestPackageMakesTheUser runs what a package does once its files are there, with systemd's programs in its path and without them: the user
// of the service is made from the file that the package brings, since dpkg does not do that by itself.
func TestPackageMakesTheUser(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no sh")
	}
	var release struct {
		Nfpms []struct {
			Scripts  struct{ Postinstall, Preremove string }
			Contents []struct{ Src, Dst string }
		}
	}
	readYAML(t, "../.goreleaser.yaml", &release)
	unit, err := os.ReadFile("systemd/tenor.service")
	if err != nil {
		t.Fatal(err)
	}
	users, err := os.ReadFile("systemd/tenor.conf")
	if err != nil {
		t.Fatal(err)
	}
	user := regexp.MustCompile(`(?m)^User=(\S+)$`).FindSubmatch(unit)
	if user == nil || !regexp.MustCompile(`(?m)^u `+string(user[1])+` `).Match(users) {
		t.Fatalf("tenor.conf does not make the user %q of tenor.service", user)
	}
	for _, p := range release.Nfpms {
		i := slices.IndexFunc(p.Contents, func(c struct{ Src, Dst string }) bool { return c.Src == "deploy/systemd/tenor.conf" })
		if i < 0 || filepath.Dir(p.Contents[i].Dst) != "/usr/lib/sysusers.d" || p.Scripts.Postinstall == "" {
			t.Fatalf("the package brings no user, or no script: %+v", p)
		}
		script, err := filepath.Abs(filepath.Join("..", p.Scripts.Postinstall))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"systemd-sysusers", ""} {
			path := t.TempDir() // nothing else is in it
			calls := filepath.Join(path, "calls")
			for _, stub := range []string{name, "systemctl"} {
				if stub == "" {
					continue
				}
				text := "#!/bin/sh\necho " + stub + ` "$@" >> ` + calls + "\n"
				if err := os.WriteFile(filepath.Join(path, stub), []byte(text), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			command := exec.Command("/bin/sh", script)
			command.Env = []string{"PATH=" + path}
			if out, err := command.CombinedOutput(); err != nil {
				t.Errorf("with %q: %v: %s", name, err, out)
			}
			called, err := os.ReadFile(calls)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			made := "systemd-sysusers " + filepath.Base(p.Contents[i].Dst) + "\n"
			if strings.Contains(string(called), made) != (name != "") {
				t.Errorf("with %q: it called %q", name, called)
			}
		}
	}
}

// TestRemovedPackageHasNoSchedule: what a package does before its files go switches the schedule off, once it is removed for good, and fails
// for nothing.
func TestRemovedPackageHasNoSchedule(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no sh")
	}
	script, err := filepath.Abs("systemd/preremove.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, argument, systemctl string // what systemctl ends with; empty: there is none
		off                       bool
	}{
		{"dpkg removes it", "remove", "exit 0", true},
		{"dpkg upgrades it", "upgrade", "exit 0", false},
		{"rpm removes it", "0", "exit 0", true},
		{"rpm upgrades it", "1", "exit 0", false},
		{"systemd does not know the schedule", "remove", "exit 1", true},
		{"without systemd", "remove", "", false},
	} {
		path := t.TempDir() // nothing else is in it
		calls := filepath.Join(path, "calls")
		if tt.systemctl != "" {
			text := "#!/bin/sh\necho \"$@\" >> " + calls + "\n" + tt.systemctl + "\n"
			if err := os.WriteFile(filepath.Join(path, "systemctl"), []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		command := exec.Command("/bin/sh", script, tt.argument)
		command.Env = []string{"PATH=" + path}
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", tt.name, err, out)
		}
		called, err := os.ReadFile(calls)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if off := strings.Contains(string(called), "--quiet disable tenor.timer\n"); off != tt.off {
			t.Errorf("%s: it called %q", tt.name, called)
		}
	}
}

// TestArchiveHasWhatItsDocumentsName: whoever has no more than the archive finds there what the documents in it lead to. What is part of the
// program itself, or of its repository, is left to the source.
func TestArchiveHasWhatItsDocumentsName(t *testing.T) {
	var release struct {
		Archives []struct{ Files []struct{ Src string } }
		Nfpms    []struct{ Scripts struct{ Preremove string } }
	}
	readYAML(t, "../.goreleaser.yaml", &release)
	if release.Nfpms[0].Scripts.Preremove != "deploy/systemd/preremove.sh" {
		t.Errorf("the packages are removed by %q", release.Nfpms[0].Scripts.Preremove)
	}
	there := map[string]bool{} // files and folders
	for _, f := range release.Archives[0].Files {
		if strings.HasPrefix(f.Src, "dist/") { // which the release builds
			continue
		}
		files, err := filepath.Glob(filepath.Join("..", f.Src))
		if err != nil || len(files) == 0 {
			t.Errorf("there is nothing that %s stands for: %v", f.Src, err)
		}
		for _, file := range files {
			for at := file[len("../"):]; at != "."; at = filepath.Dir(at) {
				there[filepath.ToSlash(at)] = true
			}
		}
	}
	source := regexp.MustCompile(`^(policies/|audit/|CONTRIBUTING\.md|action\.yml|deploy/ko)`)
	named := regexp.MustCompile(`\]\(([^)#:]+)[)#]|\b(deploy/[\w./-]*\w)`)
	for _, document := range slices.Sorted(maps.Keys(there)) {
		if !strings.HasSuffix(document, ".md") || document == "CHANGELOG.md" {
			continue
		}
		text, err := os.ReadFile(filepath.Join("..", document))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			to := m[2]
			if m[1] != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(document), m[1]))
			}
			if !there[to] && !source.MatchString(to) {
				t.Errorf("%s leads to %s, which the archive has not", document, to)
			}
		}
	}
}
