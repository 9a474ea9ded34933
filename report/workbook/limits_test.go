package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"tenor/audit"
	"tenor/internal/inline"
	"tenor/report/workbook/xlsx"
)

// largeReport is of an organization with as many accounts as AWS has, named as long as it allows, each with contracts; of
// one rule with many findings; and of an Outpost whose name is a megabyte.
func largeReport(accounts, findings int) (audit.Report, []*audit.Resource) {
	r := emptyReport()
	r.Run.Accounts = nil
	for i := range accounts {
		a := audit.Account{ID: fmt.Sprintf("%012d", i), Name: strings.Repeat("W", 44) + fmt.Sprintf("%06d", i)}
		r.Run.Accounts = append(r.Run.Accounts, a)
		r.Commitments.Accounts = append(r.Commitments.Accounts, audit.AccountCommitment{Account: a.ID, Name: a.Name, Remaining: "0.00",
			CashByFiscalYear: []audit.Period{{Period: "FY2026", Committed: "1.00"}, {Period: "FY2027", Committed: "1.00"}}})
	}
	name := strings.Repeat("long name 火星 ", 1<<16)
	ref := audit.ResourceRef{Kind: audit.KindOutpost, ID: fixtureID("op", 1), Name: name, Account: r.Run.Accounts[0].ID,
		Region: "eu-central-1"}
	one := fixtureFinding("outposts.contract_ending", audit.High, audit.Fail, ref, "the contract of "+name+" ends")
	few := fixtureFinding("outposts.contract_ending", audit.High, audit.Fail, ref, "the contract ends")
	few.Resource.Name = "fra-dc1"
	r.Findings = audit.NewList(findings, func(yield func(audit.Finding, error) bool) {
		for i := range findings {
			f := few
			if i == 0 {
				f = one
			}
			if !yield(f, nil) {
				return
			}
		}
	})
	r.Summary.Findings = map[string]map[audit.Severity]int{"outposts": {audit.High: findings}}
	facts := fixtureFacts(situations[0])
	r.Renewals = audit.NewList(inline.Of(audit.Renewal{Resource: ref, OutpostFacts: facts}))
	r.Summary.Deadlines = []audit.Deadline{{Resource: ref, NoticeDeadline: string(facts.NoticeDeadline),
		ContractEnd: string(facts.ContractEnd)}}
	out := &audit.Resource{Kind: audit.KindOutpost, ID: ref.ID, Name: name, Account: ref.Account, Region: ref.Region, Facts: raw(facts),
		Spec: raw(map[string]any{"SiteId": name})}
	return r, []*audit.Resource{out}
}

// TestLarge: however large an organization is, there is a workbook, and Excel opens it.
func TestLarge(t *testing.T) {
	for name, tt := range map[string]struct{ accounts, findings int }{
		"97 accounts":         {97, 1},
		"10,000 accounts":     {10_000, 1},
		"100,000 findings":    {1, 100_000},
		"accounts and a name": {400, 10},
	} {
		t.Run(name, func(t *testing.T) {
			r, rs := largeReport(tt.accounts, tt.findings)
			var buf bytes.Buffer
			if err := Write(&buf, r, sequence(rs)); err != nil {
				t.Fatal(err)
			}
			if tt.findings < 1000 { // a reading of all takes as long as all tests
				takenByExcel(t, buf.Bytes())
			}
		})
	}
}

// TestTakenByExcel holds the workbooks of the other tests to the same.
func TestTakenByExcel(t *testing.T) {
	full, rs := fullReport(40)
	gaps, _ := gapsReport()
	for name, tt := range map[string]struct {
		report    audit.Report
		resources []*audit.Resource
		maxRows   int
	}{
		"full":      {full, rs, xlsx.MaxRows},
		"continued": {full, rs, 11},
		"empty":     {emptyReport(), nil, xlsx.MaxRows},
		"gaps":      {gaps, nil, xlsx.MaxRows},
	} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := write(&buf, &tt.report, sequence(tt.resources), tt.maxRows); err != nil {
				t.Fatal(err)
			}
			takenByExcel(t, buf.Bytes())
		})
	}
}

// takenByExcel holds every sheet to what Excel takes without repairing it: sizes, lengths, and a dimension that is true.
func takenByExcel(t *testing.T, workbook []byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	if err != nil {
		t.Fatal(err)
	}
	sheets := 0
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, "xl/worksheets/sheet") {
			continue
		}
		sheets++
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if err := sheetTaken(part); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	if sheets < len(sheetNames)-1 { // without a baseline there is no Comparison
		t.Errorf("%d sheets", sheets)
	}
}

func sheetTaken(r io.Reader) error {
	const maxHeight, maxWidth, maxText, maxFormula, maxFooter, maxLinks = 409, 255, 32767, 8192, 255, 65490
	units := func(s string) int { return len(utf16.Encode([]rune(s))) }
	dimension, row, column, links := "", 0, "", 0
	d := xml.NewDecoder(r)
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		attr := map[string]string{}
		for _, a := range start.Attr {
			attr[a.Name.Local] = a.Value
		}
		most := 0
		switch start.Name.Local {
		case "dimension":
			dimension = attr["ref"]
		case "row":
			if row, err = strconv.Atoi(attr["r"]); err != nil {
				return err
			}
			if ht, _ := strconv.ParseFloat(attr["ht"], 64); ht > maxHeight {
				return fmt.Errorf("row %d is %v high", row, ht)
			}
		case "c":
			if c := strings.TrimRight(attr["r"], "0123456789"); len(c) > len(column) || len(c) == len(column) && c > column {
				column = c
			}
		case "col":
			if w, _ := strconv.ParseFloat(attr["width"], 64); w > maxWidth {
				return fmt.Errorf("column %s is %v wide", attr["min"], w)
			}
		case "hyperlink":
			if links++; links > maxLinks {
				return errors.New("too many links")
			}
		case "t", "v":
			most = maxText
		case "f":
			most = maxFormula
		case "oddFooter":
			most = maxFooter
		}
		if most == 0 {
			continue
		}
		var s string
		if err := d.DecodeElement(&s, &start); err != nil {
			return err
		}
		if n := units(s); n > most {
			return fmt.Errorf("a <%s> of %d characters in row %d", start.Name.Local, n, row)
		}
	}
	if want := fmt.Sprintf("A1:%s%d", column, row); dimension != want && dimension != "" {
		return fmt.Errorf("the dimension is %s, the cells reach %s", dimension, want)
	}
	return nil
}

// TestSubCentPrices: the sums of prices of less than a cent are those of the report, which rounds them once.
func TestSubCentPrices(t *testing.T) {
	r := emptyReport()
	var rs []*audit.Resource
	for i := range 2 {
		f := fixtureFacts(situation{"", 0, "eu-central-1", 41, 100, ""})
		f.RemainingCommitment, f.MonthToMonthPrice, f.CostOfInaction = "0.00", "", ""
		f.Options = []audit.PricedOption{{PaymentTerm: "ONE_YEAR", PaymentOption: "PARTIAL_UPFRONT", Months: 12, Currency: "USD", Allowed: true,
			Upfront: "600.0025", UpfrontCents: 600_00, Monthly: "50.00", MonthlyCents: 50_00, TCV: "1200.0025", TCVCents: new(int64(1200_00)),
			EffectiveMonthly: "100.0002083333", EffectiveMonthlyCents: new(int64(100_00)), NPV: "1179.35", NPVCents: new(int64(1179_35))}}
		f.Recommended = &audit.Recommendation{Action: audit.ActionRenew, PaymentTerm: "ONE_YEAR", PaymentOption: "PARTIAL_UPFRONT", LevelPrice: "101.78", Reason: "it is the only one."}
		res := &audit.Resource{Kind: audit.KindOutpost, ID: fixtureID("op", i), Account: fixtureAccounts[0].ID, Region: "eu-central-1", Facts: raw(f)}
		rs = append(rs, res)
		r.Renewals = audit.NewList(inline.Of(append(renewalsOf(&r), audit.Renewal{Resource: res.Ref(), OutpostFacts: f})...))
	}
	r.Summary.Resources[audit.KindOutpost] = 2
	for i := range r.Summary.DecisionsDue[1:] {
		r.Summary.DecisionsDue[1+i] = audit.DecisionsDue{WithinDays: 90 * (1 + i), Count: 2, Amount: audit.CentsToMoney(2400_01)}
	}
	first, err := audit.ParseMonth("2026-11")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 14 {
		p := audit.Period{Period: (first + audit.Month(i)).String(), Committed: "0.00", WithRenewals: "0.00"}
		if i == 1 {
			p.WithRenewals = "1200.005"
		} else if i > 1 {
			p.WithRenewals = "100.00"
		}
		r.Commitments.Total.CashByMonth = append(r.Commitments.Total.CashByMonth, p)
		r.Commitments.Total.AmortisedByMonth = append(r.Commitments.Total.AmortisedByMonth, p)
	}
	f := written(t, r, rs)
	rows, err := f.GetRows("Checks", rawOptions)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows[5:] {
		cell := fmt.Sprint("E", 6+i)
		if got, want := rawValue(t, f, "Checks", cell)+calculated(t, f, "Checks", cell), "1TRUE"; got != want {
			t.Errorf("%s: %v agrees as %s, want %s", cell, row, got, want)
		}
	}
}
