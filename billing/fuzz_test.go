package billing

import (
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzManifest reads manifests: what is named is a file of the month below data, and named once.
func FuzzManifest(f *testing.F) {
	f.Add(`{"exportArn":"arn:aws:bcm-data-exports:us-east-1:900000000009:export/x",` +
		`"dataFiles":["s3://b/p/data/billing_period=2026-08/x.csv.gz"]}`)
	f.Add(`{"dataFiles":["s3://b/data/BILLING_PERIOD=2026-08/../../x","s3://b/data/","/data/a",""]}`)
	f.Add(`{"dataFiles":null}`)
	f.Add(`[1`)
	f.Fuzz(func(t *testing.T, text string) {
		files, _, err := readManifest([]byte(text), "2026-08")
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		seen := map[string]bool{}
		for _, name := range files {
			parts := strings.Split(name, "/")
			if parts[0] != "data" || !strings.HasSuffix(strings.ToLower(parts[1]), "billing_period=2026-08") || strings.Contains(name, "..") &&
				strings.Contains("/"+name+"/", "/../") || seen[name] {
				t.Errorf("%q is no file of the month, or named twice", name)
			}
			seen[name] = true
		}
	})
}

// FuzzCSV reads csv: it ends with the charges or an error, and twice the same.
func FuzzCSV(f *testing.F) {
	header := "BillingAccountId,SubAccountId,x_ServiceCode,ChargeCategory,ContractedCost,ListCost,BilledCost,ResourceId,Tags\n"
	f.Add(header + "900000000009,1,AWSOutposts,Purchase,1.5E-3,1,1,op-1,\n")
	f.Add(header + "900000000009,1,AmazonEC2,Usage,1,1,1,x,\"{\"\"aws:servicecatalog:provisionedProductArn\"\":\"\"a\"\"}\"\n")
	f.Add(header + "900000000009,1,AWSOutposts,Purchase,NaN,1,1,op-1,\n")
	f.Add("\ufeff" + header + "\"")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(text))
		_ = z.Close()
		read := func() (*tally, int64, string) {
			c, s := newTally(), seen{}
			if _, err := readCSV(bytes.NewReader(b.Bytes()), c, &s); err != nil {
				return c, s.lines, err.Error()
			}
			return c, s.lines, ""
		}
		first, lines, said := read()
		again, linesAgain, saidAgain := read()
		if said != saidAgain || cmp.Diff(len(first.rows), len(again.rows)) != "" || lines != linesAgain {
			t.Errorf("%q, then %q", said, saidAgain)
		}
		for text, s := range first.rows {
			if k := unpacked(text); k.code == "" && k.product == "" || s.lines == 0 {
				t.Errorf("a charge of nothing: %+v", k)
			}
		}
	})
}

// FuzzParquet reads files that were Parquet: a damaged one is an error, never a panic.
func FuzzParquet(f *testing.F) {
	lines := smallBill()
	whole := testExport{format: "focus12"}.file(f, lines)
	f.Add(whole, 0, byte(0))
	f.Add(whole[:len(whole)-9], 100, byte(1))
	f.Fuzz(func(t *testing.T, file []byte, at int, with byte) {
		if len(file) > 1<<16 {
			return
		}
		file = bytes.Clone(file)
		if at >= 0 && at < len(file) {
			file[at] ^= with
		}
		var s seen
		if _, err := readParquet(context.Background(), bytes.NewReader(file), int64(len(file)), newTallies(), &s); err == nil && s.lines > 1<<30 {
			t.Errorf("%d lines of %d bytes", s.lines, len(file))
		}
	})
}
