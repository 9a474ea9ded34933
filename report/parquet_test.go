package report

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"tenor/audit"
	"tenor/internal/inline"
)

var parquetTables = map[string]func(io.Writer, audit.Report) error{
	"findings": ParquetFindings, "coverage": ParquetCoverage, "renewals": ParquetRenewals, "charges": ParquetCharges,
}

// TestParquetGoldens holds each table to its schema and its rows, and to the same bytes each time.
func TestParquetGoldens(t *testing.T) {
	for name, r := range fixtures() {
		for table, write := range parquetTables {
			t.Run(name+"/"+table, func(t *testing.T) {
				out := render(t, write, r)
				if out != render(t, write, r) {
					t.Error("it has other bytes the second time")
				}
				f := openParquet(t, []byte(out))
				golden(t, name+"."+table+".parquet.txt", []byte(f.Schema().String()+"\n"+strings.Join(parquetRowsOf(t, f), "\n")+"\n"))
			})
		}
	}
}

// TestParquetRowGroups: neither many rows nor long ones are held until the end.
func TestParquetRowGroups(t *testing.T) {
	f := finding("outposts.contract_ending", audit.High, audit.Fail, audit.ResourceRef{Kind: audit.KindOutpost, ID: "op-1", Account: acctProd}, "")
	for name, tt := range map[string]struct{ rows, text, groups int }{
		"few":          {100, 1 << 10, 1},
		"many":         {parquetGroupRows + 1, 1, 2},
		"just as many": {parquetGroupRows, 1, 1},
		"long":         {40, 1 << 20, 3},
	} {
		t.Run(name, func(t *testing.T) {
			f.Msg = strings.Repeat("x", tt.text)
			r := emptyReport()
			r.Findings = audit.NewList(tt.rows, func(yield func(audit.Finding, error) bool) {
				for range tt.rows {
					if !yield(f, nil) {
						return
					}
				}
			})
			file := openParquet(t, []byte(render(t, ParquetFindings, r)))
			if groups := len(file.RowGroups()); groups != tt.groups || file.NumRows() != int64(tt.rows) {
				t.Errorf("%d rows in %d row groups, want %d in %d", file.NumRows(), groups, tt.rows, tt.groups)
			}
		})
	}
}

// TestParquetMoney: an amount is exact, or it is an error.
func TestParquetMoney(t *testing.T) {
	ptr := func(n int64) *int64 { return &n }
	for in, want := range map[string]*int64{
		"": nil, "0.00": ptr(0), "1234567.89": ptr(123456789), "-0.05": ptr(-5), "7": ptr(700), "7.5": ptr(750), "-7.50": ptr(-750),
		"9999999999999999.99": ptr(999_999_999_999_999_999),
	} {
		p := &parquetRows{}
		if d := cmp.Diff(want, p.money("amount", in)); d != "" || p.err != nil {
			t.Errorf("%q: %v\n%s", in, p.err, d)
		}
	}
	for _, in := range []string{"0.001", "1e3", "x", "10000000000000000.00", "99999999999999999999.00", "1.-5"} {
		p := &parquetRows{}
		if p.money("amount", in); p.err == nil {
			t.Errorf("%q is an amount", in)
		}
	}
}

// TestParquetBadCell: what cannot be written as what it is fails the table, and names the finding.
func TestParquetBadCell(t *testing.T) {
	for name, spoil := range map[string]func(*audit.Finding){
		"due":        func(f *audit.Finding) { f.Due = "soon" },
		"first_seen": func(f *audit.Finding) { f.FirstSeen = "2026-11-29" },
		"amount":     func(f *audit.Finding) { f.Amount = &audit.Money{Value: "1.005", Currency: "USD"} },
	} {
		r := emptyReport()
		f := finding("outposts.contract_ending", audit.High, audit.Fail, audit.ResourceRef{ID: "op-1"}, "")
		spoil(&f)
		r.Findings = audit.NewList(inline.Of(f))
		err := ParquetFindings(io.Discard, r)
		if err == nil || !strings.HasPrefix(err.Error(), "finding "+f.Fingerprint+": "+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func openParquet(t *testing.T, b []byte) *parquet.File {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// parquetRowsOf are the rows of a file, their cells in the order of the columns.
func parquetRowsOf(t *testing.T, f *parquet.File) []string {
	t.Helper()
	rows := []string{}
	for _, row := range parquetValues(t, f) {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = fmt.Sprintf("%v", v)
		}
		rows = append(rows, strings.Join(cells, " | "))
	}
	return rows
}

func parquetValues(t *testing.T, f *parquet.File) []parquet.Row {
	t.Helper()
	all := []parquet.Row{}
	for _, group := range f.RowGroups() {
		rows := group.Rows()
		buffer := make([]parquet.Row, group.NumRows())
		for n := 0; n < len(buffer); {
			m, err := rows.ReadRows(buffer[n:])
			if n += m; m == 0 && err != nil {
				t.Fatal(err)
			}
		}
		for _, row := range buffer {
			all = append(all, row.Clone())
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestAthena holds docs/athena.sql to the columns of the files and their types. Their order counts nothing: Athena takes them by name.
func TestAthena(t *testing.T) {
	types := map[string]string{"BOOLEAN": "boolean", "INT(64,true)": "bigint", "STRING": "string", "DATE": "date",
		"DECIMAL(18,2)": "decimal(18,2)", "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)": "timestamp"}
	var sql strings.Builder
	sql.WriteString("-- The tables of --format parquet in Athena, one statement at a time. BUCKET/PREFIX is what output.s3 names; a day\n" +
		"-- before the first in projection.as_of.range is not seen.\n")
	for _, table := range slices.Sorted(maps.Keys(parquetTables)) {
		sql.WriteString("\nCREATE EXTERNAL TABLE tenor_" + table + " (\n")
		file := openParquet(t, []byte(render(t, parquetTables[table], emptyReport())))
		columns := file.Schema().Fields()
		for i, c := range columns {
			name := c.Type().String()
			athena, ok := types[name]
			if !ok || c.Name() == "as_of" {
				t.Errorf("%s.%s is %s: it has no type in Athena, or is the folder's", table, c.Name(), name)
			}
			end := ",\n"
			if i == len(columns)-1 {
				end = ")\n"
			}
			sql.WriteString("  `" + c.Name() + "` " + athena + end)
		}
		sql.WriteString("PARTITIONED BY (`as_of` string)\nSTORED AS PARQUET\nLOCATION 's3://BUCKET/PREFIX/parquet/" + table + "/'\n" +
			"TBLPROPERTIES ('projection.enabled' = 'true', 'projection.as_of.type' = 'date', 'projection.as_of.format' = 'yyyy-MM-dd',\n" +
			"  'projection.as_of.range' = '2026-01-01,NOW');\n")
	}
	golden(t, "../../docs/athena.sql", []byte(sql.String()))
}
