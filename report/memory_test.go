package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"testing"

	"tenor/audit"
)

// TestNoFormatKeepsRenewals writes a report of some renewals and one of many, each read anew whenever it is asked for, in every format:
// what is held while the last of them is written does not grow with them.
func TestNoFormatKeepsRenewals(t *testing.T) {
	full := fullReport()
	renewals := renewalsOf(&full)
	text, err := audit.EncodeJSON(renewals[slices.IndexFunc(renewals, func(rn audit.Renewal) bool { return rn.Due() && len(rn.Options) > 0 })])
	if err != nil {
		t.Fatal(err)
	}
	// held writes so many to w, and returns how many bytes are held at most, as the last of them is read.
	held := func(t *testing.T, write func(io.Writer, audit.Report) error, n int) int {
		most := 0
		note := func(i int) {
			if i == n-2 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, int(m.HeapAlloc))
			}
		}
		one := func(i int) (rn audit.Renewal, err error) {
			err = json.Unmarshal(text, &rn)
			rn.Resource.ID = fmt.Sprintf("op-%017x", i)
			return rn, err
		}
		r := hostileReport("op")
		r.Renewals = audit.NewList(n, func(yield func(audit.Renewal, error) bool) {
			for i := range n {
				if rn, err := one(i); !yield(rn, err) {
					return
				}
				note(i)
			}
		})
		r.Summary.Calendar = audit.NewList(n, func(yield func(audit.CalendarDay, error) bool) {
			for i := range n {
				rn, err := one(i)
				if !yield(rn.CalendarDays(fixtureTime)[0], err) {
					return
				}
				note(i)
			}
		})
		if err := write(io.Discard, r); err != nil {
			t.Fatal(err)
		}
		return most
	}
	formats := map[string]func(io.Writer, audit.Report) error{"JSON": JSON}
	for name, f := range read {
		formats[name] = f.write
	}
	for _, name := range slices.Sorted(maps.Keys(formats)) {
		t.Run(name, func(t *testing.T) {
			const few, many, most = htmlRows + 100, htmlRows + 1100, 300
			if each := (held(t, formats[name], many) - held(t, formats[name], few)) / (many - few); each > most {
				t.Errorf("%d bytes are held of each renewal, want %d at the most", each, most)
			}
		})
	}
}
