package finance

import (
	"encoding/json"
	"fmt"
	"testing"

	"tenor/audit"
)

// TestBilledDifference adds up the months of an Outpost: an upfront that slipped into a month which is not final yet is no difference,
// and one that nothing is seen of is.
func TestBilledDifference(t *testing.T) {
	const early = `{"period": "2026-09", "billed": "0.00", "expected": "100.00", "difference": "-100.00", "status": "explained", ` +
		`"why": "upfront in another month", "subscription": "sub-1"}`
	later := func(month, difference, subscription string) string {
		return fmt.Sprintf(`, {"period": %q, "billed": "100.00", "expected": "0.00", "difference": %q, "status": "cannot_tell", "why": "not_final", `+
			`"subscription": %q}`, month, difference, subscription)
	}
	for name, tc := range map[string]struct{ final, rows, want string }{
		"in a month that is not final": {`["2026-09"]`, early + later("2026-10", "100.00", "sub-1"), "0.00"},
		"in a month that is final":     {`["2026-09", "2026-10"]`, early + later("2026-10", "100.00", "sub-1"), "0.00"},
		"of another subscription":      {`["2026-09"]`, early + later("2026-10", "100.00", "sub-2"), "-100.00"},
		"of another amount":            {`["2026-09"]`, early + later("2026-10", "99.00", "sub-1"), "-100.00"},
		"in an earlier month":          {`["2026-09"]`, early + later("2026-08", "100.00", "sub-1"), "-100.00"},
		"in none":                      {`["2026-09"]`, early, "-100.00"},
		"not explained": {`["2026-09"]`, `{"period": "2026-09", "billed": "0.00", "expected": "100.00", "difference": "-100.00",
			"status": "differs", "subscription": "sub-1"}` + later("2026-10", "100.00", "sub-1"), "-100.00"},
	} {
		t.Run(name, func(t *testing.T) {
			r := outpost("op-1", threeYearContract, nineOptions)
			r.Related[audit.SectionCharges] = json.RawMessage(fmt.Sprintf(`{"final": %s, "rows": [%s]}`, tc.final, tc.rows))
			var f audit.OutpostFacts
			if err := chargedOutpost(r, &f); err != nil || string(f.BilledDifference) != tc.want {
				t.Errorf("%s, %v: want %s", f.BilledDifference, err, tc.want)
			}
		})
	}
}
