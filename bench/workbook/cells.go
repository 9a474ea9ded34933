package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
	"time"

	"tenor/audit"
	"tenor/bench/estate"
	"tenor/report"
)

var asOf = time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)

// writeWorkbook writes the workbook of so many provisioned products.
func writeWorkbook(w io.Writer, rows int) error {
	r := audit.Report{
		SchemaVersion: audit.ReportSchemaVersion, Status: audit.Clean,
		Run: audit.Run{ID: "bench", ToolVersion: "bench", TakenAt: asOf.Format(time.RFC3339), AsOf: asOf.Format(time.RFC3339),
			Assumptions: audit.Assumptions{DiscountRate: "0.08", FiscalYearStart: 1, ApprovalLimitUSD: "250000", ApprovalBasis: "total",
				RetiredStatuses: []string{"RETIRED"}}},
		Summary:     audit.Summary{Resources: map[string]int{audit.KindProvisionedProduct: rows}},
		Commitments: audit.Commitments{Currency: "USD", Total: audit.AccountCommitment{Remaining: "0.00"}},
	}
	return report.XLSX(w, r, products(rows))
}

// products are so many provisioned products as a snapshot has them. They are made before they are measured, and come again after
// distinct of them, which is farther than a deflater looks back.
func products(n int) iter.Seq2[*audit.Resource, error] {
	const distinct = 1000
	made := make([]*audit.Resource, distinct)
	for i := range made {
		account := strconv.Itoa(111122223333 + i/100)
		made[i] = estate.Documents[audit.KindProvisionedProduct](account, i)
		made[i].Kind, made[i].Account, made[i].Region = audit.KindProvisionedProduct, account, "eu-central-1"
	}
	return func(yield func(*audit.Resource, error) bool) {
		for i := range n {
			if !yield(made[i%distinct], nil) {
				return
			}
		}
	}
}

// export writes the largest sheet of a workbook as it is, and its cells as tab-separated values: a text begins with s, a
// number with n, an empty cell is nothing. It returns how many cells have a value.
func export(workbook, xml, tsv string) (cells int, err error) {
	z, err := zip.OpenReader(workbook)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, z.Close()) }()
	var largest *zip.File
	for _, f := range z.File {
		if strings.HasPrefix(f.Name, "xl/worksheets/sheet") && (largest == nil || f.UncompressedSize64 > largest.UncompressedSize64) {
			largest = f
		}
	}
	part, err := largest.Open()
	if err != nil {
		return 0, err
	}
	defer part.Close()
	x, err := os.Create(xml)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	err = writeFile(tsv, func(w io.Writer) error {
		in := bufio.NewScanner(io.TeeReader(part, x))
		in.Buffer(make([]byte, 1<<20), 1<<26)
		in.Split(splitRows)
		for in.Scan() {
			n, err := writeRow(w, in.Bytes())
			if err != nil {
				return err
			}
			cells += n
		}
		return in.Err()
	})
	return cells, err
}

// splitRows splits a sheet after each row.
func splitRows(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.Index(data, []byte("</row>")); i >= 0 {
		return i + 6, data[:i], nil
	}
	if atEOF {
		return len(data), nil, nil
	}
	return 0, nil, nil
}

func writeRow(w io.Writer, row []byte) (int, error) {
	n := 0
	line := []byte{}
	for i, c := range bytes.Split(row, []byte("<c "))[1:] {
		if i > 0 {
			line = append(line, '\t')
		}
		if _, v, ok := bytes.Cut(c, []byte(`preserve">`)); ok {
			v, _, _ = bytes.Cut(v, []byte("</t>"))
			line = append(append(line, 's'), unescape.Replace(string(v))...)
			n++
		} else if _, v, ok := bytes.Cut(c, []byte("<v>")); ok {
			v, _, _ = bytes.Cut(v, []byte("</v>"))
			line = append(append(line, 'n'), v...)
			n++
		}
	}
	_, err := w.Write(append(line, '\n'))
	return n, err
}

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", "\n", " ", "\t", " ")
