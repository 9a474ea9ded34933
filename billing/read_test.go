package billing

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/s3sim"
)

const (
	payerA = "900000000009"
	payerB = "900000000017"
)

// smallBill is two months of a payer.
func smallBill() []testLine {
	var lines []testLine
	for _, period := range []string{"2026-07", "2026-08"} {
		for i := range 6 {
			lines = append(lines, testLine{Period: period, Payer: payerA, Account: "111122223333", Region: "eu-central-1", Code: "AWSOutposts",
				Name: "AWS Outposts", Kind: "recurring", Amount: 0.1 + float64(i), Net: 0.1, Currency: "USD", Commitment: "sub-1",
				Invoice: "INV-1", Description: "<b>\"x\",\n=1+1"})
		}
	}
	return lines
}

// rewrite changes a file of an export.
func rewrite(t *testing.T, name string, change func([]byte) []byte) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	put(t, name, change(text))
}

// unzipped makes a change to the text of a csv.gz.
func unzipped(change func(string) string) func([]byte) []byte {
	return func(b []byte) []byte {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil
		}
		text, err := io.ReadAll(z)
		if err != nil {
			return nil
		}
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, _ = io.WriteString(w, change(string(text)))
		_ = w.Close()
		return out.Bytes()
	}
}

func replaced(old, with string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, with, 1) }
}

// TestDamage damages one month of an export in each way: that month is a gap, which says where, and the other counts.
func TestDamage(t *testing.T) {
	const csvFile, parquetFile = "data/billing_period=2026-08/tenor-bill-00002.csv.gz",
		"data/billing_period=2026-08/tenor-bill-00002.snappy.parquet"
	const manifestFile = "metadata/billing_period=2026-08/tenor-bill-Manifest.json"
	half := func(b []byte) []byte { return b[:len(b)/2] }
	text := func(f func(string) string) func([]byte) []byte {
		return func(b []byte) []byte { return []byte(f(string(b))) }
	}
	for _, tc := range []struct {
		name, format, file string
		change             func([]byte) []byte // nil: the file is removed
		want               string
		at                 string // the file that is named; empty: that which was changed
	}{
		{"a gzip that ends early", "focus10", csvFile, half, "the file is cut off", ""},
		{"a gzip with nothing in it", "focus10", csvFile, func([]byte) []byte { return nil },
			"is neither Parquet nor csv.gz: the file is cut off", ""},
		{"no gzip", "focus10", csvFile, func([]byte) []byte { return []byte("BilledCost\n1\n") }, "is neither Parquet nor csv.gz", ""},
		{"a line of fewer fields", "focus10", csvFile, unzipped(replaced(",1.1,", ",")),
			"line 2: another number of fields than the header has", ""},
		{"a number that is none", "focus10", csvFile, unzipped(replaced(",1.1,", ",1.1x,")), `line 2: ContractedCost: "1.1x": no amount`, ""},
		{"a number that is empty", "focus10", csvFile, unzipped(replaced(",1.1,", ",,")), `line 2: ContractedCost is empty: no amount`, ""},
		{"a number without end", "focus10", csvFile, unzipped(replaced(",1.1,", ",1E999999999,")),
			`line 2: ContractedCost: "1E999999999": no amount`, ""},
		{"a quote that is not closed", "focus10", csvFile, unzipped(func(s string) string { return s + `"` + strings.Repeat("x\n", maxRecord) }),
			": a record of more than 16 MiB: is a quote not closed?", ""},
		{"columns of nothing known", "focus10", csvFile, unzipped(func(string) string { return "a,b\n1,2\n" }), errFormat.Error(), ""},
		{"another payer", "focus10", csvFile, unzipped(func(s string) string { return strings.ReplaceAll(s, payerA, payerB) }),
			"is of payer " + payerB + ", and the export of " + payerA, ""},
		{"another payer in one line", "focus10", csvFile, unzipped(replaced(payerA, payerB)),
			`line 4: is of payer "` + payerA + `", and lines before it of ` + payerB, ""},
		{"tags that are no JSON", "focus10", csvFile, unzipped(replaced(`{""CostCenter""`, `{""provisioned""!`)),
			"line 2: the tags are no JSON object", ""},
		{"a Parquet cut off", "focus12", parquetFile, half, "is no Parquet file that can be read: ", ""},
		{"a Parquet with nothing in it", "focus12", parquetFile, func([]byte) []byte { return []byte("PAR1") }, "the file is cut off", ""},
		{"a Parquet whose pages are spoilt", "focus12", parquetFile, func(b []byte) []byte {
			for i := 4; i < len(b)/3; i++ {
				b[i] ^= 0xa5
			}
			return b
		}, "", ""},
		{"a file that is missing", "focus12", parquetFile, nil, "is not there", ""},
		{"a manifest that is missing", "focus12", manifestFile, nil,
			"the month has data and no manifest: AWS may still be delivering it; read it again in a day", "-"},
		{"a manifest cut off", "focus12", manifestFile, half, "is no JSON object that is whole", ""},
		{"a manifest of another shape", "focus12", manifestFile, text(func(string) string { return `{"dataFiles":"x"}` }),
			"dataFiles is a JSON string", ""},
		{"a manifest of nothing", "focus12", manifestFile, text(func(string) string { return `{"dataFiles":[]}` }), "names no data file", ""},
		{"a file of another month", "focus12", manifestFile, text(func(s string) string {
			return strings.Replace(s, "2026-08", "2026-07",
				1)
		}), "which is of another month", ""},
		{"a file that is named twice", "focus12", manifestFile, text(func(s string) string { return strings.ReplaceAll(s, "00002", "00001") }),
			"twice", ""},
		{"a file outside", "focus12", manifestFile, text(replaced("tenor-bill-00001", "../../../../../etc/passwd")), "which is no path", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := testExport{format: tc.format, lines: smallBill(), chunks: 2, dir: t.TempDir()}.write(t)[0]
			whole, err := Read(t.Context(), []string{root}, Months{}, nil)
			if err != nil || len(whole.Gaps) > 0 {
				t.Fatal(err, whole.Gaps)
			}
			if name := filepath.Join(root, tc.file); tc.change != nil {
				rewrite(t, name, tc.change)
			} else if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
			got, err := Read(t.Context(), []string{root}, Months{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			july := func(c audit.Charge) bool { return c.Period != "2026-07" }
			if d := cmp.Diff(slices.DeleteFunc(whole.Rows, july), got.Rows); d != "" {
				t.Errorf("the other month:\n%s", d)
			}
			at := tc.file
			if tc.at != "" {
				at = strings.Trim(tc.at, "-")
			}
			if len(got.Gaps) != 1 {
				t.Fatalf("gaps: %+v", got.Gaps)
			}
			g := got.Gaps[0]
			if g.Payer != payerA || g.Period != "2026-08" || g.File != at || !strings.Contains(g.Message, tc.want) || strings.Contains(g.Message,
				"\n") {
				t.Errorf("gap %+v, want %q in %s", g, tc.want, at)
			}
		})
	}
}

// TestExportsThatAreNone reads what is no export.
func TestExportsThatAreNone(t *testing.T) {
	empty, other := t.TempDir(), t.TempDir()
	put(t, filepath.Join(other, "metadata", "x", "y"), nil)
	for name, want := range map[string]string{
		"nope": "is not there", empty: "has no data and metadata", other: "has no partition such as",
		"s3://bucket": "want s3://bucket/prefix/export-name",
	} {
		c, err := Read(t.Context(), []string{name}, Months{}, nil)
		if err != nil || len(c.Gaps) != 1 || !strings.HasPrefix(c.Gaps[0].Message, want) {
			t.Errorf("%s: %v %+v", name, err, c)
		}
	}
}

// TestOverlap reads a month of a payer from two exports: the one named first counts.
func TestOverlap(t *testing.T) {
	dir := t.TempDir()
	a := testExport{format: "focus12", lines: smallBill(), chunks: 1, dir: dir}.write(t)[0]
	b := testExport{format: "cur2csv", lines: smallBill(), chunks: 1, dir: dir}.write(t)[0]
	alone, err := Read(t.Context(), []string{a}, Months{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	both, err := Read(t.Context(), []string{a, b}, Months{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(alone.Rows, both.Rows); d != "" {
		t.Error(d)
	}
	if len(both.Gaps) != 2 || !strings.Contains(both.Gaps[0].Message,
		a+" has this month of the payer too, and is named first") || both.Gaps[0].Export != b {
		t.Errorf("%+v", both.Gaps)
	}
}

// TestOrder reads the same lines in other orders and other files: the rows are the same, to the last digit.
func TestOrder(t *testing.T) {
	lines := faultLines(t)
	for _, format := range formats {
		var first []audit.Charge
		for seed := range uint64(2) {
			exports := testExport{format: format, lines: shuffled(lines, seed), chunks: 1 + int(seed), dir: t.TempDir()}.write(t)
			if seed%2 == 1 {
				slices.Reverse(exports)
			}
			c, err := Read(t.Context(), exports, Months{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = c.Rows
			}
			if d := cmp.Diff(first, c.Rows); d != "" || len(first) == 0 {
				t.Errorf("%s, order %d:\n%s", format, seed, d)
			}
		}
	}
}

// TestMissingColumns leaves out each column in turn. What differs then differs with the column too: nothing is accused for want of one.
// And no product costs another amount than it does, and nothing is taken for equal that is not.
func TestMissingColumns(t *testing.T) {
	lines := faultLines(t)
	asOf := time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC)
	known := knownOf(t, "../testdata/bill/faults/estate.json", asOf)
	type at [3]string
	differing := func(b *audit.Billing) map[at]bool {
		out := map[at]bool{}
		for _, o := range slices.Concat(b.Outposts, b.AccountRegions) {
			if o.Status == audit.BillDiffers || o.Status == audit.BillExplained {
				out[at{o.Period, o.Account, string(o.Outpost)}] = true
				out[at{o.Period, o.Account, ""}] = true
			}
		}
		for _, u := range b.Unmatched {
			if u.Why == audit.WhyNoContract {
				out[at{u.Period, u.Account, string(u.Outpost)}] = true
				out[at{u.Period, u.Account, ""}] = true
			}
		}
		return out
	}
	tried := 0
	for _, format := range []string{"focus10", "cur2csv"} {
		read := func(drop string) *audit.Billing {
			exports := testExport{format: format, lines: lines, chunks: 1, dir: t.TempDir(), drop: map[string]bool{drop: true}}.write(t)
			c, err := Read(t.Context(), exports, Months{}, nil)
			if err != nil || len(c.Gaps) > 0 {
				t.Fatal(err, c.Gaps)
			}
			return Reconcile(c, known, asOf)
		}
		whole := read("")
		want := differing(whole)
		costs := map[string]map[string]string{}
		for _, p := range whole.Products {
			costs[p.ARN] = p.Periods
		}
		row := reflect.TypeFor[focusLine]()
		if format != "focus10" {
			row = reflect.TypeFor[curLine]()
		}
		for f := range row.NumField() {
			name, _, _ := strings.Cut(row.Field(f).Tag.Get("parquet"), ",")
			if columnsOf(format)[name] {
				continue
			}
			tried++
			got := read(name)
			for _, o := range slices.Concat(got.Outposts, got.AccountRegions) {
				k := at{o.Period, o.Account, string(o.Outpost)}
				if o.Status == audit.BillDiffers && !want[k] {
					t.Errorf("%s without %s: %+v", format, name, o)
				}
			}
			for _, u := range got.Unmatched {
				if u.Why == audit.WhyNoContract && !want[at{u.Period, u.Account, string(u.Outpost)}] {
					t.Errorf("%s without %s: %+v", format, name, u)
				}
			}
			for _, p := range got.Products {
				for period, cost := range p.Periods {
					if have := costs[p.ARN][period]; have != cost {
						t.Errorf("%s without %s: %s in %s costs %s, and %s with it", format, name, p.ARN, period, cost, have)
					}
				}
			}
		}
	}
	if tried < 30 {
		t.Errorf("only %d columns were tried", tried)
	}
}

// TestS3 reads exports from a bucket: the same as from a folder, and a refusal says what to do.
func TestS3(t *testing.T) {
	dir := t.TempDir()
	refusal := map[string]*s3sim.Refusal{}
	server := s3sim.Start(s3sim.Options{PageSize: 2, Buckets: []s3sim.Bucket{{Name: "acme-billing", Region: "eu-central-1", Owner: payerA}},
		Before: func(r s3sim.Request) *s3sim.Refusal { return refusal[r.Operation] }})
	t.Cleanup(server.Close)
	client := func(region string) *s3.Client {
		return s3.NewFromConfig(aws.Config{Region: region, BaseEndpoint: aws.String(server.URL()),
			Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")}, func(o *s3.Options) {
			o.UsePathStyle, o.RetryMaxAttempts = true, 1
			o.DisableLogOutputChecksumValidationSkipped = true
		})
	}
	for _, format := range formats {
		root := testExport{format: format, lines: smallBill(), chunks: 3, dir: dir}.write(t)[0]
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(name)
			key, _ := filepath.Rel(root, name)
			server.Store("acme-billing", "exports/"+format+"/"+filepath.ToSlash(key), text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		local, err := Read(t.Context(), []string{root}, Months{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		// The bucket says where it is.
		remote, err := Read(t.Context(), []string{"s3://acme-billing/exports/" + format}, Months{}, client("us-east-1"))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(local.Rows, remote.Rows); d != "" || len(local.Rows) == 0 {
			t.Errorf("%s: folder (-) and S3 (+):\n%s%+v", format, d, remote.Gaps)
		}
		for _, s := range remote.Sources {
			for _, f := range s.Files {
				if f.Version == "" || f.Size == 0 {
					t.Errorf("%+v has no version", f)
				}
			}
		}
	}
	for _, tc := range []struct {
		name, uri, region, operation string
		refusal                      *s3sim.Refusal
		reason                       audit.Reason
		want                         string
	}{
		{"no bucket", "s3://acme-other/exports/cur2", "eu-central-1", "", nil, audit.ReasonError, "there is no such bucket"},
		{"nothing there", "s3://acme-billing/exports/nope", "eu-central-1", "", nil, audit.ReasonMalformed, "has no data and metadata"},
		{"no listing", "s3://acme-billing/exports/cur2", "eu-central-1", "ListObjectsV2", &s3sim.Refusal{Status: 403, Code: "AccessDenied",
			Message: "no"},
			audit.ReasonAccessDenied, "S3 refuses it: allow s3:ListBucket"},
		{"no object", "s3://acme-billing/exports/cur2", "eu-central-1", "GetObject", &s3sim.Refusal{Status: 403, Code: "AccessDenied",
			Message: "no"},
			audit.ReasonAccessDenied, "S3 refuses it: allow s3:ListBucket"},
		{"denied by a service control policy", "s3://acme-billing/exports/cur2", "eu-central-1", "ListObjectsV2",
			&s3sim.Refusal{Status: 403, Code: "AccessDenied", Message: "with an explicit deny in a service control policy"},
			audit.ReasonDeniedBySCP, "with an explicit deny in a service control policy"},
		{"credentials that have ended", "s3://acme-billing/exports/cur2", "eu-central-1", "ListObjectsV2",
			&s3sim.Refusal{Status: 400, Code: "ExpiredToken", Message: "no"}, audit.ReasonCredentials, "S3 refuses the credentials: ExpiredToken"},
		{"replaced meanwhile", "s3://acme-billing/exports/cur2", "eu-central-1", "GetObject",
			&s3sim.Refusal{Status: 412, Code: "PreconditionFailed", Message: "no"}, audit.ReasonError, "it was replaced while it was read"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			refusal[tc.operation] = tc.refusal
			defer delete(refusal, tc.operation)
			c, err := Read(t.Context(), []string{tc.uri}, Months{}, client(tc.region))
			if err != nil || len(c.Gaps) == 0 || len(c.Rows) > 0 {
				t.Fatal(err, fmt.Sprintf("%+v", c))
			}
			for _, g := range c.Gaps {
				if g.Reason != tc.reason || !strings.HasPrefix(g.Message, tc.want) {
					t.Errorf("%+v, want %s: %s", g, tc.reason, tc.want)
				}
			}
		})
	}
	for _, r := range server.Requests() {
		if r.Operation != "GetObject" && r.Operation != "ListObjectsV2" {
			t.Errorf("%s is no call that only reads", r.Operation)
		}
	}
}

// TestManyFilesTakeTheMemoryOfOne reads a month of one file and a month of forty of the same rows: what is kept of them at once does not
// grow with their number.
func TestManyFilesTakeTheMemoryOfOne(t *testing.T) {
	var lines []testLine
	for i := range 3000 {
		lines = append(lines, testLine{Period: "2026-09", Payer: "900000000009", Account: "111122223333", Region: "eu-central-1",
			Code: "AmazonEC2", Kind: "usage", Currency: "USD", Amount: 1, Net: 1,
			Product: fmt.Sprintf("arn:aws:servicecatalog:eu-central-1:111122223333:stack/p/pp-%d", i)})
	}
	export := testExport{format: "focus10", lines: lines, chunks: 1, dir: t.TempDir()}.write(t)[0]
	const first, manifest = "data/billing_period=2026-09/tenor-bill-00001.csv.gz", "metadata/billing_period=2026-09/tenor-bill-Manifest.json"
	var names []string
	for i := range 40 {
		name := fmt.Sprintf("data/billing_period=2026-09/copy-%d.csv.gz", i)
		if err := os.Link(filepath.Join(export, first), filepath.Join(export, name)); err != nil {
			t.Fatal(err)
		}
		names = append(names, `"s3://b/p/`+name+`"`)
	}
	peak := func() (most uint64) {
		done, ended := make(chan bool), make(chan bool)
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		runtime.GC()
		metrics.Read(live)
		before := live[0].Value.Uint64()
		go func() {
			defer close(ended)
			for {
				select {
				case <-done:
					return
				case <-time.After(2 * time.Millisecond):
					metrics.Read(live)
					most = max(most, live[0].Value.Uint64())
				}
			}
		}()
		c, err := Read(t.Context(), []string{export}, Months{}, nil)
		close(done)
		<-ended
		if err != nil || len(c.Gaps) > 0 || len(c.Rows) != 3000 {
			t.Fatalf("%d rows, %v, %v", len(c.Rows), c.Gaps, err)
		}
		return max(most, before) - before
	}
	one := peak()
	if err := os.WriteFile(filepath.Join(export, manifest), []byte(`{"dataFiles":[`+strings.Join(names, ",")+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if forty := peak(); forty > one+24<<20 {
		t.Errorf("forty files keep %d bytes, and one %d", forty, one)
	}
}
