package job

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
	"tenor/internal/s3sim"
)

// damagedFile is the file of demoBill's export that TestDamagedBill spoils.
const damagedFile = "data/billing_period=2026-09/tenor-bill-00001.csv.gz"

// csvOf changes the records of a csv.gz.
func csvOf(change func([][]string) [][]string) func(*testing.T, []byte) []byte {
	return func(t *testing.T, text []byte) []byte {
		t.Helper()
		gz, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(gz).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		if err := errors.Join(csv.NewWriter(w).WriteAll(change(records)), w.Close()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
}

// TestDamagedBill spoils one file of an export: one gap says which file, which month and where in the file, on one line that can be shown,
// and the other months count.
func TestDamagedBill(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector, and starts no goroutines that others do not")
	}
	const hostile = "=HYPERLINK(\"http://x\")\n<script>\x1b[31m\u202e\x00,\"'|"
	type spoil struct {
		change func(*testing.T, []byte) []byte
		want   string // in the message of the gap; empty: the file is read
	}
	asParquet := func(cut int) func(*testing.T, []byte) []byte {
		return func(t *testing.T, _ []byte) []byte {
			t.Helper()
			var b bytes.Buffer
			if err := parquet.Write(&b, []struct {
				BillingAccountID string  `parquet:"BillingAccountId"`
				ContractedCost   float64 `parquet:"ContractedCost"`
			}{{"481265039174", 1}}); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()[:b.Len()-cut]
		}
	}
	cases := map[string]spoil{
		"a truncated Parquet":               {asParquet(9), "is no Parquet file that can be read"},
		"a Parquet of nothing but its mark": {func(*testing.T, []byte) []byte { return []byte("PAR1") }, "is cut off"},
		"a gzip that ends early":            {func(_ *testing.T, b []byte) []byte { return b[:len(b)-12] }, "the file is cut off"},
		"neither of them": {func(*testing.T, []byte) []byte { return []byte("<html>denied</html>") },
			"is neither Parquet nor csv.gz"},
		"nothing": {func(*testing.T, []byte) []byte { return nil },
			"is neither Parquet nor csv.gz: the file is cut off"},
		"a csv with another number of fields": {csvOf(func(r [][]string) [][]string { r[2] = r[2][:5]; return r }),
			"line 3: another number of fields than the header has"},
		"a number that is none": {csvOf(func(r [][]string) [][]string { r[3][9] = "1,234.50"; return r }),
			`line 4: ContractedCost: "1,234.50": no amount`},
		"a number that is none, with controls": {csvOf(func(r [][]string) [][]string { r[3][9] = hostile; return r }),
			"line 4: ContractedCost: "},
		"a payer with controls": {csvOf(func(r [][]string) [][]string { r[1][0] = hostile; return r }), "line 2: has the payer "},
		"two payers": {csvOf(func(r [][]string) [][]string { r[2][0] = "111122223333"; return r }),
			`line 3: is of payer "111122223333"`},
	}
	columns := []string{"", "SubAccountId", "RegionId", "x_ServiceCode", "ServiceName", "ChargeCategory", "ChargeClass", "ChargeFrequency",
		"BillingCurrency", "", "", "", "CommitmentDiscountId", "ResourceId", "ChargeDescription", "InvoiceId"}
	for from := 0; from < len(columns); from += 4 { // a run for each column would take long
		cases["hostile "+strings.Join(columns[from:from+4], " ")] = spoil{csvOf(func(r [][]string) [][]string {
			for _, record := range r[1:] {
				for i := from; i < from+4; i++ {
					if columns[i] != "" {
						record[i] = hostile
					}
				}
			}
			return r
		}), ""}
	}
	cases["hostile tags"] = spoil{csvOf(func(r [][]string) [][]string {
		tags, _ := json.Marshal(map[string]string{hostile: hostile, "aws:servicecatalog:provisionedProductArn": hostile})
		r[4][16] = string(tags)
		return r
	}), ""}
	cases["tags that are none"] = spoil{csvOf(func(r [][]string) [][]string {
		r[4][16] = `{"aws:servicecatalog:provisionedProductArn": ` + hostile
		return r
	}), "line 5: the tags are no JSON object"}
	collected := billedDemo(t)
	export := collected.Config.Billing.Exports[0]
	snapshot := runJob(t, withBill(collected, nil)).Report.Coverage // once, to see what is collected without a bill
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(export, filepath.FromSlash(damagedFile))
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.WriteFile(file, whole, 0o600) })
			if err := os.WriteFile(file, tt.change(t, whole), 0o600); err != nil {
				t.Fatal(err)
			}
			j := with(t, collected, func(c *Config) {
				if tt.want == "" { // its texts are in the outputs
					c.Output.Formats = []string{"json", "xlsx", "html", "markdown"}
				}
			})
			r := runJob(t, j).Report
			if len(r.Undelivered) > 0 {
				t.Errorf("not written: %+v", r.Undelivered)
			}
			gaps := billGaps(&r)
			months := []string{}
			for _, s := range r.Billing.Sources {
				months = append(months, s.Period)
			}
			if tt.want == "" {
				if len(gaps) > 0 || len(months) != 4 {
					t.Errorf("%q, months %v", gaps, months)
				}
			} else if len(gaps) != 1 || !strings.Contains(gaps[0], damagedFile+" (2026-09): ") || !strings.Contains(gaps[0], tt.want) ||
				strings.ContainsFunc(gaps[0], unicode.IsControl) || len(gaps[0]) > 500 {
				t.Errorf("gaps %q, want one with %q", gaps, tt.want)
			} else if d := cmp.Diff([]string{"2026-08", "2026-10", "2026-11"}, months); d != "" {
				t.Error(d)
			}
			if r.Coverage.Len() < snapshot.Len() {
				t.Errorf("%d rows of the ledger, want those of AWS too", r.Coverage.Len())
			}
			for _, u := range r.Billing.Outposts {
				if tt.want != "" && u.Period == "2026-09" && u.Status != audit.BillCannotTell {
					t.Errorf("said of a month that was not read: %+v", u)
				}
			}
		})
	}
}

// billGaps are the messages of the gaps of a bill.
func billGaps(r *audit.Report) []string {
	list := []string{}
	for c := range r.Coverage.Gaps() {
		if c.Service == audit.ServiceBilling {
			list = append(list, c.Message)
		}
	}
	return list
}

// TestBillsThatOverlapOrAreRefused names a second export of the same months, a bucket that is refused and one in another region: each
// month that is there once counts, and each that does not is one line.
func TestBillsThatOverlapOrAreRefused(t *testing.T) {
	j := billedDemo(t)
	export := j.Config.Billing.Exports[0]
	second := demoBill(t, []string{"2026-09", "2026-10"}, charge{account: "719203846551", region: "ap-southeast-1", amount: "900"})
	store := s3sim.Start(s3sim.Options{
		Buckets: []s3sim.Bucket{{Name: "acme-billing", Region: "ap-south-1", Owner: "481265039174"},
			{Name: "acme-refused", Region: "eu-central-1", Owner: "1"}},
		Before: func(r s3sim.Request) *s3sim.Refusal {
			if r.Bucket == "acme-refused" {
				return &s3sim.Refusal{Status: http.StatusForbidden, Code: "AccessDenied"}
			}
			return nil
		}})
	t.Cleanup(store.Close)
	putExport(t, store, export, "exports/far")
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": j.Config.Endpoint, "AWS_ENDPOINT_URL_S3": store.URL(),
		"AWS_ACCESS_KEY_ID": j.Config.AccessKey, "AWS_SECRET_ACCESS_KEY": "simulated", "AWS_REGION": "eu-central-1",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull} {
		t.Setenv(name, value)
	}
	const far, refused = "s3://acme-billing/exports/far", "s3://acme-refused/exports/x"
	want := runJob(t, j).Report.Billing
	for name, tt := range map[string]struct {
		exports, gaps []string
	}{
		"overlap": {[]string{export, second}, []string{
			second + "/metadata/billing_period=2026-09/tenor-bill-Manifest.json (2026-09): " + export +
				" has this month of the payer too, and is named first: name one of them",
			second + "/metadata/billing_period=2026-10/tenor-bill-Manifest.json (2026-10): " + export +
				" has this month of the payer too, and is named first: name one of them"}},
		"in another region": {[]string{far}, []string{}},
		"refused": {[]string{export, refused}, []string{refused +
			": S3 refuses it: allow s3:ListBucket on the bucket and s3:GetObject on the export"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := runJob(t, with(t, j, func(c *Config) { c.Endpoint, c.AccessKey, c.Billing = "", "", &Billing{Exports: tt.exports} })).Report
			if d := cmp.Diff(want, r.Billing); d != "" {
				t.Errorf("(-one export +run):\n%s", d)
			}
			if d := cmp.Diff(tt.gaps, billGaps(&r)); d != "" {
				t.Errorf("(-want +gaps):\n%s", d)
			}
		})
	}
}

// TestWithoutABillNothingIsAsked runs the demo, which has a bill, without one in the config: no call is made for it, no output has a part
// of it, and the policies ask for no permission.
func TestWithoutABillNothingIsAsked(t *testing.T) {
	estate, err := awssim.DemoEstate(deliveryDay)
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	server, err := awssim.Start(awssim.Options{Estate: estate, OnRequest: func(r awssim.Request) {
		if r.Service == "s3" || r.Service == "ce" {
			asked.Add(1)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	j := with(t, jobOn(t, estate, deliveryDay), func(c *Config) {
		c.Endpoint, c.Output.Formats = server.URL(), []string{"json", "xlsx"}
	})
	dir := j.Config.Output.Dir
	res := runJob(t, j)
	if n := asked.Load(); n > 0 {
		t.Errorf("%d calls for a bill", n)
	}
	if res.Report.Billing != nil {
		t.Error("the report has a bill")
	}
	words := []string{`"billing":`, `billed_difference":`, "cost_per_month", "billing_discount", `"Export"`, `name="Bill"`,
		`name="Unexplained charges"`, `name="Cost of broken products"`, "Broken products cost a month", "invoice total"}
	for _, name := range []string{"report.json", "report.xlsx"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "report.xlsx" {
			text = unzipped(t, text)
		}
		for _, word := range words {
			if i := bytes.Index(text, []byte(word)); i >= 0 {
				t.Errorf("%s: %.100s", name, text[i:])
			}
		}
	}
	for _, o := range []awsread.PolicyOptions{{}, {Management: true, RoleName: "TenorAudit"}} {
		text, err := awsread.IAMPolicy(o)
		if err != nil || bytes.Contains(text, []byte(`"s3:`)) || bytes.Contains(text, []byte(`"ce:`)) {
			t.Errorf("%v: the policy without a bill is\n%s", err, text)
		}
	}
}

// unzipped returns all parts of a workbook.
func unzipped(t *testing.T, text []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, f := range z.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, part); err != nil {
			t.Fatal(err)
		}
		if err := part.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all.Bytes()
}
