package workbook

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"

	"tenor/audit"
)

// TestRenewalsAreNotKept writes a workbook of few renewals and one of many, each read anew whenever it is asked for: what is held while
// the last of them is written grows by little more than its id, its place and its links.
func TestRenewalsAreNotKept(t *testing.T) {
	held := func(n int) int {
		r, _ := fullReport(1)
		renewals := renewalsOf(&r)
		first := slices.IndexFunc(renewals, func(rn audit.Renewal) bool { return rn.Due() && len(rn.Options) > 0 })
		text, err := audit.EncodeJSON(renewals[first])
		if err != nil {
			t.Fatal(err)
		}
		most := 0
		r.Renewals = audit.NewList(n, func(yield func(audit.Renewal, error) bool) {
			for i := range n {
				var rn audit.Renewal
				err := json.Unmarshal(text, &rn)
				rn.Resource.ID = fmt.Sprintf("op-%017x", i)
				if !yield(rn, err) {
					return
				}
				if i == n-2 {
					runtime.GC()
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					most = max(most, int(m.HeapAlloc))
				}
			}
		})
		if err := Write(io.Discard, r, nil); err != nil {
			t.Fatal(err)
		}
		return most
	}
	const few, many, most = 200, 700, 1000
	if each := (held(many) - held(few)) / (many - few); each > most {
		t.Errorf("%d bytes are held of each renewal, want %d at the most", each, most)
	}
}
