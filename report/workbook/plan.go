package workbook

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// calendarMonth counts months from year 0, so that months of different years compare and add.
type calendarMonth int

func monthOf(t time.Time) calendarMonth {
	return calendarMonth(t.Year()*12 + int(t.Month()) - 1)
}

// String returns the month as YYYY-MM.
func (m calendarMonth) String() string { return fmt.Sprintf("%04d-%02d", int(m)/12, int(m)%12+1) }

func (m calendarMonth) add(n int) calendarMonth { return m + calendarMonth(n) }

// fiscalYear is the year in which the fiscal year of m ends, when it begins with the month start, 1 to 12.
func (m calendarMonth) fiscalYear(start int) int {
	year := int(m) / 12
	if start > 1 && int(m)%12 >= start-1 {
		year++
	}
	return year
}

func parseMonth(s string) (calendarMonth, error) {
	t, err := time.Parse("2006-01", s)
	return monthOf(t), err
}

// plan is when a renewal of an undecided contract would be paid: the upfront on the last day that is safe, or at once
// when that has passed; the monthly price at the start of each month from the day after the contract's end, or after
// what runs now where that is past.
type plan struct{ charged, first calendarMonth }

// newPlan returns the plan of a renewal, nil for a contract that is decided or whose end is unknown.
func newPlan(rn *audit.Renewal, a *audit.Assumptions, asOf time.Time) (*plan, error) {
	if rn.Decided || rn.ContractEnd == "" || rn.NoticeDeadline == "" {
		return nil, nil
	}
	charged, err := time.Parse(time.DateOnly, string(rn.NoticeDeadline))
	if err != nil {
		return nil, fmt.Errorf("notice deadline: %w", err)
	}
	last, err := time.Parse(time.RFC3339, string(rn.ContractEnd))
	if err != nil {
		return nil, fmt.Errorf("contract end: %w", err)
	}
	if last.Before(asOf) {
		last = asOf
		if active, err := time.Parse(time.RFC3339, string(rn.LatestActiveEnd)); err == nil && active.After(last) {
			last = active
		}
		charged = workdaysBefore(last.UTC(), a)
	}
	if charged.Before(asOf) {
		charged = asOf
	}
	return &plan{monthOf(charged.UTC()), monthOf(last.UTC().AddDate(0, 0, 1))}, nil
}

// workdaysBefore returns the notice deadline of what ends at t but for the calendar's own holidays, which a report does
// not list: it can only be wrong about the month within a day or two of its start.
func workdaysBefore(t time.Time, a *audit.Assumptions) time.Time {
	for n := a.NoticeBusinessDays; n > 0; {
		t = t.AddDate(0, 0, -1)
		if day := t.Weekday(); day != time.Saturday && day != time.Sunday && !slices.Contains(a.Holidays, t.Format(time.DateOnly)) {
			n--
		}
	}
	return t
}

// discount is the discount rate, by month.
type discount struct {
	rate    decimal.Decimal // a year
	monthly decimal.Decimal // (1+rate)^(1/12) - 1
	annuity map[int]decimal.Decimal
}

// discountPlaces is to how many decimal places the factors are computed; a workbook shows fifteen digits.
const discountPlaces = 24

func newDiscount(rate string) (*discount, error) {
	d := &discount{annuity: map[int]decimal.Decimal{}}
	var err error
	if d.rate, err = decimal.NewFromString(rate); err != nil {
		return nil, fmt.Errorf("discount rate: %w", err)
	}
	one := decimal.NewFromInt(1)
	twelfth := one.DivRound(decimal.NewFromInt(12), discountPlaces)
	root, err := one.Add(d.rate).PowWithPrecision(twelfth, discountPlaces)
	if err != nil {
		return nil, fmt.Errorf("discount rate %s: %w", rate, err)
	}
	d.monthly = root.Sub(one).Round(discountPlaces - 4)
	return d, nil
}

// due returns what a price of 1 at the start of each of n months is worth at the first.
func (d *discount) due(n int) decimal.Decimal {
	if a, ok := d.annuity[n]; ok {
		return a
	}
	one := decimal.NewFromInt(1)
	v := one.DivRound(one.Add(d.monthly), discountPlaces)
	sum := decimal.Zero
	for range n {
		sum = sum.Mul(v).Add(one).Round(discountPlaces)
	}
	d.annuity[n] = sum
	return sum
}

// equivalent returns the price at the start of each month of its term that is worth as much as an option, to 6 decimal
// places; "" for a term of unknown length.
func (d *discount) equivalent(o *audit.PricedOption) (string, error) {
	if o.Months == 0 {
		return "", nil
	}
	upfront, err := decimal.NewFromString(o.Upfront)
	if err != nil {
		return "", fmt.Errorf("upfront: %w", err)
	}
	monthly, err := decimal.NewFromString(o.Monthly)
	if err != nil {
		return "", fmt.Errorf("monthly price: %w", err)
	}
	return upfront.DivRound(d.due(o.Months), 6).Add(monthly).Round(6).String(), nil
}
