package workbook

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// optionColumns are the columns of a priced option from the column first on. The prices are values; what is computed
// from them is a formula that reads the discount rate of the Assumptions.
func optionColumns[T any](first int, of func(T) *audit.PricedOption) []column[T] {
	value := func(get func(o *audit.PricedOption) string) func(T) string {
		return func(v T) string {
			if o := of(v); o != nil {
				return get(o)
			}
			return ""
		}
	}
	// measured is a formula of an option whose term has a known length.
	measured := func(formula func(row int) string) func(T, int) string {
		return func(v T, row int) string {
			if o := of(v); o == nil || o.Months == 0 {
				return ""
			}
			return formula(row)
		}
	}
	months, upfront, monthly, tcv := colName(first+2), colName(first+3), colName(first+4), colName(first+5)
	return []column[T]{
		{head: "Term", of: value(func(o *audit.PricedOption) string { return words(o.PaymentTerm) })},
		{head: "Payment", of: value(func(o *audit.PricedOption) string { return words(o.PaymentOption) })},
		{head: "Months", kind: integer, of: value(func(o *audit.PricedOption) string { return strconv.Itoa(o.Months) })},
		{head: "Upfront", kind: money, of: value(func(o *audit.PricedOption) string { return o.Upfront })},
		{head: "Per month", kind: money, of: value(func(o *audit.PricedOption) string { return o.Monthly })},
		{head: "Total contract value", kind: money, of: value(func(o *audit.PricedOption) string { return o.TCV }), live: measured(func(row int) string {
			return fmt.Sprintf("%s%d+%s%d*%s%d", upfront, row, monthly, row, months, row)
		})},
		{head: "Effective per month", kind: money, of: value(func(o *audit.PricedOption) string { return o.EffectiveMonthly }), live: measured(func(row int) string {
			return fmt.Sprintf("%s%d/%s%d", tcv, row, months, row)
		})},
		{head: "Net present value", kind: money, of: value(func(o *audit.PricedOption) string { return o.NPV }), live: measured(func(row int) string {
			return fmt.Sprintf("ROUND(%s%d-PV((1+DiscountRate)^(1/12)-1,%s%d,%s%d,0,1),2)", upfront, row, months, row, monthly, row)
		})},
		{head: "Implied rate", kind: percent, of: value(func(o *audit.PricedOption) string { return fraction(o.ImpliedRatePercent) })},
		{head: "Allowed", of: value(func(o *audit.PricedOption) string { return yes(o.Allowed) })},
	}
}

// fraction returns a percentage as a fraction, exactly; "" for nil.
func fraction(percent *json.Number) string {
	if percent == nil {
		return ""
	}
	d, err := decimal.NewFromString(percent.String())
	if err != nil {
		return percent.String()
	}
	return d.Shift(-2).String()
}
