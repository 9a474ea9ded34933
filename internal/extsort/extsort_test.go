package extsort

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSorterOrdersWhateverTheBudget(t *testing.T) {
	for _, budget := range []int{1, 200, 60_000, 1 << 25} {
		t.Run(fmt.Sprint(budget), func(t *testing.T) {
			dir := t.TempDir()
			s, other := New(dir, budget), New(dir, 3_000)
			rnd := rand.New(rand.NewPCG(1, uint64(budget)))
			var want []string
			var scratch []byte
			for range 500 {
				key := fmt.Sprintf("%03d", rnd.IntN(400))
				value := key + "=" + string(bytes.Repeat([]byte("x"), rnd.IntN([...]int{40, 3_000, 20_000}[rnd.IntN(3)])))
				want = append(want, value)
				scratch = append(append(scratch[:0], key...), value...)
				if err := s.Add(scratch[:len(key)], scratch[len(key):]); err != nil {
					t.Fatal(err)
				}
				clear(scratch) // the caller's own
				// blocks go from one sorter to the other
				if err := other.Add([]byte("other"), bytes.Repeat([]byte("o"), 200)); err != nil {
					t.Fatal(err)
				}
			}
			slices.Sort(want) // '=' sorts after digits' end, so values order as (key, value)
			for range 2 {     // it can be read again
				var got []string
				for r, err := range s.All() {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, string(r.Value))
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Fatal(d)
				}
			}
			if err := errors.Join(s.Close(), other.Close()); err != nil {
				t.Fatal(err)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestSorterSaysWhereItCannotSpill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	if err := New(dir, 1).Add([]byte("k"), []byte("v")); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v, want one that names %s", err, dir)
	}
}
