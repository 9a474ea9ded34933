package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFileLines has a line for each folder: the list of a run that writes every format is not to push what is to be decided out of sight.
func TestFileLines(t *testing.T) {
	for name, tt := range map[string]struct{ files, want []string }{
		"none":    {},
		"one":     {[]string{"out/snapshot"}, []string{"out/snapshot"}},
		"formats": {[]string{"out/report.json", "out/report.xlsx", "out/report.md"}, []string{"out/report.json, report.xlsx, report.md"}},
		"here":    {[]string{"report.json", "report.md"}, []string{"report.json", "report.md"}},
		"delivered": {[]string{"out/report.json", "s3://b/runs/1/report.json", "s3://b/runs/1/report.md", "arn:aws:sns:eu-west-1:1:tenor",
			"s3://b/latest/report.json"},
			[]string{"out/report.json", "s3://b/runs/1/report.json, report.md", "arn:aws:sns:eu-west-1:1:tenor",
				"s3://b/latest/report.json"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, fileLines(tt.files)); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
		})
	}
}
