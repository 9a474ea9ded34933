package finance

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// budget is what finance reads of related.budgets.
type budget struct {
	Name        string `json:"BudgetName"`
	BudgetType  string
	TimeUnit    string
	ResourceIds []string //nolint:revive // the collector's name
	Missing     bool     // the collector's: the account has no such budget any more
	Limit       *spend   `json:"BudgetLimit"`
	Calculated  struct {
		Actual   *spend `json:"ActualSpend"`
		Forecast *spend `json:"ForecastedSpend"`
	} `json:"CalculatedSpend"`
}

// spend is an amount of AWS Budgets.
type spend struct{ Amount, Unit string }

// The types of a budget whose limit is what may be spent or used at the most. The others are of a share that is to be reached.
const (
	budgetCost  = "COST"
	budgetUsage = "USAGE"
)

// catalogueFacts returns the facts of a product of the catalogue. Where one of its budgets cannot be read, budgets is a gap of r.
func catalogueFacts(r *audit.Resource) audit.CatalogueFacts {
	found, err := decode[*struct{ Budgets []budget }](section(r, sectionBudgets), "related.budgets")
	if err != nil || found == nil {
		unreadBudgets(r, err)
		return audit.CatalogueFacts{}
	}
	f := audit.CatalogueFacts{Budgets: []audit.BudgetUse{}}
	for i := range found.Budgets {
		b := &found.Budgets[i]
		if b.Missing || b.BudgetType != budgetCost && b.BudgetType != budgetUsage {
			continue
		}
		use, err := b.use()
		if err != nil {
			unreadBudgets(r, fmt.Errorf("the budget %q: %w", b.Name, err))
			return audit.CatalogueFacts{}
		}
		f.Budgets = append(f.Budgets, use)
	}
	return f
}

// unreadBudgets makes the section of the budgets a gap, unless err is nil.
func unreadBudgets(r *audit.Resource, err error) {
	if err != nil {
		setGap(r, sectionBudgets, audit.Gap{Operation: audit.KindOf(r.Kind).Operation(sectionBudgets), Reason: audit.ReasonMalformed,
			Message: err.Error(), Optional: true})
	}
}

// use is how much of the budget is spent.
func (b *budget) use() (audit.BudgetUse, error) {
	u := audit.BudgetUse{Name: b.Name, Type: b.BudgetType, Period: audit.Optional(b.TimeUnit), Resources: b.ResourceIds}
	var err error
	if u.Limit, u.LimitCents, err = b.Limit.amount(); err != nil {
		return u, fmt.Errorf("BudgetLimit: %w", err)
	}
	u.Unit = b.Limit.Unit
	if u.Actual, u.ActualCents, err = b.Calculated.Actual.amount(); err != nil {
		return u, fmt.Errorf("ActualSpend: %w", err)
	}
	if unit := b.Calculated.Actual.Unit; unit != u.Unit {
		return u, fmt.Errorf("ActualSpend is in %q, and BudgetLimit in %q", unit, u.Unit)
	}
	if forecast := b.Calculated.Forecast; forecast != nil && forecast.Unit == u.Unit {
		if amount, cents, err := forecast.amount(); err == nil {
			u.Forecast, u.ForecastCents = audit.Optional(amount), &cents
		}
	}
	return u, nil
}

// What an amount of AWS Budgets may be: a double below maxSpend, written out at most as long as one can be.
const (
	maxSpend      = 1e15
	spendDecimals = 1100
)

// amount rounds what AWS sent, once, to two decimal places, half away from zero, and returns it in hundredths too.
func (s *spend) amount() (string, int64, error) {
	if s == nil || s.Amount == "" {
		return "", 0, errors.New("it has no amount")
	}
	if len(s.Amount) > spendDecimals {
		return "", 0, fmt.Errorf("an amount of %d characters", len(s.Amount))
	}
	d, err := decimal.NewFromString(s.Amount)
	if err != nil {
		return "", 0, fmt.Errorf("want an amount, and %q came", s.Amount[:min(len(s.Amount), 40)])
	}
	if e := d.Exponent(); e > wholeDigits || e < -spendDecimals || d.Abs().GreaterThanOrEqual(decimal.NewFromInt(maxSpend)) {
		return "", 0, fmt.Errorf("an amount of %.40s is out of range", s.Amount)
	}
	d = d.Round(2)
	return d.StringFixed(2), d.Shift(2).IntPart(), nil
}
