package audit

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSorterOrdersWhateverTheBudget(t *testing.T) {
	for _, budget := range []int{1, 200, 5_000, 1 << 20} {
		t.Run(fmt.Sprint(budget), func(t *testing.T) {
			dir := t.TempDir()
			s := newSorter(dir, budget)
			rnd := rand.New(rand.NewPCG(1, uint64(budget)))
			var want []string
			for range 500 {
				key := fmt.Sprintf("%03d", rnd.IntN(400))
				value := key + "=" + string(bytes.Repeat([]byte("x"), rnd.IntN(40)))
				want = append(want, value)
				if err := s.add([]byte(key), []byte(value)); err != nil {
					t.Fatal(err)
				}
			}
			slices.Sort(want) // '=' sorts after digits' end, so values order as (key, value)
			for range 2 {     // it can be read again
				var got []string
				for r, err := range s.all() {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, string(r.value))
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Fatal(d)
				}
			}
			if err := s.close(); err != nil {
				t.Fatal(err)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestSorterSaysWhereItCannotSpill(t *testing.T) {
	s := newSorter(t.TempDir()+"/missing", 1)
	if err := s.add([]byte("k"), []byte("v")); err == nil {
		t.Fatal("no error")
	}
}
