package deploy

import (
	"context"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"tenor/job"
)

// TestExamplesOfTheDocs hands what docs/deploy.md shows to tenor's own readers.
func TestExamplesOfTheDocs(t *testing.T) {
	b, err := os.ReadFile("../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	seen := map[string]int{}
	for _, m := range regexp.MustCompile("(?s)```([a-z]+)\n(.*?)```").FindAllStringSubmatch(text, -1) {
		seen[m[1]]++
		switch m[1] {
		case "yaml":
			if _, err := job.ParseConfig("docs/deploy.md", []byte(m[2])); err != nil {
				t.Error(err)
			}
		case "json":
			var event map[string]any
			if err := json.Unmarshal([]byte(m[2]), &event); err != nil {
				t.Errorf("%v: %s", err, m[2])
			}
			delete(event, "config") // which would be fetched
			rest, err := json.Marshal(event)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := job.ReadEvent(context.Background(), rest, t.TempDir()); err != nil {
				t.Error(err)
			}
		}
	}
	if seen["yaml"] == 0 || seen["json"] == 0 {
		t.Errorf("examples: %v", seen)
	}
	for _, m := range regexp.MustCompile(`deploy/[a-z]+[a-z./-]*[a-z]`).FindAllString(text, -1) {
		if _, err := os.Stat("../" + strings.TrimSuffix(m, ".")); err != nil {
			t.Error(err)
		}
	}
}
