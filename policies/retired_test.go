package policies

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// TestNothingOfARetiredOutpost: no rule about contracts says anything of an Outpost that is given back, not even that it cannot tell, but
// those about what is still billed. Each is asked about the document on which it fires in another state.
func TestNothingOfARetiredOutpost(t *testing.T) {
	examples, err := examplesOf(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := evaluator(t, load(t, Options{}, nil))
	var silent []string
	for id, ex := range examples {
		var r audit.Resource
		if err := json.Unmarshal(ex.Resource, &r); err != nil {
			t.Fatal(err)
		}
		if r.Kind != audit.KindOutpost || !strings.HasPrefix(id, "outposts.") || billedStill[id] {
			continue
		}
		for _, state := range []string{audit.StateRetired, audit.StateRunning} {
			var facts map[string]any
			if err := json.Unmarshal(r.Facts, &facts); err != nil {
				t.Fatal(err)
			}
			if facts["contract_state"] == nil {
				t.Errorf("the example of %s has no state", id)
			}
			if facts["contract_state"] = any(state); state == audit.StateRunning && strings.HasPrefix(id, "outposts.month_to_month") {
				facts["contract_state"] = audit.StateMonthToMonth
			}
			given := r
			if given.Facts, err = json.Marshal(facts); err != nil {
				t.Fatal(err)
			}
			for _, f := range eval(t, e, &given) {
				switch {
				case f.Rule == id && state == audit.StateRunning:
					silent = append(silent, id)
				case strings.HasPrefix(f.Rule, "outposts.") && state == audit.StateRetired && !billedStill[f.Rule]:
					t.Errorf("on the example of %s: %s %s: %s", id, f.Rule, f.Verdict, f.Msg)
				}
			}
		}
	}
	slices.Sort(silent)
	want := slices.DeleteFunc(rulesOf(load(t, Options{}, nil), audit.KindOutpost), func(id string) bool {
		return !strings.HasPrefix(id, "outposts.") || billedStill[id]
	})
	if diff := cmp.Diff(want, slices.Compact(silent)); diff != "" {
		t.Errorf("the rules that fire until the Outpost is given back (-want +got):\n%s", diff)
	}
}

// billedStill are the rules about what is billed, which may be after the return.
var billedStill = map[string]bool{"outposts.retired_still_billed": true, "outposts.billed_differs_from_contract": true}

// rulesOf returns the ids of the rules about a kind, in order.
func rulesOf(p *Pack, kind string) (ids []string) {
	for _, r := range p.Rules() {
		if slices.Contains(r.Kinds, kind) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}
