package collector

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awssim"
	"tenor/internal/rawjson"
)

// sectionIDs are the ids of the entries of a section's list; nil where the section is not there.
func sectionIDs(r *audit.Resource, section, list, id string) []string {
	if r.Related[section] == nil {
		return nil
	}
	ids := []string{}
	for e := range rawjson.Elements(rawjson.Find(r.Related[section], list)) {
		ids = append(ids, textOf(e, id))
	}
	return ids
}

// TestCapacitySections reads what an Outpost has and who uses it, over one page and several, of its owner alone.
func TestCapacitySections(t *testing.T) {
	for _, pageSize := range []int{0, 1, 2} {
		t.Run(fmt.Sprint(pageSize), func(t *testing.T) {
			sim := simulate(t, awssim.Options{PageSize: pageSize})
			s := collected(t, optionsFor(t, sim, plant))
			for id, want := range map[string][2][]string{
				"op-00000000000000001": {{"A1", "A2", "S1"}, {"A1", "A1", "A1"}},
				"op-00000000000000002": {{}, {}},
				"op-00000000000000003": {nil, nil}, // another account's
			} {
				r := resource(t, s, id)
				got := [2][]string{sectionIDs(r, "assets", "Assets", "AssetId"), sectionIDs(r, "asset_instances", "AssetInstances", "AssetId")}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", id, diff)
				}
				if rawjson.Find(r.Related["assets"], "NextToken") != nil || len(r.Gaps) > 0 && id != "op-00000000000000002" {
					t.Errorf("%s: %s, gaps %v", id, r.Related["assets"], r.Gaps)
				}
			}
			for _, q := range sim.Requests() {
				if q.Operation == "ListAssets" && q.Params["OutpostId"] == "op-00000000000000003" {
					t.Error("AWS was asked for the assets of another account's Outpost")
				}
			}
		})
	}
}

// TestCapacityOnPageTwo fails on the second page: what the first gave stays, and is a gap.
func TestCapacityOnPageTwo(t *testing.T) {
	for operation, section := range map[string]string{"ListAssets": "assets", "ListAssetInstances": "asset_instances"} {
		t.Run(operation, func(t *testing.T) {
			fault := awssim.Fault{Operation: operation, Kind: awssim.FaultAccessDenied, After: 2}
			s := collected(t, optionsFor(t, simulate(t, awssim.Options{PageSize: 1, Faults: []awssim.Fault{fault}}), plant))
			// which of the two Outposts has its second call denied depends on their turns; the first has several pages
			r := resource(t, s, "op-00000000000000001")
			if r.Gaps[section].Operation != operation || r.Gaps[section].Reason != audit.ReasonAccessDenied {
				t.Errorf("gaps %v", r.Gaps)
			}
			for c := range s.Manifest.Coverage.All() {
				if c.Operation == operation && (c.Status != audit.StatusOptional || c.Reason != audit.ReasonAccessDenied) {
					t.Errorf("the ledger says %+v", c)
				}
				if c.Status == audit.StatusGap {
					t.Errorf("a gap: %+v", c)
				}
			}
		})
	}
}

// TestBlockingInstances are read of the tasks that wait for an evacuation, and of no others.
func TestBlockingInstances(t *testing.T) {
	sim := simulate(t, awssim.Options{PageSize: 2})
	s := collected(t, optionsFor(t, sim, plant))
	var asked []string
	for _, q := range sim.Requests() {
		if q.Operation == "ListBlockingInstancesForCapacityTask" && !slices.Contains(asked, q.Params["CapacityTaskId"]) {
			asked = append(asked, q.Params["CapacityTaskId"])
		}
	}
	if diff := cmp.Diff([]string{"cap-00000000000000003"}, asked); diff != "" {
		t.Errorf("asked of (-want +got):\n%s", diff)
	}
	for id, want := range map[string]int{"cap-00000000000000001": -1, "cap-00000000000000002": -1, "cap-00000000000000003": 3} {
		got := -1
		if ids := sectionIDs(resource(t, s, id), "blocking_instances", "BlockingInstances", "InstanceId"); ids != nil {
			got = len(ids)
		}
		if got != want {
			t.Errorf("%s: %d blocking instances, want %d", id, got, want)
		}
	}
}
