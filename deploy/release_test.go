package deploy

import (
	"os"
	"path/filepath"
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
