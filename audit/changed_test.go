package audit

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestChangedSorter gives what findings were and what they are in orders that have nothing to do with each other.
func TestChangedSorter(t *testing.T) {
	finding := func(i int, severity Severity, msg string) *Finding {
		return &Finding{Fingerprint: fmt.Sprintf("%02d", i), Rule: "a.b", Severity: severity, Verdict: Fail, Msg: msg, Resource: ResourceRef{ID: fmt.Sprintf("r%02d", 9-i)}}
	}
	cs := NewChangedSorter(t.TempDir())
	defer cs.Close() //nolint:errcheck // nothing is on disk
	for _, i := range []int{3, 0, 2, 1, 7} {
		if err := cs.Before(finding(i, High, "was")); err != nil {
			t.Fatal(err)
		}
	}
	for _, after := range []*Finding{finding(0, High, "is"), finding(1, Low, "was"), finding(2, Critical, "is"), finding(3, High, "is")} {
		if err := cs.After(after); err != nil {
			t.Fatal(err)
		}
	}
	list, err := cs.List()
	if err != nil {
		t.Fatal(err)
	}
	have := []string{}
	for c, err := range list.All() {
		if err != nil {
			t.Fatal(err)
		}
		have = append(have, fmt.Sprintf("%s %v %s %s, was %s %s", c.Fingerprint, c.Fields, c.After.Severity, c.After.Msg, c.Before.Severity, c.Before.Msg))
	}
	want := []string{"02 [severity msg] critical is, was high was", "03 [msg] high is, was high was", "00 [msg] high is, was high was", "01 [severity] low was, was high was"}
	if diff := cmp.Diff(want, have); diff != "" || list.Len != len(want) {
		t.Errorf("%d changed (-want +have):\n%s", list.Len, diff)
	}
}

// TestChangedAreNotKept changes many findings and holds how little of them stays in memory.
func TestChangedAreNotKept(t *testing.T) {
	const many = 20_000
	heap := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	cs := NewChangedSorter(t.TempDir())
	before := heap()
	for i := range many {
		f := Finding{Fingerprint: fmt.Sprintf("%016x", i*7919), Rule: "a.b", Severity: High, Verdict: Fail, Msg: fmt.Sprintf("%0800d", i)}
		if err := cs.Before(&f); err != nil {
			t.Fatal(err)
		}
		f.Severity = Low
		if err := cs.After(&f); err != nil {
			t.Fatal(err)
		}
	}
	list, err := cs.List()
	if err != nil || list.Len != many {
		t.Fatalf("%d, %v", list.Len, err)
	}
	if grown := heap() - before; grown > 4*sortBudget {
		t.Errorf("%d findings that changed take %d bytes of memory", many, grown)
	}
	if err := cs.Close(); err != nil {
		t.Error(err)
	}
}
