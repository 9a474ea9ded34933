package packed

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

type row struct {
	name   string
	number uint64
}

func rowsOf(r *Rows) (all []row) {
	for f := range r.All() {
		all = append(all, row{r.Name(f[0]), f[1]})
	}
	return all
}

func TestRows(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	r := &Rows{}
	var want []row
	for i := range 20_000 { // of several blocks
		w := row{fmt.Sprint("name ", rnd.IntN(300)), [...]uint64{uint64(i), math.MaxUint64, 0}[rnd.IntN(3)]}
		want = append(want, w)
		r.Add(r.ID(w.name), w.number)
	}
	same := func() {
		t.Helper()
		if d := gocmp.Diff(want, rowsOf(r), gocmp.AllowUnexported(row{})); d != "" || r.Len() != len(want) {
			t.Fatalf("%d rows (-want +have):\n%s", r.Len(), d)
		}
	}
	same()
	r.Sort(func(a, b []uint64) int { return cmp.Compare(r.Name(a[0]), r.Name(b[0])) })
	slices.SortStableFunc(want, func(a, b row) int { return cmp.Compare(a.name, b.name) })
	same()
	r.Add(r.ID("one more"), 1)
	want = append(want, row{"one more", 1})
	same()
	for range r.All() {
		break
	}
	if have := rowsOf(&Rows{}); have != nil {
		t.Errorf("rows of nothing: %v", have)
	}
}

// TestSmall: a record of names that came before and of small numbers takes a byte for each.
func TestSmall(t *testing.T) {
	r := &Rows{}
	for range 100_000 {
		r.Add(r.ID("account"), r.ID("region"), 7)
	}
	n := 0
	for _, b := range r.blocks {
		n += cap(b)
	}
	if most := 3*r.Len() + blockSize + r.Len()/100; n > most {
		t.Errorf("%d records take %d bytes, want at most %d", r.Len(), n, most)
	}
}
