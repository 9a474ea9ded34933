package workbook

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// cashFlow is where other sheets find the amounts of Cash flow.
type cashFlow struct {
	list           []flow
	committed      decimal.Decimal // of all months
	monthCommitted string          // the column by month
	// By fiscal year, as far as there is something to see: columns, and the cells of two heads.
	yearNames, yearCommitted, yearRenewals string
	committedHead, renewalsHead            string
}

// cells are a flow's amounts in the sheet's order, with the formulas given for those of the first two and the next two
// that have one; the sums are formulas of their own.
func (f flow) cells(col, row int, formulas [4]string) []cell {
	sum := func(a int) string { return at(col+a, row) + "+" + at(col+a+1, row) }
	return []cell{
		{kind: money, value: f.cash.String(), formula: formulas[0]},
		{kind: money, value: f.cashRenewals.String(), formula: formulas[1]},
		{kind: money, value: f.cash.Add(f.cashRenewals).String(), formula: sum(0)},
		{kind: money, value: f.used.String(), formula: formulas[2]},
		{kind: money, value: f.usedRenewals.String(), formula: formulas[3]},
		{kind: money, value: f.used.Add(f.usedRenewals).String(), formula: sum(3)},
	}
}

var flowHeads = []string{"Cash: committed", "Cash: renewals", "Cash: with renewals", "Used up: committed", "Used up: renewals", "Used up: with renewals"}

// The sheet: three lists side by side, so that one header stays in view for all.
const (
	yearCol   = 0
	monthCol  = 8
	acctCol   = 17
	flowHead  = 4 // the row of the headers; the totals are above it
	flowFirst = flowHead + 1
)

// writeCashFlow writes what is to be paid and what is used up, by fiscal year, by month and by account. The committed
// amounts are the report's; those of the recommended renewals are formulas over Renewal options.
func writeCashFlow(b *book, r *audit.Report, rows []*renewalRow, options *pages, lookup bool) (*cashFlow, error) {
	list, err := flows(r, rows)
	if err != nil {
		return nil, err
	}
	c := newCanvas(b, "Cash flow", 11, 17, 17, 17, 17, 17, 17, 3, 11, 11, 17, 17, 17, 17, 17, 17, 3, 16, 26, 11, 17, 17)
	c.freeze(flowHead)
	c.set(yearCol, 1, cell{style: Title, value: "Cash flow by fiscal year"})
	c.height(1, 28)
	c.set(monthCol, 1, cell{style: Heading, value: "By month"})
	c.set(acctCol, 1, cell{style: Heading, value: "By account, as contracts stand"})
	c.across(yearCol, 2, monthCol-2, cell{style: Lead, value: "Committed: on contracts as they stand. Renewals: the recommended options of contracts that are not decided. Used up: what each period consumes, with upfronts spread over their term."})
	c.height(2, 30)
	first, last := flowFirst, flowHead+max(len(list), 1)
	total := flow{}
	months := make([][]cell, len(list))
	for i, f := range list {
		row := first + i
		m := at(monthCol, row)
		var formulas [4]string
		if lookup && options.rows > 0 {
			formulas[1], formulas[3] = paidIn(options, m), usedUpIn(options, m)
		}
		months[i] = append([]cell{
			{kind: month, value: f.month.String()},
			{value: fiscalName(f.month.fiscalYear(r.Run.Assumptions.FiscalYearStart)), formula: fmt.Sprintf(`"FY"&(YEAR(%[1]s)+IF(AND(FiscalYearStart>1,MONTH(%[1]s)>=FiscalYearStart),1,0))`, m)},
		}, f.cells(monthCol+2, row, formulas)...)
		total = total.add(f)
	}
	if _, err := c.list("tblCashByMonth", monthCol, flowHead, append([]string{"Month", "Fiscal year"}, flowHeads...), months); err != nil {
		return nil, err
	}
	years := yearsOf(list, r.Run.Assumptions.FiscalYearStart)
	var yearCells [][]cell
	for i := range years {
		yearCells = append(yearCells, yearRow(years, i, first, last))
	}
	next, err := c.list("tblCashByFiscalYear", yearCol, flowHead, append([]string{"Fiscal year"}, flowHeads...), yearCells)
	if err != nil {
		return nil, err
	}
	accounts := accountRows(&r.Commitments)
	if _, err := c.list("tblCashByAccount", acctCol, flowHead, []string{"Account", "Name", "Fiscal year", "Cash: committed", "Used up: committed"}, accounts); err != nil {
		return nil, err
	}
	c.totals(yearCol, 1, total, max(len(years), 1))
	c.totals(monthCol, 2, total, max(len(list), 1))
	cash := &cashFlow{committed: total.cash, list: list, monthCommitted: c.column(monthCol+2, first, last), committedHead: c.cell(yearCol+1, flowHead), renewalsHead: c.cell(yearCol+2, flowHead)}
	shown := len(years)
	for shown > 0 && years[shown-1].cash.Add(years[shown-1].cashRenewals).IsZero() {
		shown--
	}
	if shown > 0 {
		of := func(i int) string { return c.column(yearCol+i, first, flowHead+shown) }
		cash.yearNames, cash.yearCommitted, cash.yearRenewals = of(0), of(1), of(2)
		if err := c.gallery([]*Chart{monthlyChart(c, list)}, yearCol, monthCol-2, next+1); err != nil {
			return nil, err
		}
	}
	area := func(from, to, rows int) string { return abs(from, 1) + ":" + abs(to, rows) }
	return cash, c.close("$1:$"+strconv.Itoa(flowHead), area(yearCol, monthCol-2, next+chartRows+1)+","+area(monthCol, acctCol-2, last)+","+area(acctCol, acctCol+4, flowHead+max(len(accounts), 1)))
}

// totals puts the sums of a list above its header.
func (c *canvas) totals(col, skip int, f flow, rows int) {
	c.set(col, flowHead-1, cell{look: total, value: "Total"})
	var formulas [4]string
	for i, j := range [...]int{0, 1, 3, 4} {
		formulas[i] = "SUM(" + span(col+skip+j, flowFirst, flowHead+rows) + ")"
	}
	for i, v := range f.cells(col+skip, flowHead-1, formulas) {
		v.look = total
		c.set(col+skip+i, flowHead-1, v)
	}
}

// paidIn is the formula of what the recommended renewals cost in the month that stands in the cell m.
func paidIn(options *pages, m string) string {
	yes := options.ref("Recommended") + `,"yes",`
	return "SUMIFS(" + options.ref("Upfront") + "," + yes + options.ref("Charged in") + "," + m + ")" +
		"+SUMIFS(" + options.ref("Per month") + "," + yes + options.ref("First month") + `,"<="&` + m + "," + options.ref("Last month") + `,">="&` + m + ")"
}

// usedUpIn is the formula of what the month m uses up of the recommended renewals: the monthly price, and the part of
// the upfront that is used up to its end, in cents, less the part used up to its start.
func usedUpIn(options *pages, m string) string {
	first, upfront, months := options.ref("First month"), options.ref("Upfront"), options.ref("Months")
	k := fmt.Sprintf("((YEAR(%s)-YEAR(%s))*12+MONTH(%s)-MONTH(%s))", m, first, m, first)
	n := fmt.Sprintf("(%s+(%s=0))", months, months)
	return fmt.Sprintf(`SUMPRODUCT((%s="yes")*(%s<=%s)*(%s>=%s)*(%s+ROUND(%s*(%s+1)/%s,2)-ROUND(%s*%s/%s,2)))`,
		options.ref("Recommended"), first, m, options.ref("Last month"), m, options.ref("Per month"), upfront, k, n, upfront, k, n)
}

// yearRow is a row of the fiscal years. Their number stays when their start is changed, so the last one takes what is
// left, and then says so by a plus sign.
func yearRow(years []fiscalYear, i, first, last int) []cell {
	row := first + i
	names := span(monthCol+1, first, last)
	number := fmt.Sprintf("VALUE(MID(%s,3,4))+%d", at(monthCol+1, first), i)
	name := `"FY"&(` + number + ")"
	isLast := i == len(years)-1
	if isLast {
		name += fmt.Sprintf(`&IF(VALUE(MID(%s,3,4))>%s,"+","")`, at(monthCol+1, last), number)
	}
	var formulas [4]string
	for j, col := range [...]int{0, 1, 3, 4} {
		amounts := span(monthCol+2+col, first, last)
		switch {
		case !isLast:
			formulas[j] = "SUMIFS(" + amounts + "," + names + "," + at(yearCol, row) + ")"
		case i == 0:
			formulas[j] = "SUM(" + amounts + ")"
		default:
			formulas[j] = "SUM(" + amounts + ")-SUM(" + span(yearCol+1+col, first, row-1) + ")"
		}
	}
	return append([]cell{{value: fiscalName(years[i].number), formula: name}}, years[i].cells(yearCol+1, row, formulas)...)
}

// accountRows are what each account has committed to by fiscal year, where there is anything.
func accountRows(c *audit.Commitments) [][]cell {
	var rows [][]cell
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
			rows = append(rows, []cell{{kind: ident, value: a.Account}, {kind: ident, value: clip(a.Name, 24)}, {value: year},
				{kind: money, value: cmp.Or(cash[year], "0")}, {kind: money, value: cmp.Or(used[year], "0")}})
		}
	}
	return rows
}

// monthlyChart shows the months as far as something is paid in them.
func monthlyChart(c *canvas, list []flow) *Chart {
	n := len(list)
	for n > 1 && list[n-1].cash.Add(list[n-1].cashRenewals).IsZero() {
		n--
	}
	of := func(i int) string { return c.column(monthCol+i, flowFirst, flowHead+n) }
	return &Chart{
		Title: "Cash by month",
		Alt: fmt.Sprintf("Column chart of the cash to be paid in each month from %s to %s: committed, and for the recommended renewals.",
			list[0].month, list[n-1].month),
		Format: thousands, LabelFormat: "yyyy-mm", LabelEvery: max(1, n/24), LabelAngle: -90,
		Series: []Series{
			{c.cell(monthCol+2, flowHead), of(0), of(2), certain},
			{c.cell(monthCol+3, flowHead), of(0), of(3), undecided},
		},
	}
}

// The colours of charts: what is certain, and what depends on a decision.
const (
	certain   = Accent
	undecided = "E0A33E"
)

const thousands = `[$$-409]#,##0,"k"`
