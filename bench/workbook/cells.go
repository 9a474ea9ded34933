package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
	"time"

	"tenor/audit"
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

// products are provisioned products as a snapshot has them: one in five is not as it should be.
func products(n int) iter.Seq2[*audit.Resource, error] {
	statuses := [...]string{"AVAILABLE", "AVAILABLE", "TAINTED", "AVAILABLE", "AVAILABLE"}
	regions := [...]string{"eu-central-1", "us-east-1", "ap-southeast-2"}
	related := map[string]json.RawMessage{
		"artifact": json.RawMessage(`{"Id":"pa-4abcdefghijkl","Name":"v2.1","Active":true,"Guidance":"DEFAULT"}`),
	}
	failed := map[string]json.RawMessage{"artifact": related["artifact"], "records": json.RawMessage(
		`{"RecordDetails":[{"RecordId":"rec-0123456789abc","Status":"FAILED","RecordErrors":[{"Code":"ResourceLimitExceeded",` +
			`"Description":"The maximum number of addresses has been reached."}]}]}`)}
	var tags []map[string]string
	for i := range 500 {
		tags = append(tags, map[string]string{audit.OwnerTag: "team-" + strconv.Itoa(100+i) + "@example.com"})
	}
	return func(yield func(*audit.Resource, error) bool) {
		for i := range n {
			number := strconv.Itoa(1_000_000 + i)
			account, region, status := strconv.Itoa(111122223333+i/5000), regions[i/1000%len(regions)], statuses[i%len(statuses)]
			r := &audit.Resource{Kind: audit.KindProvisionedProduct, ID: "pp-" + strconv.FormatUint(uint64(i)*2654435761+1<<48, 16),
				Name: "service-" + number, Account: account, Region: region, Tags: tags[i%500], Related: related}
			r.ARN = "arn:aws:servicecatalog:" + region + ":" + account + ":stack/" + r.Name + "/" + r.ID
			message := ""
			if status == "TAINTED" {
				message = `"StatusMessage":"UPDATE_ROLLBACK_COMPLETE: rolled back.",`
				r.Related = failed
			}
			spec := make([]byte, 0, 1024)
			for _, s := range [...]string{`{"Id":"`, r.ID, `","Name":"`, r.Name, `","Arn":"`, r.ARN, `","Type":"CFN_STACK","Status":"`, status,
				`",`, message, `"CreatedTime":"`} {
				spec = append(spec, s...)
			}
			spec = asOf.Add(-time.Duration(i%9_000_000)*time.Second).AppendFormat(spec, time.RFC3339)
			for _, s := range [...]string{`","IdempotencyToken":"8a1c5a9c-`, number, `","LastRecordId":"rec-`, number,
				`","LastProvisioningRecordId":"rec-`, number, `","LastSuccessfulProvisioningRecordId":"rec-`, number,
				`","ProductId":"prod-4abcdefghijkl","ProductName":"Web service `, number[5:],
				`","ProvisioningArtifactId":"pa-4abcdefghijkl","ProvisioningArtifactName":"v2.`, number[6:],
				`","PhysicalId":"arn:aws:cloudformation:`, region, `:`, account, `:stack/SC-`, number, `","UserArn":"arn:aws:iam::`, account,
				`:role/deployer","UserArnSession":"arn:aws:sts::`, account,
				`:assumed-role/deployer/ci","Tags":[{"Key":"Owner","Value":"`, r.Tags[audit.OwnerTag], `"},{"Key":"CostCenter","Value":"4711"}]}`} {
				spec = append(spec, s...)
			}
			r.Spec = spec
			if !yield(r, nil) {
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
