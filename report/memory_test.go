package report

import (
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"tenor/audit"
)

// TestNoFormatKeepsRenewals writes a report of some renewals and one of many, each read anew whenever it is asked for, in every format:
// what is held while the last of them is written does not grow with them.
func TestNoFormatKeepsRenewals(t *testing.T) {
	full := fullReport()
	renewals := renewalsOf(&full)
	sample := renewals[slices.IndexFunc(renewals, func(rn audit.Renewal) bool { return rn.Due() && len(rn.Options) > 0 })]
	// held writes so many, and returns how many bytes are held at most, as the last of them is read.
	held := func(t *testing.T, write func(io.Writer, audit.Report) error, n int) int {
		most := 0
		note := func(i int) {
			if i == n-2 {
				runtime.GC()
				runtime.GC() // what pools keep for one collection
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, int(m.HeapAlloc))
			}
		}
		one := func(i int) audit.Renewal {
			rn := sample
			anew(reflect.ValueOf(&rn).Elem())
			rn.Resource.ID = fmt.Sprintf("op-%017x", i)
			return rn
		}
		r := hostileReport("op")
		r.Renewals = audit.NewList(n, func(yield func(audit.Renewal, error) bool) {
			for i := range n {
				if !yield(one(i), nil) {
					return
				}
				note(i)
			}
		})
		r.Summary.Calendar = audit.NewList(n, func(yield func(audit.CalendarDay, error) bool) {
			for i := range n {
				rn := one(i)
				if !yield(rn.CalendarDays(fixtureTime)[0], nil) {
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
			const few, many = htmlRows + 100, htmlRows + 1100
			most := 300
			if name == "ParquetRenewals" { // the columns of a row group, with room to grow
				most = 600
			}
			// What is kept to be used again comes and goes: what lives is the least of several counts.
			lives, each := map[int]int{few: math.MaxInt, many: math.MaxInt}, math.MaxInt
			for try := 0; try < 4 && each > most; try++ {
				for n := range lives {
					lives[n] = min(lives[n], held(t, formats[name], n))
				}
				each = (lives[many] - lives[few]) / (many - few)
			}
			if each > most {
				t.Errorf("%d bytes are held of each renewal, want %d at the most", each, most)
			}
		})
	}
}

// anew gives a value texts and lists of its own, as one that is read from a file has.
func anew(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Clone(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				anew(v.Field(i))
			}
		}
	case reflect.Slice:
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		v.Set(own)
		for i := range v.Len() {
			anew(v.Index(i))
		}
	case reflect.Pointer:
		if own := reflect.New(v.Type().Elem()); !v.IsNil() {
			own.Elem().Set(v.Elem())
			v.Set(own)
			anew(own.Elem())
		}
	}
}
