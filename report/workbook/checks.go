package workbook

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// check compares what the report says with what the rows of a sheet come to.
type check struct {
	what    string
	kind    xlsx.Kind
	report  string // the report's own number
	sheets  string // what was written
	formula string // what the rows come to now
	assumed bool   // it depends on the assumptions or the choices
	array   bool   // the formula computes with many cells at once
}

func (k *check) agrees() (bool, error) {
	a, err := decimal.NewFromString(k.report)
	if err != nil {
		return false, err
	}
	b, err := decimal.NewFromString(k.sheets)
	return a.Equal(b), err
}

// counted is a check of a number of rows.
func counted(what string, report, sheets int, formula string) check {
	return check{what: what, kind: xlsx.Integer, report: strconv.Itoa(report), sheets: strconv.Itoa(sheets), formula: formula}
}

// overall adds up a formula, in which %s is the range, over a column's ranges on each sheet of a table.
func overall(p *xlsx.Pages, head, formula string) string {
	refs := p.Refs(head)
	for i, ref := range refs {
		refs[i] = fmt.Sprintf(formula, ref)
	}
	return strings.Join(refs, "+")
}

// rowsOf counts the rows of a table by a column that is never empty, and not the first, which says that there are none.
func rowsOf(p *xlsx.Pages, head string) string { return overall(p, head, "COUNTA(%s)") }

// countIfs counts the rows of a table with these texts in two of its columns.
func countIfs(p *xlsx.Pages, head, value, head2, value2 string) string {
	second := p.Refs(head2)
	parts := make([]string, len(second))
	for i, ref := range p.Refs(head) {
		parts[i] = "COUNTIFS(" + ref + `,"` + value + `",` + second[i] + `,"` + value2 + `")`
	}
	return strings.Join(parts, "+")
}

// agreeing is the formula of whether two cells agree: to half a cent, since the report rounds its sums to cents, and what a
// float is off. A cell that is an error agrees with nothing.
func agreeing(a, b string) string { return "ABS(" + a + "-" + b + ")<0.00501" }

// errorsOn counts the cells of ranges that are an error, such as #VALUE!, which a sum may leave out.
func errorsOn(sheet string, ranges ...string) check {
	for i, r := range ranges {
		ranges[i] = "SUMPRODUCT(--ISERROR(" + r + "))"
	}
	k := counted("Cells with an error, "+sheet, 0, 0, strings.Join(ranges, "+"))
	k.array = true
	return k
}

// checks are those of a workbook whose sheets are written. Those that depend on the assumptions hold as long as these are
// the report's.
func (s *sheets) checks() []check {
	r, d := s.r, s.details
	list := []check{counted("Findings", r.Findings.Len, s.findings.Rows, rowsOf(s.findings.Pages, "Rule"))}
	failures := r.Summary.BySeverity()
	for _, sev := range audit.Severities {
		formula := countIfs(s.findings.Pages, "Severity", string(sev), "Verdict", string(audit.Fail))
		list = append(list, counted("Findings that fail, "+string(sev), failures[sev], s.counts.failures[sev], formula))
	}
	if d.given {
		for _, sheet := range d.list {
			list = append(list, counted(sheet.kind.Title(), r.Summary.Resources[sheet.kind.Name], sheet.resources,
				overall(sheet.Pages, sheet.once[0], sheet.once[1])))
		}
		list = append(list, check{what: "Remaining commitment, by Outpost", kind: xlsx.Money, report: r.Commitments.Total.Remaining,
			sheets: d.remaining.String(), formula: overall(d.of(audit.KindOutpost).Pages, "Remaining commitment", "SUM(%s)")})
	}
	list = append(list, s.productChecks()...)
	list = append(list, counted("Subscriptions", s.renewals.subscriptions, s.owned.Rows, rowsOf(s.owned.Pages, "In force")),
		check{what: "Remaining commitment, by month", kind: xlsx.Money, report: r.Commitments.Total.Remaining,
			sheets: s.cash.committed.String(), formula: "SUM(" + s.cash.monthCommitted + ")"})
	for i, due := range r.Summary.DecisionsDue {
		n, amount := s.renewals.due[i].count, s.renewals.due[i].amount
		within := fmt.Sprintf("Decisions due within %d days", due.WithinDays)
		list = append(list, counted(within, due.Count, n, s.dueCount(due.WithinDays)))
		if due.Amount != nil {
			list = append(list, check{what: within + ", amount", kind: xlsx.Money, report: due.Amount.Value, sheets: amount.StringFixed(2),
				formula: s.dueAmount(due.WithinDays), assumed: true})
		}
	}
	planned, written := decimal.Zero, s.renewals.chosen
	for _, f := range s.cash.list {
		planned = planned.Add(f.cashRenewals)
	}
	recommended := s.options.Ref("In the cash flow") + `,"yes"`
	list = append(list, check{what: "What is chosen, in the cash flow", kind: xlsx.Money, assumed: true,
		report: planned.StringFixed(2), sheets: written.StringFixed(2), formula: fmt.Sprintf(`SUMIFS(%s,%s)+%d*SUMIFS(%s,%s,%s,"%s")`,
			s.options.Ref("Total contract value"), recommended, stayMonths,
			s.options.Ref("Per month"), recommended, s.options.Ref("Term"), monthToMonth)})
	rows := map[audit.CoverageStatus]int{}
	for c := range r.Coverage.All() {
		rows[c.Status]++
	}
	all := 0
	for _, status := range audit.CoverageStatuses {
		n := r.Summary.Coverage.Count(status)
		list = append(list, counted("Coverage, "+string(status), n, rows[status], s.callsOf(status)))
		all += n
	}
	list = append(list, counted("Coverage, all rows", all, r.Coverage.Len(), rowsOf(s.coverage.Pages, "Status")))
	if d.given {
		for _, sheet := range d.list {
			list = append(list, errorsOn(sheet.kind.Title(), sheet.Areas()...))
		}
	}
	if s.compared != "" {
		list = append(list, errorsOn(comparison, s.compared))
	}
	// The rows of Summary below the one that says whether the checks agree; the sheet is written later, and is never as long.
	list = append(list, errorsOn("Summary", "Summary!"+xlsx.Abs(0, summaryFirst)+":"+xlsx.Abs(nameCol+8, 2000)))
	return append(list, errorsOn("Findings", s.findings.Sums()), errorsOn("Renewal options", s.options.Areas()...),
		errorsOn("Decisions", s.decisions.Areas()...), errorsOn("Open orders", s.orders.Areas()...),
		errorsOn("Subscriptions", s.owned.Areas()...), errorsOn("Capacity", s.capacity.Areas()...), errorsOn("Cash flow", s.cash.area),
		errorsOn("Causes", s.causes.Areas()...), errorsOn("Versions", s.versions.Areas()...), errorsOn("Owners", s.owners.Areas()...))
}

// callsOf is the formula of how many calls have a status.
func (s *sheets) callsOf(status audit.CoverageStatus) string {
	return overall(s.coverage.Pages, "Status", `COUNTIF(%s,"`+string(status)+`")`)
}

// writeChecks writes the checks, and notes whether all agree.
func (s *sheets) writeChecks() error {
	c := xlsx.NewCanvas(s.Book, "Checks", 3, 44, 20, 20, 12)
	titled(c, "Checks", "Each number of the report against what the rows of the sheets come to.")
	const head = 5
	var rows [][]xlsx.Cell
	s.agree = true
	checks := s.checks()
	ofBill, err := s.billChecks()
	if err != nil {
		return fmt.Errorf("checks: %w", err)
	}
	for i, k := range append(checks, ofBill...) {
		agrees, err := k.agrees()
		if err != nil {
			return fmt.Errorf("check %q: %w", k.what, err)
		}
		s.agree = s.agree && agrees
		formula := agreeing(xlsx.At(2, head+1+i), xlsx.At(3, head+1+i))
		if k.assumed {
			formula = "OR(NOT(AsReported)," + formula + ")"
		}
		formula = "IFERROR(" + formula + ",FALSE)"
		rows = append(rows, []xlsx.Cell{
			{Kind: xlsx.Prose, Value: k.what}, {Kind: k.kind, Value: k.report}, {Kind: k.kind, Value: k.sheets, Formula: k.formula, Array: k.array},
			truth(agrees, formula),
		})
	}
	c.List("tblChecks", 1, head, []string{"What", "In the report", "On the sheets", "Agree"}, rows)
	c.Row(1, 3, xlsx.Cell{Value: "All agree"}, truth(s.agree, "AND("+xlsx.Span(4, head+1, head+len(rows))+")"))
	c.Freeze(head)
	c.Alarm(fmt.Sprintf("C3 E%d:E%d", head+1, head+len(rows)))
	c.Name("AllAgree", xlsx.Abs(2, 3))
	return c.Close(fmt.Sprintf("$%d:$%d", head, head), "")
}
