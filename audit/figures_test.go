package audit

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestProductFigures holds what there is to see first of products, in numbers and in words, to what is known of them.
func TestProductFigures(t *testing.T) {
	median := json.Number("2.5")
	none := Figure{"Causes", "0", "", "0 causes"}
	for name, tt := range map[string]struct {
		products *Products
		want     []Figure
	}{
		"not read":      {nil, nil},
		"no products":   {&Products{}, nil},
		"none was read": {&Products{Incomplete: true}, []Figure{{"Broken now", "0", "of 0 products, not all of them read", "0 of 0 products are broken now, not all of them read"}, none}},
		"none is broken": {&Products{Total: 1}, []Figure{
			{"Broken now", "0", "of 1 product", "0 of 1 product is broken now"}, none}},
		"one is broken": {&Products{Total: 2000, Broken: 1}, []Figure{
			{"Broken now", "1", "of 2,000 products", "1 of 2,000 products is broken now"}, none}},
		"causes": {&Products{Total: 9, Broken: 8, Unexplained: 1, Causes: []ProductCause{{Cause: Cause{Products: 4}}, {Cause: Cause{Products: 1}}},
			Unlisted: UnlistedProducts{Causes: 2}}, []Figure{
			{"Broken now", "8", "of 9 products", "8 of 9 products are broken now"},
			{"Causes", "2", "the largest of 4 products, and those of 2 products more, not known for 1 possible failure",
				"2 causes, the largest of 4 products, and those of 2 products more, not known for 1 possible failure"}}},
		"more failed than are broken": {&Products{Total: 216, Broken: 17, Unexplained: 25}, []Figure{
			{"Broken now", "17", "of 216 products", "17 of 216 products are broken now"},
			{"Causes", "0", "not known for 25 possible failures", "0 causes, not known for 25 possible failures"}}},
		"the oldest": {&Products{Total: 9, Broken: 2, Oldest: &ProductRef{ID: "pp-1", Name: "web", Since: "2026-11-13T23:00:00Z"}}, []Figure{
			{"Broken now", "2", "of 9 products", "2 of 9 products are broken now"}, none,
			{"Oldest", "7 days", "web", "the oldest for 7 days: web"}}},
		"the oldest, for longer, without a name": {&Products{Total: 9, Broken: 2,
			Oldest: &ProductRef{ID: "pp-1", Since: "2026-11-19T00:00:00Z", Before: true}}, []Figure{
			{"Broken now", "2", "of 9 products", "2 of 9 products are broken now"}, none,
			{"Oldest", "over 1 day", "pp-1", "the oldest for over 1 day: pp-1"}}},
		"the oldest, since after the run": {&Products{Total: 9, Broken: 2, Oldest: &ProductRef{ID: "pp-1", Since: "2026-11-23T00:00:00Z"}}, []Figure{
			{"Broken now", "2", "of 9 products", "2 of 9 products are broken now"}, none,
			{"Oldest", "0 days", "pp-1", "the oldest for 0 days: pp-1"}}},
		"the oldest, since nobody knows when": {&Products{Total: 9, Broken: 2, Oldest: &ProductRef{ID: "pp-1"}}, []Figure{
			{"Broken now", "2", "of 9 products", "2 of 9 products are broken now"}, none}},
		"repairs, and the last run": {&Products{Total: 9, Broken: 2, MedianRepairDays: &median, Repairs: make([]Repair, 2),
			Since: &ProductsSince{Baseline: "2026-11-13T09:00:00Z", New: 1, Mended: 3}}, []Figure{
			{"Broken now", "2", "of 9 products", "2 of 9 products are broken now"}, none,
			{"Median time to repair", "2.5 days", "of 2 repairs", "median time to repair 2.5 days, of 2 repairs"},
			{"Since the last run", "1 new, 3 mended", "as of 2026-11-13", "since the last run 1 new, 3 mended, as of 2026-11-13"}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := Report{Run: Run{AsOf: "2026-11-20T09:00:00Z"}, Products: tt.products}
			got, err := r.ProductFigures()
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
