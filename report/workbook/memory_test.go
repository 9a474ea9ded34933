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

// TestResourcesAreNotKept does the same with Outposts, each with its subscriptions, and open orders: of an Outpost its row is kept and where
// its subscriptions lie on disk, of an order nothing.
func TestResourcesAreNotKept(t *testing.T) {
	r, resources := fullReport(1)
	lines := map[string][]byte{}
	for _, res := range resources {
		var o order
		o.decode("spec", res.Spec, &o.spec)
		if res.Kind == audit.KindOutpost && len(res.Related["billing"]) > 0 || res.Kind == audit.KindOrder && o.open() {
			line, _, _, err := audit.AppendResource(nil, res)
			if err != nil {
				t.Fatal(err)
			}
			lines[res.Kind] = line
		}
	}
	held := func(kind string, n int) int {
		most := 0
		err := Write(io.Discard, r, func(yield func(*audit.Resource, error) bool) {
			for i := range n {
				var res audit.Resource
				err := audit.DecodeResource(lines[kind], &res)
				res.ID = fmt.Sprintf("id-%017x", i)
				if !yield(&res, err) {
					return
				}
				if i == n-2 {
					runtime.GC()
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					most = int(m.HeapAlloc)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return most
	}
	for kind, most := range map[string]int{audit.KindOutpost: 200, audit.KindOrder: 100} {
		if lines[kind] == nil {
			t.Fatalf("no %s to write", kind)
		}
		const few, many = 3000, 13_000 // there are 1,500 or so on their way
		if each := (held(kind, many) - held(kind, few)) / (many - few); each > most {
			t.Errorf("%d bytes are held of each %s, want %d at the most", each, kind, most)
		}
	}
}
