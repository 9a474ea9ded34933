package extsort

import (
	"bytes"
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
	for _, budget := range []int{1, 200, 5_000, 1 << 20} {
		t.Run(fmt.Sprint(budget), func(t *testing.T) {
			dir := t.TempDir()
			s := New(dir, budget)
			rnd := rand.New(rand.NewPCG(1, uint64(budget)))
			var want []string
			for range 500 {
				key := fmt.Sprintf("%03d", rnd.IntN(400))
				value := key + "=" + string(bytes.Repeat([]byte("x"), rnd.IntN(40)))
				want = append(want, value)
				if err := s.Add([]byte(key), []byte(value)); err != nil {
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
			if err := s.Close(); err != nil {
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
