package workbook

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// decision is a row of Decisions: a contract that runs and ends, an Outpost without one, or what was decided and is to be done. Every
// contract that has a sequel in the cash flow has one.
type decision struct {
	*audit.Renewal
	best     *audit.PricedOption // the recommended option; nil when there is none
	chosen   *audit.PricedOption // what the cash flow goes by, staying month-to-month included; nil for a return and for what has no price
	choices  []string            // what may be chosen, in words
	plan     *plan               // when it would be paid; nil when it is not in the cash flow
	priced   bool                // some option has measures, so that other assumptions may recommend one
	daysLeft int
	lowest   string // the lowest level price of the allowed options; none where there is none
	tie      string // of those at that price, the lowest tie-break
	options  string // where its options stand
	outpost  string // where its Outpost stands; "" when it is not in the snapshot
	capacity string // where its capacity stands; "" when that was not read
}

// decides reports whether a contract has a row of Decisions.
func decides(rn *audit.Renewal) bool {
	return rn.Due() || rn.MonthToMonth() || rn.Decision != nil && rn.Decision.Status == audit.DecisionOpen
}

// newDecision returns the decision on a contract; nil where there is none to take or to carry out.
func (s *sheets) newDecision(rn *audit.Renewal) (*decision, error) {
	if !decides(rn) {
		return nil, nil
	}
	d := &decision{Renewal: rn, best: rn.Best(), chosen: rn.Option(rn.Chosen()), outpost: s.details.outpostPlace(&rn.Resource)}
	var err error
	if d.plan, err = newPlan(rn); err != nil {
		return nil, err
	}
	if d.choice() == monthToMonth {
		d.chosen = stay(rn)
	}
	d.choices = d.toChoose()
	if err := d.compare(s.discount); err != nil {
		return nil, err
	}
	d.priced = slices.ContainsFunc(rn.Options, func(o audit.PricedOption) bool { return o.Months > 0 })
	if t, err := time.Parse(time.DateOnly, string(rn.NoticeDeadline)); err == nil {
		d.daysLeft = int(t.Sub(s.asOf.Truncate(24*time.Hour)) / (24 * time.Hour))
	}
	return d, nil
}

// toChoose returns what may be chosen: the options that are allowed, to stay, to return, and what is preset.
func (d *decision) toChoose() []string {
	var list []string
	for i := range d.Options {
		if o := &d.Options[i]; o.Allowed && o.Months > 0 && !slices.Contains(list, optionWords(o)) {
			list = append(list, optionWords(o))
		}
	}
	list = append(list, monthToMonth, audit.ActionReturn)
	if preset := d.choice(); !slices.Contains(list, preset) {
		list = append(list, preset)
	}
	return list
}

// compare finds the lowest level price of the allowed options, and the lowest tie-break of those that have it.
func (d *decision) compare(discount *discount) error {
	d.lowest, d.tie = none, none
	var level, tie decimal.Decimal
	for i := range d.Options {
		o := &d.Options[i]
		if !o.Allowed || o.Months == 0 {
			continue
		}
		equivalent, err := discount.equivalent(o)
		if err != nil {
			return fmt.Errorf("renewal of %s: %s %s: %w", d.Resource.ID, o.PaymentTerm, o.PaymentOption, err)
		}
		price, err := decimal.NewFromString(equivalent)
		if err != nil {
			return err
		}
		if d.lowest == none || price.LessThan(level) || price.Equal(level) && tieBreak(o).LessThan(tie) {
			level, tie = price, tieBreak(o)
			d.lowest, d.tie = equivalent, tie.String()
		}
	}
	return nil
}

// tieBreak is the lower for the lower upfront, then for the shorter term: a cent is more than any term has months.
func tieBreak(o *audit.PricedOption) decimal.Decimal {
	return summand(o.Upfront).Shift(5).Add(decimal.NewFromInt(int64(o.Months)))
}

// staying says whether a month without a contract costs less than the allowed options do, or as little and is billed.
func (d *decision) staying() string {
	low, err := decimal.NewFromString(d.lowest)
	month, err2 := decimal.NewFromString(string(d.MonthToMonthPrice))
	if err != nil || err2 != nil {
		return yes(false)
	}
	return yes(month.LessThan(low) || d.MonthToMonthPriceSource == "billed" && month.Equal(low))
}

// choice is what is preset: the decision on file, or else what is recommended.
func (d *decision) choice() string { return choiceWords(d.Chosen()) }

// recommended is what is recommended, in words.
func (d *decision) recommended() string { return choiceWords(d.Recommended.Choice()) }

// The situations of a decision.
const (
	toDecide     = "decide"
	late         = "deadline passed"
	monthToMonth = "month-to-month"
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
	return `IF({Recommended}="` + none + `",` + nothing + `,` + something + `)`
}

// number is the formula of a cell's number, 0 where words stand for it.
func number(cell string) string { return "IF(ISNUMBER(" + cell + ")," + cell + ",0)" }

// decisionColumns are the columns of Decisions. What is recommended, and what the choice comes to, is looked up among the options,
// unless there are too many for formulas to look among. Cash flow adds up the columns at the end.
func (s *sheets) decisionColumns() []xlsx.Column[*decision] {
	type row = *decision
	options := s.options.Pages
	look := func(head, key, by string) string {
		return `IFERROR(INDEX(` + options.Ref(head) + `,MATCH({Outpost ID}&"|"&` + key + `,` + options.Ref(by) + `,0)),"` + none + `")`
	}
	when := func(formula string, holds func(row) bool) func(row) string {
		return func(v row) string {
			if !holds(v) {
				return ""
			}
			return formula
		}
	}
	// always is a formula that follows the choice, and live one that follows the recommendation.
	always := func(formula string) func(row) string { return when(formula, func(row) bool { return s.choosing }) }
	live := func(formula string) func(row) string {
		return when(formula, func(v row) bool { return s.lookup && v.priced })
	}
	// chosen is a value of the choice, which stands on Renewal options in the column from.
	chosen := func(head string, k xlsx.Kind, from string, get func(o *audit.PricedOption) string) xlsx.Column[row] {
		return xlsx.Column[row]{Head: head, Kind: k, Live: always(look(from, "{Choice}", "Option")), Of: func(v row) string {
			if v.chosen == nil {
				return none
			}
			return get(v.chosen)
		}}
	}
	planned := func(head string, get func(p *plan) audit.Month) xlsx.Column[row] {
		return xlsx.Column[row]{Head: head, Kind: xlsx.Month, When: func(v row) bool { return v.plan != nil },
			Of: func(v row) string { return get(v.plan).String() }}
	}
	allowed := options.Ref("Outpost ID") + ",{Outpost ID}," + options.Ref("Allowed") + `,"yes"`
	needs := "{Total contract value}"
	if s.upfrontBasis() {
		needs = "{Of which upfront}"
	}
	choices := s.renewals.choices
	choice := xlsx.Column[row]{Head: "Choice", Of: row.choice, Live: func(v row) string {
		if v.OnFile() {
			return ""
		}
		return live("{Recommended}")(v)
	}}
	if s.choosing {
		choice.Look, choice.From = func(row) xlsx.Look { return xlsx.Input }, [2]string{choiceHead(0), choiceHead(choices - 1)}
	}
	cols := []xlsx.Column[row]{
		{Head: "Outpost", Of: func(v row) string { return v.Resource.Label() }, Link: func(v row) string { return v.options }},
		{Head: "Situation", Of: row.situation,
			Look: func(v row) xlsx.Look { return badIf(v.situation() == late || v.situation() == monthToMonth) }},
		{Head: "Notice deadline", Kind: xlsx.Date, Of: func(v row) string { return string(v.NoticeDeadline) },
			Look: func(v row) xlsx.Look { return badIf(v.situation() == late) }},
		{Head: "Days left", Kind: xlsx.Integer, When: func(v row) bool { return v.NoticeDeadline != "" },
			Of:   func(v row) string { return strconv.Itoa(v.daysLeft) },
			Live: func(row) string { return "{Notice deadline}-INT(AsOf)" }},
		{Head: "Contract end", Kind: xlsx.Date, Of: func(v row) string { return string(v.ContractEnd) }},
		{Head: "Recommended", Of: row.recommended, Live: live(look("Option in words", `"yes"`, "Key"))},
		choice,
		chosen("Total contract value", xlsx.Money, "Total contract value", ofContract(totalText)),
		chosen("Of which upfront", xlsx.Money, "Upfront", func(o *audit.PricedOption) string { return o.Upfront }),
		{Head: "Cost of inaction per month", Kind: xlsx.Money, Of: func(v row) string { return cmp.Or(string(v.CostOfInaction), none) },
			Live: func(v row) string {
				if v.MonthToMonthPrice == "" {
					return ""
				}
				level := options.Ref("Level price per month") + `,MATCH({Outpost ID}&"|yes",` + options.Ref("Key") + ",0)"
				return live(`IFERROR({Month-to-month price}-INDEX(` + level + `),"` + none + `")`)(v)
			}},
		{Head: "Needs approval", Of: s.needsApproval,
			Live: always(`IF(ISNUMBER(` + needs + `),IF(` + needs + `>ApprovalLimit,"yes","no"),IF({Choice}="` + none + `","` + none + `","no"))`)},
		{Head: "Carry out by", Kind: xlsx.Date, When: func(v row) bool { return v.Decision != nil },
			Of: func(v row) string { return string(v.Decision.Deadline) }, Look: func(v row) xlsx.Look { return badIf(v.overdue()) }},
		{Head: "Why", Kind: xlsx.Prose, Width: screenWidth, Screen: true, Of: row.why, Live: func(v row) string {
			if v.Recommended == nil {
				return live(orElse(xlsx.Quote(v.why()), otherwise))(v)
			}
			a := &s.r.Run.Assumptions
			asReported := `AND(DiscountRate=` + a.DiscountRate + `,ApprovalLimit=` + a.ApprovalLimitUSD +
				`,{Recommended}=` + xlsx.Quote(v.recommended()) + `)`
			return live(orElse(xlsx.Quote(notAllowed), `IF(`+asReported+`,`+xlsx.Quote(v.why())+`,`+otherwise+`)`))(v)
		}},
		{Head: "At other rates", Kind: xlsx.Prose, Width: 90, Of: func(v row) string { return otherRates(v.Recommended, s.discount.rate) }},
		{Head: "Decided", Kind: xlsx.Prose, Width: 90, Of: row.decided},
		{Head: "Command", Kind: xlsx.Code, Width: 110, Of: row.command},
		{Head: "Account", Of: func(v row) string { return v.Resource.Account }},
		{Head: "Region", Of: func(v row) string { return v.Resource.Region }},
		{Head: "Outpost ID", Of: func(v row) string { return v.Resource.ID }, Link: func(v row) string { return v.outpost }},
		{Head: "Paid for idle slots per month", Kind: xlsx.Money, Of: idleMonthly, Link: func(v row) string { return v.capacity }},
		chosen("Level price per month", xlsx.Money, "Level price per month", func(o *audit.PricedOption) string {
			if stays(o) {
				return o.Monthly
			}
			level, err := s.discount.equivalent(o)
			if err != nil {
				return none
			}
			return level
		}),
		chosen("Per month", xlsx.Money, "Per month", func(o *audit.PricedOption) string { return o.Monthly }),
		chosen("Months", xlsx.Integer, "Months", func(o *audit.PricedOption) string { return strconv.Itoa(o.Months) }),
		{Head: "Month-to-month price", Kind: xlsx.Money, Of: func(v row) string { return string(v.MonthToMonthPrice) }},
		{Head: "Month-to-month price is", Of: func(v row) string { return string(v.MonthToMonthPriceSource) }},
		planned("Charged in", func(p *plan) audit.Month { return p.charged }),
		planned("First month", func(p *plan) audit.Month { return p.first }),
		{Head: "Last month", Kind: xlsx.Month, Of: func(v row) string {
			if v.plan == nil || v.chosen == nil {
				return none
			}
			return (v.plan.first + audit.Month(v.chosen.Months-1)).String()
		}, Live: always(`IF(AND(ISNUMBER({Months}),ISNUMBER({First month})),EDATE({First month},{Months}-1),"` + none + `")`)},
		planned("Last month, month-to-month", func(p *plan) audit.Month { return p.first + stayMonths - 1 }),
		// What Cash flow computes with: not every program takes YEAR of many cells for many years, and an amount may be words.
		{Head: "First month as a number", Kind: xlsx.Integer, Of: func(v row) string {
			if v.plan == nil {
				return "0"
			}
			return numberOf(v.plan.first)
		}},
		{Head: "Upfront to spread", Kind: xlsx.Money, Live: always(number("{Of which upfront}")), Of: func(v row) string {
			if v.chosen == nil {
				return "0"
			}
			return v.chosen.Upfront
		}},
		{Head: "Months to spread", Kind: xlsx.Integer, Live: always(number("{Months}")), Of: func(v row) string {
			if v.chosen == nil {
				return "0"
			}
			return strconv.Itoa(v.chosen.Months)
		}},
		// What Renewal options asks for: of the allowed options the lowest level price, what decides among those of that price, and
		// whether staying beats them.
		{Head: "Lowest, or 0", Kind: xlsx.Money, Of: func(v row) string { return cmp.Or(strings.TrimPrefix(v.lowest, none), "0") },
			Live: live("_xlfn.MINIFS(" + options.Ref("Level price per month") + "," + allowed + ")")},
		{Head: "Lowest level price", Kind: xlsx.Money, Of: func(v row) string { return v.lowest },
			Live: live(`IF({Lowest, or 0}>0,{Lowest, or 0},IF(COUNTIFS(` + allowed + "," + options.Ref("Level price per month") + `,">=0")=0,"` +
				none + `",0))`)},
		{Head: "Its tie-break", Kind: xlsx.Integer, Of: func(v row) string { return v.tie },
			Live: live(`IF(ISNUMBER({Lowest level price}),_xlfn.MINIFS(` + options.Ref("Tie-break") + "," + allowed + "," +
				options.Ref("Level price per month") + `,{Lowest level price}),"` + none + `")`)},
		{Head: "Staying beats it", Of: row.staying, Live: live(`IF(AND(ISNUMBER({Lowest level price}),ISNUMBER({Month-to-month price})),` +
			`IF(OR({Month-to-month price}<{Lowest level price},` +
			`AND({Month-to-month price is}="billed",{Month-to-month price}={Lowest level price})),"yes","no"),"no")`)},
		{Head: "Choice in the report", Of: row.choice},
		{Head: "Key", Of: func(v row) string { return v.Resource.ID }}, // with no link: programs are slow to look among links
	}
	for i := range choices {
		cols = append(cols, xlsx.Column[row]{Head: choiceHead(i), When: func(v row) bool { return i < len(v.choices) },
			Of: func(v row) string { return v.choices[i] }})
	}
	return cols
}

// choiceHead is the head of a column of what may be chosen, from 0.
func choiceHead(i int) string { return "Choice " + strconv.Itoa(i+1) }

// upfrontBasis reports whether it is the upfront that is held against the approval limit.
func (s *sheets) upfrontBasis() bool { return s.r.Run.Assumptions.ApprovalBasis == "upfront" }

// needsApproval says whether the choice does: the report says so of what is recommended.
func (s *sheets) needsApproval(d *decision) string {
	switch {
	case d.choice() == none:
		return none
	case d.choice() == d.recommended():
		return yes(d.Recommended.NeedsApproval)
	case d.chosen == nil || stays(d.chosen) && !s.upfrontBasis():
		return yes(false)
	}
	amount := totalValue(d.chosen)
	if s.upfrontBasis() {
		amount = summand(d.chosen.Upfront)
	}
	return yes(amount.GreaterThan(s.limit))
}

// overdue reports whether a decision on file should have been carried out.
func (d *decision) overdue() bool {
	return d.Decision != nil && d.Decision.Status == audit.DecisionOpen && d.Decision.BusinessDays != nil && *d.Decision.BusinessDays < 0
}

// decided says what was decided, by whom and when; empty where nothing is on file.
func (d *decision) decided() string {
	f := d.Decision
	if f == nil {
		return ""
	}
	what := choiceWords(f.Choice())
	if f.Action == audit.ActionRenew {
		what = "renew, " + what
	}
	return what + " (" + f.Owner + ", " + f.DecidedOn + ": " + f.Reason + "); " + f.StatusText()
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
