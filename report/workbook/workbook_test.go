package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"iter"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"tenor/audit"
	"tenor/internal/inline"
	"tenor/report/workbook/xlsx"
)

func TestSameBytes(t *testing.T) {
	r, rs := fullReport(200)
	var first, second bytes.Buffer
	for _, w := range [...]io.Writer{&first, &second} {
		if err := Write(w, r, sequence(rs)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two workbooks of one report differ")
	}
}

// TestPackage checks what stands around the cells.
func TestPackage(t *testing.T) {
	r, rs := fullReport(20)
	f := written(t, r, rs)
	if diff := cmp.Diff(sheetNames, f.GetSheetList()); diff != "" {
		t.Error("sheets", diff)
	}
	tables := 0
	for _, sheet := range f.GetSheetList() {
		layout, err := f.GetPageLayout(sheet)
		if err != nil {
			t.Fatal(err)
		}
		if layout.Orientation == nil || *layout.Orientation != "landscape" || layout.FitToWidth == nil || *layout.FitToWidth != 1 ||
			layout.FitToHeight == nil || *layout.FitToHeight != 0 {
			t.Errorf("%s is not printed landscape and fitted to its width", sheet)
		}
		footer, err := f.GetHeaderFooter(sheet)
		if err != nil {
			t.Fatal(err)
		}
		if footer == nil || !strings.Contains(footer.OddFooter, "Page &P of &N") {
			t.Errorf("%s has no page numbers", sheet)
		}
		panes, err := f.GetPanes(sheet)
		if err != nil {
			t.Fatal(err)
		}
		if !panes.Freeze && sheet != "Summary" {
			t.Errorf("the header of %s is not frozen", sheet)
		}
		list, err := f.GetTables(sheet)
		if err != nil {
			t.Fatal(err)
		}
		tables += len(list)
		dimension, err := f.GetSheetDimension(sheet)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		if _, last, _ := strings.Cut(dimension, ":"); !strings.HasSuffix(last, strconv.Itoa(len(rows))) {
			t.Errorf("%s has %d rows and says %s", sheet, len(rows), dimension)
		}
	}
	if tables != len(sheetNames)+2 { // Cash flow and Comparison have three, some none
		t.Errorf("%d tables", tables)
	}
	var names []string
	for _, n := range f.GetDefinedName() {
		if !strings.HasPrefix(n.Name, "_xlnm") {
			names = append(names, n.Name)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"AllAgree", "AllowedOptions", "AllowedTerms", "ApprovalLimit", "AsOf", "AsReported", "Calendar",
		"DiscountRate", "FiscalYearStart", "Holidays", "MonthToMonthTerm", "MonthlyRate", "NoticeBusinessDays"}, names); diff != "" {
		t.Error("names", diff)
	}
	props, err := f.GetDocProps()
	if err != nil {
		t.Fatal(err)
	}
	if props.Created != r.Run.AsOf || props.Modified != r.Run.AsOf || props.Title == "" {
		t.Errorf("properties %+v", props)
	}
	var buf bytes.Buffer
	if err := Write(&buf, r, sequence(rs)); err != nil {
		t.Fatal(err)
	}
	alt := strings.Count(parts(t, buf.Bytes(), "xl/drawings/drawing"), `descr="Column chart of `)
	if charts := strings.Count(parts(t, buf.Bytes(), "xl/charts/chart"), "<chartSpace"); charts != 5 || alt != charts {
		t.Errorf("%d charts, %d with an alternative text", charts, alt)
	}
	if stacked := strings.Count(parts(t, buf.Bytes(), "xl/charts/chart"), `<grouping val="stacked">`); stacked != 5 {
		t.Errorf("%d charts whose series stand on one another", stacked)
	}
}

// TestChartsSayTheirSpan: what goes on month-to-month is counted for twelve months, beside renewals that last their whole term: the legend
// of each chart that shows both, which is the head of its column, says so, and so does what is read aloud.
func TestChartsSayTheirSpan(t *testing.T) {
	r, rs := fullReport(12)
	var buf bytes.Buffer
	if err := Write(&buf, r, sequence(rs)); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(buf.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, chart := range strings.Split(parts(t, buf.Bytes(), "xl/charts/chart"), "<lineChart>")[1:] {
		_, name, _ := strings.Cut(chart, "<tx><strRef><f>")
		name, _, _ = strings.Cut(name, "</f>")
		sheet, cell, _ := strings.Cut(strings.ReplaceAll(html.UnescapeString(name), "$", ""), "!")
		said, err := f.GetCellValue(strings.Trim(sheet, "'"), cell, excelize.Options{RawCellValue: true})
		if err != nil || said != "Cash: if nothing is done, 12 months" {
			t.Errorf("the line %s is called %q: %v", name, said, err)
		}
		lines++
	}
	aloud := strings.Count(parts(t, buf.Bytes(), "xl/drawings/drawing"), "a line shows it if nothing is done, 12 months.")
	if lines != 2 || aloud != lines {
		t.Errorf("%d lines, %d of which are read aloud with their span", lines, aloud)
	}
}

// parts returns the parts of a package whose names begin with prefix.
func parts(t *testing.T, b []byte, prefix string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, prefix) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// TestFormulas recalculates every formula with excelize's own engine, which knows all of them but the arrays of what is
// amortised.
func TestFormulas(t *testing.T) {
	full, fullResources := fullReport(12)
	gaps, gapsResources := gapsReport()
	for name, tt := range map[string]struct {
		report    audit.Report
		resources []*audit.Resource
		atLeast   int
	}{"full": {full, fullResources, 1000}, "empty": {emptyReport(), []*audit.Resource{}, 40}, "gaps": {gaps, gapsResources, 40}} {
		t.Run(name, func(t *testing.T) {
			f := written(t, tt.report, tt.resources)
			n := 0
			for sheet, cell := range formulas(t, f) {
				if sheet == "Cash flow" && strings.ContainsAny(cell[:1], "GHQR") || sheet == "Summary" && cell == "B4" || sheet == "Checks" &&
					cell == "C3" {
					continue
				}
				n++
				want, got := rawValue(t, f, sheet, cell), calculated(t, f, sheet, cell)
				if !alike(want, got) {
					formula, err := f.GetCellFormula(sheet, cell)
					t.Errorf("%s!%s is %q, calculated %q: =%s (%v)", sheet, cell, want, got, formula, err)
				}
			}
			if n < tt.atLeast {
				t.Errorf("only %d formulas", n)
			}
		})
	}
}

// formulas ranges over the cells with a formula: sheet and name.
func formulas(t *testing.T, f *excelize.File) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, sheet := range f.GetSheetList() {
			rows, err := f.GetRows(sheet)
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range rows {
				for j := range row {
					formula, err := f.GetCellFormula(sheet, xlsx.At(j, i+1))
					if err != nil {
						t.Fatal(err)
					}
					if formula != "" && !yield(sheet, xlsx.At(j, i+1)) {
						return
					}
				}
			}
		}
	}
}

func calculated(t *testing.T, f *excelize.File, sheet, cell string) string {
	t.Helper()
	v, err := f.CalcCellValue(sheet, cell, rawOptions)
	if err != nil {
		t.Errorf("%s!%s: %v", sheet, cell, err)
	}
	return v
}

// alike compares numbers to half a cent, and TRUE with 1.
func alike(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return math.Abs(x-y) <= 0.005
	}
	truth := map[string]string{"1": "TRUE", "0": "FALSE"}
	return a == b || truth[a] == b
}

// TestDiscountRate changes the rate in the Assumptions: present values and recommendations must be those of the new one.
func TestDiscountRate(t *testing.T) {
	r, rs := fullReport(1)
	f := written(t, r, rs)
	const rate = 0.45
	if err := f.SetCellValue("Assumptions", "C5", rate); err != nil {
		t.Fatal(err)
	}
	row, changed := 2, 0
	for _, rn := range renewalsOf(&r) {
		first, best, lowest := row, -1, math.Inf(1)
		for i, o := range rn.Options {
			upfront, monthly := dollarsOf(t, o.Upfront), dollarsOf(t, o.Monthly)
			factor := npvAt(rate, 0, 1, o.Months)
			if level := upfront/factor + monthly; o.Allowed && level < lowest-1e-9 {
				best, lowest = i, level
			}
			if rn.MonthToMonthPriceSource == "billed" && dollarsOf(t, string(rn.MonthToMonthPrice)) < lowest {
				best = -1
			}
			want := fmt.Sprintf("%.2f", npvAt(rate, upfront, monthly, o.Months))
			if got := calculated(t, f, "Renewal options", fmt.Sprint("I", row)); !alike(want, got) {
				t.Errorf("%s %s %s: present value %s, want %s", rn.Resource.Name, o.PaymentTerm, o.PaymentOption, got, want)
			}
			row++
		}
		for i := range rn.Options {
			if rn.ContractState == audit.StateRenewed {
				break // it is settled: what is recommended is as the report has it
			}
			if got := calculated(t, f, "Renewal options", fmt.Sprint("L", first+i)); got != yes(i == best) {
				t.Errorf("%s option %d: recommended %s", rn.Resource.Name, i, got)
			}
		}
		if best >= 0 && rn.Options[best].PaymentOption != string(rn.Recommended.PaymentOption) {
			changed++
		}
		row++ // staying month-to-month, or that there is no price
	}
	if changed == 0 {
		t.Error("no recommendation changes at this rate: it tests nothing")
	}
}

func dollarsOf(t *testing.T, digits string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestReportValues holds the workbook against the report, cell by cell: renewals and commitments.
func TestReportValues(t *testing.T) {
	r, rs := fullReport(3)
	f := written(t, r, rs)
	optional := func(s audit.Optional) string { return string(s) }
	percentOf := func(n *json.Number) string { return fraction(n) }
	row := 2
	for _, rn := range renewalsOf(&r) {
		for i := range rn.Options {
			o := &rn.Options[i]
			want := map[string]string{"C": words(o.PaymentTerm), "D": words(o.PaymentOption), "E": strconv.Itoa(o.Months), "F": o.Upfront,
				"G": o.Monthly, "H": string(o.TCV), "N": string(o.EffectiveMonthly), "I": string(o.NPV), "O": percentOf(o.ImpliedRatePercent),
				"J": yes(o.Allowed), "P": optional(o.SavingVsOneYear), "Q": optional(o.SavingVsMonthToMonth),
				"R": optionalInt(o.BreakEvenMonth), "S": percentOf(o.PriceChangePercent), "T": rn.Resource.ID,
				"W": string(rn.CurrentMonthly), "X": optional(rn.MonthToMonthPrice)}
			for col, v := range want {
				if got := rawValue(t, f, "Renewal options", fmt.Sprint(col, row)); got != v {
					t.Errorf("Renewal options!%s%d is %s, want %s", col, row, got, v)
				}
			}
			row++
		}
		row++ // staying month-to-month, or that there is no price
	}
	total := &r.Commitments.Total
	for name, tt := range map[string]struct {
		periods         []audit.Period
		committed, with string // columns
	}{
		"cash by fiscal year":      {total.CashByFiscalYear, "B", "D"},
		"amortised by fiscal year": {total.AmortisedByFiscalYear, "F", "H"},
		"cash by month":            {total.CashByMonth, "L", "N"},
		"amortised by month":       {total.AmortisedByMonth, "P", "R"},
	} {
		for i, p := range tt.periods {
			row := strconv.Itoa(listFirst + i)
			for col, want := range map[string]string{tt.committed: p.Committed, tt.with: p.WithRenewals} {
				if got := rawValue(t, f, "Cash flow", col+row); !decimal.RequireFromString(got).Equal(decimal.RequireFromString(want)) {
					t.Errorf("%s, %s: %s, want %s", name, p.Period, got, want)
				}
			}
		}
	}
}

// TestHostile: what anyone can put into a name stays text, wherever it is shown.
func TestHostile(t *testing.T) {
	r, rs := fullReport(30)
	f := written(t, r, rs)
	seen := 0
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			for j, v := range row {
				if v == "" || !strings.ContainsAny(v[:1], "=+-@") {
					continue
				}
				cell := xlsx.At(j, i+1)
				kind, err := f.GetCellType(sheet, cell)
				if err != nil {
					t.Fatal(err)
				}
				formula, err := f.GetCellFormula(sheet, cell)
				if err != nil {
					t.Fatal(err)
				}
				if kind == excelize.CellTypeInlineString && formula == "" {
					seen++
				} else if _, err := strconv.ParseFloat(rawValue(t, f, sheet, cell), 64); err != nil && formula == "" {
					t.Errorf("%s!%s is of type %v: %q", sheet, cell, kind, v)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d hostile strings", seen)
	}
}

// TestContinues: a table that is longer than a sheet goes on in the next, and nothing is lost, twice or out of order.
func TestContinues(t *testing.T) {
	r, rs := fullReport(25)
	r.Summary.Resources[audit.KindProvisionedProduct] = 0 // the expected number is only a hint
	var buf bytes.Buffer
	if err := write(&buf, &r, sequence(rs), 11); err != nil {
		t.Fatal(err)
	}
	f := opened(t, buf.Bytes())
	var got, names []string
	for _, sheet := range f.GetSheetList() {
		if strings.HasPrefix(sheet, "Provisioned products") {
			names = append(names, sheet)
			rows, err := f.GetRows(sheet)
			if err != nil {
				t.Fatal(err)
			}
			if rows[0][0] != "Name" {
				t.Errorf("%s has the header %v", sheet, rows[0])
			}
			for _, row := range rows[1:] {
				got = append(got, row[slices.Index(rows[0], "Product ID")])
			}
			if tables, err := f.GetTables(sheet); err != nil || len(tables) != 1 {
				t.Errorf("%s has the tables %v, %v", sheet, tables, err)
			}
		}
	}
	if diff := cmp.Diff([]string{"Provisioned products", "Provisioned products (2)", "Provisioned products (3)"}, names); diff != "" {
		t.Error(diff)
	}
	var want []string
	for _, r := range rs {
		if r.Kind == audit.KindProvisionedProduct {
			want = append(want, r.ID)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	list := f.GetSheetList()
	for i, base := range sheetNames[:len(sheetNames)-1] {
		from, to := slices.Index(list, base), slices.Index(list, sheetNames[i+1])
		for _, between := range list[from+1 : to] {
			if !strings.HasPrefix(between, base+" (") {
				t.Errorf("%s stands between %s and %s", between, base, sheetNames[i+1])
			}
		}
	}
	checks, err := f.GetRows("Checks")
	if err != nil {
		t.Fatal(err)
	}
	row := 1 + slices.IndexFunc(checks, func(row []string) bool { return len(row) > 1 && row[1] == "Provisioned products" })
	if got := calculated(t, f, "Checks", fmt.Sprint("D", row)); got != "25" {
		t.Errorf("the checks count %s products over the sheets", got)
	}
}

// TestNoResources: without the snapshot the sheets of the resources are empty, and the checks do not miss them.
func TestNoResources(t *testing.T) {
	r, _ := fullReport(5)
	var buf bytes.Buffer
	if err := Write(&buf, r, nil); err != nil {
		t.Fatal(err)
	}
	f := opened(t, buf.Bytes())
	if got := rawValue(t, f, "Provisioned products", "A2"); got != "No provisioned products." {
		t.Error(got)
	}
	if got := rawValue(t, f, "Checks", "C3"); got != "1" {
		t.Error("the checks do not agree")
	}
}

type failingWriter struct{ after int }

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.after -= len(p); w.after < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestErrors(t *testing.T) {
	r, rs := fullReport(2000)
	noClock := r
	noClock.Run.AsOf = "yesterday"
	noRate := r
	noRate.Run.Assumptions.DiscountRate = "eight"
	noLimit := r
	noLimit.Run.Assumptions.ApprovalLimitUSD = ""
	for name, tt := range map[string]struct {
		w         io.Writer
		report    audit.Report
		resources iter.Seq2[*audit.Resource, error]
		want      string
	}{
		"writer at once":     {&failingWriter{}, r, sequence(rs), "no space left"},
		"writer in the rows": {&failingWriter{after: 40_000}, r, sequence(rs), "no space left"},
		"snapshot": {io.Discard, r, func(yield func(*audit.Resource, error) bool) {
			yield(nil,
				errors.New("resources.gz:7: damaged"))
		}, "resources.gz:7: damaged"},
		"clock":          {io.Discard, noClock, nil, "as_of: "},
		"approval limit": {io.Discard, noLimit, nil, "approval limit: "},
		"discount rate":  {io.Discard, noRate, nil, "discount rate: "},
	} {
		t.Run(name, func(t *testing.T) {
			if err := Write(tt.w, tt.report, tt.resources); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

// TestDecisionsFollowTheTerms changes the terms that are allowed in the Assumptions: the reasons and the decisions
// without a price are those of the new ones, whether or not anything was recommended before.
func TestDecisionsFollowTheTerms(t *testing.T) {
	set := func(f *excelize.File, terms ...string) {
		t.Helper()
		names := f.GetDefinedName()
		at := names[slices.IndexFunc(names, func(n excelize.DefinedName) bool { return n.Name == "AllowedTerms" })].RefersTo
		var first, last int
		if _, err := fmt.Sscanf(at, "'Assumptions'!$C$%d:$C$%d", &first, &last); err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		for i := range last - first + 1 {
			if err := f.SetCellValue("Assumptions", fmt.Sprint("C", first+i), append(terms, "", "", "")[min(i, len(terms)+2)]); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, rs := fullReport(1)
	decisions := 0
	hold := func(f *excelize.File, why string) {
		t.Helper()
		decisions = 0
		for row := 2; rawValue(t, f, "Decisions", fmt.Sprint("A", row)) != ""; row++ {
			formula, err := f.GetCellFormula("Decisions", fmt.Sprint("M", row))
			if err != nil {
				t.Fatal(err)
			}
			if formula == "" {
				continue // nothing is priced
			}
			decisions++
			if got := calculated(t, f, "Decisions", fmt.Sprint("M", row)); got != why {
				t.Errorf("Decisions row %d: why %q, want %q", row, got, why)
			}
		}
		if decisions == 0 {
			t.Error("no decision follows the terms: it tests nothing")
		}
	}
	f := written(t, r, rs)
	set(f)
	hold(f, notAllowed)
	if got := calculated(t, f, "Summary", "G8"); got != "7 decisions, 7 without a price" {
		t.Errorf("Summary!G8 is %q", got)
	}
	r.Run.Assumptions.AllowedTerms = nil
	renewals := renewalsOf(&r)
	for i := range renewals {
		renewals[i].Recommended = nil
		for j := range renewals[i].Options {
			renewals[i].Options[j].Allowed = false
		}
	}
	r.Renewals = audit.NewList(inline.Of(renewals...))
	f = written(t, r, rs)
	hold(f, notAllowed)
	set(f, "3 years")
	hold(f, strings.Trim(otherwise, `"`))
}

// TestDecisionsAskForPrices holds the commands of Decisions to reads, whatever is recommended: a renewal is a purchase.
func TestDecisionsAskForPrices(t *testing.T) {
	r, rs := fullReport(1)
	f := written(t, r, rs)
	var want, got []string
	for row := 2; rawValue(t, f, "Decisions", fmt.Sprint("A", row)) != ""; row++ {
		at := func(column string) string { return rawValue(t, f, "Decisions", fmt.Sprint(column, row)) }
		if at("A") == "Total" {
			break
		}
		formula, err := f.GetCellFormula("Decisions", fmt.Sprint("P", row))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, "aws outposts get-renewal-pricing --outpost-identifier "+at("S")+" --region "+at("R"))
		got = append(got, at("P")+formula)
	}
	if len(want) == 0 {
		t.Fatal("there is no decision: it tests nothing")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNoDecision: a contract that is settled, given back or unknown is on no list of decisions.
func TestNoDecision(t *testing.T) {
	for _, state := range []string{audit.StateRenewed, audit.StateRetired, audit.StateUnknown} {
		r, _ := fullReport(1)
		all := decisionsIn(t, &r)
		renewals := renewalsOf(&r)
		first := slices.IndexFunc(renewals, func(rn audit.Renewal) bool { return rn.Due() })
		renewals[first].ContractState = audit.Optional(state)
		r.Renewals = audit.NewList(inline.Of(renewals...))
		if n := decisionsIn(t, &r); n != all-1 {
			t.Errorf("%s: %d decisions, want %d", state, n, all-1)
		}
	}
}

// decisionsIn counts the decisions of a report.
func decisionsIn(t *testing.T, r *audit.Report) int {
	t.Helper()
	s := &sheets{r: r, asOf: asOf}
	if err := s.addUpRenewals(); err != nil {
		t.Fatal(err)
	}
	return s.renewals.decisions
}

// TestChecksThatDiffer are on the first sheet even for those who do not recalculate.
func TestChecksThatDiffer(t *testing.T) {
	r, rs := fullReport(1)
	if got := rawValue(t, written(t, r, rs), "Summary", "B4"); got != "All checks agree with the report." {
		t.Errorf("Summary!B4 is %q", got)
	}
	r.Summary.Coverage.Gaps++
	if got := rawValue(t, written(t, r, rs), "Summary", "B4"); got != "A check does not agree: see Checks." {
		t.Errorf("Summary!B4 is %q", got)
	}
}

// TestChecksCountEveryRowOfTheLedger: a row of any status is in the report's counts, in a check of its own and in that of all rows; a
// count that lacks one differs.
func TestChecksCountEveryRowOfTheLedger(t *testing.T) {
	for _, status := range audit.CoverageStatuses {
		t.Run(string(status), func(t *testing.T) {
			r, rs := fullReport(1)
			r.Coverage.Add(audit.Coverage{Account: "999999999999", Region: "me-south-1", Service: "outposts", Status: status})
			if got := rawValue(t, written(t, r, rs), "Summary", "B4"); got != "A check does not agree: see Checks." {
				t.Errorf("a row that is not counted: Summary!B4 is %q", got)
			}
			r.Summary.Coverage = audit.SummariseCoverage(r.Coverage)
			f := written(t, r, rs)
			if got := rawValue(t, f, "Summary", "B4"); got != "All checks agree with the report." {
				t.Errorf("Summary!B4 is %q", got)
			}
			rows, err := f.GetRows("Checks", rawOptions)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for i, row := range rows[5:] {
				if strings.HasPrefix(row[1], "Coverage, ") {
					got[row[1]] = row[2] + " " + calculated(t, f, "Checks", fmt.Sprint("D", 6+i))
				}
			}
			want := map[string]string{"Coverage, all rows": strings.Repeat(" "+strconv.Itoa(r.Coverage.Len()), 2)[1:]}
			for _, s := range audit.CoverageStatuses {
				n := strconv.Itoa(r.Summary.Coverage.Count(s))
				want["Coverage, "+string(s)] = n + " " + n
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("checks (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPaymentsThatAreNotKnown: whoever sees a sum sees that it lacks them, and the checks agree.
func TestPaymentsThatAreNotKnown(t *testing.T) {
	r, rs := fullReport(1)
	r.Commitments.Total.Incomplete = true
	says(t, r, rs, map[string]string{
		", not all of them read": "Summary", "Not included: contracts that could not be read, see Coverage.": "Summary",
		" Not included: contracts that could not be read, see Coverage.": "Cash flow",
	})
	r.Commitments.Total.NotIncluded = 1
	says(t, r, rs, map[string]string{
		", payments of 1 Outpost unknown":                                                      "Summary",
		"Not included: the payments of 1 Outpost that are not known, see Coverage.":            "Summary",
		" Not included: the committed payments of 1 Outpost that are not known, see Coverage.": "Cash flow",
	})
}

// says holds a workbook to the ends of some cells on a sheet, and to checks that agree.
func says(t *testing.T, r audit.Report, rs []*audit.Resource, ends map[string]string) {
	t.Helper()
	f := written(t, r, rs)
	if got := rawValue(t, f, "Summary", "B4"); got != "All checks agree with the report." {
		t.Errorf("Summary!B4 is %q", got)
	}
	for want, sheet := range ends {
		rows, err := f.GetRows(sheet, rawOptions)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(slices.Concat(rows...), func(cell string) bool { return strings.HasSuffix(cell, want) }) {
			t.Errorf("%s does not say %q", sheet, want)
		}
	}
}

// TestOddMembers: a member that is not of the documented type is left out of its row, which says so, and costs nothing else.
func TestOddMembers(t *testing.T) {
	at := func(kind, id, spec, record string) *audit.Resource {
		r := &audit.Resource{Kind: kind, ID: id, Account: "111122223333", Region: "eu-central-1", Spec: json.RawMessage(spec)}
		if record != "" {
			r.Related = map[string]json.RawMessage{"records": json.RawMessage(record)}
		}
		return r
	}
	f := written(t, emptyReport(), []*audit.Resource{
		at(audit.KindOrder, "oo-1", `{"LineItems":7,"OutpostId":["op-1"],"Status":"ERROR"}`, ""),
		at(audit.KindProvisionedProduct, "pp-1", `{"Status":"TAINTED"}`, `{"RecordDetails":[{"RecordErrors":"x","Status":"FAILED"}]}`),
		at(audit.KindCapacityTask, "cap-1", `[]`, ""),
	})
	for sheet, want := range map[string][]string{
		"Orders":               {"oo-1", "ERROR", "spec: malformed"},
		"Provisioned products": {"pp-1", "TAINTED", "FAILED", "records: malformed"},
		"Capacity tasks":       {"cap-1", "spec: malformed"},
	} {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range want {
			if !slices.Contains(rows[1], cell) {
				t.Errorf("%s: %q is not in %q", sheet, cell, rows[1])
			}
		}
	}
}

// TestErrorsAreChecked: every formula that is summed stands where the checks look for errors, on however many sheets. The verify tests
// have LibreOffice look.
func TestErrorsAreChecked(t *testing.T) {
	r, rs := fullReport(40)
	var buf bytes.Buffer
	if err := write(&buf, &r, sequence(rs), 11); err != nil {
		t.Fatal(err)
	}
	f := opened(t, buf.Bytes())
	looked := map[string][4]int{} // sheet → the first and last column and row
	rows, err := f.GetRows("Checks")
	if err != nil {
		t.Fatal(err)
	}
	area := regexp.MustCompile(`ISERROR\('([^']+)'!\$([A-Z]+)\$(\d+):\$([A-Z]+)\$(\d+)\)`)
	for i := range rows {
		formula, err := f.GetCellFormula("Checks", fmt.Sprint("D", i+1))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range area.FindAllStringSubmatch(formula, -1) {
			var at [4]int
			for j, cell := range []string{m[2] + m[3], m[4] + m[5]} {
				if at[2*j], at[2*j+1], err = excelize.CellNameToCoordinates(cell); err != nil {
					t.Fatal(err)
				}
			}
			looked[m[1]] = at
		}
	}
	formulas := 0
	for _, sheet := range f.GetSheetList() {
		if base, _, _ := strings.Cut(sheet, " ("); slices.Contains([]string{"Summary", "Assumptions", "Checks"}, base) {
			continue
		}
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for y, row := range rows {
			for x := range row {
				cell, err := excelize.CoordinatesToCellName(x+1, y+1)
				if err != nil {
					t.Fatal(err)
				}
				formula, err := f.GetCellFormula(sheet, cell)
				if err != nil {
					t.Fatal(err)
				}
				if formula == "" {
					continue
				}
				formulas++
				if at := looked[sheet]; x+1 < at[0] || y+1 < at[1] || x+1 > at[2] || y+1 > at[3] {
					t.Errorf("%s!%s: no check looks at it", sheet, cell)
				}
			}
		}
	}
	if formulas < 500 || len(looked) < 8 {
		t.Errorf("%d formulas, %d sheets looked at", formulas, len(looked))
	}
}

// A finding on Summary is cut after its lines, before a word, and says so; what fits is whole.
func TestWrapped(t *testing.T) {
	for _, tt := range []struct {
		s           string
		width, most int
		want        string
		lines       int
	}{
		{"", 10, 2, "", 1},
		{"one two", 10, 2, "one two", 1},
		{"one two  three", 10, 2, "one two three", 2},
		{"0123456789 12", 10, 2, "0123456789 12", 2},
		{"one two three four five", 10, 2, "one two three four …", 2},
		{"one two three", 10, 1, "one two …", 1},
		{"one arn:0123456789012345", 10, 3, "one arn:0123456789012345", 3},
		{"one arn:0123456789012345", 10, 2, "one …", 2},
		{"arn:0123456789012345", 10, 1, "arn:01234…", 1},
	} {
		if have, lines := wrapped(tt.s, tt.width, tt.most); have != tt.want || lines != tt.lines {
			t.Errorf("%q in %d lines of %d: %q in %d, want %q in %d", tt.s, tt.most, tt.width, have, lines, tt.want, tt.lines)
		}
	}
}

// TestShortenedKeepsThePoint: of an error of AWS, which ends with what it is about, the middle goes.
func TestShortenedKeepsThePoint(t *testing.T) {
	const said = "the same error in 6 products since 2026-11-26: AmazonCloudFormationException: User: " +
		"arn:aws:sts::350918274466:assumed-role/ServiceCatalogLaunch/servicecatalog is not authorized to perform: rds:ModifyDBInstance"
	for most := 1; most <= 3; most++ {
		text, lines := shortened(said, 70, most)
		if lines > most || !strings.HasPrefix(text, "the same error in 6 products") || !strings.HasSuffix(text, "rds:ModifyDBInstance") {
			t.Errorf("in %d lines: %q in %d", most, text, lines)
		}
	}
	if text, lines := shortened("short", 70, 2); text != "short" || lines != 1 {
		t.Errorf("%q in %d lines", text, lines)
	}
}

// TestEmptySheetsAreHidden: a program prints a page for every sheet that is not hidden, though it only says that there is nothing. The
// contents say which those are, without a link, which could not open them; and what the contents say of a sheet fits on its line.
func TestEmptySheetsAreHidden(t *testing.T) {
	full, resources := fullReport(30)
	gaps, _ := gapsReport()
	hidden := 0
	for name, r := range map[string]audit.Report{"full": full, "gaps": gaps} {
		f := written(t, r, resources)
		printed := map[string]bool{}
		for _, n := range f.GetDefinedName() {
			printed[n.Scope] = printed[n.Scope] || n.Name == "_xlnm.Print_Area"
		}
		for _, e := range contents(&r)[1:] {
			if len(e.shows) > 120 {
				t.Errorf("%s: %d characters are more than a line of the contents has: %s", e.name, len(e.shows), e.shows)
			}
			empty := strings.HasPrefix(rawValue(t, f, e.name, "A2"), "No ") && rawValue(t, f, e.name, "A3") == ""
			visible, err := f.GetSheetVisible(e.name)
			if err != nil || visible == empty {
				t.Errorf("%s: the sheet %s is visible: %t, empty: %t, %v", name, e.name, visible, empty, err)
			}
			if empty && printed[e.name] { // by which LibreOffice goes
				t.Errorf("%s: an area of %s is printed, which is empty", name, e.name)
			}
			at, err := f.SearchSheet("Summary", e.name)
			if err != nil || len(at) == 0 {
				t.Fatalf("%s: Summary does not name %s, %v", name, e.name, err)
			}
			if linked, to, err := f.GetCellHyperLink("Summary", at[len(at)-1]); err != nil || linked == empty {
				t.Errorf("%s: %s is linked to %q, empty: %t, %v", name, e.name, to, empty, err)
			}
			if empty {
				hidden++
			}
		}
	}
	if hidden < 5 {
		t.Errorf("%d sheets are hidden: it tests little", hidden)
	}
}
