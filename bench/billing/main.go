// Command billing measures the reading of a bill: an export of so many FOCUS lines, of which one in a thousand is of an Outpost and one in
// ten of a provisioned product, is read by tenor and, for comparison, only decoded:
//
//	go run ./bench/billing [-lines 1000000] [-rounds 3]
//
// It prints the median time and the peak memory of each, as processes of their own that run in turn: as Parquet, and as csv.gz. Two
// floors of Parquet decode the columns that tenor reads: one looks at each value where it lies in its page, a row group on each core;
// one makes a struct of each line, as parquet-go is used. That of csv.gz unpacks it and splits its lines into fields. A month of ten
// such files is read for its memory. DuckDB adds up the same charges from the same Parquet file, where Node finds its module:
// NODE_PATH=…/node_modules, after npm install @duckdb/node-api.
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
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/parquet-go/parquet-go"
	"golang.org/x/sync/errgroup"

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

// roles are the sides that are measured, each of a file or an export: the process runs itself with -side. It writes the files so too: a
// process begins with the peak memory of the one that starts it.
var roles = map[string]func(ctx context.Context, name string, lines int) error{"read": readExport, "parquet": decodeParquet,
	"structs": decodeStructs, "csv": splitCSV,
	"write-parquet": func(_ context.Context, dir string, lines int) error {
		return export(dir, parquetName, func(w io.Writer) error { return writeParquet(w, lines) })
	},
	"write-csv": func(_ context.Context, dir string, lines int) error {
		return export(dir, csvName, func(w io.Writer) error { return writeCSV(w, lines) })
	}}

const parquetName, csvName = "lines.snappy.parquet", "lines.csv.gz"

func main() {
	lines := flag.Int("lines", 1_000_000, "lines of the month")
	rounds := flag.Int("rounds", 3, "times that each is measured")
	side := flag.String("side", "", "do one side and end: read, parquet, structs, csv, write-parquet or write-csv")
	of := flag.String("of", "", "the export or the file of -side")
	flag.Parse()
	process.Main(func(ctx context.Context, temp string) error {
		if do := roles[*side]; do != nil {
			return do(ctx, *of, *lines)
		}
		return measure(ctx, temp, *lines, *rounds)
	})
}

func readExport(ctx context.Context, dir string, _ int) error {
	c, err := billing.Read(ctx, []string{dir}, billing.Months{}, nil)
	if err != nil || len(c.Gaps) > 0 {
		return errors.Join(err, fmt.Errorf("gaps: %v", c.Gaps))
	}
	fmt.Printf("%d lines, %d charges", c.Sources[0].Lines, len(c.Rows))
	return nil
}

// read are the columns that tenor reads.
var read = [...][]string{{"BillingAccountId"}, {"SubAccountId"}, {"RegionId"}, {"x_ServiceCode"}, {"ServiceName"}, {"ChargeCategory"},
	{"ChargeClass"}, {"ChargeFrequency"}, {"BillingCurrency"}, {"ContractedCost"}, {"ListCost"}, {"BilledCost"}, {"CommitmentDiscountId"},
	{"ResourceId"}, {"ChargeDescription"}, {"InvoiceId"}, {"Tags", "key_value", "key"}, {"Tags", "key_value", "value"}}

// decodeParquet decodes every value of the columns that tenor reads, a row group on each core, and adds up what they are, so that each is
// really looked at.
func decodeParquet(_ context.Context, name string, _ int) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	p, err := parquet.OpenFile(f, info.Size(), &parquet.FileConfig{SkipPageIndex: true, SkipBloomFilters: true, ReadBufferSize: 256 << 10})
	if err != nil {
		return err
	}
	var values, bytes atomic.Int64
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, rows := range p.RowGroups() {
		group.Go(func() error {
			buffer := make([]parquet.Value, 2048)
			for _, column := range read {
				leaf, ok := p.Schema().Lookup(column...)
				if !ok {
					return fmt.Errorf("no column %v", column)
				}
				n, size, err := decodeColumn(rows.ColumnChunks()[leaf.ColumnIndex], buffer)
				if err != nil {
					return err
				}
				values.Add(n)
				bytes.Add(size)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	fmt.Printf("%d values, %d bytes", values.Load(), bytes.Load())
	return nil
}

// lineRead has the columns that tenor reads.
type lineRead struct {
	BillingAccountID     string            `parquet:"BillingAccountId,dict"`
	SubAccountID         string            `parquet:"SubAccountId,dict"`
	RegionID             string            `parquet:"RegionId,optional,dict"`
	XServiceCode         string            `parquet:"x_ServiceCode,dict"`
	ServiceName          string            `parquet:"ServiceName,dict"`
	ChargeCategory       string            `parquet:"ChargeCategory,dict"`
	ChargeClass          string            `parquet:"ChargeClass,optional,dict"`
	ChargeFrequency      string            `parquet:"ChargeFrequency,dict"`
	BillingCurrency      string            `parquet:"BillingCurrency,dict"`
	ContractedCost       float64           `parquet:"ContractedCost"`
	ListCost             float64           `parquet:"ListCost"`
	BilledCost           float64           `parquet:"BilledCost"`
	CommitmentDiscountID string            `parquet:"CommitmentDiscountId,optional,dict"`
	ResourceID           string            `parquet:"ResourceId,optional"`
	ChargeDescription    string            `parquet:"ChargeDescription,optional,dict"`
	InvoiceID            string            `parquet:"InvoiceId,optional,dict"`
	Tags                 map[string]string `parquet:"Tags"`
}

// decodeStructs decodes the same columns as parquet-go is used: line after line into a struct.
func decodeStructs(_ context.Context, name string, _ int) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	r := parquet.NewGenericReader[lineRead](f)
	defer func() { _ = errors.Join(r.Close(), f.Close()) }()
	lines, bytes, buffer := 0, 0, make([]lineRead, 2048)
	for {
		n, err := r.Read(buffer)
		for i := range buffer[:n] {
			bytes += len(buffer[i].SubAccountID) + len(buffer[i].ResourceID) + len(buffer[i].Tags)
		}
		if lines += n; errors.Is(err, io.EOF) {
			fmt.Printf("%d lines, %d bytes", lines, bytes)
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func decodeColumn(chunk parquet.ColumnChunk, buffer []parquet.Value) (values, bytes int64, err error) {
	pages := chunk.Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return values, bytes, nil
		}
		if err != nil {
			return values, bytes, err
		}
		for in := page.Values(); ; {
			n, err := in.ReadValues(buffer)
			for _, v := range buffer[:n] {
				switch v.Kind() {
				case parquet.ByteArray:
					bytes += int64(len(v.ByteArray()))
				case parquet.Double:
					if v.Double() != 0 {
						bytes += 8
					}
				}
			}
			if values += int64(n); err != nil {
				break
			}
		}
		parquet.Release(page)
	}
}

// splitCSV unpacks a csv.gz and splits it into records and fields, and adds up their length.
func splitCSV(_ context.Context, name string, _ int) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return err
	}
	r := csv.NewReader(unzipped)
	r.ReuseRecord = true
	values, bytes := 0, 0
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			fmt.Printf("%d values, %d bytes", values, bytes)
			return nil
		}
		if err != nil {
			return err
		}
		values += len(record)
		for _, field := range record {
			bytes += len(field)
		}
	}
}

// duckDB adds up in SQL what tenor adds up: the charges of Outposts and of provisioned products by what its rows are of, and the lines,
// payers and accounts of all.
const duckDB = `
const {DuckDBInstance} = require('@duckdb/node-api');
(async () => {
  const db = await (await DuckDBInstance.create()).connect();
  const rows = await db.runAndReadAll(` + "`" + `
    WITH lines AS (SELECT *, Tags['aws:servicecatalog:provisionedProductArn'] AS product FROM read_parquet(?)),
    kept AS (SELECT SubAccountId, RegionId, coalesce(x_ServiceCode, ServiceName), ChargeCategory, ChargeClass, ChargeFrequency,
        BillingCurrency, CommitmentDiscountId, product,
        if(x_ServiceCode = 'AWSOutposts', ChargeDescription, ''), regexp_extract(ResourceId, 'op-[0-9a-z]+'),
        sum(ContractedCost), sum(BilledCost), count(*), bool_or(abs(ContractedCost - ListCost) >= 0.005), count(DISTINCT InvoiceId)
      FROM lines WHERE x_ServiceCode = 'AWSOutposts' OR product IS NOT NULL GROUP BY ALL),
    counted AS (SELECT count(*) AS lines, count(DISTINCT SubAccountId), max(BillingAccountId) FROM lines)
    SELECT lines::INT, (SELECT count(*)::INT FROM kept) FROM counted` + "`" + `, [process.argv[1]]);
  const [lines, charges] = rows.getRows()[0];
  process.stdout.write(lines + ' lines, ' + charges + ' charges');
})().catch(e => { console.error(e.message); process.exit(1); });`

func measure(ctx context.Context, dir string, lines, rounds int) error {
	asParquet, tenfold, asCSV := filepath.Join(dir, "parquet"), filepath.Join(dir, "tenfold"), filepath.Join(dir, "csv")
	parquetFile, csvFile := filepath.Join(asParquet, "data", period, parquetName), filepath.Join(asCSV, "data", period, csvName)
	side := func(name, role, of string) *process.Side {
		return process.Self(name, "-side", role, "-of", of, "-lines", strconv.Itoa(lines))
	}
	written := []*process.Side{side("written as Parquet", "write-parquet", asParquet), side("written as csv.gz", "write-csv", asCSV)}
	if err := process.Turns(ctx, 1, written...); err != nil {
		return err
	}
	if err := copies(tenfold, parquetFile, 10); err != nil {
		return err
	}
	ofParquet := []*process.Side{side("Parquet, read", "read", asParquet), side("Parquet, floor: values", "parquet", parquetFile),
		side("Parquet, floor: structs", "structs", parquetFile), side("Parquet, ten times, read", "read", tenfold)}
	ofCSV := []*process.Side{side("csv.gz, read", "read", asCSV), side("csv.gz, floor: split", "csv", csvFile)}
	if err := exec.CommandContext(ctx, "node", "-e", "require('@duckdb/node-api')").Run(); err != nil {
		fmt.Fprintln(os.Stderr, "DuckDB is left out: Node does not find @duckdb/node-api:", err)
	} else {
		ofParquet = append(ofParquet, &process.Side{Name: "Parquet, DuckDB", Command: []string{"node", "-e", duckDB, parquetFile}})
	}
	if err := process.Turns(ctx, rounds, slices.Concat(ofParquet, ofCSV)...); err != nil {
		return err
	}
	for _, sides := range [...][]*process.Side{ofParquet, ofCSV} {
		ours := process.Median(sides[0].Runs)
		for i, s := range sides {
			m := process.Median(s.Runs)
			fmt.Printf("%-26s %6.2f s, CPU %6.2f s, %4.0f MiB", s.Name, m.Wall.Seconds(), m.CPU.Seconds(), m.MiB)
			if i > 0 {
				fmt.Printf("; %q took %.2f × its CPU", sides[0].Name, ours.CPU.Seconds()/m.CPU.Seconds())
			}
			fmt.Printf("  (%s)\n", s.Out)
		}
		for _, s := range sides[1:] {
			process.Ratio(fmt.Sprintf("%d lines, CPU, %s ÷ %s by tenor", lines, s.Name, sides[0].Name),
				float64(process.Median(s.Runs).CPU)/float64(ours.CPU))
		}
	}
	return nil
}

// export writes an export of one file.
func export(root, name string, write func(io.Writer) error) error {
	path, err := folders(root, name)
	if err != nil {
		return err
	}
	f, err := os.Create(path[0])
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	return errors.Join(write(w), w.Flush(), f.Close())
}

// copies makes an export of one file so many times.
func copies(root, file string, times int) error {
	names := make([]string, times)
	for i := range names {
		names[i] = fmt.Sprintf("%d-%s", i, filepath.Base(file))
	}
	paths, err := folders(root, names...)
	for _, path := range paths {
		err = errors.Join(err, os.Link(file, path))
	}
	return err
}

// folders makes the folders and the manifest of an export, and returns where its files have to be.
func folders(root string, names ...string) (paths []string, err error) {
	data, metadata := filepath.Join(root, "data", period), filepath.Join(root, "metadata", period)
	if err := errors.Join(os.MkdirAll(data, 0o700), os.MkdirAll(metadata, 0o700)); err != nil {
		return nil, err
	}
	uris := make([]string, len(names))
	for i, name := range names {
		uris[i] = "s3://bucket/bench/data/" + period + "/" + name
		paths = append(paths, filepath.Join(data, name))
	}
	manifest, err := json.Marshal(map[string]any{"exportArn": "arn:aws:bcm-data-exports:us-east-1:" + payer + ":export/bench",
		"dataFiles": uris})
	if err != nil {
		return nil, err
	}
	return paths, os.WriteFile(filepath.Join(metadata, "bench-Manifest.json"), manifest, 0o600)
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
