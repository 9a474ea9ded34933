package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSchemasAreUpToDate(t *testing.T) {
	root := filepath.Join("..", "..")
	files, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	want, have := map[string]string{}, map[string]string{}
	for name, b := range files {
		want[name] = string(b)
	}
	for _, dir := range []string{"docs/schemas", "policies/schemas"} {
		names, err := filepath.Glob(filepath.Join(root, dir, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			have[dir+"/"+filepath.Base(name)] = string(b)
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("the schemas are not what the types say: run go generate ./docs/schemas (-types +files):\n%s", diff)
	}
}

func TestSourceHasCommentsAndConstants(t *testing.T) {
	src, err := readSource(filepath.Join("..", ".."), "audit")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"audit.Finding.Due": "the date YYYY-MM-DD by which to act",
		"audit.OutpostFacts.BusinessDaysToNotice": "BusinessDaysToNotice counts the business days after as_of's date up to and including " +
			"NoticeDeadline: 0 on the day itself, negative once it has passed.",
		"audit.Report.Changes": "null without a baseline",
		"audit.Optional":       "Optional is a string whose empty value is null in JSON.",
	} {
		if have := src.docs[name]; have != want {
			t.Errorf("%s: %q, want %q", name, have, want)
		}
	}
	if diff := cmp.Diff([]string{"critical", "high", "medium", "low", "info"}, src.enums["audit.Severity"]); diff != "" {
		t.Errorf("severities (-want +have):\n%s", diff)
	}
}
