package workbook

import (
	"fmt"
	"strconv"
	"strings"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// writeAssumptions writes what the numbers rest on. Formulas read the cells by their names.
func writeAssumptions(b *xlsx.Book, r *audit.Report, d *discount, lookup bool) error {
	a := &r.Run.Assumptions
	c := xlsx.NewCanvas(b, "Assumptions", 3, 38, 24, 80)
	c.Set(1, 1, xlsx.Cell{Style: xlsx.Title, Value: "Assumptions"})
	c.Height(1, 28)
	c.Set(1, 2, xlsx.Cell{Style: xlsx.Subtitle, Value: "The cells in blue on yellow may be changed: the options, decisions and cash flow follow when the workbook recalculates."})
	row := 4
	heads(c, row, "Assumption", "Value", "What it does")
	c.Freeze(row)
	put := func(name, label string, v xlsx.Cell, note string) error {
		row++
		c.Set(1, row, xlsx.Cell{Kind: xlsx.Prose, Value: label})
		c.Set(2, row, v)
		c.Set(3, row, xlsx.Cell{Kind: xlsx.Prose, Look: xlsx.Muted, Value: note})
		return c.Name(name, xlsx.Abs(2, row))
	}
	c.Limit(2, row+1, xlsx.Percent, 0, 1, "Discount rate", "A rate from 0 % to 100 % a year.")
	c.Limit(2, row+3, xlsx.Integer, 1, 12, "Fiscal year", "A month from 1 to 12.")
	for _, v := range []struct {
		name, label string
		cell        xlsx.Cell
		note        string
	}{
		{"DiscountRate", "Discount rate, a year", xlsx.Cell{Kind: xlsx.Percent, Look: xlsx.Input, Value: a.DiscountRate}, "Discounts payments to the first one. The net present values, the equivalent monthly prices and the recommendations follow it."},
		{"MonthlyRate", "Discount rate, a month", xlsx.Cell{Kind: xlsx.Rate, Value: d.monthly.String(), Formula: "(1+DiscountRate)^(1/12)-1"}, "The effective monthly rate; monthly prices are paid at the start of each month."},
		{"FiscalYearStart", "Fiscal year starts in month", xlsx.Cell{Kind: xlsx.Integer, Look: xlsx.Input, Value: strconv.Itoa(a.FiscalYearStart)}, "1 to 12. A fiscal year is named after the year in which it ends. The cash flow by fiscal year follows it."},
		{"ApprovalLimit", "Approval limit for upfronts", xlsx.Cell{Kind: xlsx.Money, Look: xlsx.Input, Value: a.ApprovalLimitUSD}, "An upfront above it needs approval. Decisions says which do."},
		{"AsOf", "As of", xlsx.Cell{Kind: xlsx.Moment, Value: r.Run.AsOf}, "The clock of every date and amount. Another one needs a new run."},
		{"NoticeBusinessDays", "Notice, in business days", xlsx.Cell{Kind: xlsx.Integer, Value: strconv.Itoa(a.NoticeBusinessDays)}, "A contract is to be renewed or returned so many business days before its end. Another number needs a new run."},
		{"Calendar", "Calendar of business days", xlsx.Cell{Value: a.Calendar}, "us: the federal holidays of the United States. Another one needs a new run."},
		{"Holidays", "Further holidays", xlsx.Cell{Kind: xlsx.Prose, Value: orNone(strings.Join(a.Holidays, ", "))}, "Days off beside the calendar's."},
		{"MonthToMonthTerm", "Month-to-month price is that of", xlsx.Cell{Value: words(a.MonthToMonthTerm) + ", no upfront"}, "What a month costs without a contract, which AWS does not publish. Another term needs a new run."},
	} {
		if err := put(v.name, v.label, v.cell, v.note); err != nil {
			return err
		}
	}
	row += 2
	same := []string{"DiscountRate=" + a.DiscountRate, "FiscalYearStart=" + strconv.Itoa(a.FiscalYearStart), "ApprovalLimit=" + a.ApprovalLimitUSD}
	for _, v := range []struct {
		name, head, note string
		values           []string
	}{
		{"AllowedTerms", "Allowed terms", "The policy's terms. Only allowed options are recommended; one that is added or cleared here counts at once.", a.AllowedTerms},
		{"AllowedOptions", "Allowed payments", "The policy's ways to pay.", a.AllowedOptions},
	} {
		heads(c, row, v.head, "Value", "What it does")
		first := row + 1
		same = append(same, fmt.Sprintf("COUNTA(%s)=%d", v.name, len(v.values)))
		for _, value := range v.values {
			same = append(same, "COUNTIF("+v.name+","+xlsx.Quote(words(value))+")>0")
		}
		for i := range max(len(v.values)+1, 3) {
			row++
			value := ""
			if i < len(v.values) {
				value = words(v.values[i])
			}
			c.Set(1, row, xlsx.Cell{Kind: xlsx.Prose, Value: fmt.Sprintf("%s %d", v.head, i+1)})
			c.Set(2, row, xlsx.Cell{Look: xlsx.Input, Value: value})
			note := ""
			if i == 0 {
				note = v.note
			}
			c.Set(3, row, xlsx.Cell{Kind: xlsx.Prose, Look: xlsx.Muted, Value: note})
		}
		if err := c.Name(v.name, xlsx.Span(2, first, row)); err != nil {
			return err
		}
		row += 2
	}
	if err := put("AsReported", "The assumptions are the report's", truth(true, "AND("+strings.Join(same, ",")+")"), "FALSE once an assumption is changed: amounts then differ from report.json, as they should."); err != nil {
		return err
	}
	row += 2
	if !lookup {
		c.Set(1, row, xlsx.Cell{Look: xlsx.Bad, Kind: xlsx.Ident, Value: fmt.Sprintf("There are more than %d renewal options: recommendations, decisions and renewals in the cash flow are values and do not follow changes.", maxLive)})
	}
	return c.Close("", "")
}

// heads writes a header over adjacent cells that are no table.
func heads(c *xlsx.Canvas, row int, heads ...string) {
	for i, h := range heads {
		c.Set(1+i, row, xlsx.Cell{Style: xlsx.Header, Value: h})
	}
	c.Height(row, 20)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
