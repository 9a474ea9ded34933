package deploy

import (
	"os"
	"regexp"
	"testing"
)

// TestFilesOfTheDocs holds what docs/deploy.md names of this folder to what is in it.
func TestFilesOfTheDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`deploy/[a-z]+[a-z./-]*[a-z]`).FindAllString(string(text), -1)
	for _, name := range names {
		if _, err := os.Stat("../" + name); err != nil {
			t.Error(err)
		}
	}
	if len(names) < 10 {
		t.Errorf("only %q were found", names)
	}
}
