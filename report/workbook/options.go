package workbook

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// optionColumns are the columns of a priced option, nil where a row has none. The prices are values; what is computed
// from them is a formula, which reads the Assumptions where it depends on them.
func optionColumns[T any](of func(T) *audit.PricedOption) []xlsx.Column[T] {
	value := func(get func(o *audit.PricedOption) string) func(T) string {
		return func(v T) string {
			if o := of(v); o != nil {
				return get(o)
			}
			return ""
		}
	}
	measured := func(get func(o *audit.PricedOption) string) func(T) string { // of an option whose term's length is known
		return value(func(o *audit.PricedOption) string {
			if o.Months == 0 {
				return ""
			}
			return get(o)
		})
	}
	live := func(formula string) func(T) string {
		return measured(func(*audit.PricedOption) string { return formula })
	}
	return []xlsx.Column[T]{
		{Head: "Term", Of: value(func(o *audit.PricedOption) string { return words(o.PaymentTerm) })},
		{Head: "Payment", Of: value(func(o *audit.PricedOption) string { return words(o.PaymentOption) })},
		{Head: "Months", Kind: xlsx.Integer, Of: measured(func(o *audit.PricedOption) string { return strconv.Itoa(o.Months) })},
		{Head: "Upfront", Kind: xlsx.Money, Of: value(func(o *audit.PricedOption) string { return price(o, o.Upfront) })},
		{Head: "Per month", Kind: xlsx.Money, Of: value(func(o *audit.PricedOption) string { return price(o, o.Monthly) })},
		{Head: "Total contract value", Kind: xlsx.Money, Of: measured(func(o *audit.PricedOption) string { return o.TCV }), Live: live("{Upfront}+{Per month}*{Months}")},
		{Head: "Effective per month", Kind: xlsx.Money, Of: measured(func(o *audit.PricedOption) string { return o.EffectiveMonthly }), Live: live("{Total contract value}/{Months}")},
		{Head: "Net present value", Kind: xlsx.Money, Of: measured(func(o *audit.PricedOption) string { return o.NPV }),
			Live: live("ROUND({Upfront}-PV(MonthlyRate,{Months},{Per month},0,1),2)")},
		{Head: "Implied rate", Kind: xlsx.Percent, Of: measured(func(o *audit.PricedOption) string { return fraction(o.ImpliedRatePercent) })},
		{Head: "Allowed", Of: value(func(o *audit.PricedOption) string { return yes(o.Allowed) }),
			Live: value(func(*audit.PricedOption) string {
				return `IF(AND(COUNTIF(AllowedTerms,{Term})>0,COUNTIF(AllowedOptions,{Payment})>0),"yes","no")`
			})},
	}
}

// price is an option's amount: a number in US dollars, and words in any other currency.
func price(o *audit.PricedOption, amount string) string {
	if o.Currency != "USD" && amount != "" {
		return amount + " " + o.Currency
	}
	return amount
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

// words shows one of AWS's constants as words: THREE_YEARS is "three years". What is not such a constant stays as it is.
func words(constant string) string {
	if strings.Trim(constant, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
		return constant
	}
	return strings.ToLower(strings.ReplaceAll(constant, "_", " "))
}

// constantOf is the formula that makes AWS's constant from the words in a cell.
func constantOf(ref string) string { return `SUBSTITUTE(UPPER(` + ref + `)," ","_")` }

// renewalRow is a row of Renewal options: one way to renew one Outpost, or the Outpost alone when nothing is priced.
type renewalRow struct {
	*audit.Renewal
	option      *audit.PricedOption // nil when nothing is priced
	equivalent  string              // the price at the start of each month that is worth as much
	recommended bool
	plan        *plan // when the renewal would be paid; nil when it is not in the cash flow
}

// renewalRows are the rows of every contract, in the order of the report.
func renewalRows(r *audit.Report, d *discount) ([]*renewalRow, error) {
	var rows []*renewalRow
	for i := range r.Renewals {
		rn := &r.Renewals[i]
		plan, err := newPlan(rn)
		if err != nil {
			return nil, fmt.Errorf("renewal of %s: %w", rn.Resource.ID, err)
		}
		best := rn.Best()
		for j := range rn.Options {
			o := &rn.Options[j]
			equivalent, err := d.equivalent(o)
			if err != nil {
				return nil, fmt.Errorf("renewal of %s: %s %s: %w", rn.Resource.ID, o.PaymentTerm, o.PaymentOption, err)
			}
			rows = append(rows, &renewalRow{rn, o, equivalent, o == best, plan})
		}
		if len(rn.Options) == 0 {
			rows = append(rows, &renewalRow{Renewal: rn})
		}
	}
	return rows, nil
}

// maxLive is how many renewal options a workbook may have for its formulas to look things up among all of them, since
// what a recalculation takes grows with their square. Beyond it those cells are values.
const maxLive = 5000

// renewalColumns are the columns of Renewal options. Lookup says whether formulas may look among all rows.
func renewalColumns(lookup bool) []xlsx.Column[*renewalRow] {
	type row = *renewalRow
	option := func(get func(v row) string) func(row) string {
		return func(v row) string {
			if v.option == nil || v.option.Months == 0 {
				return ""
			}
			return get(v)
		}
	}
	// live is a formula of what has a value.
	live := func(of func(row) string, formula string, when bool) func(row) string {
		return func(v row) string {
			if !when || of(v) == "" {
				return ""
			}
			return formula
		}
	}
	equivalent := option(func(v row) string { return v.equivalent })
	vsYear := option(func(v row) string { return string(v.option.SavingVsOneYear) })
	vsMonth := option(func(v row) string { return string(v.option.SavingVsMonthToMonth) })
	change := option(func(v row) string { return fraction(v.option.PriceChangePercent) })
	chosen := option(func(v row) string { return yes(v.recommended) })
	verdict := func(v row) string {
		if v.option == nil {
			return "not priced"
		}
		return chosen(v)
	}
	key := option(func(v row) string { return v.Resource.ID + "|" + yes(v.recommended) })
	planned := func(get func(p *plan) string) func(row) string {
		return option(func(v row) string {
			if v.plan == nil {
				return ""
			}
			return get(v.plan)
		})
	}
	lastMonth := option(func(v row) string {
		if v.plan == nil {
			return ""
		}
		return v.plan.first.add(v.option.Months - 1).String()
	})
	cols := []xlsx.Column[row]{
		{Head: "Outpost", Of: func(v row) string { return label(&v.Resource) }},
		{Head: "Contract end", Kind: xlsx.Date, Of: func(v row) string { return string(v.ContractEnd) }},
	}
	cols = append(cols, optionColumns(func(v row) *audit.PricedOption { return v.option })...)
	return append(cols,
		xlsx.Column[row]{Head: "Equivalent per month", Kind: xlsx.Money, Of: equivalent, Live: live(equivalent, "ROUND(-{Upfront}/PV(MonthlyRate,{Months},1,0,1)+{Per month},6)", true)},
		xlsx.Column[row]{Head: "Saving against one year, no upfront", Kind: xlsx.Money, Of: vsYear,
			Live: live(vsYear, `{Months}*SUMIFS([Effective per month],[Outpost ID],{Outpost ID},[Term],"one year",[Payment],"no upfront")-{Total contract value}`, lookup)},
		xlsx.Column[row]{Head: "Saving against month to month", Kind: xlsx.Money, Of: vsMonth, Live: live(vsMonth, "{Month-to-month price}*{Months}-{Total contract value}", true)},
		xlsx.Column[row]{Head: "Break-even month", Kind: xlsx.Integer, Of: option(func(v row) string { return optionalInt(v.option.BreakEvenMonth) })},
		xlsx.Column[row]{Head: "Change from today", Kind: xlsx.Percent, Of: change, Live: live(change, "{Effective per month}/{Per month today}-1", true)},
		xlsx.Column[row]{Head: "Recommended", Of: verdict, Live: live(chosen, bestFormula, lookup)},
		xlsx.Column[row]{Head: "Outpost ID", Screen: true, Of: func(v row) string { return v.Resource.ID }},
		xlsx.Column[row]{Head: "Account", Of: func(v row) string { return v.Resource.Account }},
		xlsx.Column[row]{Head: "Region", Of: func(v row) string { return v.Resource.Region }},
		xlsx.Column[row]{Head: "Per month today", Kind: xlsx.Money, Of: func(v row) string { return v.CurrentMonthly }},
		xlsx.Column[row]{Head: "Month-to-month price", Kind: xlsx.Money, Of: func(v row) string { return string(v.MonthToMonthPrice) }},
		xlsx.Column[row]{Head: "Charged in", Kind: xlsx.Month, Of: planned(func(p *plan) string { return p.charged.String() })},
		xlsx.Column[row]{Head: "First month", Kind: xlsx.Month, Of: planned(func(p *plan) string { return p.first.String() })},
		xlsx.Column[row]{Head: "Last month", Kind: xlsx.Month, Of: lastMonth},
		xlsx.Column[row]{Head: "Key", Of: key, Live: live(key, `{Outpost ID}&"|"&{Recommended}`, true)},
	)
}

// bestFormula is "yes" for the allowed option of an Outpost that no other allowed one beats: by what it comes to at the
// start of each month, then by the lower upfront, then by the shorter term.
const bestFormula = `IF({Allowed}<>"yes","no",IF(COUNTIFS([Outpost ID],{Outpost ID},[Allowed],"yes",[Equivalent per month],"<"&{Equivalent per month})` +
	`+COUNTIFS([Outpost ID],{Outpost ID},[Allowed],"yes",[Equivalent per month],{Equivalent per month},[Upfront],"<"&{Upfront})` +
	`+COUNTIFS([Outpost ID],{Outpost ID},[Allowed],"yes",[Equivalent per month],{Equivalent per month},[Upfront],{Upfront},[Months],"<"&{Months})=0,"yes","no"))`

func optionalInt(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}
