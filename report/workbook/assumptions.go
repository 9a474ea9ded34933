package workbook

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// assumption is a value that the numbers rest on: the name by which formulas read it, and what it does.
type assumption struct {
	name, label string
	value       xlsx.Cell
	note        string
}

func assumptionsOf(run *audit.Run, d *discount) []assumption {
	a, approvable := &run.Assumptions, "total contract value"
	if a.ApprovalBasis == "upfront" {
		approvable = "upfront"
	}
	entry := func(k xlsx.Kind, value string) xlsx.Cell { return xlsx.Cell{Kind: k, Look: xlsx.Input, Value: value} }
	return []assumption{
		{"DiscountRate", "Discount rate, a year", entry(xlsx.Percent, a.DiscountRate),
			"Discounts payments to the first one. The net present values, the equivalent monthly prices and the recommendations follow it."},
		{"MonthlyRate", "Discount rate, a month", xlsx.Cell{Kind: xlsx.Rate, Value: d.monthly.String(), Formula: "(1+DiscountRate)^(1/12)-1"},
			"The effective monthly rate; monthly prices are paid at the start of each month."},
		{"FiscalYearStart", "Fiscal year starts in month", entry(xlsx.Integer, strconv.Itoa(a.FiscalYearStart)),
			"1 to 12. A fiscal year is named after the year in which it ends. The cash flow by fiscal year follows it."},
		{"ApprovalLimit", "Approval limit", entry(xlsx.Money, a.ApprovalLimitUSD),
			"A renewal whose " + approvable + " is above it needs approval. Decisions says which do."},
		{"AsOf", "As of", xlsx.Cell{Kind: xlsx.Moment, Value: run.AsOf}, "The clock of every date and amount. Another one needs a new run."},
		{"NoticeBusinessDays", "Notice, in business days", count(a.NoticeBusinessDays, ""),
			"A contract is to be renewed or returned so many business days before its end. Another number needs a new run."},
		{"Calendar", "Calendar of business days", xlsx.Cell{Value: a.Calendar},
			"us: the federal holidays of the United States. Another one needs a new run."},
		{"Holidays", "Further holidays", xlsx.Cell{Kind: xlsx.Prose, Value: cmp.Or(strings.Join(a.Holidays, ", "), "none")},
			"Days off beside the calendar's."},
		{"MonthToMonthTerm", "Month-to-month price is that of", xlsx.Cell{Value: words(a.MonthToMonthTerm) + ", no upfront"},
			"What a month costs without a contract, which AWS does not publish. Another term needs a new run."},
	}
}

// writeAssumptions writes what the numbers rest on. Formulas read the cells by their names.
func (s *sheets) writeAssumptions() error {
	a := &s.r.Run.Assumptions
	c := xlsx.NewCanvas(s.Book, "Assumptions", 3, 38, 24, 80)
	titled(c, "Assumptions",
		"The cells in blue on yellow may be changed, here and on Decisions: options, decisions and cash flow follow when the workbook "+
			"recalculates.")
	row := 4
	heads := func(first string) {
		headers(c, row, xlsx.Cell{Value: first}, xlsx.Cell{Value: "Value"}, xlsx.Cell{Value: "What it does"})
		c.Height(row, 20)
	}
	line := func(label string, v xlsx.Cell, note string) {
		row++
		c.Row(1, row, xlsx.Cell{Kind: xlsx.Prose, Value: label}, v, xlsx.Cell{Kind: xlsx.Prose, Look: xlsx.Muted, Value: note})
	}
	heads("Assumption")
	c.Freeze(row)
	c.Limit(2, row+1, xlsx.Percent, 0, 1, "Discount rate", "A rate from 0% to 100% a year.")
	c.Limit(2, row+3, xlsx.Integer, 1, 12, "Fiscal year", "A month from 1 to 12.")
	for _, v := range assumptionsOf(&s.r.Run, s.discount) {
		line(v.label, v.value, v.note)
		c.Name(v.name, xlsx.Abs(2, row))
	}
	row += 2
	same := []string{
		"SUMPRODUCT(--(" + s.decisions.Ref("Choice") + "<>" + s.decisions.Ref("Choice in the report") + "))=0",
		"DiscountRate=" + a.DiscountRate, "FiscalYearStart=" + strconv.Itoa(a.FiscalYearStart), "ApprovalLimit=" + a.ApprovalLimitUSD,
	}
	for _, v := range []struct {
		name, head, note string
		values           []string
	}{
		{"AllowedTerms", "Allowed terms",
			"The policy's terms. Only allowed options are recommended; one that is added or cleared here counts at once.", a.AllowedTerms},
		{"AllowedOptions", "Allowed payments", "The policy's ways to pay.", a.AllowedOptions},
	} {
		heads(v.head)
		first := row + 1
		same = append(same, fmt.Sprintf("COUNTA(%s)=%d", v.name, len(v.values)))
		for _, value := range v.values {
			same = append(same, "COUNTIF("+v.name+","+xlsx.Quote(words(value))+")>0")
		}
		for i := range max(len(v.values)+1, 3) {
			value := xlsx.Cell{Look: xlsx.Input}
			if i < len(v.values) {
				value.Value = words(v.values[i])
			}
			line(fmt.Sprintf("%s %d", v.head, i+1), value, v.note)
			v.note = ""
		}
		c.Name(v.name, xlsx.Span(2, first, row))
		row += 2
	}
	line("The assumptions and choices are the report's", truth(true, "AND("+strings.Join(same, ",")+")"),
		"FALSE once an assumption or a choice is changed: amounts then differ from report.json, as they should.")
	c.Name("AsReported", xlsx.Abs(2, row))
	row += 2
	if !s.lookup {
		text := fmt.Sprintf("There are more than %d renewal options: recommendations are values and do not follow changes.", maxLive)
		if !s.choosing {
			text = fmt.Sprintf("There are more than %d renewal options: recommendations, choices and what they add to the cash flow are "+
				"values and do not follow changes.", maxChoices)
		}
		c.Set(1, row, xlsx.Cell{Look: xlsx.Bad, Kind: xlsx.Ident, Value: text})
	}
	return c.Close("", "")
}
