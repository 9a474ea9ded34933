package workbook

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// portfolio is a row of Portfolios.
type portfolio struct {
	source
	spec        struct{ ProviderName, Description, CreatedTime scalar }
	shares      struct{ PortfolioShareDetails []portfolioShare }
	constraints struct {
		ConstraintDetails []struct{ ConstraintId scalar }
	}
	roles      struct{ Roles []launchRole }
	principals struct {
		Principals []struct{ PrincipalARN scalar }
	}
	gone    struct{ PrincipalARNs []scalar }
	budgets []string // its own, each in words
}

type (
	portfolioShare struct{ PrincipalId, Accepted scalar }
	launchRole     struct{ RoleArn, Missing scalar }
)

// portfolioReader returns what makes a row of Portfolios, which shows those of the budgets that are of it.
func portfolioReader(budgets *audit.Budgets) func(*audit.Resource) (*portfolio, error) {
	of := map[[2]string][]string{} // account and id
	if budgets != nil {
		for i := range budgets.List {
			b := &budgets.List[i]
			words := budgetWords(b.Name, b.Actual, b.Limit, b.Unit, b.Forecast, b.TimeUnit)
			for _, id := range b.Resources {
				of[[2]string{b.Account, id}] = append(of[[2]string{b.Account, id}], words)
			}
		}
	}
	return func(r *audit.Resource) (*portfolio, error) { return newPortfolio(r, of[[2]string{r.Account, r.ID}]) }
}

func newPortfolio(r *audit.Resource, budgets []string) (*portfolio, error) {
	p := &portfolio{source: sourceOf(r), budgets: budgets}
	p.decode("spec", r.Spec, &p.spec)
	p.decode("shares", r.Related["shares"], &p.shares)
	p.decode("constraints", r.Related["constraints"], &p.constraints)
	p.decode("launch_role", r.Related["launch_role"], &p.roles)
	p.decode("principals", r.Related["principals"], &p.principals)
	p.decode("gone_principals", r.Related["gone_principals"], &p.gone)
	return p, nil
}

// counted is the number of what a section lists; empty where the section was not collected.
func (p *portfolio) counted(section string, n int) string {
	if _, gap := p.gaps[section]; gap {
		return ""
	}
	return strconv.Itoa(n)
}

func portfolioColumns() []xlsx.Column[*portfolio] {
	type row = *portfolio
	bad := func(row) xlsx.Look { return xlsx.Bad }
	return []xlsx.Column[row]{
		{Head: "Name", Of: func(p row) string { return p.Name }},
		shown("Provider", xlsx.Text, func(p row) scalar { return p.spec.ProviderName }),
		account[row](),
		region[row](),
		{Head: "Shares with accounts", Kind: xlsx.Integer, Of: func(p row) string {
			return p.counted("shares", len(p.shares.PortfolioShareDetails))
		}},
		{Head: "Never accepted by", Kind: xlsx.Prose, Look: bad, Of: func(p row) string {
			return list(p.shares.PortfolioShareDetails, func(s portfolioShare) string {
				if s.Accepted != "false" {
					return ""
				}
				return string(s.PrincipalId)
			})
		}},
		{Head: "Constraints", Kind: xlsx.Integer, Of: func(p row) string {
			return p.counted("constraints", len(p.constraints.ConstraintDetails))
		}},
		{Head: "Missing launch roles", Kind: xlsx.Prose, Look: bad, Of: func(p row) string {
			return list(p.roles.Roles, func(r launchRole) string {
				if r.Missing != "true" {
					return ""
				}
				return string(r.RoleArn)
			})
		}},
		{Head: "Principals", Kind: xlsx.Integer, Of: func(p row) string {
			return p.counted("principals", len(p.principals.Principals))
		}},
		{Head: "Principals gone", Kind: xlsx.Prose, Look: bad, Of: func(p row) string {
			return list(p.gone.PrincipalARNs, func(arn scalar) string { return string(arn) })
		}},
		{Head: "Budgets", Kind: xlsx.Prose, Of: func(p row) string {
			return list(p.budgets, func(words string) string { return words })
		}},
		shown("Created", xlsx.Date, func(p row) scalar { return p.spec.CreatedTime }),
		id[row]("Portfolio ID"),
		shown("Description", xlsx.Prose, func(p row) scalar { return p.spec.Description }),
		gaps[row](),
	}
}

// catalogueProduct is a row of Products of the catalogue.
type catalogueProduct struct {
	source
	spec struct {
		Status, CreatedTime scalar
		ProductViewSummary  struct{ Owner, Type, Distributor scalar }
		SourceConnection    struct {
			Type     scalar
			LastSync struct{ LastSyncTime, LastSyncStatus, LastSyncStatusMessage, LastSuccessfulSyncTime scalar }
		}
	}
	budgets []audit.BudgetUse // of it and of its portfolios
	fullest *audit.BudgetUse  // of them; nil without any
}

func newCatalogueProduct(r *audit.Resource) (*catalogueProduct, error) {
	p := &catalogueProduct{source: sourceOf(r)}
	p.decode("spec", r.Spec, &p.spec)
	if len(r.Facts) > 0 {
		var f audit.CatalogueFacts
		if err := decodeFacts(r, &f); err != nil {
			return nil, err
		}
		p.budgets = f.Budgets
	}
	for i := range p.budgets {
		if b := &p.budgets[i]; p.fullest == nil || spent(b).GreaterThan(spent(p.fullest)) {
			p.fullest = b
		}
	}
	return p, nil
}

// spent is the fraction of a budget that is spent. One without a limit is spent at once.
func spent(b *audit.BudgetUse) decimal.Decimal {
	return decimal.New(b.ActualCents, 0).DivRound(decimal.New(max(b.LimitCents, 1), 0), 6)
}

// ofBudget is an amount of the fullest budget, in US dollars; empty where it is in another unit.
func (p *catalogueProduct) ofBudget(amount func(*audit.BudgetUse) string) string {
	if p.fullest == nil || p.fullest.Unit != "USD" {
		return ""
	}
	return amount(p.fullest)
}

// allBudgets says of each budget what is spent of it.
func (p *catalogueProduct) allBudgets() string {
	return list(p.budgets, func(b audit.BudgetUse) string {
		return budgetWords(b.Name, b.Actual, b.Limit, b.Unit, b.Forecast, b.Period)
	})
}

func budgetWords(name, actual, limit, unit string, forecast, period audit.Optional) string {
	words := func(amount string) string { return (&audit.Money{Value: amount, Currency: unit}).Text() }
	s := fmt.Sprintf("%s: %s of %s", name, words(actual), words(limit))
	if forecast != "" {
		s += ", forecast " + words(string(forecast))
	}
	if period != "" {
		s += " (" + strings.ToLower(string(period)) + ")"
	}
	return s
}

func catalogueColumns() []xlsx.Column[*catalogueProduct] {
	type row = *catalogueProduct
	return []xlsx.Column[row]{
		{Head: "Name", Of: func(p row) string { return p.Name }},
		{Head: "Status", Of: func(p row) string { return string(p.spec.Status) },
			Look: func(p row) xlsx.Look { return badIf(p.spec.Status == "FAILED") }},
		shown("Type", xlsx.Text, func(p row) scalar { return p.spec.ProductViewSummary.Type }),
		{Head: "Last synchronisation", Of: func(p row) string { return string(p.spec.SourceConnection.LastSync.LastSyncStatus) },
			Look: func(p row) xlsx.Look { return badIf(p.spec.SourceConnection.LastSync.LastSyncStatus == "FAILED") }},
		shown("Synchronised", xlsx.Moment, func(p row) scalar { return p.spec.SourceConnection.LastSync.LastSyncTime }),
		shown("Last success", xlsx.Moment, func(p row) scalar { return p.spec.SourceConnection.LastSync.LastSuccessfulSyncTime }),
		shown("Message", xlsx.Prose, func(p row) scalar { return p.spec.SourceConnection.LastSync.LastSyncStatusMessage }),
		{Head: "Fullest budget", Of: func(p row) string {
			if p.fullest == nil {
				return ""
			}
			return p.fullest.Name
		}},
		{Head: "Spent of it", Kind: xlsx.Percent, Look: func(p row) xlsx.Look {
			return badIf(p.fullest != nil && spent(p.fullest).GreaterThan(decimal.New(1, 0)))
		},
			Of: func(p row) string {
				if p.fullest == nil {
					return ""
				}
				return spent(p.fullest).String()
			}},
		{Head: "Actual spend", Kind: xlsx.Money, Of: func(p row) string {
			return p.ofBudget(func(b *audit.BudgetUse) string { return b.Actual })
		}},
		{Head: "Forecast spend", Kind: xlsx.Money, Of: func(p row) string {
			return p.ofBudget(func(b *audit.BudgetUse) string { return string(b.Forecast) })
		}},
		{Head: "Budget limit", Kind: xlsx.Money, Of: func(p row) string {
			return p.ofBudget(func(b *audit.BudgetUse) string { return b.Limit })
		}},
		{Head: "Its budgets and those of its portfolios", Kind: xlsx.Prose, Of: row.allBudgets},
		account[row](),
		region[row](),
		shown("Product owner", xlsx.Text, func(p row) scalar { return p.spec.ProductViewSummary.Owner }),
		shown("Created", xlsx.Date, func(p row) scalar { return p.spec.CreatedTime }),
		id[row]("Product ID"),
		gaps[row](),
	}
}
