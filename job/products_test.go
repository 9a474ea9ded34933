package job

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/finance"
	"tenor/internal/inline"
	"tenor/job/baseline"
)

// TestRulesOfProductsAreThere holds the lists of rules to the pack.
func TestRulesOfProductsAreThere(t *testing.T) {
	j := with(t, demoJob(t, deliveryDay), nil)
	_, rules, err := LoadPolicies(context.Background(), j.Log, &j.Config)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range brokenRules {
		if !slices.ContainsFunc(rules, func(r audit.Rule) bool { return r.ID == id }) {
			t.Errorf("there is no rule %s", id)
		}
	}
}

// found is a finding of a rule on a product, as of the baseline's list or the report's.
func found(rule, id, seen string, change audit.Change) audit.Finding {
	return audit.Finding{Rule: "service_catalog." + rule, Verdict: audit.Fail, FirstSeen: audit.Optional(seen), Change: audit.Optional(change),
		Remediation: "mend " + id, Resource: audit.ResourceRef{Kind: audit.KindProvisionedProduct, Account: "1", Region: "r", ID: id}}
}

// TestProductsSinceTheBaseline has what becomes of broken products: another rule that says so is neither a repair nor news.
func TestProductsSinceTheBaseline(t *testing.T) {
	const seen, now = "2026-11-10T05:00:00Z", "2026-11-20T05:00:00Z"
	r := audit.Report{
		Findings: audit.NewList(inline.Of(
			found("product_tainted", "new", now, audit.ChangeNew),
			found("broken_long", "longer", now, audit.ChangeNew),
			found("product_error", "stays", seen, audit.ChangePersisting),
			found("version_deprecated", "behind", now, audit.ChangeNew),
		)),
		Changes: &audit.Changes{
			Baseline: audit.BaselineRef{AsOf: seen},
			Resolved: audit.NewList(inline.Of(
				found("product_tainted", "longer", seen, audit.ChangeResolved),
				found("product_tainted", "mended", "2026-11-12T05:00:00Z", audit.ChangeResolved),
				found("broken_long", "mended", "2026-11-16T05:00:00Z", audit.ChangeResolved),
				found("product_tainted", "account gone", seen, audit.ChangeAccountGone),
				found("product_tainted", "half", seen, audit.ChangeResolved),
			)),
			NotReevaluated: audit.NewList(inline.Of(found("broken_long", "half", seen, audit.ChangeNotReevaluated))),
			Silenced:       audit.NewList(inline.Of(audit.Silenced{Finding: found("product_error", "silenced", seen, audit.ChangeSilenced)})),
		},
	}
	earlier := []audit.Repair{
		{ID: "before", Account: "1", Region: "r", FirstSeen: "2026-11-01T05:00:00Z", Mended: "2026-11-04T05:00:00Z", Days: 3},
	}
	j := with(t, demoJob(t, deliveryDay), nil)
	res := runJob(t, j)
	p := &pass{estate: newEstateOf(t, &res.Report.Run), run: audit.Run{AsOf: now},
		in: &inputs{baseline: &baseline.Baseline{Report: audit.Report{Products: &audit.Products{Repairs: earlier}}}}}
	var err error
	if p.asOf, err = parseTime(now); err != nil {
		t.Fatal(err)
	}
	got, err := p.products(&r)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&audit.ProductsSince{Baseline: seen, New: 1, Mended: 1}, got.Since); d != "" {
		t.Error(d)
	}
	want := append([]audit.Repair{{ID: "mended", Account: "1", Region: "r", FirstSeen: "2026-11-12T05:00:00Z", Mended: now, Days: 8}}, earlier...)
	if d := cmp.Diff(want, got.Repairs); d != "" {
		t.Error(d)
	}
	if got.MedianRepairDays == nil || *got.MedianRepairDays != "5.5" {
		t.Errorf("median %v", got.MedianRepairDays)
	}
}

// TestDemoHasASharedCause has the finding on the account that the run is made from, what is to be done, and a run that was made again
// on its own report: nothing new, nothing mended.
func TestDemoHasASharedCause(t *testing.T) {
	j := with(t, demoJob(t, deliveryDay), nil)
	first := runJob(t, j)
	var on []string
	for f, err := range first.Report.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		if f.Rule == "estate.same_cause" {
			on = append(on, f.Resource.ID)
		}
	}
	if d := cmp.Diff([]string{string(first.Report.Run.Account)}, on); d != "" {
		t.Error(d)
	}
	p := first.Report.Products
	if len(p.Causes) == 0 || p.Causes[0].Products != 6 || p.Causes[0].Remediation == "" || p.Broken == 0 || p.Oldest == nil || p.Since != nil {
		t.Errorf("products %+v", p)
	}
	again := runJob(t, with(t, j, func(c *Config) { c.Baseline = filepath.Join(j.Config.Output.Dir, "report.json") }))
	if d := cmp.Diff(&audit.ProductsSince{Baseline: first.Report.Run.AsOf}, again.Report.Products.Since); d != "" {
		t.Error(d)
	}
}

// newEstateOf returns the estate of a run without resources.
func newEstateOf(t *testing.T, run *audit.Run) *finance.Estate {
	t.Helper()
	analyst, _, err := newAnalyst(*run)
	if err != nil {
		t.Fatal(err)
	}
	return newEstate(analyst, run, nil)
}
