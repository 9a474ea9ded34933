package workbook

import (
	"fmt"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// flow is a month's amounts.
type flow struct {
	month                                  audit.Month
	cash, cashRenewals, used, usedRenewals decimal.Decimal
	// months is what a month costs where all that has a sequel goes on month-to-month.
	months decimal.Decimal
}

// flows returns the report's amounts by month, from as_of's to the last that any option of an undecided contract
// reaches, so that there is a row for whatever other assumptions recommend.
func flows(r *audit.Report, sums *renewalSums) ([]flow, error) {
	total := &r.Commitments.Total
	var list []flow
	amounts := func(ps []audit.Period, set func(f *flow, committed, renewals decimal.Decimal)) error {
		for i, p := range ps {
			m, err := audit.ParseMonth(p.Period)
			if err != nil {
				return fmt.Errorf("commitments: %w", err)
			}
			if i == len(list) {
				list = append(list, flow{month: m})
			}
			if list[i].month != m {
				return fmt.Errorf("commitments: %s is not the month after %s", p.Period, list[i].month-1)
			}
			committed, err := decimal.NewFromString(p.Committed)
			if err != nil {
				return fmt.Errorf("commitments of %s: %w", p.Period, err)
			}
			with, err := decimal.NewFromString(p.WithRenewals)
			if err != nil {
				return fmt.Errorf("commitments of %s: %w", p.Period, err)
			}
			set(&list[i], committed, with.Sub(committed))
		}
		return nil
	}
	if err := amounts(total.CashByMonth, func(f *flow, c, n decimal.Decimal) { f.cash, f.cashRenewals = c, n }); err != nil {
		return nil, err
	}
	if err := amounts(total.AmortisedByMonth, func(f *flow, c, n decimal.Decimal) { f.used, f.usedRenewals = c, n }); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, nil
	}
	for list[len(list)-1].month < sums.last {
		list = append(list, flow{month: list[len(list)-1].month + 1})
	}
	for first, month := range sums.stays {
		for i := range list {
			if f := &list[i]; first <= f.month && f.month < first+stayMonths {
				f.months = f.months.Add(month)
			}
		}
	}
	return list, nil
}

// add returns the sum of two flows.
func (f flow) add(g flow) flow {
	f.cash, f.cashRenewals = f.cash.Add(g.cash), f.cashRenewals.Add(g.cashRenewals)
	f.used, f.usedRenewals = f.used.Add(g.used), f.usedRenewals.Add(g.usedRenewals)
	f.months = f.months.Add(g.months)
	return f
}

// fiscalYear is the sum of the months of one.
type fiscalYear struct {
	number int
	flow
}

func fiscalName(year int) string { return fmt.Sprintf("FY%04d", year) }

func yearsOf(list []flow, start int) []fiscalYear {
	var years []fiscalYear
	for _, f := range list {
		n := f.month.FiscalYear(start)
		if len(years) == 0 || years[len(years)-1].number != n {
			years = append(years, fiscalYear{number: n})
		}
		y := &years[len(years)-1]
		y.flow = y.flow.add(f)
	}
	return years
}
