package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFileLines has every path whole, and as few lines as there is room for: the list of a run that writes every format is not to push what is
// to be decided out of sight.
func TestFileLines(t *testing.T) {
	for name, tt := range map[string]struct {
		files []string
		width int
		want  []string
	}{
		"none":     {nil, 80, nil},
		"one":      {[]string{"out/snapshot"}, 80, []string{"out/snapshot"}},
		"formats":  {[]string{"out/report.json", "out/report.xlsx", "out/report.md"}, 80, []string{"out/report.json · out/report.xlsx · out/report.md"}},
		"just":     {[]string{"out/report.json", "out/köln.xlsx"}, 31, []string{"out/report.json · out/köln.xlsx"}},
		"narrow":   {[]string{"out/report.json", "out/köln.xlsx", "b"}, 30, []string{"out/report.json", "out/köln.xlsx · b"}},
		"too long": {[]string{"report.json", "a/far/folder/report.json", "report.md"}, 12, []string{"report.json", "a/far/folder/report.json", "report.md"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, fileLines(tt.files, tt.width)); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
		})
	}
}
