package policies

import (
	"encoding/json"
	"regexp"
	"testing"

	"tenor/audit"
)

// large is a number whose power of ten takes OPA long to write out.
var large = regexp.MustCompile(`[eE][+-]?\d{4}`)

// FuzzProgram compares the engine with OPA on the random rules and resources of a seed, and on two resources whose spec is given.
func FuzzProgram(f *testing.F) {
	f.Add(uint64(1), []byte(`{"Tags": {"Key": "a"}}`), []byte(`{"Tags": [{"Key": "a"}]}`))
	f.Add(uint64(2), []byte(`{"a": {"b": {"c": 1, "Key": null}}, "a": {"b": 2}}`), []byte(`{"\u0061": [1.0, 1e0, -0, {"": []}]}`))
	f.Add(uint64(3), []byte("{\"\xff\": {\"a\": \"\xff\"}}"), []byte(`{"\ud800": {"a": "\ud800"}}`))
	for seed := uint64(280); seed < 400; seed++ { // among which each fault that was here before is found
		f.Add(seed, []byte(`{"a": {"a": {"a": "A", "b": 1}, "b": {"a": "A", "b": {"a": 1}}}, "b": [{"Key": "a", "a": 1}]}`),
			[]byte(`{"a": [{"a": {"a": "A"}}, [["A"]]], "b": {"Key": {"a": "A", "b": true}, "a": {"a": {"a": "A"}}}}`))
	}
	f.Fuzz(func(t *testing.T, seed uint64, a, b []byte) {
		var more []*sample
		for _, spec := range [][]byte{a, b, a} {
			if len(spec) > 4<<10 || !json.Valid(spec) || large.Match(spec) {
				return
			}
			n, err := parseNode(spec)
			if err != nil {
				t.Fatalf("%q: %v", spec, err)
			}
			more = append(more, &sample{kind: audit.KindOrder, id: "oo-1", spec: n, related: map[string]*node{}})
		}
		tryProgram(t, seed, more, true, new(tally))
	})
}
