package workbook

import (
	"fmt"
	"strconv"
	"strings"

	"tenor/audit"
)

// writeAssumptions writes what the numbers rest on. Formulas read the cells by their names.
func writeAssumptions(b *book, r *audit.Report, d *discount, lookup bool) error {
	a := &r.Run.Assumptions
	c := newCanvas(b, "Assumptions", 3, 38, 24, 80)
	c.set(1, 1, cell{style: Title, value: "Assumptions"})
	c.height(1, 28)
	c.set(1, 2, cell{style: Subtitle, value: "The cells in blue on yellow may be changed: the options, decisions and cash flow follow when the workbook recalculates."})
	row := 4
	c.heads(row, "Assumption", "Value", "What it does")
	c.freeze(row)
	put := func(name, label string, v cell, note string) error {
		row++
		c.set(1, row, cell{kind: prose, value: label})
		c.set(2, row, v)
		c.set(3, row, cell{kind: prose, look: muted, value: note})
		return c.define(name, abs(2, row))
	}
	c.limit(2, row+1, percent, 0, 1, "Discount rate", "A rate from 0 % to 100 % a year.")
	c.limit(2, row+3, integer, 1, 12, "Fiscal year", "A month from 1 to 12.")
	for _, v := range []struct {
		name, label string
		cell        cell
		note        string
	}{
		{"DiscountRate", "Discount rate, a year", cell{kind: percent, look: input, value: a.DiscountRate}, "Discounts payments to the first one. The net present values, the equivalent monthly prices and the recommendations follow it."},
		{"MonthlyRate", "Discount rate, a month", cell{kind: rate, value: d.monthly.String(), formula: "(1+DiscountRate)^(1/12)-1"}, "The effective monthly rate; monthly prices are paid at the start of each month."},
		{"FiscalYearStart", "Fiscal year starts in month", cell{kind: integer, look: input, value: strconv.Itoa(a.FiscalYearStart)}, "1 to 12. A fiscal year is named after the year in which it ends. The cash flow by fiscal year follows it."},
		{"ApprovalLimit", "Approval limit for upfronts", cell{kind: money, look: input, value: a.ApprovalLimitUSD}, "An upfront above it needs approval. Decisions says which do."},
		{"AsOf", "As of", cell{kind: moment, value: r.Run.AsOf}, "The clock of every date and amount. Another one needs a new run."},
		{"NoticeBusinessDays", "Notice, in business days", cell{kind: integer, value: strconv.Itoa(a.NoticeBusinessDays)}, "A contract is to be renewed or returned so many business days before its end. Another number needs a new run."},
		{"Calendar", "Calendar of business days", cell{value: a.Calendar}, "us: the federal holidays of the United States. Another one needs a new run."},
		{"Holidays", "Further holidays", cell{kind: prose, value: orNone(strings.Join(a.Holidays, ", "))}, "Days off beside the calendar's."},
		{"MonthToMonthTerm", "Month-to-month price is that of", cell{value: words(a.MonthToMonthTerm) + ", no upfront"}, "What a month costs without a contract, which AWS does not publish. Another term needs a new run."},
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
		c.heads(row, v.head, "Value", "What it does")
		first := row + 1
		same = append(same, fmt.Sprintf("COUNTA(%s)=%d", v.name, len(v.values)))
		for _, value := range v.values {
			same = append(same, "COUNTIF("+v.name+","+quotedText(words(value))+")>0")
		}
		for i := range max(len(v.values)+1, 3) {
			row++
			value := ""
			if i < len(v.values) {
				value = words(v.values[i])
			}
			c.set(1, row, cell{kind: prose, value: fmt.Sprintf("%s %d", v.head, i+1)})
			c.set(2, row, cell{look: input, value: value})
			note := ""
			if i == 0 {
				note = v.note
			}
			c.set(3, row, cell{kind: prose, look: muted, value: note})
		}
		if err := c.define(v.name, span(2, first, row)); err != nil {
			return err
		}
		row += 2
	}
	if err := put("AsReported", "The assumptions are the report's", truth(true, "AND("+strings.Join(same, ",")+")"), "FALSE once an assumption is changed: amounts then differ from report.json, as they should."); err != nil {
		return err
	}
	row += 2
	if !lookup {
		c.set(1, row, cell{look: bad, kind: ident, value: fmt.Sprintf("There are more than %d renewal options: recommendations, decisions and renewals in the cash flow are values and do not follow changes.", maxLive)})
	}
	return c.close("", "")
}

// heads writes a header over adjacent cells that are no table.
func (c *canvas) heads(row int, heads ...string) {
	for i, h := range heads {
		c.set(1+i, row, cell{style: Header, value: h})
	}
	c.height(row, 20)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
