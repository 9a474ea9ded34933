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

// printedOptionColumns is how many of the columns of an option come first: what it costs, and whether it is allowed.
const printedOptionColumns = 8

// optionColumns are the columns of a priced option, nil where a row has none. What depends on the Assumptions is a formula that reads
// them; everything else is a value, since a workbook of many options recalculates as fast as it has few formulas.
func optionColumns[T any](of func(T) *audit.PricedOption) []xlsx.Column[T] {
	type get = func(o *audit.PricedOption) string
	column := func(head string, k xlsx.Kind, get get) xlsx.Column[T] {
		return xlsx.Column[T]{Head: head, Kind: k, When: func(v T) bool { return of(v) != nil },
			Of: func(v T) string { return get(of(v)) }}
	}
	// measured is of an option whose term's length is known.
	measured := func(head string, k xlsx.Kind, get get) xlsx.Column[T] {
		c := column(head, k, get)
		c.When = func(v T) bool { return of(v) != nil && of(v).Months != 0 }
		return c
	}
	// contracted is a column of contracts, with its formula, which may be empty: a month without one has none.
	contracted := func(c xlsx.Column[T], formula string) xlsx.Column[T] {
		c.Live = func(v T) string {
			if stays(of(v)) {
				return ""
			}
			return formula
		}
		return c
	}
	return []xlsx.Column[T]{
		column("Term", xlsx.Text, func(o *audit.PricedOption) string { return words(o.PaymentTerm) }),
		column("Payment", xlsx.Text, func(o *audit.PricedOption) string { return words(o.PaymentOption) }),
		measured("Months", xlsx.Integer, func(o *audit.PricedOption) string { return strconv.Itoa(o.Months) }),
		column("Upfront", xlsx.Money, func(o *audit.PricedOption) string { return audit.InCurrency(o.Upfront, o.Currency) }),
		column("Per month", xlsx.Money, func(o *audit.PricedOption) string { return audit.InCurrency(o.Monthly, o.Currency) }),
		measured("Total contract value", xlsx.Money, ofContract(totalText)),
		contracted(measured("Net present value", xlsx.Money, ofContract(func(o *audit.PricedOption) string { return string(o.NPV) })),
			"ROUND({Upfront}-PV(MonthlyRate,{Months},{Per month},0,1),2)"),
		contracted(column("Allowed", xlsx.Text, ofContract(func(o *audit.PricedOption) string { return yes(o.Allowed) })),
			`IF(AND(COUNTIF(AllowedTerms,{Term})>0,COUNTIF(AllowedOptions,{Payment})>0),"yes","no")`),
		measured("Effective per month", xlsx.Money, ofContract(func(o *audit.PricedOption) string { return string(o.EffectiveMonthly) })),
		measured("Implied rate", xlsx.Percent, func(o *audit.PricedOption) string { return fraction(o.ImpliedRatePercent) }),
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

// words shows one of AWS's constants as words: THREE_YEARS is "3 years", IN_PROGRESS "in progress". What is not such a
// constant stays as it is.
func words(constant string) string {
	constant = audit.TermWords(constant)
	if strings.Trim(constant, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
		return constant
	}
	return strings.ToLower(strings.ReplaceAll(constant, "_", " "))
}

// stayMonths is for how many months that is counted.
const stayMonths = 12

func stays(o *audit.PricedOption) bool { return o.PaymentTerm == monthToMonth }

// ofContract is what get says of an option: a month without a contract has none.
func ofContract(get func(o *audit.PricedOption) string) func(o *audit.PricedOption) string {
	return func(o *audit.PricedOption) string {
		if stays(o) {
			return none
		}
		return get(o)
	}
}

// stay returns the row's option of staying month-to-month; nil when its price is unknown.
func stay(rn *audit.Renewal) *audit.PricedOption {
	if rn.MonthToMonthPrice == "" {
		return nil
	}
	return &audit.PricedOption{PaymentTerm: monthToMonth, PaymentOption: none, Months: stayMonths, Currency: "USD",
		Upfront: "0", Monthly: string(rn.MonthToMonthPrice)}
}

// optionWords says what an option is: 3 years, no upfront.
func optionWords(o *audit.PricedOption) string {
	if stays(o) {
		return monthToMonth
	}
	return words(o.PaymentTerm) + ", " + words(o.PaymentOption)
}

// renewalRow is a row of Renewal options: one way to go on with one Outpost, or the Outpost alone when nothing is priced.
type renewalRow struct {
	*audit.Renewal
	option      *audit.PricedOption // nil when nothing is priced
	equivalent  string              // the price at the start of each month that is worth as much
	recommended bool
	chosen      bool  // it is in the cash flow: decided on, or else recommended
	plan        *plan // when it would be paid; nil when it is not in the cash flow
	named       bool  // no option before it has its term and payment: a choice of these is of this one
}

// optionRows is how many rows of Renewal options a contract has.
func optionRows(rn *audit.Renewal) int {
	n := len(rn.Options)
	if stay(rn) != nil {
		n++
	}
	return max(n, 1)
}

// renewalRows are the rows of a contract.
func renewalRows(rn *audit.Renewal, d *discount) ([]*renewalRow, error) {
	plan, err := newPlan(rn)
	if err != nil {
		return nil, fmt.Errorf("renewal of %s: %w", rn.Resource.ID, err)
	}
	var rows []*renewalRow
	best, decided, action := rn.Best(), rn.Option(rn.Chosen()), ""
	if c := rn.Chosen(); c != nil {
		action = c.Action
	}
	for j := range rn.Options {
		o := &rn.Options[j]
		equivalent, err := d.equivalent(o)
		if err != nil {
			return nil, fmt.Errorf("renewal of %s: %s %s: %w", rn.Resource.ID, o.PaymentTerm, o.PaymentOption, err)
		}
		named := rn.Option(&audit.Choice{Action: audit.ActionRenew, PaymentTerm: audit.Optional(o.PaymentTerm),
			PaymentOption: audit.Optional(o.PaymentOption)}) == o
		rows = append(rows, &renewalRow{rn, o, equivalent, o == best, o == decided && plan != nil, plan, named})
	}
	switch o := stay(rn); {
	case o != nil:
		recommended := rn.Recommended != nil && rn.Recommended.Action == audit.ActionMonthToMonth
		chosen := action == audit.ActionMonthToMonth && plan != nil
		rows = append(rows, &renewalRow{rn, o, o.Monthly, recommended, chosen, plan, true})
	case len(rn.Options) == 0:
		rows = append(rows, &renewalRow{Renewal: rn})
	}
	return rows, nil
}

// How many renewal options a workbook may have for its formulas to look things up among them. Up to maxLive, what is recommended follows
// the assumptions: each decision asks every option, so that what a recalculation takes grows with their square. Up to maxChoices, what is
// chosen may be changed: each decision finds one option. Beyond these the cells are values.
const (
	maxLive    = 5000
	maxChoices = 50_000
)

// renewalColumns are the columns of Renewal options. What is recommended of what is to be decided, and what is chosen, stands on
// Decisions, in the row that each finds by its Outpost.
func (s *sheets) renewalColumns() []xlsx.Column[*renewalRow] {
	type row = *renewalRow
	// option is a value of a row whose option has measures, and the formula of it, which may be empty.
	option := func(head string, k xlsx.Kind, formula string, get func(v row) string) xlsx.Column[row] {
		return xlsx.Column[row]{Head: head, Kind: k, When: func(v row) bool { return v.option != nil && v.option.Months != 0 }, Of: get,
			Live: func(row) string { return formula }}
	}
	// asked is a column whose formula asks Decisions, where the Outpost has a row there.
	asked := func(col xlsx.Column[row], may bool, formula func(v row) string) xlsx.Column[row] {
		of, when := col.Of, col.When
		col.Live = func(v row) string {
			if !may || !when(v) || s.rowOnDecisions(v) == "" || of(v) == "" {
				return ""
			}
			return formula(v)
		}
		return col
	}
	on := func(head string) string { return "INDEX(" + s.decisions.Ref(head) + ",{Row on Decisions})" }
	// priced is option where a row is of a renewal, and empty for staying month-to-month.
	priced := func(head string, k xlsx.Kind, get func(v row) string) xlsx.Column[row] {
		c := option(head, k, "", get)
		c.When = func(v row) bool { return v.option != nil && v.option.Months != 0 && !stays(v.option) }
		return c
	}
	recommended := asked(option("Recommended", xlsx.Text, "", func(v row) string { return yes(v.recommended) }), s.lookup, func(v row) string {
		if stays(v.option) {
			return on("Staying beats it")
		}
		return `IF(AND({Allowed}="yes",` + on("Staying beats it") + `<>"yes",{Level price per month}=` + on("Lowest level price") +
			`,{Tie-break}=` + on("Its tie-break") + `),"yes","no")`
	})
	recommended.When = func(v row) bool { return v.option == nil || v.option.Months != 0 }
	recommended.Of = func(v row) string {
		if v.option == nil {
			return "not priced"
		}
		return yes(v.recommended)
	}
	chosen := asked(option("In the cash flow", xlsx.Text, "", func(v row) string { return yes(v.chosen) }), s.choosing, func(v row) string {
		if v.plan == nil || !v.named {
			return ""
		}
		return "IF(" + on("Choice") + `={Option in words},"yes","no")`
	})
	cols := []xlsx.Column[row]{
		{Head: "Outpost", Of: func(v row) string { return v.Resource.Label() }},
		{Head: "Contract end", Kind: xlsx.Date, Of: func(v row) string { return string(v.ContractEnd) }},
	}
	ofOption := optionColumns(func(v row) *audit.PricedOption { return v.option })
	cols = append(cols, ofOption[:printedOptionColumns]...)
	cols = append(cols,
		option("Level price per month", xlsx.Money, "ROUND(-{Upfront}/PV(MonthlyRate,{Months},1,0,1)+{Per month},6)",
			func(v row) string { return v.equivalent }),
		recommended,
		chosen)
	cols = append(cols, ofOption[printedOptionColumns:]...)
	return append(cols,
		priced("Saving against one year, no upfront", xlsx.Money, func(v row) string { return string(v.option.SavingVsOneYear) }),
		priced("Saving against month-to-month", xlsx.Money, func(v row) string { return string(v.option.SavingVsMonthToMonth) }),
		priced("Break-even month", xlsx.Integer, func(v row) string { return optionalInt(v.option.BreakEvenMonth) }),
		priced("Change from today", xlsx.Percent, func(v row) string { return fraction(v.option.PriceChangePercent) }),
		xlsx.Column[row]{Head: "Outpost ID", Screen: true, Of: func(v row) string { return v.Resource.ID }},
		xlsx.Column[row]{Head: "Account", Of: func(v row) string { return v.Resource.Account }},
		xlsx.Column[row]{Head: "Region", Of: func(v row) string { return v.Resource.Region }},
		xlsx.Column[row]{Head: "Per month today", Kind: xlsx.Money, Of: func(v row) string { return string(v.CurrentMonthly) }},
		xlsx.Column[row]{Head: "Month-to-month price", Kind: xlsx.Money, Of: func(v row) string { return string(v.MonthToMonthPrice) }},
		xlsx.Column[row]{Head: "Month-to-month price is", Of: func(v row) string { return string(v.MonthToMonthPriceSource) }},
		// What formulas look for.
		option("Option in words", xlsx.Text, "", func(v row) string { return optionWords(v.option) }),
		option("Option", xlsx.Ident, "", func(v row) string {
			if !v.named {
				return ""
			}
			return v.Resource.ID + "|" + optionWords(v.option)
		}),
		asked(option("Key", xlsx.Ident, "", func(v row) string { return v.Resource.ID + "|" + yes(v.recommended) }),
			s.lookup, func(row) string { return `{Outpost ID}&"|"&{Recommended}` }),
		option("Tie-break", xlsx.Integer, "", func(v row) string { return tieBreak(v.option).String() }),
		asked(option("Row on Decisions", xlsx.Integer, "", s.rowOnDecisions), s.choosing,
			func(row) string { return "MATCH({Outpost ID}," + s.decisions.Ref("Key") + ",0)" }),
	)
}

// rowOnDecisions is the row of an Outpost on Decisions, from 1; "" for none.
func (s *sheets) rowOnDecisions(v *renewalRow) string {
	n, ok := s.renewals.decisionRow[v.Resource.ID]
	if !ok {
		return ""
	}
	return strconv.Itoa(n)
}

func optionalInt(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}
