package workbook

import (
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// choices are the columns of Rates: what can be recommended, by how it is paid, and the colour of each in the chart.
var choices = [...]struct{ head, color string }{
	{"All upfront", "1F3A5F"}, {"Partial upfront", "4F81BD"}, {"No upfront", "9DC3E6"}, {"Month-to-month", undecided},
}

// maxRatePercent is the highest discount rate of Rates, which is as far as switches are looked for.
const maxRatePercent = 30

// choiceColumn is the place of a choice among choices; false for a payment option that is newer than this program.
func choiceColumn(c *audit.Choice) (int, bool) {
	if c.Action == audit.ActionMonthToMonth {
		return len(choices) - 1, true
	}
	for i, option := range audit.PaymentOptions {
		if string(c.PaymentOption) == option {
			return i, true
		}
	}
	return 0, false
}

// atRate returns what is recommended at a discount rate in percent: the choice below the first switch that is higher.
func atRate(r *audit.Recommendation, percent int) *audit.Choice {
	at := decimal.NewFromInt(int64(percent))
	for i := range r.SwitchRates {
		if rate, err := decimal.NewFromString(r.SwitchRates[i].Percent.String()); err == nil && at.LessThan(rate) {
			return &r.SwitchRates[i].Below
		}
	}
	if n := len(r.SwitchRates); n > 0 {
		return &r.SwitchRates[n-1].Above
	}
	return r.Choice()
}

// writeRates writes how many of the decisions have which choice as the cheapest, at each discount rate.
func (s *sheets) writeRates() error {
	c := xlsx.NewCanvas(s.Book, "Rates", 3, 16, 16, 16, 16, 16, 3, 60)
	titled(c, "Rates", "What would be recommended at other discount rates: how many of the decisions have which way to pay as the cheapest. "+
		"At which rate each switches is on Decisions.")
	const head = 4
	heads := []string{"Discount rate"}
	for _, v := range choices {
		heads = append(heads, v.head)
	}
	var rows [][]xlsx.Cell
	decisions := 0
	for percent := range maxRatePercent + 1 {
		row := []xlsx.Cell{{Kind: xlsx.Percent, Value: decimal.New(int64(percent), -2).String()}}
		for _, n := range s.renewals.rates[percent] {
			decisions += n
			row = append(row, count(n, ""))
		}
		rows = append(rows, row)
	}
	last := c.List("tblRates", 1, head, heads, rows)
	c.Freeze(head)
	if decisions > 0 {
		chart := &xlsx.Chart{Title: "Cheapest choice by discount rate", Format: "0", LabelFormat: "0%", LabelEvery: 5, LabelAngle: -90,
			Alt: fmt.Sprintf("Column chart of how many decisions have which choice as the cheapest, "+
				"at discount rates from 0 to %d percent.", maxRatePercent)}
		for i, v := range choices {
			chart.Series = append(chart.Series, series(c, head, 1, 2+i, head+1, last-1, v.color))
		}
		c.Gallery([]*xlsx.Chart{chart}, 7, 7, head)
	}
	return c.Close("$"+strconv.Itoa(head)+":$"+strconv.Itoa(head), "")
}

// otherRates says at which discount rates another choice becomes the cheapest, of those nearest to the report's: what wins below and
// above. It is empty where nothing else does from 0 to 30%.
func otherRates(r *audit.Recommendation, discountRate decimal.Decimal) string {
	if r == nil {
		return ""
	}
	at, text := discountRate.Shift(2), ""
	for i := range r.SwitchRates {
		v := &r.SwitchRates[i]
		rate, err := decimal.NewFromString(v.Percent.String())
		if err != nil {
			continue
		}
		if rate.LessThanOrEqual(at) {
			text = choiceWords(&v.Below) + " below " + v.Percent.String() + "%"
			continue
		}
		if text != "" {
			text += ", "
		}
		return text + choiceWords(&v.Above) + " above " + v.Percent.String() + "%"
	}
	return text
}

// choiceWords says what a choice is: 1 year, all upfront; none for nil.
func choiceWords(c *audit.Choice) string {
	switch {
	case c == nil:
		return none
	case c.Action == audit.ActionMonthToMonth:
		return monthToMonth
	case c.Action == audit.ActionReturn:
		return audit.ActionReturn
	}
	return words(string(c.PaymentTerm)) + ", " + words(string(c.PaymentOption))
}
