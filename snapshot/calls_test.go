package snapshot

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/inline"
)

func oddCalls() []CallMetrics {
	return []CallMetrics{
		{Account: "2", Region: "r", Service: "s", Operation: "o", Calls: 3, Retries: 2, Throttles: 1, Seconds: 0.1},
		{Account: "1", Region: "r", Service: "s", Operation: "o", Calls: 1, Seconds: 1e-7},
		{Account: "2", Region: "r", Service: "s", Operation: "o", Calls: 4, Retries: 3, Throttles: 2, Seconds: 0.2},
		{Account: "of \u2028 <b>&", Region: `"quoted"\`, Calls: math.MaxInt, Retries: -1, Seconds: 123456789012345678901234567890},
		{},
	}
}

func callsOf(list ...CallMetrics) *Calls {
	calls := &Calls{}
	for _, c := range list {
		calls.Add(c)
	}
	return calls
}

func TestCalls(t *testing.T) {
	calls := callsOf(oddCalls()...)
	if diff := cmp.Diff(oddCalls(), slices.Collect(calls.All())); diff != "" || calls.Len() != len(oddCalls()) {
		t.Errorf("%d calls (-added +kept):\n%s", calls.Len(), diff)
	}
	sum := oddCalls()[0]
	sum.Add(oddCalls()[2])
	odd := oddCalls()
	want := []CallMetrics{{}, odd[1], sum, odd[3]}
	if diff := cmp.Diff(want, slices.Collect(calls.Sum().All())); diff != "" {
		t.Errorf("summed (-want +have):\n%s", diff)
	}
	var none *Calls
	if none.Len() != 0 || slices.Collect(none.All()) != nil || none.Sum().Len() != 0 {
		t.Error("nil has calls")
	}
}

// TestManifestIsWrittenAsEncodingJSONWould: what is written a row at a time is what the encoder makes of the whole, and is read back.
func TestManifestIsWrittenAsEncodingJSONWould(t *testing.T) {
	for name, calls := range map[string][]CallMetrics{"calls": oddCalls(), "one": oddCalls()[:1], "no calls": {}, "nil": nil} {
		t.Run(name, func(t *testing.T) {
			m := Manifest{SchemaVersion: SchemaVersion, Accounts: []ManifestAccount{{ID: "1", Name: "\n \"coverage\": null"}},
				Files: []File{{Path: "p"}}}
			rows := []audit.Coverage{
				{Account: "1", Region: "r", Service: "s", Operation: "o", Status: audit.StatusGap, Reason: audit.ReasonError, Message: "<&>\u2028"},
				{Account: "2", Status: audit.StatusSuspended},
			}
			if calls == nil {
				rows = []audit.Coverage{}
			}
			type plain struct { // a manifest, its long lists as slices
				Manifest
				Coverage []audit.Coverage `json:"coverage"`
				Calls    []CallMetrics    `json:"calls"`
			}
			b, err := audit.EncodeJSON(plain{m, rows, calls})
			if err != nil {
				t.Fatal(err)
			}
			var members map[string]json.RawMessage
			if err := json.Unmarshal(b, &members); err != nil {
				t.Fatal(err)
			}
			m.Coverage = inline.Into(&audit.Ledger{}, rows...)
			if calls != nil {
				m.Calls = callsOf(calls...)
			}
			var have bytes.Buffer
			if err := m.write(&have); err != nil {
				t.Fatal(err)
			}
			var written map[string]json.RawMessage
			if err := json.Unmarshal(have.Bytes(), &written); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"coverage", "calls", "accounts", "files"} {
				var want bytes.Buffer
				if err := json.Indent(&want, members[name], " ", " "); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want.String(), string(written[name])); diff != "" {
					t.Errorf("%s (-encoder +written):\n%s", name, diff)
				}
			}
			var whole bytes.Buffer
			if err := json.Indent(&whole, bytes.TrimSpace(have.Bytes()), "", " "); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(whole.String()+"\n", have.String()); diff != "" {
				t.Errorf("the indentation (-encoder +written):\n%s", diff)
			}
			var back Manifest
			if err := audit.DecodeJSON(name, have.Bytes(), &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(rows, append([]audit.Coverage{}, slices.Collect(back.Coverage.All())...)); diff != "" {
				t.Errorf("the ledger that is read back:\n%s", diff)
			}
			if diff := cmp.Diff(calls, slices.Collect(back.Calls.All())); diff != "" && len(calls) > 0 {
				t.Errorf("the calls that are read back:\n%s", diff)
			}
		})
	}
}
