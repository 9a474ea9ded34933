package workbook

import (
	"bytes"
	"fmt"
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

// column returns the letters of the column with that head on a sheet whose heads stand in the row given.
func column(t *testing.T, f *excelize.File, sheet, head string, row int) string {
	t.Helper()
	rows, err := f.GetRows(sheet, rawOptions)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.Index(rows[row-1], head)
	if i < 0 {
		t.Fatalf("%s has no column %s", sheet, head)
	}
	return strings.TrimSuffix(xlsx.At(i, 1), "1")
}

// TestChoiceMovesAmounts makes other choices for a contract that runs: its amounts, the approval, the option that is in
// the cash flow, the months and the year follow. The verify tests have LibreOffice hold all of it against the report.
func TestChoiceMovesAmounts(t *testing.T) {
	r, rs := fullReport(1)
	const name = "fra-dc2"
	renewals := renewalsOf(&r)
	i := slices.IndexFunc(renewals, func(rn audit.Renewal) bool { return rn.Resource.Name == name })
	rn := &renewals[i]
	at := func(f *excelize.File, sheet, head string, heads, row int) string {
		return calculated(t, f, sheet, column(t, f, sheet, head, heads)+strconv.Itoa(row))
	}
	row := 2
	first := written(t, r, rs)
	for rawValue(t, first, "Decisions", fmt.Sprint("A", row)) != name {
		row++
	}
	choose := func(choice string) *excelize.File {
		f := written(t, r, rs)
		if err := f.SetCellValue("Decisions", column(t, f, "Decisions", "Choice", 1)+strconv.Itoa(row), choice); err != nil {
			t.Fatal(err)
		}
		return f
	}
	nothing := choose(audit.ActionReturn)
	cash := func(f *excelize.File, month audit.Month) float64 { // that the choice adds over a return
		at := fmt.Sprint("M", listFirst+int(month-audit.MonthOf(asOf)))
		return dollarsOf(t, calculated(t, f, "Cash flow", at)) - dollarsOf(t, calculated(t, nothing, "Cash flow", at))
	}
	plan, err := newPlan(rn)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []audit.PricedOption{*stay(rn), rn.Options[2], rn.Options[4]} { // 1 year, no upfront; 3 years, a part of it
		choice := optionWords(&o)
		f := choose(choice)
		total, approval := string(o.TCV), yes(o.TCVCents != nil && *o.TCVCents > 250_000_00)
		if stays(&o) {
			total, approval = none, "no"
		}
		got := []string{at(f, "Decisions", "Total contract value", 1, row), at(f, "Decisions", "Needs approval", 1, row),
			at(f, "Decisions", "Months", 1, row)}
		if !alike(got[0], total) || got[1] != approval || got[2] != strconv.Itoa(o.Months) {
			t.Errorf("%s: total, approval and months are %q, want %s, %s, %d", choice, got, total, approval, o.Months)
		}
		upfront, monthly := dollarsOf(t, o.Upfront), dollarsOf(t, o.Monthly)
		for month, want := range map[audit.Month]float64{plan.charged: upfront, plan.first: monthly,
			plan.first + audit.Month(o.Months-1): monthly, plan.first + audit.Month(o.Months): 0} {
			if month == plan.first && plan.first == plan.charged {
				want = upfront + monthly
			}
			if got := cash(f, month); !alike(fmt.Sprint(got), fmt.Sprint(want)) {
				t.Errorf("%s: %s has %.2f of it, want %.2f", choice, month, got, want)
			}
		}
		rows, err := f.GetRows("Renewal options", rawOptions)
		if err != nil {
			t.Fatal(err)
		}
		chosen := []string{}
		for y, line := range rows[1:] {
			if line[0] == name && at(f, "Renewal options", "In the cash flow", 1, y+2) == "yes" {
				chosen = append(chosen, at(f, "Renewal options", "Option in words", 1, y+2))
			}
		}
		if diff := cmp.Diff([]string{choice}, chosen); diff != "" {
			t.Errorf("in the cash flow (-want +got):\n%s", diff)
		}
	}
}

// TestChoiceLists: each Outpost may take its allowed options, stay and return, and nothing that is not in its list; what is
// preset is in it.
func TestChoiceLists(t *testing.T) {
	r, rs := fullReport(1)
	f := written(t, r, rs)
	rows, err := f.GetRows("Decisions", rawOptions)
	if err != nil {
		t.Fatal(err)
	}
	first, preset, id := slices.Index(rows[0], "Choice 1"), slices.Index(rows[0], "Choice"), slices.Index(rows[0], "Outpost ID")
	seen := 0
	for _, row := range rows[1 : len(rows)-1] {
		renewals := renewalsOf(&r)
		rn := &renewals[slices.IndexFunc(renewals, func(rn audit.Renewal) bool { return rn.Resource.ID == row[id] })]
		var want []string
		for i := range rn.Options {
			if rn.Options[i].Allowed {
				want = append(want, optionWords(&rn.Options[i]))
			}
		}
		want = append(want, "month-to-month", "return")
		if rn.Chosen() == nil {
			want = append(want, none)
		}
		got := slices.DeleteFunc(slices.Clone(row[first:]), func(s string) bool { return s == "" })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row[0], diff)
		}
		if row[preset] != choiceWords(rn.Chosen()) || !slices.Contains(got, row[preset]) {
			t.Errorf("%s: preset is %q", row[0], row[preset])
		}
		seen++
	}
	if seen < 5 {
		t.Errorf("%d decisions", seen)
	}
	lists, err := f.GetDataValidations("Decisions")
	if err != nil {
		t.Fatal(err)
	}
	cells := xlsx.At(preset, 2) + ":" + xlsx.At(preset, len(rows)-1)
	want := regexp.MustCompile(`^\$[A-Z]+2:INDEX\(\$[A-Z]+2:\$[A-Z]+2,COUNTA\(\$[A-Z]+2:\$[A-Z]+2\)\)$`)
	if len(lists) != 1 || lists[0].Sqref != cells || lists[0].Type != "list" || !want.MatchString(lists[0].Formula1) {
		t.Errorf("validations %+v, want one of %s", lists, cells)
	}
}

// TestManyOptions: where there are more options than formulas may look among, a recommendation is a value, and a choice still moves the
// cash flow.
func TestManyOptions(t *testing.T) {
	r, _ := fullReport(1)
	few := renewalsOf(&r)
	var many []audit.Renewal
	for i := 0; len(many)*len(few[0].Options) <= maxLive; i++ {
		rn := few[0]
		rn.Resource.ID = fixtureID("op", 100+i)
		many = append(many, rn)
	}
	r.Renewals = audit.NewList(inline.Of(many...))
	f := written(t, r, nil)
	for head, live := range map[string]bool{"Recommended": false, "Choice": false, "Total contract value": true, "Needs approval": true} {
		formula, err := f.GetCellFormula("Decisions", column(t, f, "Decisions", head, 1)+"2")
		if err != nil || (formula != "") != live {
			t.Errorf("%s: %q, %v", head, formula, err)
		}
	}
	if formula, err := f.GetCellFormula("Cash flow", fmt.Sprint("M", listFirst)); err != nil || formula == "" {
		t.Errorf("the cash flow is a value, %v", err)
	}
	if lists, err := f.GetDataValidations("Decisions"); err != nil || len(lists) != 1 {
		t.Errorf("%d lists to choose from, %v", len(lists), err)
	}
}

// TestPrintedSize: A4 landscape has room for what is printed of each sheet without its letters going below 7 points.
func TestPrintedSize(t *testing.T) {
	const most = (841.9 - 0.8*72) / 0.7 / 5.25 // characters of 10 points
	r, rs := fullReport(30)
	var buf bytes.Buffer
	if err := Write(&buf, r, sequence(rs)); err != nil {
		t.Fatal(err)
	}
	f := opened(t, buf.Bytes())
	areas := map[string]string{}
	for _, n := range f.GetDefinedName() {
		if n.Name == "_xlnm.Print_Area" {
			areas[n.Scope] = n.RefersTo
		}
	}
	for _, sheet := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(sheet); err != nil || !visible { // nothing of it is printed
			continue
		}
		area := areas[sheet]
		if area == "" {
			rows, err := f.GetRows(sheet)
			if err != nil {
				t.Fatal(err)
			}
			wide := 0
			for _, row := range rows {
				wide = max(wide, len(row))
			}
			area = "$A$1:" + xlsx.Abs(wide-1, len(rows))
		}
		for part := range strings.SplitSeq(area, ",") {
			part = part[strings.LastIndex(part, "!")+1:]
			from, to, _ := strings.Cut(strings.ReplaceAll(part, "$", ""), ":")
			a, _, err := excelize.CellNameToCoordinates(from)
			if err != nil {
				t.Fatal(err)
			}
			b, _, err := excelize.CellNameToCoordinates(to)
			if err != nil {
				t.Fatal(err)
			}
			width := 0.0
			for col := a; col <= b; col++ {
				w, err := f.GetColWidth(sheet, strings.TrimSuffix(xlsx.At(col-1, 1), "1"))
				if err != nil {
					t.Fatal(err)
				}
				width += w
			}
			if width > most {
				t.Errorf("%s, %s is %.0f characters wide, a page has room for %.0f", sheet, part, width, most)
			}
		}
	}
	if len(areas) < 10 {
		t.Errorf("%d print areas", len(areas))
	}
	if footer, err := f.GetHeaderFooter("Findings"); err != nil || !strings.HasPrefix(footer.OddFooter, "&L&10") {
		t.Errorf("the footer is %v, %v", footer, err)
	}
}

// TestGravestFindings: the first sheet names ten, and says how many more there are.
func TestGravestFindings(t *testing.T) {
	r, rs := largeReport(1, 22)
	f := written(t, r, rs)
	rows, err := f.GetRows("Summary", rawOptions)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(rows, func(row []string) bool { return len(row) > 1 && row[1] == "Critical and high findings" })
	named := 0
	for _, row := range rows[i+2:] {
		if len(row) > 2 && row[2] == "high" {
			named++
			continue
		}
		if got, want := row[1], "and 12 more high: tenor findings report.json --severity high"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		break
	}
	if named != 10 {
		t.Errorf("%d findings are named", named)
	}
}

// TestGravestFindingsLink: what the first sheet names is the largest amounts, and each leads to its own row of Findings.
func TestGravestFindingsLink(t *testing.T) {
	r, rs := largeReport(1, 1)
	one, err := r.Findings.First(1)
	if err != nil {
		t.Fatal(err)
	}
	var list []audit.Finding
	for i := range 30 {
		f := one[0]
		f.Due, f.Resource.Name, f.Amount = "", fmt.Sprint("rack ", i), audit.CentsToMoney(int64(i*7%30*100))
		list = append(list, f)
	}
	r.Findings = audit.NewList(inline.Of(list...))
	f := written(t, r, rs)
	for i := range 10 { // 29, 28, … of 30, by their inverse: 7 × 13 is 1
		name := fmt.Sprint("rack ", (29-i)*13%30)
		at, err := f.SearchSheet("Summary", name)
		if err != nil || len(at) != 1 {
			t.Fatalf("%s is at %v, %v", name, at, err)
		}
		_, link, err := f.GetCellHyperLink("Summary", at[0])
		if err != nil {
			t.Fatal(err)
		}
		_, row, _ := strings.Cut(link, "!A")
		if have := rawValue(t, f, "Findings", "C"+row); have != name {
			t.Errorf("%s is linked to %q, which is of %q", name, link, have)
		}
	}
}

// TestOpenOrdersAndSubscriptions: an order without a known price is in no sum and said to be missing; of a subscription that AWS sent
// twice, each time with another content, neither upfront nor orders are shown.
func TestOpenOrdersAndSubscriptions(t *testing.T) {
	r, rs := fullReport(1)
	f := written(t, r, rs)
	rows, err := f.GetRows("Open orders", rawOptions)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, row := range rows[1:] {
		got = append(got, []string{row[1], row[6], row[7], row[8]})
	}
	want := [][]string{{"IN_PROGRESS", "1000.10", "20.05", "1721.9"}, {"PREPARING", "", "", ""}, {"", "1000.1", "20.05", "1721.9"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, want := rows[len(rows)-1][0], "Total, not yet in the commitments; not included: 1 order without a known price"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	rows, err = f.GetRows("Subscriptions", rawOptions)
	if err != nil {
		t.Fatal(err)
	}
	if want := 2*r.Renewals.Len + 2; len(rows) != want {
		t.Errorf("%d rows, want %d", len(rows), want)
	}
	for _, row := range rows[1 : len(rows)-1] {
		inForce := row[12] != "s-old"
		upfront, orders := "", ""
		if inForce {
			upfront, orders = "0.0", "oo-"
		}
		if row[3] != yes(inForce) || row[9] != upfront || !strings.HasPrefix(row[13], orders) || (row[13] == "") == inForce || (row[6] != "") != inForce {
			t.Errorf("%q", row)
		}
	}
}

// TestCashFlowPrintsWhatHoldsSomething: of the list by month every month is printed in which something is committed or that an allowed
// choice reaches, and none after it; a cell that is printed says where a longer choice has gone.
func TestCashFlowPrintsWhatHoldsSomething(t *testing.T) {
	r, rs := fullReport(30)
	f := written(t, r, rs)
	area := ""
	for _, n := range f.GetDefinedName() {
		if n.Name == "_xlnm.Print_Area" && n.Scope == "Cash flow" {
			area = n.RefersTo
		}
	}
	_, months, _ := strings.Cut(area, ",")
	months, _, _ = strings.Cut(months, ",")
	_, last, _ := strings.Cut(strings.ReplaceAll(months, "$", ""), ":")
	_, printed, err := excelize.CellNameToCoordinates(last)
	if err != nil {
		t.Fatalf("%s: %v", area, err)
	}
	furthest := ""
	for rn, err := range r.Renewals.All() {
		if err != nil {
			t.Fatal(err)
		}
		plan, err := newPlan(&rn)
		if err != nil {
			t.Fatal(err)
		}
		if plan == nil || !decides(&rn) {
			continue
		}
		for _, o := range rn.Options {
			if to := plan.first + audit.Month(o.Months-1); o.Allowed && o.Months > 0 && to.String() > furthest {
				furthest = to.String()
			}
		}
	}
	if have, err := f.GetCellValue("Cash flow", xlsx.At(monthCol, printed)); err != nil || !strings.HasPrefix(have, furthest) || furthest == "" {
		t.Errorf("%s is the last month printed, an allowed choice reaches %s, %v", have, furthest, err)
	}
	rows, err := f.GetRows("Cash flow", rawOptions)
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	for i, row := range rows[printed:] {
		if len(row) <= monthCol || row[monthCol] == "" {
			break
		}
		left++
		for _, v := range row[monthCol+2 : monthCol+2+len(flowHeads)] {
			if v != "0" {
				t.Errorf("row %d is not printed and has %s", printed+i+1, v)
			}
		}
	}
	formula, err := f.GetCellFormula("Cash flow", xlsx.At(monthCol, 2))
	want := fmt.Sprintf("SUM(%s:%s)", xlsx.At(monthCol+2, printed+1), xlsx.At(monthCol+1+len(flowHeads), printed+left))
	if err != nil || left == 0 || !strings.Contains(formula, want) {
		t.Errorf("%d months are left, and the formula is %s, %v", left, formula, err)
	}
}

// TestYearsEndWithWhatIsPrinted: the last fiscal year of the list is that of the last month printed, so no row of it is empty for years. What
// is chosen later is in its row, which then says so; and Comparison finds each year in the months.
func TestYearsEndWithWhatIsPrinted(t *testing.T) {
	r, rs := fullReport(30)
	f := written(t, r, rs)
	rows, err := f.GetRows("Cash flow")
	if err != nil {
		t.Fatal(err)
	}
	last := listHead
	for last < len(rows) && strings.HasPrefix(rows[last][yearCol], "FY") {
		last++
	}
	if !slices.ContainsFunc(rows[last-1][yearCol+1:yearCol+1+len(flowHeads)], func(s string) bool { return strings.Trim(s, "$0. –") != "" }) {
		t.Errorf("the last year has nothing: %q", rows[last-1])
	}
	name := rows[last-1][yearCol]
	months := listHead
	for months < len(rows) && len(rows[months]) > monthCol && rows[months][monthCol] != "" {
		months++
	}
	if end := rows[months-1][monthCol+1]; end <= name {
		t.Fatalf("the months end in %s and the years in %s: it tests nothing", end, name)
	}
	at := xlsx.At(yearCol, last)
	if got := calculated(t, f, "Cash flow", at); got != name {
		t.Errorf("the last year is %s, want %s", got, name)
	}
	paid := xlsx.At(yearCol+2, last)
	before := dollarsOf(t, calculated(t, f, "Cash flow", paid))
	if err := f.SetCellValue("Cash flow", xlsx.At(monthCol+3, months), 0.5); err != nil {
		t.Fatal(err)
	}
	if got := calculated(t, f, "Cash flow", at); got != name+"+" {
		t.Errorf("with a payment after it the last year is %s, want %s+", got, name)
	}
	if got := dollarsOf(t, calculated(t, f, "Cash flow", paid)); got != before+0.5 {
		t.Errorf("with a payment after it the last year has %v, want %v more than %v", got, 0.5, before)
	}
}

// TestTieBreak: of options at one level price that with the lower upfront comes first, if by a cent, and then the shorter.
func TestTieBreak(t *testing.T) {
	of := func(upfront string, months int) decimal.Decimal {
		return tieBreak(&audit.PricedOption{Upfront: upfront, Months: months})
	}
	if low, high := of("100.00", 60), of("100.01", 12); !low.LessThan(high) {
		t.Errorf("%s is not below %s", low, high)
	}
	if short, long := of("100.00", 12), of("100.00", 36); !short.LessThan(long) {
		t.Errorf("%s is not below %s", short, long)
	}
}

// TestOtherRatesAreWrittenAsPercentagesAre: without a space before the sign.
func TestOtherRatesAreWrittenAsPercentagesAre(t *testing.T) {
	switches := []audit.SwitchRate{
		{Percent: "5.5", Below: audit.Choice{Action: audit.ActionReturn}, Above: audit.Choice{Action: audit.ActionMonthToMonth}},
		{Percent: "8.53", Below: audit.Choice{Action: audit.ActionMonthToMonth}, Above: audit.Choice{Action: audit.ActionReturn}},
	}
	got := otherRates(&audit.Recommendation{SwitchRates: switches}, decimal.RequireFromString("0.08"))
	if want := "return below 5.5%, return above 8.53%"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
