package estate

import (
	"io"
	"testing"

	"tenor/audit"
	"tenor/finance"
	"tenor/internal/inline"
	"tenor/policies"
	"tenor/report"
)

// allocations of the hot paths, for each resource or finding, as they were measured with
//
//	go test ./bench/estate -run Allocations -v
//
// One path may take a fifth more. Who makes it take less writes the new number down, so that it stays.
var allocations = map[string]float64{
	"read service_catalog.provisioned_product":     17.0,
	"enrich service_catalog.provisioned_product":   37.0,
	"evaluate service_catalog.provisioned_product": 3.0,
	"read outposts.outpost":                        20.0,
	"enrich outposts.outpost":                      389.2,
	"evaluate outposts.outpost":                    2923.0,
	"read outposts.order":                          11.0,
	"enrich outposts.order":                        19.0,
	"evaluate outposts.order":                      480.0,
	"read outposts.quote":                          6.0,
	"enrich outposts.quote":                        27.0,
	"evaluate outposts.quote":                      1.0,
	"read outposts.capacity_task":                  6.0,
	"enrich outposts.capacity_task":                0.0,
	"evaluate outposts.capacity_task":              1.0,
	"evaluate a bad order":                         722.0,
	"keep a finding":                               13.0,
	"write a finding":                              2.4,
}

// TestAllocations holds what a run does for each resource to the memory that it asks for: a time would depend on the machine.
func TestAllocations(t *testing.T) {
	analyst, err := finance.New(AsOf(), Assumptions())
	if err != nil {
		t.Fatal(err)
	}
	pack, err := policies.Load(t.Context(), policies.Options{})
	if err != nil {
		t.Fatal(err)
	}
	eval, err := pack.NewEvaluator(AsOf())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{audit.KindProvisionedProduct, audit.KindOutpost, audit.KindOrder, audit.KindQuote, audit.KindCapacityTask} {
		const n = 19 // from 1 on none of which is bad
		var lines [n][]byte
		for i := range lines {
			r := resource(kind, i+1)
			if lines[i], _, _, err = audit.AppendResource(nil, r); err != nil {
				t.Fatal(err)
			}
		}
		read := func(i int) *audit.Resource {
			r := new(audit.Resource)
			if err := audit.DecodeResource(lines[i], r); err != nil {
				t.Fatal(err)
			}
			return r
		}
		check(t, "read "+kind, n, func() {
			for i := range lines {
				read(i)
			}
		})
		var rs [n]*audit.Resource
		for i := range rs {
			rs[i] = read(i)
		}
		check(t, "enrich "+kind, n, func() {
			for _, r := range rs {
				if err := analyst.Enrich(r); err != nil {
					t.Fatal(err)
				}
			}
		})
		check(t, "evaluate "+kind, n, func() {
			for _, r := range rs {
				found, err := eval.Eval(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range found {
					t.Fatalf("%s is meant to pass: %s: %s", r.ID, f.Rule, f.Msg)
				}
			}
		})
	}
	bad := resource(audit.KindOrder, 0)
	if err := analyst.Enrich(bad); err != nil {
		t.Fatal(err)
	}
	found, err := eval.Eval(t.Context(), bad)
	if err != nil || len(found) == 0 {
		t.Fatalf("no finding: %v", err)
	}
	check(t, "evaluate a bad order", 1, func() {
		if _, err := eval.Eval(t.Context(), bad); err != nil {
			t.Fatal(err)
		}
	})
	const many = 1000
	sorter := audit.NewFindingSorter(t.TempDir())
	defer sorter.Close()
	check(t, "keep a finding", many, func() {
		for range many {
			if err := sorter.Add(&found[0]); err != nil {
				t.Fatal(err)
			}
		}
	})
	var list []audit.Finding
	for range many {
		list = append(list, found[0])
	}
	written := audit.Report{Findings: audit.NewList(inline.Of(list...))}
	check(t, "write a finding", many, func() {
		if err := report.JSON(io.Discard, written); err != nil {
			t.Fatal(err)
		}
	})
}

// resource is the i-th of a kind, as a snapshot has it.
func resource(kind string, i int) *audit.Resource {
	const account = "111122223333"
	r := Documents[kind](account, i)
	r.Kind, r.Account, r.Region, r.Gaps = kind, account, "eu-central-1", map[string]audit.Gap{}
	return r
}

// check runs what does so many things, and holds the allocations of one of them to what was measured.
func check(t *testing.T, what string, n float64, do func()) {
	t.Helper()
	have := testing.AllocsPerRun(5, do) / n
	t.Logf("%q: %.1f,", what, have)
	if most := allocations[what]; have > 1.2*most+0.05 {
		t.Errorf("%s takes %.1f allocations, and took %.1f", what, have, most)
	}
}
