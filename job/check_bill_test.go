package job

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tenor/audit"
	"tenor/internal/awssim"
)

// TestCheckBill holds what is wrong with a bill to its line, its remedy and its exit code.
func TestCheckBill(t *testing.T) {
	estate, err := awssim.DemoEstate(checkDay)
	if err != nil {
		t.Fatal(err)
	}
	const none = "name the folder of the export itself, which has data and metadata in it (billing.exports); " +
		"docs/bill.md says how to set one up"
	damaged := func(damage func(t *testing.T, export string)) func(*testing.T) *Billing {
		return func(t *testing.T) *Billing {
			export := demoBill(t, []string{"2026-09", "2026-10"}, charge{account: "203948571620", region: "eu-central-1", amount: "1"})
			damage(t, export)
			return &Billing{Exports: []string{export}}
		}
	}
	edit := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, export string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(export, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	const manifest, data = "metadata/billing_period=2026-10/tenor-bill-Manifest.json", "data/billing_period=2026-10/tenor-bill-00001.csv.gz"
	for name, tt := range map[string]struct {
		of       func(t *testing.T) *Billing
		result   CheckResult
		said, do string
	}{
		"in S3": {func(*testing.T) *Billing { return &Billing{Exports: []string{estate.Bill.URI()}} }, CheckOK,
			"FOCUS 1.2, newest month 2026-11", ""},
		"no bucket": {func(*testing.T) *Billing { return &Billing{Exports: []string{"s3://other/a/b"}} }, CheckGap,
			"s3://other/a/b: there is no such bucket", none},
		"no export": {func(*testing.T) *Billing {
			return &Billing{Exports: []string{strings.TrimSuffix(estate.Bill.URI(), "l")}}
		}, CheckGap,
			"has no data and metadata", none},
		"in a folder": {damaged(func(*testing.T, string) {}), CheckOK, "FOCUS 1.2, newest month 2026-10", ""},
		"no folder": {func(t *testing.T) *Billing { return &Billing{Exports: []string{t.TempDir() + "/none"}} }, CheckGap, "is not there",
			none},
		"the newest month is not whole": {damaged(func(t *testing.T, export string) {
			if err := os.Remove(filepath.Join(export, manifest)); err != nil {
				t.Fatal(err)
			}
		}), CheckOK, "FOCUS 1.2, newest month 2026-09", ""},
		"a damaged manifest": {damaged(edit(manifest, "{")), CheckGap, manifest + " (2026-10): is no JSON object that is whole",
			"have AWS deliver the month again"},
		"a damaged file": {damaged(edit(data, "PAR1")), CheckGap, data + " (2026-10): the file is cut off", "have AWS deliver the month again"},
		"Cost Explorer": {func(*testing.T) *Billing { return &Billing{CostExplorer: &CostExplorer{MaxCalls: 9}} }, CheckOptional,
			"not tried: AWS charges USD 0.01 for each call", "allow ce:GetCostAndUsage"},
	} {
		t.Run(name, func(t *testing.T) {
			j := jobOn(t, estate, checkDay)
			j.Config.Billing = tt.of(t)
			list := check(t, j)
			last := list[len(list)-1]
			if !strings.HasPrefix(last.Check, "bill ") || last.Result != tt.result || !strings.Contains(last.Said, tt.said) ||
				!strings.HasPrefix(last.Do, tt.do) || tt.do == "" && last.Do != "" {
				t.Errorf("%+v", last)
			}
			if incomplete := exitOf(list) == ExitIncomplete; incomplete != (tt.result == CheckGap) {
				t.Errorf("exit %d", exitOf(list))
			}
		})
	}
}

// TestCheckBillOfTooFewColumns says which columns an export lacks.
func TestCheckBillOfTooFewColumns(t *testing.T) {
	estate, err := awssim.DemoEstate(checkDay)
	if err != nil {
		t.Fatal(err)
	}
	j := jobOn(t, estate, checkDay)
	export := filepath.Join(t.TempDir(), "tenor-bill")
	const data = "data/billing_period=2026-10/a.csv.gz"
	for name, text := range map[string]string{"metadata/billing_period=2026-10/a-Manifest.json": `{"dataFiles":["s3://b/p/` + data + `"]}`,
		data: zipped(t, "BillingAccountId,SubAccountId,RegionId,x_ServiceCode,ChargeCategory,ChargeClass,ChargeFrequency,BillingCurrency,"+
			"ListCost,BilledCost,CommitmentDiscountId,ResourceId,ChargeDescription,InvoiceId\n")} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(export, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(export, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j.Config.Billing = &Billing{Exports: []string{export}}
	list := check(t, j)
	last := list[len(list)-1]
	if last.Result != CheckOptional || last.Said != "FOCUS 1.2, newest month 2026-10, without contracted cost, tags" ||
		!strings.HasPrefix(last.Do, "take those columns into the export") {
		t.Errorf("%+v", last)
	}
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRemedyOfAnExportThatIsRefused(t *testing.T) {
	for export, want := range map[string]string{"s3://b/p/e": "tenor iam-policy --billing s3://b/p/e prints", "exports/e": "read the folder"} {
		if do := exportRemedy(&audit.ChargeGap{Export: export, Reason: audit.ReasonAccessDenied}); !strings.Contains(do, want) {
			t.Errorf("%s: %s", export, do)
		}
	}
}
