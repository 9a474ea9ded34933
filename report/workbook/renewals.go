package workbook

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// renewalSums is what the sheets need to know of all renewals. There may be very many, so they are read again for each sheet that has
// rows of them, and none is kept.
type renewalSums struct {
	// What is known before the first of them is written: how many rows there will be, and of a decision how many choices.
	options, decisions, capacity, subscriptions, choices int
	// decisionRow is which row of Decisions, from 1, an Outpost has, by its id.
	decisionRow map[string]int

	// Of the options that were written:
	last   audit.Month     // that any reaches whose contract is undecided; 0 for none
	within audit.Month     // likewise of those that may be chosen, as things stand
	chosen decimal.Decimal // what those in the cash flow add to it

	// Of the decisions that were written:
	due      []dueSum                        // for each of the summary's
	stays    map[audit.Month]decimal.Decimal // first month → what a month costs of all that would go on month-to-month from then
	unpriced int                             // would go on so at a price that is not known
	rates    [maxRatePercent + 1][len(choices)]int
}

// dueSum is how many decisions have their notice deadline up to a day, and what the recommended options of these come to, exactly.
type dueSum struct {
	until  time.Time
	count  int
	amount decimal.Decimal
}

// eachRenewal hands on the renewals in the order of the report.
func (s *sheets) eachRenewal(of func(*audit.Renewal) error) error {
	for rn, err := range s.r.Renewals.All() {
		if err != nil {
			return fmt.Errorf("renewals: %w", err)
		}
		if err := of(&rn); err != nil {
			return err
		}
	}
	return nil
}

// addUpRenewals finds out what has to be known before the first of them is written.
func (s *sheets) addUpRenewals() error {
	sums := &renewalSums{decisionRow: map[string]int{}, stays: map[audit.Month]decimal.Decimal{}, choices: 1}
	s.renewals = sums
	for _, d := range s.r.Summary.DecisionsDue {
		sums.due = append(sums.due, dueSum{until: s.asOf.AddDate(0, 0, d.WithinDays)})
	}
	return s.eachRenewal(func(rn *audit.Renewal) error {
		sums.options += optionRows(rn)
		sums.subscriptions += len(rn.Subscriptions)
		if !rn.Shared {
			sums.capacity++
		}
		if !decides(rn) {
			return nil
		}
		sums.decisions++
		if _, ok := sums.decisionRow[rn.Resource.ID]; !ok {
			sums.decisionRow[rn.Resource.ID] = sums.decisions
		}
		sums.choices = max(sums.choices, len((&decision{Renewal: rn}).toChoose()))
		return nil
	})
}

func (s *renewalSums) addOption(v *renewalRow) {
	if v.plan == nil || v.option == nil {
		return
	}
	to := v.plan.first + audit.Month(v.option.Months-1)
	s.last = max(s.last, to)
	if v.option.Allowed || v.chosen || v.option.PaymentTerm == monthToMonth {
		s.within = max(s.within, to)
	}
	if v.chosen {
		s.chosen = s.chosen.Add(inCashFlow(v.option))
	}
}

func (s *renewalSums) addDecision(d *decision) error {
	if deadline, err := time.Parse(time.DateOnly, string(d.NoticeDeadline)); err == nil && d.Due() {
		for i := range s.due {
			due := &s.due[i]
			if deadline.After(due.until) {
				continue
			}
			due.count++
			if d.best != nil {
				due.amount = due.amount.Add(totalValue(d.best))
			}
		}
	}
	if d.plan != nil && d.MonthToMonthPrice == "" {
		s.unpriced++
	}
	if o := stay(d.Renewal); d.plan != nil && o != nil {
		month, err := decimal.NewFromString(o.Monthly)
		if err != nil {
			return fmt.Errorf("month-to-month price of %s: %w", d.Resource.ID, err)
		}
		s.stays[d.plan.first] = s.stays[d.plan.first].Add(month)
	}
	if d.Recommended == nil {
		return nil
	}
	for percent := range s.rates {
		if i, ok := choiceColumn(atRate(d.Recommended, percent)); ok {
			s.rates[percent][i]++
		}
	}
	return nil
}
