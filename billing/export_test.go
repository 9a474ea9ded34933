package billing

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/parquet-go/parquet-go"
)

// testLine is a line of a bill, in no format.
type testLine struct {
	Period, Payer, Account, Region, Code, Name, Kind string
	Description, Currency, Resource, Commitment      string
	Product, Invoice                                 string
	LineType                                         string `json:"line_type"` // of CUR, where it is another
	Amount, Net                                      float64
	Correction                                       bool
}

// kindsIn are the kinds of a testLine: FOCUS's category and frequency, CUR's types of line and bill.
var kindsIn = map[string][4]string{
	"recurring": {"Purchase", "Recurring", "RIFee", "Anniversary"}, "upfront": {"Purchase", "One-Time", "Fee", "Purchase"},
	"usage": {"Usage", "Usage-Based", "Usage", "Anniversary"}, "tax": {"Tax", "One-Time", "Tax", "Anniversary"},
	"credit": {"Credit", "One-Time", "Credit", "Anniversary"}, "refund": {"Purchase", "One-Time", "Refund", "Refund"},
	"support": {"Purchase", "Recurring", "Fee", "Anniversary"},
}

type focusLine struct {
	BilledCost           float64           `parquet:"BilledCost,optional"`
	BillingAccountID     string            `parquet:"BillingAccountId,optional,dict"`
	BillingCurrency      string            `parquet:"BillingCurrency,optional,dict"`
	BillingPeriodStart   time.Time         `parquet:"BillingPeriodStart,timestamp"`
	ChargeCategory       string            `parquet:"ChargeCategory,optional,dict"`
	ChargeClass          string            `parquet:"ChargeClass,optional,dict"`
	ChargeDescription    string            `parquet:"ChargeDescription,optional"`
	ChargeFrequency      string            `parquet:"ChargeFrequency,optional,dict"`
	CommitmentDiscountID string            `parquet:"CommitmentDiscountId,optional"`
	ContractedCost       float64           `parquet:"ContractedCost"`
	InvoiceID            string            `parquet:"InvoiceId,optional,dict"`
	ListCost             float64           `parquet:"ListCost"`
	RegionID             string            `parquet:"RegionId,optional,dict"`
	ResourceID           string            `parquet:"ResourceId,optional"`
	ServiceName          string            `parquet:"ServiceName,optional,dict"`
	SubAccountID         string            `parquet:"SubAccountId,optional,dict"`
	Tags                 map[string]string `parquet:"Tags"`
	XServiceCode         string            `parquet:"x_ServiceCode,optional,dict"`
}

type curLine struct {
	BillType     string            `parquet:"bill_bill_type,optional,dict"`
	Payer        string            `parquet:"bill_payer_account_id,optional,dict"`
	Invoice      string            `parquet:"bill_invoice_id,optional,dict"`
	Currency     string            `parquet:"line_item_currency_code,optional,dict"`
	Description  string            `parquet:"line_item_line_item_description,optional"`
	LineType     string            `parquet:"line_item_line_item_type,optional,dict"`
	Net          float64           `parquet:"line_item_net_unblended_cost"`
	Code         string            `parquet:"line_item_product_code,optional,dict"`
	Resource     string            `parquet:"line_item_resource_id,optional"`
	Unblended    float64           `parquet:"line_item_unblended_cost"`
	Account      string            `parquet:"line_item_usage_account_id,optional,dict"`
	Region       string            `parquet:"product_region_code,optional,dict"`
	ARN          string            `parquet:"reservation_reservation_a_r_n,optional"`
	Subscription string            `parquet:"reservation_subscription_id,optional"`
	Tags         map[string]string `parquet:"resource_tags"`
	ProductTag   string            `parquet:"resource_tags_aws_servicecatalog_provisioned_product_arn,optional"`
}

func (l *testLine) focus() focusLine {
	k := kindsIn[l.Kind]
	start, _ := time.Parse("2006-01", l.Period)
	f := focusLine{BilledCost: l.Net, BillingAccountID: l.Payer, BillingCurrency: l.Currency, BillingPeriodStart: start, ChargeCategory: k[0],
		ChargeDescription: l.Description, ChargeFrequency: k[1], ContractedCost: l.Amount, InvoiceID: l.Invoice, ListCost: l.Amount,
		RegionID: l.Region, ResourceID: l.Resource, ServiceName: l.Name, SubAccountID: l.Account, XServiceCode: l.Code}
	f.Tags = map[string]string{"CostCenter": "=1+1"}
	if l.Product != "" {
		f.Tags["aws:servicecatalog:provisionedProductArn"] = l.Product
	}
	if l.Correction {
		f.ChargeClass = "Correction"
	}
	if l.Commitment != "" {
		f.CommitmentDiscountID = "arn:aws:outposts:x:y:subscription/" + l.Commitment
	}
	return f
}

func (l *testLine) cur() curLine {
	k := kindsIn[l.Kind]
	c := curLine{BillType: k[3], Payer: l.Payer, Invoice: l.Invoice, Currency: l.Currency, Description: l.Description, LineType: k[2],
		Net: l.Net, Code: l.Code, Resource: l.Resource, Unblended: l.Amount, Account: l.Account, Region: l.Region, Subscription: l.Commitment,
		Tags: map[string]string{"user_cost_center": "42"}, ProductTag: l.Product}
	if l.LineType != "" {
		c.LineType = l.LineType
	}
	if l.Product != "" {
		c.Tags["aws_servicecatalog_provisioned_product_arn"] = l.Product
	}
	if l.Commitment != "" {
		c.ARN = "arn:aws:outposts:x:y:subscription/" + l.Commitment
	}
	return c
}

// testExport is an export that a test writes.
type testExport struct {
	format string          // one of formats
	lines  []testLine      // in any order
	drop   map[string]bool // columns that are left out, of csv alone
	chunks int             // files a month
	dir    string          // the folder that exports are written to
}

// columnsOf are those that a format does not have.
func columnsOf(format string) map[string]bool {
	switch format {
	case "focus10":
		return map[string]bool{"InvoiceId": true}
	case "cur2map":
		return map[string]bool{"resource_tags_aws_servicecatalog_provisioned_product_arn": true}
	case "cur2csv":
		return map[string]bool{"resource_tags": true}
	}
	return map[string]bool{}
}

// write writes an export for each payer and returns their folders.
func (e testExport) write(t testing.TB) []string {
	t.Helper()
	months := map[[2]string][]testLine{}
	for _, l := range e.lines {
		months[[2]string{l.Payer, l.Period}] = append(months[[2]string{l.Payer, l.Period}], l)
	}
	var roots []string
	for at, lines := range months {
		root := filepath.Join(e.dir, e.format, at[0], "tenor-bill")
		if !slices.Contains(roots, root) {
			roots = append(roots, root)
		}
		partition := "billing_period=" + at[1]
		if strings.HasPrefix(e.format, "cur2") {
			partition = "BILLING_PERIOD=" + at[1]
		}
		var names []string
		for i := range e.chunks {
			var chunk []testLine
			for j := i; j < len(lines); j += e.chunks {
				chunk = append(chunk, lines[j])
			}
			name := fmt.Sprintf("data/%s/tenor-bill-%05d.csv.gz", partition, i+1)
			if e.format == "focus12" || e.format == "cur2" {
				name = fmt.Sprintf("data/%s/tenor-bill-%05d.snappy.parquet", partition, i+1)
			}
			put(t, filepath.Join(root, name), e.file(t, chunk))
			names = append(names, "s3://org-billing/exports/tenor-bill/"+name)
		}
		arn := "arn:aws:bcm-data-exports:us-east-1:" + at[0] + ":export/tenor-bill"
		text, err := json.Marshal(map[string]any{"exportArn": arn, "dataFiles": names})
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(root, "metadata", partition, "tenor-bill-Manifest.json"), text)
	}
	slices.Sort(roots)
	return roots
}

func put(t testing.TB, name string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (e testExport) file(t testing.TB, lines []testLine) []byte {
	t.Helper()
	focusLines, curLines := make([]focusLine, len(lines)), make([]curLine, len(lines))
	for i := range lines {
		focusLines[i], curLines[i] = lines[i].focus(), lines[i].cur()
	}
	switch e.format {
	case "focus12":
		return parquetOf(t, focusLines)
	case "cur2":
		return parquetOf(t, curLines)
	case "focus10":
		return e.csv(t, focusLines)
	}
	return e.csv(t, curLines)
}

func parquetOf[T any](t testing.TB, lines []T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(50), parquet.PageBufferSize(512))
	if _, err := w.Write(lines); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (e testExport) csv(t testing.TB, lines any) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(z)
	list := reflect.ValueOf(lines)
	row := list.Type().Elem()
	without := maps.Clone(columnsOf(e.format))
	maps.Copy(without, e.drop)
	for i := -1; i < list.Len(); i++ {
		var record []string
		for f := range row.NumField() {
			name, _, _ := strings.Cut(row.Field(f).Tag.Get("parquet"), ",")
			if without[name] {
				continue
			}
			if i < 0 {
				record = append(record, name)
				continue
			}
			switch v := list.Index(i).Field(f).Interface().(type) {
			case string:
				record = append(record, v)
			case float64:
				record = append(record, strconv.FormatFloat(v, "gE"[i%2], -1, 64))
			case time.Time:
				record = append(record, v.Format(time.RFC3339))
			case map[string]string:
				text, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				record = append(record, string(text))
			}
		}
		if err := w.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// faultLines are the lines of ../testdata/bill/faults: a bill with each fault that a bill can have.
func faultLines(t testing.TB) []testLine {
	t.Helper()
	text, err := os.ReadFile("../testdata/bill/faults/lines.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	var lines []testLine
	for record := range bytes.Lines(text) {
		var l testLine
		if err := json.Unmarshal(record, &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}

// shuffled returns the lines in another order.
func shuffled(lines []testLine, seed uint64) []testLine {
	out := slices.Clone(lines)
	rand.New(rand.NewPCG(seed, 1)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}
