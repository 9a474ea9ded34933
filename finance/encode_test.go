package finance

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// filler sets each field to something else.
type filler struct {
	n    int
	zero bool // leave them at their zero value, but put entries into lists
}

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 8, 8))
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Pointer:
		if !f.zero {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem())
		}
	case reflect.String:
		texts := []string{"plain", "1,234.50 USD ", `"quoted" \ back`, "<&>", "Zürich", "line\nbreak\u2028\x00\x7f", "\xff"}
		switch {
		case v.Type() == reflect.TypeFor[json.Number](): // never empty
			v.SetString(fmt.Sprintf("-12.%d", f.n))
		case !f.zero && f.n%9 != 0:
			v.SetString(fmt.Sprint(texts[f.n%len(texts)], f.n))
		}
	case reflect.Bool:
		v.SetBool(!f.zero && f.n%2 == 0)
	case reflect.Int, reflect.Int64:
		if !f.zero {
			v.SetInt(int64(f.n) * int64(1-f.n%2*2))
		}
	default:
		panic("facts had no " + v.Type().String() + " before: teach it to encoder and to this test")
	}
}

// TestEncoder: facts are encoded as audit.EncodeJSON encodes them, with every field set and with none.
func TestEncoder(t *testing.T) {
	for _, start := range []filler{{zero: true}, {n: 0}, {n: 1}, {n: 2}} {
		var o audit.OutpostFacts
		var q audit.QuoteFacts
		var r audit.OrderFacts
		for _, tc := range []struct {
			facts  any
			encode func(*encoder)
		}{
			{&o, func(e *encoder) { e.outpost(&o) }},
			{&q, func(e *encoder) { e.quote(&q) }},
			{&r, func(e *encoder) { e.order(&r) }},
		} {
			f := start
			f.fill(reflect.ValueOf(tc.facts).Elem())
			want, err := audit.EncodeJSON(tc.facts)
			if err != nil {
				t.Fatal(err)
			}
			var e encoder
			tc.encode(&e)
			if diff := cmp.Diff(string(want), string(e.b)); diff != "" {
				t.Errorf("%T: %s", tc.facts, diff)
			}
		}
	}
}
