package workbook

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// cashFlow is where other sheets find the amounts of Cash flow.
type cashFlow struct {
	list           []flow
	committed      decimal.Decimal // of all months
	monthCommitted string          // the column by month
	area           string          // all cells
	years, chosen  string          // of the list by month, its fiscal years and what is paid as chosen; "" when it is empty
	chart          *xlsx.Chart     // by fiscal year, as far as there is something to see; nil when there is nothing
}

// flowCols are the amounts of a flow among its columns; the others are the sums of the two before them.
var flowCols = [...]int{0, 1, 3, 4, 5}

// cells are a flow's amounts in the sheet's order, with the formulas given for those of flowCols; the sums are formulas of
// their own.
func (f flow) cells(col, row int, formulas [len(flowCols)]string) []xlsx.Cell {
	sum := func(a int) string { return xlsx.At(col+a, row) + "+" + xlsx.At(col+a+1, row) }
	usedRenewals := dollars(f.usedRenewals.String(), formulas[4])
	usedRenewals.Array = true
	return []xlsx.Cell{
		dollars(f.cash.String(), formulas[0]), dollars(f.cashRenewals.String(), formulas[1]),
		dollars(f.cash.Add(f.cashRenewals).String(), sum(0)),
		dollars(f.cash.Add(f.months).String(), formulas[2]),
		dollars(f.used.String(), formulas[3]), usedRenewals,
		dollars(f.used.Add(f.usedRenewals).String(), sum(4)),
	}
}

// ifNothing names what is paid if nothing is done, beside choices that have their whole term: it says that it is less.
var ifNothing = fmt.Sprintf("if nothing is done, %d months", stayMonths)

var flowHeads = []string{
	"Cash: contracts only", "Cash: choices", "Cash: as chosen", "Cash: " + ifNothing,
	"Amortised: contracts only", "Amortised: choices", "Amortised: as chosen",
}

// The sheet: three lists side by side.
const (
	yearCol  = 0
	monthCol = 9
	acctCol  = 19
)

// writeCashFlow writes what is to be paid and what is amortised, by fiscal year, by month and by account. What contracts come to as they
// stand is the report's; what the choices add, and what going on month-to-month would add, are formulas over Decisions.
func (s *sheets) writeCashFlow() error {
	list, err := flows(s.r, s.renewals)
	if err != nil {
		return err
	}
	c := xlsx.NewCanvas(s.Book, "Cash flow", 11, 20, 20, 20, 20, 20, 20, 20, 3, 11, 11, 20, 20, 20, 20, 20, 20, 20, 3, 16, 26, 11, 20, 20)
	c.Freeze(listHead)
	c.Set(yearCol, 1, xlsx.Cell{Style: xlsx.Title, Value: "Cash flow by fiscal year"})
	c.Height(1, 28)
	c.Set(monthCol, 1, xlsx.Cell{Style: xlsx.Heading, Value: "By month"})
	c.Set(acctCol, 1, xlsx.Cell{Style: xlsx.Heading, Value: "By account, as contracts stand"})
	c.Across(yearCol, 2, monthCol-2, xlsx.Cell{Style: xlsx.Lead, Value: "Contracts only: what is committed as contracts stand. " +
		"Choices: what Decisions has for those that run or are month-to-month. If nothing is done: all of them go on month-to-month, for " +
		"twelve months, as every such choice is reckoned" + s.unpricedMonths() + ". Amortised: what each period costs, with upfronts " +
		"spread over their term." +
		lacks(&s.r.Commitments.Total, " Not included: the committed payments of %s that are not known, see Coverage.",
			" Not included: contracts that could not be read, see Coverage.")})
	c.Height(2, 43)
	first, last := listFirst, listHead+max(len(list), 1)
	start := s.r.Run.Assumptions.FiscalYearStart
	total := flow{}
	var months, years [][]xlsx.Cell
	for i, f := range list {
		m := xlsx.At(monthCol, first+i)
		var formulas [len(flowCols)]string
		if s.choosing && s.decisions.Rows > 0 {
			formulas[1], formulas[4] = paidIn(s.decisions.Pages, m), amortisedIn(s.decisions.Pages, m)
			formulas[2] = xlsx.At(monthCol+2, first+i) + "+" + monthsIn(s.decisions.Pages, m)
		}
		fiscal := fmt.Sprintf(`"FY"&(YEAR(%[1]s)+IF(AND(FiscalYearStart>1,MONTH(%[1]s)>=FiscalYearStart),1,0))`, m)
		months = append(months, append([]xlsx.Cell{
			{Kind: xlsx.Month, Value: f.month.String()}, {Value: fiscalName(f.month.FiscalYear(start)), Formula: fiscal},
		}, f.cells(monthCol+2, first+i, formulas)...))
		total = total.add(f)
	}
	printed := s.printedMonths(list)
	if later := listFirst + printed; printed < len(list) {
		amounts := xlsx.At(monthCol+2, later) + ":" + xlsx.At(monthCol+1+len(flowHeads), last)
		const all = "Printed: every month that has an amount."
		c.Across(monthCol, 2, acctCol-2, xlsx.Cell{Style: xlsx.Lead, Value: all,
			Formula: `IF(SUM(` + amounts + `)<>0,"Not printed: the months after ` + list[printed-1].month.String() +
				`, to which what is chosen reaches now.","` + all + `")`})
	}
	c.List("tblCashByMonth", monthCol, listHead, append([]string{"Month", "Fiscal year"}, flowHeads...), months)
	sums := yearsOf(list[:printed], start)
	for i := range sums {
		years = append(years, yearRow(sums, i, first, last))
	}
	next := c.List("tblCashByFiscalYear", yearCol, listHead, append([]string{"Fiscal year"}, flowHeads...), years)
	accounts := accountRows(&s.r.Commitments)
	heads := []string{"Account", "Name", "Fiscal year", "Cash: contracts only", "Amortised: contracts only"}
	c.List("tblCashByAccount", acctCol, listHead, heads, accounts)
	totalLine(c, acctCol, 3)
	for col := 3; col <= 4; col++ {
		sumAbove(c, acctCol+col, accounts, col)
	}
	totals(c, yearCol, 1, total, max(len(sums), 1))
	totals(c, monthCol, 2, total, max(len(list), 1))
	s.cash = &cashFlow{committed: total.cash, list: list, monthCommitted: c.Column(monthCol+2, first, last)}
	s.cash.area = c.Area()
	if len(sums) > 0 {
		s.cash.years, s.cash.chosen = c.Column(monthCol+1, first, last), c.Column(monthCol+4, first, last)
	}
	shown := len(sums)
	for shown > 0 && sums[shown-1].cash.Add(sums[shown-1].cashRenewals).IsZero() {
		shown--
	}
	if shown > 0 {
		s.cash.chart = &xlsx.Chart{Title: "Cash by fiscal year", Format: thousands,
			Alt: "Column chart of the cash to be paid in each fiscal year: on contracts as they stand, and for the choices; " +
				"a line shows it " + ifNothing + ".",
			Series: cashSeries(c, yearCol, yearCol+1, listHead+shown), Lines: nothingDone(c, yearCol, yearCol+1, listHead+shown)}
		c.Gallery([]*xlsx.Chart{monthlyChart(c, list)}, yearCol, monthCol-2, next+1)
	}
	area := func(from, to, rows int) string { return xlsx.Abs(from, 1) + ":" + xlsx.Abs(to, rows) }
	return c.Close("$1:$"+strconv.Itoa(listHead), area(yearCol, monthCol-2, next+xlsx.ChartRows+1)+","+
		area(monthCol, acctCol-2, listHead+max(printed, 1))+","+area(acctCol, acctCol+4, listHead+max(len(accounts), 1)))
}

// printedMonths is how many of the months are printed: those in which something is committed, or that something reaches which may be chosen
// as things stand. The list has more, for other assumptions.
func (s *sheets) printedMonths(list []flow) int {
	n := len(list)
	for n > 1 && list[n-1].cash.IsZero() && list[n-1].used.IsZero() && list[n-1].month > s.renewals.within {
		n--
	}
	return n
}

// totals puts the sums of a list above its header.
func totals(c *xlsx.Canvas, col, skip int, f flow, rows int) {
	totalLine(c, col, skip)
	var formulas [len(flowCols)]string
	for i, j := range flowCols {
		formulas[i] = "SUM(" + xlsx.Span(col+skip+j, listFirst, listHead+rows) + ")"
	}
	for i, v := range f.cells(col+skip, listHead-1, formulas) {
		v.Look = xlsx.Total
		c.Set(col+skip+i, listHead-1, v)
	}
}

// totalLine begins the sums of a list, in its first columns, which have none.
func totalLine(c *xlsx.Canvas, col, columns int) {
	c.Set(col, listHead-1, xlsx.Cell{Look: xlsx.Total, Value: "Total"})
	for i := 1; i < columns; i++ {
		c.Set(col+i, listHead-1, xlsx.Cell{Look: xlsx.Total})
	}
}

// unpricedMonths says of how many decisions the amounts of going on month-to-month lack the price; "" for none.
func (s *sheets) unpricedMonths() string {
	n := s.renewals.unpriced
	if n == 0 {
		return ""
	}
	return " (" + audit.Counted(n, "Outpost") + " without a known price not included)"
}

// cashSeries are the cash of contracts and that of choices, from two columns that stand side by side, to the row last.
func cashSeries(c *xlsx.Canvas, labels, col, last int) []xlsx.Series {
	return []xlsx.Series{
		series(c, listHead, labels, col, listFirst, last, certain),
		series(c, listHead, labels, col+1, listFirst, last, undecided),
	}
}

// nothingDone is the cash if nothing is done, for the list whose first column of amounts is given, to the row last.
func nothingDone(c *xlsx.Canvas, labels, col, last int) []xlsx.Series {
	return []xlsx.Series{series(c, listHead, labels, col+3, listFirst, last, idle)}
}

// paidIn is the formula of what the choices cost in the month that stands in the cell m.
func paidIn(decisions *xlsx.Pages, m string) string {
	return "SUMIFS(" + decisions.Ref("Of which upfront") + "," + decisions.Ref("Charged in") + "," + m + ")+" +
		monthlyIn(decisions, "Per month", "Last month", m)
}

// monthsIn is the formula of what going on month-to-month costs in the month m.
func monthsIn(decisions *xlsx.Pages, m string) string {
	return monthlyIn(decisions, "Month-to-month price", "Last month, month-to-month", m)
}

// amortisedIn is the formula of the amortised cost of the choices in the month m: the monthly price, and the part of the upfront that
// is amortised to its end, in cents, less the part amortised to its start.
func amortisedIn(decisions *xlsx.Pages, m string) string {
	first, upfront, months := decisions.Ref("First month"), decisions.Ref("Upfront to spread"), decisions.Ref("Months to spread")
	k := fmt.Sprintf("(%s-%s)", monthNumber(m), decisions.Ref("First month as a number"))
	n := fmt.Sprintf("(%s+(%s=0))", months, months)
	return monthlyIn(decisions, "Per month", "Last month", m) +
		fmt.Sprintf(`+SUMPRODUCT((%s<=%s)*(%s>=%s)*(ROUND(%s*(%s+1)/%s,2)-ROUND(%s*%s/%s,2)))`,
			first, m, decisions.Ref("Last month"), m, upfront, k, n, upfront, k, n)
}

// monthlyIn is the formula of the monthly prices that are paid in the month m, from the first month to the last.
func monthlyIn(decisions *xlsx.Pages, price, last, m string) string {
	return "SUMIFS(" + decisions.Ref(price) + "," + decisions.Ref("First month") + `,"<="&` + m + "," +
		decisions.Ref(last) + `,">="&` + m + ")"
}

// yearRow is a row of the fiscal years, which are those of the months that are printed. Their number stays when their start or the allowed
// terms are changed, so the last one takes what is left, and then says so by a plus sign.
func yearRow(years []fiscalYear, i, first, last int) []xlsx.Cell {
	row := first + i
	names := xlsx.Span(monthCol+1, first, last)
	number := fmt.Sprintf("VALUE(MID(%s,3,4))+%d", xlsx.At(monthCol+1, first), i)
	name := `"FY"&(` + number + ")"
	isLast := i == len(years)-1
	if isLast {
		var later []string
		for _, col := range [...]int{2, 3, 6} { // the others are in these
			later = append(later, xlsx.At(yearCol+1+col, row)+"-SUMIFS("+xlsx.Span(monthCol+2+col, first, last)+","+names+","+name+")")
		}
		name += "&IF(ROUND(" + strings.Join(later, "+") + `,2)<>0,"+","")`
	}
	var formulas [len(flowCols)]string
	for j, col := range flowCols {
		amounts := xlsx.Span(monthCol+2+col, first, last)
		switch {
		case !isLast:
			formulas[j] = "SUMIFS(" + amounts + "," + names + "," + xlsx.At(yearCol, row) + ")"
		case i == 0:
			formulas[j] = "SUM(" + amounts + ")"
		default:
			formulas[j] = "SUM(" + amounts + ")-SUM(" + xlsx.Span(yearCol+1+col, first, row-1) + ")"
		}
	}
	return append([]xlsx.Cell{{Value: fiscalName(years[i].number), Formula: name}}, years[i].cells(yearCol+1, row, formulas)...)
}

// accountRows are what each account has committed to by fiscal year, where there is anything.
func accountRows(c *audit.Commitments) [][]xlsx.Cell {
	var rows [][]xlsx.Cell
	for i := range c.Accounts {
		a := &c.Accounts[i]
		cash, used := map[string]string{}, map[string]string{}
		var years []string
		for _, list := range [...]struct {
			periods []audit.Period
			to      map[string]string
		}{{a.CashByFiscalYear, cash}, {a.AmortisedByFiscalYear, used}} {
			for _, p := range list.periods {
				list.to[p.Period] = p.Committed
				if strings.Trim(p.Committed, "0.") != "" {
					years = append(years, p.Period)
				}
			}
		}
		slices.Sort(years)
		for _, year := range slices.Compact(years) {
			rows = append(rows, []xlsx.Cell{{Kind: xlsx.Ident, Value: a.Account}, {Kind: xlsx.Ident, Value: xlsx.Clip(a.Name, 24)}, {Value: year},
				dollars(cmp.Or(cash[year], "0"), ""), dollars(cmp.Or(used[year], "0"), "")})
		}
	}
	return rows
}

// monthlyChart shows the months as far as something is paid in them.
func monthlyChart(c *xlsx.Canvas, list []flow) *xlsx.Chart {
	n := len(list)
	for n > 1 && list[n-1].cash.Add(list[n-1].cashRenewals).IsZero() {
		n--
	}
	return &xlsx.Chart{
		Title: "Cash by month",
		Alt: fmt.Sprintf("Column chart of the cash to be paid in each month from %s to %s: on contracts as they stand, and for the choices; "+
			"a line shows it %s.", list[0].month, list[n-1].month, ifNothing),
		Format: thousands, LabelFormat: "yyyy-mm", LabelEvery: max(1, n/24), LabelAngle: -90,
		Series: cashSeries(c, monthCol, monthCol+2, listHead+n), Lines: nothingDone(c, monthCol, monthCol+2, listHead+n),
	}
}

// The colours of charts: what is certain, what depends on a decision, and what comes of none.
const (
	certain   = xlsx.Accent
	undecided = "E0A33E"
	idle      = "B42318"
)

const thousands = `[$$-409]#,##0,"k"`
