package policies

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// TestZoneOfTheMachine: what a policy says of time does not depend on where it is evaluated.
func TestZoneOfTheMachine(t *testing.T) {
	want := map[string]string{
		`time.clock([1793448000000000000, "Local"])`:                      `[12,0,0]`,
		`time.date([1793484000000000000, "Local"])`:                       `[2026,10,31]`,
		`time.weekday([1793484000000000000, "Local"])`:                    `"Saturday"`,
		`time.format([1793448000000000000, "Local"])`:                     `"2026-10-31T12:00:00Z"`,
		`time.format([1793448000000000000, "Local", "RFC1123"])`:          `"Sat, 31 Oct 2026 12:00:00 UTC"`,
		`time.format([1793448000000000000, "Asia/Kolkata", "15:04 MST"])`: `"17:30 IST"`,
		`time.add_date(input.spec.at, 0, 0, 1)`:                           `1793534400000000000`, // New York changes its clock
		`time.diff(input.spec.at, [1793448000000000000, "UTC"])`:          `[0,0,0,0,0,0]`,
		`time.parse_ns("RFC1123", "Sat, 31 Oct 2026 12:00:00 EST")`:       `1793448000000000000`,
		`time.parse_ns("UnixDate", "Sat Oct 31 12:00:00 IST 2026")`:       `1793448000000000000`,
		`time.parse_ns("2006-01-02 15:04 MST", "2026-10-31 12:00 EDT")`:   `1793448000000000000`,
		`time.parse_ns("2006-01-02 15:04", "2026-10-31 12:00")`:           `1793448000000000000`,
		`time.parse_ns("RFC1123Z", "Sat, 31 Oct 2026 14:00:00 +0200")`:    `1793448000000000000`,
		`time.parse_rfc3339_ns("2026-10-31T08:00:00-04:00")`:              `1793448000000000000`,
		`time.parse_ns("2006", "2300")`:                                   `time outside of valid range`,
		`time.parse_ns("2006", "x")`:                                      `parsing time "x" as "2006": cannot parse "x" as "2006"`,
		`time.clock([1793448000000000000, "Nowhere"])`:                    `unknown time zone Nowhere`,
	}
	files, exprs := map[string]string{}, slices.Sorted(maps.Keys(want))
	for i, expr := range exprs {
		files[fmt.Sprintf("%d.rego", i)] = fmt.Sprintf("package acme%d\n\ndeny contains {\"msg\": json.marshal(%s)}\n", i, expr)
	}
	p := load(t, Options{}, files)
	for _, zone := range []string{"UTC", "America/New_York", "Asia/Kolkata"} {
		t.Run(zone, func(t *testing.T) {
			location, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			local := time.Local
			time.Local = location
			defer func() { time.Local = local }()
			have := map[string]string{}
			res := &audit.Resource{Kind: audit.KindOrder, ID: "oo-1", Spec: json.RawMessage(`{"at":[1793448000000000000,"Local"]}`)}
			for _, f := range eval(t, evaluator(t, p), res) {
				var i int
				if _, err := fmt.Sscanf(f.Rule, "acme%d", &i); err == nil {
					have[exprs[i]] = f.Msg
					if _, failed, ok := strings.Cut(f.Msg, ": time."); ok { // the rule failed: file:line: time.clock: why
						_, have[exprs[i]], _ = strings.Cut(failed, ": ")
					}
				}
			}
			if d := cmp.Diff(want, have); d != "" {
				t.Error(d)
			}
		})
	}
}
