package workbook

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// decision is a row of Decisions: a contract whose end is ahead and not decided, or that runs month to month.
type decision struct {
	*audit.Renewal
	best     *audit.PricedOption // the recommended option; nil when there is none
	priced   bool                // some option has measures, so that other assumptions may recommend one
	daysLeft int
	options  string // where its options stand
	outpost  string // where its Outpost stands; "" when it is not in the snapshot
}

// decisionsOf returns the decisions of a report, by notice deadline. The locations are of the contract's first row on
// Renewal options and of its row on Outposts.
func decisionsOf(r *audit.Report, asOf time.Time, optionRows map[string]string, outpostRows map[outpostKey]string) []*decision {
	var list []*decision
	for i := range r.Renewals {
		rn := &r.Renewals[i]
		if !rn.Due(asOf) && !rn.MonthToMonth {
			continue
		}
		place := outpostRows[outpostKey{rn.Resource.Account, rn.Resource.Region, rn.Resource.ID}]
		d := &decision{Renewal: rn, best: rn.Best(), options: optionRows[rn.Resource.ID], outpost: place}
		d.priced = slices.ContainsFunc(rn.Options, func(o audit.PricedOption) bool { return o.Months > 0 })
		if t, err := time.Parse(time.DateOnly, string(rn.NoticeDeadline)); err == nil {
			d.daysLeft = int(t.Sub(asOf) / (24 * time.Hour))
		}
		list = append(list, d)
	}
	return list
}

// The situations of a decision.
const (
	toDecide     = "decide"
	late         = "deadline passed"
	monthToMonth = "month to month"
)

func (d *decision) situation() string {
	switch {
	case d.MonthToMonth:
		return monthToMonth
	case d.daysLeft < 0:
		return late
	}
	return toDecide
}

// none stands where nothing is recommended.
const none = "–"

// notAllowed is why nothing is recommended of what has a price.
const notAllowed = "None of the priced options is allowed."

// otherwise is the formula of why an option is recommended under assumptions that are not the report's.
const otherwise = `"With the assumptions as changed: the lowest price per month, in today's money, of the allowed options."`

// orElse is the formula that is one thing where nothing is recommended, and another where something is.
func orElse(nothing, something string) string {
	return `IF({Recommended term}="` + none + `",` + nothing + `,` + something + `)`
}

// decisionColumns are the columns of Decisions. What is recommended is looked up among the options, unless there are too
// many for formulas to look among.
func decisionColumns(r *audit.Report, options *xlsx.Pages, lookup bool) []xlsx.Column[*decision] {
	type row = *decision
	match := func(head string) string {
		return "INDEX(" + options.Ref(head) + `,MATCH({Outpost ID}&"|yes",` + options.Ref("Key") + ",0))"
	}
	live := func(formula string) func(row) string {
		return func(v row) string {
			if !lookup || !v.priced {
				return ""
			}
			return formula
		}
	}
	// recommended is a value of the recommended option, which stands on Renewal options in the column from.
	recommended := func(head string, k xlsx.Kind, from string, get func(o *audit.PricedOption) string) xlsx.Column[row] {
		return xlsx.Column[row]{Head: head, Kind: k, Live: live(`IFERROR(` + match(from) + `,"` + none + `")`), Of: func(v row) string {
			if v.best == nil {
				return none
			}
			return get(v.best)
		}}
	}
	return []xlsx.Column[row]{
		{Head: "Outpost", Of: func(v row) string { return v.Resource.Label() }, Link: func(v row) string { return v.options }},
		{Head: "Situation", Of: row.situation, Look: func(v row) xlsx.Look { return badIf(v.situation() != toDecide) }},
		{Head: "Notice deadline", Kind: xlsx.Date, Of: func(v row) string { return string(v.NoticeDeadline) }},
		{Head: "Days left", Kind: xlsx.Integer, Of: func(v row) string { return strconv.Itoa(v.daysLeft) },
			Live: func(row) string { return "TRUNC({Notice deadline}-AsOf)" }},
		{Head: "Contract end", Kind: xlsx.Date, Of: func(v row) string { return string(v.ContractEnd) }},
		recommended("Recommended term", xlsx.Text, "Term", func(o *audit.PricedOption) string { return words(o.PaymentTerm) }),
		recommended("Payment", xlsx.Text, "Payment", func(o *audit.PricedOption) string { return words(o.PaymentOption) }),
		recommended("Amount", xlsx.Money, "Total contract value", func(o *audit.PricedOption) string { return o.TCV }),
		recommended("Of which upfront", xlsx.Money, "Upfront", func(o *audit.PricedOption) string { return o.Upfront }),
		recommended("Effective per month", xlsx.Money, "Effective per month", func(o *audit.PricedOption) string { return o.EffectiveMonthly }),
		{Head: "Cost of inaction per month", Kind: xlsx.Money, Of: func(v row) string {
			if v.best == nil {
				return none
			}
			return cmp.Or(string(v.CostOfInaction), none)
		}, Live: func(v row) string {
			if v.MonthToMonthPrice == "" {
				return ""
			}
			return live(`IFERROR(` + match("Month-to-month price") + `-{Effective per month},"` + none + `")`)(v)
		}},
		{Head: "Needs approval", Of: func(v row) string {
			if v.best == nil {
				return none
			}
			return yes(v.Recommended.NeedsApproval)
		}, Live: live(`IF(ISNUMBER({Of which upfront}),IF({Of which upfront}>ApprovalLimit,"yes","no"),"` + none + `")`)},
		{Head: "Why", Kind: xlsx.Prose, Width: 70, Of: row.why, Live: func(v row) string {
			if v.best == nil {
				return live(orElse(xlsx.Quote(v.why()), otherwise))(v)
			}
			a := &r.Run.Assumptions
			asReported := `AND(DiscountRate=` + a.DiscountRate + `,ApprovalLimit=` + a.ApprovalLimitUSD +
				`,{Recommended term}=` + xlsx.Quote(words(v.best.PaymentTerm)) + `,{Payment}=` + xlsx.Quote(words(v.best.PaymentOption)) + `)`
			return live(orElse(xlsx.Quote(notAllowed), `IF(`+asReported+`,`+xlsx.Quote(v.why())+`,`+otherwise+`)`))(v)
		}},
		{Head: "Command", Kind: xlsx.Code, Of: row.command},
		{Head: "Account", Screen: true, Of: func(v row) string { return v.Resource.Account }},
		{Head: "Region", Of: func(v row) string { return v.Resource.Region }},
		{Head: "Outpost ID", Of: func(v row) string { return v.Resource.ID }, Link: func(v row) string { return v.outpost }},
	}
}

// why is the reason of the recommendation, or why there is none.
func (d *decision) why() string {
	switch {
	case d.best != nil:
		return d.Recommended.Reason
	case d.Priced == "UNABLE_TO_PRICE":
		return "AWS could not price the renewal: ask the account team for a price before the deadline."
	case d.priced:
		return notAllowed
	}
	return "No renewal price is known: see Coverage."
}

// command is the AWS CLI call that asks for the prices of a renewal. The renewal itself is a purchase, and no call to paste.
func (d *decision) command() string {
	return "aws outposts get-renewal-pricing --outpost-identifier " + d.Resource.ID + " --region " + d.Resource.Region
}
