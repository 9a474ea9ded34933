package workbook

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// decision is a row of Decisions: a contract that runs and ends, an Outpost without one, or what was decided and is to be done.
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
		if !rn.Due() && !rn.MonthToMonth() && !(rn.Decision != nil && rn.Decision.Status == audit.DecisionOpen) {
			continue
		}
		place := outpostRows[outpostKey{rn.Resource.Account, rn.Resource.Region, rn.Resource.ID}]
		d := &decision{Renewal: rn, best: rn.Best(), options: optionRows[rn.Resource.ID], outpost: place}
		d.priced = slices.ContainsFunc(rn.Options, func(o audit.PricedOption) bool { return o.Months > 0 })
		if t, err := time.Parse(time.DateOnly, string(rn.NoticeDeadline)); err == nil {
			d.daysLeft = int(t.Sub(asOf.Truncate(24*time.Hour)) / (24 * time.Hour))
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
	decided      = "decided"
)

func (d *decision) situation() string {
	switch {
	case d.Decision != nil && d.Decision.Status == audit.DecisionOpen:
		return decided
	case d.MonthToMonth():
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
const otherwise = `"With the assumptions as changed: the lowest level price, of what is allowed and of a month without a contract."`

// orElse is the formula that is one thing where nothing is recommended, and another where something is.
func orElse(nothing, something string) string {
	return `IF({Recommended term}="` + none + `",` + nothing + `,` + something + `)`
}

// decisionColumns are the columns of Decisions. What is recommended is looked up among the options, unless there are too
// many for formulas to look among.
func decisionColumns(r *audit.Report, rate decimal.Decimal, options *xlsx.Pages, lookup bool) []xlsx.Column[*decision] {
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
	// recommended is a value of what is recommended, which stands on Renewal options in the column from: of the option, or of the
	// month without a contract.
	recommended := func(head string, k xlsx.Kind, from string, get func(o *audit.PricedOption) string, month string) xlsx.Column[row] {
		return xlsx.Column[row]{Head: head, Kind: k, Live: live(`IFERROR(` + match(from) + `,"` + none + `")`), Of: func(v row) string {
			switch {
			case v.best != nil:
				return get(v.best)
			case v.Recommended != nil:
				return month
			}
			return none
		}}
	}
	needs := "{Total contract value}"
	if r.Run.Assumptions.ApprovalBasis == "upfront" {
		needs = "{Of which upfront}"
	}
	return []xlsx.Column[row]{
		{Head: "Outpost", Of: func(v row) string { return v.Resource.Label() }, Link: func(v row) string { return v.options }},
		{Head: "Situation", Of: row.situation, Look: func(v row) xlsx.Look { return badIf(v.situation() == late || v.situation() == monthToMonth) }},
		{Head: "Notice deadline", Kind: xlsx.Date, Of: func(v row) string { return string(v.NoticeDeadline) }},
		{Head: "Days left", Kind: xlsx.Integer, Of: func(v row) string { return strconv.Itoa(v.daysLeft) },
			Live: func(row) string { return "{Notice deadline}-INT(AsOf)" }},
		{Head: "Contract end", Kind: xlsx.Date, Of: func(v row) string { return string(v.ContractEnd) }},
		recommended("Recommended term", xlsx.Text, "Term", func(o *audit.PricedOption) string { return words(o.PaymentTerm) }, monthToMonth),
		recommended("Payment", xlsx.Text, "Payment", func(o *audit.PricedOption) string { return words(o.PaymentOption) }, none),
		recommended("Total contract value", xlsx.Money, "Total contract value", func(o *audit.PricedOption) string { return o.TCV }, none),
		recommended("Of which upfront", xlsx.Money, "Upfront", func(o *audit.PricedOption) string { return o.Upfront }, "0"),
		{Head: "Level price per month", Kind: xlsx.Money, Live: live(`IFERROR(` + match("Level price per month") + `,"` + none + `")`),
			Of: func(v row) string {
				if v.Recommended == nil {
					return none
				}
				return v.Recommended.LevelPrice
			}},
		{Head: "Cost of inaction per month", Kind: xlsx.Money, Of: func(v row) string { return cmp.Or(string(v.CostOfInaction), none) },
			Live: func(v row) string {
				if v.MonthToMonthPrice == "" {
					return ""
				}
				return live(`IFERROR(` + match("Month-to-month price") + `-{Level price per month},"` + none + `")`)(v)
			}},
		{Head: "Needs approval", Of: func(v row) string {
			if v.Recommended == nil {
				return none
			}
			return yes(v.Recommended.NeedsApproval)
		}, Live: live(orElse(`"`+none+`"`, `IF(ISNUMBER(`+needs+`),IF(`+needs+`>ApprovalLimit,"yes","no"),"no")`))},
		{Head: "Why", Kind: xlsx.Prose, Width: 70, Of: row.why, Live: func(v row) string {
			if v.Recommended == nil {
				return live(orElse(xlsx.Quote(v.why()), otherwise))(v)
			}
			a, term, payment := &r.Run.Assumptions, monthToMonth, none
			if v.best != nil {
				term, payment = words(v.best.PaymentTerm), words(v.best.PaymentOption)
			}
			asReported := `AND(DiscountRate=` + a.DiscountRate + `,ApprovalLimit=` + a.ApprovalLimitUSD +
				`,{Recommended term}=` + xlsx.Quote(term) + `,{Payment}=` + xlsx.Quote(payment) + `)`
			return live(orElse(xlsx.Quote(notAllowed), `IF(`+asReported+`,`+xlsx.Quote(v.why())+`,`+otherwise+`)`))(v)
		}},
		{Head: "At other rates", Kind: xlsx.Prose, Width: 40, Of: func(v row) string { return otherRates(v.Recommended, rate) }},
		{Head: "Decided", Kind: xlsx.Prose, Width: 40, Of: row.decided},
		{Head: "Carry out by", Kind: xlsx.Date, Of: func(v row) string {
			if v.Decision == nil {
				return ""
			}
			return string(v.Decision.Deadline)
		}},
		{Head: "Command", Kind: xlsx.Code, Of: row.command},
		{Head: "Account", Screen: true, Of: func(v row) string { return v.Resource.Account }},
		{Head: "Region", Of: func(v row) string { return v.Resource.Region }},
		{Head: "Outpost ID", Of: func(v row) string { return v.Resource.ID }, Link: func(v row) string { return v.outpost }},
	}
}

// decided says what was decided, by whom and when; empty where nothing is on file.
func (d *decision) decided() string {
	f := d.Decision
	if f == nil {
		return ""
	}
	what := map[string]string{audit.ActionReturn: "return", audit.ActionMonthToMonth: monthToMonth}[f.Action]
	if f.Action == audit.ActionRenew {
		what = "renew, " + words(string(f.PaymentTerm)) + ", " + words(string(f.PaymentOption))
	}
	return what + " (" + f.Owner + ", " + f.DecidedOn + ": " + f.Reason + "); " + f.Status
}

// why is the reason of the recommendation, or why there is none.
func (d *decision) why() string {
	switch {
	case d.Recommended != nil:
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
