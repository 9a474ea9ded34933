package workbook

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMembers(t *testing.T) {
	for name, tt := range map[string]struct {
		doc  string
		want map[string]string
	}{
		"scalars":         {`{"a":"x","b":1.5,"c":true,"d":null}`, map[string]string{"a": `"x"`, "b": "1.5", "c": "true", "d": "null"}},
		"space":           {" { \"a\" :\n\"x\" ,\t\"b\" : 2 } ", map[string]string{"a": `"x"`, "b": "2"}},
		"nested":          {`{"a":{"b":[1,{"c":"]}"}]},"d":[],"e":"f"}`, map[string]string{"a": `{"b":[1,{"c":"]}"}]}`, "d": "[]", "e": `"f"`}},
		"escapes":         {`{"a":"\"","b":"\\","c":"\\\"","d":1}`, map[string]string{"a": `"\""`, "b": `"\\"`, "c": `"\\\""`, "d": "1"}},
		"empty":           {`{}`, map[string]string{}},
		"nothing":         {``, map[string]string{}},
		"cut in a string": {`{"a":"x`, map[string]string{"a": `"x`}},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]string{}
			for k, v := range members([]byte(tt.doc)) {
				got[string(k)] = string(v)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzMembers holds members against encoding/json on valid objects, and has it end on anything else.
func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"a":"\"x\\","b":[{"c":null}],"d":-1e5}`))
	f.Add([]byte(`{"a":{"a":"}"},"é":"😀"}`))
	f.Add([]byte(`{"a`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		got := map[string]json.RawMessage{}
		for k, v := range members(doc) {
			var name string
			if err := json.Unmarshal([]byte(`"`+string(k)+`"`), &name); err == nil {
				got[name] = append(json.RawMessage{}, v...)
			}
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(doc, &want); err != nil || want == nil {
			return
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
