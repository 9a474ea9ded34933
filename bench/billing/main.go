// Command billing measures the reading of a bill: an export of so many FOCUS lines, of which one in a thousand is of an Outpost and one in
// ten of a provisioned product, is read by tenor and, for comparison, only decoded, the same columns of it:
//
//	go run ./bench/billing [-lines 1000000] [-rounds 3]
//
// It prints the median time and the peak memory of each, as processes of their own: as Parquet, and as csv.gz.
package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/parquet-go/parquet-go"

	"tenor/bench/process"
	"tenor/billing"
)

const payer, period = "900000000009", "billing_period=2026-09"

// line has the columns of FOCUS that are read, and some that are not.
type line struct {
	AvailabilityZone     string            `parquet:"AvailabilityZone,optional,dict"`
	BilledCost           float64           `parquet:"BilledCost"`
	BillingAccountID     string            `parquet:"BillingAccountId,dict"`
	BillingCurrency      string            `parquet:"BillingCurrency,dict"`
	ChargeCategory       string            `parquet:"ChargeCategory,dict"`
	ChargeClass          string            `parquet:"ChargeClass,optional,dict"`
	ChargeDescription    string            `parquet:"ChargeDescription,optional,dict"`
	ChargeFrequency      string            `parquet:"ChargeFrequency,dict"`
	ChargePeriodStart    time.Time         `parquet:"ChargePeriodStart,timestamp"`
	CommitmentDiscountID string            `parquet:"CommitmentDiscountId,optional,dict"`
	ContractedCost       float64           `parquet:"ContractedCost"`
	ContractedUnitPrice  float64           `parquet:"ContractedUnitPrice"`
	EffectiveCost        float64           `parquet:"EffectiveCost"`
	InvoiceID            string            `parquet:"InvoiceId,optional,dict"`
	ListCost             float64           `parquet:"ListCost"`
	RegionID             string            `parquet:"RegionId,optional,dict"`
	ResourceID           string            `parquet:"ResourceId,optional"`
	ServiceName          string            `parquet:"ServiceName,dict"`
	SkuID                string            `parquet:"SkuId,optional,dict"`
	SubAccountID         string            `parquet:"SubAccountId,dict"`
	Tags                 map[string]string `parquet:"Tags"`
	XOperation           string            `parquet:"x_Operation,optional,dict"`
	XServiceCode         string            `parquet:"x_ServiceCode,dict"`
	XUsageType           string            `parquet:"x_UsageType,optional,dict"`
}

func lineOf(i int) line {
	cost := float64(i%9973) / 997
	l := line{AvailabilityZone: "eu-west-1a", BilledCost: cost, BillingAccountID: payer, BillingCurrency: "USD", ChargeCategory: "Usage",
		ChargeDescription: "On Demand usage", ChargeFrequency: "Usage-Based", ChargePeriodStart: time.Unix(1788220800+int64(i%720)*3600, 0).UTC(),
		ContractedCost: cost, ContractedUnitPrice: 0.1, EffectiveCost: cost, InvoiceID: "INV-1", ListCost: cost, RegionID: "eu-west-1",
		ResourceID: fmt.Sprintf("arn:aws:ec2:eu-west-1:7%011d:instance/i-%017x", i%97, i), ServiceName: "Amazon Elastic Compute Cloud",
		SkuID: "SKU" + strconv.Itoa(i%500), SubAccountID: fmt.Sprintf("7%011d", i%97), Tags: map[string]string{"Team": strconv.Itoa(i % 50)},
		XOperation: "RunInstances", XServiceCode: "AmazonEC2", XUsageType: "EUW1-BoxUsage"}
	switch {
	case i%1000 == 0:
		l.XServiceCode, l.ServiceName, l.ChargeCategory, l.ChargeFrequency = "AWSOutposts", "AWS Outposts", "Purchase", "Recurring"
		l.CommitmentDiscountID = "sub-" + strconv.Itoa(i%300)
	case i%10 == 0:
		l.Tags["aws:servicecatalog:provisionedProductArn"] = fmt.Sprintf("arn:aws:servicecatalog:eu-west-1:7%011d:stack/p/pp-%d", i%97, i%2000)
	}
	return l
}

func main() {
	lines := flag.Int("lines", 1_000_000, "lines of the month")
	rounds := flag.Int("rounds", 3, "times that each is measured")
	read := flag.String("read", "", "read this export and end (what is measured)")
	decode := flag.String("decode", "", "only decode this Parquet file and end (what is measured)")
	flag.Parse()
	process.Main(func(ctx context.Context, temp string) error {
		switch {
		case *read != "":
			return readExport(ctx, *read)
		case *decode != "":
			return decodeFile(*decode)
		}
		return measure(ctx, temp, *lines, *rounds)
	})
}

func readExport(ctx context.Context, dir string) error {
	c, err := billing.Read(ctx, []string{dir}, billing.Months{}, nil)
	if err != nil || len(c.Gaps) > 0 {
		return errors.Join(err, fmt.Errorf("gaps: %v", c.Gaps))
	}
	fmt.Printf("%d lines, %d charges", c.Sources[0].Lines, len(c.Rows))
	return nil
}

// decodeFile reads the values of every column that tenor reads of each line, and adds up how long they are, so that each is really looked
// at. Of a line that does not count tenor reads no other.
func decodeFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	p, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		return err
	}
	values, bytes := 0, 0
	buffer := make([]parquet.Value, 2048)
	for _, group := range p.RowGroups() {
		for _, column := range [...][]string{{"BillingAccountId"}, {"SubAccountId"}, {"x_ServiceCode"}, {"ServiceName"},
			{"Tags", "key_value", "key"}, {"Tags", "key_value", "value"}} {
			leaf, ok := p.Schema().Lookup(column...)
			if !ok {
				return fmt.Errorf("no column %v", column)
			}
			pages := group.ColumnChunks()[leaf.ColumnIndex].Pages()
			for {
				page, err := pages.ReadPage()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					return err
				}
				for in := page.Values(); ; {
					n, err := in.ReadValues(buffer)
					for i := range buffer[:n] {
						bytes += len(buffer[i].ByteArray())
					}
					if values += n; err != nil {
						break
					}
				}
				parquet.Release(page)
			}
			if err := pages.Close(); err != nil {
				return err
			}
		}
	}
	fmt.Printf("%d values, %d bytes", values, bytes)
	return nil
}

func measure(ctx context.Context, dir string, lines, rounds int) error {
	asParquet, asCSV := filepath.Join(dir, "parquet"), filepath.Join(dir, "csv")
	file, err := export(asParquet, "lines.snappy.parquet", func(w io.Writer) error { return writeParquet(w, lines) })
	if err != nil {
		return err
	}
	if _, err := export(asCSV, "lines.csv.gz", func(w io.Writer) error { return writeCSV(w, lines) }); err != nil {
		return err
	}
	sides := []*process.Side{process.Self("Parquet, decoded alone", "-decode", file), process.Self("Parquet, read", "-read", asParquet),
		process.Self("csv.gz, read", "-read", asCSV)}
	if err := process.Turns(ctx, rounds, sides...); err != nil {
		return err
	}
	for _, s := range sides {
		m := process.Median(s.Runs)
		fmt.Printf("%-24s %6.2f s, CPU %6.2f s, %4.0f MiB  (%s)\n", s.Name, m.Wall.Seconds(), m.CPU.Seconds(), m.MiB, s.Out)
	}
	return nil
}

// export writes an export of one file, and returns the file's path.
func export(root, name string, write func(io.Writer) error) (string, error) {
	data, metadata := filepath.Join(root, "data", period), filepath.Join(root, "metadata", period)
	if err := errors.Join(os.MkdirAll(data, 0o700), os.MkdirAll(metadata, 0o700)); err != nil {
		return "", err
	}
	manifest, err := json.Marshal(map[string]any{"exportArn": "arn:aws:bcm-data-exports:us-east-1:" + payer + ":export/bench",
		"dataFiles": []string{"s3://bucket/bench/data/" + period + "/" + name}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(metadata, "bench-Manifest.json"), manifest, 0o600); err != nil {
		return "", err
	}
	path := filepath.Join(data, name)
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	return path, errors.Join(write(w), w.Flush(), f.Close())
}

func writeParquet(out io.Writer, lines int) error {
	w := parquet.NewGenericWriter[line](out, parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(100_000))
	batch := make([]line, 0, 1000)
	for i := range lines {
		if batch = append(batch, lineOf(i)); len(batch) == cap(batch) || i == lines-1 {
			if _, err := w.Write(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return w.Close()
}

func writeCSV(out io.Writer, lines int) error {
	z := gzip.NewWriter(out)
	w := csv.NewWriter(z)
	columns := reflect.VisibleFields(reflect.TypeFor[line]())
	cells := make([]string, len(columns))
	for n, c := range columns {
		cells[n], _, _ = strings.Cut(c.Tag.Get("parquet"), ",")
	}
	err := w.Write(cells)
	for i := 0; i < lines && err == nil; i++ {
		l := reflect.ValueOf(lineOf(i))
		for n := range columns {
			switch v := l.Field(n).Interface().(type) {
			case time.Time:
				cells[n] = v.Format(time.RFC3339)
			case map[string]string:
				tags, err := json.Marshal(v)
				if err != nil {
					return err
				}
				cells[n] = string(tags)
			default:
				cells[n] = fmt.Sprint(v)
			}
		}
		err = w.Write(cells)
	}
	w.Flush()
	return errors.Join(err, w.Error(), z.Close())
}
