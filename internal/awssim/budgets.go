package awssim

import (
	"encoding/json"
	"slices"
)

// budget is one of AWS Budgets, and what of Service Catalog it is of.
type budget struct {
	name string
	body json.RawMessage // Budget
	of   []string        // ids of products and portfolios, in any region
}

// budget reads a budget of an account.
func (l *loader) budget(a *Account) func(*node) {
	return func(n *node) {
		var b budget
		l.object(n, "a budget", fields{
			"budget": func(n *node) { b.body = l.compile(n, &environment{now: l.now, account: a.ID}).render(nil, 0) },
			"of":     l.texts("of", &b.of),
		})
		if b.name = textMember(b.body, "BudgetName"); b.name == "" {
			l.failf(n, "a budget needs its BudgetName")
		}
		a.budgets = append(a.budgets, b)
	}
}

// budgetsInput are the parameters of DescribeBudgets.
type budgetsInput struct {
	AccountId, NextToken string
	MaxResults           json.Number
}

func describeBudgets(c *call, in budgetsInput) (reply, error) {
	if in.AccountId != c.account {
		return nil, c.denied("because the account is another's")
	}
	p := paging{sizeName: "maxResults", size: string(in.MaxResults), least: 1, most: 1000, standard: 100,
		token: in.NextToken, next: "NextToken"}
	var list []json.RawMessage
	for _, b := range c.estate.account(c.account).budgets {
		list = append(list, b.body)
	}
	return page(c, "Budgets", p, list)
}

func listBudgetsForResource(c *call, in catalogInput) (reply, error) {
	var names [][]byte
	for _, b := range c.estate.account(c.account).budgets {
		if slices.Contains(b.of, in.ResourceId) {
			names = append(names, reply{text("BudgetName", b.name)}.encode())
		}
	}
	return page(c, "Budgets", in.paging(20), names)
}

func listPortfoliosForProduct(c *call, in catalogInput) (reply, error) {
	var details []json.RawMessage
	for _, p := range c.scope.folios {
		if slices.Contains(p.products, in.ProductId) {
			details = append(details, p.detail)
		}
	}
	return page(c, "PortfolioDetails", in.paging(20), details)
}
