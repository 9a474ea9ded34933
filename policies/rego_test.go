package policies

import (
	"testing"
)

// The Rego tests of the pack, each a subtest.
func TestRego(t *testing.T) {
	report, err := Test(t.Context(), Options{}, Tests{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Tests {
		t.Run(r.Package+"/"+r.Name, func(t *testing.T) {
			if !r.Passed {
				t.Errorf("%s:%d: %s", r.File, r.Line, r.Problem)
			}
		})
	}
	for _, c := range report.Coverage {
		if len(c.Missed) > 0 {
			t.Errorf("%s: lines %v are not covered by a test", c.File, c.Missed)
		}
	}
}
