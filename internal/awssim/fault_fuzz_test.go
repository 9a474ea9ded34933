package awssim

import (
	"strings"
	"testing"
)

// FuzzLoadFaults: what is read are faults that can be answered with, as many as the list has, and an error is one line that names a line.
func FuzzLoadFaults(f *testing.F) {
	for _, text := range []string{
		`[{"operation": "ListOrders", "kind": "throttle", "after": 2, "times": 1}]`, `[{"kind": "slow", "delay": "2s"}]`, `[{"kind": "slow"}]`,
		`[{"kind": "throttle", "after": -1}]`, `[{"kind": "throttle", "delay": "x"}]`, `[{"kind": "none"}]`, `[{"Kind": "throttle"}]`, `{}`, `[]`, ``,
		"[\n{\"kind\": \"throttle\"},\n1]", `[{"kind": "throttle", "kind": "slow"}]`, `[{"kind": "throttle", "times": 1e99}]`, `[] []`,
		strings.Repeat("[", 20_000),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		faults, err := LoadFaults(strings.NewReader(text))
		if err != nil {
			if faults != nil || strings.ContainsAny(err.Error(), "\n\r") || !strings.HasPrefix(err.Error(), "load faults: ") {
				t.Errorf("%d faults, and the error %q", len(faults), err)
			}
			return
		}
		for _, fault := range faults {
			if err := fault.check(); err != nil {
				t.Errorf("%+v is taken: %v", fault, err)
			}
		}
	})
}
