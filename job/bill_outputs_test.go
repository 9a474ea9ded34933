package job

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"tenor/audit"
)

// TestBillInTheOutputs runs the bill of the sample into the formats that people read: the rules that need a bill give a verdict on what it
// is about, the workbook's numbers are the report's, and each output says the same lines.
func TestBillInTheOutputs(t *testing.T) {
	folder := filepath.Join(billSample, "focus12", "900000000009/tenor-bill")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("the reference exports are not here")
	}
	asOf := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	j := jobOn(t, knownEstate(t, "../testdata/bill/reference.json", asOf), asOf)
	j.Config.Billing = &Billing{Exports: []string{folder}}
	j.Config.Output.Formats = []string{"json", "xlsx", "html", "markdown", "parquet"}
	res := runJob(t, j)
	dir := j.Config.Output.Dir
	want := map[string]map[audit.Verdict]int{ // of two accounts, an Outpost, and a product, which has no record
		"billing.charge_without_contract":       {audit.Pass: 2},
		"billing.cost_of_gone_product":          {audit.Pass: 2},
		"billing.cost_tag_inactive":             {audit.Pass: 2},
		"outposts.billed_differs_from_contract": {audit.Fail: 1},
		"outposts.month_to_month_rate":          {audit.Pass: 1},
		"outposts.not_billed":                   {audit.Pass: 1},
		"service_catalog.broken_still_costs":    {audit.Unknown: 1},
	}
	if d := cmp.Diff(want, billVerdicts(&res.Report)); d != "" {
		t.Error(d)
	}
	without := jobOn(t, knownEstate(t, "../testdata/bill/reference.json", asOf), asOf)
	if d := cmp.Diff(map[string]map[audit.Verdict]int{}, billVerdicts(&runJob(t, without).Report)); d != "" {
		t.Errorf("without a bill: %s", d)
	}
	book, err := excelize.OpenFile(filepath.Join(dir, "report.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if v, err := book.GetCellValue("Checks", "C3"); v != "TRUE" || err != nil {
		t.Errorf("all checks agree: %s, %v", v, err)
	}
	bill, err := res.Report.Bill()
	if err != nil {
		t.Fatal(err)
	}
	lines := bill.Lines()
	if len(lines) != 2 {
		t.Fatalf("the bill says %q", lines)
	}
	for _, name := range []string{"report.html", "report.md"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if !strings.Contains(string(b), line) {
				t.Errorf("%s does not say %q", name, line)
			}
		}
	}
}

// billVerdicts are the verdicts of the rules that need a bill, those that there are.
func billVerdicts(r *audit.Report) map[string]map[audit.Verdict]int {
	given := map[string]map[audit.Verdict]int{}
	for _, rule := range r.Rules {
		for verdict, n := range rule.Verdicts {
			if n > 0 && slices.Contains(rule.Requires, audit.SectionCharges) {
				if given[rule.ID] == nil {
					given[rule.ID] = map[audit.Verdict]int{}
				}
				given[rule.ID][verdict] = n
			}
		}
	}
	return given
}
