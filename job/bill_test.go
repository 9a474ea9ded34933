package job

import (
	"bytes"
	stdcmp "cmp"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"tenor/audit"
	"tenor/collector"
	"tenor/internal/awssim"
	"tenor/internal/s3sim"
	"tenor/snapshot"
)

// billSample holds exports of one bill in every format, and what is to be said of them, which other programs wrote.
const billSample = "../../shared/bill/sample"

// knownEstate is the estate of a file of the resources of a bill and where they were read, in an organization. Accounts without the role
// are its too.
func knownEstate(t *testing.T, file string, now time.Time, noRole ...string) *awssim.Estate {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var known struct {
		Resources []audit.Resource
		Read      [][2]string
	}
	if err := json.Unmarshal(text, &known); err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	const management = "900000000009"
	accounts, regions, scopes := map[string]bool{management: true}, map[string]bool{}, []object{}
	for _, at := range known.Read {
		accounts[at[0]], regions[at[1]] = true, true
		scope := object{"accounts": []string{at[0]}, "regions": []string{at[1]}}
		add := func(kind string, v object) {
			list, _ := scope[kind].([]object)
			scope[kind] = append(list, v)
		}
		for _, r := range known.Resources {
			switch {
			case r.Account != at[0] || r.Region != at[1]:
			case r.Kind == audit.KindOutpost:
				add("outposts", object{"outpost": r.Spec, "billing": r.Related["billing"]})
			default:
				add("provisioned_products", object{"product": r.Spec})
			}
		}
		scopes = append(scopes, scope)
	}
	list := []object{}
	for _, id := range append(slices.Sorted(maps.Keys(accounts)), noRole...) {
		list = append(list, object{"id": id, "name": "n" + id, "email": id + "@example.com", "unit": "r-ex", "no_role": slices.Contains(noRole, id)})
	}
	estate, err := json.Marshal(object{
		"organization": object{"id": "o-exampleorgid", "root": "r-ex", "management_account": management},
		"role":         object{"name": "TenorAudit", "external_id": "example"},
		"accounts":     list, "regions": slices.Sorted(maps.Keys(regions)), "scopes": scopes,
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := awssim.LoadEstate(bytes.NewReader(estate), now)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// billRows are the rows of a bill by month and subscription, and what products cost.
func billRows(b *audit.Billing) map[string]string {
	rows := map[string]string{}
	for _, o := range b.Outposts {
		rows[o.Period+" "+string(o.Subscription)] = fmt.Sprint(o.Final, o.Billed, o.Net, o.Expected, o.Difference)
	}
	for _, p := range b.Products {
		rows[p.ARN] = fmt.Sprint(p.Status, p.Periods, p.Services)
	}
	return rows
}

// TestBillOfTheSample runs and evaluates the bill of the sample from a folder and from S3 in each format: every row is the reference's.
func TestBillOfTheSample(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(billSample, "expected.json"))
	if err != nil {
		t.Skip("the reference exports are not here")
	}
	var expected struct {
		AsOf     time.Time `json:"as_of"`
		Outposts []struct {
			Period, Subscription, Billed, Net, Expected, Difference, Verdict string
			Final                                                            bool
		}
		Products []struct {
			ARN, Status string
			Billed      map[string]string
			Services    []string
		}
	}
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, o := range expected.Outposts {
		want[o.Period+" "+o.Subscription] = fmt.Sprint(o.Final, o.Billed, o.Net, o.Expected, o.Difference)
	}
	for _, p := range expected.Products {
		want[p.ARN] = fmt.Sprint(p.Status, p.Billed, p.Services)
	}
	store := s3sim.Start(s3sim.Options{Buckets: []s3sim.Bucket{{Name: "acme-billing", Region: "eu-west-1", Owner: "900000000009"}}})
	t.Cleanup(store.Close)
	estate := knownEstate(t, "../testdata/bill/reference.json", expected.AsOf)
	for _, format := range []string{"focus12", "focus10", "cur2", "cur2map", "cur2csv"} {
		folder := filepath.Join(billSample, format, "900000000009/tenor-bill")
		putExport(t, store, folder, "exports/"+format)
		for _, export := range []string{folder, "s3://acme-billing/exports/" + format} {
			t.Run(export, func(t *testing.T) {
				j := jobOn(t, estate, expected.AsOf)
				for name, value := range map[string]string{"AWS_ENDPOINT_URL": j.Config.Endpoint, "AWS_ENDPOINT_URL_S3": store.URL(),
					"AWS_ACCESS_KEY_ID": j.Config.AccessKey, "AWS_SECRET_ACCESS_KEY": "simulated", "AWS_REGION": "eu-central-1",
					"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull} {
					t.Setenv(name, value)
				}
				j.Config.Endpoint, j.Config.AccessKey = "", ""
				j.Config.Billing = &Billing{Exports: []string{export}}
				res := runJob(t, j)
				if d := cmp.Diff(want, billRows(res.Report.Billing)); d != "" {
					t.Errorf("(-reference +run):\n%s", d)
				}
				for c := range res.Report.Coverage.All() {
					if c.Service == audit.ServiceBilling && c.Status != audit.StatusCollected {
						t.Errorf("%+v", c)
					}
				}
				again := *j
				again.Config.Billing = nil // the bill is in the snapshot
				again.Config.Output.Dir = filepath.Join(t.TempDir(), "again")
				replayed, err := again.Evaluate(t.Context(), j.Config.Output.Dir)
				if err != nil {
					t.Fatal(err)
				}
				defer replayed.Close()
				if d := cmp.Diff(res.Report.Billing, replayed.Report.Billing); d != "" {
					t.Errorf("(-run +evaluate):\n%s", d)
				}
			})
		}
	}
}

// putExport puts the files of an export into a bucket.
func putExport(t *testing.T, store *s3sim.Server, folder, prefix string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		key, err := filepath.Rel(folder, name)
		store.Store("acme-billing", prefix+"/"+filepath.ToSlash(key), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// charge is a line of a bill of the demo.
type charge struct{ account, region, subscription, outpost, product, service, amount, list string }

// demoBill writes an export of the demo's management account with the same lines in each month.
func demoBill(t *testing.T, months []string, charges ...charge) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tenor-bill")
	write := func(name string, text []byte) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, month := range months {
		var file bytes.Buffer
		gz := gzip.NewWriter(&file)
		w := csv.NewWriter(gz)
		rows := [][]string{{"BillingAccountId", "SubAccountId", "RegionId", "x_ServiceCode", "ServiceName", "ChargeCategory", "ChargeClass",
			"ChargeFrequency", "BillingCurrency", "ContractedCost", "ListCost", "BilledCost", "CommitmentDiscountId", "ResourceId",
			"ChargeDescription", "InvoiceId", "Tags"}}
		for _, c := range charges {
			code, category, tags := "AWSOutposts", "Purchase", "{}"
			if c.service != "" {
				code, category = c.service, "Usage"
			}
			if c.product != "" {
				code, category, tags = "AmazonEC2", "Usage", fmt.Sprintf(`{"aws:servicecatalog:provisionedProductArn":%q}`, c.product)
			}
			rows = append(rows, []string{"481265039174", c.account, c.region, code, code, category, "", "Recurring", "USD", c.amount,
				stdcmp.Or(c.list, c.amount), c.amount, c.subscription, c.outpost, "", "INV-1", tags})
		}
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		if err := gz.Close(); err != nil {
			t.Fatal(err)
		}
		data := "data/billing_period=" + month + "/tenor-bill-00001.csv.gz"
		write(data, file.Bytes())
		write("metadata/billing_period="+month+"/tenor-bill-Manifest.json", fmt.Appendf(nil, `{"dataFiles":["s3://acme/exports/%s"]}`, data))
	}
	return dir
}

const goneProduct = "arn:aws:servicecatalog:eu-central-1:203948571620:stack/gone/pp-gone0000000000"

// billedDemo returns a job on the demo with a bill: an Outpost that is charged more, one that is not, charges without a contract, a charge
// that names the subscription of another account's Outpost, and a product that is gone.
func billedDemo(t *testing.T, faults ...awssim.Fault) *Job {
	t.Helper()
	policies := t.TempDir()
	err := os.WriteFile(filepath.Join(policies, "billed.rego"), []byte(`# METADATA
# scope: package
# title: what was charged
# description: What was charged.
# custom:
#   severity: low
#   kinds: [outposts.outpost, service_catalog.provisioned_product, estate.account]
#   requires: [charges]
#   remediation: Ask.
# related_resources:
#   - ref: https://example.com/bill
#     description: What was charged
package tenor.acme.billed

deny contains {"msg": sprintf("billed %s of %s", [input.facts.billed_difference, input.facts.billed_expected])} if {
	input.facts.billed_difference_cents != 0
}

deny contains {"msg": sprintf("cost %s", [input.facts.cost_per_month])} if input.facts.cost_per_month_cents > 0

deny contains {"msg": sprintf("unmatched %s", [input.facts.unmatched_charges])} if input.facts.unmatched_charges_cents > 0

deny contains {"msg": sprintf("gone %s", [p.cost])} if some p in input.facts.gone_products
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	export := demoBill(t, []string{"2026-08", "2026-09", "2026-10", "2026-11"},
		charge{account: "203948571620", region: "eu-central-1", subscription: "8120774459", amount: "3281.91"},
		charge{account: "203948571620", region: "eu-central-1", subscription: "5510853531", amount: "10"}, // of account 350918274466
		charge{account: "719203846551", region: "ap-southeast-1", amount: "500"},
		charge{account: "203948571620", region: "eu-central-1", product: goneProduct, amount: "41.5"},
		charge{account: "350918274466", region: "us-east-2", outpost: "arn:aws:outposts:us-east-2:350918274466:outpost/op-1a1ce6520e987c234",
			amount: "6289.77"})
	return with(t, demoJob(t, deliveryDay, faults...), func(c *Config) {
		c.Policies.Dirs, c.Billing = []string{policies}, &Billing{Exports: []string{export}}
	})
}

// said lists what the rule of billedDemo says.
func said(t *testing.T, r *audit.Report) []string {
	t.Helper()
	list := []string{}
	for f, err := range r.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		if f.Rule == "acme.billed" {
			list = append(list, fmt.Sprint(f.Resource.ID, " ", f.Verdict, " ", f.Msg))
		}
	}
	slices.Sort(list)
	return list
}

// TestBillInDocuments holds what a rule sees of a bill.
func TestBillInDocuments(t *testing.T) {
	j := billedDemo(t)
	got := said(t, &runJob(t, j).Report)
	for _, want := range []string{
		"203948571620 fail gone 124.50",
		"719203846551 fail unmatched 1500.00",
		"op-27d1f980e624d8a99 fail billed 30.00 of 0.00",
		"op-3796ba0004383e5e6 fail billed -22317.87 of 22317.87",
		"op-a29161cfaa0dee864 fail billed 750.00 of 9095.73",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
}

// TestShardedBillIsTheWhole cuts runs with a bill, one with gaps, and wants the report of the whole run.
func TestShardedBillIsTheWhole(t *testing.T) {
	for name, faults := range map[string][]awssim.Fault{"plain": nil, "gaps": {
		{Operation: "GetOutpostBillingInformation", Region: "eu-central-1", Kind: awssim.FaultAccessDenied},
		{Operation: "AssumeRole", Account: "719203846551", Kind: awssim.FaultAccessDenied}}} {
		t.Run(name, func(t *testing.T) {
			whole := billedDemo(t, faults...)
			mergesTo(t, whole, withoutCalls(t, runJob(t, whole)), 2, 9)
		})
	}
}

// TestShardsWithoutTheirBill refuses shards that were evaluated without the bill that the merge has.
func TestShardsWithoutTheirBill(t *testing.T) {
	whole := billedDemo(t)
	_, dirs := shardedRun(t, with(t, whole, func(c *Config) { c.Billing = nil }), 2)
	_, err := with(t, whole, nil).Merge(t.Context(), dirs)
	if err == nil || !strings.Contains(err.Error(), "was evaluated with billing: false, and the merge: true") {
		t.Error(err)
	}
}

// TestResumedBill interrupts a run behind its bill: the bill is not read again, and another one is refused.
func TestResumedBill(t *testing.T) {
	whole := billedDemo(t)
	want := withoutCalls(t, runJob(t, whole))
	j := with(t, whole, nil)
	export := j.Config.Billing.Exports[0]
	ctx, cancel := context.WithCancel(t.Context())
	w, err := snapshot.Create(j.SnapshotDir())
	if err != nil {
		t.Fatal(err)
	}
	o, err := j.collecting(ctx)
	if err != nil {
		t.Fatal(err)
	}
	o.Beside = func(ctx context.Context, w *snapshot.Writer) error {
		defer cancel()
		return j.readBill(ctx, w, j.Now())
	}
	if _, err := collector.Collect(ctx, o, func() (*snapshot.Writer, error) { return w, nil }); err == nil {
		t.Fatal("the run was not interrupted")
	}
	j.Config.Resume = true
	for _, other := range []*Billing{nil, {Exports: []string{export}, Months: 2}, {Exports: []string{export + "2"}}} {
		if _, err := withBill(j, other).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "was begun with another bill") {
			t.Errorf("%+v: %v", other, err)
		}
	}
	if err := os.Rename(export, export+".away"); err != nil {
		t.Fatal(err)
	}
	if got := withoutCalls(t, runJob(t, j)); got != want {
		t.Error(cmp.Diff(want, got))
	}
}

func withBill(j *Job, b *Billing) *Job {
	own := *j
	own.Config.Billing = b
	return &own
}

// TestUnreadBillIsUnknown has exports that cannot be read: each is a gap with its place, and no verdict rests on it.
func TestUnreadBillIsUnknown(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(dir string) error
		want  string
	}{
		"no export":       {os.RemoveAll, "tenor-bill: is not there"},
		"a month missing": {func(dir string) error { return withoutMonths(dir, "2026-09") }, "(2026-09): the export has no such month"},
		"the last final month missing": {func(dir string) error { return withoutMonths(dir, "2026-10", "2026-11") },
			"(2026-10): the export has no such month"},
		"a file cut off": {func(dir string) error {
			return os.Truncate(filepath.Join(dir, "data/billing_period=2026-10/tenor-bill-00001.csv.gz"), 60)
		}, "tenor-bill-00001.csv.gz (2026-10): "},
	} {
		t.Run(name, func(t *testing.T) {
			j := billedDemo(t)
			if err := tt.spoil(j.Config.Billing.Exports[0]); err != nil {
				t.Fatal(err)
			}
			r := runJob(t, j).Report
			gaps := slices.Collect(r.Coverage.Gaps())
			if r.Status != audit.Incomplete || !slices.ContainsFunc(gaps, func(c audit.Coverage) bool {
				return c.Service == audit.ServiceBilling && c.Operation == audit.OperationExport && strings.Contains(c.Message, tt.want)
			}) {
				t.Errorf("status %s, gaps %+v", r.Status, gaps)
			}
			list := said(t, &r)
			if len(list) == 0 || slices.ContainsFunc(list, func(s string) bool { return !strings.Contains(s, " unknown cannot tell: charges is missing: Export: ") }) {
				t.Errorf("a verdict rests on a gap:\n%s", strings.Join(list, "\n"))
			}
		})
	}
}

// withoutMonths removes months of an export.
func withoutMonths(dir string, months ...string) error {
	for _, month := range months {
		for _, top := range []string{"data", "metadata"} {
			if err := os.RemoveAll(filepath.Join(dir, top, "billing_period="+month)); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestNoBill runs without one: no part, no section and no fact says anything of it.
func TestNoBill(t *testing.T) {
	j := billedDemo(t)
	j.Config.Billing = nil
	res := runJob(t, j)
	text, err := os.ReadFile(res.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{`"billing":`, "billed_difference\":", "cost_per_month", "billing_discount", `"Export"`} {
		if i := bytes.Index(text, []byte(word)); i >= 0 {
			t.Errorf("%s: %.100s", word, text[i:])
		}
	}
	if list := said(t, &res.Report); len(list) > 0 {
		t.Error(list)
	}
	if _, err := os.Stat(filepath.Join(j.SnapshotDir(), "charges.json.gz")); err == nil {
		t.Error("there are charges")
	}
}

// TestDemoBill holds the demo's own bill, on days of every kind: it has a difference of each kind, explained and not, an Outpost without a
// contract, and a broken product and one that is gone that cost something; all else is as the contracts say.
func TestDemoBill(t *testing.T) {
	for _, day := range []string{"2026-11-20", "2026-11-30", "2026-12-31", "2027-01-01", "2027-02-28", "2028-02-29", "2027-07-14"} {
		t.Run(day, func(t *testing.T) {
			now, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			estate, err := awssim.DemoEstate(now.Add(9 * time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			j := with(t, jobOn(t, estate, now.Add(9*time.Hour)), func(c *Config) {
				c.Billing = &Billing{Exports: []string{estate.Bill.URI()}}
				c.Output.Formats = []string{"json", "xlsx"}
			})
			r := runJob(t, j).Report
			if gaps, _ := r.Gaps(9); len(gaps) > 0 {
				t.Errorf("%+v", gaps)
			}
			got := map[string]bool{}
			for _, o := range r.Billing.Outposts {
				switch {
				case !o.Final:
				case o.Status == audit.BillEqual:
					got["equal"] = true
				case o.Status == audit.BillDiffers:
					got[fmt.Sprint(o.Outpost, " ", o.Difference)] = true
				default:
					got[fmt.Sprint(o.Outpost, " ", o.Status, " ", o.Why)] = true
				}
			}
			want := map[string]bool{"equal": true, "op-a29161cfaa0dee864 250.00": true, "op-ae243b99cac375e44 -607.43": true,
				"op-ba10c32c6d62a9fb0 6608.39": true, "op-3796ba0004383e5e6 7439.29": true, "op-3796ba0004383e5e6 explained correction": true,
				"op-bfacff9594029f53f explained upfront in another month": true, "op-5cc012d58c91eb17f explained proration": true,
				"op-3e0c94b7a1f8d2265 explained month_to_month": true}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("final rows (-want +got):\n%s", d)
			}
			if len(r.Billing.AccountRegions) > 0 || len(r.Billing.Sources) != 6 {
				t.Errorf("%+v", r.Billing)
			}
			if fails := billFails(t, &r); slices.ContainsFunc(fails, func(f string) bool { return strings.Contains(f, "op-bfacff9594029f53f") }) {
				t.Errorf("an upfront that came a month late is a finding: %q", fails)
			}
			for _, u := range r.Billing.Unmatched {
				if u.Outpost != "op-0d9b3c6f51e7a2480" || u.Why != audit.WhyNoContract {
					t.Errorf("%+v", u)
				}
			}
			costs := map[string]string{}
			for _, p := range r.Billing.Products {
				if len(p.Periods) > 0 {
					costs[p.ARN[strings.LastIndexByte(p.ARN, '/')+1:]] = fmt.Sprint(p.Status, " ", p.Why)
				}
			}
			if d := cmp.Diff(map[string]string{"pp-7qt7qqiq52qit": "TAINTED ", "pp-3m5rgxoxu4hte": " gone"}, costs); d != "" {
				t.Error(d)
			}
			book, err := excelize.OpenFile(filepath.Join(j.Config.Output.Dir, "report.xlsx"))
			if err != nil {
				t.Fatal(err)
			}
			defer book.Close()
			if v, err := book.GetCellValue("Checks", "C3"); v != "TRUE" || err != nil {
				t.Errorf("all sheets agree with the report: %s, %v", v, err)
			}
		})
	}
}

// TestNegotiatedBill holds charges of which AWS has taken off 10%: with the discount they are as promised, or differ; without it nobody
// can tell.
func TestNegotiatedBill(t *testing.T) {
	export := demoBill(t, []string{"2026-08", "2026-09", "2026-10"},
		charge{account: "203948571620", region: "eu-central-1", subscription: "8120774459", amount: "2728.72", list: "3031.91"},
		charge{account: "203948571620", region: "eu-central-1", subscription: "4676792101", amount: "7000", list: "7439.29"})
	for discount, want := range map[Decimal][2]string{
		"":   {"cannot_tell discount", "cannot_tell discount"},
		"0":  {"cannot_tell discount", "cannot_tell discount"},
		"10": {"equal ", "differs "},
	} {
		j := with(t, demoJob(t, deliveryDay), func(c *Config) {
			c.Billing = &Billing{Exports: []string{export}, DiscountPercent: discount}
		})
		r := runJob(t, j).Report
		got := map[string]string{}
		for _, o := range r.Billing.Outposts {
			if o.Period == "2026-09" {
				got[string(o.Subscription)] = fmt.Sprint(o.Status, " ", o.Why)
			}
		}
		if got["8120774459"] != want[0] || got["4676792101"] != want[1] {
			t.Errorf("%q: %v, want %v", discount, got, want)
		}
	}
}
