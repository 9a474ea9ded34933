package finance

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// maxBudgets is how many budgets an estate keeps, about 4 MB at the worst.
const maxBudgets = 2000

// catalogueBudgets are the budgets of an estate, each once. Its JSON is what one estate hands to another.
type catalogueBudgets struct {
	Of     groups[budgetGroup] `json:"of"` // by account and name
	Unread int                 `json:"unread"`
}

// budgetGroup is what is kept of one budget.
type budgetGroup struct {
	Account   string          `json:"account"`
	Use       audit.BudgetUse `json:"use"` // without its resources
	Resources distinct        `json:"resources"`
}

// add adds the budgets of a product of the catalogue; nil facts are those of one that cannot be read.
func (c *catalogueBudgets) add(r *audit.Resource, f *audit.CatalogueFacts) {
	if _, gap := r.Gaps[sectionBudgets]; gap || f == nil {
		c.Unread++
	}
	if f == nil {
		return
	}
	for i := range f.Budgets {
		use := f.Budgets[i]
		of := use.Resources
		use.Resources, use.Name, use.Unit = nil, kept(use.Name, maxName), kept(use.Unit, maxName)
		use.Period = audit.Optional(kept(string(use.Period), maxName))
		from := budgetGroup{Account: kept(r.Account, maxName), Use: use}
		for _, id := range of {
			from.Resources.add(kept(id, maxName))
		}
		if g := c.Of.at(from.Account+"\n"+use.Name, maxBudgets); g != nil {
			g.merge(&from)
		}
	}
}

// merge adds what was read of the same budget elsewhere: of two readings the one with more spent counts, which is the later.
func (g *budgetGroup) merge(from *budgetGroup) {
	if g.Account == "" || compareUse(&from.Use, &g.Use) > 0 {
		g.Account, g.Use = from.Account, from.Use
	}
	g.Resources.addAll(&from.Resources)
}

// compare orders budgets as audit.Budgets has them.
func (g *budgetGroup) compare(other *budgetGroup) int {
	a, b := &g.Use, &other.Use
	var full int
	if a.LimitCents > 0 && b.LimitCents > 0 { // no division: it is exact
		full = decimal.NewFromInt(b.ActualCents).Mul(decimal.NewFromInt(a.LimitCents)).Cmp(
			decimal.NewFromInt(a.ActualCents).Mul(decimal.NewFromInt(b.LimitCents)))
	} else {
		full = cmp.Compare(min(max(a.LimitCents, 0), 1), min(max(b.LimitCents, 0), 1)) // those without a limit first
	}
	return cmp.Or(full, cmp.Compare(g.Account, other.Account), cmp.Compare(a.Name, b.Name))
}

func compareUse(a, b *audit.BudgetUse) int {
	return cmp.Or(cmp.Compare(a.ActualCents, b.ActualCents), cmp.Compare(a.LimitCents, b.LimitCents), cmp.Compare(a.Forecast, b.Forecast),
		cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Period, b.Period))
}

func (c *catalogueBudgets) merge(other *catalogueBudgets) {
	c.Unread += other.Unread
	c.Of.merge(&other.Of, maxBudgets, (*budgetGroup).merge)
}

// Budgets returns the budgets of the products of the catalogue and of the portfolios that they are in.
func (e *Estate) Budgets() *audit.Budgets {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := &e.products.Budgets
	out := &audit.Budgets{List: []audit.Budget{}, More: c.Of.Full, Unread: c.Unread}
	for _, g := range slices.SortedFunc(maps.Values(c.Of.Of), (*budgetGroup).compare) {
		u := &g.Use
		b := audit.Budget{Account: g.Account, Name: u.Name, Type: u.Type, TimeUnit: u.Period, Per: audit.PerOf(string(u.Period)), Unit: u.Unit,
			Limit: u.Limit, Actual: u.Actual, Forecast: u.Forecast, Over: u.ActualCents > u.LimitCents, Resources: []string{},
			MoreResources: g.Resources.Full}
		if u.LimitCents > 0 {
			b.Percent = percent(decimal.NewFromInt(u.ActualCents).Shift(2).DivRound(decimal.NewFromInt(u.LimitCents), solvePlaces))
		}
		for id := range g.Resources.Of {
			b.Resources = append(b.Resources, id)
		}
		slices.Sort(b.Resources)
		out.List = append(out.List, b)
	}
	return out
}

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
