package workbook

import (
	"fmt"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// monthNumber is the formula of the number of the month that stands in a cell.
func monthNumber(cell string) string { return "YEAR(" + cell + ")*12+MONTH(" + cell + ")" }

// numberOf is a month as formulas count them: see monthNumber.
func numberOf(m audit.Month) string { return strconv.Itoa(int(m) + 1) }

// plan is when a renewal of a contract that is not settled would be paid: the upfront in one month, the monthly price at
// the start of each from another on.
type plan struct{ charged, first audit.Month }

// newPlan returns the plan of a renewal, nil for a contract that is settled or whose end is unknown.
func newPlan(rn *audit.Renewal) (*plan, error) {
	if rn.RenewalChargeDate == "" || rn.RenewalStartDate == "" {
		return nil, nil
	}
	charged, err := time.Parse(time.DateOnly, string(rn.RenewalChargeDate))
	if err != nil {
		return nil, fmt.Errorf("renewal charge date: %w", err)
	}
	first, err := time.Parse(time.DateOnly, string(rn.RenewalStartDate))
	if err != nil {
		return nil, fmt.Errorf("renewal start date: %w", err)
	}
	return &plan{audit.MonthOf(charged), audit.MonthOf(first)}, nil
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
