package job

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awssim"
	"tenor/internal/s3sim"
)

// billSample holds exports of one bill in every format, and what is to be said of them, which other programs wrote.
const billSample = "../../shared/bill/sample"

// sampleEstate is the estate that the sample is the bill of.
func sampleEstate(t *testing.T, now time.Time) *awssim.Estate {
	t.Helper()
	text, err := os.ReadFile("../billing/testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var known struct{ Resources []audit.Resource }
	if err := json.Unmarshal(text, &known); err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	scope := object{"accounts": []string{"111122223333"}, "regions": []string{"eu-central-1"}}
	add := func(kind string, v object) {
		list, _ := scope[kind].([]object)
		scope[kind] = append(list, v)
	}
	for _, r := range known.Resources {
		if r.Kind == audit.KindOutpost {
			add("outposts", object{"outpost": r.Spec, "billing": r.Related["billing"]})
		} else {
			add("provisioned_products", object{"product": r.Spec})
		}
	}
	estate, err := json.Marshal(object{
		"organization": object{"id": "o-exampleorgid", "root": "r-ex", "management_account": "900000000009"},
		"role":         object{"name": "TenorAudit", "external_id": "example"},
		"accounts": []object{{"id": "900000000009", "name": "management", "email": "a@example.com", "unit": "r-ex"},
			{"id": "111122223333", "name": "plant", "email": "b@example.com", "unit": "r-ex"}},
		"regions": []string{"eu-central-1"}, "scopes": []object{scope},
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
	estate := sampleEstate(t, expected.AsOf)
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
				for _, c := range res.Report.Coverage {
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
