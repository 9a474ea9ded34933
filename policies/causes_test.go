package policies

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"tenor/audit"
)

// TestFailuresNameTheirCause has every rule on a provisioned product say what failed: where its finding rests on the error of a record,
// its evidence names the cause, that of the same record. Notices and first views tell of the products of one cause once.
func TestFailuresNameTheirCause(t *testing.T) {
	examples, err := examplesOf(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	pack := load(t, Options{}, nil)
	const failed, last = "error of what failed", "error of the last record"
	causes := map[string]int{}
	for _, r := range pack.all {
		ex, ok := examples[r.ID]
		if !ok || !slices.Contains(r.Kinds, audit.KindProvisionedProduct) {
			continue
		}
		var document map[string]any
		if err := json.Unmarshal(ex.Resource, &document); err != nil {
			t.Fatal(err)
		}
		facts, ok := document["facts"].(map[string]any)
		if !ok {
			continue
		}
		facts["errors"], facts["cause"], facts["last_errors"], facts["last_cause"] = []string{failed}, "cause: "+failed, []string{last}, "cause: "+last
		changed, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		found, err := pack.fire(t.Context(), r.ID, &Example{Resource: changed, Params: ex.Params}, Options{})
		if err != nil {
			t.Fatalf("%s: %v", r.ID, err)
		}
		for _, f := range found {
			want := ""
			switch {
			case strings.Contains(f.Msg, last):
				want = "cause: " + last
			case strings.Contains(f.Msg, failed) || slices.Contains(r.Requires, "failure"):
				want = "cause: " + failed
			}
			if have := f.Cause(); have != want {
				t.Errorf("%s: the cause is %q, want %q: %s %s", r.ID, have, want, f.Msg, f.Evidence)
			}
			causes[want]++
		}
	}
	if causes["cause: "+failed] < 2 || causes["cause: "+last] < 2 || causes[""] < 2 {
		t.Errorf("the findings that were seen, by cause: %v", causes)
	}
}
