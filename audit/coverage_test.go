package audit

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/internal/inline"
)

// TestEveryRowIsCounted: each status of the ledger has a count of its own, and the counts add up to the rows.
func TestEveryRowIsCounted(t *testing.T) {
	b, err := os.ReadFile("../docs/schemas/report.schema.json") // made from the constants
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]struct {
			Properties map[string]struct{ Enum []CoverageStatus } `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	constants := schema.Defs["Coverage"].Properties["status"].Enum
	shown := slices.Sorted(slices.Values(CoverageStatuses[:]))
	if diff := cmp.Diff(slices.Sorted(slices.Values(constants)), shown); diff != "" {
		t.Errorf("CoverageStatuses (-constants +shown):\n%s", diff)
	}
	var rows []Coverage
	want := map[CoverageStatus]int{}
	for i, status := range constants {
		for range i + 1 { // as many as no other has
			rows = append(rows, Coverage{Status: status})
		}
		want[status] = i + 1
	}
	s := SummariseCoverage(inline.Into(&Ledger{}, rows...))
	got := map[CoverageStatus]int{}
	for _, status := range CoverageStatuses {
		got[status] = s.Count(status)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-rows +counted):\n%s", diff)
	}
	b, err = json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var counts map[string]int
	if err := json.Unmarshal(b, &counts); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, n := range counts {
		sum += n
	}
	if sum != len(rows) {
		t.Errorf("the counts %s add up to %d, want the %d rows", b, sum, len(rows))
	}
	if n := SummariseCoverage(inline.Into(&Ledger{}, Coverage{Status: "newer"})).Gaps; n != 1 {
		t.Errorf("a row of a status that is not known counts as %d gaps, want 1", n)
	}
}
